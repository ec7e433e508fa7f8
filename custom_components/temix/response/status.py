"""What a response is told, wants, does and remembers."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from ..client import GatewayState
from ..client.models import PlanStep
from .model import Demand
from .room import Rank
from .tally import Tally


class Mode(StrEnum):
    """What the owner wants of a response."""

    AUTOMATIC = "automatic"
    RUN_NOW = "run_now"
    OFF = "off"


class Doing(StrEnum):
    """What a response does."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    PAUSED = "paused"
    HELD = "held"
    FAIL_SAFE = "fail_safe"
    UNAVAILABLE = "unavailable"
    OFF = "off"


REASONS: Final = (
    "runs",
    "waits",
    "not_yet",
    "barred",
    "charges",
    "gives",
    "holds",
    "done",
    "pauses",
    "curtails",
    "shed",
    "cheap",
    "dear",
    "paused_long",
    "deadline",
    "finished",
    "run_now",
    "skipped",
    "held",
    "off",
    "import_limit",
    "rests",
    "starting",
    "switched_off",
    "wrong_mode",
    "out_of_bounds",
    "no_plan",
    "unplannable",
    "no_price",
    "unavailable",
)
"""Why a response does what it does: the planner's words, then the response's own."""


@dataclass(slots=True)
class Memory:
    """What survives a restart.

    Attributes:
        lease: until when the device is led, wall clock (timestamp); none: it is at its default.
        held: until when a person's change stands (timestamp).
        mode, armed: as the owner chose.
        ran: seconds that the device ran since ``since`` (timestamp), when it had to begin anew.
        changed: when something was last demanded (timestamp).
        automatic: whether the gateway was to switch devices when it was last heard.
        target: what the owner wants instead of the settings' target.
        skip: until when its runs are left out (timestamp).
        run_until: when running now ends (timestamp); none: when there is nothing left to do.
        rested: whether a machine's power was down since it was last armed, so that it may arm itself again.
        tally: what was drawn and paid, for what is saved.
    """

    lease: float | None = None
    held: float | None = None
    mode: Mode = Mode.AUTOMATIC
    armed: bool = False
    ran: float = 0.0
    since: float = 0.0
    changed: float = 0.0
    automatic: bool = False
    target: float | None = None
    skip: float | None = None
    run_until: float | None = None
    rested: bool = True
    tally: Tally = field(default_factory=Tally)

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Memory:
        """Read what was stored."""
        tally = Tally(**stored.get("tally", {}))
        return cls(**stored | {"mode": Mode(stored["mode"]), "tally": tally})

    def choose_automatic(self) -> None:
        """The plan leads again."""
        self.mode, self.run_until = Mode.AUTOMATIC, None

    def disarm(self) -> None:
        """Its run is over or left out: it has to be seen at rest before its power arms it anew."""
        self.armed, self.rested = False, False

    def stored(self) -> dict[str, Any]:
        """Write it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Goal:
    """What is wanted now, and why.

    Attributes:
        demands: of entities; none: hands off.
        led: beyond the default, so under a lease.
        reason: why, in a word.
        step: the plan's step that says so, with its numbers.
        advised: nothing is switched: what the plan would have it draw now (W).
        until: when the device has rested enough, where that is why nothing changes yet.
        power: what the device then draws, W; ``rank``: who goes first where there is not room for all.
    """

    doing: Doing
    demands: tuple[Demand, ...] | None
    led: bool = False
    reason: str = ""
    step: PlanStep | None = None
    advised: float | None = None
    until: datetime | None = None
    power: float = 0.0
    rank: Rank = Rank.PLAN


@dataclass(frozen=True, slots=True)
class Gateway:
    """What the gateway says, and whether it is there to say more."""

    state: GatewayState | None
    connected: bool
