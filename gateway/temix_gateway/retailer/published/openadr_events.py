"""Events of OpenADR 3.1: when their intervals are, the prices they give and the reports they ask for.

Source: OpenADR 3.1 definition (schemas oadr3-org/openadr3-schemas). An interval's own period wins over the
event's; where it has none, intervals follow each other with the event's duration.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec
import structlog
from msgspec import Struct
from temix_market.errors import InvalidField
from temix_market.instants import Duration, Instant, parse_duration, parse_instant
from temix_market.intervals import Interval

from temix_gateway.retailer.published.prices import (
    Direction,
    Emission,
    Published,
    aligned,
    grams,
    micro,
    unambiguous,
    with_emissions,
)

_PAYLOADS: Final = {"PRICE": Direction.IMPORT, "EXPORT_PRICE": Direction.EXPORT}
_GHG: Final = "GHG"
_DAYS: Final = re.compile(r"P(?:([0-9]{1,2})D)?(T.*)?")
_LOG: Final = structlog.get_logger(__name__)


class Period(Struct, frozen=True):
    """When an interval begins and how long it is, as far as it is said."""

    start: str | None = None
    duration: str | None = None


class _Payload(Struct, frozen=True):
    type: str
    values: list[Any]


class EventInterval(Struct, frozen=True, rename="camel"):
    """One interval of an event; ``id`` is the event's own name for it."""

    payloads: list[_Payload] = []
    id: int | None = None
    interval_period: Period | None = None


class _Descriptor(Struct, frozen=True, rename="camel"):
    payload_type: str = ""
    units: str | None = None
    currency: str | None = None


class Event(Struct, frozen=True, rename="camel"):
    """What is read of an event; one that only asks for reports may have no intervals."""

    program_id: str = msgspec.field(name="programID")
    id: str = ""
    intervals: list[EventInterval] | None = None
    priority: int | None = None
    modification_date_time: str | None = None
    interval_period: Period | None = None
    payload_descriptors: list[_Descriptor] | None = None
    report_descriptors: list[Any] | None = None
    """Read by who reports: a faulty one costs no price."""


def read_events(events: Iterable[Event], program: str, currency: str) -> list[Published]:
    """The prices of a program's events; where two give an interval, the more urgent or newer event counts."""
    ranked: dict[tuple[Direction, Instant], tuple[tuple[int, str], list[Published]]] = {}
    emissions: list[Emission] = []
    for number, event in enumerate(events):
        if event.program_id != program:
            continue
        rank = (
            -(event.priority if event.priority is not None else 1_000_000),
            event.modification_date_time or "",
        )
        read = list(_read(event, currency, f"events[{number}]"))
        emissions += [each for each in read if isinstance(each, Emission)]
        for price in unambiguous(each for each in read if isinstance(each, Published)):
            key = price.direction, price.interval.start
            known = ranked.get(key)
            if known is None or rank > known[0]:
                ranked[key] = rank, [price]
            elif rank == known[0]:
                known[1].append(price)
    return with_emissions(unambiguous(price for _, prices in ranked.values() for price in prices), emissions)


def _read(event: Event, currency: str, where: str) -> Iterator[Published | Emission]:
    wrong = _wrong_units(event, currency)
    for number, (each, interval) in enumerate(timed(event, where)):
        if interval is None:
            continue
        place = f"{where}.intervals[{number}]"
        for payload in each.payloads:
            try:
                if payload.type == _GHG:
                    yield Emission(interval, grams(_single(payload.values), f"{place}.{_GHG}"))
                elif payload.type in _PAYLOADS and payload.type not in wrong:
                    price = micro(_single(payload.values), f"{place}.{payload.type}")
                    yield Published(_PAYLOADS[payload.type], interval, price)
            except InvalidField as error:
                _LOG.warning("published value left out", reason=str(error))


def timed(event: Event, where: str) -> Iterator[tuple[EventInterval, Interval | None]]:
    """An event's intervals with when they are, as far as that can be told."""
    at: Instant | None = None
    for number, each in enumerate(event.intervals or []):
        interval = None
        try:
            interval = _when(event, each, at, f"{where}.intervals[{number}]", first=not number)
        except InvalidField as error:
            _LOG.warning("interval of an event left out", reason=str(error))
        at = None if interval is None else interval.end  # without a time, what follows needs one of its own
        yield each, interval


def span_of(event: Event, where: str) -> Interval | None:
    """The event's own period: where and how long the first of its intervals is, as far as that is said."""
    whole = event.interval_period or Period()
    if whole.start is None or whole.duration is None:
        return None
    try:
        start = parse_instant(whole.start, f"{where}.intervalPeriod.start")
        return aligned(start, _duration(whole.duration, f"{where}.intervalPeriod.duration"), where)
    except InvalidField as error:
        _LOG.warning("period of an event not understood", reason=str(error))
        return None


def _single(values: Sequence[Any]) -> Any:
    """The one value; none where there are several, which ``micro`` refuses."""
    return values[0] if len(values) == 1 else None


def _when(event: Event, each: EventInterval, after: Instant | None, place: str, *, first: bool) -> Interval:
    own, whole = each.interval_period or Period(), event.interval_period or Period()
    length = own.duration or whole.duration
    if length is None:
        raise InvalidField(f"{place}.intervalPeriod.duration", "it is missing")
    duration = _duration(length, f"{place}.intervalPeriod.duration")
    if own.start is not None:
        start = parse_instant(own.start, f"{place}.intervalPeriod.start")
    elif after is not None:
        start = after
    elif first and whole.start is not None:
        start = parse_instant(whole.start, f"{place}.intervalPeriod.start")
    else:
        raise InvalidField(f"{place}.intervalPeriod.start", "nothing says when it begins")
    return aligned(start, duration, place)


def _duration(text: str, field_name: str) -> Duration:
    """Hours, minutes and seconds, or one day."""
    match = _DAYS.fullmatch(text)
    days = int(match[1] or 0) if match else 0
    rest = match[2] if match else None
    hours = parse_duration(f"P{rest}", field_name) if rest or not days else 0
    return Duration(days * 86_400_000 + hours)


def _wrong_units(event: Event, currency: str) -> set[str]:
    """The payload types whose descriptor says another currency than the home's, or no price for a kWh."""
    wrong = set()
    for each in event.payload_descriptors or []:
        if each.payload_type in _PAYLOADS and (
            (each.currency or currency).upper() != currency or (each.units or "KWH").upper() != "KWH"
        ):
            _LOG.warning(
                "published prices left out",
                payload=each.payload_type,
                units=each.units,
                currency=each.currency,
            )
            wrong.add(each.payload_type)
    return wrong
