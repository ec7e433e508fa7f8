"""What the home used in past hours reaches the gateway: at once, every day, and when it has forgotten."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any

import pytest
from homeassistant.components.recorder.models import StatisticMeanType
from homeassistant.components.recorder.statistics import async_import_statistics
from homeassistant.config_entries import SOURCE_USER, ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done

from custom_components.temix.client import Hello, RoomHistory, TemixError
from custom_components.temix.const import DOMAIN
from custom_components.temix.meter import telling
from custom_components.temix.meter.rooms import at, means
from custom_components.temix.meter.telling import PastHours
from custom_components.temix.response.heat_cool import HeatCool
from tests.integration.dialog import asked

HOUR = timedelta(hours=1)
GRID = [800.0, 900.0, 0.0, 500.0]
SUN = [0.0, 400.0, 2_000.0, 0.0]
CAR = [300.0, 300.0, 300.0, 300.0]


@pytest.fixture(autouse=True)
def _custom_integrations(recorder_mock: Any, enable_custom_integrations: None) -> None:
    """The recorder comes before anything else."""


def greeting() -> Hello:
    return Hello(gateway_id="gateway", version="1", min_schema=1, max_schema=1)


@dataclass
class Client:
    """A connection that takes past hours, or refuses them."""

    hello: Hello = field(default_factory=greeting)
    told: list[tuple[datetime, Sequence[Any], Sequence[Any]]] = field(default_factory=list)
    rooms: list[RoomHistory] = field(default_factory=list)
    refuses: bool = False

    async def report_history(
        self, start: datetime, load: Sequence[Any], sun: Sequence[Any], rooms: Sequence[RoomHistory]
    ) -> None:
        if self.refuses:
            raise TemixError("not now")
        self.told.append((start, load, sun))
        self.rooms = [*rooms]


def known(hours: Sequence[Any]) -> list[Any]:
    return [hour for hour in hours if hour is not None]


def register(hass: HomeAssistant, name: str, start: datetime, hours: list[float]) -> None:
    """A register that counted so many Wh in each hour; it shows kWh."""
    metadata = {
        "source": "recorder", "statistic_id": name, "name": None, "has_sum": True,
        "mean_type": StatisticMeanType.NONE, "unit_class": "energy", "unit_of_measurement": "kWh",
    }  # fmt: skip
    sums = accumulate((hour / 1000 for hour in hours), initial=100.0)
    rows = [
        {"start": start + (number - 1) * HOUR, "state": total, "sum": total}
        for number, total in enumerate(sums)
    ]
    async_import_statistics(hass, metadata, rows)  # type: ignore[arg-type]


@pytest.fixture
async def home(hass: HomeAssistant) -> MockConfigEntry:
    """A meter and a roof, named by the owner, and four hours on record."""
    start = dt_util.utcnow().replace(minute=0, second=0, microsecond=0) - 4 * HOUR
    for name, hours in (("sensor.grid", GRID), ("sensor.roof", SUN), ("sensor.car_energy", CAR)):
        register(hass, name, start, hours)
    await async_wait_recording_done(hass)
    meter = {"imported": ["sensor.grid"], "exported": [], "produced": ["sensor.roof"]}
    entry = MockConfigEntry(
        domain=DOMAIN,
        subentries_data=[
            ConfigSubentryData(data=meter, subentry_type="meter", title="Meter", unique_id=None)
        ],
    )
    entry.add_to_hass(hass)
    return entry


async def test_the_last_hours_are_those_of_the_recorder(hass: HomeAssistant, home: MockConfigEntry) -> None:
    client = Client()
    await PastHours(hass, home).tell(client, frozenset(), {})  # type: ignore[arg-type]
    ((_, load, sun),) = client.told
    assert known(load) == [800, 1_300, 2_000, 500]
    assert known(sun) == [0, 400, 2_000, 0]
    assert len(load) == 4 * 7 * 24, "the hours of which nothing is known are there, too"


async def test_a_device_led_is_no_part_of_them(hass: HomeAssistant, home: MockConfigEntry) -> None:
    car = dr.async_get(hass).async_get_or_create(config_entry_id=home.entry_id, identifiers={("x", "car")})
    er.async_get(hass).async_get_or_create(
        "sensor", "x", "car", suggested_object_id="car_energy", device_id=car.id
    )
    assert await async_setup_component(hass, "energy", {})
    from homeassistant.components.energy.data import async_get_manager  # noqa: PLC0415 - it is slow to load

    manager = await async_get_manager(hass)
    await manager.async_update({"device_consumption": [{"stat_consumption": "sensor.car_energy"}]})  # type: ignore[typeddict-item]
    client, past = Client(), PastHours(hass, home)
    await past.tell(client, frozenset(), {})  # type: ignore[arg-type]
    await past.tell(client, frozenset({car.id}), {})  # type: ignore[arg-type]
    assert [known(load) for _, load, _ in client.told] == [[800, 1_300, 2_000, 500], [500, 1_000, 1_700, 200]]


async def test_the_dialog_suggests_the_meter_of_the_energy_dashboard(hass: HomeAssistant) -> None:
    entry = MockConfigEntry(domain=DOMAIN)
    entry.add_to_hass(hass)
    assert await async_setup_component(hass, "energy", {})
    from homeassistant.components.energy.data import async_get_manager  # noqa: PLC0415 - it is slow to load

    manager = await async_get_manager(hass)
    grid = {"type": "grid", "stat_energy_from": "sensor.in", "stat_energy_to": "sensor.out"}
    await manager.async_update({"energy_sources": [grid]})  # type: ignore[typeddict-item]
    subentries = hass.config_entries.subentries
    page = await subentries.async_init((entry.entry_id, "meter"), context={"source": SOURCE_USER})
    assert asked(page) == {"imported": ["sensor.in"], "exported": ["sensor.out"], "produced": []}


async def test_they_are_told_once_a_day_and_to_each_gateway_that_greets(
    hass: HomeAssistant, home: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, past, clock = Client(), PastHours(hass, home), [hass.loop.time()]
    monkeypatch.setattr(hass.loop, "time", lambda: clock[0])

    async def told_after(**passed: float) -> int:
        clock[0] += timedelta(**passed).total_seconds()
        await past.tell(client, frozenset(), {})  # type: ignore[arg-type]
        return len(client.told)

    assert [await told_after(minutes=minutes) for minutes in (1, 60, 22 * 60, 61)] == [1, 1, 1, 2]
    client.hello = greeting()
    assert await told_after(minutes=1) == 3
    client.refuses = True
    assert await told_after(days=1) == 3
    client.refuses = False
    assert await told_after(minutes=1) == 3, "not at every report"
    assert await told_after(seconds=telling.AGAIN.total_seconds()) == 4


async def test_without_a_meter_nothing_is_told(hass: HomeAssistant) -> None:
    entry = MockConfigEntry(domain=DOMAIN)
    entry.add_to_hass(hass)
    client = Client()
    await PastHours(hass, entry).tell(client, frozenset(), {})  # type: ignore[arg-type]
    assert client.told == []


THERMOSTAT = {
    "thermostat": "climate.room",
    "power": 2_000,
    "outdoor": "sensor.outdoor",
    "low": 19,
    "usual": 20,
    "high": 22,
}


async def test_rooms_are_told_as_the_recorder_saw_them(hass: HomeAssistant, home: MockConfigEntry) -> None:
    start = dt_util.utcnow().replace(minute=0, second=0, microsecond=0) - 3 * HOUR
    led = [(0, 20.0, "idle"), (60, 19.5, "heating"), (90, 21.5, "idle"), (150, 300.0, "idle")]
    for minute, temperature, action in led:
        attributes = {"current_temperature": temperature, "hvac_action": action}
        moment = (start + timedelta(minutes=minute)).timestamp()
        hass.states.async_set("climate.room", "heat", attributes, timestamp=moment)
    for minute, temperature in ((0, "4"), (30, "6"), (120, "unavailable")):
        moment = (start + timedelta(minutes=minute)).timestamp()
        hass.states.async_set("sensor.outdoor", temperature, {"unit_of_measurement": "°C"}, timestamp=moment)
    await async_wait_recording_done(hass)
    client = Client()
    adapter = HeatCool.from_data(THERMOSTAT)

    await PastHours(hass, home).tell(client, frozenset(), {"response": adapter})  # type: ignore[arg-type]

    (room,) = client.rooms
    assert (room.device, room.start, room.cooling) == ("response", start, False)
    assert room.indoor == (20.0, 19.5, 21.5)
    assert room.outdoor == (5.0, 6.0, None), "what is unavailable for a part of the hour is not known"
    assert room.drawn == (0.0, 1_000.0, 0.0)


async def test_without_a_sensor_outdoors_nothing_is_told_of_a_room(
    hass: HomeAssistant, home: MockConfigEntry
) -> None:
    hass.states.async_set("climate.room", "heat", {"current_temperature": 20, "hvac_action": "idle"})
    await async_wait_recording_done(hass)
    client, adapter = Client(), HeatCool.from_data(THERMOSTAT | {"outdoor": None})
    await PastHours(hass, home).tell(client, frozenset(), {"response": adapter})  # type: ignore[arg-type]
    assert len(client.told) == 1
    assert client.rooms == []


def test_hours_are_means_of_what_is_known_throughout() -> None:
    start = datetime(2021, 2, 14, 6, tzinfo=UTC)
    course = [(start + 0.5 * HOUR, 1.0), (start + 1.25 * HOUR, 3.0), (start + 3 * HOUR, None)]
    assert means(course, start, 4) == [None, 2.5, 3.0, None]
    assert means([], start, 2) == [None, None]
    assert [at(course, start + hour * HOUR) for hour in range(4)] == [None, 1.0, 3.0, None]
