"""Tests of the gateway's commands."""
