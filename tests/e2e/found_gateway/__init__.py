"""A component for Home Assistant under test: its action ``tell`` says what zeroconf would say of a gateway.

Home Assistant's own zeroconf leaves loopback out, and these tests speak to nothing else.
"""

from ipaddress import ip_address

from homeassistant.config_entries import SOURCE_ZEROCONF
from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers import discovery_flow
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
from homeassistant.helpers.typing import ConfigType
from temix_gateway.announce import API_VERSION, SERVICE

DOMAIN = "found_gateway"
CONFIG_SCHEMA = cv.empty_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register the action."""

    @callback
    def tell(call: ServiceCall) -> None:
        address = ip_address("127.0.0.1")
        found = ZeroconfServiceInfo(
            ip_address=address,
            ip_addresses=[address],
            hostname=f"{call.data['id']}.local.",
            name=f"{call.data['name']}.{SERVICE}",
            port=call.data["port"],
            properties={"id": call.data["id"], "api": API_VERSION},
            type=SERVICE,
        )
        discovery_flow.async_create_flow(hass, "temix", {"source": SOURCE_ZEROCONF}, found)

    hass.services.async_register(DOMAIN, "tell", tell)
    return True
