"""The tenders that a plan's price curves come to, with the positions and limits of now. Pure."""

from temix_market.instants import FIVE_MINUTES, Instant
from temix_market.positions import Positions
from temix_market.units import Energy

from temix_gateway.planning import Plan
from temix_gateway.planning.result import Curve
from temix_gateway.trading.tendering import OwnTender, Wanted, tenders
from temix_gateway.trading.trader import Limits


def own_tenders(plan: Plan, positions: Positions, limits: Limits, now: Instant) -> list[OwnTender]:
    """What the home could tender now; none without curves."""
    return tenders((_wanted(curve, positions) for curve in plan.curves), limits, now)


def _wanted(curve: Curve, positions: Positions) -> Wanted:
    steps = curve.interval.split(FIVE_MINUTES)
    held = [positions.at(step) for step in steps]
    lowest, highest = Energy(min(held) * len(held)), Energy(max(held) * len(held))
    return Wanted(curve.interval, curve.points, lowest, highest)
