"""What a response shows, says and can be told: entities, the reason in words, actions and their errors."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import msgspec
import pytest
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry
from syrupy.assertion import SnapshotAssertion
from temix_gateway.home.messages import DevicePlan, Instead, Plan, PlanStep

from custom_components.temix.const import DOMAIN
from custom_components.temix.response.responses import KEY
from custom_components.temix.response.running import Running
from tests.gateway.home.fake_core import HOUR, NOON, Gateway
from tests.integration.conftest import Advance

SETTINGS: dict[str, dict[str, Any]] = {
    "pump": {
        "kind": "run_hours", "switch": "switch.pump", "hours": 4, "power": 1_100, "ready_by": "20:00:00",
        "default": "off",
    },
    "dish": {"kind": "run_once", "switch": "switch.dish", "hours": 2, "power": 800, "ready_by": "07:00:00"},
    "hall": {
        "kind": "heat_cool", "thermostat": "climate.hall", "power": 2_000, "low": 19, "usual": 20, "high": 22,
        "preset_cheap": "comfort", "preset_usual": "home", "preset_dear": "eco",
    },
    "freezer": {"kind": "pause_when_dear", "switch": "switch.freezer", "limit": 0.4, "power": 120},
    "fan": {
        "kind": "run_hours", "switch": "switch.fan", "hours": 1, "power": 50, "ready_by": "20:00:00",
        "default": "off", "advise": True,
    },
    "laundry": {"kind": "just_tell", "hours": 2, "ready_by": "20:00:00", "power": 1_000},
}  # fmt: skip


def subentry(name: str, settings: dict[str, Any]) -> ConfigSubentry:
    return ConfigSubentry(
        data=MappingProxyType(settings),
        subentry_id=name,
        subentry_type="response",
        title=name.title(),
        unique_id=None,
    )


@pytest.fixture
async def responses(
    hass: HomeAssistant, entry: MockConfigEntry, gateway: Gateway
) -> AsyncIterator[dict[str, Running]]:
    """A home with some responses, each at rest; a plan is there, and nothing is to be done yet."""
    await hass.config.async_set_time_zone("America/Chicago")
    for name in ("pump", "dish", "fan"):
        hass.states.async_set(f"switch.{name}", "off")
    hass.states.async_set("switch.freezer", "on")
    hass.states.async_set("climate.hall", "heat", {"current_temperature": 20.5, "preset_mode": "home"})
    for name, settings in SETTINGS.items():
        hass.config_entries.async_add_subentry(entry, subentry(name, settings))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    yield hass.data[KEY][entry.entry_id].running
    await hass.config_entries.async_unload(entry.entry_id)


def plan(*devices: str, power: int = 1_000, start: int = NOON - HOUR, until: int | None = None) -> Plan:
    """A plan in which some devices run from ``start`` on, and wait for it before."""
    waits = PlanStep(
        start=NOON - HOUR, end=start, power=0, why="waits", price=230_000, later=90_000, until=start
    )
    runs = PlanStep(start=start, end=until or start + 2 * HOUR, power=power, why="runs", price=90_000)
    steps = [waits, runs] if start > NOON - HOUR else [runs]
    return Plan(made=NOON, devices=[DevicePlan(device=each, steps=steps, saved="0.31") for each in devices])


async def until(satisfied: Callable[[], bool]) -> None:
    """Let everything happen until something is so."""
    for _ in range(2_000):
        if satisfied():
            return
        await asyncio.sleep(0)
    assert satisfied()


def shown(hass: HomeAssistant, entity: str) -> str:
    state = hass.states.get(entity)
    return "missing" if state is None else state.state


async def test_entities_of_a_response(
    hass: HomeAssistant,
    responses: dict[str, Running],
    entry: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    snapshot: SnapshotAssertion,
) -> None:
    """Of each platform, with what is disabled by default named."""
    found = [
        (each.entity_id, each.unique_id, each.disabled_by, hass.states.get(each.entity_id))
        for each in er.async_entries_for_config_entry(entity_registry, entry.entry_id)
        if each.config_subentry_id in {"pump", "dish", "laundry"}
    ]
    assert sorted(found, key=lambda each: each[0]) == snapshot


async def test_why_says_it_in_numbers_and_in_words(
    hass: HomeAssistant, responses: dict[str, Running], gateway: Gateway
) -> None:
    gateway.update(plan=plan("pump", start=NOON + 2 * HOUR))
    await until(lambda: shown(hass, "sensor.pump_why") == "waits")
    attributes = hass.states.get("sensor.pump_why").attributes
    assert attributes["sentence"] == (
        "Waits until 14:00: now $0.230/kWh on average, then $0.090/kWh; "
        "$0.31 less than without looking at prices."
    )
    assert (attributes["price"], attributes["price_later"], attributes["advice"]) == (0.23, 0.09, False)
    assert shown(hass, "sensor.pump_next_start") == "2021-11-24T20:00:00+00:00"
    assert shown(hass, "sensor.pump_ready_by") == "2021-11-25T02:00:00+00:00"
    gateway.update(plan=plan("pump"))
    await until(lambda: shown(hass, "sensor.pump_why") == "runs")
    assert hass.states.get("sensor.pump_why").attributes["sentence"] == (
        "Runs until 13:00, at $0.090/kWh on average; $0.31 less than without looking at prices."
    )


@pytest.mark.parametrize(
    "why,hours,price,says",
    [
        ("not_yet", 2, 90_000, "Need not run before 14:00; then it runs at $0.090/kWh on average;"),
        ("barred", 23, 90_000, "Cannot run before 11:00; then it runs at $0.090/kWh on average;"),
        ("not_yet", 25, -300, "Need not run before 25.11. 13:00; then it runs at $0.000/kWh on average;"),
        ("waits", 2, -51_000, "Waits until 14:00: now $0.230/kWh on average, then -$0.051/kWh;"),
    ],
)
async def test_why_says_when_and_at_what_price_without_a_doubt(  # noqa: PLR0917
    hass: HomeAssistant,
    responses: dict[str, Running],
    gateway: Gateway,
    why: str,
    hours: int,
    price: int,
    says: str,
) -> None:
    """A time that the clock shows sooner, too, has its date; a price is never minus nothing."""
    (planned,) = plan("pump", start=NOON + hours * HOUR).devices
    first = msgspec.structs.replace(planned.steps[0], why=why, later=price)
    told = msgspec.structs.replace(planned, steps=[first, *planned.steps[1:]])
    gateway.update(plan=Plan(made=NOON, devices=[told]))
    await until(lambda: shown(hass, "sensor.pump_why") == why)
    assert hass.states.get("sensor.pump_why").attributes["sentence"].startswith(says)


async def test_a_response_that_the_gateway_cannot_plan_says_so(
    hass: HomeAssistant, responses: dict[str, Running], gateway: Gateway
) -> None:
    left_out = dict.fromkeys(("pump", "fan", "laundry"), "power: 0 is too little")
    gateway.update(plan=Plan(made=NOON, devices=[], left_out=left_out))
    await until(lambda: shown(hass, "sensor.pump_why") == "unplannable")
    assert shown(hass, "sensor.pump_state") == "fail_safe"
    attributes = hass.states.get("sensor.pump_why").attributes
    assert attributes["sentence"] == "It cannot be planned as it is set up, so the device is at your default."
    assert attributes["wrong"] == "power: 0 is too little"
    assert shown(hass, "sensor.fan_why") == "unplannable"
    assert shown(hass, "sensor.dish_why") == "finished"
    assert shown(hass, "binary_sensor.laundry_good_time_now") == "unknown"
    issues = ir.async_get(hass)
    told = issues.async_get_issue(DOMAIN, "unplannable_pump")
    assert told is not None
    assert told.translation_placeholders == {"name": "Pump", "entity": "", "reason": "power: 0 is too little"}
    gateway.update(plan=plan("pump", "fan", "laundry", power=0))
    await until(lambda: shown(hass, "sensor.pump_state") == "waiting")
    assert issues.async_get_issue(DOMAIN, "unplannable_pump") is None


async def test_the_sentence_is_in_home_assistants_language(
    hass: HomeAssistant, responses: dict[str, Running], gateway: Gateway
) -> None:
    hass.config.language = "de"
    for category in ("entity", "selector"):
        await async_get_translations(hass, "de", category, {DOMAIN})
    gateway.update(plan=plan("pump"))
    await until(lambda: shown(hass, "sensor.pump_why") == "runs")
    assert hass.states.get("sensor.pump_why").attributes["sentence"] == (
        "Läuft bis 13:00, im Mittel zu $0.090/kWh; $0.31 weniger, als ohne auf Preise zu sehen."
    )


async def test_why_says_what_else_the_device_could_do_and_what_binds_it(
    hass: HomeAssistant, responses: dict[str, Running], gateway: Gateway
) -> None:
    (planned,) = plan("pump").devices
    told = msgspec.structs.replace(
        planned,
        done=NOON + HOUR,
        ready_by=NOON + 2 * HOUR,
        instead=Instead(start=NOON + 3 * HOUR, price=120_000, dearer="0.045"),
        binds=["run_time", "connection_limit"],
    )
    gateway.update(plan=Plan(made=NOON, devices=[told]))
    await until(lambda: shown(hass, "sensor.pump_why") == "runs")
    attributes = hass.states.get("sensor.pump_why").attributes
    assert attributes["sentence"] == (
        "Runs until 13:00, at $0.090/kWh on average; done by 13:00 for 14:00; "
        "$0.31 less than without looking at prices; the next best would be 15:00 at $0.120/kWh, $0.04 more; "
        "bound by its hours a day, the connection."
    )
    assert (attributes["next_best_price"], attributes["next_best_dearer"]) == (0.12, 0.045)
    assert attributes["next_best"].isoformat() == "2021-11-24T21:00:00+00:00"
    assert attributes["binds"] == ["run_time", "connection_limit"]


async def test_why_tells_a_device_that_the_bill_guard_told_off(
    hass: HomeAssistant, responses: dict[str, Running], gateway: Gateway
) -> None:
    steps = [PlanStep(start=NOON - HOUR, end=NOON + 12 * HOUR, power=0, why="shed", price=400_000)]
    gateway.update(plan=Plan(made=NOON, devices=[DevicePlan(device="pump", steps=steps)]))
    await until(lambda: shown(hass, "sensor.pump_why") == "shed")
    assert hass.states.get("sensor.pump_why").attributes["sentence"] == (
        "Is off until 00:00: the bill guard keeps the bill below its limit."
    )


async def test_on_advice_nothing_is_switched_and_everything_is_shown(
    hass: HomeAssistant, responses: dict[str, Running], gateway: Gateway, service_calls: list[ServiceCall]
) -> None:
    assert responses["fan"].device().advise
    assert not responses["pump"].device().advise
    gateway.update(plan=plan("fan", power=50))
    await until(lambda: shown(hass, "sensor.fan_why") == "runs")
    assert shown(hass, "sensor.fan_state") == "waiting"
    assert hass.states.get("sensor.fan_why").attributes["advice"]
    assert not service_calls
    responses["fan"].memory.tally.add(50, 0.1, 3_600)
    responses["fan"].memory.tally.add(0, 0.3, 3_600)
    assert responses["fan"].memory.tally.total == pytest.approx(0.005)


async def test_a_gateway_that_advises_switches_nothing_and_shows_everything(
    hass: HomeAssistant, responses: dict[str, Running], gateway: Gateway, service_calls: list[ServiceCall]
) -> None:
    gateway.update(mode="advise")
    await until(lambda: not responses["pump"].memory.automatic)
    gateway.update(plan=plan("pump"))
    await until(lambda: shown(hass, "sensor.pump_why") == "runs")
    assert (shown(hass, "sensor.pump_state"), service_calls) == ("waiting", [])


async def test_a_good_time_is_told_once_and_shown(
    hass: HomeAssistant, responses: dict[str, Running], gateway: Gateway, service_calls: list[ServiceCall]
) -> None:
    gateway.update(plan=plan("laundry", start=NOON + HOUR))
    await until(lambda: shown(hass, "binary_sensor.laundry_good_time_now") == "off")
    gateway.update(plan=plan("laundry"))
    await until(lambda: shown(hass, "binary_sensor.laundry_good_time_now") == "on")
    await hass.async_block_till_done()
    notes = hass.data["persistent_notification"]
    (note,) = notes.values()
    assert note["message"] == "Now is a good time: energy is cheap until 13:00."
    assert note["title"] == "Laundry"
    gateway.update(plan=plan("laundry", until=NOON + 2 * HOUR))
    await hass.async_block_till_done()
    assert len(notes) == 1


async def test_a_good_time_is_told_by_the_chosen_entity(
    hass: HomeAssistant, responses: dict[str, Running], gateway: Gateway
) -> None:
    sent: list[dict[str, Any]] = []
    hass.services.async_register("notify", "send_message", lambda call: sent.append(dict(call.data)))
    hass.states.async_set("notify.phone", "unknown")
    laundry = responses["laundry"]
    object.__setattr__(laundry.adapter, "notify", "notify.phone")
    gateway.update(plan=plan("laundry", start=NOON + HOUR))
    await until(lambda: laundry.good_time is False)
    gateway.update(plan=plan("laundry"))
    await until(lambda: bool(sent))
    assert (sent[0]["entity_id"], sent[0]["title"]) == ("notify.phone", "Laundry")


async def test_a_good_time_is_told_on_the_page_where_the_chosen_entity_fails(
    hass: HomeAssistant, responses: dict[str, Running], gateway: Gateway
) -> None:
    def fail(call: ServiceCall) -> None:
        raise HomeAssistantError("the phone is not reachable")

    hass.services.async_register("notify", "send_message", fail)
    hass.states.async_set("notify.phone", "unknown")
    object.__setattr__(responses["laundry"].adapter, "notify", "notify.phone")
    gateway.update(plan=plan("laundry", start=NOON + HOUR))
    await until(lambda: responses["laundry"].good_time is False)
    gateway.update(plan=plan("laundry"))
    await until(lambda: bool(hass.data.get("persistent_notification")))
    (note,) = hass.data["persistent_notification"].values()
    assert (note["title"], "until 13:00" in note["message"]) == ("Laundry", True)


async def act(hass: HomeAssistant, action: str, name: str, **data: Any) -> None:
    target = {"entity_id": f"select.{name}_mode"}
    await hass.services.async_call(DOMAIN, action, data, blocking=True, target=target)


async def test_actions_tell_a_response_what_to_do(
    hass: HomeAssistant, responses: dict[str, Running], advance: Advance
) -> None:
    pump = responses["pump"]
    await act(hass, "run", "pump", duration={"minutes": 30})
    await until(lambda: shown(hass, "sensor.pump_state") == "running")
    assert shown(hass, "sensor.pump_why") == "run_now"
    advance(minutes=31)
    pump.look()
    await until(lambda: shown(hass, "select.pump_mode") == "automatic")
    await act(hass, "hold", "pump", duration={"hours": 1})
    await until(lambda: shown(hass, "sensor.pump_state") == "held")
    assert pump.held_until == dt_util.utcnow() + timedelta(hours=1)
    await act(hass, "release", "pump")
    await until(lambda: shown(hass, "sensor.pump_state") != "held")
    await act(hass, "skip", "pump")
    await until(lambda: shown(hass, "sensor.pump_why") == "skipped")
    assert pump.device() is None
    assert pump.skipped_until == pump.ready_by
    assert "until 20:00" in hass.states.get("sensor.pump_why").attributes["sentence"]
    advance(hours=9)
    pump.look()
    await until(lambda: pump.skipped_until is None)
    await act(hass, "set_target", "pump", target=6)
    assert float(shown(hass, "number.pump_target")) == 6
    assert pump.adapter.duration == timedelta(hours=6)
    await hass.services.async_call(
        "number", "set_value", {"entity_id": "number.pump_target", "value": 5}, blocking=True
    )
    assert pump.memory.target == 5


async def test_a_run_at_once_ends_when_there_is_nothing_left_to_do(
    hass: HomeAssistant, responses: dict[str, Running]
) -> None:
    pump = responses["pump"]
    await act(hass, "run", "pump")
    await until(lambda: shown(hass, "sensor.pump_state") == "running")
    pump.memory.ran = 4 * 3_600
    pump.look()
    await until(lambda: shown(hass, "select.pump_mode") == "automatic")


async def test_without_ready_by_a_skip_lasts_to_the_end_of_what_is_planned_next(
    hass: HomeAssistant, responses: dict[str, Running], gateway: Gateway
) -> None:
    gateway.update(plan=plan("hall", start=NOON + HOUR))
    await until(lambda: shown(hass, "sensor.hall_why") == "waits")
    button = {"entity_id": "button.hall_skip_next_run"}
    await hass.services.async_call("button", "press", button, blocking=True)
    assert responses["hall"].skipped_until.timestamp() * 1_000 == NOON + 3 * HOUR
    await act(hass, "release", "hall")
    await act(hass, "skip", "freezer")
    assert responses["freezer"].skipped_until == dt_util.utcnow() + timedelta(hours=2)


async def test_a_machine_that_draws_power_arms_itself_once(
    hass: HomeAssistant, responses: dict[str, Running]
) -> None:
    dish = responses["dish"]
    object.__setattr__(dish.adapter, "meter", "sensor.dish")
    hass.states.async_set("sensor.dish", "40", {"unit_of_measurement": "W"})
    dish.look()
    await until(lambda: dish.memory.armed)
    dish.memory.ran = 2 * 3_600
    for _ in range(3):
        dish.look()
        await until(lambda: not dish.memory.armed)
    hass.states.async_set("sensor.dish", "0.5", {"unit_of_measurement": "W"})
    dish.look()
    await until(lambda: dish.memory.rested)
    hass.states.async_set("sensor.dish", "40", {"unit_of_measurement": "W"})
    dish.look()
    await until(lambda: dish.memory.armed)


async def test_a_machine_that_is_skipped_while_it_draws_power_is_not_armed_by_that(
    hass: HomeAssistant, responses: dict[str, Running]
) -> None:
    dish = responses["dish"]
    object.__setattr__(dish.adapter, "meter", "sensor.dish")
    hass.states.async_set("sensor.dish", "0", {"unit_of_measurement": "W"})
    dish.arm()
    hass.states.async_set("sensor.dish", "40", {"unit_of_measurement": "W"})
    dish.skip()
    await until(lambda: dish.goal.reason == "skipped")
    assert not dish.memory.armed


@pytest.mark.parametrize(
    "action,name,data,key,told",
    [
        (
            "set_target",
            "pump",
            {"target": 25},
            "target_out_of_range",
            "target: 25 is not between 0.25 and",
        ),
        ("set_target", "hall", {"target": 21}, "no_target", "target: Hall has nothing to aim at"),
        ("run", "fan", {}, "only_advises", "Fan only advises"),
        ("hold", "laundry", {}, "only_advises", "Laundry only advises"),
    ],
)
async def test_an_action_that_cannot_be_done_says_why_and_names_the_field(  # noqa: PLR0917
    hass: HomeAssistant,
    responses: dict[str, Running],
    action: str,
    name: str,
    data: dict[str, Any],
    key: str,
    told: str,
) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass, action, name, **data)
    assert refused.value.translation_key == key
    assert str(refused.value).startswith(told)


async def test_the_gateways_mode_is_no_response(hass: HomeAssistant, responses: dict[str, Running]) -> None:
    with pytest.raises(ServiceValidationError, match=r"select.gateway_mode is not the mode"):
        await act(hass, "skip", "gateway")


async def test_another_target_survives_a_reload_and_ends_with_new_settings(
    hass: HomeAssistant, entry: MockConfigEntry, responses: dict[str, Running]
) -> None:
    await act(hass, "set_target", "pump", target=6)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    pump = hass.data[KEY][entry.entry_id].running["pump"]
    assert pump.adapter.target.value == 6
    hass.config_entries.async_update_subentry(
        entry, entry.subentries["pump"], data=SETTINGS["pump"] | {"hours": 3}
    )
    await hass.async_block_till_done()
    assert pump.adapter.target.value == 3
    assert pump.memory.target is None


async def test_the_device_of_a_response_begins_in_the_area_of_the_users(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    cellar = ar.async_get(hass).async_create("Cellar")
    registry = er.async_get(hass)
    entity = registry.async_get_or_create("switch", "test", "boiler", suggested_object_id="boiler")
    registry.async_update_entity(entity.entity_id, area_id=cellar.id)
    hass.states.async_set("switch.boiler", "off")
    settings = SETTINGS["pump"] | {"switch": entity.id}
    hass.config_entries.async_add_subentry(loaded, subentry("boiler", settings))
    await hass.async_block_till_done()
    devices = dr.async_get(hass)
    device = devices.async_get_device_by_identifier((DOMAIN, "boiler"), loaded.entry_id)
    assert device is not None
    assert (device.area_id, device.name, device.entry_type) == (cellar.id, "Boiler", "service")
    assert device.identifiers == {(DOMAIN, "boiler")}
