"""What Home Assistant reports about the home, for the planner: each device's model and its state now.

A device with ``advise`` is planned and never switched; nothing is traded for it.
"""

from typing import Annotated

from msgspec import Meta, Struct

from temix_gateway.home.units import CommandId, MilliCelsius, Name, Time, Watt, Wh

type Milliseconds = Annotated[int, Meta(ge=0, le=172_800_000, description="milliseconds, at most two days")]
type Percent = Annotated[int, Meta(ge=1, le=100)]


class EvCharger(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="ev_charger", tag_field="kind"
):
    """A charger that can bring ``needed`` Wh into a car by ``ready_by``.

    It draws ``min_power`` (that of 6 A) to ``max_power``, in steps of a sixth of ``min_power`` (1 A), or
    nothing; without ``min_power`` it is on or off. ``needed`` is measured at the meter; 0: no car.
    """

    id: Name
    advise: bool = False
    connected: bool
    needed: Wh
    max_power: Watt
    min_power: Watt = 0
    ready_by: Time | None = None


class Battery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="battery", tag_field="kind"):
    """A home battery: what it holds, how fast it fills and empties, what must stay in it.

    ``efficiency`` is that of a round trip, in percent.
    """

    id: Name
    advise: bool = False
    capacity: Wh
    stored: Wh
    max_charge: Watt
    max_discharge: Watt
    reserve: Wh = 0
    efficiency: Percent = 90


class WaterHeater(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="water_heater", tag_field="kind"
):
    """A tank heated by an element of ``power``, on or off, kept between two temperatures.

    ``volume`` is in ml, ``standing_loss`` the mean loss in W, ``draw`` the mean energy drawn a day in Wh.
    """

    id: Name
    advise: bool = False
    power: Watt
    volume: Annotated[int, Meta(ge=1_000, le=5_000_000, description="millilitres")]
    temperature: MilliCelsius
    minimum: MilliCelsius
    maximum: MilliCelsius
    standing_loss: Watt = 60
    draw: Wh = 6_000


class Comfort(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a room may be from ``start`` on, until the next."""

    start: Time
    minimum: MilliCelsius
    maximum: MilliCelsius


class Thermostat(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="thermostat", tag_field="kind"
):
    """Heating or cooling of ``power`` that keeps a room between two temperatures.

    ``capacity`` is the heat that warms the building by 1 °C (Wh); ``loss`` flows out per 1 °C (W); null: as
    learned from its past, until then as in a usual building (5,000 Wh, 200 W). ``cop`` is heat moved per
    electricity, in percent; ``cooling`` says which way it works now. ``comfort`` says, in order of time, how
    the two temperatures change.
    """

    id: Name
    advise: bool = False
    power: Watt
    temperature: MilliCelsius
    outdoor: MilliCelsius
    minimum: MilliCelsius
    maximum: MilliCelsius
    cooling: bool
    capacity: Wh | None = None
    loss: Watt | None = None
    cop: Annotated[int, Meta(ge=10, le=1_000, description="percent")] = 300
    comfort: Annotated[list[Comfort], Meta(max_length=64)] = []


class RunTime(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="run_time", tag_field="kind"
):
    """A load of ``power`` that must run for ``remaining`` before ``finish_by``: a pool pump."""

    id: Name
    advise: bool = False
    power: Watt
    remaining: Milliseconds
    finish_by: Time
    minimum_run: Milliseconds = 0


class Held(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="held", tag_field="kind"):
    """A device that a person leads: it draws ``power`` (negative: gives) until then, and is not planned."""

    id: Name
    advise: bool = False
    power: Watt
    until: Time


type Device = EvCharger | Battery | WaterHeater | Thermostat | RunTime | Held


class Load(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Expected mean power in one interval."""

    start: Time
    end: Time
    power: Watt


class ReportHome(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="report_home"):
    """Report every device, and the load that no device makes; it replaces the earlier report.

    ``base_load`` is a forecast, net of solar: in order, without overlap; the last value holds on.
    """

    id: CommandId
    at: Time
    devices: Annotated[list[Device], Meta(max_length=64)]
    base_load: Annotated[list[Load], Meta(max_length=600)] = []


class PreviewPlan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="preview_plan"):
    """Ask what a device would do at the present prices, beside what is planned; it changes nothing."""

    id: CommandId
    device: Device
