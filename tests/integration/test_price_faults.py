"""Faulty rows of every integration of prices: the price of every hour is right or absent."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Any

import pytest
from homeassistant.core import HomeAssistant

from custom_components.temix.price_entity.days import Days, calls_of
from custom_components.temix.price_entity.offers import Unsuitable, offer
from tests.integration.price_services import EUROPE, SERVICES, Market, Rows, truth

DAY = date(2026, 6, 10)
AFTERNOON = datetime(2026, 6, 10, 12, 20, tzinfo=UTC)
HIT = datetime(2026, 6, 10, 14, tzinfo=UTC)
"""The hour that faults are about."""
HOUR = timedelta(hours=1)

KEYS = {
    "amberelectric": ("start_time", "end_time", "per_kwh"),
    "entsoe": ("time", None, "price"),
    "epex_spot": ("start_time", "end_time", "price_per_kwh"),
    "nordpool": ("start", "end", "price"),
    "octopus_energy": ("start", "end", "value_inc_vat"),
    "tibber": ("start_time", None, "price"),
}
"""What rows call an interval's start, its end, and its price."""


@dataclass(frozen=True, slots=True)
class Bent:
    """The rows of a day, as a fault sees them."""

    rows: Rows
    keys: tuple[str, str | None, str]
    at: int | None = None

    @property
    def hit(self) -> int | None:
        """Which row is the hour's; none where this is another day."""
        if self.at is not None:
            return self.at
        start = self.keys[0]
        times = [_time(row[start]).replace(second=0) for row in self.rows]
        return times.index(HIT) if HIT in times else None


def _time(value: Any) -> datetime:
    when = datetime.fromisoformat(value) if isinstance(value, str) else value
    return when.astimezone(UTC)


type Bend = Callable[[Bent], Any]


def put(which: int, given: Any) -> Bend:
    """Something else as the hour's start (0), end (1) or price (2)."""

    def bend(bent: Bent) -> Rows:
        key = bent.keys[which]
        assert key is not None
        value = given(_time(bent.rows[bent.hit or 0][key])) if callable(given) else given
        return [{**row, key: value} if at == bent.hit else row for at, row in enumerate(bent.rows)]

    return bend


def start(given: Any) -> Bend:
    return put(0, given)


def end(given: Any) -> Bend:
    return put(1, given)


def price(given: Any) -> Bend:
    return put(2, given)


def later(by: timedelta, zone: tzinfo = UTC) -> Callable[[datetime], str]:
    return lambda when: (when + by).astimezone(zone).isoformat()


def moved(by: timedelta, offset: timedelta = timedelta(hours=2)) -> Bend:
    """The row with its start and end so much later, written with an offset."""
    text = later(by, timezone(offset))

    def bend(bent: Bent) -> Rows:
        begun = start(text)(bent)
        return begun if bent.keys[1] is None else end(text)(replace(bent, rows=begun, at=bent.hit))

    return bend


def row(given: Any) -> Bend:
    """Something else in place of the row."""
    return lambda bent: [given if at == bent.hit else row for at, row in enumerate(bent.rows)]


def without(which: int) -> Bend:
    """The row without one of its keys."""

    def bend(bent: Bent) -> Rows:
        return [
            {key: value for key, value in row.items() if at != bent.hit or key != bent.keys[which]}
            for at, row in enumerate(bent.rows)
        ]

    return bend


def missing(bent: Bent) -> Rows:
    return [row for at, row in enumerate(bent.rows) if at != bent.hit]


def again(**_: object) -> Bend:
    return lambda bent: [*bent.rows, bent.rows[bent.hit or 0]]


def and_another(bent: Bent) -> Rows:
    first = bent.rows[bent.hit or 0]
    return [*bent.rows, *([] if bent.hit is None else [{**first, bent.keys[2]: 0.77}])]


def whole(given: Any) -> Bend:
    """Something else in place of all rows."""
    return lambda _: given


def every_price(of: Callable[[float], Any]) -> Bend:
    return lambda bent: [{**row, bent.keys[2]: of(row[bent.keys[2]])} for row in bent.rows]


LOST, KEPT, ALL = {HIT}, set[datetime](), None
NEXT = {HIT, HIT + HOUR}


@dataclass(frozen=True, slots=True)
class Fault:
    """One faulty feed: what is bent, which hours have no price then (none: all), and who has such rows."""

    name: str
    bend: Bend
    lost: set[datetime] | None
    ends: bool = False


FAULTS: Sequence[Fault] = (
    Fault("no price", price(None), LOST),
    Fault("a price as text", price("0.1"), LOST),
    Fault("empty text", price(""), LOST),
    Fault("a decimal comma", price("0,1"), LOST),
    Fault("a word", price("unknown"), LOST),
    Fault("not a number", price(float("nan")), LOST),
    Fault("infinite", price(float("inf")), LOST),
    Fault("negative without end", price(float("-inf")), LOST),
    Fault("a truth", price(True), LOST),
    Fault("a list", price([0.1]), LOST),
    Fault("an object", price({"amount": 0.1}), LOST),
    Fault("bytes", price(b"0.1"), LOST),
    Fault("a complex number", price(1j), LOST),
    Fault("without its price", without(2), LOST),
    Fault("no start", start(None), LOST),
    Fault("the start is a word", start("soon"), LOST),
    Fault("the start is empty", start(""), LOST),
    Fault("the start is a number", start(1_780_000_000), LOST),
    Fault("the start is a day", start("2026-06-10"), LOST),
    Fault("the start has no offset", start("2026-06-10T16:00:00"), LOST),
    Fault("the start is a time without an offset", start(lambda when: when.replace(tzinfo=None)), LOST),
    Fault("hour 25", start("2026-06-10T25:00:00+02:00"), LOST),
    Fault("without its start", without(0), LOST),
    Fault("an hour late", moved(HOUR), NEXT),
    Fault("an hour early", moved(-HOUR), {HIT, HIT - HOUR}),
    Fault("the offset of winter", moved(HOUR, timedelta(hours=1)), NEXT),
    Fault("starts late and ends in time", start(later(timedelta(minutes=2))), LOST, ends=True),
    Fault("two years late", moved(timedelta(days=731)), LOST),
    Fault("no end", end(None), LOST, ends=True),
    Fault("the end is a word", end("later"), LOST, ends=True),
    Fault("the end has no offset", end("2026-06-10T17:00:00"), LOST, ends=True),
    Fault("ends before it begins", end(later(-2 * HOUR)), LOST, ends=True),
    Fault("ends when it begins", end(later(-HOUR)), LOST, ends=True),
    Fault("ends two minutes late", end(later(timedelta(minutes=2))), LOST, ends=True),
    Fault("lasts two days", end(later(timedelta(days=2))), LOST, ends=True),
    Fault("lasts two hours", end(later(HOUR)), NEXT, ends=True),
    Fault("without its end", without(1), LOST, ends=True),
    Fault("a row that is none", row(None), LOST),
    Fault("a row of text", row("0.1"), LOST),
    Fault("a row that is a list", row([]), LOST),
    Fault("a row of nothing", row({}), LOST),
    Fault("one missing", missing, LOST),
    Fault("twice the same", again(), KEPT),
    Fault("twice, and different", and_another, LOST),
    Fault("out of order", lambda bent: bent.rows[::-1], KEPT),
    Fault("rows that are text", whole("error"), ALL),
    Fault("rows that are an object", whole({"error": 500}), ALL),
    Fault("rows that are a number", whole(42), ALL),
    Fault("no rows", whole([]), ALL),
    Fault("null in place of rows", whole(None), ALL),
    Fault("all prices as text", every_price(str), ALL),
    Fault("no prices at all", every_price(lambda _: None), ALL),
)


def applies(fault: Fault, name: str) -> bool:
    """Whether rows of an integration can have it: two of them have no ends."""
    return KEYS[name][1] is not None or not fault.ends


CASES = [(name, fault) for name in SERVICES for fault in FAULTS if applies(fault, name)]


@pytest.mark.parametrize("name, fault", CASES, ids=[f"{name}-{fault.name}" for name, fault in CASES])
async def test_a_faulty_feed_costs_its_hours_and_bends_none(
    hass: HomeAssistant, name: str, fault: Fault
) -> None:
    market = Market(EUROPE, 60)
    await hass.config.async_set_time_zone(EUROPE.key)
    right = await shown(hass, name, market)
    assert right == {start: truth(start) * 10 for start in right}
    assert HIT in right

    def bend(rows: Rows) -> Any:
        bent = Bent(rows, KEYS[name])
        return rows if bent.hit is None and fault.lost is not ALL else fault.bend(bent)

    found = await shown(hass, name, replace(market, bend=bend))
    lost = set(right) if fault.lost is ALL else fault.lost
    if name == "amberelectric" and fault.lost is ALL:
        lost.discard(min(right))  # the present price has an entity of its own
    assert found == {start: price for start, price in right.items() if start not in lost}


async def shown(hass: HomeAssistant, name: str, market: Market) -> dict[datetime, int]:
    """The price of each hour."""
    try:
        made = offer(hass, SERVICES[name](hass, market, DAY), Days(calls_of(hass)))
    except Unsuitable:
        return {}
    found = await made.read(AFTERNOON) or []
    assert all(each.end - each.start == HOUR for each in found)
    near = [each for each in found if abs(each.start - HIT) < timedelta(days=3)]
    return {each.start: each.price for each in near}


@pytest.mark.parametrize("name", SERVICES)
def test_there_are_enough_of_them(name: str) -> None:
    assert len({fault.name for service, fault in CASES if service == name}) >= 32
