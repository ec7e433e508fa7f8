"""What the retailer's prices were in the last two weeks: the same formation, where nobody trades."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from temix_market.instants import FIVE_MINUTES, HOUR, Instant
from temix_market.tenders import PartyId
from temix_retailer.prices import load_wholesale
from temix_retailer.publications import Circuit, spot_prices


@dataclass(frozen=True, slots=True)
class HourOfPrices:
    """The twelve spot prices of an hour (currency a kWh), to buy and to sell."""

    start: Instant
    buy: Sequence[float]
    sell: Sequence[float]


def past_prices(zone: ZoneInfo, seed: int, starts: Sequence[Instant]) -> Sequence[HourOfPrices]:
    """The prices of each hour that begins at one of ``starts``."""
    circuit = Circuit(PartyId("demo-lse"), PartyId("demo-do"), load_wholesale(zone), seed)
    hours = []
    for start in starts:
        spots = [spot_prices(circuit, Instant(at)) for at in range(start, start + HOUR, FIVE_MINUTES)]
        buy, sell = zip(*spots, strict=True)
        hours.append(HourOfPrices(start, [price / 1e6 for price in buy], [price / 1e6 for price in sell]))
    return hours
