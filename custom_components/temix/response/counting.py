"""Counts what a response's device did: for how long it ran, and what that cost."""

from .home import Home
from .model import Adapter
from .pause_when_dear import PauseWhenDear
from .status import Doing, Goal, Memory


def count(  # noqa: PLR0913 - what it counts, each of them once
    memory: Memory, adapter: Adapter, view: Home, goal: Goal, *, seconds: float, ran: bool
) -> bool:
    """Add the time since the last look; a new day begins at its ready-by. Whether that is worth storing."""
    if ran or (goal.advised or 0) > 0:
        memory.ran += seconds
    power = _power(adapter, goal, ran=ran)
    price = view.sold if power < 0 and not isinstance(adapter, PauseWhenDear) else view.price
    memory.tally.add(power, price, seconds)
    changed = False
    if memory.armed and adapter.finished(view):
        memory.disarm()
        memory.ran, changed = 0.0, True
    ready_by = adapter.ready_by(view)
    if ready_by is None:
        return changed
    if memory.since and ready_by.timestamp() > memory.since + 1:
        memory.ran = 0.0
        memory.tally.begin_day()
    changed = changed or memory.since != ready_by.timestamp()
    memory.since = ready_by.timestamp()
    return changed


def end_what_is_over(memory: Memory, adapter: Adapter, view: Home) -> None:
    """A hold, a skip, a run at once; a machine may arm itself."""
    now = view.now.timestamp()
    if memory.held is not None and now >= memory.held:
        memory.held = None
    if memory.skip is not None and now >= memory.skip:
        memory.skip = None
    if memory.mode == "run_now":
        over = memory.run_until is not None and now >= memory.run_until
        if over or (memory.run_until is None and adapter.finished(view)):
            memory.choose_automatic()
    arms = adapter.arms(view)
    memory.rested = memory.rested or not arms
    if arms and memory.rested and not memory.armed:
        memory.armed, memory.rested, memory.ran = True, False, 0.0


def _power(adapter: Adapter, goal: Goal, *, ran: bool) -> float:
    """What it draws by what it was told, W; on advice what it would; a pause gives what it leaves out."""
    if goal.advised is not None:
        return goal.advised
    if isinstance(adapter, PauseWhenDear):
        return -adapter.power if goal.doing is Doing.PAUSED else 0.0
    if goal.step is not None and goal.led:
        return float(goal.step.power)
    return adapter.full_power if ran else 0.0
