"""Tells entities what is wanted of them, sees whether they obey, and tells them again."""

import asyncio
import logging
from collections import deque
from collections.abc import Collection
from datetime import timedelta
from typing import Any, Final

from homeassistant.core import Context, HomeAssistant, State, callback
from homeassistant.exceptions import HomeAssistantError

from .home import entity_id
from .lease import LENGTH
from .manual import WINDOW, Command
from .model import Demand
from .timer import own_timer

_LOGGER = logging.getLogger(__name__)

ANSWER_WITHIN: Final = timedelta(seconds=10)
RETRY_AFTER: Final = timedelta(seconds=10)
LONGEST_RETRY: Final = timedelta(seconds=45)
ECHOES: Final = timedelta(minutes=2)
"""So long a slow device may still show what it was told before."""


class Commands:
    """What was last demanded of a response's entities, and what became of it.

    Attributes:
        demands: what was demanded; nothing at first, and after ``forget``.
        tries: how often it was said.
        failed: why it could not be said the last time; empty where it could.
    """

    def __init__(self, hass: HomeAssistant) -> None:
        """Have demanded nothing."""
        self.demands: tuple[Demand, ...] = ()
        self.tries = 0
        self.failed = ""
        self.hass = hass
        self._at = 0.0
        self._begun = 0.0
        self._timed: tuple[Demand, ...] = ()
        self._timerless = False
        self._confirmed: set[int] = set()
        self._contexts: deque[str] = deque(maxlen=20)
        self._before: deque[tuple[float, tuple[Demand, ...]]] = deque(maxlen=8)

    @property
    def done(self) -> bool:
        """Whether every entity was seen to obey."""
        return len(self._confirmed) == len(self.demands)

    @property
    def contexts(self) -> Collection[str]:
        """Ids of the contexts of our last actions."""
        return self._contexts

    @property
    def due_in(self) -> float:
        """Seconds until what was not obeyed is said again: soon after an error, else after the window."""
        patience = min(RETRY_AFTER * self.tries, LONGEST_RETRY) if self.failed else WINDOW
        return patience.total_seconds() - (self.hass.loop.time() - self._at)

    @callback
    def forget(self) -> None:
        """Nothing is demanded any more."""
        self._begin(())

    @callback
    def doubt(self) -> None:
        """An entity was away: what it was told must be seen again, or is said again at once."""
        self._confirmed = {number for number in self._confirmed if self.demands[number].momentary}
        self._at = -LONGEST_RETRY.total_seconds()

    @callback
    def take_as_done(self, demands: tuple[Demand, ...]) -> None:
        """Nothing need be said: it is so already."""
        self._begin(demands)
        self.look()

    async def demand(self, demands: tuple[Demand, ...], timed: tuple[Demand, ...] = ()) -> None:
        """Say something new; those of ``timed`` by the device's own timer, where it has one."""
        self._begin(demands)
        self._timed = timed
        await self.repeat()

    async def renew(self) -> None:
        """Start the devices' own timers anew, where they were used and the device obeyed."""
        if self.done:
            for demand in self._timed:
                await self._say_timed(demand)

    async def repeat(self) -> None:
        """Say it, to whichever entity is not as wanted."""
        self._at, self.tries, self.failed = self.hass.loop.time(), self.tries + 1, ""
        for number, demand in enumerate(self.demands):
            if number in self._confirmed and self.met(demand):
                continue
            # A device that has no such timer after all does nothing: it is told again without.
            if self.tries > 1 or demand not in self._timed or not await self._say_timed(demand):
                await self._say(demand)
                if demand.momentary and not self.failed:
                    self._confirmed.add(number)
        self.look()

    @callback
    def look(self) -> None:
        """See which entities are as wanted."""
        before = self.done
        self._confirmed |= {number for number, demand in enumerate(self.demands) if self.met(demand)}
        if self._timed and self.done and not before and self.tries == 2:
            self._timerless, self._timed = True, ()

    def met(self, demand: Demand) -> bool:
        """Whether an entity is as wanted; of what leaves nothing to see, whether it was said."""
        if demand.momentary:
            return demand in (self.demands[number] for number in self._confirmed)
        state = state_of(self.hass, demand.entity)
        fitted = demand.fitted(state)
        return fitted.met_by(fitted.shown(state))

    def to(self, entity: str) -> list[tuple[Demand, Command]]:
        """What was demanded of an entity (by its entity id), and how far it is."""
        age = timedelta(seconds=self.hass.loop.time() - self._begun)
        return [
            (fitted, Command(fitted, number in self._confirmed, age, self._echoes(demand.entity)))
            for number, demand in enumerate(self.demands)
            if entity_id(self.hass, demand.entity) == entity
            for fitted in [demand.fitted(state_of(self.hass, entity))]
        ]

    def _echoes(self, entity: str) -> tuple[Demand, ...]:
        since = self.hass.loop.time() - ECHOES.total_seconds()
        return tuple(
            demand
            for at, before in self._before
            if at >= since
            for demand in before
            if demand.entity == entity
        )

    def _begin(self, demands: tuple[Demand, ...]) -> None:
        if self.demands:
            self._before.append((self.hass.loop.time(), self.demands))
        self.demands, self.tries, self.failed, self._confirmed = demands, 0, "", set()
        self._begun, self._timed = self.hass.loop.time(), ()

    async def _say(self, demand: Demand) -> None:
        demand = demand.fitted(state_of(self.hass, demand.entity))
        target = entity_id(self.hass, demand.entity) or ""
        data: dict[str, Any] = {"entity_id": target, **demand.data}
        await self._act(target.partition(".")[0], demand.action, data)

    async def _say_timed(self, demand: Demand) -> bool:
        """Turn it on by its own timer; whether it has one."""
        timer = None if demand.action != "turn_on" or self._timerless else own_timer(self.hass, demand.entity)
        if timer is not None:
            await self._act(*timer.call(LENGTH))
        return timer is not None

    async def _act(self, domain: str, action: str, data: dict[str, Any]) -> None:
        context = Context()
        self._contexts.append(context.id)
        try:
            async with asyncio.timeout(ANSWER_WITHIN.total_seconds()):
                await self.hass.services.async_call(domain, action, data, blocking=True, context=context)
        except (HomeAssistantError, TimeoutError) as error:
            self.failed = str(error) or type(error).__name__
            _LOGGER.debug("%s.%s %s failed: %s", domain, action, data, self.failed)
        except Exception as error:  # noqa: BLE001 - any integration may stand behind an entity; it is told again
            self.failed = f"{type(error).__name__}: {error}"
            _LOGGER.warning("%s.%s %s failed: %s", domain, action, data, self.failed)


def state_of(hass: HomeAssistant, entity: str) -> State | None:
    """An entity's state, by its registry id or entity id; none where it is away."""
    state = hass.states.get(entity_id(hass, entity) or "")
    return None if state is None or state.state == "unavailable" else state
