"""Commissioning."""
