"""Reads the grid meter at every 5 minutes, keeps what could not be told yet, and says what looks wrong."""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, UnitOfEnergy
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_track_utc_time_change
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util
from homeassistant.util.unit_conversion import EnergyConverter, PowerConverter

from ..client import Client, Reading, TemixError
from ..client.register import Look, passed
from ..const import DOMAIN, INTERVAL
from ..response.model import as_number
from ..response.room import Room
from ..response.troubles import Issues, Trouble
from .sources import Sources, find

_LOGGER = logging.getLogger(__name__)

VERSION: Final = 1
SAVED_WITHIN_S: Final = 30.0
KEPT: Final = 3_000
"""Readings: ten days of 5 minutes, after which what was used is final without them."""
AT_ONCE: Final = 600
"""Readings in one message."""
MOST: Final = 50_000.0
"""W that a home's connection lets through where its limit is not known."""
AWAY_AFTER: Final = timedelta(hours=1)
IN_A_ROW: Final = 3
"""Looks at which something is wrong before it is told."""


class Meter:
    """The grid meter of one entry; ``client`` is the connection, none while there is none."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        room: Room,
        client: Callable[[], Client | None],
        limit: Callable[[], float | None],
    ) -> None:
        """Read nothing yet."""
        self.hass = hass
        self.sources = Sources()
        self._entry = entry
        self._room = room
        self._client = client
        self._limit = limit
        self._before: Look | None = None
        self._pending: list[Reading] = []
        self._wrong: dict[str, int] = {}
        self._issues = Issues(hass, entry.entry_id, hass.loop.time)
        self._store: Store[dict[str, Any]] = Store(hass, VERSION, f"{DOMAIN}.{entry.entry_id}.meter")
        self._end: Callable[[], None] | None = None

    async def async_start(self) -> None:
        """Take up what was stored, and look at every boundary of 5 minutes."""
        if (stored := await self._store.async_load()) is not None:
            self._before = None if stored["before"] is None else Look.of(stored["before"])
            self._pending = [_read(each) for each in stored["pending"]]
        minutes = range(0, 60, INTERVAL // timedelta(minutes=1))
        self._end = async_track_utc_time_change(self.hass, self._look, minute=list(minutes), second=0)

    async def async_stop(self) -> None:
        """Look no more; what was not told yet is kept."""
        if self._end is not None:
            self._end()
            self._end = None
        self._issues.show((), "")
        if self._before is not None:
            await self._store.async_save(self._stored())

    async def async_forget(self) -> None:
        """Leave nothing behind on the disk."""
        await self._store.async_remove()

    async def _look(self, at: datetime) -> None:
        self.sources = await find(self.hass, self._entry)
        if not self.sources.registers:
            self._issues.show((), "")
            return
        troubles = list(self._misfits())
        now = self._registers(at.replace(second=0, microsecond=0))
        if now is not None:
            if self._before is not None:
                troubles += self._take(self._before, now)
            self._before = now
            self._store.async_delay_save(self._stored, SAVED_WITHIN_S)
        elif not troubles:
            away = next(each for each in self.sources.registers if self._total(each) is None)
            troubles.append(Trouble("meter_away", AWAY_AFTER, away))
        self._issues.show(troubles, self._entry.title)
        await self._tell()

    def _take(self, before: Look, now: Look) -> Iterator[Trouble]:
        """Keep a reading, learn what the rest of the home draws, and find what cannot be."""
        limit = self._limit()
        went = passed(before, now, MOST if limit is None else 2 * limit)
        hours = (now.at - before.at) / timedelta(hours=1)
        led = self._room.mean()
        if went.reading is not None:
            self._pending = [*self._pending, went.reading][-KEPT:]
            self._room.measured((went.imported - went.exported) / hours)
        swapped = went.exported > 0 and went.exported - went.imported > hours * led / 2 and not self._sun()
        looks = {
            "meter_too_much": went.too_much[:1],
            "meter_falls": went.fell[:1],
            "meter_too_little": self.sources.imported[:1] if went.imported < hours * led / 100 else (),
            "meter_sign": self.sources.exported[:1] if swapped else (),
        }
        for key, entities in looks.items():
            drawing = led > 1_000 or key in {"meter_too_much", "meter_falls"}
            self._wrong[key] = self._wrong.get(key, 0) + 1 if entities and drawing else 0
            if self._wrong[key] >= (1 if key == "meter_too_much" else IN_A_ROW):
                yield Trouble(key, timedelta(), *entities)

    def _misfits(self) -> Iterator[Trouble]:
        """Registers that do not count energy."""
        for entity in self.sources.registers:
            state = self.hass.states.get(entity)
            unit = None if state is None else state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
            if state is not None and unit is not None and unit not in EnergyConverter.VALID_UNITS:
                power = unit in PowerConverter.VALID_UNITS
                yield Trouble("meter_power" if power else "meter_unit", timedelta(), entity, str(unit))

    def _registers(self, at: datetime) -> Look | None:
        imported = {entity: self._total(entity) for entity in self.sources.imported}
        exported = {entity: self._total(entity) for entity in self.sources.exported}
        known = [
            {entity: total for entity, total in each.items() if total is not None}
            for each in (imported, exported)
        ]
        if len(known[0]) + len(known[1]) < len(self.sources.registers):
            return None
        return Look(at, *known)

    def _total(self, entity: str) -> float | None:
        """What a register shows, Wh."""
        state = self.hass.states.get(entity)
        value = None if state is None else as_number(state.state)
        unit = None if state is None else state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
        if value is None or unit not in EnergyConverter.VALID_UNITS:
            return None
        return EnergyConverter.convert(value, unit, UnitOfEnergy.WATT_HOUR)

    def _sun(self) -> bool:
        return bool(self.sources.produced)

    async def _tell(self) -> None:
        """Report what is pending, the oldest first; what cannot be told now is told later."""
        client = self._client()
        while self._pending and client is not None and client.connected:
            some = self._pending[:AT_ONCE]
            try:
                await client.report_readings(some)
            except TemixError as error:
                _LOGGER.debug("The gateway did not take %s readings: %s", len(some), error)
                return
            self._pending = self._pending[len(some) :]
            self._store.async_delay_save(self._stored, SAVED_WITHIN_S)

    @callback
    def _stored(self) -> dict[str, Any]:
        return {
            "before": None if self._before is None else self._before.stored(),
            "pending": [each.to_message() for each in self._pending],
        }


def _read(message: dict[str, Any]) -> Reading:
    start, end = (dt_util.utc_from_timestamp(message[name] / 1000) for name in ("start", "end"))
    return Reading(start=start, end=end, energy=message["energy"])
