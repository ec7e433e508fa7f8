"""Fakes of the services, from their documented shapes: late, partial, busy and contradictory."""

import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web
from temix_market.calendar import local_day
from temix_market.instants import MINUTE, Duration, Instant, iso, iso_duration, to_datetime
from temix_market.intervals import Interval

type Document = dict[str, Any]

PACIFIC = ZoneInfo("America/Los_Angeles")
PARTS = (
    ("mec", "generation", 50),
    ("ppf", "generation", 14),
    ("ramp", "generation", 1),
    ("circuitpricecurve", "distribution", 20),
    ("transmissionpricecurve", "transmission", 5),
    ("nbc", "nonbypassablecharge", 10),
)
"""Component, type, and percent of the price."""


def true_price(start: Instant) -> int:
    """What a kWh truly costs from ``start`` on, µ: no two intervals near each other are alike."""
    return 20_000 + (start // (5 * MINUTE) * 7_919) % 400_000


def local_text(instant: Instant, zone: ZoneInfo = PACIFIC) -> str:
    """As GridX writes times: with an offset that has no colon."""
    return f"{to_datetime(instant).astimezone(zone):%Y-%m-%dT%H:%M:%S%z}"


def decimal(micro: int) -> str:
    """Write µ as a decimal string."""
    sign = "-" if micro < 0 else ""
    return f"{sign}{abs(micro) // 1_000_000}.{abs(micro) % 1_000_000:06d}"


def split(price: int) -> list[tuple[str, str, int]]:
    """A price's parts, which add up to it."""
    parts = [(name, kind, price * share // 100) for name, kind, share in PARTS]
    name, kind, first = parts[0]
    return [(name, kind, first + price - sum(part for _, _, part in parts)), *parts[1:]]


def gridx_curve(
    day: date, minutes: int = 60, *, status: str = "Final", price: Callable[[Instant], int] = true_price
) -> Document:
    """One day as GridX publishes it."""
    whole = local_day(PACIFIC, day)
    starts = [each.start for each in whole.split(Duration(minutes * MINUTE))]
    return {
        "priceHeader": {
            "priceCurveName": "SCE-CalFUSE-TOU-D-49-SECONDARY",
            "marketName": "CAISO-DAM",
            "intervalLengthInMinutes": minutes,
            "settlementCurrency": "USD",
            "settlementUnit": "kWh",
            "startTime": local_text(whole.start),
            "endTime": local_text(Instant(whole.end - 1000)),
            "recordCount": len(starts),
        },
        "priceDetails": [
            {
                "startIntervalTimeStamp": local_text(start),
                "intervalPrice": decimal(price(start)),
                "priceStatus": status,
                "priceComponents": [
                    {"component": name, "intervalPrice": decimal(part), "priceType": kind}
                    for name, kind, part in split(price(start))
                ],
            }
            for start in starts
        ],
    }


def gridx_answer(*curves: Document) -> Document:
    """An answer of getPricing."""
    meta = {"code": 200, "requestURL": None, "requestBody": "{}", "response": "Request succeeded"}
    return {"meta": meta, "data": list(curves)}


@dataclass
class FakeGridX:
    """getPricing; ``curve`` says what it has of a day, nothing where that is not published."""

    curve: Callable[[date], Document | None] = gridx_curve
    fail_with: list[web.Response] = field(default_factory=list)
    asked: list[Mapping[str, str]] = field(default_factory=list)
    agents: list[str] = field(default_factory=list)
    address: str = ""

    async def get_pricing(self, request: web.Request) -> web.Response:
        """Answer as the service does: 204 where it has nothing, whyever."""
        self.asked.append(dict(request.query))
        self.agents.append(request.headers.get("User-Agent", ""))
        if self.fail_with:
            return self.fail_with.pop(0)
        first, last = (
            datetime.strptime(request.query[key], "%Y%m%d").date()  # noqa: DTZ007 - dates of the service
            for key in ("startdate", "enddate")
        )
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        found = [curve for day in days if (curve := self.curve(day)) is not None]
        if not found:
            return web.Response(status=204)
        return web.Response(text=json.dumps(gridx_answer(*found)), content_type="application/json")


@dataclass
class GridXServer:
    """getPricing for other processes, and tests without a loop: its address, and how often it was asked."""

    url: str
    asked: int = 0


@contextmanager
def gridx_server() -> Iterator[GridXServer]:
    """Serve today's prices on a free port of this machine, from a thread."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.asked += 1
            answer = json.dumps(gridx_answer(gridx_curve(datetime.now(PACIFIC).date()))).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    told = GridXServer(f"http://127.0.0.1:{server.server_address[1]}")
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@asynccontextmanager
async def serving(
    path: str, handler: Callable[[web.Request], Any], method: str = "GET"
) -> AsyncIterator[str]:
    """Serve a handler on a free port of this machine; the address."""
    app = web.Application()
    app.router.add_route(method, path, handler)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def whole_days(first: date, count: int) -> Interval:
    """Some local days."""
    start = local_day(PACIFIC, first).start
    end = local_day(PACIFIC, first + timedelta(days=count - 1)).end
    return Interval(start, Duration(end - start))


RIN = "USCA-TSTS-TTOU-TEST"


def midas_rate(
    day: date, minutes: int = 60, unit: str = "$/kWh", *, price: Callable[[Instant], int] = true_price
) -> Document:
    """A Pacific day as MIDAS 2.0 writes it: in UTC, each interval by its last second."""
    values = []
    for each in local_day(PACIFIC, day).split(Duration(minutes * MINUTE)):
        start, last = to_datetime(each.start), to_datetime(Instant(each.end - 1000))
        values.append(
            {
                "ValueName": "winter off peak",
                "DateStart": f"{start:%Y-%m-%d}",
                "DateEnd": f"{last:%Y-%m-%d}",
                "DayStart": f"{start:%A}",
                "DayEnd": f"{last:%A}",
                "TimeStart": f"{start:%H:%M:%S}",
                "TimeEnd": f"{last:%H:%M:%S}",
                "Value": price(each.start) / 1_000_000,
                "Unit": unit,
            }
        )
    return {
        "RateID": RIN,
        "SystemTime_UTC": "2026-03-19T10:03:46.379Z",
        "RateName": "CEC TEST24HTOU",
        "API_Url": "None",
        "ValueInformation": values,
    }


PROGRAM = "5e1a"


def openadr_event(
    day: date,
    minutes: int = 60,
    *,
    payload: str = "PRICE",
    own: bool = True,
    zone: ZoneInfo = PACIFIC,
    price: Callable[[Instant], int] = true_price,
    **more: object,
) -> Document:
    """A day's event; ``own``: each interval has a period of its own, else they follow each other."""
    whole, length = local_day(zone, day), Duration(minutes * MINUTE)
    intervals: list[Document] = []
    for number, each in enumerate(whole.split(length)):
        period = {"start": iso(each.start), "duration": iso_duration(length)}
        value = price(each.start) / 1_000_000
        intervals.append(
            {"id": number, "payloads": [{"type": payload, "values": [value]}]}
            | ({"intervalPeriod": period} if own else {})
        )
    return {
        "id": f"event-{day}",
        "programID": PROGRAM,
        "eventName": f"prices-{day}",
        "intervalPeriod": {"start": iso(whole.start), "duration": iso_duration(length)},
        "payloadDescriptors": [{"payloadType": payload, "units": "KWH", "currency": "USD"}],
        "intervals": intervals,
    } | more
