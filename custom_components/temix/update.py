"""Says that the gateway is older than the release of this integration: the two have the same numbers."""

from typing import Final, override

from awesomeversion import AwesomeVersionException
from homeassistant.components.update import UpdateEntity, UpdateEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.loader import Integration, async_get_integration

from .const import CONF_APP, DOMAIN
from .coordinator import TemixConfigEntry, TemixCoordinator
from .entity import GATEWAY, TemixEntity

PARALLEL_UPDATES = 0

SOFTWARE: Final = UpdateEntityDescription(
    key="software", translation_key="software", entity_category=EntityCategory.DIAGNOSTIC
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: TemixConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add it for a gateway that is a machine of its own; for its app the Supervisor has one."""
    if CONF_APP not in entry.data:
        async_add_entities([Software(entry.runtime_data, await async_get_integration(hass, DOMAIN))])


class Software(TemixEntity, UpdateEntity):
    """The gateway's software. It is upgraded at the gateway, where the release's signature is checked."""

    _attr_title = "TeMIX gateway"

    def __init__(self, coordinator: TemixCoordinator, integration: Integration) -> None:
        """Compare with the release of ``integration``: nothing outside of the home is asked."""
        super().__init__(coordinator, SOFTWARE, GATEWAY)
        self._known = str(integration.version)
        self._releases = f"{integration.documentation}/releases/tag/v"

    @property
    @override
    def installed_version(self) -> str:
        """What the gateway says that it is."""
        return self.coordinator.version

    @property
    @override
    def latest_version(self) -> str:
        """The newest that is known: a gateway may be ahead of this integration, or call itself anything."""
        installed = self.installed_version
        try:
            behind = self.version_is_newer(self._known, installed)
        except AwesomeVersionException:
            return installed
        return self._known if behind else installed

    @property
    @override
    def release_url(self) -> str:
        """What the newest one changes."""
        return self._releases + self.latest_version
