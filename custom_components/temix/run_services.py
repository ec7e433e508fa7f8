"""Actions that answer when to run something, and what that costs."""

from datetime import timedelta
from fractions import Fraction
from typing import Final

import probatio as vol
from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType, JsonValueType

from .const import MICRO
from .coordinator import TemixConfigEntry
from .curve.segments import HOUR, between, mean
from .curve.windows import Profile, Search, contiguous, cost, split
from .fields import ATTR_LENGTH, ATTR_PROFILE, ATTR_START, instant, length, profile, refused, span
from .shapes import per_kwh

ATTR_EARLIEST: Final = "earliest"
ATTR_LATEST: Final = "latest"
ATTR_SEARCH: Final = "search"
ATTR_SPLIT: Final = "split"
ATTR_BY: Final = "by"
ATTR_ENERGY: Final = "energy"

_RUN: Final = {
    vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
    vol.Required(ATTR_LENGTH): cv.positive_time_period,
    vol.Optional(ATTR_PROFILE): cv.ensure_list,
}
FIND_WINDOW_SCHEMA: Final = vol.Schema(
    _RUN
    | {
        vol.Optional(ATTR_EARLIEST): cv.datetime,
        vol.Optional(ATTR_LATEST): cv.datetime,
        vol.Optional(ATTR_SEARCH, default="cheapest"): vol.In(["cheapest", "dearest"]),
        vol.Optional(ATTR_SPLIT, default=False): cv.boolean,
        vol.Optional(ATTR_BY, default="cost"): vol.In(["cost", "carbon"]),
    }
)
COST_OF_RUN_SCHEMA: Final = vol.Schema(
    _RUN
    | {
        vol.Optional(ATTR_START): cv.datetime,
        vol.Optional(ATTR_ENERGY): vol.All(vol.Coerce(float), vol.Range(min=0, max=10_000)),
    }
)


async def find_window(call: ServiceCall, entry: TemixConfigEntry) -> ServiceResponse:
    """The cheapest or dearest time for a run, by the prices that are known."""
    coordinator = entry.runtime_data
    if call.data[ATTR_BY] == "carbon":
        raise refused("no_carbon", ATTR_BY)
    duration, powers = length(call.data), profile(call.data)
    splits = call.data[ATTR_SPLIT]
    if splits and powers is not None and len(powers) > 1:
        raise refused("split_profile", ATTR_PROFILE)
    earliest, latest = span(call, ATTR_EARLIEST, ATTR_LATEST)
    search = Search(
        length=duration,
        earliest=earliest or dt_util.utcnow(),
        latest=latest or coordinator.data.horizon or dt_util.utcnow(),
        profile=powers or (1000,),
        dearest=call.data[ATTR_SEARCH] == "dearest",
    )
    if search.earliest + duration > search.latest:
        raise refused("no_room", ATTR_LATEST)
    curve = coordinator.outlook.curve
    found = await call.hass.async_add_executor_job(split if splits else contiguous, curve, search)
    if found is None:
        raise refused("no_prices", ATTR_LATEST)
    windows: list[JsonValueType] = [
        {
            "start": start.isoformat(),
            "end": end.isoformat(),
            "mean_price": per_kwh(mean(between(curve, start, end))),
        }
        for start, end in found.windows
    ]
    return {"windows": windows} | _told(found.cost, duration, powers, coordinator.data.currency)


async def cost_of_run(call: ServiceCall, entry: TemixConfigEntry) -> ServiceResponse:
    """What a run costs that starts at a time, bought at the prices that are known."""
    coordinator = entry.runtime_data
    duration, powers = length(call.data), profile(call.data)
    energy: float | None = call.data.get(ATTR_ENERGY)
    if powers is None and energy is not None:
        powers = (round(1000 * energy / (duration / HOUR)),)
    elif powers is None or energy is not None:
        raise refused("profile_or_energy", ATTR_ENERGY)
    start = instant(call, ATTR_START) or dt_util.utcnow()
    found = cost(coordinator.outlook.curve, start, duration, powers)
    if found is None:
        raise refused("no_prices", ATTR_START)
    bounds: JsonObjectType = {"start": start.isoformat(), "end": (start + duration).isoformat()}
    return bounds | _told(found, duration, powers, coordinator.data.currency)


def _told(total: Fraction, duration: timedelta, powers: Profile | None, currency: str) -> JsonObjectType:
    """Cost and energy where the power is known, and the mean price, weighted by it."""
    profile = powers or (1000,)
    energy = Fraction(sum(profile), len(profile)) * Fraction(duration // timedelta(minutes=1), 60)
    told: JsonObjectType = {"currency": currency, "mean_price": float(total / energy / MICRO)}
    if powers is not None:
        told |= {"cost": float(total / 1000 / MICRO), "energy": float(energy / 1000)}
    return told
