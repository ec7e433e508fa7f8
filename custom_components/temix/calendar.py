"""The calendar: when prices are low and high, and when devices are planned to run."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import Final, override

from homeassistant.components.calendar import CalendarEntity, CalendarEntityDescription, CalendarEvent
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .client.models import PlanStep
from .const import DOMAIN, MICRO
from .coordinator import TemixConfigEntry, TemixCoordinator
from .entity import PRICES, TemixEntity
from .response.responses import KEY

PARALLEL_UPDATES = 0

CALENDAR: Final = CalendarEntityDescription(key="calendar", translation_key="calendar")


async def async_setup_entry(
    hass: HomeAssistant,
    entry: TemixConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the calendar."""
    async_add_entities([TemixCalendar(entry.runtime_data)])


class TemixCalendar(TemixEntity, CalendarEntity):
    """Low and high prices as far as tenders reach, and the plan's runs."""

    def __init__(self, coordinator: TemixCoordinator) -> None:
        """Belong to the prices."""
        super().__init__(coordinator, CALENDAR, PRICES)

    @property
    @override
    def event(self) -> CalendarEvent | None:
        """The event in progress, or the next one."""
        now = self.coordinator.moment.instant
        ahead = (event for event in self._events() if event.end_datetime_local > now)
        return min(ahead, key=lambda event: event.start_datetime_local, default=None)

    @override
    async def async_get_events(
        self, hass: HomeAssistant, start_date: datetime, end_date: datetime
    ) -> list[CalendarEvent]:
        """Every event with a part between two times."""
        return sorted(
            (
                event
                for event in self._events()
                if event.end_datetime_local > start_date and event.start_datetime_local < end_date
            ),
            key=lambda event: event.start_datetime_local,
        )

    def _events(self) -> Iterator[CalendarEvent]:
        yield from self._price_events()
        yield from self._runs()

    def _price_events(self) -> Iterator[CalendarEvent]:
        outlook = self.coordinator.outlook
        if outlook.thresholds is None:
            return
        unit = f"{self.coordinator.data.currency}/kWh"
        for level, stretch in outlook.thresholds.stretches(outlook.curve):
            prices = [segment.value / MICRO for segment in stretch]
            yield CalendarEvent(
                start=dt_util.as_local(stretch[0].start),
                end=dt_util.as_local(stretch[-1].end),
                summary=self._text(f"{level.value}_price"),
                description=f"{min(prices):.4f} – {max(prices):.4f} {unit}",
            )

    def _runs(self) -> Iterator[CalendarEvent]:
        """Every run of a device: steps with power, one after the other."""
        plan = self.coordinator.data.plan
        running = self.hass.data[KEY][self.coordinator.config_entry.entry_id].running
        for device in plan.devices if plan is not None else ():
            name = running[device.device].title if device.device in running else device.device
            for run in _runs(device.steps):
                yield CalendarEvent(
                    start=dt_util.as_local(run[0].start),
                    end=dt_util.as_local(run[-1].end),
                    summary=name,
                    description=run[0].reason or device.reason,
                )

    def _text(self, key: str) -> str:
        """An event's name in Home Assistant's language."""
        path = f"component.{DOMAIN}.entity.calendar.calendar.state_attributes.message.state.{key}"
        return self.platform_data.platform_translations.get(path, key)


def _runs(steps: tuple[PlanStep, ...]) -> Iterator[list[PlanStep]]:
    for power, run in groupby(steps, lambda step: bool(step.power)):
        if power:
            yield list(run)
