"""Tells people that a good time has begun, by an entity that they chose or on Home Assistant's page."""

import asyncio
from typing import Any

from homeassistant.components import persistent_notification
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError

from ..const import DOMAIN
from .home import entity_id
from .just_tell import JustTell
from .running import Running
from .words import clock, say


class Telling:
    """Follows one response that only tells."""

    def __init__(self, hass: HomeAssistant, running: Running) -> None:
        """Tell nothing of a good time that has begun already."""
        self._hass = hass
        self._running = running
        self._told = running.good_time
        self._tasks: set[asyncio.Task[Any]] = set()

    @callback
    def look(self) -> None:
        """Tell when a good time begins."""
        good, before = self._running.good_time, self._told
        self._told = good
        if good and before is False:
            task = self._hass.async_create_task(self._tell(), f"{DOMAIN} tell {self._running.title}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _tell(self) -> None:
        running = self._running
        end = running.good_until
        message = say(
            self._hass, "telling", "begins", name=running.title, end="–" if end is None else clock(end)
        )
        adapter = running.adapter
        target = entity_id(self._hass, adapter.notify) if isinstance(adapter, JustTell) else None
        if target is None:
            persistent_notification.async_create(self._hass, message, running.title, f"{DOMAIN}_{running.id}")
            return
        data = {"entity_id": target, "title": running.title, "message": message}
        try:
            await self._hass.services.async_call("notify", "send_message", data, blocking=True)
        except HomeAssistantError:
            persistent_notification.async_create(self._hass, message, running.title, f"{DOMAIN}_{running.id}")
