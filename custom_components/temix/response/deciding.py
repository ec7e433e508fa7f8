"""What a response wants now, and why: one decision from all that it knows, without doing anything."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from homeassistant.core import HomeAssistant

from ..client.models import PlanStep
from .commands import state_of
from .home import Home
from .lease import Lease
from .model import Adapter, Demand
from .pause_when_dear import PauseWhenDear
from .room import Rank, Room
from .status import Doing, Goal, Memory, Mode
from .troubles import out_of_bounds

PAUSED_LONG: Final = "paused_long"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a decision is made from.

    Attributes:
        step: the plan's, for this moment.
        heard: whether the gateway has been heard since the start.
        before: the decision before this one.
        late_for: the deadline for which it runs already, whatever the plan says.
        unplannable: the gateway cannot plan it as it was reported.
    """

    adapter: Adapter
    memory: Memory
    view: Home
    lease: Lease
    step: PlanStep | None
    heard: bool
    before: Goal
    late_for: datetime | None = None
    unplannable: bool = False

    @property
    def no_plan(self) -> str:
        """Why there is no plan for it."""
        return "unplannable" if self.unplannable else "no_plan"


def decide(facts: Facts) -> Goal:  # noqa: PLR0911 - what comes first wins, one line each
    """What stands in the way, and what the owner wants; else what prices and plan do."""
    view, memory, before = facts.view, facts.memory, facts.before
    if any(state_of(view.hass, entity) is None for entity in facts.adapter.controlled):
        return Goal(Doing.UNAVAILABLE, before.demands, before.led, "unavailable")
    adapter = facts.adapter.at(view)
    if away := adapter.out_of_reach(view):
        return Goal(Doing.HELD if away == "switched_off" else Doing.UNAVAILABLE, None, reason=away)
    at_rest = adapter.default() if memory.lease is not None else None
    if memory.mode is Mode.OFF:
        return Goal(Doing.OFF, at_rest, reason="off")
    if memory.held is not None:
        return Goal(Doing.HELD, None, reason="held")
    if memory.mode is Mode.RUN_NOW:
        return _run(adapter, "run_now", Rank.OWNER)
    if memory.skip is not None:
        return Goal(Doing.WAITING, adapter.rest(), led=True, reason="skipped")
    if adapter.advise or not memory.automatic:
        return _advice(adapter, facts, at_rest)
    return _automatic(adapter, facts, at_rest)


def fitting(goal: Goal, adapter: Adapter, room: Room, who: str, hass: HomeAssistant) -> Goal:
    """The goal as far as the connection has room for it, and as the entities can take it."""
    if goal.led and goal.power > 0:
        power = room.granted(who, goal.power, goal.rank, adapter.ways)
        if power < goal.power:
            doing = goal.doing if power else Doing.WAITING
            goal = replace(
                goal,
                doing=doing,
                demands=adapter.follow(power),
                power=power,
                step=None,
                reason="import_limit",
            )
    else:
        room.wants_nothing(who)
    if goal.demands is not None and any(out_of_bounds(hass, demand) for demand in goal.demands):
        return Goal(Doing.UNAVAILABLE, None, reason="out_of_bounds")
    return goal


def resting(goal: Goal, before: Goal, until: datetime) -> Goal:
    """The goal as it is shown while the device may not change yet: it goes on with what it does."""
    if goal.doing not in {Doing.RUNNING, Doing.WAITING, Doing.PAUSED}:
        return replace(goal, until=until)
    doing = before.doing if before.doing in {Doing.RUNNING, Doing.PAUSED} else Doing.WAITING
    return replace(goal, doing=doing, reason="rests", step=None, until=until)


def _automatic(adapter: Adapter, facts: Facts, at_rest: tuple[Demand, ...] | None) -> Goal:
    if not facts.heard and facts.lease.may_yet_come:
        return Goal(Doing.WAITING, None, reason="starting")
    if isinstance(adapter, PauseWhenDear):
        return _by_price(adapter, facts)
    step = facts.step if facts.lease.holds else None
    if step is not None:
        doing = Doing.RUNNING if step.power else Doing.WAITING
        return Goal(doing, adapter.follow(step.power), True, _word(step), step, power=step.power)
    if adapter.finished(facts.view):
        return Goal(Doing.DONE, at_rest, reason="finished")
    if facts.late_for is not None or adapter.urgent(facts.view):
        return _run(adapter, "deadline", Rank.DEADLINE)
    return Goal(Doing.FAIL_SAFE, adapter.default(), reason=facts.no_plan)


def _run(adapter: Adapter, reason: str, rank: Rank) -> Goal:
    power = adapter.full_power
    return Goal(Doing.RUNNING, adapter.run_now(), led=True, reason=reason, power=power, rank=rank)


def _advice(adapter: Adapter, facts: Facts, at_rest: tuple[Demand, ...] | None) -> Goal:
    """What it would do; nothing is switched."""
    if isinstance(adapter, PauseWhenDear):
        if facts.view.price is None:
            return Goal(Doing.WAITING, at_rest, reason="no_price")
        dear = adapter.pauses(facts.view.price, None, spent=False)
        power = -adapter.power if dear else 0.0
        return Goal(Doing.WAITING, at_rest, reason="dear" if dear else "cheap", advised=power)
    step = facts.step
    if step is None:
        done = adapter.finished(facts.view)
        return Goal(Doing.WAITING, at_rest, reason="finished" if done else facts.no_plan, advised=0.0)
    return Goal(Doing.WAITING, at_rest, False, _word(step), step, float(step.power))


def _by_price(adapter: PauseWhenDear, facts: Facts) -> Goal:
    view, before = facts.view, facts.before
    if view.price is None or not facts.lease.holds:
        return Goal(Doing.FAIL_SAFE, adapter.default(), reason="no_price")
    paused_for = None
    if before.doing is Doing.PAUSED:
        paused_for = timedelta(seconds=view.now.timestamp() - facts.memory.changed)
    if adapter.pauses(view.price, paused_for, spent=before.reason == PAUSED_LONG):
        return Goal(Doing.PAUSED, adapter.follow(0), led=True, reason="dear")
    dear = view.price > adapter.limit
    return Goal(Doing.RUNNING, adapter.default(), reason=PAUSED_LONG if dear else "cheap")


def _word(step: PlanStep) -> str:
    """Why a plan's step is as it is; a gateway that gives no word says it by the power."""
    return step.why or ("runs" if step.power else "waits")
