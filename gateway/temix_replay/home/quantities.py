"""Units of the simulated physics: floats, unlike the market's integers."""

type Watts = float
"""Electrical power; import and charging positive."""

type WattHours = float

type Celsius = float

type Litres = float
"""Water; one litre stores 1.163 Wh per kelvin."""

WATER_HEAT = 1.163
"""Wh per litre and kelvin."""
