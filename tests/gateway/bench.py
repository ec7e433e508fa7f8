"""A core at a clock that stands still, and a retailer of a few lines in the same process."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from temix_gateway.core import Core
from temix_gateway.home.devices import Load, ReportHome, RunTime
from temix_gateway.home.messages import Mode
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.ledger.writer import InlineWriter
from temix_gateway.outside import Outside
from temix_gateway.own_limits import Choices
from temix_gateway.planning.planner import plan
from temix_gateway.question import targets
from temix_gateway.rules import Rules
from temix_market.deliveries import Delivery
from temix_market.errors import Refused
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
from temix_market.tenders import DEMO_BOUNDS, Publication
from temix_market.transactions import Order, Pair, PairKey
from temix_market.units import Money, Power, Price

from tests.gateway.mandate import mandated
from tests.gateway.market import (
    DO,
    HOME,
    LSE,
    FakeClock,
    publication,
    tender,
)

RECEIPTS = ("energy", "transport")
HOURS = 6
NO_SPIKES: Mapping[int, int] = {}


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

    def publish(self, price: int = 100_000, spikes: Mapping[int, int] = NO_SPIKES) -> list[Publication]:
        """A publication of each party at the present 5-minute mark; ``spikes`` are prices of single steps."""
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
                    price=level if side is Side.SELL else level - 2_000,
                    quantity=20_400 * duration // HOUR,
                    revision=self.sequence,
                )
                for duration, until in spans
                for start in range(now + duration, now + until, duration)
                if start % duration == 0
                for level in [spikes.get(start, part) if (author, duration) == (LSE, FIVE_MINUTES) else part]
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

    async def publish(self, price: int = 100_000, spikes: Mapping[int, int] = NO_SPIKES) -> None:
        for each in self.retailer.publish(price, spikes):
            await self.core.published(each, f"header.{each.author}.{each.sequence}")

    def gap(self) -> int:
        """Wh between plan and position, over all steps."""
        positions = self.core.market.positions
        planned = targets(self.core.plans.in_force).items()
        return sum(abs(load - positions.at(Interval(start, FIVE_MINUTES))) for start, load in planned)

    async def next_step(self) -> None:
        self.clock.wall = Instant(self.clock.wall + FIVE_MINUTES)
        await self.publish()

    async def report(self, power: int = 1_200) -> None:
        pump = RunTime(id="pump", power=1_200, remaining=2 * HOUR, finish_by=self.clock.now() + 5 * HOUR)
        load = Load(start=self.clock.now(), end=self.clock.now() + HOUR, power=power)
        report = ReportHome(id=1, at=self.clock.now(), devices=[pump], base_load=[load])
        await self.core.report_home(report)


async def trading(bench: Bench) -> None:
    await bench.publish()
    await bench.report()
    await bench.core.turn()


def bought(pairs: Iterable[tuple[Pair, Instant]]) -> list[Pair]:
    return [pair for pair, _ in pairs if pair.energy.side is Side.SELL]
