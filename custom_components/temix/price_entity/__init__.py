"""Prices that another integration shows, for a gateway whose retailer has no service of its own."""
