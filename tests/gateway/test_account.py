"""The account at a glance and what is looked up: all of it is what the ledger's settlements add up to."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import override

import pytest
from temix_gateway.accounts import Accounts, Sums
from temix_gateway.core import Core
from temix_gateway.home.account import (
    Account,
    GetSettledHours,
    GetStatement,
    GetTransactions,
    SettledHours,
    Statement,
    TransactionPage,
)
from temix_gateway.home.errors import CommandRefused
from temix_gateway.home.messages import Reading, ReportReadings
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.ledger.writer import InlineWriter
from temix_gateway.outside import Outside
from temix_gateway.planning.planner import plan
from temix_market.calendar import local_date, local_day
from temix_market.instants import FIVE_MINUTES, HOUR, Duration, Instant
from temix_market.intervals import Interval
from temix_market.tariffs import Extras, Rider, Tariff, Tax
from temix_market.transactions import Kind
from temix_market.units import Money, Price

from tests.gateway.bench import Bench, rules
from tests.gateway.market import NOW, pair, subscription

FLAT = Tariff("flat", Price(200_000), export_credit=Price(30_000), extras=Extras(Money(100_000_000)))
EXTRAS = Extras(Money(50_000_000), riders=(Rider("fund", Price(2_000)),), taxes=(Tax("vat", 100_000),))


class Metered(Bench):
    """A bench whose home is metered, and whose owner knows another tariff."""

    @override
    def start(self) -> None:
        self.ledger = Ledger(self.path, self.clock, InlineWriter())
        outside = Outside(self.clock, self.random, self.retailer, self.retailer.seal, plan)
        owner = replace(rules(), extras=EXTRAS, tariffs=(FLAT,))
        self.core = Core(owner, outside, self.ledger, self.chosen)

    async def live(self, steps: int, seed: int = 3) -> None:
        """Read the meter after each of so many steps, and turn the wheel."""
        random = Random(seed)
        for _ in range(steps):
            await self.next_step()
            await self.read(self.clock.now() - FIVE_MINUTES, random.randrange(-300, 600))
            await self.core.turn()

    async def read(self, start: int, energy: int) -> None:
        reading = Reading(start=start, end=start + FIVE_MINUTES, energy=energy)
        await self.core.report_readings(ReportReadings(id=1, readings=[reading]))

    def account(self) -> Account:
        account = self.core.state().account
        assert account is not None
        return account

    async def statement(self, start: int, end: int, level: str = "day") -> Statement:
        found = await self.core.look_up(GetStatement(id=1, start=start, end=end, level=level))
        assert isinstance(found, Statement)
        return found

    async def hours(self, start: int, end: int, after: int = 0) -> SettledHours:
        found = await self.core.look_up(GetSettledHours(id=1, start=start, end=end, changed_after=after))
        assert isinstance(found, SettledHours)
        return found


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Metered]:
    made = Metered(tmp_path / "ledger.db")
    await made.connect()
    hours = [pair(f"s{hour}", NOW + hour * HOUR, quantity=1200, kind=Kind.SUBSCRIPTION) for hour in range(4)]
    await made.core.told(subscription(made.ledger, *hours))
    await made.publish()
    await made.report()
    await made.core.turn()
    yield made
    made.ledger.close()


async def test_the_account_is_what_the_statement_says(bench: Metered) -> None:
    await bench.live(20)
    account, zone = bench.account(), bench.core.owner.rules.zone
    day = local_day(zone, local_date(zone, bench.clock.now()))
    statement = await bench.statement(day.start, day.end)
    [line] = statement.lines
    assert line.settled > 15
    assert account.cost_today == account.cost_month == line.total == statement.total.total
    [flat] = line.tariffs
    saved = Decimal(flat.total) - Decimal(line.total)
    assert Decimal(account.savings_today or "") == Decimal(account.savings_month or "") == saved
    assert account.tariff == "flat"
    ever = Decimal(account.cost) - Decimal(account.compensation)
    assert ever == Decimal(line.market) == Decimal(line.energy.total) + Decimal(line.transport.total)
    assert (account.imported, account.exported) == (line.imported, line.exported)
    assert Decimal(line.total) == ever + sum(Decimal(charge.money) for charge in line.charges)
    assert [charge.name for charge in line.charges] == ["fund", "fixed charge a day", "vat"]
    trades = [p for p, _ in await bench.ledger.pairs(NOW) if p.kind is Kind.TRADE]
    assert account.bought == sum(p.quantity for p in trades if p.quantity > 0) > 0
    assert account.sold == -sum(p.quantity for p in trades if p.quantity < 0)
    assert account.missing_today == (bench.clock.now() - day.start) // FIVE_MINUTES - line.settled


async def test_what_is_kept_up_is_what_would_be_read_anew(bench: Metered) -> None:
    await bench.live(10)
    await bench.read(NOW + 2 * FIVE_MINUTES, -250)  # a correction
    await bench.live(4)
    kept = bench.core.accounts
    fresh = Accounts(kept.bills, bench.clock.now)
    fresh.load(
        await bench.ledger.read(lambda connection: Sums.of(connection, bench.ledger.path, fresh.oldest()))
    )
    assert (fresh.ever, fresh.bought, fresh.sold) == (kept.ever, kept.bought, kept.sold)
    assert fresh.latest == kept.latest
    assert [fresh.day(local_date(kept.bills.zone, Instant(NOW)))] == [
        kept.day(local_date(kept.bills.zone, Instant(NOW)))
    ]
    before = bench.account()
    await bench.restart()
    after = bench.account()
    for name in ("cost_today", "cost_month", "bought", "sold", "cost", "compensation", "latest", "since"):
        assert getattr(after, name) == getattr(before, name)


async def test_a_correction_of_long_ago_is_added_up_anew(bench: Metered) -> None:
    await bench.live(3)
    accounts, before = bench.core.accounts, bench.account()
    accounts._kept_from = Instant(bench.clock.now())  # as if all of it were of another month
    await bench.read(NOW + FIVE_MINUTES, 777)
    assert bench.account() == before
    await bench.core.turn()
    assert not accounts.stale
    assert bench.account().imported > before.imported


async def test_now_rest_and_forecast(bench: Metered) -> None:
    await bench.live(6)
    account = bench.account()
    assert account.latest is not None
    assert account.latest.end == account.now.start == bench.clock.now()
    for part in (account.now, account.latest):
        assert part.subscribed == 100
        assert part.deviation == (part.delivered or 0) - part.position
    assert account.rest_of_today.end == account.tomorrow.start
    assert account.rest_of_today.subscribed == 100 * (48 - 6)
    assert account.forecast_today is not None
    assert account.forecast_month is not None
    assert Decimal(account.forecast_today) > Decimal(account.cost_today)
    assert Decimal(account.forecast_month) > Decimal(account.forecast_today)


async def test_without_a_plan_nothing_is_forecast(tmp_path: Path) -> None:
    made = Metered(tmp_path / "ledger.db", mode="monitor")
    await made.connect()
    await made.publish()
    await made.live(3)
    account = made.account()
    made.ledger.close()
    assert (account.forecast_today, account.forecast_month) == (None, None)
    assert (account.now.delivered, account.now.deviation) == (None, None)
    assert Decimal(account.cost_today) != 0


async def test_hours_are_the_statement_and_corrections_are_noticed(bench: Metered) -> None:
    await bench.core.owner.set_mode("monitor")
    await bench.live(38)
    whole = await bench.hours(NOW, NOW + 5 * HOUR)
    assert [hour.start for hour in whole.hours] == [
        NOW + HOUR,
        NOW + 2 * HOUR,
    ]  # of the first no spot was heard
    for hour in whole.hours:
        line = (await bench.statement(hour.start, hour.start + HOUR, "interval")).total
        assert Decimal(hour.cost) - Decimal(hour.compensation) == Decimal(line.market)
        assert (hour.imported, hour.exported) == (line.imported, line.exported)
    assert (await bench.hours(NOW, NOW + 5 * HOUR, whole.revision)).hours == []
    await bench.read(NOW + HOUR, 599)
    changed = await bench.hours(NOW, NOW + 5 * HOUR, whole.revision)
    assert [hour.start for hour in changed.hours] == [NOW + HOUR]
    assert changed.revision > whole.revision
    assert bench.account().revision == changed.revision


async def test_transactions_come_in_pages_each_once(bench: Metered) -> None:
    await bench.live(5)
    found, after = [], 0
    while True:
        page = await bench.core.look_up(
            GetTransactions(id=1, start=NOW, end=NOW + 24 * HOUR, after=after, limit=3)
        )
        assert isinstance(page, TransactionPage)
        found += page.transactions
        if page.next is None:
            break
        assert len(page.transactions) == 3
        after = page.next
    known = await bench.ledger.pairs(NOW)
    assert [each.key for each in found] == [each.key for each, _ in known]
    later = await bench.core.look_up(GetTransactions(id=1, start=NOW + 3 * HOUR, end=NOW + 4 * HOUR))
    assert isinstance(later, TransactionPage)
    hour = Interval(Instant(NOW + 3 * HOUR), HOUR)
    assert [each.key for each in later.transactions] == [
        each.key for each, _ in known if each.interval.overlaps(hour)
    ]


@pytest.mark.parametrize(
    "query,reason",
    [
        (GetStatement(id=1, start=NOW, end=NOW), "not after its start"),
        (GetStatement(id=1, start=NOW + 1, end=NOW + HOUR), "5-minute marks"),
        (GetStatement(id=1, start=NOW, end=NOW + 26 * HOUR, level="interval"), "25 hours"),
        (GetStatement(id=1, start=NOW, end=NOW + 401 * 24 * HOUR), "400 days"),
        (GetSettledHours(id=1, start=NOW, end=NOW + 32 * 24 * HOUR), "31 days"),
    ],
)
async def test_a_period_that_cannot_be_served_is_refused(
    bench: Metered, query: GetStatement | GetSettledHours, reason: str
) -> None:
    with pytest.raises(CommandRefused, match=reason):
        await bench.core.look_up(query)


async def test_a_new_month_begins_at_nothing_and_forgets_no_correction(bench: Metered) -> None:
    await bench.live(3)
    zone, accounts = bench.core.owner.rules.zone, bench.core.accounts
    october = local_day(zone, local_date(zone, Instant(NOW)).replace(month=10, day=1))
    bench.clock.wall = Instant(october.start + FIVE_MINUTES)
    await bench.publish()
    account = bench.account()
    assert (account.cost_today, account.cost_month) == ("0", "0")
    assert account.day == october.start
    assert Decimal(account.cost) > 0
    assert (
        accounts.oldest() == local_day(zone, local_date(zone, Instant(october.start - 12 * 24 * HOUR))).start
    )
    assert Duration(bench.clock.now() - accounts.oldest()) > 11 * 24 * HOUR
