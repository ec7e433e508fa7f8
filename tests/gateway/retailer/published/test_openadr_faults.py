"""Faulty feeds of an OpenADR 3.1 server: the price of every hour is right or absent."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from aiohttp import web
from temix_gateway.retailer.errors import Misunderstood, NothingPublished
from temix_gateway.retailer.published.openadr import OpenAdr

from tests.gateway.retailer.published.faults import (
    ALL,
    DAY,
    FIFTH,
    NONE,
    Answer,
    Fault,
    expected,
    prices,
    reply,
)
from tests.gateway.retailer.published.services import PACIFIC, PROGRAM, Document, openadr_event

type Change = Callable[[Document], Answer]


def intervals(document: Document) -> list[Document]:
    """The day's hours; the fifth begins at 12:00 UTC."""
    found: list[Document] = document["intervals"]
    return found


def fifth(**changed: object) -> Change:
    """Something else about the fifth hour."""

    def change(document: Document) -> None:
        intervals(document)[5].update(changed)

    return change


def values(*given: object, type: object = "PRICE") -> Change:  # noqa: A002 - the standard's name
    """Other values in the fifth hour."""
    return fifth(payloads=[{"type": type, "values": list(given)}])


def period(start: object = "2026-06-10T12:00:00Z", duration: object = "PT1H") -> Change:
    """Another time of the fifth hour."""
    return fifth(intervalPeriod={"start": start, "duration": duration})


def event(**changed: object) -> Change:
    """Something else about the event."""
    return lambda document: document | changed


def described(**changed: object) -> Change:
    """Something else about what the prices are."""
    return event(payloadDescriptors=[{"payloadType": "PRICE", "units": "KWH", "currency": "USD"} | changed])


def beside(**changed: object) -> Change:
    """A second event of the day, in which the fifth hour costs nine dollars."""

    def change(document: Document) -> bytes:
        other = openadr_event(DAY) | {"id": "other", **changed}
        other["intervals"][5]["payloads"][0]["values"] = [9]
        return encoded([document, other])

    return change


def encoded(answer: Any) -> bytes:
    """As it is sent."""
    body = web.json_response(answer).body
    assert isinstance(body, bytes)
    return body


def missing(document: Document) -> None:
    del intervals(document)[5]


def twice(document: Document) -> None:
    intervals(document).append(intervals(document)[5])


def twice_and_different(document: Document) -> None:
    intervals(document).append(intervals(document)[5] | {"payloads": [{"type": "PRICE", "values": [9]}]})


def turned_round(document: Document) -> None:
    intervals(document).reverse()


def by_quarters(document: Document) -> bytes:
    return encoded([document, openadr_event(DAY, 15, price=lambda start: 1)])


def deep(document: Document) -> bytes:
    """A value that is a list in a list in a list."""
    start = f'[{{"programID":"{PROGRAM}","intervals":[{{"payloads":[{{"type":"PRICE","values":['
    return start.encode() + b"[" * 50_000


FAULTS: Sequence[Fault] = (
    Fault("no payloads", fifth(payloads=[]), FIFTH),
    Fault("no values", values(), FIFTH),
    Fault("two values", values(0.1, 0.2), FIFTH),
    Fault("null", values(None), FIFTH),
    Fault("a word", values("cheap"), FIFTH),
    Fault("empty text", values(""), FIFTH),
    Fault("not a number", values("NaN"), FIFTH),
    Fault("a truth", values(True), FIFTH),
    Fault("a list", values([0.1]), FIFTH),
    Fault("a point", values({"x": 1, "y": 0.1}), FIFTH),
    Fault("a decimal comma", values("0,14"), FIFTH),
    Fault("immense", values(1e12), FIFTH),
    Fault("immensely negative", values(-1e12), FIFTH),
    Fault("text in place of a number", values("0.5"), NONE, 500_000),
    Fault("negative, as prices may be", values(-0.0127), NONE, -12_700),
    Fault("of another type", values(1, type="SIMPLE"), FIFTH),
    Fault("of export", values(0.1, type="EXPORT_PRICE"), FIFTH),
    Fault("its type in small letters", values(0.1, type="price"), FIFTH),
    Fault("its type is null", values(0.1, type=None), Misunderstood),
    Fault("payloads are null", fifth(payloads=None), Misunderstood),
    Fault("no offset", period("2026-06-10T12:00:00"), FIFTH),
    Fault("local, without an offset", period("2026-06-10 05:00:00"), FIFTH),
    Fault("the same hour by the local clock", period("2026-06-10T05:00:00-07:00"), NONE),
    Fault("no time", period("soon"), FIFTH),
    Fault("zero, which means now", period("0001-01-01T00:00:00Z"), FIFTH),
    Fault("three minutes late", period("2026-06-10T12:03:00Z"), FIFTH),
    Fault("half an hour late", period("2026-06-10T12:30:00Z"), frozenset({5, 6})),
    Fault("an hour late", period("2026-06-10T13:00:00Z"), frozenset({5, 6})),
    Fault("a year late", period("2027-06-10T12:00:00Z"), FIFTH),
    Fault("seven minutes long", period(duration="PT7M"), FIFTH),
    Fault("of no length", period(duration="PT0S"), FIFTH),
    Fault("of negative length", period(duration="-PT1H"), FIFTH),
    Fault("two hours long", period(duration="PT2H"), frozenset({5, 6})),
    Fault("a month long", period(duration="P1M"), FIFTH),
    Fault("endless", period(duration="P9999Y"), FIFTH),
    Fault("its length is a number", period(duration=3600), Misunderstood),
    Fault("no period of its own", fifth(intervalPeriod=None), NONE),
    Fault("in another currency", described(currency="EUR"), ALL),
    Fault("the currency in small letters", described(currency="usd"), NONE),
    Fault("for a kilowatt", described(units="KW"), ALL),
    Fault("units are null", described(units=None), NONE),
    Fault("one missing", missing, FIFTH),
    Fault("twice the same", twice, NONE),
    Fault("twice, and different", twice_and_different, FIFTH),
    Fault("out of order", turned_round, NONE),
    Fault("hours, and quarters of them", by_quarters, ALL),
    Fault("a second event that says another thing", beside(), FIFTH),
    Fault("an older event", beside(modificationDateTime=""), FIFTH),
    Fault("a less urgent event", beside(priority=2_000_000), NONE),
    Fault("a more urgent event", beside(priority=0), NONE, 9_000_000),
    Fault("a newer event", beside(modificationDateTime="2026-06-09T20:00:00Z"), NONE, 9_000_000),
    Fault("another program's event beside it", beside(programID="another"), NONE),
    Fault("another program's", event(programID="another"), ALL),
    Fault("no program's", event(programID=None), Misunderstood),
    Fault("intervals are null", event(intervals=None), ALL),
    Fault("no intervals", event(intervals=[]), ALL),
    Fault("an interval is null", event(intervals=[None]), Misunderstood),
    Fault("a problem report", lambda _: encoded({"title": "error", "status": 500}), Misunderstood),
    Fault("no events", lambda _: encoded([]), ALL),
    Fault("deeper than anybody reads", deep, Misunderstood),
)


def serve(fault: Fault) -> Callable[[web.Request], Any]:
    """A server with one program and one faulty event."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path.endswith("/programs"):
            return web.json_response([{"id": PROGRAM, "programName": "prices"}])
        document = openadr_event(DAY)
        return await reply(fault.answer(document), document, listed=True)

    return answer


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
async def test_a_faulty_feed_costs_its_hours_and_bends_none(fault: Fault) -> None:
    def feed(url: str) -> OpenAdr:
        return OpenAdr(url, "prices", "USD", PACIFIC)

    if isinstance(fault.lost, type):
        with pytest.raises(fault.lost):
            await prices(feed, serve(fault))
    else:
        assert await prices(feed, serve(fault)) == expected(fault.lost, fault.fifth)


def test_there_are_enough_of_them() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 32


@pytest.mark.parametrize(
    "programs, error",
    [
        ([], NothingPublished),
        ([{"id": PROGRAM}], NothingPublished),
        ([{"id": PROGRAM, "programName": "Prices"}], NothingPublished),
        ([{"id": PROGRAM, "programName": None}], Misunderstood),
        ([{"id": 7, "programName": "prices"}], Misunderstood),
        ({"id": PROGRAM, "programName": "prices"}, Misunderstood),
    ],
)
async def test_without_its_program_there_is_no_price(programs: object, error: type[Exception]) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.json_response(programs)

    with pytest.raises(error):
        await prices(lambda url: OpenAdr(url, "prices", "USD", PACIFIC), answer)
