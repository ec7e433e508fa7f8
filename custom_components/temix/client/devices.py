"""What Home Assistant reports to the gateway: devices, expected load, meter readings, published prices.

Power is W, energy Wh, temperature °C, volume litres; the wire's integers are made here.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

from .wire import to_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One device: its model and its state now; ``id`` is the reporter's own and comes back in the plan.

    One with ``advise`` is planned and never switched; nothing is traded for it.
    """

    kind: ClassVar[str]
    scale: ClassVar[Mapping[str, int]] = {}

    id: str
    advise: bool = False

    def to_message(self) -> dict[str, Any]:
        """Write the device for the wire."""
        return {"kind": self.kind} | _integers(asdict(self), self.scale)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvCharger(Device):
    """A charger: bring ``needed`` Wh (at the meter) into a connected car by ``ready_by``."""

    kind = "ev_charger"

    connected: bool
    needed: float
    max_power: float
    min_power: float = 0
    ready_by: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Battery(Device):
    """A home battery; ``efficiency`` is that of a round trip, in percent."""

    kind = "battery"

    capacity: float
    stored: float
    max_charge: float
    max_discharge: float
    reserve: float = 0
    efficiency: int = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class WaterHeater(Device):
    """A tank with an element, kept between two temperatures; ``draw`` is the mean energy drawn a day."""

    kind = "water_heater"
    scale = {"volume": 1000, "temperature": 1000, "minimum": 1000, "maximum": 1000}  # noqa: RUF012

    power: float
    volume: float
    temperature: float
    minimum: float
    maximum: float
    standing_loss: float = 60
    draw: float = 6_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Comfort:
    """What a room may be from ``start`` on, until the next."""

    start: datetime
    minimum: float
    maximum: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Thermostat(Device):
    """Heating or cooling that keeps a room between two temperatures.

    ``capacity`` is the heat that warms the building by 1 °C, ``loss`` flows out per 1 °C of difference; none:
    the gateway learns them, see ``RoomHistory``. ``cop`` is heat moved per electricity in percent.
    """

    kind = "thermostat"
    scale = {"temperature": 1000, "outdoor": 1000, "minimum": 1000, "maximum": 1000}  # noqa: RUF012

    power: float
    temperature: float
    outdoor: float
    minimum: float
    maximum: float
    cooling: bool
    capacity: float | None = None
    loss: float | None = None
    cop: int = 300
    comfort: tuple[Comfort, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomHistory:
    """Past whole hours of what one thermostat, ``device``, heats or cools; none: unknown.

    ``indoor`` is at the beginning of each hour, ``outdoor`` the mean; ``drawn`` by its device, Wh.
    """

    device: str
    cooling: bool
    start: datetime
    indoor: tuple[float | None, ...]
    outdoor: tuple[float | None, ...]
    drawn: tuple[float | None, ...]

    def to_message(self) -> dict[str, Any]:
        """Write the hours for the wire."""
        return {
            "device": self.device,
            "cooling": self.cooling,
            "start": to_ms(self.start),
            "indoor": [_integer(value, 1000) for value in self.indoor],
            "outdoor": [_integer(value, 1000) for value in self.outdoor],
            "drawn": [_integer(value) for value in self.drawn],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTime(Device):
    """A load that must run for ``remaining`` until ``finish_by``, whenever that is."""

    kind = "run_time"

    power: float
    remaining: timedelta
    finish_by: datetime
    minimum_run: timedelta = field(default_factory=timedelta)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held(Device):
    """A device that a person leads: it draws ``power`` (negative: gives) until then, and is not planned."""

    kind = "held"

    power: float
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Expected mean power in one interval."""

    start: datetime
    end: datetime
    power: float

    def to_message(self) -> dict[str, Any]:
        """Write the load for the wire."""
        return {name: _integer(value) for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Net import over one interval of whole 5 minutes on the clock."""

    start: datetime
    end: datetime
    energy: float

    def to_message(self) -> dict[str, Any]:
        """Write the reading for the wire."""
        return {name: _integer(value) for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class ReportedPrice:
    """The price of a kWh in one interval of whole 5 minutes on the clock, in millionths of the currency unit.

    ``final``: it will not change any more.
    """

    start: datetime
    end: datetime
    price: int
    final: bool = True

    def to_message(self) -> dict[str, Any]:
        """Write the price for the wire; most are final, and hundreds go in one message."""
        row = {"start": to_ms(self.start), "end": to_ms(self.end), "price": self.price}
        return row if self.final else row | {"final": False}


def _integers(values: Mapping[str, Any], scale: Mapping[str, int]) -> dict[str, Any]:
    return {
        name: [_integers(part, scale) for part in value]
        if isinstance(value, tuple)
        else _integer(value, scale.get(name, 1))
        for name, value in values.items()
    }


def _integer(value: Any, scale: int = 1) -> Any:
    """Write numbers, times and durations as the wire's integers; leave the rest."""
    match value:
        case bool() | str() | None:
            return value
        case datetime():
            return to_ms(value)
        case timedelta():
            return value // timedelta(milliseconds=1)
        case _:
            return round(value * scale)
