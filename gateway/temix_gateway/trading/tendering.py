"""Tenders that the home could make of its own, from its price curve. Pure; nothing here sends one.

A buyer's or seller's sensitivity to price is told as several tenders, each of an increment at its price: who
takes some of them leaves the home where it would be at the last price taken. Each is judged as if all of them
were accepted, in the position, in today's money, and in the powers.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from temix_market.instants import HOUR, MINUTE, Duration, Instant
from temix_market.intervals import Interval, lot
from temix_market.products import Side
from temix_market.units import Energy, Money, Price, cost

from temix_gateway.trading.trader import Limits

LAPSES_BEFORE = Duration(MINUTE)
"""A tender ends so long before its interval begins: there is time for what it was to be traded otherwise."""


class Point(Protocol):
    """At this price (µ/kWh) the home would buy so much over the interval, Wh; negative: sell."""

    @property
    def price(self) -> Price:
        """For a kWh."""
        ...

    @property
    def energy(self) -> Energy:
        """Beyond the position."""
        ...


@dataclass(frozen=True, slots=True)
class OwnTender:
    """The home would buy or sell ``quantity`` Wh over an interval, at a constant rate, until it expires."""

    interval: Interval
    side: Side
    price: Price
    quantity: Energy
    expires_at: Instant


@dataclass(frozen=True, slots=True)
class Wanted:
    """A curve, dearest point first, and between which positions (Wh) each step of its interval lies."""

    interval: Interval
    points: Sequence[Point]
    lowest: Energy
    highest: Energy


def tenders(curves: Iterable[Wanted], limits: Limits, now: Instant) -> list[OwnTender]:
    """What the home could tender within its limits, in the order of the curves and best price first.

    ``lowest`` and ``highest`` of a curve are the positions of its interval's steps, scaled to the whole
    interval. No tender to buy costs more than the highest price, and all of them no more than the budget.
    """
    found: list[OwnTender] = []
    budget = limits.budget
    for curve in curves:
        expires = Instant(curve.interval.start - LAPSES_BEFORE)
        if expires <= now:
            continue
        for side in (Side.BUY, Side.SELL):
            for price, quantity in _increments(curve, side, limits, budget):
                found.append(OwnTender(curve.interval, side, price, quantity, expires))
                budget = Money(budget - _spent(side, price, quantity))
    return found


def _increments(curve: Wanted, side: Side, limits: Limits, budget: Money) -> Iterator[tuple[Price, Energy]]:
    """Best price first; each is what is wanted at its price beyond what was wanted at the one before."""
    duration, told, left = curve.interval.duration, 0, int(budget)
    buying = side is Side.BUY
    for point in curve.points if buying else reversed(curve.points):
        if buying and point.price > limits.highest_price:
            continue
        wanted = min(point.energy if buying else -point.energy, _room(curve, side, limits)) - told
        if buying and point.price > 0:
            wanted = min(wanted, left // point.price)
        quantity = Energy(max(0, wanted) // lot(duration) * lot(duration))
        if quantity:
            told += quantity
            left -= _spent(side, point.price, quantity)
            yield point.price, quantity


def _spent(side: Side, price: Price, quantity: Energy) -> int:
    return max(0, cost(quantity, price)) if side is Side.BUY else 0


def _room(curve: Wanted, side: Side, limits: Limits) -> int:
    """Wh that the position may still move over the interval."""
    if side is Side.BUY:
        return limits.import_power * curve.interval.duration // HOUR - curve.highest
    return limits.export_power * curve.interval.duration // HOUR + curve.lowest
