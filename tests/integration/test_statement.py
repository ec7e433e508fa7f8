"""Statistics beside the statement of a real ledger: they agree to the billionth, whatever is corrected."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance
from pytest_homeassistant_custom_component.common import MockConfigEntry
from temix_gateway.accounts import Bills
from temix_gateway.audit.history import AuditHistory
from temix_gateway.home.account import Found, Query
from temix_gateway.ledger import totals
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.ledger.writer import InlineWriter
from temix_gateway.lookups import Ledgers
from temix_market.calendar import local_day
from temix_market.instants import FIVE_MINUTES, HOUR, Duration, Instant
from temix_market.intervals import Interval
from temix_market.positions import Positions
from temix_market.products import Side
from temix_market.settlement import Spot, settle
from temix_market.transactions import Kind

from custom_components.temix.statistics import KINDS, statistic_id
from tests.gateway.home.fake_core import GATEWAY_ID, NOON, Gateway
from tests.gateway.market import delivery, pair, spots, subscription
from tests.integration.conftest import pushed
from tests.integration.test_account import account
from tests.integration.test_statistics import consistent, imported, total

ZONE = ZoneInfo("America/Chicago")
FIRST = local_day(ZONE, datetime(2021, 11, 6, tzinfo=UTC).date())
LAST = local_day(ZONE, datetime(2021, 11, 9, tzinfo=UTC).date())
DAYS = Interval(FIRST.start, Duration(LAST.end - FIRST.start))
"""Four local days; the second has 25 hours."""

BILLIONTH = Decimal("1e-9")


@pytest.fixture(autouse=True)
def _custom_integrations(recorder_mock: Any, enable_custom_integrations: None) -> None:
    """The recorder wants to be first."""


class Still:
    """The clock of the ledger: noon."""

    def now(self) -> Instant:
        return Instant(NOON)

    def monotonic(self) -> Duration:
        return Duration(NOON)


class Home:
    """A real ledger behind the local API: a subscription, trades, and a meter that goes both ways."""

    def __init__(self, gateway: Gateway, ledger: Ledger) -> None:
        self._gateway, self._ledger, self._random = gateway, ledger, Random(11)
        audits = AuditHistory(ledger.path.with_name("audit.db"))
        self._ledgers = Ledgers(ledger.path, audits, Bills(ZONE), lambda: Instant(NOON))
        self._positions = Positions([])
        gateway.core.look_up = self.look_up  # type: ignore[method-assign, assignment]

    async def look_up(self, query: Query) -> Found:
        return await self._ledger.read(lambda connection: self._ledgers.look_up(connection, query, "USD"))

    async def buy(self) -> None:
        """Subscribe to each hour, and trade in some."""
        pairs = []
        for number, hour in enumerate(DAYS.split(HOUR)):
            pairs.append(pair(f"s{number}", hour.start, quantity=1_200, kind=Kind.SUBSCRIPTION))
            if number % 3 == 0:
                side = Side.BUY if number % 2 else Side.SELL
                pairs.append(pair(f"t{number}", hour.start, side=side, quantity=240))
        await self._ledger.take(subscription(self._ledger, *pairs))
        self._positions = Positions(pairs)
        frozen = [spot for step in DAYS.split(FIVE_MINUTES) for spot in self._frozen(step)]
        await self._ledger.freeze(frozen)

    async def settle(self, days: Interval) -> None:
        """Read and settle each interval, maybe again."""
        reads = [delivery(step.start, self._random.randrange(-311, 499)) for step in days.split(FIVE_MINUTES)]
        await self._ledger.deliver(reads)
        await self._ledger.settle(
            settle(read, self._positions.enclosing(read.interval), self._frozen(read.interval))
            for read in reads
        )

    def _frozen(self, step: Interval) -> list[Spot]:
        """Both parties' spot of an interval: any price, also below zero."""
        price = Random(step.start).randrange(-20_000, 90_001)
        return spots(step.start, sell=price, buy=price - 7_919)

    async def tell(self, entry: MockConfigEntry) -> None:
        """Tell of the newest revision, and wait until its hours are in the recorder."""
        revision = await self._ledger.read(totals.newest)
        self._gateway.update(account=account(since=DAYS.start, revision=revision))
        coordinator = entry.runtime_data
        await pushed(
            entry,
            lambda: coordinator.data.account is not None and coordinator.data.account.revision == revision,
        )
        await imported(coordinator.hass, entry)


@pytest.fixture
async def home(gateway: Gateway, tmp_path: Path) -> AsyncIterator[Home]:
    ledger = Ledger(tmp_path / "ledger.db", Still(), InlineWriter())
    yield Home(gateway, ledger)
    ledger.close()


async def difference(hass: HomeAssistant, entry: MockConfigEntry) -> tuple[Decimal, Decimal]:
    """Cost − compensation in the recorder, and the statement's total."""
    ids = {kind.key: statistic_id(GATEWAY_ID, kind) for kind in KINDS}
    start, end = (datetime.fromtimestamp(at / 1000, UTC) for at in (DAYS.start, DAYS.end))
    found = await get_instance(hass).async_add_executor_job(
        statistics_during_period, hass, start, None, set(ids.values()), "hour", None, {"sum", "state"}
    )
    series = {key: found[name] for key, name in ids.items()}
    assert all(map(consistent, series.values()))
    statement = await entry.runtime_data.client.get_statement(start, end)
    imported, exported = (total(series[key]) * 1000 for key in ("imported", "exported"))
    assert imported - exported == statement.total.imported - statement.total.exported
    return total(series["cost"]) - total(series["compensation"]), statement.total.total.quantize(BILLIONTH)


async def test_cost_less_compensation_is_the_statement_over_days_corrections_and_a_change_of_the_clock(
    hass: HomeAssistant, home: Home, loaded: MockConfigEntry
) -> None:
    assert len([*DAYS.split(HOUR)]) == 4 * 24 + 1
    await home.buy()
    await home.settle(DAYS)
    await home.tell(loaded)
    recorded, owed = await difference(hass, loaded)
    assert recorded == owed != 0

    repeated = Interval(Instant(DAYS.start + 30 * HOUR), Duration(2 * HOUR))  # the hour that came twice
    await home.settle(repeated)
    await home.settle(Interval(Instant(DAYS.end - 3 * HOUR), Duration(HOUR)))
    await home.tell(loaded)
    corrected, owed_then = await difference(hass, loaded)
    assert corrected == owed_then != recorded
