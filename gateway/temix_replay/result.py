"""What a replay found out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from temix_gateway.audit.day import Planned
from temix_gateway.home.account import Audit
from temix_market.instants import Instant
from temix_market.subscription import Calibration
from temix_market.units import Energy, Money, Power, Price

from temix_replay.home.home import SimulatedHome


@dataclass(frozen=True, slots=True)
class DayCost:
    """One local day. Money is what the home owes; energies are net import."""

    date: date
    hours: float
    paid: Money
    flat: Money
    uncontrolled: Money
    energy: Energy
    uncontrolled_energy: Energy
    plans: int
    trades: int


@dataclass(frozen=True, slots=True)
class Sample:
    """One 5-minute step under control: spot prices, position, deliveries, mean power of each device."""

    start: Instant
    buy: Price
    sell: Price
    position: Energy
    delivery: Energy
    uncontrolled: Energy
    devices: Mapping[str, Power]


@dataclass(frozen=True, slots=True)
class Service:
    """What a home got for its money: wishes missed over the replay, and what it holds at its end."""

    road_charging_kwh: float
    cold_water_litres: float
    discomfort_kelvin_hours: float
    filtering_missed_hours: float
    car_kwh: float
    battery_kwh: float
    tank_celsius: float
    air_celsius: float

    @classmethod
    def between(cls, begin: SimulatedHome, end: SimulatedHome) -> Service:
        """What happened from ``begin`` to ``end``, two states of one home."""
        return cls(
            (end.vehicle.missed - begin.vehicle.missed) / 1000,
            end.water_heater.missed - begin.water_heater.missed,
            end.house.missed - begin.house.missed,
            end.pool_pump.missed - begin.pool_pump.missed,
            end.vehicle.energy / 1000,
            end.battery.energy / 1000,
            end.water_heater.temperature,
            end.house.air,
        )


@dataclass(frozen=True, slots=True)
class Foresight:
    """The same home, had it known what came; see ``hindsight``.

    ``stored_at`` is what a kWh left in car and battery counts for: the median price of the hours after.
    """

    days: Mapping[date, Money]
    service: Service
    stored_at: Price
    plans: int

    @property
    def paid(self) -> Money:
        """Over all days."""
        return Money(sum(self.days.values()))

    def left(self, service: Service) -> Money:
        """What a home has more in car and battery at its end than the one with foresight is worth."""
        more = service.car_kwh + service.battery_kwh - self.service.car_kwh - self.service.battery_kwh
        return Money(round(more * self.stored_at * 1000))


@dataclass(frozen=True, slots=True)
class Replay:
    """A replay's result.

    ``spot_only`` is what the same use would have cost with the subscription and spot alone, nothing traded
    ahead; ``head`` is that of the ledger's chain, ``seconds`` what it all took. ``planned`` is what the
    planner was asked and answered; ``audits`` are those of the days, and ``foresight`` is the same home that
    knew what came, where they were wanted.
    """

    seed: int
    zone: str
    currency: str
    cold_snap: bool
    even_hours: bool
    days: Sequence[DayCost]
    samples: Sequence[Sample]
    year: int
    calibration: Calibration
    attribution: str
    hourly_plans: int
    material_plans: int
    trades: int
    spot_only: Money
    controlled: Service
    uncontrolled: Service
    head: str
    planned: Sequence[Planned]
    seconds: float = 0.0
    audits: Sequence[Audit] = ()
    foresight: Foresight | None = None

    @property
    def paid(self) -> Money:
        """As executed, over all days."""
        return Money(sum(day.paid for day in self.days))

    @property
    def flat(self) -> Money:
        """On the flat tariff, over all days."""
        return Money(sum(day.flat for day in self.days))

    @property
    def without_control(self) -> Money:
        """On dynamic prices without control, over all days."""
        return Money(sum(day.uncontrolled for day in self.days))

    @property
    def regret(self) -> Money | None:
        """What it paid for not knowing what came, where the same home that knew was looked at."""
        known = self.foresight
        return None if known is None else Money(self.paid - known.paid - known.left(self.controlled))
