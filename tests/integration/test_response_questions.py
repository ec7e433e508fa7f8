"""What the dialog of price responses asks of each device, and what it knows already."""

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.temix.client import TemixError
from custom_components.temix.response.questions import PAGES
from tests.integration.dialog import CAR, PUMP, answer, asked, begin, known


@pytest.mark.parametrize("kind", list(PAGES))
def test_no_page_has_more_than_five_fields_in_sight(kind: str) -> None:
    pages = PAGES[kind]
    assert len(pages.device) <= 5
    assert len(pages.first) + len(["name"]) <= 5


async def test_defaults_come_from_the_device(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=loaded.entry_id, identifiers={("test", "dish")}, name="Dishwasher plug"
    )
    registry = er.async_get(hass)
    plug = known(hass, "switch", "dish", "on")
    meter = registry.async_get_or_create(
        "sensor", "test", "dish_power", suggested_object_id="dish_power", original_device_class="power"
    )
    for entity in (plug, meter):
        registry.async_update_entity(entity.entity_id, device_id=device.id)
    hass.states.async_set("sensor.dish_power", "2", {"unit_of_measurement": "W"})
    page = await answer(hass, await begin(hass, loaded, "run_once"), {"switch": plug.entity_id})
    shown = asked(page)
    assert (shown["name"], shown["meter"]) == ("Dishwasher plug", "sensor.dish_power")
    assert page["description_placeholders"]["device"] == "Dishwasher plug"


async def test_a_thermostats_page_is_in_its_own_degrees_and_limits(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    shown = {
        "temperature": 21, "current_temperature": 20.5, "min_temp": 7, "max_temp": 30,
        "hvac_modes": ["off", "heat"], "preset_modes": ["home", "eco"], "supported_features": 1,
    }  # fmt: skip
    known(hass, "climate", "hall", "heat", **shown)
    page = await answer(hass, await begin(hass, loaded, "heat_cool"), {"thermostat": "climate.hall"})
    known_answers = asked(page)
    assert [known_answers[name] for name in ("low", "usual", "high", "season")] == [19, 21, 23, "heat"]
    low = next(how for key, how in page["data_schema"].schema.items() if str(key) == "low")
    assert (low.config["min"], low.config["max"], low.config["unit_of_measurement"]) == (7, 30, "°C")
    assert "preset_cheap" in known_answers
    more = {
        "power": 2_000, "away_drift": 0, "night_drift": 0, "programme": "counts", "least_minutes": 10,
        "hold_hours": 2, "advise": False,
    }  # fmt: skip
    answers = {"name": "Hall", "low": 19, "usual": 21, "high": 23, "season": "heat", "more": more}
    for change, errors, told in (
        ({"usual": 25}, {"usual": "not_rising"}, {}),
        ({"season": "cool"}, {"season": "cannot_cool"}, {"entity": "climate.hall"}),
        ({"more": more | {"preset_cheap": "home"}}, {"base": "three_presets"}, {}),
        ({"more": more | {"night_from": "22:00:00"}}, {"base": "no_night"}, {}),
    ):
        refused = await answer(hass, page, answers | change)
        assert refused["errors"] == errors
        assert told.items() <= refused["description_placeholders"].items()
        section = next(how for key, how in refused["data_schema"].schema.items() if str(key) == "more")
        assert section.options["collapsed"] is ("base" not in errors)
    accepted = await answer(hass, page, answers)
    assert accepted["step_id"] == "preview"


async def test_a_tank_stays_within_what_it_can_be_set_to(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    shown = {"temperature": 50, "min_temp": 30, "max_temp": 55, "supported_features": 1}
    known(hass, "water_heater", "tank", "eco", **shown)
    page = await answer(hass, await begin(hass, loaded, "heat_water"), {"heater": "water_heater.tank"})
    suggested = asked(page)
    assert [suggested[name] for name in ("lowest", "usual", "highest")] == [40, 50, 55]
    more = {"volume": 200, "least_minutes": 1, "hold_hours": 2, "advise": True}
    answers = {"name": "Tank", "lowest": 40, "usual": 50, "highest": 55, "power": 2_000, "more": more}
    hass.states.async_set("water_heater.tank", "eco", shown | {"max_temp": 52})
    refused = await answer(hass, page, answers)
    assert refused["errors"] == {"highest": "out_of_range"}
    assert refused["description_placeholders"]["most"] == "52"
    page = await answer(hass, page, answers | {"highest": 52})
    assert page["description_placeholders"]["notes"] == "It only advises: nothing is switched."
    assert page["description_placeholders"]["preview"].startswith("Its sensors say nothing now")


async def test_a_choice_is_asked_for_its_options_and_buttons_for_the_other(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    known(hass, "select", "mode", "Idle", options=["Idle", "Boost"])
    page = await answer(hass, await begin(hass, loaded, "run_hours"), {"switch": "select.mode"})
    assert (page["step_id"], page["description_placeholders"]["entity"]) == ("lever", "select.mode")
    refused = await answer(hass, page, {"on_option": "Boost", "off_option": "Boost"})
    assert refused["errors"] == {"off_option": "same_option"}
    page = await answer(hass, refused, {"on_option": "Boost", "off_option": "Idle"})
    await answer(hass, await answer(hass, page, PUMP), {})
    (subentry,) = loaded.subentries.values()
    assert (subentry.data["on_option"], subentry.data["off_option"]) == ("Boost", "Idle")
    start, stop = known(hass, "button", "start", "unknown"), known(hass, "script", "stop", "off")
    page = await answer(hass, await begin(hass, loaded, "run_hours"), {"switch": start.entity_id})
    refused = await answer(hass, page, {"stop": start.entity_id})
    assert refused["errors"] == {"stop": "same_button"}
    page = await answer(hass, refused, {"stop": stop.entity_id})
    page = await answer(hass, page, PUMP | {"name": "Sauna"})
    notes = page["description_placeholders"]["notes"]
    assert "button.start leaves nothing to see" in notes
    assert "script.stop leaves nothing to see" in notes


async def test_a_battery_takes_its_limits_from_its_set_point(
    hass: HomeAssistant, loaded: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    known(hass, "number", "battery", "0", min=-4_600, max=5_000, unit_of_measurement="W")
    known(hass, "sensor", "soc", "55", unit_of_measurement="%")
    chosen = {"setpoint": "number.battery", "soc": "sensor.soc"}
    page = await answer(hass, await begin(hass, loaded, "home_battery"), chosen)
    shown = asked(page)
    assert (shown["max_charge"], shown["max_discharge"]) == (5_000, 4_600)

    async def refuse(_: object) -> None:
        raise TemixError("no planner")

    monkeypatch.setattr(loaded.runtime_data.client, "preview_plan", refuse)
    answers = {
        "name": "Battery", "capacity": 10, "reserve": 20, "max_charge": 5_000, "max_discharge": 4_600,
        "more": {"least_minutes": 1, "hold_hours": 2, "advise": False},
    }  # fmt: skip
    page = await answer(hass, page, answers)
    assert page["description_placeholders"]["preview"].startswith("The gateway's planner did not answer")


async def test_a_chargers_phases_are_found_among_its_options(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    known(hass, "number", "amps", "6", min=6, max=16, unit_of_measurement="A")
    known(hass, "select", "phases", "auto", options=["auto", "1 phase", "3 phases"])
    chosen = {"current": "number.amps", "phase_switch": "select.phases"}
    page = await answer(hass, await begin(hass, loaded, "charge_car"), chosen)
    page = await answer(hass, page, CAR)
    done = await answer(hass, page, {})
    assert (done["data"]["one_phase"], done["data"]["three_phases"]) == ("1 phase", "3 phases")


async def test_a_boiler_behind_a_relay_is_not_asked_for_a_set_point(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    known(hass, "switch", "boiler", "on")
    known(hass, "sensor", "water", "48", unit_of_measurement="°C")
    chosen = {"switch": "switch.boiler", "thermometer": "sensor.water"}
    page = await answer(hass, await begin(hass, loaded, "heat_water"), chosen)
    assert page["step_id"] == "heat_water_settings"
    assert "usual" not in {str(key) for key in page["data_schema"].schema}
    more = {"volume": 120, "least_minutes": 5, "hold_hours": 2, "advise": False}
    given = {"name": "Boiler", "lowest": 40, "highest": 60, "power": 2_000, "more": more}
    page = await answer(hass, page, given)
    assert page["step_id"] == "preview", page["errors"]
    done = await answer(hass, page, {})
    assert done["title"] == "Boiler"


async def test_just_tell_needs_no_device(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    page = await begin(hass, loaded, "just_tell")
    assert page["step_id"] == "just_tell_settings"
    answers = {"name": "Laundry", "hours": 2, "ready_by": "20:00:00", "power": 800}
    page = await answer(hass, page, answers)
    done = await answer(hass, page, {})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert hass.states.get("binary_sensor.laundry_good_time_now").state == "unknown"
