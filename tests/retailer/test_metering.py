"""The retailer's own meters: read late, not always whole or right at once, booked once, final in the end."""

from collections.abc import Sequence
from datetime import date

import pytest
from temix_market.calendar import local_day
from temix_market.deliveries import FINAL_AFTER, Delivery
from temix_market.errors import InvalidField
from temix_market.instants import FIVE_MINUTES, HOUR, Duration, Instant
from temix_market.intervals import Interval, enclosing
from temix_market.units import Energy
from temix_retailer.accounts import Accounts
from temix_retailer.book import Book
from temix_retailer.metering import Meter, Metering
from temix_retailer.publications import Circuit
from temix_retailer.store import Store

from tests.retailer.conftest import HOME, START, HandClock, PlainVoice, Reopen

HOURLY = Metering(Duration(FIVE_MINUTES), hourly=True)
STEPS = list(Interval(START, HOUR).split(FIVE_MINUTES))


class Metered:
    """A book, and a meter over it."""

    def __init__(self, store: Store, circuit: Circuit, clock: HandClock, metering: Metering) -> None:
        self.clock = clock
        self.book = Book(store, circuit, clock, PlainVoice())
        self.accounts = Accounts(store, circuit, clock)
        self.meter = Meter(store, metering, circuit)
        with store.transaction() as rows:
            rows.execute("INSERT INTO homes (home, jwk, registered_at) VALUES (?, '{}', 0)", (HOME,))

    def report(self, *deliveries: Delivery) -> None:
        """What the home's meter saw."""
        self.accounts.report(HOME, deliveries, self.clock.now())

    def turn(self, at: int) -> Sequence[Delivery]:
        """Book what is due at an instant."""
        self.clock.instant = Instant(at)
        due = self.meter.due(self.clock.now()).get(HOME, [])
        told = self.book.read(HOME, due) if due else None
        return () if told is None else told.steps


def hour(energy: int = 100) -> list[Delivery]:
    return [Delivery(step, Energy(energy)) for step in STEPS]


def counting(metered: Metered, step: Interval = STEPS[0]) -> tuple[int, bool]:
    found = metered.accounts.delivery(HOME, step)
    assert found is not None
    return found.energy, found.estimated


def test_readings_come_after_the_hour_and_once(store: Store, circuit: Circuit, clock: HandClock) -> None:
    metered = Metered(store, circuit, clock, HOURLY)
    clock.instant = Instant(START + HOUR)
    metered.report(*hour())
    assert metered.turn(START + HOUR) == ()
    assert list(metered.turn(START + HOUR + FIVE_MINUTES)) == hour()
    assert metered.turn(START + 5 * HOUR) == ()
    metered.report(Delivery(STEPS[0], Energy(1)))
    assert metered.turn(START + 6 * HOUR) == (), "the retailer's meter does not follow the home's correction"
    assert counting(metered) == (100, False)


def test_readings_come_after_the_local_day(store: Store, circuit: Circuit, clock: HandClock) -> None:
    metered = Metered(store, circuit, clock, Metering())
    clock.instant = Instant(START + HOUR)
    metered.report(*hour())
    end = local_day(circuit.wholesale.zone, date(2026, 11, 24)).end
    assert metered.turn(end + 6 * HOUR - 1) == ()
    assert len(metered.turn(end + 6 * HOUR)) == 12


def test_a_restart_and_a_failed_turn_lose_no_reading(
    reopen: Reopen, circuit: Circuit, clock: HandClock
) -> None:
    metered = Metered(reopen(), circuit, clock, HOURLY)
    clock.instant = Instant(START + HOUR)
    metered.report(*hour())
    assert len(metered.meter.due(Instant(START + 2 * HOUR))[HOME]) == 12
    assert metered.meter.due(Instant(START + 2 * HOUR)) == {}
    metered.meter.begin_anew()
    assert len(metered.meter.due(Instant(START + 2 * HOUR))[HOME]) == 12
    again = Metered(reopen(), circuit, clock, HOURLY)
    assert len(again.turn(START + 2 * HOUR)) == 12
    assert Meter(reopen(), HOURLY, circuit).due(Instant(START + 3 * HOUR)) == {}


def test_gaps_estimates_and_errors(store: Store, circuit: Circuit, clock: HandClock) -> None:
    metering = Metering(Duration(FIVE_MINUTES), hourly=True, gaps=300, estimates=500, error=20)
    metered = Metered(store, circuit, clock, metering)
    clock.instant = Instant(START + HOUR)
    metered.report(*hour())
    first = metered.turn(START + HOUR + FIVE_MINUTES)
    assert 0 < len(first) < 12, "some are never read"
    estimated = [step for step in first if step.estimated]
    assert 0 < len(estimated) < len(first)
    assert {step.energy for step in first if not step.estimated} <= {98, 102}
    second = metered.turn(START + HOUR + 2 * FIVE_MINUTES)
    assert {step.interval for step in second} == {step.interval for step in estimated}
    assert {step.energy for step in second} <= {98, 102}
    assert metered.turn(START + 9 * HOUR) == ()


def test_what_is_final_is_refused(store: Store, circuit: Circuit, clock: HandClock) -> None:
    metered = Metered(store, circuit, clock, HOURLY)
    book, step = metered.book, STEPS[0]
    with pytest.raises(InvalidField, match="is not over"):
        book.read(HOME, [Delivery(step, Energy(1))])
    clock.instant = Instant(step.end + FINAL_AFTER - 1)
    assert book.read(HOME, [Delivery(step, Energy(1))])
    assert book.read(HOME, [Delivery(step, Energy(1))]) is None
    clock.instant = Instant(step.end + FINAL_AFTER)
    assert book.read(HOME, [Delivery(step, Energy(1))]) is None, "the same again is no correction"
    before = book.chain.last(HOME)
    with pytest.raises(InvalidField, match="is final"):
        book.read(HOME, [Delivery(step, Energy(2))])
    assert book.chain.last(HOME).sequence == before.sequence
    assert counting(metered) == (1, False)


def test_a_day_that_was_measured_whole_is_final(store: Store, circuit: Circuit, clock: HandClock) -> None:
    metered = Metered(store, circuit, clock, HOURLY)
    day = local_day(circuit.wholesale.zone, date(2026, 11, 1))  # it has 25 hours
    clock.instant = day.end
    steps = [Delivery(step, Energy(7)) for step in day.split(FIVE_MINUTES)]
    assert metered.book.read(HOME, steps[1:])
    assert metered.book.read(HOME, [Delivery(steps[0].interval, Energy(5), estimated=True)])
    assert metered.book.read(HOME, [Delivery(steps[9].interval, Energy(8))])
    assert metered.book.read(HOME, [Delivery(steps[0].interval, Energy(6))])
    with pytest.raises(InvalidField, match="is final"):
        metered.book.read(HOME, [Delivery(steps[9].interval, Energy(9))])
    assert counting(metered, steps[9].interval) == (8, False)


def test_coarser_readings_are_spread_evenly(store: Store, circuit: Circuit, clock: HandClock) -> None:
    metered = Metered(store, circuit, clock, HOURLY)
    clock.instant = Instant(START + HOUR)
    told = metered.book.read(HOME, [Delivery(enclosing(START, HOUR), Energy(125))])
    assert told is not None
    assert sum(step.energy for step in told.steps) == 125
    assert all(step.estimated for step in told.steps)
