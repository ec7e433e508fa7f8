"""What a device tells of itself, what a preview says of it, and how times and money are written."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from homeassistant.components.recorder.models import StatisticMeanType
from homeassistant.components.recorder.statistics import async_import_statistics
from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
from homeassistant.util.unit_system import US_CUSTOMARY_SYSTEM
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)

from custom_components.temix.client import Battery, EvCharger, PriceStep
from custom_components.temix.response import words
from custom_components.temix.response.guess import (
    area_of,
    guess,
    mean_while_running,
    name_of,
    usual_power,
)
from custom_components.temix.response.home import power_beside
from custom_components.temix.response.preview import estimate, joined

NOON = datetime(2026, 11, 25, 18, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _custom_integrations() -> None:
    """Nothing of the integration is set up here, and the recorder must come before what would be."""


@pytest.mark.parametrize(
    "hours,watts",
    [
        pytest.param([None, 0, 1_100, 1_080, 2, 540], 1_090, id="hours in which it ran"),
        pytest.param([0, 0, None], None, id="it never ran"),
        pytest.param([], None, id="no statistics"),
        pytest.param([0.2], 1, id="never below a watt"),
    ],
)
def test_the_usual_power_is_the_mean_while_it_ran(hours: list[float | None], watts: int | None) -> None:
    assert mean_while_running(hours) == watts


async def test_the_usual_power_comes_from_the_statistics(recorder_mock: Any, hass: HomeAssistant) -> None:
    start = dt_util.utcnow().replace(minute=0, second=0, microsecond=0) - 10 * HOUR
    means = enumerate([0.0, 0.75, 0.8, 0.0])
    rows = [{"start": start + number * HOUR, "mean": mean} for number, mean in means]
    metadata = {
        "source": "recorder", "statistic_id": "sensor.pump_power", "name": None, "has_sum": False,
        "mean_type": StatisticMeanType.ARITHMETIC, "unit_class": "power", "unit_of_measurement": "kW",
    }  # fmt: skip
    async_import_statistics(hass, metadata, rows)  # type: ignore[arg-type]
    await async_wait_recording_done(hass)
    assert await usual_power(hass, "sensor.pump_power") == 775


async def test_the_usual_power_comes_from_a_meter_where_no_power_is_told(
    recorder_mock: Any, hass: HomeAssistant
) -> None:
    start = dt_util.utcnow().replace(minute=0, second=0, microsecond=0) - 10 * HOUR
    sums = enumerate([0.0, 0.0, 1.2, 2.4, 2.5, 2.5])
    rows = [{"start": start + number * HOUR, "state": total, "sum": total} for number, total in sums]
    metadata = {
        "source": "recorder", "statistic_id": "sensor.pump_energy", "name": None, "has_sum": True,
        "mean_type": StatisticMeanType.NONE, "unit_class": "energy", "unit_of_measurement": "kWh",
    }  # fmt: skip
    async_import_statistics(hass, metadata, rows)  # type: ignore[arg-type]
    await async_wait_recording_done(hass)
    assert await usual_power(hass, None, "sensor.pump_energy") == 1_200
    assert await usual_power(hass, "sensor.pump_power", "sensor.pump_energy") == 1_200
    assert await usual_power(hass, None, None) is None


async def test_without_a_recorder_nothing_is_guessed_from_statistics(hass: HomeAssistant) -> None:
    assert await usual_power(hass, "sensor.pump_power") is None


async def test_a_name_and_an_area_are_the_devices(hass: HomeAssistant) -> None:
    entry = MockConfigEntry()
    entry.add_to_hass(hass)
    cellar = ar.async_get(hass).async_create("Cellar")
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={("test", "x")}, name="Boiler"
    )
    dr.async_get(hass).async_update_device(device.id, area_id=cellar.id)
    registry = er.async_get(hass)
    plug = registry.async_get_or_create("switch", "test", "x", suggested_object_id="x", device_id=device.id)
    assert (name_of(hass, plug.id), area_of(hass, plug.entity_id)) == ("Boiler", cellar.id)
    hass.states.async_set("switch.bare", "off", {"friendly_name": "Bare"})
    assert (name_of(hass, "switch.bare"), area_of(hass, "switch.bare")) == ("Bare", None)
    assert name_of(hass, "switch.nowhere") == "switch.nowhere"


async def test_a_power_that_was_told_before_the_last_change_says_nothing_of_now(hass: HomeAssistant) -> None:
    entry = MockConfigEntry()
    entry.add_to_hass(hass)
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={("test", "x")}, name="Boiler"
    )
    registry = er.async_get(hass)
    plug = registry.async_get_or_create("switch", "test", "x", suggested_object_id="x", device_id=device.id)
    registry.async_get_or_create(
        "sensor", "test", "w", suggested_object_id="w", device_id=device.id, original_device_class="power"
    )
    told = {"unit_of_measurement": "kW"}
    hass.states.async_set("switch.x", "off")
    hass.states.async_set("sensor.w", "0", told)
    assert power_beside(hass, plug.id) == 0
    hass.states.async_set("switch.x", "on")
    assert power_beside(hass, plug.id) is None
    hass.states.async_set("sensor.w", "0", told)  # the same again, but told now
    assert power_beside(hass, plug.id) == 0
    hass.states.async_set("sensor.w", "1.2", told)
    assert power_beside(hass, plug.id) == 1_200


@pytest.mark.parametrize(
    "state,attributes,found",
    [
        ("cool", {"target_temp_low": 68, "target_temp_high": 76, "temperature": None},
         {"low": 64, "usual": 68, "high": 72, "season": "cool"}),
        ("heat", {"temperature": 68, "min_temp": 66, "max_temp": 69},
         {"low": 66, "usual": 68, "high": 69, "season": "heat"}),
        ("heat", {}, {}),
    ],
)  # fmt: skip
async def test_a_band_is_guessed_in_the_homes_degrees(
    hass: HomeAssistant, state: str, attributes: dict[str, Any], found: dict[str, Any]
) -> None:
    hass.config.units = US_CUSTOMARY_SYSTEM
    hass.states.async_set("climate.hall", state, attributes)
    guessed = await guess(hass, "heat_cool", {"thermostat": "climate.hall"})
    assert {name: value for name, value in guessed.items() if name != "name"} == found


def prices(*micros: int) -> list[PriceStep]:
    return [
        PriceStep(start=NOON + number * HOUR, end=NOON + (number + 1) * HOUR, buy=micro)
        for number, micro in enumerate(micros)
    ]


def test_an_estimate_takes_the_cheapest_steps_until_it_suffices() -> None:
    car = EvCharger(id="car", connected=True, needed=5_000, max_power=2_000, ready_by=NOON + 4.5 * HOUR)
    found = estimate(car, prices(300_000, 100_000, 400_000, 200_000, 150_000, 50_000), NOON)
    assert found is not None
    assert not found.planned
    assert found.spans == (
        (NOON + HOUR, NOON + 2 * HOUR),
        (NOON + 3 * HOUR, NOON + 4.5 * HOUR),
    )
    assert found.energy == pytest.approx(5)
    assert found.cost == pytest.approx(2 * 0.1 + 1 * 0.15 + 2 * 0.2)
    store = Battery(id="b", capacity=1, stored=0, max_charge=1, max_discharge=1)
    assert estimate(store, prices(1), NOON) is None


def test_spans_that_meet_are_one() -> None:
    one, two, three = ((NOON + at * HOUR, NOON + (at + 1) * HOUR) for at in (0, 1, 3))
    assert joined([one, two, three]) == ((one[0], two[1]), three)


@pytest.mark.parametrize(
    "amount,currency,text",
    [(1.1, "USD", "$1.10"), (Decimal("0.333"), "EUR", "0.33 €"), (2, "GBP", "£2.00"), (3, "CHF", "3.00 CHF")],
)
def test_money_is_written_as_people_do(amount: float, currency: str, text: str) -> None:
    assert words.money(amount, currency) == text


def test_a_price_that_nobody_knows_is_a_dash() -> None:
    assert words.price(None, "USD") == "–"
    assert words.price(81_250, "USD") == "$0.081/kWh"


@pytest.mark.parametrize(
    "at,said",
    [(0, "today"), (7, "tonight"), (16, "tonight"), (20, "tomorrow"), (31, "tomorrow"), (48, "27.11.")],
)
async def test_days_are_named(hass: HomeAssistant, at: int, said: str) -> None:
    await hass.config.async_set_time_zone("America/Chicago")
    assert words.day(hass, NOON + at * HOUR, NOON) == said
