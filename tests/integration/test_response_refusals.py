"""What the dialog of price responses refuses or warns of, and what it says then."""

from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import issue_registry as ir
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.temix.const import DOMAIN
from tests.faults.home.responses import response
from tests.integration.dialog import CAR, CAR_MORE, PUMP, add, answer, asked, begin, known


async def test_two_responses_cannot_lead_one_entity(
    hass: HomeAssistant, loaded: MockConfigEntry, pump: er.RegistryEntry
) -> None:
    await add(hass, loaded, pump.entity_id)
    refused = await answer(hass, await begin(hass, loaded, "run_hours"), {"switch": pump.entity_id})
    assert refused["errors"] == {"switch": "in_use"}
    assert refused["description_placeholders"] | {"device": ""} == {
        "device": "", "entity": "switch.pump", "name": "Pool pump",
    }  # fmt: skip


async def test_a_response_of_another_gateway_counts_too(
    hass: HomeAssistant, loaded: MockConfigEntry, pump: er.RegistryEntry
) -> None:
    await add(hass, loaded, pump.entity_id)
    settings = {"kind": "run_hours", "switch": pump.id, "hours": 4, "power": 1_100, "ready_by": "20:00:00"}
    lamp = known(hass, "switch", "lamp", "off")
    cabin = MockConfigEntry(
        domain=DOMAIN,
        title="Cabin",
        unique_id="another",
        data=loaded.data,
        subentries_data=[response("twin", **settings), response("lamp", **settings | {"switch": lamp.id})],
    )
    cabin.add_to_hass(hass)
    refused = await answer(hass, await begin(hass, loaded, "run_hours"), {"switch": "switch.lamp"})
    assert refused["errors"] == {"switch": "in_use"}
    await hass.config_entries.async_setup(cabin.entry_id)
    issue = ir.async_get(hass).async_get_issue(DOMAIN, "response_unusable_twin")
    assert issue is not None
    assert issue.translation_placeholders == {
        "name": "Twin", "reason": "switch.pump: Pool pump leads it already",
    }  # fmt: skip
    await hass.config_entries.async_remove(cabin.entry_id)
    assert ir.async_get(hass).async_get_issue(DOMAIN, "response_unusable_twin") is None


async def test_a_plug_whose_appliance_does_not_go_on_is_refused_with_the_reason(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    known(hass, "switch", "dish", "on")
    page = await answer(hass, await begin(hass, loaded, "run_once"), {"switch": "switch.dish"})
    assert asked(page)["resumes"] is False
    answers = {
        "name": "Dishwasher", "hours": 2, "power": 800, "ready_by": "07:00:00", "resumes": False,
        "more": {"start_power": 10, "default": "on", "hold_hours": 2, "hold_until": "hours", "advise": False},
    }  # fmt: skip
    refused = await answer(hass, page, answers)
    assert refused["errors"] == {"resumes": "does_not_resume"}
    accepted = await answer(hass, page, answers | {"resumes": True})
    assert accepted["step_id"] == "preview"


@pytest.mark.parametrize(
    "kind,entities,chosen,field,key,told",
    [
        pytest.param("charge_car", {}, {}, "switch", "switch_or_current", {}, id="a charger without a lever"),
        pytest.param(
            "charge_car", {"switch.c": {}, "sensor.range": {"unit_of_measurement": "km"}},
            {"switch": "switch.c", "soc": "sensor.range"}, "soc", "wrong_unit",
            {"entity": "sensor.range", "unit": "km", "wanted": "%"}, id="a range for a state of charge",
        ),
        pytest.param(
            "home_battery", {"number.b": {"unit_of_measurement": "kW"}, "sensor.soc": {}},
            {"setpoint": "number.b", "soc": "sensor.soc"}, "setpoint", "wrong_unit", {"unit": "kW"},
            id="a set-point in kW",
        ),
        pytest.param(
            "home_battery", {"number.b": {"unit_of_measurement": "%"}, "sensor.soc": {}},
            {"setpoint": "number.b", "soc": "sensor.soc"}, "setpoint", "wrong_unit", {"unit": "%"},
            id="a set-point in percent",
        ),
        pytest.param(
            "charge_car", {"switch.c": {}, "select.p": {"options": ["1", "3"]}},
            {"switch": "switch.c", "phase_switch": "select.p"}, "current", "phases_and_current", {},
            id="phases without a current",
        ),
        pytest.param(
            "charge_car", {"number.a": {}, "select.p": {"options": ["auto", "3 phases"]}},
            {"current": "number.a", "phase_switch": "select.p"}, "phase_switch", "no_phases",
            {"entity": "select.p"}, id="a choice without one phase",
        ),
        pytest.param(
            "charge_car", {"number.a": {}, "number.p": {"min": 1, "max": 2}},
            {"current": "number.a", "phase_switch": "number.p"}, "phase_switch", "no_phases", {},
            id="a number that ends at two phases",
        ),
        pytest.param("heat_water", {}, {}, "heater", "heater_or_switch", {}, id="neither tank nor relay"),
        pytest.param(
            "heat_water", {"switch.b": {}}, {"switch": "switch.b"}, "thermometer", "no_thermometer", {},
            id="a boiler without thermometer",
        ),
        pytest.param(
            "heat_water", {"switch.b": {}, "sensor.t": {"unit_of_measurement": "%"}},
            {"switch": "switch.b", "thermometer": "sensor.t"}, "thermometer", "wrong_unit", {},
            id="humidity for a temperature",
        ),
        pytest.param(
            "run_hours", {}, {"switch": "switch.gone"}, "switch", "no_entity", {"entity": "switch.gone"},
            id="an entity that is gone",
        ),
        pytest.param(
            "heat_cool", {"climate.fan": {"supported_features": 8}}, {"thermostat": "climate.fan"},
            "thermostat", "no_set_point", {"entity": "climate.fan"}, id="a thermostat without set-point",
        ),
        pytest.param(
            "heat_water", {"water_heater.t": {}}, {"heater": "water_heater.t"}, "heater", "no_set_point", {},
            id="a tank without set-point",
        ),
    ],
)  # fmt: skip
async def test_a_wrong_device_is_explained(  # noqa: PLR0917
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    kind: str,
    entities: dict[str, Any],
    chosen: dict[str, str],
    field: str,
    key: str,
    told: dict[str, str],
) -> None:
    for entity, attributes in entities.items():
        hass.states.async_set(entity, "5", attributes)
    refused = await answer(hass, await begin(hass, loaded, kind), chosen)
    assert refused["errors"] == {field: key}
    assert told.items() <= refused["description_placeholders"].items()


async def test_assumed_and_polled_devices_are_named(
    hass: HomeAssistant, loaded: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    known(hass, "switch", "deaf", "off", assumed_state=True)
    page = await answer(hass, await begin(hass, loaded, "run_hours"), {"switch": "switch.deaf"})
    page = await answer(hass, page, PUMP)
    assert "switch.deaf never tells its state" in page["description_placeholders"]["notes"]

    registry = er.async_get(hass)
    registry.async_get_or_create("switch", "tplink", "x", suggested_object_id="polled")
    hass.states.async_set("switch.polled", "off")
    page = await answer(hass, await begin(hass, loaded, "run_hours"), {"switch": "switch.polled"})
    page = await answer(hass, page, PUMP)
    assert "asks switch.polled only now and then" in page["description_placeholders"]["notes"]


@pytest.mark.parametrize("platform,noted", [("tplink", True), ("mqtt", False)])
async def test_a_machine_whose_power_is_asked_for_now_and_then_is_told_what_that_costs(
    hass: HomeAssistant, loaded: MockConfigEntry, platform: str, noted: bool
) -> None:
    known(hass, "switch", "dish", "on")
    registry = er.async_get(hass)
    registry.async_get_or_create("sensor", platform, "w", suggested_object_id="dish_power")
    hass.states.async_set("sensor.dish_power", "0", {"unit_of_measurement": "W", "device_class": "power"})
    page = await answer(hass, await begin(hass, loaded, "run_once"), {"switch": "switch.dish"})
    more = {
        "meter": "sensor.dish_power", "start_power": 10, "default": "on", "hold_hours": 2,
        "hold_until": "hours", "advise": False,
    }  # fmt: skip
    answers = {
        "name": "Dish", "hours": 2, "power": 1_800, "ready_by": "06:00:00", "resumes": True, "more": more,
    }  # fmt: skip
    notes = (await answer(hass, page, answers))["description_placeholders"]["notes"]
    assert ("asks sensor.dish_power for the power only now and then" in notes) is noted


async def test_a_car_that_cannot_be_ready_is_told_and_one_that_never_can_is_refused(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    known(hass, "switch", "car", "off")
    known(hass, "number", "amps", "6", min=6, max=10, unit_of_measurement="A")
    known(hass, "sensor", "soc", "10", unit_of_measurement="%")
    chosen = {"switch": "switch.car", "current": "number.amps", "soc": "sensor.soc"}
    page = await answer(hass, await begin(hass, loaded, "charge_car"), chosen)
    assert asked(page)["amperes"] == 10
    slow = CAR | {"more": CAR_MORE | {"amperes": 10}}
    page = await answer(hass, page, slow)
    assert "the car needs 20.3 hours from now" in page["description_placeholders"]["notes"]
    hass.states.async_set("sensor.soc", "80", {"unit_of_measurement": "%"})
    page = await answer(hass, await begin(hass, loaded, "charge_car"), chosen)
    page = await answer(hass, page, slow)
    assert page["description_placeholders"]["preview"] == "The car is as full as you want it now."
    page = await answer(hass, await begin(hass, loaded, "charge_car"), {"switch": "switch.car"})
    refused = await answer(hass, page, CAR | {"more": CAR_MORE | {"wanted": 100}})
    assert refused["errors"] == {"base": "takes_too_long"}
    refused = await answer(hass, refused, CAR | {"days": []})
    assert refused["errors"] == {"days": "no_day"}


@pytest.mark.parametrize(
    "day,ready_by,note",
    [
        ("2026-03-07T20:00Z", "02:30:00", "they leave out 02:30, and it is ready an hour later"),
        ("2026-10-31T20:00Z", "01:30:00", "they show 01:30 twice, and it is ready by the first"),
        ("2026-10-31T20:00Z", "03:30:00", None),
    ],
)
async def test_a_ready_by_that_the_clocks_leave_out_or_show_twice_is_named(  # noqa: PLR0917
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    pump: er.RegistryEntry,
    freezer: FrozenDateTimeFactory,
    day: str,
    ready_by: str,
    note: str | None,
) -> None:
    await hass.config.async_set_time_zone("America/Chicago")
    page = await answer(hass, await begin(hass, loaded, "run_hours"), {"switch": pump.entity_id})
    freezer.move_to(day)
    page = await answer(hass, page, PUMP | {"ready_by": ready_by})
    notes = page["description_placeholders"]["notes"]
    assert ("The clocks change" in notes) is (note is not None)
    assert (note or "") in notes


@pytest.mark.parametrize(
    "field,value,error",
    [("max_charge", 5_001, "5000"), ("max_discharge", 3_001, "-3000"), ("max_discharge", 3_000, None)],
)
async def test_a_battery_is_not_counted_on_for_more_than_it_can_be_set_to(
    hass: HomeAssistant, loaded: MockConfigEntry, field: str, value: int, error: str | None
) -> None:
    known(hass, "number", "battery", "0", min=-3_000, max=5_000, unit_of_measurement="W")
    known(hass, "sensor", "soc", "50", unit_of_measurement="%")
    chosen = {"setpoint": "number.battery", "soc": "sensor.soc"}
    page = await answer(hass, await begin(hass, loaded, "home_battery"), chosen)
    more = {"least_minutes": 1, "hold_hours": 2, "advise": False}
    answers = {
        "name": "Battery", "capacity": 10, "reserve": 20, "max_charge": 5_000, "max_discharge": 3_000,
        "more": more,
    }  # fmt: skip
    page = await answer(hass, page, answers | {field: value})
    assert (page["errors"] or {}) == ({} if error is None else {field: "beyond"})
    if error is not None:
        assert page["description_placeholders"]["most"] == error


async def test_a_car_is_not_counted_on_for_more_current_than_its_charger_can_be_set_to(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    known(hass, "number", "amps", "6", min=6, max=32, unit_of_measurement="A")
    page = await answer(hass, await begin(hass, loaded, "charge_car"), {"current": "number.amps"})
    page = await answer(hass, page, CAR | {"more": CAR_MORE | {"amperes": 40}})
    assert page["errors"] == {"base": "beyond"}
    assert page["description_placeholders"]["entity"] == "number.amps"
