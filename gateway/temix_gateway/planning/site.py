"""The linear part of a home: the connection with its prices and limits, batteries, PV curtailment."""

from dataclasses import dataclass

import numpy as np

from temix_gateway.planning.case import Case
from temix_gateway.planning.devices.fields import money
from temix_gateway.planning.models.battery import BatteryModel
from temix_gateway.planning.models.model import Schedule
from temix_gateway.planning.models.pv_curtailment import PvModel
from temix_gateway.planning.program import INFINITE, Indices, Program, Solution
from temix_gateway.planning.tariff import Answer

type Linear = BatteryModel | PvModel

BURNT = 1e-6
"""kWh of a step that a solver's rounding may burn."""


@dataclass(frozen=True, slots=True)
class Site:
    """The linear part of a case within a program; energies in kWh, costs in currency units.

    ``balance`` are the rows whose marginal price is that of the home's energy in each step. Whatever draws
    energy enters them with −1 per kWh. ``stores`` are the rows of each battery whose marginal price is, with
    the sign turned, the worth of a kWh stored, and ``flows`` what it takes and what it gives, kWh.
    ``constant`` is the part of the cost that no decision changes: programs count what batteries hold at the
    end, plans what they hold more than at the beginning.
    """

    case: Case
    balance: Indices
    constant: float
    states: dict[int, Indices]
    stores: dict[int, Indices]
    flows: dict[int, tuple[Indices, Indices]]
    curtailed: dict[int, Indices]

    @classmethod
    def build(cls, case: Case, program: Program) -> Site:
        """Enter the linear part of a case into a program."""
        balance = _connection(case, program)
        states: dict[int, Indices] = {}
        stores: dict[int, Indices] = {}
        flows: dict[int, tuple[Indices, Indices]] = {}
        curtailed: dict[int, Indices] = {}
        constant = 0.0
        for index, model in enumerate(case.models):
            if isinstance(model, BatteryModel):
                constant += model.storage.start * model.storage.end_worth
                states[index], stores[index], flows[index] = _battery(model, case, program, balance)
            elif isinstance(model, PvModel):
                most = model.power[:, -1] * case.grid.hours / 1000
                curtailed[index] = program.add_columns(np.full(len(case.grid), 1e-9), upper=most)
                program.put(balance, curtailed[index], -1.0)
        return cls(case, balance, constant, states, stores, flows, curtailed)

    def burns(self, solution: Solution) -> bool:
        """Whether a battery takes and gives in one step, as none can: where integers may be fractions."""
        return any(
            bool((np.minimum(solution.columns[taken], solution.columns[given]) > BURNT).any())
            for taken, given in self.flows.values()
        )

    def answers(self, solution: Solution) -> list[Answer]:
        """What batteries and PV would take or give, at the worth of what is stored in a solution."""
        hours = self.case.grid.hours
        found: list[Answer] = []
        for index, rows in self.stores.items():
            model = self.case.models[index]
            if isinstance(model, BatteryModel):
                device, worth = model.device, -solution.duals[rows]
                found.append(
                    Answer(
                        worth * device.charge_efficiency,
                        device.max_charge * hours,
                        worth / device.discharge_efficiency + money(device.wear),
                        device.max_discharge * hours,
                    )
                )
        nothing = np.zeros(len(hours))
        for index in self.curtailed:
            model = self.case.models[index]
            if isinstance(model, PvModel):
                found.append(Answer(nothing, model.power[:, -1] * hours, nothing, nothing))
        return found

    def schedules(self, solution: Solution) -> dict[int, Schedule]:
        """What batteries and PV do in a solution, by the index of the device."""
        found: dict[int, Schedule] = {}
        for index, columns in self.states.items():
            model = self.case.models[index]
            if isinstance(model, BatteryModel):
                low, high = model.storage.points[0], model.storage.points[-1]
                found[index] = model.from_states(np.clip(solution.columns[columns] * 1000, low, high))
        for index, columns in self.curtailed.items():
            power = np.maximum(solution.columns[columns], 0) * 1000 / self.case.grid.hours
            found[index] = Schedule(power, None, 0.0, ())
        return found


def _connection(case: Case, program: Program) -> Indices:
    """Σ buying − Σ selling = net load − position; within the limits, or beyond them at their worth."""
    tariff = case.tariff
    outside = (case.fixed - tariff.position) / 1000
    balance = program.add_rows(outside, outside)
    buying = program.add_columns(tariff.buy, upper=tariff.buy_depth / 1000)
    selling = program.add_columns(-tariff.sell, upper=tariff.sell_depth / 1000)
    program.put(balance[:, None], buying, 1.0)
    program.put(balance[:, None], selling, -1.0)
    if np.isinf(tariff.import_limit).all() and np.isinf(tariff.export_limit).all():
        return balance
    position = tariff.position / 1000
    within = program.add_rows(
        -np.minimum(tariff.export_limit / 1000, INFINITE) - position,
        np.minimum(tariff.import_limit / 1000, INFINITE) - position,
    )
    excess = program.add_columns(np.full((2, len(case.grid)), tariff.limit_worth))
    program.put(within[:, None], buying, 1.0)
    program.put(within[:, None], selling, -1.0)
    program.put(within, excess[0], -1.0)
    program.put(within, excess[1], 1.0)
    return balance


def _battery(
    model: BatteryModel, case: Case, program: Program, balance: Indices
) -> tuple[Indices, Indices, tuple[Indices, Indices]]:
    """Stored' = stored + efficiency · charged − given / efficiency, kWh: states, these rows, both flows."""
    device, hours, steps = model.device, case.grid.hours, len(case.grid)
    worth = np.zeros(steps)
    worth[-1] = -model.storage.end_worth * 1000
    low, high = model.storage.points[[0, -1]] / 1000
    state = program.add_columns(worth, lower=low, upper=high)
    charged = program.add_columns(np.zeros(steps), upper=device.max_charge * hours / 1000)
    given = program.add_columns(np.full(steps, money(device.wear)), upper=device.max_discharge * hours / 1000)
    before = np.zeros(steps)
    before[0] = device.stored / 1000
    store = program.add_rows(before, before)
    program.put(store, state, 1.0)
    program.put(store[1:], state[:-1], -1.0)
    program.put(store, charged, -device.charge_efficiency)
    program.put(store, given, 1 / device.discharge_efficiency)
    program.put(balance, charged, -1.0)
    program.put(balance, given, 1.0)
    for wish in model.storage.wishes:
        short = program.add_columns(wish.weight[-1:] * 1000)
        row = program.add_rows(wish.target[-1:] / 1000, np.array([INFINITE]))
        program.put(row, state[-1:], 1.0)
        program.put(row, short, 1.0)
    # Burning energy in both directions at once would pay where the price falls below zero; and anywhere, to
    # make room for sun, if more of it comes than may leave the home. Forbid it.
    held_back = [each.power[:, -1] * hours for each in case.models if isinstance(each, PvModel)]
    too_much = case.fixed + sum(held_back, np.zeros(steps)) < -case.tariff.export_limit
    burning = np.flatnonzero((case.tariff.sell.min(axis=1) < 0) | too_much.any())
    if burning.size:
        charging = program.add_columns(np.zeros(burning.size), upper=1.0, whole=True)
        either = program.add_rows(np.full(burning.size, -INFINITE), np.zeros(burning.size))
        program.put(either, charged[burning], 1.0)
        program.put(either, charging, -device.max_charge * hours[burning] / 1000)
        other = program.add_rows(
            np.full(burning.size, -INFINITE), device.max_discharge * hours[burning] / 1000
        )
        program.put(other, given[burning], 1.0)
        program.put(other, charging, device.max_discharge * hours[burning] / 1000)
    return state, store, (charged, given)
