"""Reports to an OpenADR 3.1 server: what the home drew, and what it expects to draw, where an event asks.

Source: OpenADR 3.1 User Guide, sections 7.5 to 7.8, 8.3 and 8.8. An event asks by its report descriptors. A
report of ``USAGE`` is due after its last interval, one that looks ahead before its first or at its start;
of those that look ahead and are due only the newest is sent.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

import msgspec
import structlog
from msgspec import Meta, Struct
from temix_market.deliveries import FINAL_AFTER, Delivery
from temix_market.errors import InvalidField
from temix_market.instants import FIVE_MINUTES, HOUR, Duration, Instant, iso, iso_duration
from temix_market.intervals import Interval
from temix_market.ports import Clock
from temix_market.units import Energy

from temix_gateway.errors import GatewayError
from temix_gateway.retailer.errors import CredentialsRefused, Misunderstood, NotTaken
from temix_gateway.retailer.published.http import Http
from temix_gateway.retailer.published.openadr_events import Event, span_of, timed
from temix_gateway.retailer.published.prices import decoded
from temix_gateway.retailer.published.report_log import ReportLog, Sent, Value
from temix_gateway.retailer.published.schedule import SPARED

AT_ONCE: Final = 6
"""Reports that go with one question for prices."""
MOST_INTERVALS: Final = 300
"""A day of 5 minutes that has 25 hours."""
WAIT: Final = Duration(24 * HOUR)
"""How long a report waits for readings that are missing; then it goes with those that are there."""
RESOURCE: Final = "AGGREGATED_REPORT"
"""The standard's name for the sum of all that the home has."""
_USAGE: Final = "USAGE"
_FORECAST: Final = "USAGE_FORECAST"
_JSON: Final = "application/json"
_LOG: Final = structlog.get_logger(__name__)


class _Descriptor(Struct, frozen=True, rename="camel"):
    """What an event asks for; -1: all, or the end. ``frequency`` 0: whenever the home likes."""

    payload_type: str = ""
    units: str | None = None
    start_interval: Annotated[int, Meta(ge=-1)] = -1
    num_intervals: Annotated[int, Meta(ge=-1)] = -1
    historical: bool = True
    frequency: Annotated[int, Meta(ge=-1)] = -1
    repeat: Annotated[int, Meta(ge=-1)] = 1


@dataclass(frozen=True, slots=True)
class Report:
    """A report that is due: of which event, of what, and of which intervals by the event's ids."""

    event: str
    payload: str
    forecast: bool
    since: Instant
    """When it became due."""
    parts: tuple[tuple[int, Interval], ...]

    @property
    def name(self) -> str:
        """What tells it from every other one of its event."""
        return f"{self.payload} {iso(self.parts[0][1].start)}/{iso(self.until)}"

    @property
    def until(self) -> Instant:
        """The end of its last interval."""
        return self.parts[-1][1].end


@dataclass(frozen=True, slots=True)
class Home:
    """What is told of the home: its deliveries since an instant, and the net load by its plan (Wh).

    The plan's energies are of 5 minutes each, by their start.
    """

    delivered: Callable[[Instant], Awaitable[Sequence[Delivery]]]
    expected: Callable[[], Mapping[Instant, Energy]]


@dataclass(frozen=True, slots=True)
class Server:
    """Where reports go, with the token of this login."""

    http: Http
    url: str
    token: str


def due_reports(events: Iterable[Event], program: str, now: Instant) -> list[Report]:
    """The reports that a program's events ask for and that are due, oldest first."""
    found: list[Report] = []
    for number, event in enumerate(events):
        if event.program_id != program or not event.id:
            continue
        for place, given in enumerate(event.report_descriptors or []):
            where = f"events[{number}].reportDescriptors[{place}]"
            try:
                asked = msgspec.convert(given, _Descriptor)
            except msgspec.ValidationError as error:
                _LOG.warning("report not understood", where=where, reason=str(error))
                continue
            if asked.payload_type not in {_USAGE, _FORECAST} or asked.frequency == 0:
                continue
            if (asked.units or "KWH").upper() != "KWH":
                _LOG.warning("report in another unit than kWh left out", where=where, units=asked.units)
                continue
            found += _due(event, asked, now, where)
    return sorted(found, key=lambda report: report.since)


def _due(event: Event, asked: _Descriptor, now: Instant, where: str) -> list[Report]:
    forecast = asked.payload_type == _FORECAST or not asked.historical
    parts = _explicit(event, where) if event.intervals else _implied(event, asked, now, where)
    if not parts:
        return []
    last = max(parts)
    count = asked.num_intervals if asked.num_intervals > 0 else last + 1
    first = asked.start_interval if asked.start_interval >= 0 else 0 if forecast else last
    every = asked.frequency if asked.frequency > 0 else count
    stop = last + 1 if asked.repeat <= 0 else min(last + 1, first + asked.repeat * every)
    found = []
    for at in range(first, stop, every):
        covered = range(at, at + count) if forecast else range(at + 1 - count, at + 1)
        known = tuple(parts[number] for number in covered if number in parts)
        if at not in parts or not 0 < len(known) <= MOST_INTERVALS:
            continue
        early = forecast and asked.start_interval < 0 and at == first
        since = Instant(0) if early else parts[at][1].start if forecast else parts[at][1].end
        report = Report(event.id, asked.payload_type, forecast, since, known)
        if since <= now < report.until + (0 if forecast else FINAL_AFTER):
            found.append(report)
    return found[-1:] if forecast else found


def _explicit(event: Event, where: str) -> dict[int, tuple[int, Interval]]:
    """An event's intervals by their number, with their ids; none where one has no time."""
    parts = {}
    for number, (each, interval) in enumerate(timed(event, where)):
        if interval is None:
            return {}
        parts[number] = number if each.id is None else each.id, interval
    return parts


def _implied(event: Event, asked: _Descriptor, now: Instant, where: str) -> dict[int, tuple[int, Interval]]:
    """Of the intervals that an event without any implies those that can still be asked for; ids count up."""
    whole = span_of(event, where)
    if whole is None or asked.num_intervals <= 0 or asked.start_interval < 0:
        return {}
    length = whole.duration
    first = max(0, (now - FINAL_AFTER - whole.start) // length - asked.num_intervals)
    last = (now - whole.start) // length + asked.num_intervals
    return {
        number: (number, Interval(Instant(whole.start + number * length), length))
        for number in range(first, last + 1)
    }


def values_of(
    report: Report, energies: Mapping[Instant, Energy], estimated: Collection[Instant]
) -> tuple[Value, ...]:
    """What the home draws in each interval of a report that is wholly known: its id, Wh, whether estimated.

    ``USAGE`` is never negative: what the home gave in 5 minutes takes nothing from what it drew in others.
    """
    found = []
    for number, interval in report.parts:
        starts = [step.start for step in interval.split(FIVE_MINUTES)]
        if all(start in energies for start in starts):
            drawn = sum(max(0, energies[start]) for start in starts)
            found.append(Value(number, drawn, any(start in estimated for start in starts)))
    return tuple(found)


class Reports:
    """Sends what is due, each report once; what was corrected since replaces what was sent."""

    def __init__(self, client: str, home: Home, log: ReportLog, clock: Clock) -> None:
        """Report as ``client``; ``log`` remembers what was reported."""
        self._client = client
        self._home = home
        self._log = log
        self._clock = clock

    async def send(self, server: Server, events: Iterable[Event], program: str) -> None:
        """Send what is due, as far as the day's requests allow; what fails is told, and costs no price.

        A report that the server refused is never sent again. After no answer it is looked for before it is
        sent again.
        """
        try:
            await self._send_due(server, events, program)
        except (GatewayError, OSError) as error:
            _LOG.warning("reports wait for the next question", reason=str(error))

    async def _send_due(self, server: Server, events: Iterable[Event], program: str) -> None:
        now = self._clock.now()
        due = due_reports(events, program, now)
        await asyncio.to_thread(self._log.open, f"{server.url} {self._client}", now)
        delivered = await self._delivered(due)
        measured = {each.interval.start: each.energy for each in delivered}
        estimated = {each.interval.start for each in delivered if each.estimated}
        expected = self._home.expected()
        sent = 0
        for report in due:
            values = (
                values_of(report, expected, ()) if report.forecast else values_of(report, measured, estimated)
            )
            if not self._is_news(report, values, now):
                continue
            if sent == AT_ONCE or server.http.allowance.left(now) <= SPARED:
                _LOG.info("reports wait for the next question", due=len(due), sent=sent)
                return
            await self._send(server, report, values)
            sent += 1

    async def _delivered(self, due: Iterable[Report]) -> Sequence[Delivery]:
        starts = [report.parts[0][1].start for report in due if not report.forecast]
        return await self._home.delivered(min(starts)) if starts else ()

    def _is_news(self, report: Report, values: tuple[Value, ...], now: Instant) -> bool:
        """Whether a report is to be sent: a forecast once, use again where it was corrected."""
        known = self._log.known(report.event, report.name)
        if not values or (known is not None and known.refused):
            return False
        if known is not None and known.taken and (report.forecast or known.values == values):
            return False
        waited = now >= (report.parts[0][1].start if report.forecast else report.since + WAIT)
        return waited or len(values) == len(report.parts)

    async def _send(self, server: Server, report: Report, values: tuple[Value, ...]) -> None:
        known = self._log.known(report.event, report.name)
        number = "" if known is None else known.id or await self._look_for(server, report)
        sent = Sent(report.event, report.name, report.until, values, number)
        await self._keep(sent)  # before it goes out: whatever happens then, it is not sent twice
        body = msgspec.json.encode(document(report, values, self._client))
        try:
            if number:
                await server.http.put(f"{server.url}/reports/{number}", body, _JSON, server.token)
            else:
                reply = await server.http.post(f"{server.url}/reports", body, _JSON, server.token)
                number = _decode(reply.body, _Answer).id
        except (NotTaken, CredentialsRefused) as error:
            _LOG.warning("report refused, and not sent again", report=report.name, reason=str(error))
            await self._keep(msgspec.structs.replace(sent, refused=True))
            return
        _LOG.info("reported", report=report.name, intervals=len(values))
        await self._keep(msgspec.structs.replace(sent, id=number, taken=True))

    async def _look_for(self, server: Server, report: Report) -> str:
        """The id of a report whose answer was lost, where the server has it."""
        asked = {"eventID": report.event, "clientName": self._client, "limit": "50"}
        reply = await server.http.get(f"{server.url}/reports", asked, server.token)
        found = _decode(reply.body, list[_Answer])
        return next((each.id for each in found if each.report_name == report.name), "")

    async def _keep(self, sent: Sent) -> None:
        await asyncio.to_thread(self._log.keep, sent)


class _Answer(Struct, frozen=True, rename="camel"):
    id: str
    report_name: str | None = None


def _decode[T](body: bytes, kind: type[T]) -> T:
    try:
        return decoded(body, kind, "answer")
    except InvalidField as error:
        raise Misunderstood(f"a report was not answered as OpenADR 3 does: {error.reason}") from error


def document(report: Report, values: Sequence[Value], client: str) -> Mapping[str, Any]:
    """A report as it is sent: an OpenADR 3.1 ``reportRequest`` in kWh."""
    when = dict(report.parts)
    return {
        "eventID": report.event,
        "clientName": client,
        "reportName": report.name,
        "payloadDescriptors": [
            {
                "objectType": "REPORT_PAYLOAD_DESCRIPTOR",
                "payloadType": report.payload,
                "readingType": "FORECAST" if report.forecast else "DIRECT_READ",
                "units": "KWH",
            }
        ],
        "resources": [
            {
                "resourceName": RESOURCE,
                "intervals": [_interval(value, when[value.number], report.payload) for value in values],
            }
        ],
    }


def _interval(value: Value, when: Interval, payload: str) -> Mapping[str, Any]:
    quality = [{"type": "DATA_QUALITY", "values": ["ESTIMATED"]}] if value.estimated else []
    return {
        "id": value.number,
        "intervalPeriod": {"start": iso(when.start), "duration": iso_duration(when.duration)},
        "payloads": [{"type": payload, "values": [value.drawn / 1000]}, *quality],
    }
