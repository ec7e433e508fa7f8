"""What the dialog of price responses says where prices, readings, entities or statistics are unknown."""

from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry
from temix_gateway.home.messages import DevicePlan, PlanStep, Preview

from custom_components.temix.response import guess
from tests.gateway.home.fake_core import HOUR, NOON, Gateway
from tests.integration.conftest import pushed
from tests.integration.dialog import CAR, PUMP, add, answer, asked, begin, known
from tests.integration.test_response_entities import subentry

MORE = {"least_minutes": 1, "hold_hours": 2, "advise": False}


async def last_page(hass: HomeAssistant, entry: MockConfigEntry, **answers: Any) -> dict[str, str]:
    """What the last page tells of a pump."""
    page = await answer(hass, await begin(hass, entry, "run_hours"), {"switch": "switch.pump"})
    page = await answer(hass, page, PUMP | answers)
    told: dict[str, str] = page["description_placeholders"]
    return told


async def test_without_prices_nothing_is_previewed(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry, pump: er.RegistryEntry
) -> None:
    gateway.update(prices=[], spot=None)
    await pushed(loaded, lambda: loaded.runtime_data.data.prices == ())
    assert (await last_page(hass, loaded))["preview"].startswith("There are no prices now")


@pytest.mark.parametrize(
    "runs,said",
    [
        pytest.param(0, "it would do nothing for now", id="a plan that never runs it"),
        pytest.param(9, "and 6 more times", id="more runs than a person reads"),
    ],
)
async def test_a_plan_is_told_in_few_words(  # noqa: PLR0917
    hass: HomeAssistant,
    gateway: Gateway,
    loaded: MockConfigEntry,
    pump: er.RegistryEntry,
    monkeypatch: pytest.MonkeyPatch,
    runs: int,
    said: str,
) -> None:
    steps = [
        PlanStep(start=NOON + 2 * number * HOUR, end=NOON + (2 * number + 1) * HOUR, power=1_100)
        for number in range(runs)
    ]

    async def planned(asked: Any) -> Preview:
        plan = DevicePlan(device=asked.device.id, steps=steps, saved="0", done=None)
        return Preview(plan=plan, energy=1_100 * runs, cost="0.2")

    monkeypatch.setattr(gateway.core, "preview_plan", planned)
    assert said in (await last_page(hass, loaded))["preview"]


async def test_a_device_that_is_not_there_yet_is_not_warned_of(
    hass: HomeAssistant, loaded: MockConfigEntry, pump: er.RegistryEntry
) -> None:
    page = await answer(hass, await begin(hass, loaded, "run_hours"), {"switch": "switch.pump"})
    hass.states.async_remove("switch.pump")
    page = await answer(hass, page, PUMP)
    assert page["description_placeholders"]["notes"] == ""


async def test_a_car_whose_level_is_away_is_not_called_late(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    known(hass, "switch", "car", "off")
    known(hass, "sensor", "soc", "unavailable", unit_of_measurement="%")
    chosen = {"switch": "switch.car", "soc": "sensor.soc"}
    page = await answer(hass, await begin(hass, loaded, "charge_car"), chosen)
    page = await answer(hass, page, CAR)
    told = page["description_placeholders"]
    assert told["preview"].startswith("Its sensors say nothing now")
    assert "hours from now" not in told["notes"]


async def test_a_thermostat_that_shows_no_temperature_is_not_planned_for(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    shown = {"temperature": 21, "hvac_modes": ["heat"], "supported_features": 1}
    known(hass, "climate", "hall", "heat", **shown)
    page = await answer(hass, await begin(hass, loaded, "heat_cool"), {"thermostat": "climate.hall"})
    more = MORE | {"power": 2_000, "away_drift": 0, "night_drift": 0, "programme": "counts"}
    answers = {"name": "Hall", "low": 19, "usual": 21, "high": 23, "season": "heat", "more": more}
    page = await answer(hass, page, answers)
    assert page["description_placeholders"]["preview"].startswith("Its sensors say nothing now")


async def test_a_thermostat_that_the_gateway_refuses_to_preview_says_why(
    hass: HomeAssistant, loaded: MockConfigEntry, gateway: Gateway
) -> None:
    gateway.core.refusal = "preview cannot be planned: power: too much"
    shown = {"temperature": 21, "current_temperature": 20, "hvac_modes": ["heat"], "supported_features": 1}
    known(hass, "climate", "hall", "heat", **shown)
    page = await answer(hass, await begin(hass, loaded, "heat_cool"), {"thermostat": "climate.hall"})
    more = MORE | {"power": 2_000, "away_drift": 0, "night_drift": 0, "programme": "counts"}
    answers = {"name": "Hall", "low": 19, "usual": 21, "high": 23, "season": "heat", "more": more}
    page = await answer(hass, page, answers)
    assert page["description_placeholders"]["preview"] == (
        "The gateway cannot preview this. It says *it cannot be planned: power: too much*."
    )


async def test_a_response_that_cannot_run_keeps_no_entity_from_another(
    hass: HomeAssistant, loaded: MockConfigEntry, pump: er.RegistryEntry
) -> None:
    broken = {"kind": "run_hours", "switch": pump.id, "hours": "many", "power": 1, "ready_by": "20:00"}
    hass.config_entries.async_add_subentry(loaded, subentry("broken", broken))
    await hass.async_block_till_done()
    done = await add(hass, loaded, pump.entity_id)
    assert done["title"] == "Pool pump"


async def test_the_power_that_statistics_show_is_filled_in(
    hass: HomeAssistant, loaded: MockConfigEntry, pump: er.RegistryEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=loaded.entry_id, identifiers={("test", "pump")}
    )
    registry = er.async_get(hass)
    meter = registry.async_get_or_create(
        "sensor", "test", "power", suggested_object_id="pump_power", original_device_class="power"
    )
    for entity in (pump, meter):
        registry.async_update_entity(entity.entity_id, device_id=device.id)

    async def usual(_: HomeAssistant, power: str | None, energy: str | None) -> int:
        assert (power, energy) == ("sensor.pump_power", None)
        return 775

    monkeypatch.setattr(guess, "usual_power", usual)
    page = await answer(hass, await begin(hass, loaded, "run_hours"), {"switch": pump.entity_id})
    assert asked(page)["power"] == 775


async def test_without_any_price_the_calendar_is_empty(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry
) -> None:
    span = {"start_date_time": "2021-11-24T18:00:00+00:00", "end_date_time": "2021-11-26T00:00:00+00:00"}

    async def events() -> list[Any]:
        answer: Any = await hass.services.async_call(
            "calendar",
            "get_events",
            {"entity_id": "calendar.electricity_prices_calendar", **span},
            blocking=True,
            return_response=True,
        )
        found: list[Any] = answer["calendar.electricity_prices_calendar"]["events"]
        return found

    assert await events()
    loaded.runtime_data.memory.history = type(loaded.runtime_data.memory.history)()
    loaded.runtime_data.now = None
    gateway.update(prices=[], spot=None)
    await pushed(loaded, lambda: loaded.runtime_data.data.prices == ())
    assert await events() == []
