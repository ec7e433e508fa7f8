"""What a planner answers: schedules, their cost, how good they are, what they could not do, and why."""

from enum import Enum

import msgspec
from temix_market.instants import Instant
from temix_market.intervals import Interval
from temix_market.units import Energy, Money, Power, Price


class Level(Enum):
    """How a plan was found, from the simplest."""

    PREVIOUS = "previous"
    GREEDY = "greedy"
    COLUMNS = "columns"
    EXACT = "exact"


class Why(Enum):
    """What a device does in a span of steps, and the reason.

    It ``WAITS`` for what is cheaper; with ``NOT_YET`` later is no cheaper, and soon enough; with ``BARRED``
    it cannot run sooner: no car, or none of its hours.
    """

    RUNS = "runs"
    WAITS = "waits"
    NOT_YET = "not_yet"
    BARRED = "barred"
    DONE = "done"
    CHARGES = "charges"
    GIVES = "gives"
    HOLDS = "holds"
    PAUSES = "pauses"
    CURTAILS = "curtails"
    SHED = "shed"


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """Why a device does what it does from one step to another.

    Attributes:
        first, count: the steps it covers.
        why: in a word.
        price: mean marginal price while it lasts, µ/kWh.
        later: mean marginal price of what it waits for, µ/kWh; null where it waits for nothing.
        until: when that begins (ms).
        sentence: the same for people.
    """

    first: int
    count: int
    why: Why
    price: Price
    later: Price | None = None
    until: Instant | None = None
    sentence: str


class Unmet(msgspec.Struct, frozen=True, kw_only=True):
    """A wish not met: ``device`` (null: the connection), its name, by how much, and its part of the cost."""

    device: str | None
    wish: str
    amount: float
    unit: str
    cost: Money


class Alternative(msgspec.Struct, frozen=True, kw_only=True):
    """What a device would do instead of its next run.

    Attributes:
        start: when it would first do more than planned (ms).
        price: mean marginal price of what it would do more, µ/kWh.
        dearer: what that would cost more.
    """

    start: Instant
    price: Price
    dearer: Money


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """What the plan is worth to one device, with the others as planned.

    Attributes:
        done: when it last draws or gives (ms); null where it does neither.
        ready_by: when its wish wants it done (ms); null without such a wish.
        saved: against what it would do if every kWh cost the same.
        instead: the next best to its next run; null where its wishes leave nothing else.
        binds: wishes and limits at which it is, or which it misses.
        sentence: the same for people.
    """

    done: Instant | None
    ready_by: Instant | None
    saved: Money
    instead: Alternative | None
    binds: tuple[str, ...]
    sentence: str


class DevicePlan(msgspec.Struct, frozen=True, kw_only=True):
    """What one device does.

    Attributes:
        id, kind: of the device.
        power: mean power of each step, W, drawing positive.
        state: at each step's end: stored Wh, °C, or hours run; null where there is none.
        reasons: cover all steps, in order.
        own_cost: its wear and the wishes of its that are not met.
        explanation: what the plan is worth to it, where that was asked for.
    """

    id: str
    kind: str
    power: tuple[Power, ...]
    state: tuple[float, ...] | None
    reasons: tuple[Reason, ...]
    own_cost: Money
    explanation: Explanation | None = None

    def reason(self, step: int) -> Reason:
        """Why it does what it does in a step."""
        return next(reason for reason in self.reasons if reason.first <= step < reason.first + reason.count)


class CurvePoint(msgspec.Struct, frozen=True, kw_only=True):
    """At this price (µ/kWh) the home would buy so much more over the interval, Wh; negative: sell."""

    price: Price
    energy: Energy


class Curve(msgspec.Struct, frozen=True, kw_only=True):
    """What the home would trade beyond its position over an interval, at a constant rate.

    Attributes:
        interval: start and duration (ms).
        points: dearest first, between the price to buy and that to sell; the energy never falls.
    """

    interval: Interval
    points: tuple[CurvePoint, ...]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a problem.

    Attributes:
        made_at: the problem's ``now`` (ms).
        steps: those of the problem.
        devices: in the problem's order.
        net_load: net import of each step, Wh.
        marginal_price: what one more kWh would cost in each step, µ/kWh.
        value: the same where batteries and PV answer it over the whole horizon; null where not asked for.
        cost: objective: energy beyond the position, wear and wishes not met.
        energy_cost, wear_cost, unmet_cost: its parts.
        level: how the plan was found.
        bound: no plan costs less; null where none is known.
        gap: (cost − bound) relative to the cost; null without a bound.
        seconds: it took.
        unmet: wishes not met.
        curves: what the home would trade in coming hours at other prices, where that was asked for.
    """

    made_at: Instant
    steps: tuple[Interval, ...]
    devices: tuple[DevicePlan, ...]
    net_load: tuple[Energy, ...]
    marginal_price: tuple[Price, ...]
    cost: Money
    energy_cost: Money
    wear_cost: Money
    unmet_cost: Money
    level: Level
    bound: Money | None
    gap: float | None
    seconds: float
    unmet: tuple[Unmet, ...]
    value: tuple[Price, ...] | None = None
    curves: tuple[Curve, ...] = ()

    def device(self, device_id: str) -> DevicePlan:
        """The plan of a device.

        Raises:
            KeyError: it is not in the plan.
        """
        for device in self.devices:
            if device.id == device_id:
                return device
        raise KeyError(device_id)
