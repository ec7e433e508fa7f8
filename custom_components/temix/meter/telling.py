"""Tells the gateway what the home used in past hours, and how its rooms were: its forecasts need both."""

import logging
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import timedelta
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ..client import Client, Hello, TemixError
from ..response.heat_cool import HeatCool
from ..response.home import device_of
from . import rooms
from .history import Led, read
from .sources import Sources, find

_LOGGER = logging.getLogger(__name__)

EVERY: Final = timedelta(days=1)
AGAIN: Final = timedelta(minutes=15)
"""Where there was nothing to tell yet, or it could not be told."""


class PastHours:
    """Tells them at each new connection, when other devices are led, and every day."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
        """Have told nothing."""
        self._hass = hass
        self._entry = entry
        self._hello: Hello | None = None
        self._led: AbstractSet[str] = frozenset()
        self._due = 0.0

    async def tell(self, client: Client, led: AbstractSet[str], thermostats: Mapping[str, HeatCool]) -> None:
        """Tell them if that is due; ``led`` are the ids of the devices that are led.

        ``thermostats`` are the responses that lead one, by their ids.
        """
        clock = self._hass.loop.time
        # A gateway that comes back greets anew, and has forgotten them.
        if client.hello is self._hello and led == self._led and clock() < self._due:
            return
        sources = await find(self._hass, self._entry)
        now = dt_util.utcnow()
        hours = await read(self._hass, sources, _registers(self._hass, sources, led), now)
        past = await rooms.read(self._hass, sources, thermostats, now)
        self._hello, self._led, self._due = client.hello, led, clock() + AGAIN.total_seconds()
        if hours is None and not past:
            return
        try:
            await client.report_history(
                now if hours is None else hours.start,
                () if hours is None else hours.load,
                () if hours is None else hours.sun,
                past,
            )
        except TemixError as error:
            _LOGGER.debug("The gateway could not be told of past hours: %s", error)
        else:
            self._due = clock() + EVERY.total_seconds()


def _registers(hass: HomeAssistant, sources: Sources, led: AbstractSet[str]) -> Led:
    """The registers that belong to devices led."""
    drew, gave = (
        tuple(each for each in registers if device_of(hass, each) in led)
        for registers in (sources.devices + sources.charged, sources.discharged)
    )
    return Led(drew, gave)
