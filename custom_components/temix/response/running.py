"""One response at work: follows the plan under a lease, makes way for a person, falls back to the default."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..client import Device, Held
from ..const import DOMAIN, MICRO
from .commands import Commands
from .counting import count, end_what_is_over
from .deciding import Facts, decide, fitting, resting
from .home import Home, power_beside
from .lease import Lease
from .level import Level
from .model import Adapter, Demand
from .pause_when_dear import PauseWhenDear
from .planned import Planned
from .room import Room
from .status import Doing, Gateway, Goal, Memory, Mode
from .troubles import Issues, found
from .watch import Watch, by_hand

_LOGGER = logging.getLogger(__name__)

LOOK_EVERY: Final = timedelta(seconds=30)
MOST_AN_HOUR: Final = 30
"""Changes of what is demanded, for the device's sake; beyond them only its default comes through."""
COARSE: Final = 100
"""W, to which the draw of a held device is told: a plan does not change for less."""


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
        room: Room,
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
        self._room = room
        self._clock = hass.loop.time
        self._lease = Lease(memory, self._clock)
        self._commands = Commands(hass)
        self._issues = Issues(hass, response_id, self._clock)
        self._levels: dict[str, Level] = {}
        self._changes: deque[float] = deque(maxlen=MOST_AN_HOUR)
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._watch = Watch(hass, self._seen)
        self._listeners: list[Callable[[], None]] = []
        self._looked: tuple[float, bool] = (self._clock(), False)
        self._late_for: datetime | None = None

    # For entities, actions and the responses of the entry.

    def listen(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call ``changed`` after each change; returns what ends that."""
        self._listeners.append(changed)
        return lambda: self._listeners.remove(changed)

    def start(self, create_task: Callable[[Any, str], asyncio.Task[None]]) -> None:
        """Begin to work; nothing is known of what the device did meanwhile."""
        self._commands.forget()
        self._lease.start(dt_util.utcnow())
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
        ready_by, busy = self.adapter.ready_by(view), self.planned.busy(view.now)
        until = ready_by or (busy[-1].end if busy else view.now + self.adapter.hold)
        self.memory.skip = until.timestamp()
        self.memory.disarm()
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
        self._lease.end()
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
        return self.planned.next_start(dt_util.utcnow())

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
    def planned(self) -> Planned:
        """What the gateway plans for it."""
        return Planned.of(self._gateway().state, self.id)

    @property
    def good_time(self) -> bool | None:
        """Whether the plan finds now a good time; none without a plan, or where its owner wants none."""
        goal = self.goal
        if goal.advised is None or goal.reason in {"no_plan", "unplannable"}:
            return None
        return goal.advised > 0

    @property
    def good_until(self) -> datetime | None:
        """When the good time ends that is now."""
        busy = self.planned.busy(now := dt_util.utcnow())
        return busy[-1].end if busy and busy[0].start <= now else None

    @property
    def currency(self) -> str | None:
        """The tenders' currency."""
        state = self._gateway().state
        return None if state is None else state.currency

    def device(self) -> Device | None:
        """What the gateway shall plan; of a device that a person leads, what it draws meanwhile."""
        memory, view = self.memory, self._view()
        if memory.mode is not Mode.AUTOMATIC or memory.skip is not None:
            return None
        if memory.held is not None:
            until = max(dt_util.utc_from_timestamp(memory.held), view.now)
            return Held(id=self.id, power=round(self._drawn() / COARSE) * COARSE, until=until)
        device = self.adapter.device(self.id, view)
        return device if device is None else replace(device, advise=self.adapter.advise)

    # Work.

    async def stop(self) -> None:
        """Leave the device at the owner's default, and end."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        self._watch.end()
        if self.memory.lease is not None and not self.adapter.out_of_reach(self._view()):
            self.memory.changed = dt_util.utcnow().timestamp()
            await self._commands.demand(self.adapter.default())
            if not self._commands.failed:
                self._lease.end()
            self._remember()
        self._room.forget(self.id)
        self._issues.show((), self.title)

    async def _run(self) -> None:
        while True:
            wait = await self.step()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._wake.wait()
            self._wake.clear()

    async def step(self) -> float:
        """Look, and do what is due; returns after how many seconds to look again."""
        self._watch.follow(self.adapter.controlled)
        view = self._view()
        self._count(view)
        self._hear(view.now)
        before, self.goal = self.goal, self._decide(view)
        if self.goal.demands is not None:
            self.goal = await self._bring_about(self.goal, self.goal.demands, before)
        elif self.goal.doing is Doing.HELD:
            self._room.draws(self.id, self._drawn(), self.adapter.ways)
        if self.goal.led and self._lease.keep(view.now):
            self._remember()
            await self._commands.renew()
        troubles = found(self.adapter.at(view), view, self._commands, self.planned.unplannable)
        self._issues.show(troubles, self.title)
        if self.goal != before:
            for changed in tuple(self._listeners):
                changed()
        return self._due_in(view.now)

    def _count(self, view: Home) -> None:
        now, (then, ran) = self._clock(), self._looked
        stored = count(self.memory, self.adapter, view, self.goal, seconds=now - then, ran=ran)
        self._looked = now, all(map(self._commands.met, self.adapter.run_now()))
        before = replace(self.memory)
        end_what_is_over(self.memory, self.adapter, self._view())
        if stored or self.memory != before:
            self._remember()

    def _hear(self, now: datetime) -> None:
        """The gateway is there, and its plan, where one is followed, covers this moment: a new lease."""
        gateway = self._gateway()
        if gateway.state is not None and self.memory.automatic != (gateway.state.mode == "automatic"):
            self.memory.automatic = not self.memory.automatic
            self._remember()
        covered = isinstance(self.adapter, PauseWhenDear) or self.planned.at(now) is not None
        if gateway.connected and covered:
            self._lease.hear()

    def _decide(self, view: Home) -> Goal:
        ready_by = self.adapter.ready_by(view)
        if self._late_for is not None and (self._late_for != ready_by or self.adapter.finished(view)):
            self._late_for = None
        facts = Facts(
            adapter=self.adapter,
            memory=self.memory,
            view=view,
            lease=self._lease,
            step=self.planned.at(view.now),
            unplannable=self.planned.unplannable != "",
            heard=self._gateway().state is not None,
            before=self.goal,
            late_for=self._late_for,
        )
        goal = decide(facts)
        if goal.reason == "deadline":
            self._late_for = ready_by
        return fitting(goal, self.adapter.at(view), self._room, self.id, self.hass)

    async def _bring_about(self, goal: Goal, demands: tuple[Demand, ...], before: Goal) -> Goal:
        """Say what is demanded, or leave the device as it is while it rests; returns what it does."""
        commands, now = self._commands, dt_util.utcnow()
        commands.look()
        if demands != commands.demands:
            met = all(map(commands.met, demands))
            if not met and (until := self._rests_until(now, led=goal.led)) is not None:
                return resting(goal, before, until)
            await self._begin(goal, demands, now, met=met)
        elif not commands.done and commands.due_in <= 0:
            await commands.repeat()
        if commands.done and not goal.led and self._lease.end():
            self._remember()
        return goal

    def _rests_until(self, now: datetime, *, led: bool) -> datetime | None:
        """Until when the device's least time, or its hour's changes, forbid another change; none: no more."""
        at, changed = now.timestamp(), self.memory.changed
        ends = [changed + self.adapter.least.total_seconds()] if changed <= at else []
        if led and len(self._changes) == MOST_AN_HOUR:
            ends.append(at + self._changes[0] - self._clock() + timedelta(hours=1).total_seconds())
        end = max(ends, default=0.0)
        return dt_util.utc_from_timestamp(round(end, 1)) if end > at else None

    async def _begin(self, goal: Goal, demands: tuple[Demand, ...], now: datetime, *, met: bool) -> None:
        default = self.adapter.default()
        if not met:
            self.memory.changed = now.timestamp()
            self._changes.append(self._clock())
        if goal.led and self._lease.begin(now):
            await self._store()  # before the command: a crash after it must find that the device was led
        elif not met:
            self._remember()
        self._room.draws(self.id, goal.power if goal.led else self._by_default(), self.adapter.ways)
        if met and not goal.led:
            self._commands.take_as_done(demands)
        else:
            timed = tuple(demand for demand in demands if demand not in default) if goal.led else ()
            await self._commands.demand(demands, timed)

    def _by_default(self) -> float:
        return self.adapter.full_power if self.adapter.default() == self.adapter.run_now() else 0.0

    def _drawn(self) -> float:
        """What the device draws now, W: by its own sensor, else by what it was set to."""
        for entity in self.adapter.controlled:
            if (measured := power_beside(self.hass, entity)) is not None:
                return measured
        return self.adapter.full_power if all(map(self._commands.met, self.adapter.run_now())) else 0.0

    def _due_in(self, now: datetime) -> float:
        """Seconds to the next boundary, retry or end of a lease or hold."""
        due = [LOOK_EVERY.total_seconds()]
        planned = self.planned
        step, later = planned.at(now), planned.after(now)
        if step is not None:
            due.append((step.end - now).total_seconds())
        if later is not None:
            due.append((later - now).total_seconds())
        if self._lease.ends_in > 0:
            due.append(self._lease.ends_in)
        if self._commands.demands and not self._commands.done:
            due.append(max(0.5, self._commands.due_in))
        for until in (self.memory.held, None if (end := self.goal.until) is None else end.timestamp()):
            if until is not None:
                due.append(max(0.5, until - now.timestamp()))
        return max(0.001, min(due))

    # What others do to the device.

    @callback
    def _seen(self, event: Event[EventStateChangedData]) -> None:
        old, new = event.data["old_state"], event.data["new_state"]
        if new is not None and self.memory.mode is not Mode.OFF and self.memory.held is None:
            view = self._view()
            finished = self.adapter.finished(view)
            done = self.goal.doing is Doing.DONE
            if by_hand(self.adapter, self._commands, old, new, finished=finished, done=done):
                _LOGGER.info("%s is held: %s was changed by hand", self.title, new.entity_id)
                self.memory.mode = Mode.AUTOMATIC
                self.hold(self._hold_for(view))
            elif not self.adapter.programme and not finished:
                self._commands.doubt()  # what its own programme changed is changed back
        if old is None or old.state in {"unavailable", "unknown"}:
            self._commands.doubt()
        self.look()

    def _hold_for(self, view: Home) -> timedelta:
        ready_by = self.adapter.ready_by(view) if self.adapter.hold_until_ready else None
        return self.adapter.hold if ready_by is None else ready_by - view.now

    # What it knows.

    def _view(self) -> Home:
        state, now = self._gateway().state, dt_util.utcnow()
        spot = None if state is None else state.spot_at(now)
        price = None if spot is None or spot.buy is None else spot.buy / MICRO
        sold = None if spot is None or spot.sell is None else spot.sell / MICRO
        ran = timedelta(seconds=self.memory.ran)
        return Home(self.hass, now, ran, self.memory.armed, price, sold, self._levels)

    def _changed(self) -> None:
        self._remember()
        for changed in tuple(self._listeners):
            changed()
        self.look()
