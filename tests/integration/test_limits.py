"""The owner's limits of trade: numbers beneath the installer's ceilings."""

import pytest
from homeassistant.const import STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from pytest_homeassistant_custom_component.common import MockConfigEntry
from temix_gateway.home.messages import Limits

from tests.gateway.home.fake_core import Gateway
from tests.integration.conftest import pushed, value

MONEY = "number.gateway_money_a_day"
PRICE = "number.gateway_highest_price"


async def move(hass: HomeAssistant, entity_id: str, to: float) -> None:
    target = {"entity_id": entity_id, "value": to}
    await hass.services.async_call("number", "set_value", target, blocking=True)


def unit(hass: HomeAssistant, entity_id: str) -> str:
    state = hass.states.get(entity_id)
    assert state is not None
    return str(state.attributes["unit_of_measurement"])


@pytest.mark.parametrize(
    "entity_id,to,told",
    [
        (MONEY, 7.3, ("set_limits", "7.3", None)),
        (MONEY, 0, ("set_limits", "0.0", None)),
        (MONEY, 20, ("set_limits", "20.0", None)),
        (MONEY, 0.1 + 0.2, ("set_limits", "0.3", None)),
        (PRICE, 0.287, ("set_limits", None, 287_000)),
        (PRICE, 2, ("set_limits", None, 2_000_000)),
    ],
)
async def test_a_limit_is_told_exactly_and_shown_as_the_gateway_has_it(
    loaded: MockConfigEntry, gateway: Gateway, entity_id: str, to: float, told: tuple[object, ...]
) -> None:
    hass = loaded.runtime_data.hass
    assert (value(hass, MONEY), value(hass, PRICE)) == ("12.5", "0.4")
    await move(hass, entity_id, to)
    assert gateway.core.commands[-1] == told
    assert value(hass, entity_id) in ("12.5", "0.4")  # until the gateway says so
    gateway.update()
    await pushed(loaded, lambda: value(hass, entity_id) == str(round(float(to), 3)))


async def test_above_the_ceiling_nothing_is_told(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry
) -> None:
    before = list(gateway.core.commands)
    for entity_id, to in ((MONEY, 20.01), (MONEY, -0.01), (PRICE, 2.001)):
        with pytest.raises(ServiceValidationError, match="valid range"):
            await move(hass, entity_id, to)
    assert gateway.core.commands == before


async def test_the_gateways_refusal_is_told(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry
) -> None:
    gateway.core.refusal = "money_a_day: 7 is above the installer's ceiling, 5"
    with pytest.raises(HomeAssistantError, match="money_a_day: 7 is above"):
        await move(hass, MONEY, 7)


async def test_units_follow_the_currency(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry
) -> None:
    assert (unit(hass, MONEY), unit(hass, PRICE)) == ("USD", "USD/kWh")
    gateway.update(currency="EUR")
    await pushed(loaded, lambda: unit(hass, MONEY) == "EUR")
    assert unit(hass, PRICE) == "EUR/kWh"


async def test_a_ceiling_below_zero_leaves_a_range(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry
) -> None:
    gateway.update(
        limits=Limits(
            money_a_day="0", highest_price=-2_000, money_a_day_ceiling="0", highest_price_ceiling=-1_000
        )
    )
    await pushed(loaded, lambda: value(hass, PRICE) == "-0.002")
    state = hass.states.get(PRICE)
    assert state is not None
    assert state.attributes["min"] <= -0.002 <= state.attributes["max"] == -0.001


async def test_an_older_gateway_tells_no_limits(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry
) -> None:
    gateway.update(limits=None)
    await pushed(loaded, lambda: value(hass, MONEY) == STATE_UNKNOWN)
    assert value(hass, PRICE) == STATE_UNKNOWN
