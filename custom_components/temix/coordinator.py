"""Brings what the gateway pushes to the entities, and moves them on at every interval boundary."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.helpers.event import async_call_later, async_track_point_in_utc_time
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util
from homeassistant.util.signal_type import SignalType

from .care import Care
from .client import (
    CertificateMismatch,
    Client,
    GatewayState,
    InvalidAuth,
    PriceStep,
    Spot,
    TemixError,
    stay_connected,
)
from .const import DOMAIN, INTERVAL, LOST_AFTER
from .curve.revisions import Revisions
from .curve.segments import to_buy
from .memory import Memory
from .news import EVENT, Look, Piece, between, revised
from .now import Now
from .options import revision_percent, settings
from .outlook import Moment, Outlook, whole_curve
from .repairs import (
    async_look_for_app,
    forget_app_removed,
    forget_certificate_changed,
    tell_certificate_changed,
)
from .statistics import SettledStatistics
from .turns import Turns

_LOGGER = logging.getLogger(__name__)

type TemixConfigEntry = ConfigEntry[TemixCoordinator]

LOOKED: SignalType[TemixCoordinator] = SignalType(f"{DOMAIN}_looked")
"""Sent after every look at a gateway's prices, once the entities show it."""


class TemixCoordinator(DataUpdateCoordinator[GatewayState]):
    """The gateway's state, what holds now, and whether the gateway is there."""

    config_entry: TemixConfigEntry
    now: Now
    outlook: Outlook
    moment: Moment

    def __init__(self, hass: HomeAssistant, entry: TemixConfigEntry, client: Client) -> None:
        """Wrap a client that is not connected yet."""
        super().__init__(hass, _LOGGER, config_entry=entry, name=DOMAIN)
        self.client = client
        self.connected = True
        self.version = ""
        self.zone: tzinfo = dt_util.get_default_time_zone()
        self.memory = Memory(hass, entry.entry_id)
        self.curve: list[PriceStep | Spot] = []
        self.statistics = SettledStatistics(hass, self)
        self.turns = Turns(hass, entry, hass.loop.time)
        self._care = Care(hass, entry)
        self._revisions = Revisions(revision_percent(entry.options))
        self._seen: Look | None = None
        self._task: asyncio.Task[None] | None = None
        self._looking: asyncio.Task[None] | None = None
        self._cancel_boundary: Callable[[], None] | None = None
        self._cancel_lost: Callable[[], None] | None = None

    async def async_connect(self) -> None:
        """Connect for the first time, then stay connected in the background.

        Raises:
            TemixError: the gateway cannot be reached or does not let us in.
        """
        await self.memory.async_load()
        state = await self.client.connect()
        self.zone = await dt_util.async_get_time_zone(state.zone) or self.zone
        self.on_state(state)
        self._task = self.config_entry.async_create_background_task(
            self.hass, stay_connected(self.client, self), f"{DOMAIN} {self.config_entry.title}"
        )

    @callback
    def on_state(self, state: GatewayState) -> None:
        """Show a new state."""
        if self._cancel_lost is not None:
            self._cancel_lost()
            self._cancel_lost = None
        if not self.connected:
            self.connected = True
            _LOGGER.info("Connected to gateway %s again", self.config_entry.title)
        self._note_version()
        forget_certificate_changed(self.hass, self.config_entry)
        forget_app_removed(self.hass, self.config_entry)
        self._look(state)
        self.async_set_updated_data(state)
        self._tell()

    @callback
    def on_lost(self, error: TemixError) -> None:
        """Wait a while before saying so: most outages are shorter than anybody should notice."""
        _LOGGER.debug("No connection to gateway %s: %s", self.config_entry.title, error)
        if isinstance(error, InvalidAuth):
            self.config_entry.async_start_reauth(self.hass)
        if isinstance(error, CertificateMismatch):
            tell_certificate_changed(self.hass, self.config_entry)
        self._looking = self.config_entry.async_create_background_task(
            self.hass, async_look_for_app(self.hass, self.config_entry), f"{DOMAIN} looks for the app"
        )
        if self._cancel_lost is None and self.connected:
            self._cancel_lost = async_call_later(self.hass, LOST_AFTER, self._lost)

    @callback
    def look_again(self) -> None:
        """The owner's settings have changed."""
        self._revisions.percent = revision_percent(self.config_entry.options)
        self._look(self.data)
        self.async_update_listeners()
        self._tell()

    @override
    async def async_shutdown(self) -> None:
        """Stop every timer and end the connection; first the task that would make it again."""
        if self._task is not None:
            self._task.cancel()
        for cancel in (self._cancel_boundary, self._cancel_lost):
            if cancel is not None:
                cancel()
        self._cancel_boundary = self._cancel_lost = None
        await self.memory.async_save()
        await self.client.close()
        await super().async_shutdown()

    @callback
    def _lost(self, _: datetime) -> None:
        self._cancel_lost = None
        self.connected = False
        _LOGGER.info("Connection to gateway %s is lost", self.config_entry.title)
        self.async_update_listeners()

    @callback
    def _boundary(self, _: datetime) -> None:
        self._cancel_boundary = None
        self._look(self.data)
        self.async_update_listeners()
        self._tell()

    @callback
    def _look(self, state: GatewayState) -> None:
        """See what holds now, and look again when the next interval begins."""
        self.turns.begin()
        instant = dt_util.utcnow()
        self.now = Now.of(state, instant, getattr(self, "now", None))
        self.moment = Moment.at(instant, self.zone)
        history = self.memory.history.seen(self.now.price, instant)
        self.curve = whole_curve(state, history)
        self.outlook = Outlook(
            to_buy(self.curve),
            self.now.buy,
            self.moment,
            settings(self.config_entry.options),
            self.memory.windows,
        )
        self.memory.note_history(history)
        if self._cancel_boundary is not None:
            self._cancel_boundary()
        passed = (instant - dt_util.utc_from_timestamp(0)) % INTERVAL
        self._cancel_boundary = async_track_point_in_utc_time(
            self.hass, self._boundary, instant - passed + INTERVAL
        )

    @callback
    def _tell(self) -> None:
        """Tell of a look, once the entities show it."""
        for work in (self._tell_news, self._tell_moved, self._tell_others):
            self.turns.do(work)

    @callback
    def _tell_news(self) -> None:
        """Tell what has happened since the look before; the first look tells nothing."""
        self.memory.note_windows(self.outlook.windows)
        look = Look(self.moment.instant, self.data, self.outlook, self.now.buy)
        before, self._seen = self._seen, look
        for piece in () if before is None else between(before, look):
            self._fire(piece)

    @callback
    def _tell_moved(self) -> None:
        """Tell of published hours whose price has moved."""
        for moved in self._revisions.look(to_buy(self.data.prices), self.moment.instant):
            self._fire(revised(moved))

    @callback
    def _tell_others(self) -> None:
        """Let triggers, repair issues and statistics look, too."""
        async_dispatcher_send(self.hass, LOOKED, self)
        self._care.look(self.data, self.moment.instant, priced=self.now.price is not None)
        self.statistics.look()

    @callback
    def _fire(self, piece: Piece) -> None:
        told = {"type": piece.type.value, "config_entry_id": self.config_entry.entry_id}
        self.hass.bus.async_fire(EVENT, told | piece.data)

    @callback
    def _note_version(self) -> None:
        """Keep the device's version right when the gateway comes back newer."""
        version = self.client.hello.version
        registry = dr.async_get(self.hass)
        identifier = (DOMAIN, self.config_entry.unique_id or "")
        device = registry.async_get_device_by_identifier(identifier, self.config_entry.entry_id)
        if device is not None and device.sw_version != version:
            registry.async_update_device(device.id, sw_version=version)
        self.version = version
