"""Price formation: from a wholesale price and loads to the four prices of an interval, with their components.

RATES says what its prices were made of (wholesale price, losses, scarcity of distribution, of generation
and of flexible capacity), not how. Formulas and coefficients here are our choice;
docs/explanation/price-formation.md shows them. Every function is pure; prices are µ/kWh, loads and factors
thousandths.
"""

from dataclasses import dataclass

from temix_market.tenders import Component
from temix_market.units import Price


@dataclass(frozen=True, slots=True)
class Coefficients:
    """What a retailer may tune; the defaults are those of the demo.

    A scarcity price is ``peak × ((load − from) / (1000 − from))²`` above ``from``, the load in thousandths
    of capacity counted up to ``LOAD_LIMIT``; it reaches its peak at capacity.
    """

    generation_peak: Price = Price(60_000)
    generation_from: int = 650
    flexible_peak: Price = Price(30_000)
    flexible_ramp: int = 150
    circuit_peak: Price = Price(120_000)
    circuit_from: int = 600
    loss_at_capacity: int = 80
    margin: Price = Price(2_000)
    margin_share: int = 10
    delivery: Price = Price(40_000)
    export: Price = Price(5_000)


@dataclass(frozen=True, slots=True)
class Conditions:
    """What an hour is like: loads of system and circuit, the system's ramp into the next hour."""

    system: int
    ramp: int
    circuit: int


@dataclass(frozen=True, slots=True)
class Scarcity:
    """What an hour's conditions add to a price (µ/kWh), and the marginal loss (thousandths of wholesale)."""

    generation: Price
    flexible: Price
    circuit: Price
    loss: int


type Parts = tuple[Component, ...]
"""Named components of a price, which is their sum."""

LOAD_LIMIT = 1_300
"""Loads beyond 130 % of capacity cost no more: something else than a price has to act there."""


def scarcity(conditions: Conditions, by: Coefficients) -> Scarcity:
    """Price an hour's conditions.

    Circuit scarcity and marginal losses carry the sign of the flow: while the circuit feeds back, taking
    energy relieves it and is cheaper by as much as it pays less for export.
    """
    circuit = max(-LOAD_LIMIT, min(LOAD_LIMIT, conditions.circuit))
    congestion = _above(abs(circuit), by.circuit_from, by.circuit_peak)
    ramp = max(0, min(by.flexible_ramp, conditions.ramp))
    return Scarcity(
        generation=_above(min(LOAD_LIMIT, conditions.system), by.generation_from, by.generation_peak),
        flexible=Price(by.flexible_peak * ramp * ramp // by.flexible_ramp**2),
        circuit=Price(congestion if circuit > 0 else -congestion),
        loss=by.loss_at_capacity * circuit // 1000,  # marginal losses grow with the flow
    )


def energy_parts(wholesale: Price, rare: Scarcity, by: Coefficients) -> tuple[Parts, Parts]:
    """The load-serving entity's price to sell and to buy energy."""
    margin = by.margin + abs(wholesale) * by.margin_share // 1000
    shared = (
        Component("wholesale", wholesale),
        Component("generation_scarcity", rare.generation),
        Component("flexible_scarcity", rare.flexible),
    )
    return (*shared, Component("margin", Price(margin))), (*shared, Component("margin", Price(-margin)))


def transport_parts(wholesale: Price, rare: Scarcity, by: Coefficients) -> tuple[Parts, Parts]:
    """The distribution operator's price to sell transport, and to buy it: above zero it pays for export."""
    shared = (
        Component("losses", Price(wholesale * rare.loss // 1000)),
        Component("circuit_scarcity", rare.circuit),
    )
    return (*shared, Component("delivery", by.delivery)), (*shared, Component("export", Price(-by.export)))


def _above(load: int, start: int, peak: Price) -> Price:
    over = max(0, load - start)
    return Price(peak * over * over // (1000 - start) ** 2)
