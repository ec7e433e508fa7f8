"""The core, turn by turn, against a retailer of a few lines in the same process."""

import asyncio
import json
import re
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from temix_gateway.core import Core, Outside
from temix_gateway.home.devices import Load, PreviewPlan, ReportHome, RunTime
from temix_gateway.home.errors import CommandRefused
from temix_gateway.home.messages import Limits, Mode, Reading, ReportHistory, ReportReadings, SetLimits
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.ledger.writer import InlineWriter
from temix_gateway.market import Quarantined
from temix_gateway.own_limits import Choices
from temix_gateway.planning.forecast import expected_load
from temix_gateway.planning.past import Past
from temix_gateway.planning.planner import plan
from temix_gateway.question import targets
from temix_gateway.rules import Rules
from temix_market.deliveries import Delivery
from temix_market.errors import InvalidField, Refused
from temix_market.instants import FIVE_MINUTES, HOUR, QUARTER, Duration, Instant
from temix_market.intervals import Interval
from temix_market.ladder import TenderBook
from temix_market.ports import (
    Answer,
    Booked,
    Head,
    Heads,
    NotBooked,
    OutcomeUnknown,
    RetailerListener,
    Terms,
    Told,
    Voided,
)
from temix_market.products import Side
from temix_market.settlement import Spot
from temix_market.tenders import DEMO_BOUNDS, Publication, Tender
from temix_market.transactions import Kind, Order, Pair, PairKey
from temix_market.units import CarbonIntensity, Money, Power, Price

from tests.gateway.mandate import mandated
from tests.gateway.market import (
    DO,
    HOME,
    LSE,
    NOW,
    FakeClock,
    delivery,
    pair,
    publication,
    subscription,
    tender,
)

RECEIPTS = ("energy", "transport")
HOURS = 6


class Retailer:
    """Publishes flat prices; books each key once; loses what it is told to lose."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.book = TenderBook()
        self.answers: dict[PairKey, Answer] = {}
        self.orders: dict[str, Pair] = {}
        self.reported: list[Delivery] = []
        self.lose_orders = self.lose_answers = self.lose_reports = 0
        self.sequence = 0
        self.known: Heads | None = None
        self.frozen: list[Spot] = []
        self.asked: list[Interval] = []

    def seal(self, order: Order, sequence: int, before: str) -> str:
        signed = f"{sequence}/{before}/{order.pair.key}"
        self.orders[signed] = order.pair
        return signed

    def publish(self, price: int = 100_000) -> list[Publication]:
        """A publication of each party at the present 5-minute mark."""
        now, self.sequence = self.clock.now(), self.sequence + 1
        spans = [(FIVE_MINUTES, HOUR), (QUARTER, 2 * HOUR), (HOUR, HOURS * HOUR)]
        publications = []
        for author, part in ((LSE, price), (DO, 20_000)):
            tenders = [
                tender(
                    author,
                    start,
                    duration=duration,
                    side=side,
                    price=part if side is Side.SELL else part - 2_000,
                    quantity=20_400 * duration // HOUR,
                    revision=self.sequence,
                )
                for duration, until in spans
                for start in range(now + duration, now + until, duration)
                if start % duration == 0
                for side in Side
            ]
            publications.append(publication(author, self.sequence, *tenders, at=now))
            self.book.publish(publications[-1])
        return publications

    async def run(self, listener: RetailerListener) -> None:
        await asyncio.Event().wait()

    async def order(self, key: PairKey, signed: str) -> Answer:
        if self.lose_orders:
            self.lose_orders -= 1
            raise OutcomeUnknown("the order was lost")
        answer = self.answers.setdefault(key, self._decide(self.orders[signed]))
        if self.lose_answers:
            self.lose_answers -= 1
            raise OutcomeUnknown("the answer was lost")
        return answer

    async def reconcile(self, key: PairKey, signed: str) -> Answer:
        return self.answers.setdefault(key, Voided(key, RECEIPTS))

    async def heads(self, own: Heads) -> Heads:
        return self.known or own

    async def messages(self, after: Head) -> Sequence[Told]:
        return ()

    async def spots(self, interval: Interval) -> Sequence[Spot]:
        self.asked.append(interval)
        return [spot for spot in self.frozen if interval.encloses(spot.interval)]

    async def deliveries(self, interval: Interval) -> Sequence[Delivery]:
        return ()

    async def report(self, deliveries: Sequence[Delivery]) -> None:
        if self.lose_reports:
            self.lose_reports -= 1
            raise OutcomeUnknown("the report was lost")
        self.reported += deliveries

    def _decide(self, pair: Pair) -> Answer:
        if pair.key in self.answers:
            return self.answers[pair.key]
        try:
            for leg in (pair.energy, pair.transport):
                self.book.check(leg, self.clock.now())
        except Refused as error:
            return NotBooked(pair.key, error.code, error.key, str(error), RECEIPTS)
        self.book.take(pair.energy)
        self.book.take(pair.transport)
        return Booked(pair.key, RECEIPTS)

    @property
    def booked(self) -> set[PairKey]:
        return {key for key, answer in self.answers.items() if isinstance(answer, Booked)}


def rules() -> Rules:
    """An owner's rules, with wide limits."""
    return Rules(
        home=HOME,
        zone=ZoneInfo("America/Chicago"),
        bounds=DEMO_BOUNDS,
        money_a_day=Money(20_000_000_000),
        highest_price=Price(2_000_000),
        import_power=Power(12_000),
        export_power=Power(12_000),
        minimum_gain=Money(500),
        certainty=Price(2_000),
        jitter=Duration(0),
    )


class Bench:
    """A core with its retailer, both at one clock that stands still."""

    def __init__(self, path: Path, mode: Mode = "automatic") -> None:
        self.clock = FakeClock()
        self.retailer = Retailer(self.clock)
        self.path = path
        self.chosen = Choices(mode)
        self.random = Random(1)
        self.start()

    def start(self) -> None:
        self.ledger = Ledger(self.path, self.clock, InlineWriter())
        outside = Outside(self.clock, self.random, self.retailer, self.retailer.seal, plan, self.remember)
        self.core = Core(rules(), outside, self.ledger, self.chosen)

    async def remember(self, chosen: Choices) -> None:
        self.chosen = chosen

    async def restart(self) -> None:
        self.ledger.close()
        self.start()
        await self.connect()

    async def connect(self) -> None:
        await mandated(self.ledger)
        await self.core.load()
        self.core.agreed(Terms("USD", "America/Chicago", DEMO_BOUNDS))
        self.core.connected(True, "")
        self.core.heard(self.clock.now(), self.core.books.heads)

    async def publish(self, price: int = 100_000) -> None:
        for each in self.retailer.publish(price):
            await self.core.published(each, f"header.{each.author}.{each.sequence}")

    def gap(self) -> int:
        """Wh between plan and position, over all steps."""
        positions = self.core.market.positions
        planned = targets(self.core.plan).items()
        return sum(abs(load - positions.at(Interval(start, FIVE_MINUTES))) for start, load in planned)

    async def next_step(self) -> None:
        self.clock.wall = Instant(self.clock.wall + FIVE_MINUTES)
        await self.publish()

    async def report(self, power: int = 1_200) -> None:
        pump = RunTime(id="pump", power=1_200, remaining=2 * HOUR, finish_by=self.clock.now() + 5 * HOUR)
        load = Load(start=self.clock.now(), end=self.clock.now() + HOUR, power=power)
        report = ReportHome(id=1, at=self.clock.now(), devices=[pump], base_load=[load])
        await self.core.report_home(report)


@pytest.fixture
async def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / "ledger.db")
    await made.connect()
    yield made
    made.ledger.close()


async def trading(bench: Bench) -> None:
    await bench.publish()
    await bench.report()
    await bench.core.turn()


async def test_the_position_moves_towards_the_plan(bench: Bench) -> None:
    await trading(bench)
    assert bench.core.locked() == []
    state = bench.core.state()
    assert state.transactions.count == len(bench.retailer.booked) > 0
    gap = bench.gap()
    for _ in range(4):
        await bench.core.turn()
    assert bench.gap() < gap
    assert bench.core.plans_made == 1


async def test_ledger_book_and_state_agree(bench: Bench) -> None:
    await trading(bench)
    ledger = {pair.key for pair, _ in await bench.ledger.pairs(NOW)}
    assert ledger == bench.retailer.booked
    state = bench.core.state()
    total = sum(pair.quantity for pair, _ in await bench.ledger.pairs(NOW))
    assert sum(step.quantity for step in state.positions) == total
    assert state.ledger.sequence == bench.ledger.head.sequence


async def test_a_lost_answer_is_found_and_counts_once(bench: Bench) -> None:
    bench.retailer.lose_answers = 1
    await trading(bench)
    [pending] = await bench.ledger.pending()
    assert pending.key in bench.retailer.booked
    await bench.core.turn()
    assert await bench.ledger.pending() == []
    assert {pair.key for pair, _ in await bench.ledger.pairs(NOW)} == bench.retailer.booked
    assert bench.core.books.trades == len(bench.retailer.booked)


async def test_nothing_is_traded_while_an_order_has_no_answer(bench: Bench) -> None:
    bench.retailer.lose_orders = 10**6
    await trading(bench)
    [pending] = await bench.ledger.pending()
    await bench.core.turn()
    assert [order.key for order in await bench.ledger.pending()] == [pending.key]
    bench.retailer.lose_orders = 0
    await bench.core.turn()
    assert await bench.ledger.pending() == []
    assert len(bench.retailer.booked) > 1


async def test_after_its_time_a_lost_order_is_voided_not_sent(bench: Bench) -> None:
    bench.retailer.lose_orders = 10**6
    await trading(bench)
    pending = await bench.ledger.pending()
    assert pending
    bench.clock.wall = Instant(bench.clock.wall + 2 * 60_000)
    await bench.core.turn()
    found = {order.key for order in await bench.ledger.pending()}
    assert not found & {order.key for order in pending}
    assert all(isinstance(bench.retailer.answers[order.key], Voided) for order in pending)


async def test_a_restart_amid_orders_loses_and_doubles_nothing(bench: Bench) -> None:
    bench.retailer.lose_answers = 1
    await trading(bench)
    await bench.restart()
    await bench.publish()
    await bench.core.turn()
    assert {pair.key for pair, _ in await bench.ledger.pairs(NOW)} == bench.retailer.booked
    assert bench.core.books.trades == len(bench.retailer.booked)


@pytest.mark.parametrize("mode", ["monitor", "advise"])
async def test_only_automatic_trades(bench: Bench, mode: Mode) -> None:
    await bench.core.owner.set_mode(mode)
    await trading(bench)
    assert bench.retailer.answers == {}
    assert (bench.core.plan is None) == (mode == "monitor")


async def test_a_pause_stops_new_transactions(bench: Bench) -> None:
    await bench.core.owner.pause_trading(True)
    await trading(bench)
    assert bench.retailer.answers == {}
    assert bench.core.state().trading.paused
    await bench.core.owner.pause_trading(False)
    await bench.core.turn()
    assert bench.retailer.booked


async def test_without_proof_of_the_clock_nothing_is_traded(bench: Bench) -> None:
    bench.core.heard(Instant(bench.clock.now() + 5_000), bench.core.books.heads)
    await trading(bench)
    assert bench.retailer.answers == {}
    assert "no proof of the clock" in bench.core.state().trading.locked[0]
    assert bench.core.state().trading.codes == ["clock"]


async def test_without_a_ledger_that_is_one_prices_are_shown_and_nothing_is_traded(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"holiday pictures" * 100)
    bench = Bench(tmp_path / "ledger.db")
    await bench.connect()
    await trading(bench)
    state = bench.core.state()
    assert state.prices
    assert bench.retailer.answers == {}
    assert "file is not a database" in state.trading.locked[0]
    bench.ledger.close()


async def test_a_clock_that_is_proven_or_no_more_is_told_at_once(bench: Bench) -> None:
    told: list[list[str]] = []
    bench.core.observe(lambda: told.append([reason for reason in bench.core.locked() if "clock" in reason]))
    heads = bench.core.books.heads
    bench.core.heard(bench.clock.now(), heads)
    assert told == []
    bench.core.heard(Instant(bench.clock.now() + 5_000), heads)
    bench.core.heard(bench.clock.now(), heads)
    assert [bool(reasons) for reasons in told] == [True, False]


async def test_without_link_or_price_nothing_is_traded(bench: Bench) -> None:
    await bench.report()
    await bench.core.turn()
    assert bench.core.locked() == ["there is no valid price"]
    bench.core.connected(False, "no such account", refused=True)
    assert bench.core.state().retailer.refused
    assert bench.core.state().retailer.reason == "no such account"
    assert "the retailer is not connected" in bench.core.locked()


async def test_a_preview_says_what_a_device_would_do_and_changes_nothing(bench: Bench) -> None:
    await bench.publish()
    await bench.report()
    pump = RunTime(id="new", power=2_000, remaining=HOUR, finish_by=bench.clock.now() + 4 * HOUR)
    told = await bench.core.preview_plan(PreviewPlan(id=1, device=pump))
    runs = [step for step in told.plan.steps if step.power]
    assert sum((step.end - step.start) * step.power for step in runs) == 2_000 * HOUR
    assert {step.why for step in runs} == {"runs"}
    assert all(step.price == 120_000 for step in runs)
    assert (told.energy, told.cost) == (2_000, "0.24")
    assert bench.core.plan is None
    await bench.core.turn()
    planned = bench.core.plan
    again = await bench.core.preview_plan(PreviewPlan(id=2, device=pump))
    assert again.energy == 2_000
    assert bench.core.plan is planned


async def test_a_preview_beside_the_plan_leaves_out_what_the_device_does_there(bench: Bench) -> None:
    await trading(bench)
    pump = RunTime(id="pump", power=1_200, remaining=2 * HOUR, finish_by=bench.clock.now() + 5 * HOUR)
    told = await bench.core.preview_plan(PreviewPlan(id=1, device=pump))
    assert told.energy == 2_400


async def test_a_preview_is_refused_with_the_reason(bench: Bench) -> None:
    pump = RunTime(id="new", power=2_000, remaining=HOUR, finish_by=bench.clock.now() + 4 * HOUR)
    with pytest.raises(CommandRefused, match="no valid price"):
        await bench.core.preview_plan(PreviewPlan(id=1, device=pump))
    await bench.publish()
    done = RunTime(id="new", power=2_000, remaining=0, finish_by=bench.clock.now() + 4 * HOUR)
    with pytest.raises(CommandRefused, match="nothing to do"):
        await bench.core.preview_plan(PreviewPlan(id=1, device=done))


async def test_nothing_is_traded_for_a_device_on_advise(bench: Bench) -> None:
    await bench.publish()
    pump = RunTime(
        id="pump", advise=True, power=1_200, remaining=2 * HOUR, finish_by=bench.clock.now() + 5 * HOUR
    )
    await bench.core.report_home(ReportHome(id=1, at=bench.clock.now(), devices=[pump]))
    await bench.core.turn()
    assert any(bench.core.plan.device("pump").power)
    assert bench.retailer.answers == {}


async def test_money_a_day_is_never_passed(bench: Bench) -> None:
    await bench.publish()
    object.__setattr__(bench.core.owner.rules, "money_a_day", Money(30_000_000))
    await bench.report()
    for _ in range(5):
        await bench.core.turn()
    bought = [pair.cost for pair, _ in await bench.ledger.pairs(NOW)]
    assert 0 < sum(cost for cost in bought if cost > 0) <= 30_000_000


def bought(pairs: Iterable[tuple[Pair, Instant]]) -> list[Pair]:
    return [pair for pair, _ in pairs if pair.energy.side is Side.SELL]


async def test_a_highest_price_below_the_market_stops_purchases_at_once(bench: Bench) -> None:
    await bench.core.owner.set_limits(
        SetLimits(id=1, highest_price=110_000)
    )  # a kWh costs 120,000 with transport
    await trading(bench)
    assert bench.retailer.answers == {}
    await bench.core.owner.set_limits(SetLimits(id=2, highest_price=130_000))
    await bench.core.turn()
    assert bought(await bench.ledger.pairs(NOW))


async def test_a_limit_lowered_amid_a_turn_ends_its_orders(bench: Bench) -> None:
    order = bench.retailer.order

    async def order_then_lower(key: PairKey, signed: str) -> Answer:
        await bench.core.owner.set_limits(SetLimits(id=1, highest_price=0))
        return await order(key, signed)

    bench.retailer.order = order_then_lower  # type: ignore[method-assign]
    await trading(bench)
    assert len(bench.retailer.booked) == 1
    await bench.core.turn()
    assert len(bench.retailer.booked) == 1


async def test_a_lowered_money_a_day_counts_what_was_spent_before(bench: Bench) -> None:
    await trading(bench)
    before = len(bought(await bench.ledger.pairs(NOW)))
    assert before
    await bench.core.owner.set_limits(SetLimits(id=1, money_a_day="0.000000001"))
    await bench.core.turn()
    assert len(bought(await bench.ledger.pairs(NOW))) == before


async def test_limits_outlive_a_restart_and_stand_in_the_ledger(bench: Bench) -> None:
    await bench.core.owner.set_limits(SetLimits(id=1, highest_price=110_000))
    await bench.core.owner.set_limits(SetLimits(id=2, money_a_day="7.25"))
    await bench.restart()
    await trading(bench)
    assert bench.retailer.answers == {}
    assert bench.core.state().limits == Limits(
        money_a_day="7.25",
        highest_price=110_000,
        money_a_day_ceiling="20",
        highest_price_ceiling=2_000_000,
    )
    with closing(sqlite3.connect(bench.path)) as rows:
        terms = [json.loads(terms) for (terms,) in rows.execute("SELECT terms FROM limits ORDER BY number")]
    assert [(each["moneyADay"], each["highestPrice"]) for each in terms] == [
        (20_000_000_000, 2_000_000),
        (20_000_000_000, 110_000),
        (7_250_000_000, 110_000),
    ]


async def test_a_ceiling_that_was_lowered_since_wins_over_what_is_remembered(bench: Bench) -> None:
    await bench.core.owner.set_limits(SetLimits(id=1, money_a_day="7"))
    bench.core.owner.rules = replace(bench.core.owner.rules, money_a_day=Money(5_000_000_000))
    assert bench.core.owner.in_force.money_a_day == 5_000_000_000


@pytest.mark.parametrize(
    "asked,reason",
    [
        (
            {"money_a_day": "20.000000001"},
            "money_a_day: 20.000000001 is above the ceiling of installer and mandate, 20",
        ),
        ({"money_a_day": "-0.01"}, "money_a_day: -0.01 is negative"),
        ({"money_a_day": "1e1"}, "money_a_day: '1e1' is not a decimal number"),
        (
            {"highest_price": 2_000_001},
            "highest_price: 2000001 µ/kWh is above the ceiling of installer and mandate",
        ),
        ({"highest_price": -5_000_001}, "highest_price: -5000001 µ/kWh is outside the market's bounds"),
        ({"money_a_day": "1", "highest_price": 10**30}, "highest_price: "),
    ],
)
async def test_limits_that_cannot_be_are_refused_whole(
    bench: Bench, asked: dict[str, Any], reason: str
) -> None:
    before = bench.core.state().limits
    with pytest.raises(CommandRefused, match=re.escape(reason)):
        await bench.core.owner.set_limits(SetLimits(id=1, **asked))
    assert bench.core.state().limits == before
    assert bench.chosen == Choices("automatic")


async def test_the_ceiling_itself_may_be_chosen(bench: Bench) -> None:
    await bench.core.owner.set_limits(SetLimits(id=1, money_a_day="20", highest_price=2_000_000))
    assert bench.core.owner.in_force == bench.core.owner.rules


async def test_limits_that_cannot_be_recorded_are_refused(bench: Bench) -> None:
    bench.ledger._db.execute("DROP TABLE limits")
    with pytest.raises(CommandRefused):
        await bench.core.owner.set_limits(SetLimits(id=1, money_a_day="1"))
    assert bench.core.owner.in_force == bench.core.owner.rules
    assert bench.chosen == Choices("automatic")
    assert bench.core.locked()


async def test_money_a_day_is_not_spent_again_after_the_clock_went_wrong(bench: Bench) -> None:
    await bench.publish()
    object.__setattr__(bench.core.owner.rules, "money_a_day", Money(30_000_000))
    await bench.report()
    for jump in (30 * HOUR, 0):
        for _ in range(5):
            await bench.core.turn()
        bench.clock.wall = Instant(NOW + jump)
        await bench.core.turn()
        heads = bench.core.books.heads
        bench.core.heard(NOW, heads)
    for _ in range(5):
        await bench.core.turn()
    bought = [pair.cost for pair, _ in await bench.ledger.pairs(NOW)]
    assert 0 < sum(cost for cost in bought if cost > 0) <= 30_000_000


async def test_impossible_prices_are_refused_whole(bench: Bench) -> None:
    [energy, _transport] = bench.retailer.publish(26_000_000)
    with pytest.raises(InvalidField, match="outside the market's bounds"):
        await bench.core.published(energy, "signed")
    assert bench.ledger.head.sequence == 2  # mandate and limits


async def test_a_thousandfold_jump_waits_for_a_second_publication(bench: Bench) -> None:
    object.__setattr__(bench.core.market, "bounds", DEMO_BOUNDS)
    await bench.publish(10_000)
    before = bench.core.state().prices
    jumped = bench.retailer.publish(12_000_000)
    with pytest.raises(Quarantined, match="×1000"):
        await bench.core.published(jumped[0], "signed")
    assert bench.core.state().prices == before
    again = bench.retailer.publish(12_000_000)
    await bench.core.published(again[0], "signed again")
    assert bench.core.state().prices != before


async def test_the_price_now_is_the_last_word_before_the_interval(bench: Bench) -> None:
    await bench.publish(100_000)
    assert bench.core.state().spot is None
    bench.clock.wall = Instant(NOW + FIVE_MINUTES)
    shown = bench.core.state().spot
    assert shown
    assert shown.buy == 120_000
    assert shown.provisional
    await bench.publish(300_000)
    frozen = bench.core.state().spot
    assert frozen
    assert frozen.buy == 120_000
    assert not frozen.provisional
    bench.core.connected(False, "gone")
    assert bench.core.state().spot == frozen
    bench.clock.wall = Instant(NOW + 2 * FIVE_MINUTES)
    later = bench.core.state().spot
    assert later
    assert later.buy == 320_000


async def test_carbon_intensity_is_kept_for_its_interval_and_passed_on(bench: Bench) -> None:
    grams = {FIVE_MINUTES: 200, QUARTER: 300, HOUR: 400}

    def told(tender: Tender) -> Tender:
        carbon = CarbonIntensity(grams[tender.instrument.duration])
        return replace(tender, carbon_intensity=carbon) if tender.side is Side.SELL else tender

    energy, transport = bench.retailer.publish()
    await bench.core.published(replace(energy, tenders=tuple(map(told, energy.tenders))), "signed")
    await bench.core.published(transport, "signed, too")
    steps = bench.core.state().prices
    shown = {step.end - step.start: step.carbon_intensity for step in steps}
    assert shown == grams
    bench.clock.wall = Instant(NOW + FIVE_MINUTES)  # its tender has expired
    spot = bench.core.state().spot
    assert spot
    assert spot.carbon_intensity == 200
    await bench.next_step()  # from now on nothing is published
    await bench.next_step()
    later = bench.core.state().spot
    assert later
    assert later.carbon_intensity is None


async def test_a_missed_publication_leaves_the_spot_open(bench: Bench) -> None:
    await bench.publish(100_000)
    bench.clock.wall = Instant(NOW + FIVE_MINUTES)
    bench.retailer.publish(200_000)  # never arrives
    bench.clock.wall = Instant(NOW + 2 * FIVE_MINUTES)
    await bench.publish(300_000)
    assert bench.core.market.spots == {}


async def test_deliveries_are_settled_reported_and_kept(bench: Bench) -> None:
    subscribed = pair("s", NOW + HOUR, quantity=1_200, kind=Kind.SUBSCRIPTION)
    await bench.core.told(subscription(bench.ledger, subscribed))
    for _ in range(14):
        await bench.next_step()
    reading = Reading(start=NOW + HOUR, end=NOW + HOUR + FIVE_MINUTES, energy=130)
    await bench.core.report_readings(ReportReadings(id=1, readings=[reading]))
    [settled] = (await bench.ledger.settled(NOW)).items()
    assert settled == (NOW + HOUR, (100, delivery(NOW + HOUR, 130)))
    await bench.core.turn()
    assert [delivery.energy for delivery in bench.retailer.reported] == [130]


async def test_deliveries_without_an_acknowledgement_outlive_a_restart(bench: Bench) -> None:
    bench.retailer.lose_reports = 1
    await bench.publish()
    starts = [NOW - (number + 1) * FIVE_MINUTES for number in range(600)]
    await bench.core.books.delivered([delivery(start, 7) for start in starts])
    await bench.core.turn()
    assert bench.retailer.reported == []
    await bench.restart()
    assert bench.core.books.unreported == 600
    await bench.core.turn()
    assert [found.interval.start for found in bench.retailer.reported] == starts
    assert bench.core.books.unreported == 0
    await bench.restart()
    await bench.core.turn()
    assert len(bench.retailer.reported) == 600


async def test_a_reading_before_its_spot_is_settled_later(bench: Bench) -> None:
    await bench.publish()
    bench.clock.wall = Instant(NOW + 2 * FIVE_MINUTES)
    reading = Reading(start=NOW + FIVE_MINUTES, end=NOW + 2 * FIVE_MINUTES, energy=5)
    await bench.core.report_readings(ReportReadings(id=1, readings=[reading]))
    assert await bench.ledger.settled(NOW) == {}
    bench.clock.wall = Instant(NOW + FIVE_MINUTES)
    await bench.publish()
    assert list(await bench.ledger.settled(NOW)) == [NOW + FIVE_MINUTES]


@pytest.mark.parametrize(
    "start,end,reason",
    [(1, 300_001, "5-minute mark"), (0, 7_200_000, "future"), (600, 300, "positive")],
)
async def test_impossible_readings_are_refused(bench: Bench, start: int, end: int, reason: str) -> None:
    report = ReportReadings(id=1, readings=[Reading(start=NOW + start, end=NOW + end, energy=1)])
    with pytest.raises(CommandRefused, match=reason):
        await bench.core.report_readings(report)


@pytest.mark.parametrize("table", ["transactions", "orders", "spots", "deliveries", "settlements", "chain"])
async def test_a_ledger_that_cannot_be_read_is_served_as_far_as_it_can(bench: Bench, table: str) -> None:
    await bench.connect()
    await bench.publish()
    await bench.ledger.take(subscription(bench.ledger, pair("subscribed", kind=Kind.SUBSCRIPTION)))
    bench.ledger.close()
    with closing(sqlite3.connect(bench.path)) as rows:
        (root,) = rows.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).fetchone()
        (size,) = rows.execute("PRAGMA page_size").fetchone()
    with bench.path.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\x55" * size)
    bench.start()
    await bench.connect()
    await bench.publish()
    assert "put back a backup" in bench.core.locked()[0]
    assert bench.core.state().prices
    await bench.core.turn()
    assert not bench.retailer.booked


async def test_a_locked_ledger_shows_prices_and_does_not_trade(bench: Bench) -> None:
    bench.ledger.fault = "the ledger failed its check"
    await trading(bench)
    state = bench.core.state()
    assert state.prices
    assert "the ledger failed its check" in state.trading.locked
    assert bench.retailer.answers == {}


async def test_changed_wishes_plan_anew_and_small_changes_do_not(bench: Bench) -> None:
    await trading(bench)
    await bench.publish(101_000)
    await bench.core.turn()
    assert bench.core.plans_made == 1
    await bench.publish(200_000)
    await bench.core.turn()
    assert bench.core.plans_made == 2
    await bench.core.report_home(ReportHome(id=2, at=NOW, devices=[], base_load=[]))
    await bench.core.turn()
    assert bench.core.plans_made == 3


async def test_past_days_are_looked_through_off_the_event_loop(bench: Bench) -> None:
    threads = []

    def look(past: Past) -> list[float]:
        threads.append(threading.current_thread())
        return expected_load(past)

    bench.core._outside = replace(bench.core._outside, expected_load=look)
    start = Instant((NOW // HOUR - 14 * 24) * HOUR)
    await bench.core.report_history(ReportHistory(id=1, start=start, load=[600] * 336, sun=[0] * 336))
    await bench.publish()
    await bench.core.report_home(ReportHome(id=2, at=NOW, devices=[], base_load=[]))
    await bench.core.turn()
    assert threads
    assert threading.main_thread() not in threads
    assert max(abs(load - 50) for load in targets(bench.core.plan).values()) <= 1, "600 W are 50 Wh"
