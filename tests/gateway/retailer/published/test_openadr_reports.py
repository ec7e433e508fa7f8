"""Reports to an OpenADR 3.1 server: only what is asked for, in the documented shape, each once."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from aiohttp import web
from temix_gateway.errors import LedgerError
from temix_gateway.retailer.published.http import Http
from temix_gateway.retailer.published.openadr import OpenAdr
from temix_gateway.retailer.published.openadr_events import Event
from temix_gateway.retailer.published.openadr_reports import (
    AT_ONCE,
    Home,
    Report,
    Reports,
    due_reports,
    values_of,
)
from temix_gateway.retailer.published.report_log import ReportLog, Value
from temix_gateway.retailer.published.schedule import REQUESTS_A_DAY, SPARED, Allowance
from temix_gateway.retailer.published.services import check
from temix_gateway.retailer_config import OpenAdrSection
from temix_market.calendar import local_day
from temix_market.deliveries import FINAL_AFTER, Delivery
from temix_market.errors import InvalidField
from temix_market.instants import FIVE_MINUTES, HOUR, Instant, iso
from temix_market.intervals import Interval
from temix_market.units import Energy

from tests.gateway.market import FakeClock
from tests.gateway.retailer.published.services import PACIFIC, PROGRAM, Document, openadr_event, whole_days

ORDINARY = date(2026, 6, 10)
DAY = local_day(PACIFIC, ORDINARY)
USAGE: Document = {"payloadType": "USAGE", "readingType": "DIRECT_READ"}
FORECAST: Document = {"payloadType": "USAGE_FORECAST"}


def at(hours: float) -> Instant:
    """So many hours after the day began."""
    return Instant(DAY.start + round(hours * HOUR))


def event(*asked: Document, **more: object) -> Document:
    """The day's prices, which ask for reports."""
    return openadr_event(ORDINARY, reportDescriptors=list(asked), **more)


def due(document: Document, now: Instant) -> list[tuple[int, int]]:
    """First and last hour of each report that is due."""
    events = msgspec.convert([document], list[Event])
    return [
        ((report.parts[0][1].start - DAY.start) // HOUR, (report.until - DAY.start) // HOUR)
        for report in due_reports(events, PROGRAM, now)
    ]


def test_use_is_due_when_the_last_interval_is_over_and_no_longer_once_readings_are_final() -> None:
    asked = event(USAGE)
    assert due(asked, at(23.99)) == []
    assert due(asked, at(24)) == [(0, 24)]
    assert due(asked, Instant(at(24) + FINAL_AFTER)) == []


def test_a_report_every_few_intervals_is_due_after_each_of_them() -> None:
    """The guide's example: the first two intervals, then the next two, three times."""
    asked = event(USAGE | {"startInterval": 1, "numIntervals": 2, "frequency": 2, "repeat": 3})
    assert due(asked, at(1.9)) == []
    assert due(asked, at(2)) == [(0, 2)]
    assert due(asked, at(24)) == [(0, 2), (2, 4), (4, 6)]


def test_without_end_means_to_the_last_interval() -> None:
    asked = event(USAGE | {"startInterval": 0, "numIntervals": 1, "frequency": 1, "repeat": -1})
    assert due(asked, at(3)) == [(0, 1), (1, 2), (2, 3)]
    assert len(due(asked, at(40))) == 24


def test_a_forecast_is_due_at_once_or_when_its_interval_begins_and_only_the_newest_counts() -> None:
    assert due(event(FORECAST), at(-8)) == [(0, 24)]
    assert due(event(FORECAST), at(24)) == []
    rolling = event(FORECAST | {"startInterval": 0, "numIntervals": 3, "frequency": 1, "repeat": 3})
    assert due(rolling, at(-1)) == []
    assert due(rolling, at(1.5)) == [(1, 4)]
    assert due(rolling, at(4.5)) == [(2, 5)]
    assert due(rolling, at(5)) == []


def test_an_event_without_intervals_implies_them() -> None:
    """The guide's hourly forecast of the next day, for ever: asked for three years ago, answered now."""
    asked = {
        "payloadType": "USAGE",
        "aggregate": True,
        "startInterval": 0,
        "numIntervals": 24,
        "historical": False,
        "frequency": 1,
        "repeat": -1,
    }
    begun = Instant(DAY.start - 3 * 365 * 24 * HOUR)
    document = {
        "id": "forecasts",
        "programID": PROGRAM,
        "intervalPeriod": {"start": iso(begun), "duration": "PT1H"},
        "reportDescriptors": [asked],
    }
    assert due(document, at(5.5)) == [(5, 29)]
    assert due(document | {"intervalPeriod": {"start": "0001-01-01", "duration": "PT1H"}}, at(5.5)) == []


@pytest.mark.parametrize(
    "asked",
    [
        USAGE | {"units": "KW"},
        USAGE | {"frequency": 0},
        USAGE | {"frequency": "PT15M"},
        {"payloadType": "STORAGE_CHARGE_LEVEL"},
        {"payloadType": 7},
        "USAGE",
    ],
)
def test_what_is_not_known_is_not_reported(asked: Any) -> None:
    assert due(event(asked), at(30)) == []
    assert due(event(USAGE) | {"programID": "0"}, at(30)) == []


def test_what_was_given_takes_nothing_from_what_was_drawn() -> None:
    """A report of use has no negative values; an interval with a step that is not known has none."""
    hours = [Interval(at(hour), HOUR) for hour in range(2)]
    energies = {step.start: Energy(-50) for step in hours[0].split(FIVE_MINUTES)} | {
        hours[0].start: Energy(120)
    }
    report = Report("e", "USAGE", False, at(2), tuple(enumerate(hours)))
    assert values_of(report, energies, {hours[0].start}) == (Value(0, 120, True),)


@dataclass
class FakeVtn:
    """A server that takes reports; ``answers`` are what it says to the next ones, whatever they are."""

    events: list[Document]
    answers: list[web.Response] = field(default_factory=list)
    loses_answers: bool = False
    posted: list[Document] = field(default_factory=list)
    replaced: list[tuple[str, Document]] = field(default_factory=list)
    looked_for: list[Mapping[str, str]] = field(default_factory=list)

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/programs", self._programs)
        app.router.add_get("/events", self._events)
        app.router.add_post("/auth/token", self._token)
        app.router.add_get("/reports", self._reports)
        app.router.add_post("/reports", self._post)
        app.router.add_put("/reports/{id}", self._put)
        return app

    async def _programs(self, request: web.Request) -> web.Response:
        return web.json_response([{"id": PROGRAM, "programName": "prices"}])

    async def _events(self, request: web.Request) -> web.Response:
        return web.json_response(self.events)

    async def _token(self, request: web.Request) -> web.Response:
        return web.json_response({"access_token": "t0k"})

    async def _reports(self, request: web.Request) -> web.Response:
        self.looked_for.append(dict(request.query))
        found = [{"id": str(number), **report} for number, report in enumerate(self.posted)]
        return web.json_response(found)

    async def _post(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Bearer t0k"
        if self.answers:
            return self.answers.pop(0)
        self.posted.append(await request.json())
        if self.loses_answers:
            return web.Response(status=502)
        return web.json_response({"id": str(len(self.posted) - 1), **self.posted[-1]}, status=201)

    async def _put(self, request: web.Request) -> web.Response:
        if self.answers:
            return self.answers.pop(0)
        self.replaced.append((request.match_info["id"], await request.json()))
        return web.json_response({"id": request.match_info["id"]})


@dataclass
class Bench:
    """A home that reports; what its meter read, and what it expects, by 5 minutes."""

    vtn: FakeVtn
    http: Http
    url: str
    folder: Path
    clock: FakeClock
    delivered: dict[Instant, Delivery] = field(default_factory=dict)
    expected: dict[Instant, Energy] = field(default_factory=dict)

    def feed(self) -> OpenAdr:
        """As after a restart."""

        async def delivered(since: Instant) -> Sequence[Delivery]:
            return [each for start, each in self.delivered.items() if start >= since]

        home = Home(delivered, lambda: self.expected)
        reports = Reports("home", home, ReportLog(self.folder / "reports.json"), self.clock)
        return OpenAdr(self.url, "prices", "USD", PACIFIC, "home", "hush", reports)

    def read(self, energy: int, first: float = 0, last: float = 24, *, estimated: bool = False) -> None:
        """The meter's readings of some hours."""
        for start in range(at(first), at(last), FIVE_MINUTES):
            step = Interval(Instant(start), FIVE_MINUTES)
            self.delivered[step.start] = Delivery(step, Energy(energy), estimated)

    async def ask(self, feed: OpenAdr | None = None) -> int:
        """Ask for prices once; how many there were."""
        return len(await (feed or self.feed()).read(self.http, whole_days(ORDINARY, 1)))


@asynccontextmanager
async def bench(folder: Path, *events: Document, now: Instant) -> AsyncIterator[Bench]:
    vtn, clock = FakeVtn(list(events)), FakeClock(now)
    runner = web.AppRunner(vtn.app(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with aiohttp.ClientSession() as session:
            url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield Bench(vtn, Http(session, clock, Allowance()), url, folder, clock)
    finally:
        await runner.cleanup()


async def test_use_is_reported_once_in_the_documented_shape(tmp_path: Path) -> None:
    async with bench(tmp_path, event(USAGE), now=at(25)) as made:
        made.read(10)
        made.read(20, 2, 3, estimated=True)
        for _ in range(3):  # each with what the file remembers
            assert await made.ask() == 24
        (report,) = made.vtn.posted
    resources = report.pop("resources")
    assert report == {
        "eventID": "event-2026-06-10",
        "clientName": "home",
        "reportName": f"USAGE {iso(DAY.start)}/{iso(DAY.end)}",
        "payloadDescriptors": [
            {
                "objectType": "REPORT_PAYLOAD_DESCRIPTOR",
                "payloadType": "USAGE",
                "readingType": "DIRECT_READ",
                "units": "KWH",
            }
        ],
    }
    (resource,) = resources
    assert resource["resourceName"] == "AGGREGATED_REPORT"
    assert [each["id"] for each in resource["intervals"]] == list(range(24))
    assert resource["intervals"][1] == {
        "id": 1,
        "intervalPeriod": {"start": iso(at(1)), "duration": "PT1H"},
        "payloads": [{"type": "USAGE", "values": [0.12]}],
    }
    assert resource["intervals"][2]["payloads"] == [
        {"type": "USAGE", "values": [0.24]},
        {"type": "DATA_QUALITY", "values": ["ESTIMATED"]},
    ]
    assert (made.vtn.replaced, made.vtn.looked_for) == ([], [])


async def test_a_corrected_reading_replaces_the_report(tmp_path: Path) -> None:
    async with bench(tmp_path, event(USAGE), now=at(25)) as made:
        made.read(10)
        await made.ask()
        made.read(11, 5, 6)
        await made.ask()
        await made.ask()
        ((number, report),) = made.vtn.replaced
    assert (number, len(made.vtn.posted)) == ("0", 1)
    assert report["resources"][0]["intervals"][5]["payloads"][0]["values"] == [0.132]


async def test_readings_that_are_missing_are_waited_for_a_day(tmp_path: Path) -> None:
    async with bench(tmp_path, event(USAGE), now=at(25)) as made:
        made.read(10, 0, 20)
        await made.ask()
        assert made.vtn.posted == []
        made.clock.wall = at(48)
        await made.ask()
        (report,) = made.vtn.posted
    assert [each["id"] for each in report["resources"][0]["intervals"]] == list(range(20))


async def test_a_forecast_waits_for_its_plan_and_is_sent_once(tmp_path: Path) -> None:
    async with bench(tmp_path, event(FORECAST), now=at(-6)) as made:
        made.expected = {Instant(at(0) + number * FIVE_MINUTES): Energy(30) for number in range(120)}
        await made.ask()
        assert made.vtn.posted == []
        made.expected |= {Instant(at(0) + number * FIVE_MINUTES): Energy(-5) for number in range(120, 288)}
        await made.ask()
        made.expected = dict.fromkeys(made.expected, Energy(99))
        await made.ask()
        (report,) = made.vtn.posted
    (descriptor,) = report["payloadDescriptors"]
    assert (descriptor["payloadType"], descriptor["readingType"]) == ("USAGE_FORECAST", "FORECAST")
    values = [each["payloads"][0]["values"] for each in report["resources"][0]["intervals"]]
    assert values == [[0.36]] * 10 + [[0.0]] * 14
    assert made.vtn.replaced == []


async def test_what_the_server_refuses_is_not_sent_again(tmp_path: Path) -> None:
    for status in (400, 403, 409):
        folder = tmp_path / str(status)
        folder.mkdir()
        async with bench(folder, event(USAGE), now=at(25)) as made:
            made.read(10)
            made.vtn.answers = [web.Response(status=status, text="no")]
            for _ in range(3):
                assert await made.ask() == 24
            assert (made.vtn.answers, made.vtn.posted) == ([], [])


@pytest.mark.parametrize("arrived", [True, False])
async def test_after_a_lost_answer_it_is_looked_for_before_it_is_sent_again(
    tmp_path: Path, arrived: bool
) -> None:
    async with bench(tmp_path, event(USAGE), now=at(25)) as made:
        made.read(10)
        made.vtn.loses_answers = arrived
        made.vtn.answers = [] if arrived else [web.Response(status=502)]
        assert await made.ask() == 24
        made.vtn.loses_answers = False
        await made.ask()
        await made.ask()
        assert len(made.vtn.posted) == 1
        assert [number for number, _ in made.vtn.replaced] == ["0"] * arrived
        (asked,) = made.vtn.looked_for
        assert (asked["eventID"], asked["clientName"]) == ("event-2026-06-10", "home")


async def test_reports_leave_the_days_requests_to_prices(tmp_path: Path) -> None:
    often = USAGE | {"startInterval": 0, "numIntervals": 1, "frequency": 1, "repeat": -1}
    async with bench(tmp_path, event(often), now=at(25)) as made:
        made.read(10)
        feed = made.feed()
        await made.ask(feed)
        assert len(made.vtn.posted) == AT_ONCE
        while made.http.allowance.left(made.clock.now()) > SPARED:
            await made.ask(feed)
        sent = len(made.vtn.posted)
        assert await made.ask(feed) == 24
        assert len(made.vtn.posted) == sent < REQUESTS_A_DAY - SPARED
        made.clock.wall = Instant(made.clock.wall + 24 * HOUR)
        await made.ask(feed)
        assert len(made.vtn.posted) == sent + AT_ONCE
        names = [report["reportName"] for report in made.vtn.posted]
    assert len(set(names)) == len(names)


async def test_who_did_not_choose_it_tells_nothing(tmp_path: Path) -> None:
    async with bench(tmp_path, event(USAGE, FORECAST), now=at(25)) as made:
        made.read(10)
        assert await made.ask(OpenAdr(made.url, "prices", "USD", PACIFIC, "home", "hush")) == 24
        assert made.vtn.posted == []


def test_reports_need_an_account() -> None:
    section = OpenAdrSection("https://vtn.test", "prices", reports=True)
    with pytest.raises(InvalidField, match="client_id") as refused:
        check(section)
    assert refused.value.field == "reports"
    assert not OpenAdrSection("https://vtn.test", "prices").reports
    check(msgspec.structs.replace(section, client_id="home", client_secret="hush"))


async def test_a_ledger_that_cannot_be_read_costs_no_price(tmp_path: Path) -> None:
    async def unreadable(since: Instant) -> Sequence[Delivery]:
        raise LedgerError("damaged")

    async with bench(tmp_path, event(USAGE), now=at(25)) as made:
        log = ReportLog(tmp_path / "reports.json")
        reports = Reports("home", Home(unreadable, dict), log, made.clock)
        feed = OpenAdr(made.url, "prices", "USD", PACIFIC, "home", "hush", reports)
        assert await made.ask(feed) == 24


async def test_what_cannot_be_remembered_is_not_sent(tmp_path: Path) -> None:
    async with bench(tmp_path / "missing", event(USAGE), now=at(25)) as made:
        made.read(10)
        assert await made.ask() == 24
        assert made.vtn.posted == []


async def test_another_server_is_told_anew_and_old_reports_are_forgotten(tmp_path: Path) -> None:
    async with bench(tmp_path, event(USAGE), now=at(25)) as made:
        made.read(10)
        await made.ask()
        log = ReportLog(tmp_path / "reports.json")
        name = made.vtn.posted[0]["reportName"]
        log.open(f"{made.url} home", made.clock.now())
        assert log.known("event-2026-06-10", name) is not None
        log.open(f"{made.url} home", Instant(DAY.end + FINAL_AFTER))
        assert log.known("event-2026-06-10", name) is None
        log.open("https://another.test home", made.clock.now())
        assert log.known("event-2026-06-10", name) is None
    assert json.loads((tmp_path / "reports.json").read_bytes())["sent"]
