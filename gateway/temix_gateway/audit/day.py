"""The audit of a settled day: what it cost as executed, and what it would have cost otherwise. Pure.

Every case carries the same subscription; what differs from it is priced at the day's frozen spot. The regret
is split: execution A − B, forecast B − C, plan C − D (A as executed, B the plans executed exactly, C the same
policy with a perfect forecast, D the optimum that was found).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from temix_market.instants import FIVE_MINUTES, HOUR, Instant
from temix_market.intervals import Interval, spread_evenly
from temix_market.outlook import Spread
from temix_market.statement import Settled
from temix_market.units import Energy, Money, Price, cost, money_text

from temix_gateway.home.account import Audit
from temix_gateway.planning import Plan, Problem, Segment, Step

type Solve = Callable[[Problem, float], Plan]
"""Plans a problem within so many seconds."""

SAME_BUDGET: Final = 1.0
"""What the gateway's planner has, and so the same policy with a perfect forecast."""
MOST_BUDGET: Final = 20.0
"""What the search for the optimum has."""
EVEN: Final = Price(100_000)
"""Where every kWh costs the same, nothing is shifted: a home without control."""

UNMEASURED: Final = (
    "devices are not metered one by one: what the base load did otherwise than forecast counts as execution"
)


@dataclass(frozen=True, slots=True)
class Planned:
    """What the gateway asked its planner, and the plan that was then in force."""

    problem: Problem
    plan: Plan


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a day afterwards.

    Attributes:
        name: its date.
        day: from midnight to midnight.
        settled: its settled intervals.
        prices: frozen spot of both parties together, by start; also of the day after, where known.
        planned: what was planned, from the last plan before midnight on, in order of time.
    """

    name: str
    day: Interval
    settled: Sequence[Settled]
    prices: Mapping[Instant, Spread]
    planned: Sequence[Planned]


def audit(evidence: Evidence, solve: Solve) -> Audit:
    """Audit a day; what cannot be computed is left out, with the reason."""
    executed = Money(sum(step.total for step in evidence.settled))
    notes = _lacks(evidence)
    done = Audit(day=evidence.name, executed=money_text(executed), notes=notes)
    if notes:
        return done
    loads = _in_force(evidence)
    exact = _exact(evidence, loads)
    known = _perfect_problem(evidence, loads)
    perfect = _at_spot(evidence, _loads(solve(known, SAME_BUDGET)))
    optimum = min(perfect, _at_spot(evidence, _loads(solve(known, MOST_BUDGET))))
    uncontrolled = _at_spot(evidence, _loads(solve(_priced(known, lambda _: (EVEN, EVEN)), 0.0)))
    cheapest = _at_spot(evidence, _loads(solve(_priced(known, _one_price, bare=True), 0.0)))
    return msgspec.structs.replace(
        done,
        exact=money_text(exact),
        perfect=money_text(perfect),
        optimum=money_text(optimum),
        uncontrolled=money_text(uncontrolled),
        cheapest=money_text(cheapest),
        execution_regret=money_text(Money(executed - exact)),
        forecast_regret=money_text(Money(exact - perfect)),
        plan_regret=money_text(Money(perfect - optimum)),
        notes=[UNMEASURED],
    )


def _lacks(evidence: Evidence) -> list[str]:
    """What is missing for the cases beside the executed one."""
    steps = evidence.day.duration // FIVE_MINUTES
    if len(evidence.settled) < steps:
        return [f"{steps - len(evidence.settled)} intervals of the day are not settled"]
    if any(step.start not in evidence.prices for step in evidence.settled):
        return ["the spot of an interval is not in the ledger"]
    first = evidence.planned[0].plan.made_at if evidence.planned else None
    if first is None:
        return ["no plan of the day was kept: the gateway did not plan then, or it is too long ago"]
    late = (first - evidence.day.start) // HOUR
    if late >= 1:
        return [f"the first plan was made {late} h after midnight: the hours before it were not planned"]
    return []


def _in_force(evidence: Evidence) -> dict[Instant, tuple[Energy, Energy]]:
    """Of each step, the planned net import and the part of it that no device makes."""
    found: dict[Instant, tuple[Energy, Energy]] = {}
    for planned in evidence.planned:  # a later plan replaces an earlier one from its first step on
        plan = planned.plan
        for index, (step, load) in enumerate(zip(plan.steps, plan.net_load, strict=True)):
            devices = sum(device.power[index] for device in plan.devices) * step.duration // HOUR
            parts = step.duration // FIVE_MINUTES
            each = zip(
                step.split(FIVE_MINUTES),
                spread_evenly(load, parts),
                spread_evenly(Energy(devices), parts),
                strict=True,
            )
            found |= {part.start: (net, Energy(drawn)) for part, net, drawn in each}
    return found


def _exact(evidence: Evidence, loads: Mapping[Instant, tuple[Energy, Energy]]) -> Money:
    """The day with the transactions as made and the planned net import."""
    total = 0
    for step in evidence.settled:
        load = loads.get(step.start, (step.delivery, Energy(0)))[0]
        bought = step.total - step.energy.deviation - step.transport.deviation
        total += bought + _spot(evidence, step.start, Energy(load - step.position))
    return Money(total)


def _at_spot(evidence: Evidence, loads: Mapping[Instant, Energy]) -> Money:
    """The day with the subscription alone and these net imports."""
    total = 0
    for step in evidence.settled:
        total += step.energy.subscription + step.transport.subscription
        load = loads.get(step.start, step.delivery)
        total += _spot(evidence, step.start, Energy(load - step.subscribed))
    return Money(total)


def _spot(evidence: Evidence, start: Instant, deviation: Energy) -> Money:
    price = evidence.prices[start]
    return cost(deviation, price.buy if deviation > 0 else price.sell)


def _perfect_problem(evidence: Evidence, loads: Mapping[Instant, tuple[Energy, Energy]]) -> Problem:
    """The day's first problem as it would have been, had everything been known.

    What no device makes is the meter's delivery less what devices were planned to draw.
    """
    problem = evidence.planned[0].problem
    settled = {step.start: step for step in evidence.settled}
    return msgspec.structs.replace(
        problem, steps=tuple(_perfect(step, settled, evidence.prices, loads) for step in problem.steps)
    )


def _perfect(
    step: Step,
    settled: Mapping[Instant, Settled],
    prices: Mapping[Instant, Spread],
    loads: Mapping[Instant, tuple[Energy, Energy]],
) -> Step:
    starts = [part.start for part in step.interval.split(FIVE_MINUTES)]
    if any(start not in prices for start in starts):
        return step
    buy = Price(sum(prices[start].buy for start in starts) // len(starts))
    sell = Price(min(buy, sum(prices[start].sell for start in starts) // len(starts)))
    load, pv, position = step.base_load, step.pv, step.position
    if all(start in settled and start in loads for start in starts):
        rest = sum(settled[start].delivery - loads[start][1] for start in starts)
        watts = rest * HOUR / step.interval.duration
        load, pv = max(0.0, watts), max(0.0, -watts)
        position = Energy(sum(settled[start].subscribed for start in starts))
    return msgspec.structs.replace(
        step, buy=(Segment(buy),), sell=(Segment(sell),), base_load=load, pv=pv, position=position
    )


def _priced(
    problem: Problem, prices: Callable[[Step], tuple[Price, Price]], *, bare: bool = False
) -> Problem:
    """The problem at other prices; ``bare`` without a position, so that a kWh costs the same at any load."""

    def other(step: Step) -> Step:
        buy, sell = prices(step)
        position = Energy(0) if bare else step.position
        return msgspec.structs.replace(step, buy=(Segment(buy),), sell=(Segment(sell),), position=position)

    return msgspec.structs.replace(problem, steps=tuple(map(other, problem.steps)))


def _one_price(step: Step) -> tuple[Price, Price]:
    return step.buy[0].price, step.buy[0].price


def _loads(plan: Plan) -> dict[Instant, Energy]:
    return {
        part.start: energy
        for step, load in zip(plan.steps, plan.net_load, strict=True)
        for part, energy in zip(
            step.split(FIVE_MINUTES), spread_evenly(load, step.duration // FIVE_MINUTES), strict=True
        )
    }
