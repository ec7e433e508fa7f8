"""Accepts connections for whoever serves HTTP here: the gateway, its pages, the retailer."""
