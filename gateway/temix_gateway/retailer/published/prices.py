"""Published prices as they came, by 5-minute step: the price of every interval, or none."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from enum import Enum
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
import structlog
from temix_market.errors import InvalidField
from temix_market.instants import FIVE_MINUTES, Duration, Instant, from_datetime, iso, to_datetime
from temix_market.intervals import Interval
from temix_market.tenders import Component, PriceBounds
from temix_market.units import CarbonIntensity, Price, check_carbon_intensity

_NUMBER: Final = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,18})?")
_MICRO: Final = 1_000_000
_LOG: Final = structlog.get_logger(__name__)


class Direction(Enum):
    """What a price is for: what the home takes from the grid, or what it gives."""

    IMPORT = "import"
    EXPORT = "export"


@dataclass(frozen=True, slots=True)
class Published:
    """A price for each kWh of an interval, whole 5 minutes on the clock.

    Attributes:
        interval: when it holds.
        energy: for the energy itself, µ/kWh; everything where the service names no parts.
        transport: for its transport and what is charged with it.
        parts: what ``energy`` is made of, where the service says so.
        final: the service will not change it; only then is anything settled at it.
        carbon: what a kWh drawn emits (g), where the service says so: for show.
    """

    direction: Direction
    interval: Interval
    energy: Price
    transport: Price = Price(0)
    parts: tuple[Component, ...] = ()
    final: bool = True
    carbon: CarbonIntensity | None = None

    @property
    def price(self) -> Price:
        """Energy and transport together."""
        return Price(self.energy + self.transport)

    @property
    def terms(self) -> tuple[Price, Price, tuple[Component, ...]]:
        """What two intervals that can be one tender have in common."""
        return self.energy, self.transport, self.parts


type Reported = Mapping[Direction, Sequence[Published]]
"""All that is known of a direction; of one that is not named, nothing new."""


class PriceBook:
    """The newest word on each 5-minute step, in either direction."""

    def __init__(self) -> None:
        """Begin with none."""
        self._steps: dict[Direction, dict[Instant, Published]] = {each: {} for each in Direction}

    def merge(self, prices: Iterable[Published]) -> bool:
        """Take in prices; say whether any step has another now. No preliminary one replaces a final one."""
        changed = False
        for new in prices:
            steps = self._steps[new.direction]
            for step in new.interval.split(FIVE_MINUTES):
                old = steps.get(step.start)
                if old is not None and old.final and not new.final:
                    continue
                if old is None or (old.terms, old.final, old.carbon) != (new.terms, new.final, new.carbon):
                    steps[step.start] = new
                    changed = True
        return changed

    def replace(self, direction: Direction, now: Instant, prices: Iterable[Published]) -> None:
        """Take in prices as all that there are: what they do not name of the steps to come has none."""
        steps = self._steps[direction]
        self._steps[direction] = {start: price for start, price in steps.items() if start <= now}
        self.merge(prices)

    def forget_preliminary(self, now: Instant) -> bool:
        """Drop the steps to come whose price is not final; say whether there were any."""
        dropped = False
        for direction, steps in self._steps.items():
            kept = {start: price for start, price in steps.items() if start <= now or price.final}
            dropped |= len(kept) < len(steps)
            self._steps[direction] = kept
        return dropped

    def at(self, direction: Direction, start: Instant) -> Published | None:
        """The price of the 5 minutes from ``start``."""
        return self._steps[direction].get(start)

    def steps(self, direction: Direction) -> Mapping[Instant, Published]:
        """All prices of a direction by the start of their step."""
        return self._steps[direction]

    def all(self) -> list[Published]:
        """Every price for the interval in which it is the newest word, in order of time."""
        found: list[Published] = []
        for steps in self._steps.values():
            at: Instant | None = None
            last: Published | None = None
            for start, price in sorted(steps.items()):
                if price is last and start == at:
                    length = Duration(found[-1].interval.duration + FIVE_MINUTES)
                    found[-1] = replace(price, interval=Interval(found[-1].interval.start, length))
                else:
                    found.append(replace(price, interval=Interval(start, FIVE_MINUTES)))
                last, at = price, Instant(start + FIVE_MINUTES)
        return sorted(found, key=lambda price: (price.interval.start, price.direction.value))

    def until(self, now: Instant) -> Instant:
        """The end of the unbroken import prices from ``now`` on; ``now`` where there is none."""
        at = Instant(now - now % FIVE_MINUTES)
        steps = self._steps[Direction.IMPORT]
        while at in steps:
            at = Instant(at + FIVE_MINUTES)
        return max(now, at)

    def forget_before(self, instant: Instant) -> None:
        """Drop the steps that end by ``instant``."""
        for direction, steps in self._steps.items():
            kept = {start: price for start, price in steps.items() if start + FIVE_MINUTES > instant}
            self._steps[direction] = kept


def unambiguous(prices: Iterable[Published]) -> list[Published]:
    """One answer's prices without the steps that it gives two prices: nobody knows which one is right.

    Where one of the two is final and the other is not, the final one is meant.
    """
    groups: dict[tuple[Direction, Interval], list[Published]] = {}
    for price in prices:
        groups.setdefault((price.direction, price.interval), []).append(price)
    single = [found for each in groups.values() if (found := _meant(each)) is not None]
    clashing = _clashing(single, groups)
    return [price for price in single if id(price) not in clashing]


def _meant(given: list[Published]) -> Published | None:
    candidates = [price for price in given if price.final] or given
    return candidates[0] if len({price.terms for price in candidates}) == 1 else None


def _clashing(single: list[Published], groups: Mapping[tuple[Direction, Interval], object]) -> set[int]:
    """Those whose steps another interval of the same answer has as well."""
    owners: dict[tuple[Direction, Instant], int] = {}
    for direction, interval in groups:
        for step in interval.split(FIVE_MINUTES):
            owners[direction, step.start] = owners.get((direction, step.start), 0) + 1
    return {
        id(price)
        for price in single
        if any(owners[price.direction, step.start] > 1 for step in price.interval.split(FIVE_MINUTES))
    }


def believable(prices: Iterable[Published], bounds: PriceBounds) -> list[Published]:
    """Leave out what is outside the market's bounds: one absurd price keeps no others from being used."""
    found = []
    for price in prices:
        try:
            for each in (price.energy, price.transport, price.price):
                bounds.check(each, f"price from {iso(price.interval.start)}")
        except InvalidField as error:
            _LOG.warning("published price left out", reason=str(error))
        else:
            found.append(price)
    return found


@dataclass(frozen=True, slots=True)
class Emission:
    """What a kWh drawn in an interval emits."""

    interval: Interval
    grams: CarbonIntensity


def with_emissions(prices: Iterable[Published], emissions: Iterable[Emission]) -> list[Published]:
    """Prices to buy with what a kWh emits while they hold; two different values for one time are none."""
    known: dict[Instant, set[CarbonIntensity]] = {}
    for emission in emissions:
        for step in emission.interval.split(FIVE_MINUTES):
            known.setdefault(step.start, set()).add(emission.grams)
    grams = {start: next(iter(values)) for start, values in known.items() if len(values) == 1}
    return [part for price in prices for part in _parted(price, grams)]


def _parted(price: Published, grams: Mapping[Instant, CarbonIntensity]) -> Iterable[Published]:
    """A price, or as many as there are values while it holds."""
    if price.direction is not Direction.IMPORT:
        return [price]
    steps = price.interval.split(FIVE_MINUTES)
    found = []
    for carbon, run in groupby(steps, key=lambda step: grams.get(step.start)):
        same = list(run)
        length = Duration(same[-1].end - same[0].start)
        found.append(replace(price, interval=Interval(same[0].start, length), carbon=carbon))
    return found


def grams(value: object, field: str = "emission") -> CarbonIntensity:
    """Read what a kWh emits, g, to the nearest one.

    Raises:
        InvalidField: it is no number, or none that a kWh can emit.
    """
    whole = CarbonIntensity(round(micro(value, field) / _MICRO))
    check_carbon_intensity(whole, field)
    return whole


def micro(value: object, field: str = "price") -> Price:
    """Read a price for a kWh, given as a number or as text, to the nearest millionth.

    Raises:
        InvalidField: it is neither a plain decimal nor a finite number, or has more than nine digits.
    """
    text = value if isinstance(value, str) else f"{Decimal(repr(value)):f}" if _is_number(value) else ""
    if not _NUMBER.fullmatch(text):
        raise InvalidField(field, f"{value!r} is no plain decimal number")
    return Price(int((Decimal(text) * _MICRO).to_integral_value(ROUND_HALF_EVEN)))


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return value == value and abs(value) < 1e9  # noqa: PLR0124 - NaN is not itself


def decoded[T](body: bytes, kind: type[T], field: str) -> T:
    """Read an answer in JSON.

    Raises:
        InvalidField: it is none, or of another form.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except (ValueError, RecursionError) as error:  # what is nested without end is no answer either
        raise InvalidField(field, str(error)) from error


def aligned(start: Instant, duration: Duration, field: str) -> Interval:
    """An interval of whole 5 minutes on the clock.

    Raises:
        InvalidField: it is none, or longer than a day.
    """
    if start % FIVE_MINUTES or duration % FIVE_MINUTES or not 0 < duration <= 25 * 12 * FIVE_MINUTES:
        raise InvalidField(field, f"{start} for {duration} ms is no interval of whole 5 minutes")
    return Interval(start, duration)


def without_half_folds(prices: Iterable[Published], zone: ZoneInfo) -> list[Published]:
    """Leave out what is of the hour that a local clock shows twice, where only one of the two has prices.

    Whose offset is wrong in that hour is right to the zone, and an hour off: only the other one shows it.
    """
    given = list(prices)
    starts = {(price.direction, price.interval.start) for price in given}
    return [
        price
        for price in given
        if (twin := _twin(price.interval.start, zone)) is None or (price.direction, twin) in starts
    ]


def _twin(start: Instant, zone: ZoneInfo) -> Instant | None:
    """The other instant at which the local clock shows the same."""
    local = to_datetime(start).astimezone(zone)
    other = from_datetime(local.replace(fold=1 - local.fold))
    same = to_datetime(other).astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None)
    return other if other != start and same else None


def local_instant(text: str, zone: ZoneInfo, field: str) -> Instant:
    """Read a local time that names its offset, as in ``2025-07-01T00:00:00-0700``.

    A clock set wrong by an hour shows in an offset that the zone does not have at that moment.

    Raises:
        InvalidField: no time, no offset, or not the zone's.
    """
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidField(field, f"{text!r} is not an ISO 8601 time") from None
    if when.utcoffset() is None or when.astimezone(zone).utcoffset() != when.utcoffset():
        raise InvalidField(field, f"{text!r} is not a time of {zone.key}")
    return from_datetime(when)
