"""What must outlive a restart: the prices of the day so far, and which windows have begun."""

from collections.abc import Sequence
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from .client.wire import from_ms, to_ms
from .const import DOMAIN
from .curve.history import History
from .outlook import Before, Window, Windows

VERSION: Final = 1
SAVE_AFTER_S: Final = 900
"""Prices change every five minutes; a memory card wears out by writing."""


class Memory:
    """The file of one entry."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Know nothing yet."""
        self._store: Store[dict[str, Any]] = Store(hass, VERSION, f"{DOMAIN}.{entry_id}.prices")
        self.history = History()
        self.windows: Before = (Windows(), Windows())

    async def async_load(self) -> None:
        """Remember."""
        stored = await self._store.async_load()
        if stored is not None:
            self.history = History.load(stored["spots"])
            cheapest, dearest = (_window(row) for row in stored["begun"])
            self.windows = Windows(begun=cheapest), Windows(begun=dearest)

    def note_history(self, history: History) -> None:
        """Keep the prices so far, and write them down some time."""
        if history is not self.history:
            self.history = history
            self._store.async_delay_save(self._dump, SAVE_AFTER_S)

    def note_windows(self, windows: Before) -> None:
        """Keep the windows of the last look, and write down some time which have begun."""
        if windows != self.windows:
            self.windows = windows
            self._store.async_delay_save(self._dump, SAVE_AFTER_S)

    async def async_save(self) -> None:
        """Write it down now."""
        await self._store.async_save(self._dump())

    async def async_forget(self) -> None:
        """Leave nothing behind on the disk."""
        await self._store.async_remove()

    def _dump(self) -> dict[str, Any]:
        begun = [
            window and [to_ms(window.start), to_ms(window.end), window.mean]
            for window in (windows.begun for windows in self.windows)
        ]
        return {"spots": self.history.dump(), "begun": begun}


def _window(row: Sequence[int] | None) -> Window | None:
    return None if row is None else Window(from_ms(row[0]), from_ms(row[1]), row[2])
