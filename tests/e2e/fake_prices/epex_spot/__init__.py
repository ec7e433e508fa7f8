"""A fake of the integration EPEX Spot: its market price, with the attributes that it documents."""
