"""A simulated home for the demo: its devices and meters as entities, run by the replay's physics.

It knows nothing of plans or the gateway: the temix integration leads its devices as it would one's own.
"""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.event import async_track_utc_time_change
from homeassistant.helpers.recorder import get_instance
from homeassistant.util import dt as dt_util
from temix_market.instants import from_datetime
from temix_replay.home.home import SimulatedHome
from temix_replay.home.world.day import Place

from . import past
from .const import CONF_SEED
from .entity import SimulatedHomeEntry
from .home import DemoHome
from .past import Hour
from .prices import past_prices

PLATFORMS = [
    Platform.BINARY_SENSOR,
    Platform.CLIMATE,
    Platform.NUMBER,
    Platform.SENSOR,
    Platform.SWITCH,
    Platform.WATER_HEATER,
]


async def async_setup_entry(hass: HomeAssistant, entry: SimulatedHomeEntry) -> bool:
    """Live through the last two weeks, then go on minute by minute."""
    zone = ZoneInfo(hass.config.time_zone)
    seed = entry.data[CONF_SEED]
    home, hours = await hass.async_add_executor_job(_live_through, dt_util.utcnow(), zone, seed)
    prices = await hass.async_add_executor_job(past_prices, zone, seed, [hour.start for hour in hours])
    entry.runtime_data = home
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    past.import_prices(hass, hours, prices)
    past.import_measured(hass, hours)
    await get_instance(hass).async_block_till_done()  # whoever comes next finds the past

    async def minute(now: datetime) -> None:
        home.advance(from_datetime(now))

    entry.async_on_unload(async_track_utc_time_change(hass, minute, second=0))
    return True


async def async_unload_entry(hass: HomeAssistant, entry: SimulatedHomeEntry) -> bool:
    """Stop the home."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


def _live_through(now: datetime, zone: ZoneInfo, seed: int) -> tuple[DemoHome, Sequence[Hour]]:
    until = from_datetime(now)
    home = DemoHome(SimulatedHome(Place(seed, zone), past.start(until)))
    return home, past.live_through(home, until)
