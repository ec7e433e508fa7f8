"""OpenADR 3.1: a virtual end node that reads the prices of one program; with or without an account.

Source: OpenADR 3.1 definition (schemas oadr3-org/openadr3-schemas). Objects used: program, event. An
interval's own period wins over the event's; where it has none, intervals follow each other with the event's
duration.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec
import structlog
from msgspec import Struct
from temix_market.errors import InvalidField
from temix_market.instants import Duration, Instant, parse_duration, parse_instant
from temix_market.intervals import Interval

from temix_gateway.retailer.errors import CredentialsRefused, Misunderstood, NothingPublished
from temix_gateway.retailer.published.http import Http
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
from temix_gateway.retailer.published.schedule import Rhythm

NAME: Final = "OpenADR 3.1"
PAGE: Final = 50
"""Events of one answer, the most that servers give."""
MOST_PAGES: Final = 4
"""A program with more events than these has not been tidied up; what is not read could count more."""

_PAYLOADS: Final = {"PRICE": Direction.IMPORT, "EXPORT_PRICE": Direction.EXPORT}
_GHG: Final = "GHG"
_DAYS: Final = re.compile(r"P(?:([0-9]{1,2})D)?(T.*)?")
_LOG: Final = structlog.get_logger(__name__)


class _Period(Struct, frozen=True):
    start: str | None = None
    duration: str | None = None


class _Payload(Struct, frozen=True):
    type: str
    values: list[Any]


class _Interval(Struct, frozen=True, rename="camel"):
    payloads: list[_Payload]
    interval_period: _Period | None = None


class _Descriptor(Struct, frozen=True, rename="camel"):
    payload_type: str = ""
    units: str | None = None
    currency: str | None = None


class Event(Struct, frozen=True, rename="camel"):
    """What is read of an event."""

    intervals: list[_Interval]
    program_id: str = msgspec.field(name="programID")
    priority: int | None = None
    modification_date_time: str | None = None
    interval_period: _Period | None = None
    payload_descriptors: list[_Descriptor] | None = None


class _Program(Struct, frozen=True, rename="camel"):
    id: str
    program_name: str = ""


class _Token(Struct, frozen=True):
    access_token: str


@dataclass(frozen=True, slots=True)
class OpenAdr:
    """One program of a virtual top node: a ``Feed``. ``secret`` never shows itself."""

    url: str
    program: str
    currency: str
    zone: ZoneInfo
    client_id: str = ""
    secret: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        """What its parties are called after."""
        return f"openadr:{self.program}"

    @property
    def question(self) -> str:
        """What it is asked for."""
        return f"{self.url} {self.program} {self.currency}"

    @property
    def rhythm(self) -> Rhythm:
        """The standard has no publication time."""
        return Rhythm(self.zone)

    async def read(self, http: Http, wanted: Interval) -> Sequence[Published]:
        """Log in where there is an account, find the program, and ask for its events.

        Raises:
            LinkError: no answer that can be used; what to do about it.
        """
        token = await self._log_in(http) if self.client_id else ""
        reply = await http.get(
            f"{self.url}/programs", {"programName": self.program, "limit": str(PAGE)}, token
        )
        programs = [
            each for each in self._decode(reply.body, list[_Program]) if each.program_name == self.program
        ]
        if not programs:
            raise NothingPublished(f"{self.url} has no program {self.program!r}: check retailer.program")
        events = await self._events(http, programs[0].id, token)
        return [
            price
            for price in read_events(events, programs[0].id, self.currency)
            if price.interval.overlaps(wanted)
        ]

    async def _events(self, http: Http, program: str, token: str) -> list[Event]:
        """All of a program, page by page."""
        found: list[Event] = []
        for page in range(MOST_PAGES):
            asked = {"programID": program, "skip": str(page * PAGE), "limit": str(PAGE)}
            reply = await http.get(f"{self.url}/events", asked, token)
            events = self._decode(reply.body, list[Event])
            found += events
            if len(events) < PAGE:
                return found
        raise Misunderstood(
            f"{self.url} has more than {MOST_PAGES * PAGE} events of {self.program!r}: "
            "its operator has to remove old ones"
        )

    async def _log_in(self, http: Http) -> str:
        asked = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.secret,
        }
        kind = "application/x-www-form-urlencoded"
        try:
            reply = await http.post(f"{self.url}/auth/token", urlencode(asked).encode(), kind)
        except CredentialsRefused as error:
            raise CredentialsRefused(
                f"{self.url} refused the account {self.client_id!r}: check retailer.client_id and its secret"
            ) from error
        return self._decode(reply.body, _Token).access_token

    def _decode[T](self, body: bytes, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(body, type=kind)
        except ValueError as error:
            raise Misunderstood(f"{self.url} does not answer as OpenADR 3 does: {error}") from error


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
    at: Instant | None = None
    for number, each in enumerate(event.intervals):
        place = f"{where}.intervals[{number}]"
        try:
            interval = _when(event, each, at, place)
        except InvalidField as error:
            _LOG.warning("published prices left out", reason=str(error))
            at = None  # what follows without a time of its own has none
            continue
        at = interval.end
        for payload in each.payloads:
            try:
                if payload.type == _GHG:
                    yield Emission(interval, grams(_single(payload.values), f"{place}.{_GHG}"))
                elif payload.type in _PAYLOADS and payload.type not in wrong:
                    price = micro(_single(payload.values), f"{place}.{payload.type}")
                    yield Published(_PAYLOADS[payload.type], interval, price)
            except InvalidField as error:
                _LOG.warning("published value left out", reason=str(error))


def _single(values: Sequence[Any]) -> Any:
    """The one value; none where there are several, which ``micro`` refuses."""
    return values[0] if len(values) == 1 else None


def _when(event: Event, each: _Interval, after: Instant | None, place: str) -> Interval:
    own, whole = each.interval_period or _Period(), event.interval_period or _Period()
    length = own.duration or whole.duration
    if length is None:
        raise InvalidField(f"{place}.intervalPeriod.duration", "it is missing")
    duration = _duration(length, f"{place}.intervalPeriod.duration")
    if own.start is not None:
        start = parse_instant(own.start, f"{place}.intervalPeriod.start")
    elif after is not None:
        start = after
    elif each is event.intervals[0] and whole.start is not None:
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
