"""The account: what was used, what it cost, and what was saved."""

from datetime import UTC, datetime

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from pytest_homeassistant_custom_component.common import MockConfigEntry
from temix_gateway.home.account import Account, Energies

from tests.gateway.home.fake_core import FIVE_MINUTES, HOUR, NOON, Gateway
from tests.integration.conftest import pushed, value

MIDNIGHT = NOON - 12 * HOUR


def energies(start: int, end: int, delivered: int | None, deviation: int | None = None) -> Energies:
    """What is used between two instants."""
    return Energies(
        start=start, end=end, subscribed=100, position=200, delivered=delivered, deviation=deviation
    )


def account(**changes: object) -> Account:
    """An account at noon."""
    return Account(
        **{
            "day": MIDNIGHT,
            "cost_today": "1.234567891",
            "cost_month": "-40.5",
            "forecast_today": "2.5",
            "forecast_month": None,
            "tariff": "old",
            "savings_today": "0.25",
            "savings_month": "12",
            "latest": energies(NOON - FIVE_MINUTES, NOON, 103, -97),
            "now": energies(NOON, NOON + FIVE_MINUTES, None),
            "rest_of_today": energies(NOON, NOON + 12 * HOUR, 9_000, 8_800),
            "tomorrow": energies(NOON + 12 * HOUR, NOON + 36 * HOUR, None),
            "since": MIDNIGHT,
            "bought": 123_456,
            "sold": 12,
            "imported": 1,
            "exported": 2,
            "cost": "3",
            "compensation": "4",
            "revision": 5,
            "missing_today": 0,
        }
        | changes  # type: ignore[arg-type]
    )


async def test_without_an_account_nothing_is_known(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    for name in ("cost_today", "savings_this_month", "bought_energy", "delivery"):
        assert value(hass, f"sensor.account_{name}") == "unknown"


async def test_what_the_home_used_and_owes(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry
) -> None:
    gateway.update(account=account())
    await pushed(loaded, lambda: value(hass, "sensor.account_cost_today") != "unknown")
    names = {
        "cost_today": "1.2346",
        "cost_this_month": "-40.5",
        "cost_forecast_today": "2.5",
        "cost_forecast_this_month": "unknown",
        "savings_today": "0.25",
        "savings_this_month": "12.0",
        "bought_energy": "123.456",
        "sold_energy": "0.012",
        "delivery": "1.236",
        "deviation": "-1.164",
        "delivery_rest_of_today": "9.0",
        "deviation_rest_of_today": "8.8",
        "delivery_tomorrow": "unknown",
    }
    assert {name: value(hass, f"sensor.account_{name}") for name in names} == names
    state = hass.states.get("sensor.account_cost_today")
    assert state is not None
    assert state.attributes["unit_of_measurement"] == "USD"
    assert datetime.fromisoformat(state.attributes["last_reset"]) == datetime(2021, 11, 24, 6, tzinfo=UTC)
    month = hass.states.get("sensor.account_cost_this_month")
    assert month is not None
    assert datetime.fromisoformat(month.attributes["last_reset"]) == datetime(2021, 11, 1, 5, tzinfo=UTC)


async def test_plan_again(hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry) -> None:
    async def press() -> None:
        await hass.services.async_call(
            "button", "press", {"entity_id": "button.gateway_plan_again"}, blocking=True
        )

    await press()
    assert gateway.core.commands == ["plan_again"]
    gateway.core.refusal = "there is no price"
    with pytest.raises(HomeAssistantError, match="there is no price"):
        await press()
