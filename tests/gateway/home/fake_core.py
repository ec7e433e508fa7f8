"""A gateway without a market: the real local API over a core whose state a test sets."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import msgspec
from temix_gateway.commissioning.answers import StepName
from temix_gateway.home.account import Found, Query, TransactionPage
from temix_gateway.home.certificate import load_or_make
from temix_gateway.home.commission import CommissioningState, StepOutcome
from temix_gateway.home.devices import PreviewPlan, ReportHome
from temix_gateway.home.door import Door
from temix_gateway.home.errors import CommandRefused
from temix_gateway.home.messages import (
    DevicePlan,
    Hello,
    Ledger,
    Limits,
    Mandate,
    Mode,
    PlanStep,
    PositionStep,
    Preview,
    PriceStep,
    ReportHistory,
    ReportReadings,
    Retailer,
    SetLimits,
    SignMandate,
    Spot,
    State,
    Trading,
    Transactions,
)
from temix_gateway.home.pairing import Bootstrap
from temix_gateway.home.prices import ReportPrices
from temix_gateway.home.roles import Role
from temix_gateway.home.server import LocalApi
from temix_gateway.home.tokens import TokenStore

GATEWAY_ID = "gw-5f2c"
VERSION = "0.1.0"

MINUTE = 60_000
FIVE_MINUTES = 5 * MINUTE
HOUR = 60 * MINUTE
NOON = 1_637_776_800_000
"""2021-11-24T18:00Z, noon in Chicago."""


def state(now: int = NOON, hours: int = 36) -> State:
    """Prices and positions from ``now``: an hour in 5 minutes, three in quarters, then ``hours``."""
    edges = [now + step * FIVE_MINUTES for step in range(12)]
    edges += [now + HOUR + step * 15 * MINUTE for step in range(12)]
    edges += [now + 4 * HOUR + step * HOUR for step in range(hours + 1)]
    spans = list(pairwise(edges))
    return State(
        currency="USD",
        zone="America/Chicago",
        mode="automatic",
        retailer=Retailer(connected=True, since=now - HOUR),
        trading=Trading(paused=False),
        spot=Spot(start=now, end=now + FIVE_MINUTES, buy=81_250, sell=23_400),
        prices=[
            PriceStep(
                start=start,
                end=end,
                buy=90_000 + 1_111 * number,
                sell=25_000 - 500 * number,
                buy_energy=60_000 + 1_111 * number,
                buy_transport=30_000,
                sell_energy=30_000 - 500 * number,
                sell_transport=-5_000,
                components={"wholesale": 55_000 + 1_111 * number, "losses": 5_000},
            )
            for number, (start, end) in enumerate(spans)
            if start > now  # the tender of a begun interval has expired
        ],
        horizon=edges[-1],
        positions=[
            PositionStep(start=start, end=start + HOUR, quantity=600 + 12 * number, subscribed=600)
            for number, start in enumerate(range(now, edges[-1], HOUR))
        ],
        ledger=Ledger(sequence=41, head="ab" * 32),
        transactions=Transactions(count=12),
        limits=Limits(
            money_a_day="12.5",
            highest_price=400_000,
            money_a_day_ceiling="20",
            highest_price_ceiling=2_000_000,
        ),
        mandate=Mandate(
            state="signed",
            since=now - 24 * HOUR,
            currency="USD",
            money_a_day="20",
            highest_price=2_000_000,
            import_power=12_000,
            export_power=5_000,
        ),
    )


class FakeCore:
    """Remembers the commands it was given; ``refusal`` makes it refuse them."""

    def __init__(self) -> None:
        """Start at noon."""
        self.current = state()
        self.commands: list[object] = []
        self.refusal: str | None = None
        self.found: Found = TransactionPage(transactions=[])
        self.fault: Exception | None = None

    def state(self) -> State:
        """As a test set it."""
        return self.current

    @property
    def owner(self) -> Self:
        """Itself: it remembers all commands alike."""
        return self

    async def sign_mandate(self, asked: SignMandate) -> None:
        """Note it."""
        self._note(asked)

    async def revoke_mandate(self) -> None:
        """Note it."""
        self._note("revoke_mandate")

    async def pause_trading(self, paused: bool) -> None:
        """Change the state, as a real core does."""
        self._note(("pause_trading", paused))
        self.current = msgspec.structs.replace(self.current, trading=Trading(paused=paused))

    async def plan_again(self) -> None:
        """Remember."""
        self._note("plan_again")

    async def set_mode(self, mode: Mode) -> None:
        """Change the state, as a real core does."""
        self._note(("set_mode", mode))
        self.current = msgspec.structs.replace(self.current, mode=mode)

    async def set_limits(self, asked: SetLimits) -> None:
        """Change the state, as a real core does."""
        self._note(("set_limits", asked.money_a_day, asked.highest_price))
        given = {
            name: value
            for name in ("money_a_day", "highest_price")
            if (value := getattr(asked, name)) is not None
        }
        self.current = msgspec.structs.replace(
            self.current, limits=msgspec.structs.replace(self.current.limits, **given)
        )

    async def report_home(self, report: ReportHome) -> None:
        """Remember."""
        self._note(report)

    async def preview_plan(self, asked: PreviewPlan) -> Preview:
        """Let any device run at 2 kW for an hour, an hour from now."""
        if self.refusal:
            raise CommandRefused(self.refusal)
        self._note(asked)
        start = self.current.prices[0].start + HOUR
        run = PlanStep(start=start, end=start + HOUR, power=2_000, why="runs", price=100_000)
        plan = DevicePlan(device=asked.device.id, steps=[run], saved="0.05", done=run.end)
        return Preview(plan=plan, energy=2_000, cost="0.2")

    async def report_history(self, report: ReportHistory) -> None:
        """Remember."""
        self._note(report)

    async def report_readings(self, report: ReportReadings) -> None:
        """Remember."""
        self._note(report)

    async def report_prices(self, report: ReportPrices) -> None:
        """Remember."""
        self._note(report)

    async def look_up(self, query: Query) -> Found:
        """Give what a test laid ready."""
        self._note(query)
        return self.found

    def _note(self, command: object) -> None:
        if self.refusal:
            raise CommandRefused(self.refusal)
        if self.fault:
            raise self.fault
        self.commands.append(command)


class FakeDesk:
    """Does every step of commissioning at once."""

    def __init__(self) -> None:
        """Nothing was asked."""
        self.done: list[tuple[str, dict[str, Any], str]] = []

    def state(self) -> CommissioningState:
        """Nothing is begun."""
        return CommissioningState(language="en", steps=[], locked="", record=None)

    async def carry_out(self, step: StepName, answers: dict[str, Any], by: str) -> StepOutcome:
        """Remember."""
        self.done.append((step, answers, by))
        return StepOutcome(done=True, findings=[])


@dataclass
class Gateway:
    """The local API of a fake core on a free loopback port; a restart keeps port, certificate and tokens."""

    folder: Path
    core: FakeCore = field(default_factory=FakeCore)
    gateway_id: str = GATEWAY_ID
    version: str = VERSION
    hello: Hello | None = None
    host: str = "127.0.0.1"
    port: int = 0
    monotonic: Callable[[], float] = time.monotonic
    bootstrap: Bootstrap = field(default_factory=Bootstrap)

    def __post_init__(self) -> None:
        """Make certificate and tokens."""
        self.certificate = load_or_make(self.folder / "gateway.pem", self.gateway_id)
        self.tokens = TokenStore(self.folder / "clients.json", lambda: NOON)
        self.token = self.tokens.create("Home Assistant", Role.CONTROLLER)
        self.api: LocalApi | None = None
        self.started = asyncio.Event()

    async def start(self) -> Self:
        """Listen."""
        hello = self.hello or Hello(gateway_id=self.gateway_id, name="Home", version=self.version)
        self.door = Door(
            self.tokens, self.gateway_id, self.certificate.fingerprint, self.monotonic, self.bootstrap
        )
        self.api = LocalApi(self.core, self.door, hello, self.monotonic)
        self.api.commissioning = FakeDesk()
        self.prepare()
        self.port = await self.api.start(self.host, self.port, self.certificate.context())
        self.started.set()
        return self

    def prepare(self) -> None:
        """Add what else is served, before anybody is."""

    async def stop(self) -> None:
        """Close every connection and listen no more."""
        self.started.clear()
        if self.api is not None:
            await self.api.stop()
            self.api = None

    def bound(self, **bounds: float) -> None:
        """Change what strangers may take."""
        assert self.api is not None
        assert self.api._reception is not None
        self.api._reception.bounds = replace(self.api._reception.bounds, **bounds)

    def update(self, **sections: object) -> None:
        """Change sections of the state and tell the listeners, if it runs."""
        self.core.current = msgspec.structs.replace(self.core.current, **sections)
        if self.api is not None:
            self.api.changed()
