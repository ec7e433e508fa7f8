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


def problem(
    now: Instant, devices: Sequence[Device], noise: Callable[[int], np.ndarray], steps: list[Interval]
) -> Problem:
    """The home at ``now``: prices and loads of a fixed day, with noise on what is not known yet."""
    fresh = home(steps)
    shaken = noise(len(steps))
    shaken[0] = 0.0  # the interval that has begun has its price
    known = {device.id: device for device in fresh.devices}
    renewed = [_with_series(device, known[device.id]) for device in devices]
    middle = np.array([(step.start + step.duration / 2 - START) / HOUR for step in steps])
    price = 0.12 + 0.08 * np.sin((middle - 14) * np.pi / 12) + 0.15 * np.exp(-(((middle % 24) - 18) ** 2) / 4)
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
            for step, level, much in zip(fresh.steps, price.tolist(), shaken.tolist(), strict=True)
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
            return msgspec.structs.replace(device, stored=Energy(round(_state(planned.state))))
        case EvCharger():
            stored = min(device.capacity, Energy(round(_state(planned.state))))
            done = step.end >= device.ready_by
            return None if done else msgspec.structs.replace(device, stored=stored)
        case WaterHeater():
            stored = Energy(max(0, round(_state(planned.state))))
            return msgspec.structs.replace(device, stored=stored, **_lasted(device, on, step))
        case Climate():
            return msgspec.structs.replace(
                device, temperature=_state(planned.state), **_lasted(device, on, step)
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


def _state(states: tuple[float, ...] | None) -> float:
    assert states is not None
    return states[0]


def _lasted(device: WaterHeater | Climate | DailyRun, on: bool, step: Interval) -> dict[str, object]:
    same = device.on == on
    return {"on": on, "lasted": Duration((device.lasted if same else 0) + step.duration)}


@dataclass
class Day:
    """How often each device was switched, and what each was running at in each step that was carried out.

    A battery switches between charging, resting and giving.
    """

    switches: int = 0
    plans: int = 0
    power: dict[str, list[int]] = field(default_factory=dict)


def live(until: Duration, every_step: int, noise: Callable[[int], np.ndarray], budget: float) -> Day:
    """Plan ``every_step`` times in each 5 minutes, and carry out the last; with 1 plan for all if 0."""
    day, previous = Day(), None
    devices: list[Device] = [device for device in home(intervals(START)).devices if device.id in SWITCHED]
    running: dict[str, int] = {}
    for at in range(START, START + until, FIVE_MINUTES):
        for _ in range(every_step):
            previous = plan(
                problem(Instant(at), devices, noise, intervals(Instant(at))), previous, budget=budget
            )
            day.plans += 1
        assert previous is not None
        for device in devices:
            power = previous.device(device.id).power[0]
            day.power.setdefault(device.id, []).append(power)
            mode = int(np.sign(power))
            day.switches += mode != running.get(device.id, 0)
            running[device.id] = mode
        devices = [left for device in devices if (left := after(device, previous)) is not None]
    return day


def single(until: Duration, budget: float) -> int:
    """Switches of one plan that knows all, in steps of 5 minutes to the end, carried out as it is."""
    devices = [device for device in home(intervals(START)).devices if device.id in SWITCHED]
    found = plan(problem(START, devices, np.zeros, uniform(HORIZON // FIVE_MINUTES)), budget=budget)
    switches = 0
    for device in found.devices:
        before = 0
        for step, power in zip(found.steps, device.power, strict=True):
            if step.start < START + until:
                switches += int(np.sign(power)) != before
                before = int(np.sign(power))
    return switches
