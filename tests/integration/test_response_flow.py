"""Adding, copying, changing and deleting a price response as a person does it in the UI."""

import asyncio
from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry
from temix_gateway.home.messages import DevicePlan, Plan, PlanStep

from custom_components.temix.client import TemixError
from custom_components.temix.response.questions import PAGES
from custom_components.temix.response.responses import KEY
from tests.gateway.home.fake_core import HOUR, NOON, Gateway
from tests.integration.conftest import pushed

type Page = dict[str, Any]

PUMP: dict[str, Any] = {
    "name": "Pool pump",
    "hours": 4,
    "power": 1_100,
    "ready_by": "20:00:00",
    "resumes": True,
    "more": {
        "default": "off", "least_minutes": 5, "hold_hours": 2, "hold_until": "hours", "advise": False,
    },
}  # fmt: skip


@pytest.fixture
def pump(hass: HomeAssistant) -> er.RegistryEntry:
    return known(hass, "switch", "pump", "off")


def known(hass: HomeAssistant, domain: str, name: str, state: str, **attributes: Any) -> er.RegistryEntry:
    """An entity with a registry entry and a state."""
    registry = er.async_get(hass)
    entity = registry.async_get_or_create(domain, "test", f"{domain}_{name}", suggested_object_id=name)
    hass.states.async_set(entity.entity_id, state, attributes)
    return entity


async def begin(hass: HomeAssistant, entry: MockConfigEntry, kind: str) -> Page:
    """The first page about a kind."""
    subentries = hass.config_entries.subentries
    menu = await subentries.async_init((entry.entry_id, "response"), context={"source": SOURCE_USER})
    assert menu["type"] is FlowResultType.MENU
    copy = ["copy"] if entry.subentries else []
    assert menu["menu_options"] == [*PAGES, *copy]
    return await answer(hass, menu, {"next_step_id": kind})


async def answer(hass: HomeAssistant, page: Page, answers: dict[str, Any]) -> Page:
    """The page after this one."""
    return await hass.config_entries.subentries.async_configure(page["flow_id"], answers)


async def add(hass: HomeAssistant, entry: MockConfigEntry, switch: str, **answers: Any) -> Page:
    """Add a pump, all pages through."""
    page = await answer(hass, await begin(hass, entry, "run_hours"), {"switch": switch})
    page = await answer(hass, page, PUMP | answers)
    assert page["step_id"] == "preview", page["errors"]
    done = await answer(hass, page, {})
    await hass.async_block_till_done()
    return done


def asked(page: Page) -> dict[str, Any]:
    """The fields of a page, those of its section included, with what is filled in already."""
    found = {}
    for marker, how in page["data_schema"].schema.items():
        inner = (
            {str(marker): marker} if str(marker) != "more" else {str(key): key for key in how.schema.schema}
        )
        for name, key in inner.items():
            default = key.default() if callable(getattr(key, "default", None)) else None
            found[name] = (key.description or {}).get("suggested_value", default)
    return found


@pytest.mark.parametrize("kind", list(PAGES))
def test_no_page_has_more_than_five_fields_in_sight(kind: str) -> None:
    pages = PAGES[kind]
    assert len(pages.device) <= 5
    assert len(pages.first) + len(["name"]) <= 5


async def test_a_pump_is_added_by_its_registry_id_and_survives_a_new_name(
    hass: HomeAssistant, loaded: MockConfigEntry, pump: er.RegistryEntry
) -> None:
    done = await add(hass, loaded, pump.entity_id)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    (subentry,) = loaded.subentries.values()
    assert subentry.title == "Pool pump"
    assert subentry.data["switch"] == pump.id
    assert hass.states.get("select.pool_pump_mode").state == "automatic"
    er.async_get(hass).async_update_entity(pump.entity_id, new_entity_id="switch.pool")
    running = hass.data[KEY][loaded.entry_id].running[subentry.subentry_id]
    assert running.adapter.controlled == (pump.id,)
    shown = await loaded.start_subentry_reconfigure_flow(hass, subentry.subentry_id)
    assert asked(shown)["switch"] == "switch.pool"


async def test_the_last_page_previews_by_the_gateways_planner(
    hass: HomeAssistant, loaded: MockConfigEntry, pump: er.RegistryEntry
) -> None:
    await hass.config.async_set_time_zone("America/Chicago")
    page = await answer(hass, await begin(hass, loaded, "run_hours"), {"switch": pump.entity_id})
    page = await answer(hass, page, PUMP)
    told = page["description_placeholders"]
    assert told["preview"] == "Today 13:05–14:05, 2.0 kWh, about $0.20, ready 20:00"
    assert told["name"] == "Pool pump"
    assert told["notes"].startswith("ⓘ switch.pump has no timer of its own")


async def test_without_the_gateways_answer_the_preview_is_an_estimate_and_says_so(
    hass: HomeAssistant, loaded: MockConfigEntry, gateway: Gateway, pump: er.RegistryEntry
) -> None:
    await hass.config.async_set_time_zone("America/Chicago")
    gateway.core.refusal = "there is no planner"
    page = await answer(hass, await begin(hass, loaded, "run_hours"), {"switch": pump.entity_id})
    page = await answer(hass, page, PUMP | {"hours": 1})
    told = page["description_placeholders"]["preview"]
    assert told.startswith("Today 12:05–13:05, 1.1 kWh, about $0.11, ready 20:00 (estimated")


async def test_a_preview_never_blocks(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    pump: er.RegistryEntry,
    monkeypatch: pytest.MonkeyPatch,
    freezer: FrozenDateTimeFactory,
) -> None:
    asked = asyncio.Event()

    async def never(_: object) -> None:
        asked.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(loaded.runtime_data.client, "preview_plan", never)
    page = await answer(hass, await begin(hass, loaded, "run_hours"), {"switch": pump.entity_id})
    last = asyncio.create_task(answer(hass, page, PUMP))
    await asked.wait()
    freezer.tick(6)
    page = await last
    assert "estimated" in page["description_placeholders"]["preview"]


async def test_two_responses_cannot_lead_one_entity(
    hass: HomeAssistant, loaded: MockConfigEntry, pump: er.RegistryEntry
) -> None:
    await add(hass, loaded, pump.entity_id)
    refused = await answer(hass, await begin(hass, loaded, "run_hours"), {"switch": pump.entity_id})
    assert refused["errors"] == {"switch": "in_use"}
    assert refused["description_placeholders"] | {"device": ""} == {
        "device": "", "entity": "switch.pump", "name": "Pool pump",
    }  # fmt: skip


async def test_changing_one_response_leaves_the_others_lease_alone_and_deleting_ends_it(
    hass: HomeAssistant, loaded: MockConfigEntry, gateway: Gateway, pump: er.RegistryEntry
) -> None:
    said: list[str] = []
    on = asyncio.Event()

    @callback
    def obey(call: ServiceCall) -> None:
        (entity,) = call.data["entity_id"]
        said.append(f"{call.service} {entity}")
        hass.states.async_set(entity, call.service.removeprefix("turn_"), context=call.context)
        on.set()

    for action in ("turn_on", "turn_off"):
        hass.services.async_register("switch", action, obey, schema=cv.make_entity_service_schema({}))
    for name in ("pump", "fan"):
        hass.states.async_set(f"switch.{name}", "off")
        await add(hass, loaded, f"switch.{name}", name=name, more=PUMP["more"] | {"least_minutes": 0})
    responses = hass.data[KEY][loaded.entry_id]
    by_title = {running.title: running for running in responses.running.values()}
    fan = by_title["fan"]
    runs = PlanStep(start=NOON - HOUR, end=NOON + HOUR, power=1_100)
    gateway.update(plan=Plan(made=NOON, devices=[DevicePlan(device=fan.id, steps=[runs])]))
    await pushed(loaded, lambda: fan.memory.lease is not None)
    await on.wait()
    task, memory, commands = fan._task, fan.memory.stored(), list(said)
    page = await loaded.start_subentry_reconfigure_flow(hass, by_title["pump"].id)
    page = await answer(hass, page, {"switch": "switch.pump"})
    assert asked(page)["hours"] == 4
    page = await answer(hass, page, PUMP | {"hours": 6})
    done = await answer(hass, page, {})
    assert done["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert responses.running[by_title["pump"].id] is by_title["pump"]
    assert by_title["pump"].adapter.duration.total_seconds() == 6 * 3600
    hass.states.async_set("switch.other", "off")
    await add(hass, loaded, "switch.other", name="other")
    assert (fan._task, fan.memory.stored()) == (task, memory)
    assert [each for each in said if "fan" in each] == [each for each in commands if "fan" in each]
    hass.config_entries.async_remove_subentry(loaded, fan.id)
    await hass.async_block_till_done(wait_background_tasks=False)
    assert said[-1] == "turn_off switch.fan"
    assert fan.id not in responses.running


async def test_a_copy_takes_the_answers_over_but_not_the_device(
    hass: HomeAssistant, loaded: MockConfigEntry, pump: er.RegistryEntry
) -> None:
    await add(hass, loaded, pump.entity_id, hours=7)
    (first,) = loaded.subentries.values()
    page = await begin(hass, loaded, "copy")
    page = await answer(hass, page, {"response": first.subentry_id})
    assert page["step_id"] == "run_hours"
    assert asked(page)["switch"] is None
    known(hass, "switch", "fan", "off", friendly_name="Fan")
    page = await answer(hass, page, {"switch": "switch.fan"})
    shown = asked(page)
    assert (shown["hours"], shown["power"], shown["name"]) == (7, 1_100, "Fan")
    page = await answer(hass, page, PUMP | {"name": "Fan", "hours": 7})
    await answer(hass, page, {})
    assert {subentry.title for subentry in loaded.subentries.values()} == {"Pool pump", "Fan"}


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


CAR_MORE = {
    "amperes": 16, "volts": 230, "phases": 1, "default": "off", "least_minutes": 1, "hold_hours": 2,
    "hold_until": "hours", "advise": False,
}  # fmt: skip
CAR = {
    "name": "Car", "ready_by": "20:00:00", "days": ["wed"], "target": 80, "capacity": 60, "more": CAR_MORE,
}  # fmt: skip


async def test_a_car_that_cannot_be_ready_is_told_and_one_that_never_can_is_refused(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    known(hass, "switch", "car", "off")
    known(hass, "number", "amps", "6", min=6, max=10, unit_of_measurement="A")
    known(hass, "sensor", "soc", "10", unit_of_measurement="%")
    chosen = {"switch": "switch.car", "current": "number.amps", "soc": "sensor.soc"}
    page = await answer(hass, await begin(hass, loaded, "charge_car"), chosen)
    assert asked(page)["amperes"] == 10
    page = await answer(hass, page, CAR)
    assert "the car needs 12.7 hours from now" in page["description_placeholders"]["notes"]
    hass.states.async_set("sensor.soc", "80", {"unit_of_measurement": "%"})
    page = await answer(hass, await begin(hass, loaded, "charge_car"), chosen)
    page = await answer(hass, page, CAR)
    assert page["description_placeholders"]["preview"] == "The car is as full as you want it now."
    page = await answer(hass, await begin(hass, loaded, "charge_car"), {"switch": "switch.car"})
    refused = await answer(hass, page, CAR | {"more": CAR_MORE | {"wanted": 100}})
    assert refused["errors"] == {"base": "takes_too_long"}
    refused = await answer(hass, refused, CAR | {"days": []})
    assert refused["errors"] == {"days": "no_day"}


async def test_a_plug_previews_its_pauses(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    await hass.config.async_set_time_zone("America/Chicago")
    known(hass, "switch", "freezer", "on")
    more = {"least_minutes": 5, "hold_hours": 2, "advise": False}
    answers = {
        "name": "Freezer",
        "limit": 0.13,
        "longest_minutes": 60,
        "power": 100,
        "resumes": True,
        "more": more,
    }
    page = await answer(hass, await begin(hass, loaded, "pause_when_dear"), {"switch": "switch.freezer"})
    page = await answer(hass, page, answers)
    assert page["description_placeholders"]["preview"] == "It would pause: Tonight 05:00–06:00"
    page = await answer(hass, await begin(hass, loaded, "pause_when_dear"), {"switch": "switch.freezer"})
    page = await answer(hass, page, answers | {"limit": 2})
    assert "No hour of the next day costs more than $2.00/kWh" in page["description_placeholders"]["preview"]


async def test_just_tell_needs_no_device(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    page = await begin(hass, loaded, "just_tell")
    assert page["step_id"] == "just_tell_settings"
    answers = {"name": "Laundry", "hours": 2, "ready_by": "20:00:00", "power": 800}
    page = await answer(hass, page, answers)
    done = await answer(hass, page, {})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert hass.states.get("binary_sensor.laundry_good_time_now").state == "unknown"


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
