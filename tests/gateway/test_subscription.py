"""The subscription at a retailer that only publishes prices: booked by the hour, and settled as a shadow."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from temix_gateway.config import load
from temix_gateway.errors import GatewayError
from temix_gateway.home.account import Statement
from temix_gateway.ledger.verify import verify
from temix_gateway.subscription import (
    Hour,
    Subscription,
    SubscriptionUnusable,
    from_file,
    own_use,
)
from temix_market.calendar import local_day
from temix_market.deliveries import Delivery
from temix_market.instants import FIVE_MINUTES, HOUR, Instant, from_datetime, iso
from temix_market.intervals import Interval
from temix_market.tariffs import Band, Tariff
from temix_market.transactions import Kind
from temix_market.units import Energy, Price

from tests.gateway.market import HOME
from tests.gateway.test_price_taker import NOON, Bench, prices

PACIFIC = ZoneInfo("America/Los_Angeles")
FLAT = Tariff("flat", Price(300_000))


def always(energy: int, price: int = 200_000) -> Subscription:
    return Subscription(HOME, "gridx:SCE", lambda interval, delivered: Hour(Energy(energy), Price(price)))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.ledger.close()


async def settled(bench: Bench, subscribed: int, delivered: int) -> Statement:
    """The statement of 5 minutes in the hour after the first, of which so much is subscribed."""
    await bench.begin(prices(export=30_000))
    await bench.core.books.subscribe(always(subscribed))
    await bench.deliver(Instant(NOON + HOUR), delivered)
    found = await bench.statement(NOON + HOUR)
    assert found.total.settled == 1
    return found


@pytest.mark.parametrize("delivered", [150, 100, 60, 0])
async def test_the_difference_to_what_is_subscribed_is_owed_at_the_published_price(
    bench: Bench, delivered: int
) -> None:
    found = await settled(bench, 1_200, delivered)
    price = next(each.price for each in prices() if Instant(NOON + HOUR) in each.interval)
    (line,) = found.lines
    assert (line.position, found.total.shadow) == (100, 1)
    assert line.total == amount(100 * 200_000 + (delivered - 100) * price)
    assert verify(bench.ledger.path).fault == ""


async def test_below_zero_only_a_price_for_export_counts(bench: Bench) -> None:
    found = await settled(bench, 1_200, -50)
    price = next(each.price for each in prices() if Instant(NOON + HOUR) in each.interval)
    assert found.lines[0].total == amount(100 * 200_000 - 100 * price - 50 * 30_000)


def amount(nano: int) -> str:
    text = f"{nano / 10**9:.9f}".rstrip("0")
    return text.rstrip(".")


async def test_it_is_booked_from_the_next_hour_on_and_once(bench: Bench) -> None:
    await bench.begin(prices())
    for _ in range(3):
        await bench.core.books.subscribe(always(120))
    bench.clock.wall = Instant(NOON + HOUR)
    await bench.core.books.subscribe(always(120))
    await bench.core.books.subscribe(always(240))
    booked = [pair for pair, _ in await bench.ledger.pairs(Instant(0))]
    assert [pair.interval.start - NOON for pair in booked] == [HOUR, 2 * HOUR]
    assert {(pair.kind, pair.quantity) for pair in booked} == {(Kind.SUBSCRIPTION, 120)}


async def test_it_numbers_no_message_and_no_order(bench: Bench) -> None:
    before = bench.ledger.heads
    await bench.begin(prices())
    await bench.core.books.subscribe(always(120))
    assert bench.ledger.heads == before


async def test_hours_in_which_the_gateway_was_away_are_booked_later(bench: Bench) -> None:
    await bench.begin(prices())
    await bench.core.books.subscribe(always(120))
    bench.clock.wall = Instant(NOON + 5 * HOUR)
    await bench.core.books.subscribe(always(120))
    booked = [pair.interval.start for pair, _ in await bench.ledger.pairs(Instant(0))]
    assert booked == [NOON + hour * HOUR for hour in range(1, 7)]
    bench.clock.wall = Instant(NOON + 40 * 24 * HOUR)
    await bench.core.books.subscribe(always(120))
    late = [pair.interval.start for pair, _ in await bench.ledger.pairs(Instant(0))][len(booked) :]
    assert late[0] == bench.clock.wall + HOUR  # what was longer ago than anything is kept does not count


def test_a_file_says_each_hour(tmp_path: Path) -> None:
    file = tmp_path / "subscription.csv"
    start = NOON
    file.write_text(
        f"start,kwh,price\n# mine\n{iso(start)},1.207,0.25\n\n{iso(Instant(start + HOUR))},-0.6\n", "utf-8"
    )
    tariff = Tariff("t", Price(1), (Band("noon", Price(310_000), since=13 * 60, until=14 * 60),))
    profile = from_file(file, tariff, PACIFIC)
    hours = [profile(Interval(Instant(start + number * HOUR), HOUR), ()) for number in range(3)]
    assert hours == [Hour(Energy(1_212), Price(250_000)), Hour(Energy(-600), Price(310_000)), None]
    sold = Subscription(HOME, "x", lambda interval, delivered: hours[1]).due(start, (), ())
    assert [pair.quantity for pair in sold] == [-600]


def test_a_file_may_say_its_hours_by_the_local_clock(tmp_path: Path) -> None:
    """Also the one that a clock shows twice."""
    file = tmp_path / "subscription.csv"
    file.write_text("2026-11-01T01:00:00-07:00,1.2,1\n2026-11-01T01:00:00-08:00,2.4,1\n", "utf-8")
    profile = from_file(file, None, PACIFIC)
    first = Instant(local_day(PACIFIC, date(2026, 11, 1)).start + HOUR)
    hours = [profile(Interval(Instant(first + number * HOUR), HOUR), ()) for number in range(3)]
    assert [hour and hour.energy for hour in hours] == [1_200, 2_400, None]


@pytest.mark.parametrize(
    "line, reason",
    [
        ("2026-06-10T19:30:00Z,1,1", "beginning of an hour"),
        ("2026-06-10T19:00:00,1,1", "start"),
        ("2026-06-10T19:00:00Z,much,1", "kwh"),
        ("2026-06-10T19:00:00Z,1", "no \\[\\[tariff"),
        ("2026-06-10T19:00:00Z", "start,kwh,price"),
        ("2026-06-10T18:00:00Z,1,1", "came before"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, reason: str) -> None:
    file = tmp_path / "subscription.csv"
    file.write_text(f"2026-06-10T18:00:00Z,1,1\n{line}\n", "utf-8")
    with pytest.raises(SubscriptionUnusable, match=f"line 2.*{reason}"):
        from_file(file, None, PACIFIC)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SubscriptionUnusable, match=r"none\.csv"):
        from_file(tmp_path / "none.csv", FLAT, PACIFIC)


def use(first: date, days: int, energy: int) -> list[Delivery]:
    """The same in each 5 minutes of some days, ten times that on days without work."""
    found = []
    for day in (first + timedelta(days=number) for number in range(days)):
        each = energy if day.weekday() < 5 else 10 * energy
        found += [Delivery(step, Energy(each)) for step in local_day(PACIFIC, day).split(FIVE_MINUTES)]
    return found


@pytest.mark.parametrize("day, expected", [(date(2026, 11, 4), 1_200), (date(2026, 11, 8), 12_000)])
def test_own_use_is_the_mean_of_the_same_hour_on_days_of_the_same_kind(day: date, expected: int) -> None:
    """The clocks change within the four weeks."""
    hour = Interval(from_datetime(datetime(day.year, day.month, day.day, 7, tzinfo=PACIFIC)), HOUR)
    delivered = use(date(2026, 10, 1), 60, 100)
    assert own_use(FLAT, PACIFIC)(hour, delivered) == Hour(Energy(expected), Price(300_000))
    lacking = [each for each in delivered if each.interval.start % HOUR != 0]
    assert own_use(FLAT, PACIFIC)(hour, lacking) is None, "no hour is whole"
    late = [each for each in delivered if each.interval.start >= hour.start]
    assert own_use(FLAT, PACIFIC)(hour, late) is None, "nothing is known of what comes"


CONFIG = """[retailer]
service = "home_assistant"
currency = "EUR"
[home]
party = "home"
[subscription]
"""


@pytest.mark.parametrize(
    "text, reason",
    [
        (CONFIG + "own_use = true", r"subscription.own_use.*\[\[tariff"),
        (CONFIG + 'own_use = true\nfile = "a.csv"', "subscription.own_use.*one subscription"),
        ('[subscription]\nfile = "a.csv"', "TeMIX has its own"),
    ],
)
def test_what_cannot_be_subscribed_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "temix-gateway.toml").write_text(text, "utf-8")
    with pytest.raises(GatewayError, match=reason):
        load(tmp_path / "temix-gateway.toml")


def test_a_file_lies_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "temix-gateway.toml").write_text(CONFIG + 'file = "mine.csv"', "utf-8")
    assert load(tmp_path / "temix-gateway.toml").subscription.file == str(tmp_path / "mine.csv")
