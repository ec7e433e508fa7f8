"""The owner's mandate: the ceilings of trade, which the owner of a home signs before the first one."""

from dataclasses import dataclass

from temix_market.tenders import PartyId
from temix_market.units import Money, Power, Price


@dataclass(frozen=True, slots=True)
class Mandate:
    """What ``home``'s gateway may trade at the most, until it is revoked or another one is signed.

    ``money_a_day`` is for purchases of one day, ``highest_price`` for a kWh bought ahead; the powers are what
    may be committed to buy or to sell at any moment. Money and prices are in ``currency`` (ISO 4217).
    """

    home: PartyId
    currency: str
    money_a_day: Money
    highest_price: Price
    import_power: Power
    export_power: Power
