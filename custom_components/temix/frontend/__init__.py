"""Brings the card to Home Assistant's pages, as long as there is an entry.

The card is a file beside this one, built by ``script/frontend``. Its address carries the hash of its content:
browsers keep it until it is another.
"""

from hashlib import sha256
from pathlib import Path
from typing import Final

from homeassistant.components.frontend import add_extra_js_url, remove_extra_js_url
from homeassistant.components.http import StaticPathConfig  # type: ignore[attr-defined]
from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN

FILE: Final = Path(__file__).with_name("temix-card.js")
PATH: Final = f"/{DOMAIN}/{FILE.name}"

_SERVED: Final[HassKey[bool]] = HassKey(f"{DOMAIN}_card_served")
_SHOWN: Final[HassKey[str]] = HassKey(f"{DOMAIN}_card_shown")


async def async_show_card(hass: HomeAssistant) -> None:
    """Let every page load the card, those that are open included; without a frontend there is none."""
    if _SHOWN in hass.data or "frontend" not in hass.config.components:
        return
    hass.data[_SHOWN] = ""  # a second entry that is set up meanwhile does not do the same
    url = await hass.async_add_executor_job(_address)
    if _SERVED not in hass.data:
        hass.data[_SERVED] = True  # a path that is served cannot be taken back
        await hass.http.async_register_static_paths([StaticPathConfig(PATH, str(FILE), cache_headers=True)])
    if _SHOWN in hass.data:
        hass.data[_SHOWN] = url
        add_extra_js_url(hass, url)


@callback
def hide_card(hass: HomeAssistant) -> None:
    """Let no page load it that is opened from now on."""
    if url := hass.data.pop(_SHOWN, ""):
        remove_extra_js_url(hass, url)


def _address() -> str:
    return f"{PATH}?v={sha256(FILE.read_bytes()).hexdigest()[:12]}"
