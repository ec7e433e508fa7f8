"""Naming the meter in the UI: what the dialog suggests, refuses and keeps."""

import pytest
from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.temix.meter.sources import find
from tests.integration.dialog import Page, answer, asked


@pytest.fixture(autouse=True)
def registers(hass: HomeAssistant) -> None:
    """What counts energy, and what does not."""
    for name, unit in {"in": "kWh", "out": "kWh", "roof": "Wh", "power": "kW"}.items():
        hass.states.async_set(f"sensor.{name}", "1", {"unit_of_measurement": unit})


async def begin(hass: HomeAssistant, entry: MockConfigEntry) -> Page:
    """The dialog's page."""
    subentries = hass.config_entries.subentries
    return await subentries.async_init((entry.entry_id, "meter"), context={"source": SOURCE_USER})


async def test_a_meter_is_named_changed_and_there_is_only_one(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    page = await begin(hass, loaded)
    assert asked(page) == {"imported": [], "exported": [], "produced": []}
    refused = await answer(hass, page, {"imported": ["sensor.power"], "exported": ["sensor.out"]})
    assert refused["errors"] == {"imported": "is_power"}
    assert asked(refused)["exported"] == ["sensor.out"]
    done = await answer(hass, refused, {"imported": ["sensor.in"], "exported": ["sensor.out"]})
    assert (done["type"], done["title"]) == (FlowResultType.CREATE_ENTRY, "Meter")
    again = await begin(hass, loaded)
    assert (again["type"], again["reason"]) == (FlowResultType.ABORT, "single_meter")
    (meter,) = loaded.subentries.values()
    page = await loaded.start_subentry_reconfigure_flow(hass, meter.subentry_id)
    assert asked(page)["imported"] == ["sensor.in"]
    done = await answer(hass, page, {"imported": ["sensor.in"], "produced": ["sensor.roof"]})
    assert done["reason"] == "reconfigure_successful"
    found = await find(hass, loaded)
    assert (found.imported, found.exported, found.produced) == (("sensor.in",), (), ("sensor.roof",))
