"""Adding, copying, changing and deleting a price response as a person does it in the UI."""

import asyncio
from types import MappingProxyType

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry
from temix_gateway.home.devices import PreviewPlan
from temix_gateway.home.messages import DevicePlan, Plan, PlanStep

from custom_components.temix.response.responses import KEY
from tests.gateway.home.fake_core import HOUR, NOON, Gateway
from tests.integration.conftest import pushed
from tests.integration.dialog import PUMP, add, answer, asked, begin, known


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


async def test_only_responses_can_be_copied(
    hass: HomeAssistant, loaded: MockConfigEntry, pump: er.RegistryEntry
) -> None:
    meter = ConfigSubentry(
        data=MappingProxyType({"imported": []}), subentry_type="meter", title="Meter", unique_id=None
    )
    hass.config_entries.async_add_subentry(loaded, meter)
    await begin(hass, loaded, "run_hours")  # the menu offers no copy
    await add(hass, loaded, pump.entity_id)
    page = await begin(hass, loaded, "copy")
    (choice,) = page["data_schema"].schema.values()
    assert [option["label"] for option in choice.config["options"]] == ["Pool pump"]


async def test_a_changed_response_is_previewed_beside_the_others_and_not_beside_itself(
    hass: HomeAssistant, loaded: MockConfigEntry, gateway: Gateway, pump: er.RegistryEntry
) -> None:
    await add(hass, loaded, pump.entity_id)
    (first,) = loaded.subentries.values()
    page = await loaded.start_subentry_reconfigure_flow(hass, first.subentry_id)
    page = await answer(hass, page, {"switch": pump.entity_id})
    await answer(hass, page, PUMP)
    asked_for = [each.device.id for each in gateway.core.commands if isinstance(each, PreviewPlan)]
    assert asked_for == ["preview", first.subentry_id]
