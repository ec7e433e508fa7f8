"""The home's own tenders: which a plan's price curves come to now, and which no longer hold. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from temix_market.home_tenders import OpenTender
from temix_market.instants import FIVE_MINUTES, HOUR, Instant
from temix_market.intervals import Interval
from temix_market.positions import Positions
from temix_market.products import Side
from temix_market.units import Energy, Money, Power

from temix_gateway.planning import Plan
from temix_gateway.planning.result import Curve, CurvePoint
from temix_gateway.trading.tendering import OwnTender, Wanted, tenders
from temix_gateway.trading.trader import Limits

type Held = Mapping[Interval, Energy]
"""The position (Wh) in each interval when it was planned: its price curve is beside that."""


def own_tenders(
    plan: Plan, held: Held, positions: Positions, limits: Limits, now: Instant
) -> list[OwnTender]:
    """What the home could tender now; none without curves."""
    return tenders((_wanted(curve, held, positions) for curve in plan.curves), limits, now)


def tied(standing: Iterable[OpenTender]) -> set[Instant]:
    """The starts of the 5-minute steps in which a tender is open: they are not traded otherwise."""
    return {step.start for each in standing for step in each.tender.interval.split(FIVE_MINUTES)}


def beneath(limits: Limits, standing: Iterable[OpenTender]) -> Limits:
    """What is left of the day's money if all that is open is accepted."""
    spent = sum(max(0, each.rest.cost) for each in standing if each.tender.side is Side.BUY)
    return replace(limits, budget=Money(limits.budget - spent))


def unwanted(
    standing: Sequence[OpenTender], plan: Plan, held: Held, positions: Positions, limits: Limits
) -> list[OpenTender]:
    """The open tenders that the plan would no longer make, or whose acceptance would pass a limit.

    ``limits`` are those with all of them accepted. A tender whose hour has no curve any more lapses soon.
    """
    curves = {curve.interval: _wanted(curve, held, positions) for curve in plan.curves}
    told: dict[tuple[object, Side], int] = {}
    found = []
    for each in sorted(standing, key=lambda each: _eagerness(each.tender.price, each.tender.side)):
        tender = each.tender
        sums = tender.interval, tender.side
        wanted = curves.get(tender.interval)
        left = told.get(sums, 0) + each.left
        within = _within(each, left, positions, limits)
        if within and (wanted is None or left <= _at(wanted, tender.side, tender.price)):
            told[sums] = left
        else:
            found.append(each)
    return found


def _wanted(curve: Curve, held: Held, positions: Positions) -> Wanted:
    """A curve beside the position as it is now."""
    steps = [positions.at(step) for step in curve.interval.split(FIVE_MINUTES)]
    now = positions.at(curve.interval)
    moved = now - held.get(curve.interval, now)
    points = [CurvePoint(price=each.price, energy=Energy(each.energy - moved)) for each in curve.points]
    lowest, highest = Energy(min(steps) * len(steps)), Energy(max(steps) * len(steps))
    return Wanted(curve.interval, points, lowest, highest)


def _at(wanted: Wanted, side: Side, price: int) -> int:
    """What is wanted on a side at a price: at least as much as at the next one that is worse for the home."""
    if side is Side.BUY:
        return max((point.energy for point in wanted.points if point.price >= price), default=0)
    return max((-point.energy for point in wanted.points if point.price <= price), default=0)


def _within(each: OpenTender, left: int, positions: Positions, limits: Limits) -> bool:
    """Whether ``left`` Wh on its side and in its interval, and this price, are within the limits."""
    tender = each.tender
    buying = tender.side is Side.BUY
    power: Power = limits.import_power if buying else limits.export_power
    most = power * tender.interval.duration // HOUR
    steps = [positions.at(step) for step in tender.interval.split(FIVE_MINUTES)]
    there = max(steps) * len(steps) if buying else -min(steps) * len(steps)
    paid = not buying or (tender.price <= limits.highest_price and (limits.budget >= 0 or tender.price <= 0))
    return paid and left + there <= most


def _eagerness(price: int, side: Side) -> int:
    return -price if side is Side.BUY else price
