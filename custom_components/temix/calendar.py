"""The calendar: when prices are low and high, and when devices are planned to run."""

from collections.abc import Iterator
from datetime import datetime
from itertools import chain, groupby
from typing import Final, override

from homeassistant.components.calendar import CalendarEntity, CalendarEntityDescription, CalendarEvent
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .client.models import DevicePlan
from .const import DOMAIN, MICRO
from .coordinator import TemixConfigEntry, TemixCoordinator
from .entity import PRICES, TemixEntity
from .outlook import Outlook
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
        self._next: tuple[Outlook, CalendarEvent | None] | None = None

    @property
    @override
    def event(self) -> CalendarEvent | None:
        """The event in progress, or the next one; Home Assistant asks thrice each time."""
        outlook = self.coordinator.outlook
        if self._next is None or self._next[0] is not outlook:
            firsts = (next(events, None) for events in self._calendars(self.coordinator.moment.instant))
            ahead = (event for event in firsts if event is not None)
            self._next = outlook, min(ahead, key=_start, default=None)
        return self._next[1]

    @override
    async def async_get_events(
        self, hass: HomeAssistant, start_date: datetime, end_date: datetime
    ) -> list[CalendarEvent]:
        """Every event with a part between two times."""
        events = chain.from_iterable(self._calendars(start_date))
        return sorted((event for event in events if _start(event) < end_date), key=_start)

    def _calendars(self, since: datetime) -> Iterator[Iterator[CalendarEvent]]:
        """What ends after ``since``, in order of time: prices, and the runs of each device."""
        yield self._price_events(since)
        plan = self.coordinator.data.plan
        for device in plan.devices if plan is not None else ():
            yield self._runs(device, since)

    def _price_events(self, since: datetime) -> Iterator[CalendarEvent]:
        outlook = self.coordinator.outlook
        if outlook.thresholds is None:
            return
        unit = f"{self.coordinator.data.currency}/kWh"
        for level, stretch in outlook.thresholds.stretches(outlook.curve, since):
            prices = [segment.value / MICRO for segment in stretch]
            yield CalendarEvent(
                start=dt_util.as_local(stretch[0].start),
                end=dt_util.as_local(stretch[-1].end),
                summary=self._text(f"{level.value}_price"),
                description=f"{min(prices):.4f} – {max(prices):.4f} {unit}",
            )

    def _runs(self, device: DevicePlan, since: datetime) -> Iterator[CalendarEvent]:
        """Every run: steps with power, one after the other."""
        running = self.hass.data[KEY][self.coordinator.config_entry.entry_id].running
        name = running[device.device].title if device.device in running else device.device
        for power, steps in groupby(device.steps, lambda step: bool(step.power)):
            run = [*steps]
            if power and run[-1].end > since:
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


def _start(event: CalendarEvent) -> datetime:
    return event.start_datetime_local
