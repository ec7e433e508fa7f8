"""TeMIX transactive energy: prices, positions and trading of a home's gateway."""

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryAuthFailed, ConfigEntryNotReady
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.helpers.typing import ConfigType

from .care import Care
from .client import CertificateMismatch, InvalidAuth, TemixError, UnsupportedSchema
from .const import DOMAIN
from .coordinator import TemixConfigEntry, TemixCoordinator
from .entity import ACCOUNT, PRICES
from .frontend import async_show_card, hide_card
from .gateway import error_key, make_client
from .live import async_setup_live
from .memory import Memory
from .price_entity.days import calls_of
from .repairs import (
    async_look_for_app,
    forget_app_removed,
    forget_certificate_changed,
    forget_newer_needed,
    tell_certificate_changed,
    tell_newer_needed,
)
from .response.actions import async_setup_actions
from .response.responses import KEY, async_get_responses
from .services import async_setup_services

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)

PLATFORMS = [
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.CALENDAR,
    Platform.EVENT,
    Platform.NUMBER,
    Platform.SELECT,
    Platform.SENSOR,
    Platform.UPDATE,
]


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register the actions and the card's command, which exist with or without an entry."""
    async_setup_services(hass)
    async_setup_actions(hass)
    async_setup_live(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: TemixConfigEntry) -> bool:
    """Connect to the gateway and show what it says; responses work from before, and without it."""
    await async_show_card(hass)
    responses = await async_get_responses(hass, entry)
    coordinator = TemixCoordinator(hass, entry, make_client(hass, entry.data, entry.unique_id))
    try:
        await coordinator.async_connect()
    except TemixError as error:
        if isinstance(error, CertificateMismatch):
            tell_certificate_changed(hass, entry)
        if isinstance(error, UnsupportedSchema):
            tell_newer_needed(hass, entry, error)
        await async_look_for_app(hass, entry)
        failure = ConfigEntryAuthFailed if isinstance(error, InvalidAuth) else ConfigEntryNotReady
        raise failure(
            translation_domain=DOMAIN,
            translation_key=error_key(error),
            translation_placeholders={"error": str(error)},
        ) from error
    forget_newer_needed(hass, entry)
    entry.runtime_data = coordinator
    responses.attach(coordinator)
    entry.async_on_unload(responses.async_detach)
    entry.async_on_unload(entry.add_update_listener(_async_changed))
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: TemixConfigEntry) -> bool:
    """Take the entities away; the coordinator ends with the entry.

    In a reload the responses stay, so that no device notices; else their devices are brought to the defaults
    first. Of a removed entry ``async_remove_entry`` does that.
    """
    if entry.disabled_by is not None:
        await hass.data[KEY][entry.entry_id].async_end()
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_entry(hass: HomeAssistant, entry: TemixConfigEntry) -> None:
    """Leave no device led, no file, no repair issue and, after the last entry, no card behind."""
    if not hass.config_entries.async_entries(DOMAIN):
        hide_card(hass)
        await calls_of(hass).async_forget()
    responses = await async_get_responses(hass, entry)
    await responses.async_end()
    await responses.async_forget()
    await Memory(hass, entry.entry_id).async_forget()
    forget_certificate_changed(hass, entry)
    forget_newer_needed(hass, entry)
    forget_app_removed(hass, entry)
    Care(hass, entry).forget()


async def async_remove_config_entry_device(
    hass: HomeAssistant, entry: TemixConfigEntry, device: DeviceEntry
) -> bool:
    """Let a person remove the device of a response that was deleted, never a service device."""
    gateway = {entry.unique_id, *(f"{entry.unique_id}_{name}" for name in (PRICES, ACCOUNT))}
    known = gateway | set(entry.subentries)
    return not any(domain == DOMAIN and name in known for domain, name in device.identifiers)


async def _async_changed(hass: HomeAssistant, entry: TemixConfigEntry) -> None:
    """Take the options, and compare the responses; nothing else of an entry changes without a reload."""
    entry.runtime_data.look_again()
    await hass.data[KEY][entry.entry_id].async_compare()
