"""The subscription of a home whose retailer only publishes prices: from a file, or as it used energy before.

It is an ordinary subscription of the ledger, with the parties that publish: the shadow account has it as
position, and only what differs from it at the published price. Nobody sends it, so nobody numbers it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import fmean
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct
from temix_market.deliveries import Delivery
from temix_market.errors import InvalidField
from temix_market.instants import HOUR, Duration, Instant, parse_instant, to_datetime
from temix_market.intervals import Interval, enclosing, lot
from temix_market.products import Instrument, Resource, Side
from temix_market.tariffs import Tariff
from temix_market.tenders import PartyId, TenderId
from temix_market.transactions import Kind, Leg, Pair, PairKey
from temix_market.units import Energy, Price, parse_money

from temix_gateway.errors import GatewayError
from temix_gateway.retailer.published.tenders import PublishedParties

PAST: Final = Duration(28 * 24 * HOUR)
"""How far the home's own use is looked back at."""
FEWEST: Final = 3
"""Days of the same kind that say nothing yet of an hour."""
BACK: Final = Duration(10 * 24 * HOUR)
"""How long after a gateway was away the hours in between are still subscribed: as long as readings count."""
_STEPS: Final = 12


class SubscriptionSection(Struct, frozen=True, forbid_unknown_fields=True):
    """What the home has subscribed at a retailer that only publishes prices; empty: nothing."""

    file: Annotated[
        str | None,
        Meta(
            description="CSV file of hours, each line `start,kwh,price`: start in UTC or with its "
            "offset, energy and price of a kWh as decimals, price empty for that of the first tariff; "
            "relative to this file."
        ),
    ] = None
    own_use: Annotated[
        bool,
        Meta(description="As the home used energy in that hour of the last four weeks, at the first tariff."),
    ] = False


class SubscriptionUnusable(GatewayError):
    """The file of the subscription cannot be read."""


@dataclass(frozen=True, slots=True)
class Hour:
    """What is subscribed of an hour: energy (Wh, negative: sold) and its price."""

    energy: Energy
    price: Price


type Profile = Callable[[Interval, Sequence[Delivery]], Hour | None]
"""What is subscribed of an hour, given what was delivered before; none: nothing."""


def from_file(path: Path, tariff: Tariff | None, zone: ZoneInfo) -> Profile:
    """The hours of a file (blocking).

    Raises:
        SubscriptionUnusable: the file cannot be read, or a line of it is wrong.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SubscriptionUnusable(f"subscription.file: {error}") from error
    hours: dict[Instant, Hour] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith(("#", "start")):
            continue
        try:
            start, hour = _read(line, tariff, zone)
        except InvalidField as error:
            raise SubscriptionUnusable(f"subscription.file: {path}, line {number}: {error}") from error
        if start in hours:
            raise SubscriptionUnusable(f"subscription.file: {path}, line {number}: its hour came before")
        hours[start] = hour
    return lambda interval, _: hours.get(interval.start)


def _read(line: str, tariff: Tariff | None, zone: ZoneInfo) -> tuple[Instant, Hour]:
    cells = [cell.strip() for cell in line.split(",")]
    if len(cells) not in {2, 3}:
        raise InvalidField("line", "it is not start,kwh,price")
    start = parse_instant(cells[0], "start")
    if start % HOUR:
        raise InvalidField("start", "it is not the beginning of an hour")
    energy = Energy(_lots(parse_money(cells[1], "kwh") / 1_000_000))
    if len(cells) == 3 and cells[2]:
        return start, Hour(energy, Price(parse_money(cells[2], "price") // 1_000))
    if tariff is None:
        raise InvalidField("price", "it is missing, and there is no [[tariff]]")
    return start, Hour(energy, tariff.price_at(to_datetime(start).astimezone(zone)))


def own_use(tariff: Tariff, zone: ZoneInfo) -> Profile:
    """The mean of the same local hour on days of the same kind, working or not, at the tariff's price."""

    def hour(interval: Interval, delivered: Sequence[Delivery]) -> Hour | None:
        local = to_datetime(interval.start).astimezone(zone)
        alike = [used for start, used in _hours(delivered, interval).items() if _alike(start, local, zone)]
        if len(alike) < FEWEST:
            return None
        return Hour(Energy(_lots(fmean(alike))), tariff.price_at(local))

    return hour


def _hours(delivered: Iterable[Delivery], before: Interval) -> Mapping[Instant, int]:
    """The energy of each whole hour of the last four weeks before an hour."""
    steps: dict[Instant, list[int]] = {}
    for delivery in delivered:
        if before.start - PAST <= delivery.interval.start < before.start:
            steps.setdefault(enclosing(delivery.interval.start, HOUR).start, []).append(delivery.energy)
    return {start: sum(energies) for start, energies in steps.items() if len(energies) == _STEPS}


def _alike(start: Instant, local: datetime, zone: ZoneInfo) -> bool:
    other = to_datetime(start).astimezone(zone)
    return other.hour == local.hour and (other.weekday() < 5) == (local.weekday() < 5)


def _lots(wh: float) -> int:
    """The nearest quantity that an hour can have."""
    return round(wh / lot(HOUR)) * lot(HOUR)


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a home has subscribed at a service: says which hours are to be booked."""

    home: PartyId
    service: str
    profile: Profile

    def due(self, now: Instant, booked: Iterable[Pair], delivered: Sequence[Delivery]) -> list[Pair]:
        """The hours up to the next one that are not booked yet, from the last one that is.

        A home that subscribes for the first time does so from the next hour on.
        """
        parties = PublishedParties.of(self.service)
        starts = [pair.interval.start for pair in booked if pair.energy.author == parties.energy]
        following = enclosing(now, HOUR).end
        first = following if not starts else max(Instant(max(starts) + HOUR), Instant(following - BACK))
        found = []
        for start in range(first, following + 1, HOUR):
            interval = Interval(Instant(start), HOUR)
            hour = self.profile(interval, delivered)
            if hour is not None and hour.energy:
                found.append(self._pair(interval, hour, parties))
        return found

    def _pair(self, interval: Interval, hour: Hour, parties: PublishedParties) -> Pair:
        key = f"subscription:{self.service}:{interval.start}"
        side = Side.SELL if hour.energy > 0 else Side.BUY

        def leg(author: PartyId, resource: Resource, price: Price) -> Leg:
            instrument = Instrument(interval.start, interval.duration, resource)
            return Leg(TenderId(key), author, instrument, side, price, Energy(abs(hour.energy)))

        energy = leg(parties.energy, Resource.ENERGY, hour.price)
        transport = leg(parties.transport, Resource.TRANSPORT, Price(0))
        return Pair(PairKey(key), self.home, energy, transport, Kind.SUBSCRIPTION)
