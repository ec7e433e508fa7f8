"""One response at work: follows the plan under a lease, makes way for a person, falls back to the default."""

import asyncio
import contextlib
import itertools
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any, Final

from homeassistant.core import Event, EventStateChangedData, HomeAssistant, State, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.util import dt as dt_util

from ..client import Device
from ..client.models import DevicePlan, PlanStep
from ..const import DOMAIN, MICRO
from .commands import Commands, state_of
from .home import Home, entity_id
from .manual import Change, Command, is_manual
from .model import Adapter, Demand
from .pause_when_dear import PauseWhenDear
from .status import Doing, Gateway, Goal, Memory, Mode

_LOGGER = logging.getLogger(__name__)

LEASE: Final = timedelta(minutes=15)
"""Longest time for which a device is led without a word from the gateway."""
LOOK_EVERY: Final = timedelta(seconds=30)
PAUSED_LONG: Final = "paused_long"
TOLD_AFTER: Final = 4
"""Tries without success after which a repair issue says so."""


class Running:
    """One response; ``step`` is called by its own task whenever something happened, and every 30 s."""

    title = ""

    def __init__(  # noqa: PLR0913 - what it works with, each of them once
        self,
        hass: HomeAssistant,
        response_id: str,
        adapter: Adapter,
        memory: Memory,
        *,
        gateway: Callable[[], Gateway],
        remember: Callable[[], None],
        store: Callable[[], Awaitable[None]],
    ) -> None:
        """Lead nothing yet.

        ``remember`` is called when the memory has changed; ``store`` returns when it is on the disk.
        """
        self.hass = hass
        self.id = response_id
        self.adapter = adapter
        self.memory = memory
        self.goal = Goal(Doing.WAITING, None)
        self._gateway = gateway
        self._remember = remember
        self._store = store
        self._clock = hass.loop.time
        self._lease_ends = 0.0  # of the monotonic clock
        self._commands = Commands(hass)
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._stop_watching: Callable[[], None] | None = None
        self._watched: frozenset[str] = frozenset()
        self._listeners: list[Callable[[], None]] = []
        self._looked: tuple[float, bool] = (self._clock(), False)

    # For entities, actions and the responses of the entry.

    def listen(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call ``changed`` after each change; returns what ends that."""
        self._listeners.append(changed)
        return lambda: self._listeners.remove(changed)

    def start(self, create_task: Callable[[Any, str], asyncio.Task[None]]) -> None:
        """Begin to work; nothing is known of what the device did meanwhile."""
        self._commands.forget()
        self._task = create_task(self._run(), f"{DOMAIN} response {self.title}")

    @callback
    def look(self) -> None:
        """Something has changed: look at once."""
        self._wake.set()

    @callback
    def choose(self, mode: Mode) -> None:
        """Take the owner's choice; it ends a hold."""
        self.memory.mode, self.memory.run_until, self.memory.skip = mode, None, None
        self.release()

    @callback
    def run(self, duration: timedelta | None = None) -> None:
        """Run at once, for a while or until there is nothing left to do; then the plan leads again."""
        self.choose(Mode.RUN_NOW)
        if duration is not None:
            self.memory.run_until = (dt_util.utcnow() + duration).timestamp()
        self._changed()

    @callback
    def skip(self) -> None:
        """Leave out the next run: until its ready-by, or the end of what is planned next."""
        view = self._view()
        ready_by, busy = self.adapter.ready_by(view), self._busy(view.now)
        until = ready_by or (busy[-1].end if busy else view.now + self.adapter.hold)
        self.memory.skip = until.timestamp()
        self.memory.armed = False
        self._changed()

    @callback
    def aim(self, target: float) -> None:
        """Take another target."""
        self.memory.target, self.adapter = target, self.adapter.aiming(target)
        self._changed()

    @callback
    def release(self) -> None:
        """End a person's hold."""
        self.memory.held = None
        self._changed()

    @callback
    def hold(self, duration: timedelta) -> None:
        """Leave the device alone for a while."""
        self.memory.held = (dt_util.utcnow() + duration).timestamp()
        self.memory.lease = None
        self._commands.forget()
        self._changed()

    @callback
    def arm(self) -> None:
        """It is loaded and ready to run once."""
        self.memory.armed, self.memory.ran = True, 0.0
        self._changed()

    @property
    def held_until(self) -> datetime | None:
        """Until when a person's change stands."""
        held = self.memory.held
        return None if held is None else dt_util.utc_from_timestamp(held)

    @property
    def next_start(self) -> datetime | None:
        """When the plan next lets it run."""
        now = dt_util.utcnow()
        return next((step.start for step in self._steps() if step.power and step.start > now), None)

    @property
    def skipped_until(self) -> datetime | None:
        """Until when its runs are left out."""
        skip = self.memory.skip
        return None if skip is None else dt_util.utc_from_timestamp(skip)

    @property
    def ready_by(self) -> datetime | None:
        """When it shall be ready."""
        return self.adapter.ready_by(self._view())

    @property
    def plan(self) -> DevicePlan | None:
        """What the gateway plans for it."""
        plan = None if (state := self._gateway().state) is None else state.plan
        return None if plan is None else next((each for each in plan.devices if each.device == self.id), None)

    @property
    def currency(self) -> str | None:
        """The tenders' currency."""
        state = self._gateway().state
        return None if state is None else state.currency

    def device(self) -> Device | None:
        """What the gateway shall plan; nothing while a person, or nobody, leads the device."""
        memory = self.memory
        if memory.mode is not Mode.AUTOMATIC or memory.held is not None or memory.skip is not None:
            return None
        device = self.adapter.device(self.id, self._view())
        return device if device is None else replace(device, advise=self.adapter.advise)

    # Work.

    async def stop(self) -> None:
        """Leave the device at the owner's default, and end."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        if self._stop_watching is not None:
            self._stop_watching()
            self._stop_watching = None
        if self.memory.lease is not None:
            await self._commands.demand(self.adapter.default())
            if not self._commands.failed:
                self.memory.lease = None
            self._remember()
        self._forget_issue()

    async def _run(self) -> None:
        while True:
            wait = await self.step()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._wake.wait()
            self._wake.clear()

    async def step(self) -> float:
        """Look, and do what is due; returns after how many seconds to look again."""
        self._watch()
        self._count_run_time()
        now = dt_util.utcnow()
        self._end_what_is_over(now)
        self._hear(now)
        before, self.goal = self.goal, self._goal(now)
        demands = self.goal.demands
        if demands is not None:
            await self._bring_about(demands, led=self.goal.led)
        if self.goal != before:
            for changed in tuple(self._listeners):
                changed()
        return self._due_in(now)

    def _end_what_is_over(self, now: datetime) -> None:
        """A hold, a skip, a run at once; a machine may arm itself."""
        memory, view, before = self.memory, self._view(), asdict(self.memory)
        if memory.held is not None and now.timestamp() >= memory.held:
            memory.held = None
        if memory.skip is not None and now.timestamp() >= memory.skip:
            memory.skip = None
        if memory.mode is Mode.RUN_NOW:
            over = memory.run_until is not None and now.timestamp() >= memory.run_until
            if over or (memory.run_until is None and self.adapter.finished(view)):
                memory.mode, memory.run_until = Mode.AUTOMATIC, None
        arms = self.adapter.arms(view)
        memory.rested = memory.rested or not arms
        if arms and memory.rested and not memory.armed:
            memory.armed, memory.rested, memory.ran = True, False, 0.0
        if asdict(memory) != before:
            self._remember()

    def _hear(self, now: datetime) -> None:
        """The gateway is there, and its plan, where one is followed, covers this moment: a new lease."""
        gateway = self._gateway()
        if gateway.state is not None and self.memory.automatic != (gateway.state.mode == "automatic"):
            self.memory.automatic = not self.memory.automatic
            self._remember()
        covered = isinstance(self.adapter, PauseWhenDear) or self._step_at(now) is not None
        if gateway.connected and covered:
            self._lease_ends = self._clock() + LEASE.total_seconds()

    def _goal(self, now: datetime) -> Goal:  # noqa: C901, PLR0911 - what comes first wins, one line each
        if any(state_of(self.hass, entity) is None for entity in self.adapter.controlled):
            return Goal(Doing.UNAVAILABLE, self.goal.demands, self.goal.led, "unavailable")
        view = self._view()
        adapter, mode = self.adapter.at(view), self.memory.mode
        default = adapter.default()
        at_rest = default if self.memory.lease is not None else None
        if mode is Mode.OFF:
            return Goal(Doing.OFF, at_rest, reason="off")
        if self.memory.held is not None:
            return Goal(Doing.HELD, None, reason="held")
        if mode is Mode.RUN_NOW:
            return Goal(Doing.RUNNING, adapter.run_now(), led=True, reason="run_now")
        if self.memory.skip is not None:
            return Goal(Doing.WAITING, adapter.rest(), led=True, reason="skipped")
        if adapter.advise or not self.memory.automatic:
            return self._advice(adapter, now, view, at_rest)
        if isinstance(adapter, PauseWhenDear):
            return self._by_price(adapter, view)
        planned = self._step_at(now) if self._clock() < self._lease_ends else None
        if planned is not None:
            doing = Doing.RUNNING if planned.power else Doing.WAITING
            return Goal(doing, adapter.follow(planned.power), True, _word(planned), planned)
        if adapter.finished(view):
            return Goal(Doing.DONE, at_rest, reason="finished")
        if adapter.urgent(view):
            return Goal(Doing.RUNNING, adapter.run_now(), led=True, reason="deadline")
        return Goal(Doing.FAIL_SAFE, default, reason="no_plan")

    def _advice(
        self, adapter: Adapter, now: datetime, view: Home, at_rest: tuple[Demand, ...] | None
    ) -> Goal:
        """What it would do; nothing is switched."""
        if isinstance(adapter, PauseWhenDear):
            if view.price is None:
                return Goal(Doing.WAITING, at_rest, reason="no_price")
            dear = adapter.pauses(view.price, None, spent=False)
            power = -adapter.power if dear else 0.0
            return Goal(Doing.WAITING, at_rest, reason="dear" if dear else "cheap", advised=power)
        planned = self._step_at(now)
        if planned is None:
            done = adapter.finished(view)
            return Goal(Doing.WAITING, at_rest, reason="finished" if done else "no_plan", advised=0.0)
        return Goal(Doing.WAITING, at_rest, False, _word(planned), planned, float(planned.power))

    def _by_price(self, adapter: PauseWhenDear, view: Home) -> Goal:
        default = adapter.default()
        if view.price is None or self._clock() >= self._lease_ends:
            return Goal(Doing.FAIL_SAFE, default, reason="no_price")
        spent = self.goal.reason == PAUSED_LONG
        paused_for = None
        if self.goal.doing is Doing.PAUSED:
            paused_for = timedelta(seconds=view.now.timestamp() - self.memory.changed)
        if adapter.pauses(view.price, paused_for, spent=spent):
            return Goal(Doing.PAUSED, adapter.follow(0), led=True, reason="dear")
        dear = view.price > adapter.limit
        return Goal(Doing.RUNNING, default, reason=PAUSED_LONG if dear else "cheap")

    async def _bring_about(self, demands: tuple[Demand, ...], *, led: bool) -> None:
        commands, now = self._commands, dt_util.utcnow().timestamp()
        commands.look()
        if demands != commands.demands:
            if now - self.memory.changed < self.adapter.least.total_seconds():
                return
            if led or not all(map(commands.met, demands)):
                await self._begin(demands, now, led=led)
            else:
                commands.take_as_done(demands)
        elif not commands.done and commands.due_in <= 0:
            await commands.repeat()
        if commands.done:
            self._forget_issue()
            if not led and self.memory.lease is not None:
                self.memory.lease = None
                self._remember()
        elif commands.tries >= TOLD_AFTER:
            self._tell_issue()

    async def _begin(self, demands: tuple[Demand, ...], now: float, *, led: bool) -> None:
        if led and self.memory.lease is None:
            self.memory.lease = now + LEASE.total_seconds()
            await self._store()  # before the command: a crash after it must find that the device was led
        self.memory.changed = now
        await self._commands.demand(demands)

    def _due_in(self, now: datetime) -> float:
        """Seconds to the next boundary, retry or end of a lease or hold."""
        due = [LOOK_EVERY.total_seconds()]
        step = self._step_at(now)
        if step is not None:
            due.append((step.end - now).total_seconds())
        later = next((step.start for step in self._steps() if step.start > now), None)
        if later is not None:
            due.append((later - now).total_seconds())
        if self._lease_ends > self._clock():
            due.append(self._lease_ends - self._clock())
        if self._commands.demands and not self._commands.done:
            due.append(max(0.5, self._commands.due_in))
        if self.memory.held is not None:
            due.append(max(0.5, self.memory.held - now.timestamp()))
        return max(0.001, min(due))

    # What others do to the device.

    def _watch(self) -> None:
        """Follow the controlled entities, also after they were renamed."""
        ids = frozenset(
            found for entity in self.adapter.controlled if (found := entity_id(self.hass, entity)) is not None
        )
        if ids == self._watched and self._stop_watching is not None:
            return
        if self._stop_watching is not None:
            self._stop_watching()
        self._watched = ids
        self._stop_watching = async_track_state_change_event(self.hass, ids, self._seen)

    @callback
    def _seen(self, event: Event[EventStateChangedData]) -> None:
        old, new = event.data["old_state"], event.data["new_state"]
        if new is not None and self.memory.mode is not Mode.OFF and self._by_hand(old, new):
            _LOGGER.info("%s is held: %s was changed by hand", self.title, new.entity_id)
            self.memory.mode = Mode.AUTOMATIC
            self.hold(self.adapter.hold)
        if old is None or old.state in {"unavailable", "unknown"}:
            self._commands.doubt()
        self.look()

    def _by_hand(self, old: State | None, new: State) -> bool:
        if self.memory.held is not None:
            return False
        known: Sequence[tuple[Demand, Command | None]] = self._commands.to(new.entity_id) or [
            (demand, None)
            for demand in self.adapter.run_now()
            if entity_id(self.hass, demand.entity) == new.entity_id
        ]
        finished = self.adapter.finished(self._view())
        return any(
            is_manual(
                Change(
                    demand.shown(old),
                    demand.shown(new),
                    user=new.context.user_id is not None,
                    context=new.context.id,
                    parent=new.context.parent_id,
                ),
                command,
                self._commands.contexts,
                finished=finished,
            )
            for demand, command in known
        )

    # What it knows.

    def _steps(self) -> tuple[PlanStep, ...]:
        return () if (plan := self.plan) is None else plan.steps

    def _busy(self, now: datetime) -> list[PlanStep]:
        """The steps in a row in which it next does something, or does already."""
        ahead = itertools.dropwhile(lambda step: step.end <= now or not step.power, self._steps())
        return list(itertools.takewhile(lambda step: step.power, ahead))

    def _power(self, *, ran: bool) -> float:
        """What it draws by what it was told, W; on advice what it would; a pause gives what it leaves out."""
        goal = self.goal
        if goal.advised is not None:
            return goal.advised
        if isinstance(self.adapter, PauseWhenDear):
            return -self.adapter.power if goal.doing is Doing.PAUSED else 0.0
        if goal.step is not None and goal.led:
            return float(goal.step.power)
        return self.adapter.full_power if ran else 0.0

    def _step_at(self, now: datetime) -> PlanStep | None:
        return next((step for step in self._steps() if now in step), None)

    def _view(self) -> Home:
        state, now = self._gateway().state, dt_util.utcnow()
        spot = None if state is None else state.spot_at(now)
        price = None if spot is None or spot.buy is None else spot.buy / MICRO
        sold = None if spot is None or spot.sell is None else spot.sell / MICRO
        return Home(self.hass, now, timedelta(seconds=self.memory.ran), self.memory.armed, price, sold)

    def _count_run_time(self) -> None:
        """Add the time since the last look in which the device ran; a new day begins at its ready-by."""
        now, (then, ran) = self._clock(), self._looked
        view = self._view()
        if ran or (self.goal.advised or 0) > 0:
            self.memory.ran += now - then
        power = self._power(ran=ran)
        price = view.sold if power < 0 and not isinstance(self.adapter, PauseWhenDear) else view.price
        self.memory.tally.add(power, price, now - then)
        self._looked = now, all(map(self._commands.met, self.adapter.run_now()))
        if self.memory.armed and self.adapter.finished(view):
            self.memory.armed, self.memory.ran = False, 0.0
            self._remember()
        ready_by = self.adapter.ready_by(view)
        if ready_by is None:
            return
        if self.memory.since and ready_by.timestamp() > self.memory.since + 1:
            self.memory.ran = 0.0
            self.memory.tally.begin_day()
        if self.memory.since != ready_by.timestamp():
            self.memory.since = ready_by.timestamp()
            self._remember()

    def _changed(self) -> None:
        self._remember()
        for changed in tuple(self._listeners):
            changed()
        self.look()

    def _tell_issue(self) -> None:
        ir.async_create_issue(
            self.hass,
            DOMAIN,
            f"ignores_{self.id}",
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key="device_ignores",
            translation_placeholders={"name": self.title, "reason": self._commands.failed or "-"},
        )

    def _forget_issue(self) -> None:
        ir.async_delete_issue(self.hass, DOMAIN, f"ignores_{self.id}")


def _word(step: PlanStep) -> str:
    """Why a plan's step is as it is; a gateway that gives no word says it by the power."""
    return step.why or ("runs" if step.power else "waits")
