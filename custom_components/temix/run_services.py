"""Actions that answer when to run something, and what that costs or emits."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Final

import probatio as vol
from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType, JsonValueType

from .const import MICRO
from .coordinator import TemixConfigEntry, TemixCoordinator
from .curve.segments import HOUR, Curve, between, mean, to_carbon
from .curve.windows import Profile, Search, contiguous, cost, split
from .fields import ATTR_LENGTH, ATTR_PROFILE, ATTR_START, instant, length, profile, refused, span

ATTR_EARLIEST: Final = "earliest"
ATTR_LATEST: Final = "latest"
ATTR_SEARCH: Final = "search"
ATTR_SPLIT: Final = "split"
ATTR_BY: Final = "by"
ATTR_ENERGY: Final = "energy"

BY: Final = ["cost", "carbon"]

_RUN: Final = {
    vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
    vol.Required(ATTR_LENGTH): cv.positive_time_period,
    vol.Optional(ATTR_PROFILE): cv.ensure_list,
    vol.Optional(ATTR_BY, default="cost"): vol.In(BY),
}
FIND_WINDOW_SCHEMA: Final = vol.Schema(
    _RUN
    | {
        vol.Optional(ATTR_EARLIEST): cv.datetime,
        vol.Optional(ATTR_LATEST): cv.datetime,
        vol.Optional(ATTR_SEARCH, default="cheapest"): vol.In(["cheapest", "dearest"]),
        vol.Optional(ATTR_SPLIT, default=False): cv.boolean,
    }
)
COST_OF_RUN_SCHEMA: Final = vol.Schema(
    _RUN
    | {
        vol.Optional(ATTR_START): cv.datetime,
        vol.Optional(ATTR_ENERGY): vol.All(vol.Coerce(float), vol.Range(min=0, max=10_000)),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What runs are compared by: a curve, and how its mean and its total are told.

    ``scale`` of the curve's values are one of what is told per kWh; ``unknown`` is the error where the curve
    does not reach.
    """

    curve: Curve
    scale: int
    mean: str
    total: str
    unknown: str

    def over(self, start: datetime, end: datetime) -> float | None:
        """The mean between two instants, as it is told."""
        value = mean(between(self.curve, start, end))
        return None if value is None else value / self.scale


def _measure(call: ServiceCall, coordinator: TemixCoordinator) -> Measure:
    if call.data[ATTR_BY] == "cost":
        curve: Curve = coordinator.outlook.curve
        return Measure(curve=curve, scale=MICRO, mean="mean_price", total="cost", unknown="no_prices")
    curve = to_carbon(coordinator.curve)
    if not curve:
        raise refused("no_carbon", ATTR_BY)
    return Measure(
        curve=curve, scale=1, mean="mean_carbon_intensity", total="carbon", unknown="carbon_unknown"
    )


async def find_window(call: ServiceCall, entry: TemixConfigEntry) -> ServiceResponse:
    """The time for a run that costs or emits least or most, by what is known ahead."""
    coordinator = entry.runtime_data
    by = _measure(call, coordinator)
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
    found = await call.hass.async_add_executor_job(split if splits else contiguous, by.curve, search)
    if found is None:
        raise refused(by.unknown, ATTR_LATEST)
    windows: list[JsonValueType] = [
        {
            "start": start.isoformat(),
            "end": end.isoformat(),
            by.mean: by.over(start, end),
        }
        for start, end in found.windows
    ]
    return {"windows": windows} | _told(found.cost, duration, powers, by) | _currency(call, coordinator)


async def cost_of_run(call: ServiceCall, entry: TemixConfigEntry) -> ServiceResponse:
    """What a run that starts at a time costs or emits, by what is known ahead."""
    coordinator = entry.runtime_data
    by = _measure(call, coordinator)
    duration, powers = length(call.data), profile(call.data)
    energy: float | None = call.data.get(ATTR_ENERGY)
    if powers is None and energy is not None:
        powers = (round(1000 * energy / (duration / HOUR)),)
    elif powers is None or energy is not None:
        raise refused("profile_or_energy", ATTR_ENERGY)
    start = instant(call, ATTR_START) or dt_util.utcnow()
    found = cost(by.curve, start, duration, powers)
    if found is None:
        raise refused(by.unknown, ATTR_START)
    bounds: JsonObjectType = {"start": start.isoformat(), "end": (start + duration).isoformat()}
    return bounds | _told(found, duration, powers, by) | _currency(call, coordinator)


def _currency(call: ServiceCall, coordinator: TemixCoordinator) -> JsonObjectType:
    return {"currency": coordinator.data.currency} if call.data[ATTR_BY] == "cost" else {}


def _told(total: Fraction, duration: timedelta, powers: Profile | None, by: Measure) -> JsonObjectType:
    """The total and the energy where the power is known, and the mean, weighted by it."""
    profile = powers or (1000,)
    energy = Fraction(sum(profile), len(profile)) * Fraction(duration // timedelta(minutes=1), 60)
    told: JsonObjectType = {by.mean: float(total / energy / by.scale)}
    if powers is not None:
        told |= {by.total: float(total / 1000 / by.scale), "energy": float(energy / 1000)}
    return told
