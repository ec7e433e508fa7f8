"""What the bill guard sheds leaves room: the rest of the home is planned anew around it. Pure."""

from collections.abc import Collection

import msgspec
from temix_market.units import Power

from temix_gateway.planning import Plan, Problem
from temix_gateway.planning.problem import Step


def around(problem: Problem, plan: Plan, shed: Collection[str]) -> Problem:
    """The problem of the devices that are left; what the others do by ``plan``, after midnight, is a load."""
    others = [device.power for device in plan.devices if device.id in shed]
    return msgspec.structs.replace(
        problem,
        steps=tuple(
            _beside(step, [power[number] for power in others]) for number, step in enumerate(problem.steps)
        ),
        devices=tuple(device for device in problem.devices if device.id not in shed),
    )


def joined(left: Plan, plan: Plan, shed: Collection[str]) -> Plan:
    """A plan of the devices that are left, together with what ``plan`` says of the others."""
    return msgspec.structs.replace(
        left,
        devices=tuple(device if device.id in shed else left.device(device.id) for device in plan.devices),
        unmet=(*left.unmet, *(wish for wish in plan.unmet if wish.device in shed)),
    )


def _beside(step: Step, powers: Collection[Power]) -> Step:
    draws, gives = sum(max(0, power) for power in powers), sum(max(0, -power) for power in powers)
    return msgspec.structs.replace(step, base_load=step.base_load + draws, pv=step.pv + gives)
