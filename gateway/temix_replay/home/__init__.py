"""A simulated home: devices with physics of their own, in a world that a seed decides."""
