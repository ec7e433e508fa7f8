"""Between home and gateway: reports devices and meter, and carries the plan out, minute by minute.

A later version of the temix integration does this for one's own devices; the demo does it for the
simulated ones.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.event import async_track_utc_time_change
from homeassistant.util import dt as dt_util
from temix_market.instants import FIVE_MINUTES, from_datetime, to_datetime

from custom_components.temix.client import GatewayState, Reading, TemixError
from custom_components.temix.const import DOMAIN as TEMIX
from custom_components.temix.coordinator import TemixConfigEntry, TemixCoordinator

from .const import GRID_EXPORT, GRID_IMPORT, DeviceId
from .forecast import base_load
from .home import DemoHome, Now
from .models import devices

_LOGGER = logging.getLogger(__name__)

AHEAD: Final = timedelta(hours=48)
KEPT: Final = 2016
"""Readings that wait for a gateway to come back: a week of them."""


class Steering:
    """Moves the home on each minute, and talks to the gateway whenever there is one."""

    def __init__(self, hass: HomeAssistant, home: DemoHome, expected: Mapping[int, float]) -> None:
        """``expected`` is the base load in each hour of the day."""
        self._hass = hass
        self._home = home
        self._expected = expected
        self._readings: list[Reading] = []
        self._metered = net(home.now)

    async def start(self) -> Callable[[], None]:
        """Report at once, then each 5 minutes and whenever the gateway has no plan; returns how to end."""
        await self._report()
        return async_track_utc_time_change(self._hass, self._minute, second=0)

    async def _minute(self, now: datetime) -> None:
        plugged_in = self._home.now.plugged_in
        coordinator = self._coordinator()
        state = coordinator.data if coordinator else None
        self._read_meter(self._home.advance(from_datetime(now), planned(state, now)))
        # A gateway that has just started knows nothing of the home.
        unknown = state is not None and state.plan is None
        if unknown or plugged_in != self._home.now.plugged_in or now.minute % 5 == 0:
            await self._report()

    def _read_meter(self, lived: Sequence[Now]) -> None:
        """Note the net import of each 5 minutes that ended."""
        for minute in lived:
            if minute.until % FIVE_MINUTES:
                continue
            total, end = net(minute), to_datetime(minute.until)
            energy = total - self._metered
            self._readings.append(Reading(start=end - timedelta(minutes=5), end=end, energy=energy))
            self._metered = total
        del self._readings[:-KEPT]

    def _coordinator(self) -> TemixCoordinator | None:
        """The temix integration's, while one of its entries is set up."""
        entries: list[TemixConfigEntry] = self._hass.config_entries.async_loaded_entries(TEMIX)
        return entries[0].runtime_data if entries else None

    async def _report(self) -> None:
        """Tell the gateway about the home; what does not arrive is told again."""
        coordinator = self._coordinator()
        if coordinator is None:
            return
        now, zone = to_datetime(self._home.now.until), dt_util.get_default_time_zone()
        loads = base_load(self._expected, now, AHEAD, zone)
        sent = tuple(self._readings)
        try:
            await coordinator.client.report_home(now, devices(self._home, now, zone), loads)
            if sent:
                await coordinator.client.report_readings(sent)
                self._readings = self._readings[len(sent) :]
        except TemixError as error:
            _LOGGER.warning("The gateway did not take the report, it will be told again: %s", error)


def planned(state: GatewayState | None, now: datetime) -> Mapping[DeviceId, float]:
    """What the gateway's plan wants of each device now, W; nothing unless it is in charge."""
    if state is None or state.plan is None or state.mode != "automatic":
        return {}
    return {
        DeviceId(plan.device): step.power for plan in state.plan.devices for step in plan.steps if now in step
    }


def net(now: Now) -> int:
    """Net import since the meter was set up, Wh."""
    return round(now.energy[GRID_IMPORT.id] - now.energy[GRID_EXPORT.id])
