"""Repair issues: what a person has to decide."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_HOST
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .client import UnsupportedSchema
from .const import CONF_APP, DOMAIN
from .nearby import app_is_removed


@callback
def tell_certificate_changed(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Say that whoever answers at the gateway's address shows another certificate."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        _certificate_changed(entry),
        is_fixable=False,
        severity=ir.IssueSeverity.ERROR,
        translation_key="certificate_changed",
        translation_placeholders={"name": entry.title, "host": entry.data[CONF_HOST]},
    )


@callback
def forget_certificate_changed(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Withdraw the issue: the pinned certificate is back, or another one was trusted."""
    ir.async_delete_issue(hass, DOMAIN, _certificate_changed(entry))


def _certificate_changed(entry: ConfigEntry) -> str:
    return f"certificate_changed_{entry.entry_id}"


@callback
def tell_newer_needed(hass: HomeAssistant, entry: ConfigEntry, error: UnsupportedSchema) -> None:
    """Say which side is too old to talk to the other."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        _newer_needed(entry),
        is_fixable=False,
        severity=ir.IssueSeverity.ERROR,
        translation_key="newer_integration_needed" if error.gateway_is_newer else "newer_gateway_needed",
        translation_placeholders={"name": entry.title, "version": error.gateway_version},
    )


@callback
def forget_newer_needed(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Withdraw the issue: both understand each other."""
    ir.async_delete_issue(hass, DOMAIN, _newer_needed(entry))


def _newer_needed(entry: ConfigEntry) -> str:
    return f"newer_needed_{entry.entry_id}"


async def async_look_for_app(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Say that the gateway was an app that somebody removed: it will not come back by itself.

    The Supervisor tells nobody of that. So it is asked whenever the gateway does not answer.
    """
    slug = entry.data.get(CONF_APP)
    if slug is None or not await app_is_removed(hass, slug):
        forget_app_removed(hass, entry)
        return
    ir.async_create_issue(
        hass,
        DOMAIN,
        _app_removed(entry),
        is_fixable=False,
        severity=ir.IssueSeverity.ERROR,
        translation_key="app_removed",
        translation_placeholders={"name": entry.title},
    )


@callback
def forget_app_removed(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Withdraw the issue: the app is there again, or the entry is gone."""
    ir.async_delete_issue(hass, DOMAIN, _app_removed(entry))


def _app_removed(entry: ConfigEntry) -> str:
    return f"app_removed_{entry.entry_id}"
