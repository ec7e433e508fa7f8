"""The home's meter: taken from the Energy dashboard, checked, and reported to the gateway."""
