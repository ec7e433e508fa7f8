"""Every service in every zone and resolution that it has, on days of every length: prices right or absent."""

import json
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import msgspec
import pytest
from temix_gateway.retailer.published.gridx import read_pricing
from temix_gateway.retailer.published.midas import read_rate
from temix_gateway.retailer.published.openadr_events import Event, read_events
from temix_gateway.retailer.published.prices import Direction, PriceBook, Published
from temix_market.calendar import local_day
from temix_market.instants import FIVE_MINUTES, MINUTE, Duration, Instant

from tests.gateway.retailer.published.services import (
    PACIFIC,
    PROGRAM,
    RIN,
    gridx_answer,
    gridx_curve,
    midas_rate,
    openadr_event,
    true_price,
)

SEASONS = {"spring": date(2026, 2, 10), "autumn": date(2026, 8, 20)}
"""96 days from each hold every change of clocks of that season, north and south."""
CHANGES = [date(2026, *day) for day in ((3, 8), (3, 29), (4, 5), (10, 4), (10, 25), (11, 1))]
"""North America's, Europe's and Australia's."""
ZONES = ("America/Los_Angeles", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo")

type Read = Callable[[date, int, ZoneInfo], Iterable[Published]]


def gridx(day: date, minutes: int, zone: ZoneInfo) -> Iterable[Published]:
    return read_pricing(json.dumps(gridx_answer(gridx_curve(day, minutes))).encode())


def midas(day: date, minutes: int, zone: ZoneInfo) -> Iterable[Published]:
    return read_rate(json.dumps(midas_rate(day, minutes)).encode(), RIN)[0]


def openadr(day: date, minutes: int, zone: ZoneInfo) -> Iterable[Published]:
    event = openadr_event(day, minutes, zone=zone, own=day.toordinal() % 2 == 0)
    return read_events([msgspec.convert(event, Event)], PROGRAM, "USD")


SERVICES: list[tuple[Read, int, ZoneInfo]] = [
    *product([gridx], [15, 60], [PACIFIC]),
    *product([midas], [5, 15, 60], [PACIFIC]),
    *product([openadr], [5, 15, 30], map(ZoneInfo, ZONES)),
]


IDS = [f"{read.__name__}-{minutes}-{zone}" for read, minutes, zone in SERVICES]


@pytest.mark.parametrize("read, minutes, zone", SERVICES, ids=IDS)
def test_every_interval_around_a_change_of_clocks_has_its_price(
    read: Read, minutes: int, zone: ZoneInfo
) -> None:
    for change in CHANGES:
        check(read, minutes, zone, change - timedelta(days=1), 3)


@pytest.mark.long
@pytest.mark.parametrize("season", SEASONS)
@pytest.mark.parametrize("read, minutes, zone", SERVICES, ids=IDS)
def test_every_interval_of_96_days_has_its_price(
    read: Read, minutes: int, zone: ZoneInfo, season: str
) -> None:
    check(read, minutes, zone, SEASONS[season], 96)


def check(read: Read, minutes: int, zone: ZoneInfo, first: date, days: int) -> None:
    """Every 5 minutes of these days have the price of their interval, and no others have one."""
    book, expected = PriceBook(), dict[Instant, int]()
    for day in (first + timedelta(days=number) for number in range(days)):
        book.merge(read(day, minutes, zone))
        for interval in local_day(zone, day).split(Duration(minutes * MINUTE)):
            expected |= {step.start: true_price(interval.start) for step in interval.split(FIVE_MINUTES)}
    assert {start: price.price for start, price in book.steps(Direction.IMPORT).items()} == expected
