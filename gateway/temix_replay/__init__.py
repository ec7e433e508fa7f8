"""Replay: days in seconds through the real gateway and retailer, under a fast clock."""
