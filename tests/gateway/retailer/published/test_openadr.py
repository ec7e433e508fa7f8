"""OpenADR 3.1 events: periods by interval or by event, priorities, faults; a price is right or absent."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import Any, override

import aiohttp
import msgspec
import pytest
from aiohttp import web
from temix_gateway.retailer.errors import CredentialsRefused, LinkError, Misunderstood, NothingPublished
from temix_gateway.retailer.published.http import Http
from temix_gateway.retailer.published.openadr import OpenAdr
from temix_gateway.retailer.published.openadr_events import Event, read_events
from temix_gateway.retailer.published.prices import Direction, PriceBook, Published
from temix_gateway.retailer.published.schedule import Allowance
from temix_market.calendar import local_day
from temix_market.instants import FIVE_MINUTES, HOUR, MINUTE, QUARTER, Instant

from tests.gateway.market import FakeClock
from tests.gateway.retailer.published.services import PACIFIC, PROGRAM, openadr_event, true_price, whole_days

SPRING, AUTUMN, ORDINARY = date(2026, 3, 8), date(2026, 11, 1), date(2026, 6, 10)
DAYS = [day + timedelta(days=off) for day in (SPRING, AUTUMN, ORDINARY) for off in range(-3, 4)]


def read(*events: dict[str, Any]) -> list[Published]:
    return read_events(msgspec.convert(list(events), list[Event]), PROGRAM, "USD")


def shown(*events: dict[str, Any], direction: Direction = Direction.IMPORT) -> dict[Instant, int]:
    book = PriceBook()
    book.merge(read(*events))
    return {start: price.price for start, price in book.steps(direction).items()}


def expected(day: date, minutes: int = 60) -> dict[Instant, int]:
    steps = local_day(PACIFIC, day).split(FIVE_MINUTES)
    return {step.start: true_price(Instant(step.start - step.start % (minutes * MINUTE))) for step in steps}


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("minutes", [5, 15, 60])
@pytest.mark.parametrize("day", DAYS)
def test_every_step_of_a_day_has_its_price(day: date, minutes: int, own: bool) -> None:
    assert shown(openadr_event(day, minutes, own=own)) == expected(day, minutes)


def test_export_and_emissions_are_not_prices_to_buy() -> None:
    events = openadr_event(ORDINARY, payload="EXPORT_PRICE"), openadr_event(ORDINARY, payload="GHG")
    assert shown(*events) == {}
    assert shown(*events, direction=Direction.EXPORT) == expected(ORDINARY)


def test_the_more_urgent_event_counts_and_else_the_newer_one() -> None:
    low = openadr_event(ORDINARY, priority=5)
    urgent = openadr_event(ORDINARY, priority=0, intervals=openadr_event(ORDINARY)["intervals"][:1])
    urgent["intervals"][0]["payloads"][0]["values"] = [2.5]
    start = local_day(PACIFIC, ORDINARY).start
    for events in ((low, urgent), (urgent, low)):
        assert shown(*events) == expected(ORDINARY) | {
            Instant(start + step * FIVE_MINUTES): 2_500_000 for step in range(12)
        }
    old = openadr_event(ORDINARY, modificationDateTime="2026-06-09T01:00:00Z")
    new = openadr_event(SPRING, modificationDateTime="2026-06-09T02:00:00Z") | {
        "intervals": urgent["intervals"]
    }
    assert shown(old, new)[start] == shown(new, old)[start] == 2_500_000


def test_after_an_interval_without_a_time_those_that_follow_have_none() -> None:
    document = openadr_event(ORDINARY, own=False)
    document["intervals"][3]["intervalPeriod"] = {"start": "soon"}
    start = local_day(PACIFIC, ORDINARY).start
    assert shown(document) == {at: price for at, price in expected(ORDINARY).items() if at < start + 3 * HOUR}


def test_emissions_are_those_of_their_own_intervals() -> None:
    """An hour's price with four quarters of emissions is four; without any it says nothing."""
    emissions = openadr_event(ORDINARY, 15, payload="GHG", price=lambda start: grams(start) * 1_000_000)
    emissions["intervals"] = emissions["intervals"][:-3]
    emissions["intervals"][5]["payloads"][0]["values"] = [900_000]
    prices = read(openadr_event(ORDINARY), emissions)
    assert {price.price for price in prices if price.interval.start < prices[0].interval.start + HOUR} == {
        true_price(prices[0].interval.start)
    }
    found = {
        Instant(start): price.carbon
        for price in prices
        for start in range(price.interval.start, price.interval.end, QUARTER)
    }
    begin = prices[0].interval.start
    unknown = {Instant(begin + number * QUARTER) for number in (5, 93, 94, 95)}
    assert len(found) == 96
    assert found == {start: None if start in unknown else grams(start) for start in found}
    assert sum(price.interval.duration for price in prices) == 24 * HOUR


def grams(start: Instant) -> int:
    return 100 + start // QUARTER % 300


class FakeVtn:
    """A virtual top node with one program."""

    def __init__(self, secret: str = "") -> None:
        self.secret = secret
        self.tokens: list[str] = []

    async def programs(self, request: web.Request) -> web.Response:
        self._authorised(request)
        named = [
            {"id": "0", "programName": "another"},
            {"id": PROGRAM, "programName": "TOU-PRIME-Eagle Rock"},
        ]
        return web.json_response(named)

    async def events(self, request: web.Request) -> web.Response:
        self._authorised(request)
        assert request.query["programID"] == PROGRAM
        return web.json_response([openadr_event(ORDINARY), openadr_event(SPRING) | {"programID": "0"}])

    async def token(self, request: web.Request) -> web.Response:
        form = await request.post()
        if form["client_secret"] != self.secret:
            return web.Response(status=403)
        self.tokens.append("t0k")
        return web.json_response({"access_token": "t0k", "token_type": "Bearer"})

    def _authorised(self, request: web.Request) -> None:
        if self.secret and request.headers.get("Authorization") != "Bearer t0k":
            raise web.HTTPUnauthorized


@asynccontextmanager
async def reading(vtn: FakeVtn, program: str, **account: str) -> AsyncIterator[tuple[OpenAdr, Http]]:
    app = web.Application()
    app.router.add_get("/programs", vtn.programs)
    app.router.add_get("/events", vtn.events)
    app.router.add_post("/auth/token", vtn.token)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with aiohttp.ClientSession() as session:
        yield OpenAdr(url, program, "USD", PACIFIC, **account), Http(session, FakeClock(), Allowance())
    await runner.cleanup()


async def test_it_finds_its_program_and_reads_its_events() -> None:
    async with reading(FakeVtn(), "TOU-PRIME-Eagle Rock") as (feed, http):
        prices = await feed.read(http, whole_days(ORDINARY, 1))
    assert len(prices) == 24
    assert len(http.allowance.made) == 2


async def test_with_an_account_it_logs_in_and_tells_nobody_the_secret() -> None:
    vtn = FakeVtn("hush")
    async with reading(vtn, "TOU-PRIME-Eagle Rock", client_id="home", secret="hush") as (feed, http):
        assert len(await feed.read(http, whole_days(ORDINARY, 1))) == 24
        assert vtn.tokens == ["t0k"]
        assert "hush" not in repr(feed)


@pytest.mark.parametrize(
    "program, account, error, key",
    [
        ("no such", {}, NothingPublished, "retailer.program"),
        ("x", {"client_id": "home", "secret": "wrong"}, CredentialsRefused, "retailer.client_id"),
    ],
)
async def test_what_is_wrong_is_said_by_key(
    program: str, account: dict[str, str], error: type[LinkError], key: str
) -> None:
    async with reading(FakeVtn("hush" if account else ""), program, **account) as (feed, http):
        with pytest.raises(error, match=key) as refused:
            await feed.read(http, whole_days(ORDINARY, 1))
        assert "wrong" not in str(refused.value)


class Untidy(FakeVtn):
    """A program with an event of every day for so many days, in no order, page by page."""

    def __init__(self, days: int) -> None:
        super().__init__()
        days_of = [ORDINARY - timedelta(days=number) for number in range(days)]
        self.all = [openadr_event(day) for day in sorted(days_of, key=lambda day: day.toordinal() * 7 % 31)]

    @override
    async def events(self, request: web.Request) -> web.Response:
        skip, limit = (int(request.query[name]) for name in ("skip", "limit"))
        return web.json_response(self.all[skip : skip + min(limit, 50)])


@pytest.mark.parametrize("days, pages", [(49, 1), (50, 2), (51, 2), (150, 4)])
async def test_a_program_of_many_events_is_read_to_the_end(days: int, pages: int) -> None:
    async with reading(Untidy(days), "TOU-PRIME-Eagle Rock") as (feed, http):
        prices = await feed.read(http, whole_days(ORDINARY - timedelta(days=days - 1), days))
        asked = len(http.allowance.made)
    assert sum(price.interval.duration for price in prices) >= days * 23 * HOUR
    assert len(prices) == sum(
        len(list(local_day(PACIFIC, ORDINARY - timedelta(days=number)).split(HOUR))) for number in range(days)
    )
    assert asked == 1 + pages


async def test_a_program_that_has_no_end_gives_no_price() -> None:
    async with reading(Untidy(300), "TOU-PRIME-Eagle Rock") as (feed, http):
        with pytest.raises(Misunderstood, match="more than 200 events"):
            await feed.read(http, whole_days(ORDINARY, 1))
