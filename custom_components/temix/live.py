"""``temix/live``: a WebSocket command that sends what a card shows, each part again only when it has changed.

Any user may look. The first event has every part; the parts, their order and units are those of ``parts.py``.
All who look at the same gateway share one feed.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import probatio as vol
from homeassistant.components.websocket_api import async_register_command
from homeassistant.components.websocket_api.connection import ActiveConnection
from homeassistant.components.websocket_api.decorators import websocket_command
from homeassistant.components.websocket_api.messages import event_message
from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    ConfigEntry,
    ConfigEntryChange,
    ConfigEntryState,
)
from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN
from .coordinator import TemixCoordinator
from .delivered import Delivered
from .parts import SHAPES, Parts, View, without_gateway
from .response.responses import KEY as RESPONSES
from .response.running import Running

COMMAND: Final = f"{DOMAIN}/live"

_FEEDS: Final[HassKey[dict[str | None, Feed]]] = HassKey(f"{DOMAIN}_feeds")

type Send = Callable[[Parts], None]


@callback
def async_setup_live(hass: HomeAssistant) -> None:
    """Register the command, which answers with or without an entry."""
    hass.data[_FEEDS] = {}
    async_register_command(hass, _live)


@callback
@websocket_command({vol.Required("type"): COMMAND, vol.Optional(ATTR_CONFIG_ENTRY_ID): vol.Any(str, None)})
def _live(hass: HomeAssistant, connection: ActiveConnection, message: dict[str, Any]) -> None:
    """Begin to send."""
    feeds, wanted = hass.data[_FEEDS], message.get(ATTR_CONFIG_ENTRY_ID)
    feed = feeds.get(wanted)
    if feed is None:
        feed = feeds[wanted] = Feed(hass, wanted, partial(feeds.pop, wanted, None))

    def send(parts: Parts) -> None:
        connection.send_message(event_message(message["id"], parts))

    connection.send_result(message["id"])
    connection.subscriptions[message["id"]] = feed.join(send)


class Feed:
    """Follows one gateway, the entry named or any, for everybody who looks at it."""

    def __init__(self, hass: HomeAssistant, wanted: str | None, ended: Callable[[], object]) -> None:
        """Follow from now on; ``ended`` is called when nobody looks any more."""
        self._hass = hass
        self._wanted = wanted
        self._ended = ended
        self._lookers: list[Send] = []
        self._sources: dict[str, Any] = {}
        self._sent: Parts = {}
        self._due = False
        self._coordinator: TemixCoordinator | None = None
        self._delivered: Delivered | None = None
        self._leave: list[Callable[[], None]] = []
        self._stop = async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._entry_changed)
        self._look()

    @callback
    def join(self, send: Send) -> Callable[[], None]:
        """Send everything now, then what changes; returns what ends that."""
        self._lookers.append(send)
        send(self._sent)

        @callback
        def leave() -> None:
            self._lookers.remove(send)
            if not self._lookers:
                self._stop()
                self._follow(None)
                self._ended()

        return leave

    @callback
    def _entry_changed(self, change: ConfigEntryChange, entry: ConfigEntry[Any]) -> None:
        if entry.domain == DOMAIN:
            self._soon()

    @callback
    def _soon(self) -> None:
        """Look once, however much changes in this turn of the loop."""
        if not self._due:
            self._due = True
            self._hass.loop.call_soon(self._look)

    @callback
    def _look(self) -> None:
        self._due = False
        entry = self._entry()
        loaded = entry is not None and entry.state is ConfigEntryState.LOADED
        self._follow(entry.runtime_data if entry is not None and loaded else None)
        if self._coordinator is None or self._delivered is None:
            self._sources.clear()
            parts = without_gateway(entry)
            changed = parts if parts != self._sent else {}
            self._sent = parts
        else:
            self._delivered.look()
            changed = self._changed(View(self._hass, self._coordinator, self._delivered.rows))
            self._sent = self._sent | changed
        if changed:
            for send in self._lookers:
                send(changed)

    def _changed(self, view: View) -> Parts:
        """The parts whose sources have changed since they were sent."""
        changed: Parts = {}
        for name, shape in SHAPES.items():
            source = shape.source(view)
            if name not in self._sources or self._sources[name] != source:
                self._sources[name] = source
                changed[name] = shape.write(source)
        return changed

    def _entry(self) -> ConfigEntry[Any] | None:
        """The entry named; of all entries a loaded one before others."""
        entries = self._hass.config_entries.async_entries(DOMAIN, include_disabled=False)
        meant = [entry for entry in entries if self._wanted in {None, entry.entry_id}]
        return min(meant, key=lambda entry: entry.state is not ConfigEntryState.LOADED, default=None)

    @callback
    def _follow(self, coordinator: TemixCoordinator | None) -> None:
        """Hear of this coordinator's changes and its responses', and of no other's."""
        if coordinator is self._coordinator:
            return
        for leave in self._leave:
            leave()
        self._leave = []
        self._coordinator, self._delivered = coordinator, None
        if coordinator is None:
            return
        self._delivered = Delivered(self._hass, coordinator, self._soon)
        self._leave = [coordinator.async_add_listener(self._soon), self._delivered.stop]
        responses = self._hass.data[RESPONSES].get(coordinator.config_entry.entry_id)
        if responses is not None:
            self._leave.append(responses.follow(self._added))

    @callback
    def _added(self, running: Running) -> None:
        self._leave.append(running.listen(self._soon))
        self._soon()
