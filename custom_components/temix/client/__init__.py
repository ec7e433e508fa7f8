"""A client of the TeMIX gateway's local API; imports nothing of Home Assistant."""
