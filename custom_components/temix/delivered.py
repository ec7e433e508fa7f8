"""What settled intervals had as position and delivery, from the gateway's ledger, while somebody looks."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from homeassistant.core import HomeAssistant, callback

from .client import StatementLine, TemixError
from .const import DOMAIN
from .coordinator import TemixCoordinator
from .curve.segments import FIVE_MINUTES, mark_at_or_before

_LOGGER = logging.getLogger(__name__)

KEPT: Final = timedelta(hours=24)
CORRECTED_WITHIN: Final = timedelta(hours=1)
"""So far back it looks again each time; a later correction is seen when the card is opened again."""


class Delivered:
    """The lines of the last day's statement, by interval."""

    def __init__(
        self, hass: HomeAssistant, coordinator: TemixCoordinator, changed: Callable[[], None]
    ) -> None:
        """Know nothing yet; ``changed`` is called whenever there is more."""
        self._hass = hass
        self._coordinator = coordinator
        self._changed = changed
        self._lines: dict[datetime, StatementLine] = {}
        self._revision: int | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def rows(self) -> tuple[tuple[datetime, datetime, int, int], ...]:
        """Start, end, position and net import (Wh) of each settled interval, in order."""
        return tuple(
            (line.start, line.end, line.position, line.imported - line.exported)
            for _, line in sorted(self._lines.items())
        )

    @callback
    def look(self) -> None:
        """Ask once for each revision of the ledger's settlement."""
        account = self._coordinator.data.account
        if account is None or account.revision == self._revision or (self._task and not self._task.done()):
            return
        self._revision = account.revision
        self._task = self._coordinator.config_entry.async_create_background_task(
            self._hass, self._read(), f"{DOMAIN} delivered"
        )

    @callback
    def stop(self) -> None:
        """Ask no more."""
        if self._task is not None:
            self._task.cancel()

    async def _read(self) -> None:
        now = mark_at_or_before(self._coordinator.moment.instant)
        begin = now - KEPT
        kept = {start: line for start, line in self._lines.items() if start >= begin}
        since = max(begin, max(kept, default=begin) - CORRECTED_WITHIN)
        try:
            found = await self._coordinator.client.get_statement(since, now + FIVE_MINUTES, "interval")
        except TemixError as error:
            self._revision = None  # the next look asks again
            _LOGGER.debug("No statement by intervals from the gateway: %s", error)
            return
        self._lines = kept | {line.start: line for line in found.lines if line.settled}
        self._changed()
