"""A day lived by planning again and again: the first steps of each plan are carried out exactly."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np
from temix_gateway.planning import Plan, Problem, Segment, Step
from temix_gateway.planning.devices import (
    Battery,
    Climate,
    DailyRun,
    Device,
    EvCharger,
    SingleRun,
    WaterHeater,
)
from temix_gateway.planning.planner import plan
from temix_market.instants import FIVE_MINUTES, HOUR, QUARTER, Duration, Instant
from temix_market.intervals import Interval
from temix_market.units import Energy, Price

from tests.gateway.planning.homes import START, home, uniform

SWITCHED = ("battery", "ev", "water", "climate", "pool", "dishwasher")
HORIZON = Duration(30 * HOUR)


def intervals(now: Instant) -> list[Interval]:
    """Four hours of 5 minutes, then quarters for eight, then hours: on the clock, to the same end."""
    found, at, end = [], now, Instant(START + HORIZON)
    while at < end:
        near, middling = at < now + 4 * HOUR, at < now + 12 * HOUR
        length = FIVE_MINUTES if near or at % QUARTER else QUARTER if middling or at % HOUR else HOUR
        found.append(Interval(at, length))
        at = found[-1].end
    return found


type Prices = Callable[[Sequence[Interval]], np.ndarray]
"""What energy costs in each interval without spread, currency units per kWh."""


def two_peaks(steps: Sequence[Interval]) -> np.ndarray:
    """A made day, dear in the morning and dearer in the evening."""
    middle = np.array([(step.start + step.duration / 2 - START) / HOUR for step in steps])
    return 0.12 + 0.08 * np.sin((middle - 14) * np.pi / 12) + 0.15 * np.exp(-(((middle % 24) - 18) ** 2) / 4)


def problem(
    now: Instant,
    devices: Sequence[Device],
    noise: Callable[[int], np.ndarray],
    steps: list[Interval],
    prices: Prices = two_peaks,
) -> Problem:
    """The home at ``now``: prices and loads of a fixed day, with noise on what is not known yet."""
    fresh = home(steps)
    shaken = noise(len(steps))
    shaken[0] = 0.0  # the interval that has begun has its price
    known = {device.id: device for device in fresh.devices}
    renewed = [_with_series(device, known[device.id]) for device in devices]
    return msgspec.structs.replace(
        fresh,
        now=now,
        steps=tuple(
            Step(
                interval=step.interval,
                buy=(Segment(Price(round((level + much + 0.03) * 1e6))),),
                sell=(Segment(Price(round((level + much - 0.02) * 1e6))),),
                base_load=max(0.0, step.base_load * (1 + 10 * much)),
                pv=step.pv,
            )
            for step, level, much in zip(fresh.steps, prices(steps).tolist(), shaken.tolist(), strict=True)
        ),
        devices=tuple(renewed),
    )


def _with_series(device: Device, fresh: Device) -> Device:
    match device, fresh:
        case WaterHeater(), WaterHeater():
            return msgspec.structs.replace(device, draws=fresh.draws)
        case Climate(), Climate():
            return msgspec.structs.replace(device, outdoor=fresh.outdoor, low=fresh.low, high=fresh.high)
        case _:
            return device


def after(device: Device, found: Plan) -> Device | None:  # noqa: PLR0911 - one for each kind
    """A device after the first step of a plan; None when it has nothing more to do."""
    planned, step = found.device(device.id), found.steps[0]
    on = planned.power[0] > 0
    match device:
        case Battery():
            return msgspec.structs.replace(device, stored=Energy(round(_reached(found, device))))
        case EvCharger():
            stored = min(device.capacity, Energy(round(_reached(found, device))))
            done = step.end >= device.ready_by
            return None if done else msgspec.structs.replace(device, stored=stored)
        case WaterHeater():
            stored = Energy(max(0, round(_reached(found, device))))
            return msgspec.structs.replace(device, stored=stored, **_lasted(device, on, step))
        case Climate():
            return msgspec.structs.replace(
                device, temperature=_reached(found, device), **_lasted(device, on, step)
            )
        case DailyRun():
            ran = Duration(step.duration if on else 0)
            windows = tuple(
                msgspec.structs.replace(
                    window, run=Duration(max(0, window.run - (ran if window.start <= step.start else 0)))
                )
                for window in device.windows
                if window.end > step.end
            )
            return msgspec.structs.replace(device, windows=windows, **_lasted(device, on, step))
        case SingleRun() if device.started is None and on:
            return msgspec.structs.replace(device, started=step.start)
        case SingleRun(started=int(started)):
            ends = started + device.profile_step * len(device.profile)
            return None if step.end >= ends else device
        case _:
            return device


def _lasted(device: WaterHeater | Climate | DailyRun, on: bool, step: Interval) -> dict[str, object]:
    same = device.on == on
    return {"on": on, "lasted": Duration((device.lasted if same else 0) + step.duration)}


STORED = 0.15
"""Worth of a kWh left in battery and tank, or that the room need not be heated with, currency units."""


@dataclass
class Day:
    """What each device was running at in each step that was carried out, and what the day cost.

    Its cost is that of energy, wear and missed wishes, less the worth of what is left at its end.
    """

    plans: int = 0
    cost: float = 0.0
    power: dict[str, list[int]] = field(default_factory=dict)

    @property
    def switches(self) -> int:
        """How often the devices were switched."""
        return sum(self.switches_of(device) for device in self.power)

    def switches_of(self, device: str) -> int:
        """How often a device was, off at first; a battery between charging, resting and giving."""
        return int(np.count_nonzero(np.diff(np.sign([0, *self.power[device]]))))

    def carry_out(self, asked: Problem, found: Plan, index: int = 0) -> None:
        """Let a step of a plan happen as it is planned."""
        step, net = asked.steps[index], found.net_load[index] / 1000
        hours = step.interval.duration / HOUR
        self.cost += net * (step.buy if net > 0 else step.sell)[0].price / 1e6
        for device in asked.devices:
            power = found.device(device.id).power[index]
            self.power.setdefault(device.id, []).append(power)
            match device:
                case Battery():
                    self.cost += max(0, -power) / 1000 * hours * device.wear / 1e6
                case Climate():
                    inside = _reached(found, device, index)
                    outside = max(device.low[index] - inside, inside - device.high[index], 0)
                    self.cost += outside * hours * device.worth / 1e6
                case EvCharger() if step.interval.end == device.ready_by:
                    missing = max(0, device.target - _reached(found, device, index))
                    self.cost += missing / 1000 * device.worth / 1e6
                case _:
                    pass

    def end(self, asked: Problem, found: Plan, index: int = 0) -> None:
        """Count what is left after a step of a plan."""
        for device in asked.devices:
            match device:
                case Battery() | WaterHeater():
                    self.cost -= _reached(found, device, index) / 1000 * STORED
                case Climate():
                    warmer = _reached(found, device, index) - device.low[index]
                    self.cost -= warmer * device.heat_capacity / device.heating_efficiency / 1000 * STORED


def _reached(found: Plan, device: Device, index: int = 0) -> float:
    states = found.device(device.id).state
    assert states is not None
    return states[index]


def live(
    until: Duration,
    every_step: int,
    noise: Callable[[int], np.ndarray],
    budget: float,
    prices: Prices = two_peaks,
) -> Day:
    """Plan ``every_step`` times in each 5 minutes, and carry out the last."""
    day, found = Day(), None
    devices: list[Device] = _devices()
    for at in range(START, START + until, FIVE_MINUTES):
        now = Instant(at)
        for _ in range(every_step):
            asked = problem(now, devices, noise, intervals(now), prices)
            found = plan(asked, found, budget=budget)
            day.plans += 1
        assert found is not None
        day.carry_out(asked, found)
        devices = [left for device in devices if (left := after(device, found)) is not None]
    day.end(asked, found)
    return day


def single(until: Duration, budget: float, prices: Prices = two_peaks) -> Day:
    """One plan that knows all, in steps of 5 minutes to the end, carried out as it is."""
    asked = problem(START, _devices(), np.zeros, uniform(HORIZON // FIVE_MINUTES), prices)
    found, day = plan(asked, budget=budget), Day(plans=1)
    for index in range(until // FIVE_MINUTES):
        day.carry_out(asked, found, index)
    day.end(asked, found, index)
    return day


def _devices() -> list[Device]:
    return [device for device in home(intervals(START)).devices if device.id in SWITCHED]
