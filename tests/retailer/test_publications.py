"""Publications: which instruments, until when, at what prices."""

from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temix_market.calendar import local_day, trading_horizon
from temix_market.instants import (
    FIVE_MINUTES,
    HOUR,
    QUARTER,
    Instant,
    from_datetime,
    parse_instant,
    to_datetime,
)
from temix_market.intervals import enclosing
from temix_market.products import Resource, Side
from temix_market.settlement import freeze
from temix_market.tenders import DEMO_BOUNDS, PartyId, Publication, check_prices
from temix_market.units import Energy
from temix_retailer.prices import load_wholesale
from temix_retailer.publications import PERIOD, VALID, Circuit, publish, slot

CHICAGO = ZoneInfo("America/Chicago")
CIRCUIT = Circuit(PartyId("lse"), PartyId("do"), load_wholesale(CHICAGO), seed=7)
NOON = parse_instant("2026-11-24T18:00:00Z")


def both(issued: Instant, traded: dict[Instant, Energy] | None = None) -> tuple[Publication, Publication]:
    return publish(CIRCUIT, issued, traded or {})


@pytest.mark.parametrize(
    "local",
    [
        "2026-11-24T12:00",
        "2026-11-24T23:55",
        "2026-11-25T00:00",
        "2026-03-07T10:35",
        "2026-10-31T10:35",
        "2026-11-01T01:30",
    ],
)
def test_the_horizon(local: str) -> None:
    issued = from_datetime(datetime.fromisoformat(local).replace(tzinfo=CHICAGO))
    energy, transport = both(issued)
    end = trading_horizon(CHICAGO, issued)
    for publication, resource in ((energy, Resource.ENERGY), (transport, Resource.TRANSPORT)):
        for side in Side:
            starts: dict[int, list[int]] = {FIVE_MINUTES: [], QUARTER: [], HOUR: []}
            for tender in publication.tenders:
                assert tender.instrument.resource is resource
                if tender.side is side:
                    starts[tender.instrument.duration].append(tender.instrument.start)
            assert starts[FIVE_MINUTES] == [issued + step * FIVE_MINUTES for step in range(1, 13)]
            assert len(starts[QUARTER]) == 16
            assert starts[HOUR][-1] + HOUR == end
            assert all(start > issued for listed in starts.values() for start in listed)
            for duration, listed in starts.items():
                assert listed == sorted(set(listed))
                assert all(after - before == duration for before, after in pairwise(listed))


@pytest.mark.parametrize("local, hours", [("2026-03-07", 23), ("2026-10-31", 25), ("2026-06-01", 24)])
def test_tomorrow_may_have_23_or_25_hours(local: str, hours: int) -> None:
    midnight = from_datetime(datetime.fromisoformat(local).replace(tzinfo=CHICAGO))
    energy, _ = both(midnight)
    tomorrow = local_day(CHICAGO, to_datetime(Instant(midnight + 30 * HOUR)).astimezone(CHICAGO).date())
    listed = [
        tender
        for tender in energy.tenders
        if tender.instrument.duration == HOUR
        and tender.side is Side.SELL
        and tender.instrument.start in tomorrow
    ]
    assert len(listed) == hours


def test_expiry_is_before_the_start_and_short() -> None:
    for publication in both(NOON):
        for tender in publication.tenders:
            assert NOON < tender.expires_at <= tender.instrument.start
            assert tender.expires_at <= NOON + VALID


def test_a_reissue_has_new_ids_a_higher_revision_and_moved_prices() -> None:
    first, second = both(NOON)[0], both(Instant(NOON + PERIOD))[0]
    assert second.sequence == first.sequence + 1
    assert second.published_at == first.published_at + PERIOD
    assert not {tender.id for tender in first.tenders} & {tender.id for tender in second.tenders}
    before = {tender.line: tender for tender in first.tenders}
    again = [(before[tender.line], tender) for tender in second.tenders if tender.line in before]
    assert len(again) > 80
    assert all(new.revision > old.revision for old, new in again)
    assert sum(new.price != old.price for old, new in again) > len(again) // 2


def test_the_same_seed_and_instant_give_the_same_publication() -> None:
    assert both(NOON) == both(NOON)
    other = Circuit(PartyId("lse"), PartyId("do"), load_wholesale(CHICAGO), seed=8)
    assert publish(other, NOON, {}) != both(NOON)


@given(st.integers(0, 7 * 288))
def test_storm_uri_stays_within_the_markets_bounds_and_its_parts_add_up(step: int) -> None:
    issued = Instant(parse_instant("2021-02-13T06:00:00Z") + step * PERIOD)
    for publication in both(issued):
        check_prices(publication.tenders, DEMO_BOUNDS)
        prices = {(tender.instrument, tender.side): tender.price for tender in publication.tenders}
        for tender in publication.tenders:
            assert sum(part.price for part in tender.components) == tender.price
            assert tender.components
        assert all(
            price >= prices[line, Side.BUY] for (line, side), price in prices.items() if side is Side.SELL
        )


def test_uri_is_in_the_prices() -> None:
    energy, _ = both(parse_instant("2021-02-16T18:00:00Z"))
    assert max(tender.price for tender in energy.tenders) > 8_000_000


def test_negative_wholesale_prices_are_published_as_they_are() -> None:
    west = Circuit(PartyId("lse"), PartyId("do"), load_wholesale(CHICAGO, point="LZ_WEST"), seed=7)
    hour = next(hour for hour, level in west.wholesale.levels.items() if level < -5_000)
    issued = from_datetime(datetime(2021, hour[0], hour[1], hour[2], tzinfo=CHICAGO))
    energy, _ = publish(west, issued, {})
    assert energy.tenders[0].price < 0


def test_no_round_trip_through_other_durations_earns_more_than_rounding() -> None:
    for publication in both(NOON):
        prices = {(tender.instrument.interval, tender.side): tender.price for tender in publication.tenders}
        for (interval, side), price in prices.items():
            if side is Side.SELL or interval.duration == FIVE_MINUTES:
                continue
            for duration in (FIVE_MINUTES, QUARTER):
                if duration >= interval.duration:
                    continue
                parts = [prices.get((part, Side.SELL)) for part in interval.split(duration)]
                if None not in parts:
                    assert price <= sum(part for part in parts if part is not None) // len(parts) + 12


def test_what_homes_buy_raises_the_price_of_transport() -> None:
    evening = parse_instant("2026-08-05T21:00:00Z")  # a hot afternoon
    hour = Instant(enclosing(evening, HOUR).start + 2 * HOUR)

    def price(traded: int) -> int:
        _, transport = publish(CIRCUIT, evening, {hour: Energy(traded)})
        return next(t.price for t in transport.tenders if t.instrument.start == hour and t.side is Side.SELL)

    assert price(-100_000) < price(0) < price(100_000)


def test_spot_is_the_last_publication_before_the_interval() -> None:
    issued = [Instant(NOON + step * PERIOD) for step in range(4)]
    publications = [both(instant)[0] for instant in issued]
    interval = enclosing(issued[3], FIVE_MINUTES)
    spot = freeze(publications, interval)
    assert spot is not None
    last = [tender for tender in publications[2].tenders if tender.instrument.interval == interval]
    assert {spot.sell, spot.buy} == {tender.price for tender in last}


def test_slots_lie_on_the_clock() -> None:
    assert slot(Instant(NOON + 299_999)) == NOON
    assert slot(NOON) == NOON
