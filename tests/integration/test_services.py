"""Actions with responses, and the diagnostics."""

from typing import Any, cast

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.json import json_dumps
from homeassistant.setup import async_setup_component
from homeassistant.util.json import json_loads_object
from pytest_homeassistant_custom_component.common import MockConfigEntry
from syrupy.assertion import SnapshotAssertion
from syrupy.filters import props

from custom_components.temix.const import DOMAIN
from custom_components.temix.diagnostics import async_get_config_entry_diagnostics
from tests.gateway.home.fake_core import Gateway


async def call(hass: HomeAssistant, action: str, **fields: Any) -> Any:
    """Call an action and return its response."""
    return await hass.services.async_call(DOMAIN, action, fields, blocking=True, return_response=True)


async def test_prices(hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry) -> None:
    response = await call(hass, "get_prices")
    assert response["currency"] == "USD"
    assert response["prices"][0] == {
        "start": "2021-11-24T18:05:00+00:00",
        "end": "2021-11-24T18:10:00+00:00",
        "buy": 0.091111,
        "sell": 0.0245,
        "buy_energy": 0.061111,
        "buy_transport": 0.03,
        "sell_energy": 0.0295,
        "sell_transport": -0.005,
        "components": {"wholesale": 0.056111, "losses": 0.005},
    }
    assert len(response["prices"]) == len(gateway.core.current.prices)


async def test_positions_and_the_ledger_that_they_follow_from(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry
) -> None:
    response = await call(hass, "get_positions", config_entry_id=loaded.entry_id)
    assert response["ledger"] == {"sequence": 41, "head": "ab" * 32}
    assert response["positions"][1] == {
        "start": "2021-11-24T19:00:00+00:00",
        "end": "2021-11-24T20:00:00+00:00",
        "quantity": 612,
        "subscribed": 600,
    }
    served = gateway.core.current.positions
    assert [step["quantity"] for step in response["positions"]] == [step.quantity for step in served]


@pytest.mark.parametrize(
    "start, end, count",
    [
        ("2021-11-24T19:30:00+00:00", "2021-11-24T20:00:01+00:00", 2),
        ("2021-11-24 11:30:00", "2021-11-24 12:00:00", 1),  # Home Assistant's own zone, US/Pacific
        ("2021-12-24T00:00:00+00:00", "2021-12-25T00:00:00+00:00", 0),
    ],
)
async def test_between(
    hass: HomeAssistant, loaded: MockConfigEntry, start: str, end: str, count: int
) -> None:
    response = await call(hass, "get_positions", start=start, end=end)
    assert len(response["positions"]) == count


async def test_from_a_time_on_and_until_a_time(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    middle = "2021-11-25T00:00:00+00:00"
    until, since = (
        await call(hass, "get_positions", end=middle),
        await call(hass, "get_positions", start=middle),
    )
    whole = await call(hass, "get_positions")
    assert until["positions"] + since["positions"] == whole["positions"]


async def test_end_before_start_is_refused(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await call(hass, "get_prices", start="2021-11-24T20:00:00+00:00", end="2021-11-24T20:00:00+00:00")
    assert refused.value.translation_key == "end_before_start"


async def test_actions_are_there_without_an_entry_and_say_so(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, DOMAIN, {})
    with pytest.raises(ServiceValidationError) as refused:
        await call(hass, "get_prices", config_entry_id="gone")
    assert refused.value.translation_key == "service_config_entry_not_found"


async def test_diagnostics_tell_no_secret(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry, snapshot: SnapshotAssertion
) -> None:
    text = json_dumps(await async_get_config_entry_diagnostics(hass, loaded))
    for secret in (gateway.token, gateway.host, gateway.gateway_id, "Chicago"):
        assert secret not in text
    diagnostics = json_loads_object(text)
    state = cast("dict[str, Any]", diagnostics["state"])
    state["prices"], state["positions"] = state["prices"][:2], state["positions"][:2]
    changing = props("created_at", "modified_at", "entry_id", "port", "fingerprint")
    assert diagnostics == snapshot(exclude=changing)
