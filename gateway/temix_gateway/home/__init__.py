"""The local API for Home Assistant."""
