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
from .manual import WINDOW, Command
from .model import Demand

_LOGGER = logging.getLogger(__name__)

ANSWER_WITHIN: Final = timedelta(seconds=10)
RETRY_AFTER: Final = timedelta(seconds=10)
LONGEST_RETRY: Final = timedelta(minutes=1)


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
        self._hass = hass
        self._at = 0.0
        self._confirmed: set[int] = set()
        self._contexts: deque[str] = deque(maxlen=20)

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
        return patience.total_seconds() - (self._hass.loop.time() - self._at)

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

    async def demand(self, demands: tuple[Demand, ...]) -> None:
        """Say something new."""
        self._begin(demands)
        await self.repeat()

    async def repeat(self) -> None:
        """Say it, to whichever entity is not as wanted."""
        self._at, self.tries, self.failed = self._hass.loop.time(), self.tries + 1, ""
        for number, demand in enumerate(self.demands):
            if number not in self._confirmed or not self.met(demand):
                await self._say(demand)
                if demand.momentary and not self.failed:
                    self._confirmed.add(number)
        self.look()

    @callback
    def look(self) -> None:
        """See which entities are as wanted."""
        self._confirmed |= {number for number, demand in enumerate(self.demands) if self.met(demand)}

    def met(self, demand: Demand) -> bool:
        """Whether an entity is as wanted; of what leaves nothing to see, whether it was said."""
        if demand.momentary:
            return demand in (self.demands[number] for number in self._confirmed)
        state = state_of(self._hass, demand.entity)
        fitted = demand.fitted(state)
        return fitted.met_by(fitted.shown(state))

    def to(self, entity: str) -> list[tuple[Demand, Command]]:
        """What was demanded of an entity (by its entity id), and how far it is."""
        age = timedelta(seconds=self._hass.loop.time() - self._at)
        return [
            (fitted, Command(fitted, number in self._confirmed, age))
            for number, demand in enumerate(self.demands)
            if entity_id(self._hass, demand.entity) == entity
            for fitted in [demand.fitted(state_of(self._hass, entity))]
        ]

    def _begin(self, demands: tuple[Demand, ...]) -> None:
        self.demands, self.tries, self.failed, self._confirmed = demands, 0, "", set()

    async def _say(self, demand: Demand) -> None:
        context = Context()
        self._contexts.append(context.id)
        demand = demand.fitted(state_of(self._hass, demand.entity))
        target = entity_id(self._hass, demand.entity) or ""
        data: dict[str, Any] = {"entity_id": target, **demand.data}
        try:
            async with asyncio.timeout(ANSWER_WITHIN.total_seconds()):
                await self._hass.services.async_call(
                    target.partition(".")[0], demand.action, data, blocking=True, context=context
                )
        except (HomeAssistantError, TimeoutError) as error:
            self.failed = str(error) or type(error).__name__
            _LOGGER.debug("%s %s failed: %s", demand.action, target, self.failed)
        except Exception as error:  # noqa: BLE001 - any integration may stand behind an entity; it is told again
            self.failed = f"{type(error).__name__}: {error}"
            _LOGGER.warning("%s %s failed: %s", demand.action, target, self.failed)


def state_of(hass: HomeAssistant, entity: str) -> State | None:
    """An entity's state, by its registry id or entity id; none where it is away."""
    state = hass.states.get(entity_id(hass, entity) or "")
    return None if state is None or state.state == "unavailable" else state
