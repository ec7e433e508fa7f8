"""Starts everything on one machine: retailer, gateway, a real Home Assistant with a simulated home."""
