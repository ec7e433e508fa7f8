"""A gateway whose retailer only publishes prices: it plans, settles a shadow account, and orders nothing."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from random import Random

import pytest
from temix_gateway.core import PRICES_ONLY, Core
from temix_gateway.home.account import GetStatement, Statement
from temix_gateway.home.devices import Load, ReportHome, RunTime
from temix_gateway.home.errors import CommandRefused
from temix_gateway.home.messages import Mode, Reading, ReportReadings
from temix_gateway.home.prices import ReportPrices
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.ledger.verify import verify
from temix_gateway.ledger.writer import InlineWriter
from temix_gateway.outside import Outside
from temix_gateway.own_limits import Choices
from temix_gateway.planning.planner import plan
from temix_gateway.retailer.published.california import PACIFIC
from temix_gateway.retailer.published.gridx import GridX
from temix_gateway.retailer.published.indicative import unsigned
from temix_gateway.retailer.published.link import PublishedLink
from temix_gateway.retailer.published.prices import Direction, Published
from temix_gateway.retailer.published.store import Store
from temix_gateway.retailer.published.tenders import PublishedParties
from temix_market.calendar import local_day
from temix_market.instants import FIVE_MINUTES, HOUR, Duration, Instant, from_datetime
from temix_market.intervals import Interval
from temix_market.ports import Answer, Terms
from temix_market.settlement import Spot
from temix_market.tenders import DEMO_BOUNDS
from temix_market.transactions import Kind, PairKey
from temix_market.units import Price

from tests.gateway.bench import Bench as TemixBench
from tests.gateway.bench import rules, trading
from tests.gateway.market import DO, LSE, FakeClock, pair, subscription

DAY = local_day(PACIFIC, date(2026, 6, 10))
NOON = from_datetime(datetime(2026, 6, 10, 12, 0, tzinfo=PACIFIC))
TERMS = Terms("USD", PACIFIC.key, DEMO_BOUNDS, indicative=True)


def prices(export: int | None = None, final_until: Instant = DAY.end) -> list[Published]:
    """An hour in four is cheap; transport is 0.05 throughout."""
    found = []
    for hour in Interval(DAY.start, Duration(48 * HOUR)).split(HOUR):
        energy = 20_000 if hour.start // HOUR % 4 == 0 else 250_000
        final = hour.end <= final_until
        found.append(Published(Direction.IMPORT, hour, Price(energy), Price(50_000), final=final))
        if export is not None:
            found.append(Published(Direction.EXPORT, hour, Price(export), final=final))
    return found


class Bench:
    """A core that takes prices, at a clock that stands still."""

    def __init__(self, folder: Path, mode: Mode = "automatic") -> None:
        self.clock = FakeClock(NOON)
        self.folder = folder
        feed = GridX("http://127.0.0.1:9", "SCE", "TOU-D-49", "Moorpark")
        self.link = PublishedLink(feed, DEMO_BOUNDS, Store(folder / "prices.json"), self.clock, Random(1))
        self.parties = PublishedParties.of(feed.name)
        self.ledger = Ledger(folder / "ledger.db", self.clock, InlineWriter())
        outside = Outside(self.clock, Random(1), self.link, self.link.seal, plan)
        self.core = Core(rules(), outside, self.ledger, Choices(mode))
        self.number = NOON

    async def begin(self, published: Sequence[Published]) -> None:
        await self.core.load()
        self.core.agreed(TERMS)
        self.core.connected(True, "")
        self.link.book.merge(published)
        await self.publish()

    async def publish(self) -> None:
        self.number = Instant(max(self.number + 2, self.clock.now()))
        for publication in self.parties.publications(self.link.book, self.clock.now(), self.number):
            await self.core.published(publication, unsigned(publication))

    async def run_pump(self) -> None:
        pump = RunTime(id="pump", power=1_200, remaining=2 * HOUR, finish_by=self.clock.now() + 10 * HOUR)
        load = Load(start=self.clock.now(), end=self.clock.now() + HOUR, power=300)
        await self.core.report_home(ReportHome(id=1, at=self.clock.now(), devices=[pump], base_load=[load]))
        await self.core.turn()

    async def deliver(self, start: Instant, *energies: int) -> None:
        """Readings of consecutive 5 minutes, told when they are over; then as much time as spots may take."""
        steps = [Instant(start + number * FIVE_MINUTES) for number in range(len(energies))]
        self.clock.wall = Instant(steps[-1] + 4 * FIVE_MINUTES)
        readings = [
            Reading(start=step, end=step + FIVE_MINUTES, energy=energy)
            for step, energy in zip(steps, energies, strict=True)
        ]
        await self.core.report_readings(ReportReadings(id=1, readings=readings))
        await self.core.turn()

    async def statement(self, start: int = NOON) -> Statement:
        found = await self.core.look_up(GetStatement(id=1, start=start, end=start + HOUR, level="interval"))
        assert isinstance(found, Statement)
        return found


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.ledger.close()


async def test_it_plans_for_the_cheap_hours_and_orders_nothing(bench: Bench) -> None:
    await bench.begin(prices())
    await bench.run_pump()
    state = bench.core.state()
    assert state.mode == "automatic"  # without a mandate: nothing can be traded
    assert state.plan is not None
    (device,) = state.plan.devices
    running = [(step.start, step.end) for step in device.steps if step.power > 0]
    assert sum(end - start for start, end in running) == 2 * HOUR
    cheap = [start for start, end in running if all(at // HOUR % 4 == 0 for at in (start, end - 1))]
    assert len(cheap) == len(running)
    assert bench.core.locked() == [PRICES_ONLY]
    assert state.trading.codes == ["published"]
    assert state.shadow
    assert await bench.ledger.pending() == []
    assert state.transactions.count == 0


async def test_the_price_to_buy_is_shown_and_none_to_sell(bench: Bench) -> None:
    await bench.begin(prices())
    bench.clock.wall = Instant(NOON + 7 * 60_000)
    state = bench.core.state()
    assert state.spot is not None
    now = NOON // HOUR % 4 == 0
    assert (state.spot.buy, state.spot.sell) == (70_000 if now else 300_000, None)
    assert {step.sell for step in state.prices} == {None}
    assert all(step.buy in {70_000, 300_000} for step in state.prices)


async def test_use_is_settled_at_the_final_price_and_marked_as_a_shadow(bench: Bench) -> None:
    await bench.begin(prices())
    await bench.deliver(NOON, 100, 50)
    statement = await bench.statement()
    price = next(each.price for each in prices() if NOON in each.interval)
    assert [line.total for line in statement.lines] == [
        str(100 * price / 10**9),
        str(50 * price / 10**9),
    ]
    assert (statement.total.settled, statement.total.shadow) == (2, 2)
    assert statement.total.energy.total != statement.total.transport.total != "0"


async def test_nothing_is_settled_before_its_price_is_final(bench: Bench) -> None:
    await bench.begin(prices(final_until=NOON))
    await bench.deliver(NOON, 100)
    statement = await bench.statement()
    assert statement.total.settled == 0
    assert statement.total.missing[0].why == "a party's spot price is not frozen"
    bench.link.book.merge(prices())
    bench.clock.wall = Instant(bench.clock.wall + 2 * FIVE_MINUTES)
    await bench.core.turn()
    assert (await bench.statement()).total.settled == 1


async def test_export_without_a_price_is_not_settled_and_says_why(bench: Bench) -> None:
    await bench.begin(prices())
    await bench.deliver(NOON, 100, -400, 100)
    statement = await bench.statement()
    assert [line.imported for line in statement.lines] == [100, 100]
    missing = [(gap.start - NOON, gap.why) for gap in statement.total.missing]
    assert (FIVE_MINUTES, "nobody publishes a price for export") in missing
    assert statement.total.exported == 0
    assert bench.core.locked() == [PRICES_ONLY]  # the turn did not fail


@pytest.mark.parametrize("export", [30_000, 900_000])
async def test_export_is_credited_at_its_own_price_however_high(bench: Bench, export: int) -> None:
    await bench.begin(prices(export))
    await bench.deliver(NOON, -400)
    (line,) = (await bench.statement()).lines
    assert line.total == f"-{400 * export / 10**9:.9f}".rstrip("0")


async def test_the_planner_gives_export_no_value_where_nobody_pays_for_it(bench: Bench) -> None:
    await bench.begin(prices())
    await bench.run_pump()
    problem = bench.core.plans.problem
    assert problem is not None
    assert {segment.price for step in problem.steps for segment in step.sell if not step.forecast} == {0}
    assert {step.position for step in problem.steps} == {0}


async def test_a_verified_ledger_does_the_shadow_again(bench: Bench) -> None:
    await bench.begin(prices())
    await bench.deliver(NOON, 100, -400, 100)
    verdict = verify(bench.ledger.path)
    assert verdict.fault == ""
    assert verdict.settlements == 4


async def test_a_restart_goes_on(bench: Bench) -> None:
    await bench.begin(prices())
    await bench.deliver(NOON, 100, -400)
    bench.ledger.close()
    again = Bench(bench.folder)
    again.clock.wall = bench.clock.wall
    await again.begin(prices())
    await again.core.turn()
    assert (await again.statement()).total.settled == 1
    again.ledger.close()


async def test_a_home_that_begins_to_trade_keeps_its_history(bench: Bench, tmp_path: Path) -> None:
    await bench.begin(prices())
    await bench.deliver(NOON, 100)
    before = await bench.statement()
    bench.ledger.close()

    temix = TemixBench(bench.ledger.path)
    temix.clock.wall = Instant(bench.clock.wall - bench.clock.wall % HOUR + HOUR)
    await temix.connect()
    await temix.publish()
    await temix.report()
    await temix.core.turn()
    state = temix.core.state()
    assert temix.core.locked() == []
    assert not state.shadow
    assert state.transactions.count > 0
    found = await temix.core.look_up(GetStatement(id=1, start=NOON, end=NOON + HOUR, level="interval"))
    assert isinstance(found, Statement)
    assert [line.total for line in found.lines] == [line.total for line in before.lines]
    assert found.total.shadow == 1
    assert verify(temix.ledger.path).fault == ""
    temix.ledger.close()


async def test_what_was_bought_of_a_retailer_is_not_settled_at_published_prices(bench: Bench) -> None:
    booked = pair("kept", NOON, quantity=1_200, kind=Kind.SUBSCRIPTION)
    await bench.ledger.take(subscription(bench.ledger, booked))
    await bench.begin(prices())
    await bench.deliver(NOON, 100)
    assert (await bench.statement()).total.settled == 0
    assert bench.core.locked() == [PRICES_ONLY]


async def test_a_jump_of_a_thousand_is_not_believed_at_once(bench: Bench) -> None:
    await bench.begin(prices())
    shown = bench.core.state().prices
    for each in prices():
        bench.link.book.merge(
            [Published(each.direction, each.interval, Price(each.energy * 2_000), Price(50_000 * 2_000))]
        )
    with pytest.raises(Exception, match=r"bounds|quarantined"):
        await bench.publish()
    assert bench.core.state().prices == shown


async def test_a_price_that_is_not_published_again_is_gone_when_its_time_comes(bench: Bench) -> None:
    await bench.begin(prices())
    bench.link.book.replace(Direction.IMPORT, NOON, [])
    await bench.publish()
    state = bench.core.state()
    assert state.spot is not None, "the interval that runs keeps its price"
    assert state.prices == []
    bench.clock.wall = Instant(NOON + FIVE_MINUTES)
    assert bench.core.state().spot is None


async def test_prices_from_home_assistant_are_refused_where_a_service_has_them(bench: Bench) -> None:
    await bench.begin(prices())
    assert not bench.core.state().prices_wanted
    with pytest.raises(CommandRefused, match="from its retailer"):
        await bench.core.report_prices(ReportPrices(id=1, currency="USD", buy=[]))


async def nobody(key: PairKey, signed: str) -> Answer:
    raise AssertionError("a service of prices was asked for an order")


@pytest.mark.parametrize("arrived", [True, False], ids=["booked", "void"])
async def test_what_an_open_order_may_have_bought_is_settled_once_its_answer_is_known(
    tmp_path: Path, arrived: bool
) -> None:
    """Booked: at the retailer's prices, its position counted; void: in the shadow account."""
    temix = TemixBench(tmp_path / "ledger.db")
    temix.retailer.lose_answers, temix.retailer.lose_orders = int(arrived), int(not arrived)
    await temix.connect()
    await trading(temix)
    (order,) = await temix.ledger.pending()
    temix.ledger.close()

    ordered = order.pair.interval
    taker = Bench(tmp_path)
    taker.clock.wall = temix.clock.wall
    await taker.begin(flat(Interval(ordered.start, Duration(3 * HOUR))))
    await taker.deliver(ordered.start, *(12 * [100]))
    before = (await taker.statement(ordered.start)).total
    steps = ordered.duration // FIVE_MINUTES
    assert before.settled == 12 - steps
    assert before.missing[0].why == "an order for it has no answer yet"
    assert before.missing[0].end - before.missing[0].start == ordered.duration
    taker.ledger.close()

    temix.clock.wall = taker.clock.wall
    lse, do = Price(100_000), Price(20_000)
    temix.retailer.frozen = [
        Spot(author, step, price, Price(price - 2_000))
        for step in ordered.split(FIVE_MINUTES)
        for author, price in ((LSE, lse), (DO, do))
    ]
    await temix.restart()
    for _ in range(3):
        await temix.core.turn()
        temix.clock.wall = Instant(temix.clock.wall + FIVE_MINUTES)
    assert await temix.ledger.pending() == []
    asked = GetStatement(id=1, start=ordered.start, end=ordered.start + HOUR, level="interval")
    found = await temix.core.look_up(asked)
    assert isinstance(found, Statement)
    within = [line for line in found.lines if line.start in ordered]
    assert (found.total.settled, found.total.shadow) == (12, 12 - arrived * steps)
    assert {line.position for line in within} == {order.pair.quantity // steps * arrived}
    assert {line.total for line in within} == {str(100 * ((lse + do) if arrived else FLAT) / 10**9)}
    assert verify(temix.ledger.path).fault == ""
    temix.ledger.close()


FLAT = Price(300_000)


def flat(interval: Interval) -> list[Published]:
    """One price throughout, which is no retailer's."""
    return [Published(Direction.IMPORT, hour, FLAT) for hour in interval.split(HOUR)]


async def test_what_nobody_has_a_price_for_keeps_no_later_interval_waiting(bench: Bench) -> None:
    """An hour bought of an earlier retailer is in the way of none of the following days, and is forgotten."""
    await bench.ledger.take(subscription(bench.ledger, pair("kept", NOON, kind=Kind.SUBSCRIPTION)))
    await bench.begin(prices())
    await bench.deliver(NOON, 100)
    bench.link.book.merge(flat(Interval(DAY.end, Duration(20 * 24 * HOUR))))
    for days in (4, 9, 12):
        start = Instant(NOON + days * 24 * HOUR)
        await bench.deliver(start, 50, 60)
        for _ in range(6):
            bench.clock.wall = Instant(bench.clock.wall + FIVE_MINUTES)
            await bench.core.turn()
        assert (await bench.statement(start)).total.settled == 2
    assert bench.core.books.lacking_spots(bench.clock.now()) == []


async def test_an_order_that_is_open_at_the_switch_is_answered_when_the_retailer_is_back(
    tmp_path: Path,
) -> None:
    temix = TemixBench(tmp_path / "ledger.db")
    temix.retailer.lose_answers = 1
    await temix.connect()
    await temix.publish()
    await temix.report()
    await temix.core.turn()
    (key,) = [pending.key for pending in await temix.ledger.pending()]
    assert key in temix.retailer.booked, "the retailer has it, and its answer was lost"
    temix.ledger.close()

    taker = Bench(tmp_path)
    taker.clock.wall = Instant(temix.clock.wall + HOUR)
    taker.link.order = taker.link.reconcile = nobody  # type: ignore[method-assign]
    await taker.begin([])
    for _ in range(3):
        await taker.core.turn()
    assert [pending.key for pending in await taker.ledger.pending()] == [key]
    taker.ledger.close()

    temix.clock.wall = Instant(taker.clock.wall + HOUR)
    await temix.restart()
    await temix.core.turn()
    assert await temix.ledger.pending() == []
    assert temix.core.state().transactions.count >= 1
    assert temix.core.locked() == [] or "price" in temix.core.locked()[0]
    assert verify(temix.ledger.path).fault == ""
    temix.ledger.close()
