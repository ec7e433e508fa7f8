"""What both parties publish at an instant: every instrument of the horizon, both sides, both products."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from temix_market.calendar import trading_horizon
from temix_market.instants import FIVE_MINUTES, HOUR, QUARTER, Duration, Instant
from temix_market.intervals import Interval, enclosing, first_after
from temix_market.products import Instrument, Resource, Side
from temix_market.tenders import PartyId, Publication, Tender, TenderId
from temix_market.units import Energy, Power, Price

from temix_retailer.carbon import CarbonSeries
from temix_retailer.circuit import circuit_load, system_load
from temix_retailer.forecast import forecast_error
from temix_retailer.formation import (
    Coefficients,
    Conditions,
    Scarcity,
    energy_parts,
    scarcity,
    transport_parts,
)
from temix_retailer.prices import Wholesale

PERIOD = FIVE_MINUTES
"""Time between publications."""

VALID = Duration(2 * PERIOD)
"""How long a tender can be taken: one missed publication is bridged, two are not."""

_REACH = ((FIVE_MINUTES, HOUR), (QUARTER, Duration(4 * HOUR)))
_NAMES = {FIVE_MINUTES: "5", QUARTER: "15", HOUR: "60"}


@dataclass(frozen=True, slots=True)
class Circuit:
    """One circuit's market: who trades there, how its prices form, and how much each home can take.

    ``carbon`` is published beside the energy that is sold; none: nothing is.
    """

    energy: PartyId
    transport: PartyId
    wholesale: Wholesale
    seed: int
    coefficients: Coefficients = field(default_factory=Coefficients)
    capacity: Power = Power(500_000)
    depth: Power = Power(15_000)
    carbon: CarbonSeries | None = None


def slot(instant: Instant) -> Instant:
    """The instant of the latest publication due at ``instant``."""
    return enclosing(instant, PERIOD).start


def instruments(circuit: Circuit, issued: Instant) -> Iterator[Interval]:
    """The intervals published at ``issued``: those that begin later, 5-minute ones first (RATES' horizon)."""
    later = Instant(issued + 1)  # what begins now is closed
    for duration, reach in _REACH:
        start = first_after(later, duration).start
        for at in range(start, issued + reach + 1, duration):
            yield Interval(Instant(at), duration)
    horizon = trading_horizon(circuit.wholesale.zone, issued)
    for at in range(first_after(later, HOUR).start, horizon, HOUR):
        yield Interval(Instant(at), HOUR)


def publish(
    circuit: Circuit, issued: Instant, traded: Mapping[Instant, Energy]
) -> tuple[Publication, Publication]:
    """Both parties' publications of an instant on the 5-minute grid: energy's, then transport's.

    Args:
        circuit: the market.
        issued: the instant of publication; with the seed and ``traded`` it decides everything.
        traded: for each UTC hour (its start), what the homes have bought less what they have sold in it
            beyond their usual use, which the circuit's profile holds (Wh).
    """
    sequence = issued // PERIOD
    energy: list[Tender] = []
    transport: list[Tender] = []
    for interval in instruments(circuit, issued):
        wholesale, rare = _basis(circuit, interval, issued, traded)
        expires = min(interval.start, Instant(issued + VALID))
        quantity = Energy(circuit.depth * interval.duration // HOUR)
        carbon = None if circuit.carbon is None else circuit.carbon.of(interval)
        for author, resource, into, prices in (
            (circuit.energy, Resource.ENERGY, energy, energy_parts(wholesale, rare, circuit.coefficients)),
            (
                circuit.transport,
                Resource.TRANSPORT,
                transport,
                transport_parts(wholesale, rare, circuit.coefficients),
            ),
        ):
            instrument = Instrument(interval.start, interval.duration, resource)
            name = f"{author}/{sequence}/{interval.start // 60_000}-{_NAMES[interval.duration]}"
            for side, parts in zip((Side.SELL, Side.BUY), prices, strict=True):
                into.append(
                    Tender(
                        TenderId(f"{name}/{side.value}"),
                        sequence,
                        author,
                        instrument,
                        side,
                        Price(sum(part.price for part in parts)),
                        quantity,
                        expires,
                        parts,
                        carbon if resource is Resource.ENERGY and side is Side.SELL else None,
                    )
                )
    return (
        Publication(circuit.energy, sequence, issued, tuple(energy)),
        Publication(circuit.transport, sequence, issued, tuple(transport)),
    )


def spot_prices(circuit: Circuit, start: Instant) -> tuple[Price, Price]:
    """What the 5 minutes from ``start`` cost a home at spot, to buy and to sell, where nobody trades.

    Spot is the last publication before the interval; what homes trade beyond their usual use moves it.
    """
    wholesale, rare = _basis(circuit, Interval(start, FIVE_MINUTES), Instant(start - PERIOD), {})
    sides = zip(
        energy_parts(wholesale, rare, circuit.coefficients),
        transport_parts(wholesale, rare, circuit.coefficients),
        strict=True,
    )
    buy, sell = (Price(sum(part.price for part in (*energy, *transport))) for energy, transport in sides)
    return buy, sell


def _basis(
    circuit: Circuit, interval: Interval, issued: Instant, traded: Mapping[Instant, Energy]
) -> tuple[Price, Scarcity]:
    """The wholesale price as it looks at ``issued``, and the scarcity of the interval's hour.

    The price of an hour or a quarter is the mean of its 5-minute ones, so that no turn through instruments
    of different length earns more than rounding.
    """
    hour = enclosing(interval.start, HOUR).start
    steps = _steps(circuit.wholesale, hour)
    first = (interval.start - hour) // FIVE_MINUTES
    chosen = steps[first : first + interval.duration // FIVE_MINUTES]
    error = forecast_error(circuit.seed, hour, issued)
    wholesale = sum(step + abs(step) * error // 1000 for step in chosen) // len(chosen)
    return Price(wholesale), _scarcity(circuit, hour, traded.get(hour, Energy(0)))


@lru_cache(maxsize=256)
def _steps(wholesale: Wholesale, hour: Instant) -> tuple[Price, ...]:
    return wholesale.steps(hour)


@lru_cache(maxsize=1024)
def _scarcity(circuit: Circuit, hour: Instant, traded: Energy) -> Scarcity:
    zone = circuit.wholesale.zone
    system = system_load(zone, hour)
    ramp = system_load(zone, Instant(hour + HOUR)) - system
    load = circuit_load(zone, hour) + 1000 * traded // circuit.capacity
    return scarcity(Conditions(system, ramp, load), circuit.coefficients)
