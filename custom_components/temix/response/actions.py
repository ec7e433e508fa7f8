"""The actions of responses: run, skip, hold, release, set a target."""

from functools import partial
from typing import Final

import probatio as vol
from homeassistant.components.select import DOMAIN as SELECT
from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers import service
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.typing import VolDictType

from ..const import DOMAIN
from .entities import ModeSelect

DURATION: Final[VolDictType] = {vol.Optional("duration"): cv.positive_time_period}

ACTIONS: Final[dict[str, VolDictType | None]] = {
    "run": DURATION,
    "skip": None,
    "hold": DURATION,
    "release": None,
    "set_target": {vol.Required("target"): vol.Coerce(float)},
}
FIELDS: Final = ("duration", "target")


@callback
def async_setup_actions(hass: HomeAssistant) -> None:
    """Register them; each is aimed at a response's mode."""
    for name, schema in ACTIONS.items():
        service.async_register_platform_entity_service(
            hass, DOMAIN, name, entity_domain=SELECT, schema=schema, func=partial(_act, f"async_{name}")
        )


async def _act(method: str, entity: Entity, call: ServiceCall) -> None:
    """Tell one response; the gateway's own mode is a select, too, and is none.

    Raises:
        ServiceValidationError: the entity is not a response's mode, or the response refuses.
    """
    if not isinstance(entity, ModeSelect):
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="not_a_response",
            translation_placeholders={"entity": entity.entity_id},
        )
    await getattr(entity, method)(**{name: value for name, value in call.data.items() if name in FIELDS})
