"""The link to the retailer."""
