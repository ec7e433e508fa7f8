"""Services that publish prices and take no orders, behind the same port as a TeMIX retailer."""
