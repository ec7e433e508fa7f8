"""Much to do, and an event loop that is not ours alone: work in pieces, in short turns of the loop."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from .const import DOMAIN

_LOGGER = logging.getLogger(__name__)

TURN_S: Final = 0.0003
"""After so long the next piece waits for the next turn of the loop: whatever else is ready comes first."""

type Work = Callable[[], None]


class Turns:
    """Does pieces of work in order: at once while the turn has room, else as soon as others had theirs."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, clock: Callable[[], float]) -> None:
        """Belong to ``entry``, which waits for its tasks when it is unloaded; ``clock`` tells seconds."""
        self._hass = hass
        self._entry = entry
        self._clock = clock
        self._until = 0.0
        self._due: dict[Work, None] = {}
        self._task: asyncio.Task[None] | None = None

    @callback
    def begin(self) -> None:
        """A turn begins; what is done before the first piece counts, too."""
        self._until = self._clock() + TURN_S

    @callback
    def do(self, work: Work) -> None:
        """Do ``work`` after all that is due; what is due already is done once, at its new place."""
        if not self._due and self._clock() < self._until:
            work()
            return
        self._due.pop(work, None)
        self._due[work] = None
        if self._task is None:
            self._task = self._entry.async_create_task(
                self._hass, self._go_on(), f"{DOMAIN} turns", eager_start=False
            )

    async def _go_on(self) -> None:
        try:
            self.begin()
            while self._due:
                if self._clock() >= self._until:
                    await asyncio.sleep(0)
                    self.begin()
                work = next(iter(self._due))
                del self._due[work]
                self._carry_out(work)
        finally:
            self._task = None

    @callback
    def _carry_out(self, work: Work) -> None:
        """As with all listeners of a coordinator, one that fails keeps no other from its turn."""
        try:
            work()
        except Exception:
            _LOGGER.exception("Unexpected error in %s", work)
