"""What a response is told, wants, does and remembers."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from ..client import GatewayState
from .model import Demand


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
    """

    lease: float | None = None
    held: float | None = None
    mode: Mode = Mode.AUTOMATIC
    armed: bool = False
    ran: float = 0.0
    since: float = 0.0
    changed: float = 0.0
    automatic: bool = False

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Memory:
        """Read what was stored."""
        return cls(**stored | {"mode": Mode(stored["mode"])})

    def stored(self) -> dict[str, Any]:
        """Write it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Goal:
    """What is wanted now; ``demands`` none: hands off. ``led``: beyond the default, so under a lease."""

    doing: Doing
    demands: tuple[Demand, ...] | None
    led: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Gateway:
    """What the gateway says, and whether it is there to say more."""

    state: GatewayState | None
    connected: bool
