"""What a plan is worth to each device, what it would do instead, and what binds it: numbers and a sentence.

For the explanation alone each device is planned twice more while the others keep to the plan: as if every kWh
cost the same, and without the next thing that it is to do.
"""

from dataclasses import dataclass, replace

import msgspec
import numpy as np
from temix_market.instants import Instant
from temix_market.units import Money, Price

from temix_gateway.planning.case import Case
from temix_gateway.planning.columns import linear
from temix_gateway.planning.curve import curves
from temix_gateway.planning.devices import (
    Battery,
    Curtailable,
    Device,
    EvCharger,
    PvCurtailment,
    SingleRun,
)
from temix_gateway.planning.devices.fields import money
from temix_gateway.planning.models import Model
from temix_gateway.planning.models.battery import BatteryModel
from temix_gateway.planning.models.model import Cost, Floats, Schedule
from temix_gateway.planning.models.pv_curtailment import PvModel
from temix_gateway.planning.models.single_run import SingleModel
from temix_gateway.planning.problem import Problem
from temix_gateway.planning.reasons import IDLE_WATTS, LEAST_TOLD, Words
from temix_gateway.planning.result import Alternative, DevicePlan, Explanation, Plan, Reason, Why
from temix_gateway.planning.value import values

BARRED = 10.0
"""Currency units per kWh of what is not to be repeated: more than energy costs, less than a wish is worth."""
SOONER = 1e-3
"""By so much an even price rises over the horizon: a device that may choose starts at once."""
CLOSE = 0.01
"""Share of a store's range within which its state is at a wish's target."""
IDLE = frozenset({Why.WAITS, Why.NOT_YET, Why.BARRED, Why.DONE, Why.HOLDS})
WISHES = {
    "comfort": "the temperatures wanted",
    "connection_limit": "the connection's limit",
    "early_departure": "leaving early",
    "full": "a full battery",
    "hot_water": "hot water",
    "longest_pause": "the longest pause",
    "minimum": "the least charge",
    "power": "its power",
    "ready_by": "the time it shall be ready",
    "reserve": "the reserve",
    "run": "its run",
    "run_time": "its run time",
    "shortest_pause": "the shortest pause",
    "target": "the charge wanted",
}
"""How a sentence calls wishes and limits."""
_MISSED = {
    "run": "misses its run",
    "ready_by": "{} late",
    "early_departure": "{} short should it leave early",
}
"""How a sentence says that these are missed, and by how much."""
_OTHERWISE: dict[type[Device], str] = {Curtailable: "a pause at ", PvCurtailment: "less sun at "}
"""What is the next best for what never stops."""


def explain(problem: Problem, found: Plan) -> Plan:
    """The plan with an explanation for each device, and what energy is worth in each step.

    Raises:
        InvalidField: the problem contradicts itself.
    """
    case = Case.of(problem)
    if found.steps != case.grid.steps:
        return found  # carried over from before: what it was worth then is not what it is worth now
    net = case.fixed + sum(
        (np.array(device.power) * case.grid.hours for device in found.devices), np.zeros(len(case.grid))
    )
    devices = tuple(
        msgspec.structs.replace(planned, explanation=_Teller(case, found, net, planned, device, model).tell())
        for planned, device, model in zip(found.devices, case.devices, case.models, strict=True)
    )
    value = values(case, found)
    worth = None if value is None else tuple(Price(round(price * 1e6)) for price in value.tolist())
    return msgspec.structs.replace(found, devices=devices, value=worth, curves=curves(case, found))


@dataclass(frozen=True, slots=True)
class _Teller:
    """Explains one device; ``net`` is the net load of the whole home (Wh)."""

    case: Case
    found: Plan
    net: Floats
    planned: DevicePlan
    device: Device
    model: Model

    def tell(self) -> Explanation:
        grid, power = self.case.grid, np.array(self.planned.power, dtype=np.float64)
        tariff = self.case.tariff
        beside = self.net - power * grid.hours
        cost, own = tariff.added_to(beside), self.planned.own_cost / 1e9
        spent = float(cost(power).sum()) + own
        even = self.model.best(self._even_price(beside))
        saved = float(cost(even.power).sum()) + even.own_cost - spent
        busy = [reason for reason in self.planned.reasons if reason.why not in IDLE]
        if isinstance(self.device, Curtailable) and self._never_stops:
            instead = self._pause(self.device, cost)
        elif isinstance(self.model, PvModel) and self._never_stops:
            instead = self._held_back(self.model, cost)
        else:
            instead = self._instead(busy[0], cost, spent) if busy else None
        last = np.flatnonzero(np.abs(power) > IDLE_WATTS)
        explanation = Explanation(
            done=Instant(int(grid.end[last[-1]])) if len(last) else None,
            ready_by=self.device.ready_by if isinstance(self.device, EvCharger | SingleRun) else None,
            saved=Money(round(saved * 1e9)),
            instead=instead,
            binds=self._binding(power),
            sentence="",
        )
        return msgspec.structs.replace(explanation, sentence=self._sentence(explanation))

    @property
    def _never_stops(self) -> bool:
        return all(reason.why is Why.RUNS for reason in self.planned.reasons)

    def _even_price(self, beside: Floats) -> Cost:
        """Every kWh at the mean price of the plan, later a trifle more; the connection's limits hold."""
        hours, boundless = self.case.grid.hours, np.full(len(self.case.grid), np.inf)
        unlimited = replace(self.case.tariff, import_limit=boundless, export_limit=boundless)
        mean = float(np.average(unlimited.marginal(self.net), weights=hours))
        price = linear(max(mean, 1e-3) * (1 + SOONER * np.cumsum(hours) / hours.sum()), self.case)
        tariff = self.case.tariff
        limits = replace(tariff, buy=0 * tariff.buy, sell=0 * tariff.sell).added_to(beside)
        return lambda power: price(power) + limits(power)

    def _instead(self, run: Reason, cost: Cost, spent: float) -> Alternative | None:
        """The cheapest schedule that does not do ``run``; None where no wish allows one."""
        barred = np.zeros(len(self.case.grid))
        planned = np.array(self.planned.power, dtype=np.float64)
        steps = slice(run.first, run.first + run.count)
        barred[steps] = BARRED * self.case.grid.hours[steps] / 1000
        pausing = run.why is Why.PAUSES

        def without(power: Floats) -> Floats:
            shape = (-1, *[1] * (power.ndim - 1))
            idle = np.abs(power) <= IDLE_WATTS
            again = np.where(idle, 1e3, 0.0) if pausing else np.abs(power)
            costs: Floats = cost(power) + again * barred.reshape(shape)
            return costs

        other: Schedule = self.model.best(without)
        changed = np.abs(other.power - planned) > IDLE_WATTS
        repeats = (np.abs(other.power[steps]) <= IDLE_WATTS) == pausing
        if repeats.any() or not changed.any():
            return None
        more = changed & (np.abs(other.power) > np.abs(planned))
        first = int(np.flatnonzero(more if more.any() else changed)[0])
        marginal = np.array(self.found.marginal_price)[more if more.any() else changed]
        dearer = float(cost(other.power).sum()) + other.own_cost - spent
        return Alternative(
            start=self.found.steps[first].start,
            price=Price(round(float(marginal.mean()))),
            dearer=Money(round(max(0.0, dearer) * 1e9)),
        )

    def _pause(self, load: Curtailable, cost: Cost) -> Alternative | None:
        """The cheapest pause of a load that makes none; None where its rules allow none."""
        grid, drawn = self.case.grid, np.array(load.load)
        lost = drawn * grid.hours * money(load.worth) / 1000 - (cost(drawn) - cost(0 * drawn))
        total = np.concatenate([[0.0], np.cumsum(lost)])
        pauses = []
        for first, start in enumerate(grid.start.tolist()):
            paused = load.lasted if load.paused and first == 0 else 0
            ran = start - grid.start[0] + (0 if load.paused else load.lasted)
            if drawn[first] <= IDLE_WATTS or (ran < load.between and not paused):
                continue
            least, most = start + load.shortest_pause - paused, start + load.longest_pause - paused
            low = max(first, int(np.searchsorted(grid.end, least)))
            ends = total[low + 1 : 1 + int(np.searchsorted(grid.end, most, side="right"))]
            if len(ends):
                pauses.append((float(ends.min() - total[first]), first, low + 1 + int(ends.argmin())))
        dearer, first, end = min(pauses, default=(0.0, 0, 0))
        return self._other(slice(first, end), dearer) if end else None

    def _held_back(self, model: PvModel, cost: Cost) -> Alternative | None:
        """The cheapest step to hold the sun back, of an inverter that produces all; None without sun."""
        power = model.power[:, -1]
        dearer = np.where(power > IDLE_WATTS, cost(power), np.inf)
        step = int(np.argmin(dearer))
        return self._other(slice(step, step + 1), float(dearer[step])) if np.isfinite(dearer[step]) else None

    def _other(self, steps: slice, dearer: float) -> Alternative:
        saved = self.case.tariff.saved(self.net)[steps] if isinstance(self.model, PvModel) else None
        marginal = np.array(self.found.marginal_price)[steps] if saved is None else saved * 1e6
        price = float(np.average(marginal, weights=self.case.grid.hours[steps]))
        return Alternative(
            start=self.found.steps[steps.start].start,
            price=Price(round(price)),
            dearer=Money(round(max(0.0, dearer) * 1e9)),
        )

    def _binding(self, power: Floats) -> tuple[str, ...]:
        """Names of wishes and limits without which it would do otherwise."""
        names = {wish.wish for wish in self.found.unmet if wish.device == self.planned.id}
        tariff, busy = self.case.tariff, np.abs(power) > IDLE_WATTS
        full = (self.net >= tariff.import_limit - 1) | (self.net <= -tariff.export_limit + 1)
        if (full & busy).any():
            names.add("connection_limit")
        if isinstance(self.device, Battery):
            names |= self._battery_binding(self.device, power)
        elif isinstance(self.device, Curtailable):
            names |= self._pause_binding(self.device)
        elif isinstance(self.model, SingleModel):
            ends = np.flatnonzero(busy)
            if len(ends) and self.case.grid.last_until(self.model.device.ready_by) == ends[-1]:
                names.add("ready_by")
        elif not isinstance(self.model, BatteryModel | PvModel) and self.planned.state is not None:
            storage, state = self.model.storage, np.array(self.planned.state)
            close = CLOSE * float(storage.points[-1] - storage.points[0])
            names |= {
                wish.name
                for wish in storage.wishes
                if ((wish.weight > 0) & (np.abs(state - wish.target) < close)).any()
            }
        return tuple(sorted(names))

    def _battery_binding(self, battery: Battery, power: Floats) -> set[str]:
        held = np.array(self.planned.state or (battery.stored,), dtype=np.float64)
        close = CLOSE * battery.capacity
        at = {
            "full": (held > battery.capacity - close).any(),
            "reserve": (held < battery.reserve + close).any(),
            "power": ((power > battery.max_charge - 1) | (power < 1 - battery.max_discharge)).any(),
        }
        return {name for name, binds in at.items() if binds and (np.abs(power) > IDLE_WATTS).any()}

    def _pause_binding(self, load: Curtailable) -> set[str]:
        steps = self.found.steps
        pauses = [
            steps[reason.first + reason.count - 1].end - steps[reason.first].start
            for reason in self.planned.reasons
            if reason.why is Why.PAUSES
        ]
        at = {
            "longest_pause": any(each >= load.longest_pause for each in pauses),
            "shortest_pause": any(each <= load.shortest_pause for each in pauses),
        }
        return {name for name, binds in at.items() if binds}

    def _sentence(self, explanation: Explanation) -> str:
        words, now = Words.of(self.case.problem), self.case.problem.now
        parts = [self.planned.reasons[0].sentence.rstrip(".")]
        missed = self._missed(words)
        if explanation.done is not None and explanation.ready_by is not None and "target" not in missed:
            parts.append(
                f"done by {words.time(explanation.done, now)} for {words.time(explanation.ready_by, now)}"
            )
        parts.extend(missed.values())
        if explanation.saved >= LEAST_TOLD:
            parts.append(f"{words.money(explanation.saved)} less than without looking at prices")
        other = explanation.instead
        if other is not None and other.dearer >= LEAST_TOLD:
            what = _OTHERWISE.get(type(self.device), "") if self._never_stops else ""
            start, price = words.time(other.start, now), words.price(other.price / 1e6)
            parts.append(f"the next best would be {what}{start} at {price}, {words.money(other.dearer)} more")
        bound = [WISHES[name] for name in explanation.binds if name not in missed]
        if bound:
            parts.append(f"bound by {' and '.join(filter(None, [', '.join(bound[:-1]), bound[-1]]))}")
        return "; ".join(parts) + "."

    def _missed(self, words: Words) -> dict[str, str]:
        """What is told of each wish that is missed, by its name."""
        told: dict[str, str] = {}
        for wish in self.found.unmet:
            if wish.device != self.planned.id or wish.cost < LEAST_TOLD:
                continue
            same = [each for each in self.found.unmet if (each.device, each.wish) == (wish.device, wish.wish)]
            amount = words.amount(sum(each.amount for each in same), wish.unit)
            told[wish.wish] = _MISSED.get(wish.wish, f"misses {{}} of {WISHES[wish.wish]}").format(amount)
        return told
