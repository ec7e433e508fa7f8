"""What the local API needs of the gateway it serves."""

from typing import Any, Protocol

from temix_gateway.commissioning.answers import StepName
from temix_gateway.home.account import Found, Query
from temix_gateway.home.commission import CommissioningState, StepOutcome
from temix_gateway.home.devices import PreviewPlan, ReportHome
from temix_gateway.home.messages import (
    Mode,
    Preview,
    ReportHistory,
    ReportReadings,
    SetLimits,
    SignMandate,
    State,
)
from temix_gateway.home.prices import ReportPrices


class Owner(Protocol):
    """What the owner decides, in force when the call returns; refused with ``CommandRefused``."""

    async def pause_trading(self, paused: bool) -> None:
        """Make no new transactions, or go on."""
        ...

    async def set_mode(self, mode: Mode) -> None:
        """Choose what is done with plans."""
        ...

    async def set_limits(self, asked: SetLimits) -> None:
        """Move the owner's limits beneath the ceilings."""
        ...

    async def sign_mandate(self, asked: SignMandate) -> None:
        """Take a mandate that the owner signed."""
        ...

    async def revoke_mandate(self) -> None:
        """End the mandate."""
        ...


class Desk(Protocol):
    """Where the gateway is commissioned; refused with ``CommandRefused``."""

    def state(self) -> CommissioningState:
        """How far it is."""
        ...

    async def carry_out(self, step: StepName, answers: dict[str, Any], by: str) -> StepOutcome:
        """Carry a step out."""
        ...


class Core(Protocol):
    """The gateway as Home Assistant sees it. After a change it calls ``LocalApi.changed``.

    Commands return once they are carried out, and raise ``CommandRefused`` where they cannot be.
    """

    def state(self) -> State:
        """Everything as it is now; equal sections compare equal."""
        ...

    @property
    def owner(self) -> Owner:
        """What the owner decides."""
        ...

    async def plan_again(self) -> None:
        """Plan at once."""
        ...

    async def report_home(self, report: ReportHome) -> None:
        """Take the devices and the base load for the next plan."""
        ...

    async def preview_plan(self, asked: PreviewPlan) -> Preview:
        """Plan one device at the present prices, beside the plan in force; nothing changes."""
        ...

    async def report_history(self, report: ReportHistory) -> None:
        """Take past hours for the forecasts of load and sun."""
        ...

    async def report_readings(self, report: ReportReadings) -> None:
        """Take meter readings."""
        ...

    async def report_prices(self, report: ReportPrices) -> None:
        """Take the prices of the owner's entities."""
        ...

    async def look_up(self, query: Query) -> Found:
        """Read from the ledger."""
        ...
