"""What energy is worth to a home in each step: the duals of its linear part, the rest as planned."""

import numpy as np

from temix_gateway.planning.case import Case
from temix_gateway.planning.models.battery import BatteryModel
from temix_gateway.planning.models.model import Floats
from temix_gateway.planning.models.pv_curtailment import PvModel
from temix_gateway.planning.program import Program, run
from temix_gateway.planning.result import Plan
from temix_gateway.planning.site import Site

MOST_S = 1.0
"""Seconds after which the values are not worth waiting for; a linear program of 576 steps needs far less."""


def values(case: Case, found: Plan) -> Floats | None:
    """What one more kWh of load would cost in each step, currency units per kWh; None if time was up.

    Batteries and PV answer the change over the whole horizon; the other devices keep to the plan. Where a
    cost has a kink at the optimum, the value is one between its two slopes. At prices below zero a battery
    may here charge and give at once, as no plan does: there the value is that of this relaxed program.
    """
    program, site = keeping(case, found)
    solution = run(program.solver(relaxed=True), MOST_S)
    return solution.duals[site.balance] if solution is not None and solution.optimal else None


def keeping(case: Case, found: Plan) -> tuple[Program, Site]:
    """The program of batteries and PV, with all other devices held to a plan."""
    program = Program()
    site = Site.build(case, program)
    kept = sum(
        (
            np.array(device.power, dtype=float) * case.grid.hours / 1000
            for device, model in zip(found.devices, case.models, strict=True)
            if not isinstance(model, BatteryModel | PvModel)
        ),
        np.zeros(len(case.grid)),
    )
    planned = program.add_columns(np.zeros(len(case.grid)), lower=kept, upper=kept)
    program.put(site.balance, planned, -1.0)
    return program, site
