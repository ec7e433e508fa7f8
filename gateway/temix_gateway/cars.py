"""When a car usually comes and goes, from the times at which it was seen to: by weekday, in quantiles."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import ceil
from statistics import median
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from temix_market.calendar import local_date
from temix_market.instants import HOUR, MINUTE, Duration, Instant, from_datetime, to_datetime
from temix_market.units import Energy

from temix_gateway.home.devices import Device, EvCharger

BACK: Final = Duration(56 * 24 * HOUR)
"""Older ones are forgotten."""
GAP: Final = Duration(15 * MINUTE)
"""A change between two reports that lie further apart says nothing of its time."""
LEAST_DAYS: Final = 3
"""So many days alike must have been watched before anything is expected of one."""
USUAL: Final = 0.6
"""What happened on at least this share of the days alike is expected."""
LATE: Final = 0.75
"""A car is expected when it was there on this share of the days."""
EARLY: Final = 0.25
"""It is ready before it left on all but this share of the days."""
MOST_AHEAD: Final = 8


class Arrival(msgspec.Struct, frozen=True):
    """When a car was plugged in, and what it then needed at the meter (Wh)."""

    at: Instant
    needed: int


class Car(msgspec.Struct, frozen=True):
    """When a car was seen to come and to go, in order, and since when it has been watched."""

    since: Instant
    arrivals: tuple[Arrival, ...] = ()
    departures: tuple[Instant, ...] = ()


@dataclass(frozen=True, slots=True)
class Stay:
    """When a car is expected, when it is to be ready (none: nobody knows), and what it will need (Wh)."""

    arrives: Instant
    leaves: Instant | None
    needed: Energy


def usual_departure(car: Car, after: Instant, zone: ZoneInfo) -> Instant | None:
    """Before when a car is to be ready, judged by the first departure of each day; none where unknown."""
    first = {local_date(zone, at): at for at in reversed(car.departures)}
    return _next(first, car.since, after, zone, EARLY)


def usual_stay(car: Car, now: Instant, zone: ZoneInfo) -> Stay | None:
    """The next stay of a car that is away, judged by the last arrival of each day; none where unknown."""
    last = {local_date(zone, arrival.at): arrival.at for arrival in car.arrivals}
    arrives = _next(last, car.since, now, zone, LATE)
    if arrives is None:
        return None
    needed = median(arrival.needed for arrival in car.arrivals)
    return Stay(arrives, usual_departure(car, arrives, zone), Energy(round(needed)))


def _next(
    seen: Mapping[date, Instant], since: Instant, after: Instant, zone: ZoneInfo, share: float
) -> Instant | None:
    """The first time after ``after`` that the days alike let expect, at a quantile of their clock times."""
    today = local_date(zone, after)
    first = max(local_date(zone, since) + timedelta(days=1), local_date(zone, Instant(after - BACK)))
    watched = [first + timedelta(days=number) for number in range((today - first).days)]
    for day in (today + timedelta(days=number) for number in range(MOST_AHEAD)):
        times = sorted(_clock(seen[each], zone) for each in _alike(watched, day) if each in seen)
        if times and len(times) >= USUAL * len(_alike(watched, day)):
            at = from_datetime(datetime.combine(day, times[ceil(share * len(times)) - 1], zone))
            if at > after:
                return at
    return None


def _alike(watched: Sequence[date], day: date) -> Sequence[date]:
    """The days of the same weekday, or where they are too few all workdays or all of a weekend's days."""
    same = [each for each in watched if each.weekday() == day.weekday()]
    if len(same) < LEAST_DAYS:
        same = [each for each in watched if (each.weekday() >= 5) is (day.weekday() >= 5)]
    return same if len(same) >= LEAST_DAYS else []


def _clock(at: Instant, zone: ZoneInfo) -> time:
    local = to_datetime(at).astimezone(zone)
    return time(local.hour, local.minute)


class Cars:
    """Watches cars come and go; ``known`` is what was seen before, ``keep`` keeps it over a restart."""

    def __init__(
        self,
        known: Mapping[str, Car] | None = None,
        keep: Callable[[Mapping[str, Car]], Awaitable[None]] | None = None,
    ) -> None:
        """Go on with what is known."""
        self.known = dict(known or {})
        self._keep = keep
        self._before: dict[str, tuple[bool, Instant]] = {}

    async def note(self, devices: Iterable[Device], now: Instant) -> None:
        """Compare each car with how it was reported before."""
        changed = False
        for device in devices:
            if isinstance(device, EvCharger):
                car = self.known.get(device.id)
                seen = self._looked(device, Car(now) if car is None else car, now)
                changed |= seen != car
                self.known[device.id] = seen
                self._before[device.id] = device.connected, now
        if changed and self._keep is not None:
            await self._keep(self.known)

    def _looked(self, device: EvCharger, car: Car, now: Instant) -> Car:
        there, at = self._before.get(device.id, (device.connected, now))
        if there is device.connected or now - at > GAP:
            return car
        if device.connected:
            arrivals = [each for each in car.arrivals if each.at > now - BACK]
            return msgspec.structs.replace(car, arrivals=(*arrivals, Arrival(now, device.needed)))
        departures = [each for each in car.departures if each > now - BACK]
        return msgspec.structs.replace(car, departures=(*departures, now))
