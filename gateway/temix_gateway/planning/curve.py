"""What the home would trade in a coming hour at each price: a curve from the plan, without any trade made.

For each price one linear program: the plan's batteries and PV over the whole horizon, the other devices as
planned, and one more thing to trade: a constant rate over the hour, at that price. Its quantity never falls
as the price falls. The rest of each step is bought and sold at the tenders, so below the price to sell the
home would take all that it may, and above the price to buy give all: prices between these tell something.
"""

import numpy as np
from temix_market.instants import HOUR, Duration, Instant
from temix_market.intervals import Interval, enclosing
from temix_market.units import Energy, Price

from temix_gateway.planning.case import Case
from temix_gateway.planning.program import Indices, run
from temix_gateway.planning.result import Curve, CurvePoint, Plan
from temix_gateway.planning.value import MOST_S, keeping

PRICES = 5
"""Prices of a curve, evenly between those to sell and to buy."""


def curves(case: Case, found: Plan) -> tuple[Curve, ...]:
    """The curves of as many coming whole hours as are asked for; one beyond the horizon has none."""
    first = enclosing(case.problem.now, HOUR).end
    hours = [
        Interval(Instant(first + number * HOUR), Duration(HOUR)) for number in range(case.problem.curve_hours)
    ]
    told = [_curve(case, found, hour) for hour in hours]
    return tuple(curve for curve in told if curve is not None)


def _curve(case: Case, found: Plan, hour: Interval) -> Curve | None:
    steps: Indices = np.flatnonzero((case.grid.start >= hour.start) & (case.grid.end <= hour.end))
    if int(case.grid.hours[steps].sum() * HOUR) != hour.duration:
        return None  # only a part of it, or a longer step, is planned
    tariff, hours = case.tariff, case.grid.hours[steps]
    low, high = (float(np.average(prices[steps, 0], weights=hours)) for prices in (tariff.sell, tariff.buy))
    points = []
    for part in range(PRICES, 0, -1):
        price = round(low + (high - low) * part / (PRICES + 1), 6)
        energy = _traded(case, found, steps, price)
        if energy is None:
            return None
        points.append(CurvePoint(price=Price(round(price * 1e6)), energy=Energy(round(energy * 1000))))
    return Curve(interval=hour, points=tuple(points))


def _traded(case: Case, found: Plan, steps: Indices, price: float) -> float | None:
    """What the home would buy (negative: sell) over the steps at a constant rate and this price, kWh."""
    program, site = keeping(case, found)
    position, hours = case.tariff.position[steps], case.grid.hours[steps]
    most = float(((case.tariff.import_limit[steps] - position) / hours).min()) / 1000 * hours.sum()
    least = float(((-case.tariff.export_limit[steps] - position) / hours).max()) / 1000 * hours.sum()
    quantity = program.add_columns(np.array([price]), lower=min(0.0, least), upper=max(0.0, most))
    program.put(site.balance[steps], np.broadcast_to(quantity, steps.shape), hours / hours.sum())
    solution = run(program.solver(relaxed=True), MOST_S)
    return float(solution.columns[quantity[0]]) if solution is not None and solution.optimal else None
