"""How demands fit real entities: steps, limits, two targets, presets, choices, buttons; departures."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from homeassistant.core import HomeAssistant, State

from custom_components.temix.client import Thermostat
from custom_components.temix.response.home import Home
from custom_components.temix.response.kinds import read
from custom_components.temix.response.lever import Lever
from custom_components.temix.response.model import Demand, Unusable, number_set
from custom_components.temix.response.setpoint import temperature_set
from custom_components.temix.response.status import Memory
from custom_components.temix.response.tally import Tally

NOON = datetime(2026, 11, 25, 18, tzinfo=UTC)
"""A Wednesday, noon in Chicago."""
ROOM: dict[str, Any] = {
    "kind": "heat_cool", "thermostat": "climate.hall", "power": 2_000, "low": 19, "usual": 20, "high": 22,
}  # fmt: skip
CAR: dict[str, Any] = {"kind": "charge_car", "switch": "switch.car", "ready_by": "07:00"}
LIMITS = {"min_temp": 45, "max_temp": 90, "target_temp_step": 1, "temperature": 68}


def view(hass: HomeAssistant, now: datetime = NOON, **known: Any) -> Home:
    return Home(hass, now, known.get("ran", timedelta()), known.get("armed", False), known.get("price"))


@pytest.mark.parametrize(
    "wanted,attributes,said",
    [
        pytest.param(68.4, LIMITS, {"temperature": 68.0}, id="whole degrees Fahrenheit"),
        pytest.param(
            20.3, LIMITS | {"min_temp": 7, "target_temp_step": 0.5}, {"temperature": 20.5}, id="halves"
        ),
        pytest.param(95.0, LIMITS, {"temperature": 90.0}, id="no higher than it goes"),
        pytest.param(40.0, LIMITS, {"temperature": 45.0}, id="no lower than it goes"),
        pytest.param(20.24, {"temperature": 20}, {"temperature": 20.0}, id="one that names no step"),
    ],
)
def test_a_set_point_is_on_the_thermostats_own_steps(
    wanted: float, attributes: dict[str, Any], said: dict[str, float]
) -> None:
    fitted = temperature_set("climate.hall", wanted).fitted(State("climate.hall", "heat", attributes))
    assert fitted.data == said
    assert fitted.met_by(fitted.shown(State("climate.hall", "heat", said)))


@pytest.mark.parametrize(
    "cools,wanted,said",
    [
        pytest.param(
            False, 20.5, {"target_temp_low": 20.5, "target_temp_high": 24}, id="heating moves the low one"
        ),
        pytest.param(
            False, 25.0, {"target_temp_low": 25.0, "target_temp_high": 25.0}, id="and never passes the other"
        ),
        pytest.param(
            True, 26.0, {"target_temp_low": 19, "target_temp_high": 26.0}, id="cooling moves the high one"
        ),
        pytest.param(True, 18.0, {"target_temp_low": 18.0, "target_temp_high": 18.0}, id="nor downwards"),
    ],
)
def test_of_two_targets_the_one_that_matters_is_moved(
    cools: bool, wanted: float, said: dict[str, float]
) -> None:
    attributes = {"temperature": None, "target_temp_low": 19, "target_temp_high": 24, "target_temp_step": 0.5}
    fitted = temperature_set("climate.hall", wanted, cools=cools).fitted(
        State("climate.hall", "heat_cool", attributes)
    )
    assert fitted.data == said
    assert fitted.met_by(fitted.shown(State("climate.hall", "heat_cool", said)))


def test_a_number_is_set_within_its_limits_on_its_steps() -> None:
    state = State("number.car", "6", {"min": 6, "max": 16, "step": 2})
    assert number_set("number.car", 11.2, 0.5).fitted(state).data == {"value": 12.0}
    assert number_set("number.car", 40.0, 0.5).fitted(state).data == {"value": 16.0}
    assert number_set("number.car", 11.2, 0.5).fitted(None).data == {"value": 11.2}


def test_presets_lead_a_thermostat_that_names_them() -> None:
    presets = {"preset_cheap": "comfort", "preset_usual": "home", "preset_dear": "eco"}
    room = read(ROOM | presets)
    said = [
        demand.data for demands in (room.follow(2_000), room.default(), room.follow(0)) for demand in demands
    ]
    assert said == [{"preset_mode": "comfort"}, {"preset_mode": "home"}, {"preset_mode": "eco"}]
    (cheap,) = room.follow(2_000)
    assert cheap.met_by(cheap.shown(State("climate.hall", "heat", {"preset_mode": "comfort"})))
    assert room.target is None
    with pytest.raises(Unusable) as refused:
        read(ROOM | {"preset_cheap": "comfort"})
    assert refused.value.field == "preset_usual"


def test_a_lever_is_a_switch_a_choice_or_two_buttons() -> None:
    (plug,) = Lever("switch.plug").turned(on=True)
    assert (plug.action, plug.value) == ("turn_on", "on")
    choice = Lever.from_data({"switch": "select.mode", "on_option": "Boost", "off_option": "Idle"})
    assert [demand.data for demand in choice.turned(on=False)] == [{"option": "Idle"}]
    buttons = Lever.from_data({"switch": "script.start", "stop": "button.stop"})
    assert buttons.entities == ("script.start", "button.stop")
    (start,), (stop,) = buttons.turned(on=True), buttons.turned(on=False)
    assert start.fitted(State("script.start", "off")).action == "turn_on"
    assert stop.fitted(State("button.stop", "unknown")).action == "press"
    for wrong, field in (
        ({"switch": "select.mode", "on_option": "Boost"}, "off_option"),
        ({"switch": "select.mode", "on_option": "Boost", "off_option": "Boost"}, "off_option"),
        ({"switch": "button.a", "stop": "button.a"}, "stop"),
    ):
        with pytest.raises(Unusable) as refused:
            Lever.from_data(wrong)
        assert refused.value.field == field


@pytest.mark.parametrize(
    "settings,ready",
    [
        pytest.param({}, "2026-11-26T07:00", id="every day"),
        pytest.param({"days": ["sat"]}, "2026-11-28T07:00", id="only on Saturdays"),
        pytest.param({"days": ["wed"]}, "2026-12-02T07:00", id="next week's: today's is over"),
        pytest.param({"days": ["sat"], "ready_fri": "05:30"}, "2026-11-27T05:30", id="earlier on one day"),
        pytest.param({"ready_thu": "09:15"}, "2026-11-26T09:15", id="later on one day"),
    ],
)
async def test_a_car_is_ready_by_the_next_departure(
    hass: HomeAssistant, settings: dict[str, Any], ready: str
) -> None:
    await hass.config.async_set_time_zone("America/Chicago")
    found = read(CAR | settings).ready_by(view(hass))
    assert found == datetime.fromisoformat(ready).replace(tzinfo=ZoneInfo("America/Chicago"))


@pytest.mark.parametrize("settings,field", [({"days": []}, "days"), ({"ready_mon": "soon"}, "ready_mon")])
def test_a_week_without_departure_is_refused(settings: dict[str, Any], field: str) -> None:
    with pytest.raises(Unusable) as refused:
        read(CAR | settings)
    assert refused.value.field == field


async def test_without_a_state_of_charge_a_car_gets_what_is_wanted_of_each_charge(
    hass: HomeAssistant,
) -> None:
    car = read(CAR | {"wanted": 11})
    planned = car.device("car", view(hass, ran=timedelta(hours=1)))
    assert planned.needed == pytest.approx(11_000 - 3_680)
    assert car.finished(view(hass, ran=timedelta(hours=3)))


async def test_the_comfort_band_is_wider_by_night_and_while_nobody_is_home(hass: HomeAssistant) -> None:
    await hass.config.async_set_time_zone("America/Chicago")
    hass.states.async_set("climate.hall", "heat", {"current_temperature": 20.5, "temperature": 20})
    room = read(
        ROOM
        | {
            "presence": "person.ann",
            "away_drift": 3,
            "night_from": "22:00",
            "night_until": "06:00",
            "night_drift": 2,
        }
    )
    hass.states.async_set("person.ann", "home")
    assert room.at(view(hass)).low == 19
    assert room.at(view(hass, NOON + timedelta(hours=11))).low == 17
    planned = room.device("room", view(hass))
    assert isinstance(planned, Thermostat)
    assert [(each.start.hour, each.minimum) for each in planned.comfort] == [(4, 17), (12, 19)] * 2
    hass.states.async_set("person.ann", "not_home")
    assert room.at(view(hass)).low == 16
    (dear,) = room.at(view(hass)).follow(0)
    assert dear.value == 16
    cools = read(ROOM | {"season": "cool", "presence": "person.ann", "away_drift": 3})
    assert (cools.at(view(hass)).low, cools.at(view(hass)).high) == (19, 25)


@pytest.mark.parametrize(
    "settings,field",
    [
        ({"night_from": "22:00"}, "night_until"),
        ({"night_from": "22:00", "night_until": "22:00"}, "night_until"),
        ({"away_drift": -1}, "away_drift"),
    ],
)
def test_a_night_that_is_none_is_refused(settings: dict[str, Any], field: str) -> None:
    with pytest.raises(Unusable) as refused:
        read(ROOM | settings)
    assert refused.value.field == field


async def test_a_machine_says_by_its_power_that_it_is_ready(hass: HomeAssistant) -> None:
    settings = {"kind": "run_once", "switch": "switch.dish", "power": 800, "hours": 2, "ready_by": "07:00"}
    machine = read(settings | {"meter": "sensor.dish", "start_power": 15})
    assert not machine.arms(view(hass))
    hass.states.async_set("sensor.dish", "0.02", {"unit_of_measurement": "kW"})
    assert machine.arms(view(hass))
    hass.states.async_set("sensor.dish", "3", {"unit_of_measurement": "W"})
    assert not machine.arms(view(hass))
    assert not read(settings).arms(view(hass))


async def test_just_tell_plans_and_acts_on_nothing(hass: HomeAssistant) -> None:
    told = read({"kind": "just_tell", "hours": 3, "ready_by": "20:00"})
    assert (told.controlled, told.default(), told.follow(500), told.advise) == ((), (), (), True)
    assert told.device("d", view(hass)).remaining == timedelta(hours=3)
    assert told.device("d", view(hass, ran=timedelta(hours=3))) is None


@pytest.mark.parametrize(
    "settings,value,field",
    [
        (CAR, 60, "aim"),
        ({"kind": "run_hours", "switch": "switch.p", "power": 1, "hours": 2, "ready_by": "20:00"}, 3, None),
        ({"kind": "pause_when_dear", "switch": "switch.p", "limit": 0.4}, 0.2, "limit"),
        (ROOM, 21, "usual"),
        ({"kind": "just_tell", "hours": 3, "ready_by": "20:00"}, 5, None),
        ({"kind": "home_battery", "setpoint": "number.b", "soc": "sensor.b", "capacity": 10, "max_charge": 1,
          "max_discharge": 1}, 30, "reserve"),
        ({"kind": "heat_water", "heater": "water_heater.t", "power": 1, "lowest": 40, "usual": 50,
          "highest": 60}, 55, "usual"),
    ],
)  # fmt: skip
def test_another_target_changes_nothing_else(
    settings: dict[str, Any], value: float, field: str | None
) -> None:
    before = read(settings)
    aimed = before.aiming(value)
    assert before.target is not None
    assert aimed.target.value == value
    assert aimed.target.least <= value <= aimed.target.most
    if field is not None:
        assert getattr(aimed, field) == value
    assert aimed.default() == before.default() or field == "usual"


def test_a_tally_values_energy_at_the_days_mean_price() -> None:
    tally = Tally()
    tally.add(2_000, 0.10, 3_600)  # 2 kWh at 0.10
    tally.add(0, 0.30, 3_600)
    assert tally.total == pytest.approx(2 * 0.20 - 2 * 0.10)
    tally.add(1_000, None, 3_600)  # no price: not counted
    assert tally.total == pytest.approx(0.20)
    tally.begin_day()
    tally.add(-1_000, 0.50, 3_600)  # sold dear, at the only price of this day
    assert tally.total == pytest.approx(0.20)
    tally.add(0, 0.10, 3_600)
    assert tally.total == pytest.approx(0.20 + 0.50 - 0.30)


def test_what_is_remembered_is_read_again_also_from_before() -> None:
    memory = Memory(target=70, skip=1.0, tally=Tally(saved=2.0))
    assert Memory.of(memory.stored()) == memory
    old = {"lease": None, "held": None, "mode": "off", "armed": False, "ran": 0, "since": 0, "changed": 0}
    assert Memory.of(old).tally == Tally()


def test_momentary_demands_leave_nothing_to_see() -> None:
    press = Demand("button.a", "press", "", momentary=True)
    assert not press.met_by(press.shown(State("button.a", "2026-11-25T18:00:00+00:00")))


WALLBOX = CAR | {"current": "number.amps", "volts": 230, "amperes": 16}
SELECT = {"phase_switch": "select.phases", "one_phase": "1p", "three_phases": "3p"}


@pytest.mark.parametrize(
    "power,phases,amperes",
    [(1_380, "1p", 6), (3_680, "1p", 16), (4_100, "1p", 16), (4_140, "3p", 6), (11_040, "3p", 16)],
)
def test_a_charger_takes_one_phase_for_little_and_three_for_much(
    power: float, phases: str, amperes: float
) -> None:
    car = read(WALLBOX | SELECT)
    assert [demand.value for demand in car.follow(power)] == [phases, amperes, "on"]
    number = read(WALLBOX | {"phase_switch": "number.phases"})
    assert number.follow(power)[0].value == (1 if phases == "1p" else 3)
    assert car.controlled == ("number.amps", "switch.car", "select.phases")


def test_a_charger_with_phases_draws_from_little_to_all_and_leaves_them_when_it_stops() -> None:
    car = read(WALLBOX | SELECT)
    assert (car.least_power, car.full_power) == (1_380, 11_040)
    assert [demand.value for demand in car.follow(0)] == ["off"]
    fixed = read(WALLBOX | {"phases": 3})
    assert (fixed.least_power, fixed.full_power) == (4_140, 11_040)


def test_phases_need_a_current() -> None:
    with pytest.raises(Unusable) as refused:
        read(CAR | SELECT)
    assert refused.value.field == "current"


BOILER: dict[str, Any] = {
    "kind": "heat_water", "switch": "switch.boiler", "thermometer": "sensor.water", "power": 2_000,
    "lowest": 40, "highest": 60, "volume": 120,
}  # fmt: skip


async def test_a_boiler_behind_a_relay_heats_when_told_and_when_nobody_leads_it(hass: HomeAssistant) -> None:
    boiler = read(BOILER)
    told = [[demand.value for demand in demands] for demands in (boiler.follow(2_000), boiler.follow(0))]
    assert told == [["on"], ["off"]]
    assert boiler.default() == boiler.follow(2_000), "its own thermostat keeps it from boiling"
    assert (boiler.controlled, boiler.read, boiler.target) == (("switch.boiler",), ("sensor.water",), None)
    assert boiler.device("b", view(hass)) is None
    hass.states.async_set("sensor.water", "122", {"unit_of_measurement": "°F"})
    device = boiler.device("b", view(hass))
    assert device is not None
    assert (device.temperature, device.minimum, device.maximum) == (pytest.approx(50), 40, 60)
    assert boiler.out_of_reach(view(hass)) == ""


@pytest.mark.parametrize(
    "changed,field",
    [
        ({"heater": "water_heater.t"}, "heater"),
        ({"switch": None, "usual": 50}, "heater"),
        ({"thermometer": None}, "thermometer"),
    ],
)
def test_a_boiler_is_one_thing_and_has_a_thermometer(changed: dict[str, Any], field: str) -> None:
    with pytest.raises(Unusable) as refused:
        read(BOILER | changed)
    assert refused.value.field == field
