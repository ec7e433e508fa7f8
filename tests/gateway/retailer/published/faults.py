"""Faulty feeds: what a service answers, and which hours of the day have no price then; others stay."""

import gzip
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date

import aiohttp
from aiohttp import web
from temix_gateway.retailer.errors import Busy, CredentialsRefused, LinkError, Misunderstood, NotTaken, Silent
from temix_gateway.retailer.published.http import Http
from temix_gateway.retailer.published.link import Feed
from temix_gateway.retailer.published.prices import Direction, PriceBook
from temix_gateway.retailer.published.schedule import Allowance
from temix_market.calendar import local_day
from temix_market.instants import FIVE_MINUTES, HOUR, Instant

from tests.gateway.market import FakeClock
from tests.gateway.retailer.published.services import PACIFIC, Document, serving, true_price, whole_days

DAY = date(2026, 6, 10)
MIDNIGHT = local_day(PACIFIC, DAY).start
FIFTH = frozenset({5})
"""The hour that faults are about."""
NONE = frozenset[int]()
ALL = frozenset(range(24))
BOMB = gzip.compress(b" " * 64_000_000)

type Answer = Document | bytes | web.StreamResponse | None
type Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Fault:
    """One faulty feed.

    Attributes:
        name: what is wrong.
        answer: bends the right document, or gives what is answered in its place.
        lost: the hours that have no price then, or the error that the whole answer is.
        fifth: what the fifth hour truly costs in this feed (µ), where that is another price.
    """

    name: str
    answer: Callable[[Document], Answer]
    lost: frozenset[int] | type[LinkError]
    fifth: int | None = None


async def reply(given: Answer, document: Document, *, listed: bool = False) -> web.StreamResponse:
    """What the fake service sends."""
    if isinstance(given, web.StreamResponse):
        return given
    if isinstance(given, bytes):
        return web.Response(body=given, content_type="application/json")
    right = document if given is None else given
    return web.json_response([right] if listed and isinstance(right, dict) else right)


async def prices(feed: Callable[[str], Feed], answering: Answering) -> dict[Instant, int]:
    """The price of each 5 minutes of the day by what a feed reads."""
    async with serving("/{path:.*}", answering) as url, aiohttp.ClientSession() as session:
        http = Http(session, FakeClock(), Allowance())
        read = await feed(url).read(http, whole_days(DAY, 1))
    book = PriceBook()
    book.merge(read)
    return {start: price.price for start, price in book.steps(Direction.IMPORT).items()}


def expected(lost: frozenset[int], fifth: int | None) -> dict[Instant, int]:
    """What is right."""
    right = {}
    for step in local_day(PACIFIC, DAY).split(FIVE_MINUTES):
        hour = (step.start - MIDNIGHT) // HOUR
        price = true_price(Instant(step.start - step.start % HOUR))
        if hour not in lost:
            right[step.start] = fifth if hour == 5 and fifth is not None else price
    return right


def _response(status: int, text: str = "", **headers: str) -> Callable[[Document], Answer]:
    return lambda _: web.Response(status=status, text=text or None, headers=headers)


def _bytes(body: bytes, **headers: str) -> Callable[[Document], Answer]:
    return lambda _: web.Response(body=body, headers={"Content-Type": "application/json", **headers})


HTML = "<html><body>Scheduled maintenance</body></html>"

SERVERS: Sequence[Fault] = (
    Fault("400", _response(400, "bad request"), NotTaken),
    Fault("401: the token has expired", _response(401, "token expired"), CredentialsRefused),
    Fault("403", _response(403), CredentialsRefused),
    Fault("404", _response(404, HTML), NotTaken),
    Fault("429 without a word how long", _response(429), Busy),
    Fault("429 for ten minutes", _response(429, **{"Retry-After": "600"}), Busy),
    Fault("429 until a date that is none", _response(429, **{"Retry-After": "tomorrow"}), Busy),
    Fault("500", _response(500, HTML), Misunderstood),
    Fault("502", _response(502, HTML), Misunderstood),
    Fault("503", _response(503, **{"Retry-After": "-5"}), Busy),
    Fault("moved", _response(301, Location="https://elsewhere.test/"), Misunderstood),
    Fault("sent to a page where one signs in", _response(302, Location="/login"), Misunderstood),
    Fault("a page in place of data", _bytes(HTML.encode(), **{"Content-Type": "text/html"}), Misunderstood),
    Fault("half of an answer", _bytes(b'{"meta":{"code":200},"RateID":"USCA'), Misunderstood),
    Fault("UTF-16", _bytes("{}".encode("utf-16")), Misunderstood),
    Fault("bytes that are no text", _bytes(b'{"RateID":"\xff\xfe","x":[]}'), Misunderstood),
    Fault("a number", _bytes(b"42"), Misunderstood),
    Fault("null", _bytes(b"null"), Misunderstood),
    Fault("NaN", _bytes(b"NaN"), Misunderstood),
    Fault("nested without end", _bytes(b"[" * 100_000), Misunderstood),
    Fault("three megabytes", _bytes(b" " * 3_000_000 + b"[]"), Misunderstood),
    Fault("64 megabytes packed into a few", _bytes(BOMB, **{"Content-Encoding": "gzip"}), Misunderstood),
    Fault("packed, and is not", _bytes(b"{}", **{"Content-Encoding": "gzip"}), Silent),
)
"""What any server may do; nothing of it is a price."""
