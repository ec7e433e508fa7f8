"""Adding, changing and deleting a price response as a person does it in the UI."""

from typing import Any

import pytest
from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.temix.response.flow import QUESTIONS
from custom_components.temix.response.responses import KEY

PUMP: dict[str, Any] = {
    "name": "Pool pump",
    "switch": "switch.pump",
    "hours": 4,
    "power": 1_100,
    "ready_by": "20:00:00",
    "more": {"default": "off", "hold_hours": 2, "advise": False},
}


@pytest.fixture
def pump(hass: HomeAssistant) -> er.RegistryEntry:
    entity = er.async_get(hass).async_get_or_create("switch", "test", "pump", suggested_object_id="pump")
    hass.states.async_set(entity.entity_id, "off")
    return entity


async def begin(hass: HomeAssistant, entry: MockConfigEntry, kind: str) -> dict[str, Any]:
    subentries = hass.config_entries.subentries
    menu = await subentries.async_init((entry.entry_id, "response"), context={"source": SOURCE_USER})
    assert menu["type"] is FlowResultType.MENU
    assert menu["menu_options"] == list(QUESTIONS)
    return await subentries.async_configure(menu["flow_id"], {"next_step_id": kind})


@pytest.mark.parametrize("kind", list(QUESTIONS))
async def test_every_question_has_a_page_of_at_most_five_fields(
    hass: HomeAssistant, loaded: MockConfigEntry, kind: str
) -> None:
    page = await begin(hass, loaded, kind)
    assert page["type"] is FlowResultType.FORM
    fields = [str(field) for field in page["data_schema"].schema]
    assert "more" in fields
    assert len(fields) - 1 <= 5


async def test_a_pump_is_added_by_its_registry_id_and_survives_a_new_name(
    hass: HomeAssistant, loaded: MockConfigEntry, pump: er.RegistryEntry
) -> None:
    page = await begin(hass, loaded, "run_hours")
    done = await hass.config_entries.subentries.async_configure(page["flow_id"], PUMP)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    (subentry,) = loaded.subentries.values()
    assert subentry.title == "Pool pump"
    assert subentry.data["switch"] == pump.id
    assert hass.states.get("select.pool_pump_mode").state == "automatic"
    er.async_get(hass).async_update_entity(pump.entity_id, new_entity_id="switch.pool")
    running = hass.data[KEY][loaded.entry_id].running[subentry.subentry_id]
    assert running.adapter.controlled == (pump.id,)


async def test_two_responses_cannot_lead_one_entity(
    hass: HomeAssistant, loaded: MockConfigEntry, pump: er.RegistryEntry
) -> None:
    page = await begin(hass, loaded, "run_hours")
    await hass.config_entries.subentries.async_configure(page["flow_id"], PUMP)
    page = await begin(hass, loaded, "run_hours")
    refused = await hass.config_entries.subentries.async_configure(page["flow_id"], PUMP)
    assert refused["errors"] == {"base": "in_use"}
    assert refused["description_placeholders"] == {"entity": "switch.pump"}


async def test_what_cannot_be_used_is_said_at_once(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    page = await begin(hass, loaded, "heat_water")
    answers = {
        "name": "Tank",
        "heater": "water_heater.tank",
        "lowest": 50,
        "usual": 45,
        "highest": 60,
        "more": {"power": 2_000, "volume": 200, "hold_hours": 2, "advise": False},
    }
    refused = await hass.config_entries.subentries.async_configure(page["flow_id"], answers)
    assert refused["errors"] == {"base": "unusable"}
    assert refused["description_placeholders"]["field"] == "usual"
    accepted = await hass.config_entries.subentries.async_configure(page["flow_id"], answers | {"usual": 52})
    assert accepted["type"] is FlowResultType.CREATE_ENTRY


async def test_changing_one_response_leaves_the_other_alone_and_deleting_ends_it(
    hass: HomeAssistant, loaded: MockConfigEntry, pump: er.RegistryEntry
) -> None:
    for name in ("pump", "fan"):
        hass.states.async_set(f"switch.{name}", "off")
        page = await begin(hass, loaded, "run_hours")
        answers = PUMP | {"name": name, "switch": f"switch.{name}"}
        await hass.config_entries.subentries.async_configure(page["flow_id"], answers)
    await hass.async_block_till_done()
    responses = hass.data[KEY][loaded.entry_id]
    by_title = {running.title: running for running in responses.running.values()}
    task = by_title["fan"]._task
    flow = await loaded.start_subentry_reconfigure_flow(hass, by_title["pump"].id)
    assert flow["type"] is FlowResultType.FORM
    done = await hass.config_entries.subentries.async_configure(flow["flow_id"], PUMP | {"hours": 6})
    assert done["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert responses.running[by_title["pump"].id] is by_title["pump"]
    assert by_title["pump"].adapter.duration.total_seconds() == 6 * 3600
    assert by_title["fan"]._task is task
    hass.config_entries.async_remove_subentry(loaded, by_title["fan"].id)
    await hass.async_block_till_done(wait_background_tasks=False)
    assert list(responses.running) == [by_title["pump"].id]
