"""A home's own tenders between gateway and retailer, over TLS: accepted in part, cancelled, lapsed."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import pytest
import trustme
from temix_gateway.core import Core
from temix_gateway.home.devices import Load, ReportHome
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.ledger.reading import opened
from temix_gateway.ledger.trace import trace
from temix_gateway.ledger.verify import verify
from temix_gateway.ledger.writer import InlineWriter
from temix_gateway.outside import Outside
from temix_gateway.own_limits import Choices
from temix_gateway.planning import Plan, Problem
from temix_gateway.planning.result import Curve, CurvePoint, Level
from temix_gateway.retailer.service import Account
from temix_gateway.retailer.temix import TemixLink
from temix_market.instants import HOUR, MINUTE, Duration, Instant
from temix_market.intervals import Interval, first_after
from temix_market.units import Energy, Money, Power, Price
from temix_retailer.publications import Circuit
from temix_retailer.retailer import Retailer
from temix_retailer.server import Service
from temix_retailer.store import open_store

from tests.gateway.bench import rules
from tests.gateway.mandate import mandated
from tests.gateway.market import HOME, NOW, FakeClock
from tests.gateway.retailer.conftest import HOME_KEY, served
from tests.retailer.homes import randomness, terms

DEPTH = Power(3_000)
FIRST = first_after(Instant(NOW + 1), HOUR)
SECOND_HOUR = Interval(FIRST.end, HOUR)
DEAR, CHEAP = Price(1_900_000), Price(-1_000_000)


@dataclass
class Wishes:
    """A planner that uses what is held, and would buy more at a price."""

    curves: tuple[Curve, ...] = ()

    def __call__(self, problem: Problem, previous: Plan | None) -> Plan:
        steps, none = tuple(step.interval for step in problem.steps), Money(0)
        held = tuple(Energy(round(step.position)) for step in problem.steps)
        return Plan(
            made_at=problem.now, steps=steps, devices=(), net_load=held,
            marginal_price=tuple(Price(0) for _ in steps), cost=none, energy_cost=none, wear_cost=none,
            unmet_cost=none, level=Level.GREEDY, bound=None, gap=None, seconds=0.0, unmet=(),
            curves=self.curves,
        )  # fmt: skip

    def buy(self, hour: Interval, price: Price, energy: int) -> None:
        self.curves = (Curve(interval=hour, points=(CurvePoint(price=price, energy=Energy(energy)),)),)


@dataclass
class Both:
    """A retailer's service and a gateway at one clock; each can be ended and begun anew."""

    folder: Path
    circuit: Circuit
    authority: trustme.CA
    clock: FakeClock = field(default_factory=FakeClock)
    wishes: Wishes = field(default_factory=Wishes)
    enrolled: tuple[str, str] = ("", "")

    @asynccontextmanager
    async def retailer(self) -> AsyncIterator[tuple[Retailer, str]]:
        with closing(open_store(self.folder / "book.db")) as store:
            market = replace(terms(self.circuit), home_tenders=True)
            retailer = Retailer(self.clock, store, market, randomness=randomness())
            await retailer.turn()
            if not self.enrolled[0]:
                made = await retailer.homes.enroll(HOME, Duration(1000 * HOUR))
                self.enrolled = made.client_id, made.client_secret
            application = Service(retailer, randomness(2)).application()
            async with served(application, self.authority.issue_cert("localhost")) as url:
                yield retailer, url

    @asynccontextmanager
    async def gateway(self, url: str) -> AsyncIterator[Core]:
        trust = ssl.create_default_context()
        self.authority.configure_trust(trust)
        account = Account(url, *self.enrolled, trust)
        link = TemixLink(HOME, HOME_KEY, account, clock=self.clock, random=Random(1))
        ledger = Ledger(self.folder / "ledger.db", self.clock, InlineWriter())
        with closing(ledger):
            await mandated(ledger)
            outside = Outside(self.clock, Random(2), link, link.seal, self.wishes)
            told = replace(rules(), curve_hours=2, own_tenders=True)
            core = Core(told, outside, ledger, Choices("automatic"))
            await core.load()
            task = asyncio.create_task(link.run(core))
            try:
                await until(core, lambda: core.contact.clock_is_proven)
                await core.turn()
                await core.report_home(
                    ReportHome(
                        id=1,
                        at=self.clock.now(),
                        devices=[],
                        base_load=[Load(start=self.clock.now(), end=self.clock.now() + HOUR, power=100)],
                    )
                )
                yield core
            finally:
                task.cancel()


async def until(core: Core, condition: Callable[[], object]) -> None:
    """Wait for what the retailer tells."""
    changed = asyncio.Event()
    core.observe(changed.set)
    async with asyncio.timeout(4):
        while not condition():
            changed.clear()
            await changed.wait()


@pytest.fixture
def both(tmp_path: Path, circuit: Circuit, authority: trustme.CA) -> Both:
    return Both(tmp_path, replace(circuit, depth=DEPTH), authority)


def keys(market: Retailer) -> dict[str, object]:
    energy, transport = market.terms.energy_key.public, market.terms.transport_key.public
    return {HOME: HOME_KEY.public, "lse": energy, "do": transport}


@pytest.mark.timeout(60)
async def test_a_tender_is_accepted_in_part_and_lapses_while_both_sides_are_started_anew(both: Both) -> None:
    both.wishes.buy(FIRST, DEAR, 5_004)
    async with both.retailer() as (retailer, url), both.gateway(url) as core:
        before = core.orders.limits_of_today().budget
        await core.plan_again()
        await core.turn()
        (shown,) = core.state().tenders
        assert (shown.start, shown.price, shown.quantity, shown.accepted) == (FIRST.start, DEAR, 5_004, 0)
        assert core.orders.limits_of_today().budget == before - 5_004 * DEAR, "as if all were accepted"
        assert not core.market.positions.at(FIRST)
        await retailer.attend()
        await until(core, lambda: core.books.open[0].accepted)
        (shown,) = core.state().tenders
        assert shown.accepted == DEPTH, "no more than its depth"
        assert core.market.positions.at(FIRST) == DEPTH
        (pair,) = await retailer.inquiries.pairs(HOME, FIRST)
        assert pair.quantity == DEPTH
        assert pair.price < DEAR, "at the published price, not at the home's"
        assert core.orders.limits_of_today().budget == before - (5_004 - DEPTH) * DEAR - pair.cost
    both.clock.wall = Instant(FIRST.start - 2 * MINUTE)
    async with both.retailer() as (retailer, url):  # the gateway is off
        both.clock.wall = Instant(FIRST.start - MINUTE)
        await retailer.attend()
        async with both.gateway(url) as core:
            assert core.state().tenders == [], "what it missed it has asked for"
            assert core.market.positions.at(FIRST) == DEPTH
            assert await core.books.apart(core.books.heads.messages, core.books.heads) == ""
    verdict = verify(both.folder / "ledger.db", keys(retailer))
    assert (verdict.fault, verdict.signatures > 5) == ("", True)
    with opened(both.folder / "ledger.db") as connection:
        said = [source.says for source in trace(connection, FIRST.start)]
    assert sum("accepted as part 1 of the home's own tender" in each for each in said) == 2


@pytest.mark.timeout(60)
async def test_what_is_open_holds_over_a_restart_and_its_hour_is_not_traded_until_the_end_is_told(
    both: Both,
) -> None:
    both.wishes.buy(SECOND_HOUR, CHEAP, 600)
    async with both.retailer() as (retailer, url):
        async with both.gateway(url) as core:
            await core.plan_again()
            await core.turn()
            (made,) = core.books.open
            await retailer.attend()
            assert made.tender.price == CHEAP
        async with both.gateway(url) as core:
            assert core.books.open == [made]
            await core.plan_again()
            await core.turn()
            assert core.books.open == [made], "no second one for the hour"
            await core.owner.pause_trading(True)
            await core.turn()
            await until(core, lambda: not core.books.open)
            assert core.books.trades == 0
    assert not verify(both.folder / "ledger.db", keys(retailer)).fault


@pytest.mark.timeout(60)
async def test_a_tender_that_the_plan_no_longer_wants_is_cancelled_and_another_made(both: Both) -> None:
    both.wishes.buy(SECOND_HOUR, CHEAP, 600)
    async with both.retailer() as (_, url), both.gateway(url) as core:
        await core.plan_again()
        await core.turn()
        (made,) = core.books.open
        both.wishes.buy(SECOND_HOUR, Price(CHEAP - 1), 300)
        await core.plan_again()
        await core.turn()
        await until(core, lambda: made not in core.books.open)
        await core.turn()
        (other,) = core.books.open
        assert (other.tender.price, other.tender.quantity) == (CHEAP - 1, 300)
