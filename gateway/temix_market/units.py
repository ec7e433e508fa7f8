"""Units as types: integers that the type checker keeps apart.

Wh × µ/kWh is exactly nano-currency, so no rounding happens anywhere in the market.
"""

import re
from typing import Final, NewType

from temix_market.errors import InvalidField

Energy = NewType("Energy", int)
"""Energy in Wh; signed where it is a position or a delivery (buying and import positive)."""

Power = NewType("Power", int)
"""Power in W."""

Price = NewType("Price", int)
"""Price in millionths of the currency unit per kWh; negative prices are normal."""

Money = NewType("Money", int)
"""Money in billionths of the currency unit; positive is owed by the home."""

CarbonIntensity = NewType("CarbonIntensity", int)
"""What a kWh drawn emits, in whole grams of CO₂ equivalent; whether marginal or mean, the publisher says."""

MOST_CARBON: Final = CarbonIntensity(5_000)
"""Nothing that is burnt for a kWh comes near it: a greater value has another unit, such as g/MWh."""

NO_CURRENCY: Final = "XXX"
"""ISO 4217 for none: until a retailer was heard for the first time."""

RATE_STEP: Final = Power(12)
"""Every transaction is a multiple of this rate, so that hours split into 5 minutes in whole Wh."""

_MONEY = re.compile(r"(-?)(0|[1-9][0-9]{0,17})(?:\.([0-9]{1,9}))?")


def cost(energy: Energy, price: Price) -> Money:
    """Money for ``energy`` at ``price``, exact: Wh × µ/kWh = nano."""
    return Money(energy * price)


def check_carbon_intensity(value: CarbonIntensity, field: str = "carbon_intensity") -> None:
    """Refuse what is no carbon intensity in g/kWh.

    Raises:
        InvalidField: naming ``field``.
    """
    if not 0 <= value <= MOST_CARBON:
        raise InvalidField(field, f"{value} g/kWh is outside 0 … {MOST_CARBON}: is the unit right?")


def money_text(money: Money) -> str:
    """Write money as the decimal string of the wire, in currency units: ``-1.234500000`` is ``"-1.2345"``."""
    sign = "-" if money < 0 else ""
    whole, nano = divmod(abs(money), 1_000_000_000)
    fraction = f"{nano:09d}".rstrip("0")
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def parse_money(text: str, field: str = "money") -> Money:
    """Read the wire's decimal string.

    Raises:
        InvalidField: not a plain decimal with at most nine places, or a zero with a sign.
    """
    match = _MONEY.fullmatch(text)
    if match is None:
        raise InvalidField(field, f"{text!r} is not a decimal number of at most 18 digits and 9 places")
    sign, whole, fraction = match.groups()
    amount = int(whole) * 1_000_000_000 + int((fraction or "").ljust(9, "0"))
    if sign and amount == 0:
        raise InvalidField(field, f"{text!r} is zero, which has no sign")
    return Money(-amount if sign else amount)
