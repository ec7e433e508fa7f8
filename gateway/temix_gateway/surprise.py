"""Whether a device's state has come otherwise than its plan foresaw, so far that the plan is worth little."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

from temix_market.instants import Instant

from temix_gateway.planning import Plan, Problem
from temix_gateway.planning.devices import Battery, Climate, Device, EvCharger, WaterHeater

SHARE: Final = 0.1
"""Of what a store holds: so much more or less than planned is a surprise."""
LEAST: Final = 500.0
"""Wh; less is none, however small the store."""
KELVIN: Final = 1.5
"""A room so much warmer or colder than planned is a surprise."""


def surprises(plan: Plan, problem: Problem, present: Sequence[Device], now: Instant) -> list[str]:
    """The ids of devices that are not as their plan foresaw; ``problem`` is what was planned."""
    planned = {device.id for device in plan.devices}
    begun = {device.id: device for device in problem.devices if device.id in planned}
    return [
        device.id for device in present if device.id in begun and _off(plan, begun[device.id], device, now)
    ]


def _off(plan: Plan, before: Device, device: Device, now: Instant) -> bool:
    """Whether a device differs from the plan that was made of it as it was ``before``."""
    match before, device:
        case Battery(), Battery():
            return abs(device.stored - _planned(plan, device.id, before.stored, now)) > _much(device.capacity)
        case WaterHeater(), WaterHeater():
            return abs(device.stored - _planned(plan, device.id, before.stored, now)) > _much(device.capacity)
        case EvCharger(), EvCharger() if before.arrives is None and device.arrives is None:
            # What it lacks is all that is known of it: its capacity shrinks as it is charged.
            lacking = before.capacity - _planned(plan, device.id, before.stored, now)
            return abs(device.capacity - lacking) > _much(before.capacity)
        case Climate(), Climate():
            return abs(device.temperature - _planned(plan, device.id, before.temperature, now)) > KELVIN
        case _:
            return False


def _much(capacity: float) -> float:
    return max(LEAST, SHARE * capacity)


def _planned(plan: Plan, device_id: str, before: float, now: Instant) -> float:
    """A planned state now, between those at the ends of the plan's steps."""
    states = plan.device(device_id).state
    if states is None:
        return before
    ends = [step.end for step in plan.steps]
    step = min(bisect_right(ends, now), len(ends) - 1)
    start, at_start = (ends[step - 1], states[step - 1]) if step else (plan.made_at, before)
    share = min(1.0, max(0, now - start) / max(1, ends[step] - start))
    return at_start + share * (states[step] - at_start)
