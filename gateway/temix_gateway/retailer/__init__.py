"""Links to retailer services, one file each, behind one port."""
