"""The first plan: each device in turn takes its cheapest steps on top of those before it.

Needs no solver and milliseconds, so it is also what remains when nothing better is ready in time.
"""

from temix_gateway.planning.case import Case
from temix_gateway.planning.devices import (
    Battery,
    Climate,
    Curtailable,
    DailyRun,
    EvCharger,
    PvCurtailment,
    SingleRun,
    WaterHeater,
)
from temix_gateway.planning.models.model import Schedule

TURN = (SingleRun, DailyRun, Climate, WaterHeater, Curtailable, EvCharger, Battery, PvCurtailment)
"""The least movable first; storage and curtailment take up what is left."""


def greedy(case: Case) -> list[Schedule]:
    """A schedule for each device, in their order."""
    net = case.fixed.copy()
    schedules: dict[int, Schedule] = {}
    for index in sorted(range(len(case.devices)), key=lambda index: TURN.index(type(case.devices[index]))):
        schedules[index] = case.models[index].best(case.tariff.added_to(net))
        net += schedules[index].power * case.grid.hours
    return [schedules[index] for index in range(len(case.devices))]
