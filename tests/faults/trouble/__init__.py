"""A simulator of trouble: gateway and retailer run their real code over simulated clock, network and disk."""
