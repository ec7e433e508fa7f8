"""The dialog of price responses, page by page, as a person answers it."""

from typing import Any

from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.temix.response.questions import PAGES

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


CAR_MORE = {
    "amperes": 16, "volts": 230, "phases": 1, "default": "off", "least_minutes": 1, "hold_hours": 2,
    "hold_until": "hours", "advise": False,
}  # fmt: skip


CAR = {
    "name": "Car", "ready_by": "20:00:00", "days": ["wed"], "target": 80, "capacity": 60, "more": CAR_MORE,
}  # fmt: skip


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
    copy = ["copy"] if any(each.subentry_type == "response" for each in entry.subentries.values()) else []
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
