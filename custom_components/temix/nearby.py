"""Gateways that are near: those that announce themselves on the network, and the Supervisor's app.

Home Assistant looks for what a new integration can use only from its next start on: the dialog looks itself.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from homeassistant.components import zeroconf
from homeassistant.core import HomeAssistant
from homeassistant.helpers.hassio import is_hassio
from homeassistant.helpers.service_info.hassio import HassioServiceInfo
from zeroconf import ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo

from .const import DOMAIN

SERVICE: Final = "_temix-gateway._tcp.local."
LOOK_S: Final = 2.0
ANSWER_MS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Nearby:
    """A gateway's name and address, as it announces them: nothing of it is believed yet."""

    gateway_id: str
    name: str
    host: str
    port: int

    @property
    def place(self) -> str:
        """Its address as one text."""
        return f"{self.host}:{self.port}"


async def on_the_network(hass: HomeAssistant) -> Sequence[Nearby]:
    """Ask the network, and wait two seconds for answers."""
    if "zeroconf" not in hass.config.components:
        return []
    network = await zeroconf.async_get_instance(hass)
    names: set[str] = set()

    def note(zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        names.add(name)

    browser = AsyncServiceBrowser(network, SERVICE, handlers=[note])
    try:
        await asyncio.sleep(LOOK_S)
    finally:
        await browser.async_cancel()
    return [found for name in sorted(names) if (found := await _resolved(network, name)) is not None]


async def _resolved(network: Zeroconf, name: str) -> Nearby | None:
    info = AsyncServiceInfo(SERVICE, name)
    if not await info.async_request(network, ANSWER_MS) or not info.port:
        return None
    addresses = info.parsed_addresses()
    if not addresses:
        return None
    title = name.removesuffix(f".{SERVICE}")
    return Nearby(info.decoded_properties.get("id") or "", title, addresses[0], info.port)


async def at_the_supervisor(hass: HomeAssistant) -> HassioServiceInfo | None:
    """What the gateway that runs as an app has told the Supervisor, where there is one."""
    if not is_hassio(hass):
        return None
    # Only there are its packages.
    from aiohasupervisor import SupervisorError  # noqa: PLC0415
    from homeassistant.components.hassio.handler import get_supervisor_client  # noqa: PLC0415

    supervisor = get_supervisor_client(hass)
    try:
        told = next((one for one in await supervisor.discovery.list() if one.service == DOMAIN), None)
        if told is None:
            return None
        app = await supervisor.addons.addon_info(told.addon)
    except SupervisorError:
        return None  # it tells again when it is back; the address can be typed
    return HassioServiceInfo(config=told.config, name=app.name, slug=told.addon, uuid=told.uuid.hex)


async def app_is_removed(hass: HomeAssistant, slug: str) -> bool:
    """Whether the Supervisor has an app no more; while it does not answer, nothing is said of it."""
    if not is_hassio(hass):
        return False
    from aiohasupervisor import SupervisorError  # noqa: PLC0415
    from homeassistant.components.hassio.handler import get_supervisor_client  # noqa: PLC0415

    try:
        installed = await get_supervisor_client(hass).addons.list()
    except SupervisorError:
        return False
    return all(app.slug != slug for app in installed)
