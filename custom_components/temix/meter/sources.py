"""Which entities are the meter: those of the Energy dashboard, unless the owner has named others."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

SUBENTRY: Final = "meter"
IMPORTED: Final = "imported"
EXPORTED: Final = "exported"
PRODUCED: Final = "produced"


@dataclass(frozen=True, slots=True)
class Sources:
    """Cumulative registers, by entity id: from the grid, to the grid, from the sun; and of single devices.

    ``charged`` and ``discharged`` count what goes into home batteries, and what comes out.
    """

    imported: tuple[str, ...] = ()
    exported: tuple[str, ...] = ()
    produced: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    charged: tuple[str, ...] = ()
    discharged: tuple[str, ...] = ()

    @property
    def registers(self) -> tuple[str, ...]:
        """Those of the grid meter."""
        return self.imported + self.exported


async def find(hass: HomeAssistant, entry: ConfigEntry[Any]) -> Sources:
    """What the owner named, else what the Energy dashboard knows; empty where neither says anything."""
    dashboard = Sources() if "energy" not in hass.config.components else await _dashboard(hass)
    for subentry in entry.subentries.values():
        if subentry.subentry_type == SUBENTRY:
            named = {name: tuple(subentry.data.get(name, ())) for name in (IMPORTED, EXPORTED, PRODUCED)}
            return replace(dashboard, **named)
    return dashboard


async def _dashboard(hass: HomeAssistant) -> Sources:
    from homeassistant.components.energy.data import (  # noqa: PLC0415 - only where it is set up
        async_get_manager,
    )

    manager = await async_get_manager(hass)
    return Sources() if manager.data is None else of(manager.data)


def of(preferences: Mapping[str, Any]) -> Sources:
    """Read the Energy dashboard's settings, also those of before 2026, with several flows in one source."""
    grid = [source for source in preferences.get("energy_sources", ()) if source["type"] == "grid"]
    sun = [source for source in preferences.get("energy_sources", ()) if source["type"] == "solar"]
    stores = [source for source in preferences.get("energy_sources", ()) if source["type"] == "battery"]
    flows = [flow for source in grid for name in ("flow_from", "flow_to") for flow in source.get(name, ())]
    devices = preferences.get("device_consumption", ())
    return Sources(
        imported=_entities(each.get("stat_energy_from") for each in (*grid, *flows)),
        exported=_entities(each.get("stat_energy_to") for each in (*grid, *flows)),
        produced=_entities(each.get("stat_energy_from") for each in sun),
        devices=_entities(each.get("stat_consumption") for each in devices),
        charged=_entities(each.get("stat_energy_to") for each in stores),
        discharged=_entities(each.get("stat_energy_from") for each in stores),
    )


def _entities(statistics: Iterable[str | None]) -> tuple[str, ...]:
    """Statistics that are an entity's; those that another integration imports have no state to read."""
    return tuple(each for each in statistics if each and ":" not in each)
