"""A day in turns of five minutes, as a retailer and a gateway make it."""

import math
from datetime import UTC, datetime, timedelta
from random import Random

import msgspec
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed
from temix_gateway.home.messages import Spot

from tests.gateway.home.fake_core import FIVE_MINUTES, HOUR, Gateway, state
from tests.integration.conftest import pushed
from tests.integration.test_account import account


def level(start: int) -> int:
    """A price (millionths per kWh) with a night, a morning and an evening peak."""
    hour = start / HOUR % 24
    return round(80_000 - 50_000 * math.cos((hour - 4) / 12 * math.pi) + 20_000 * math.sin(hour / 2))


async def turns(
    hass: HomeAssistant, gateway: Gateway, entry: MockConfigEntry, freezer: FrozenDateTimeFactory, count: int
) -> None:
    """Let so many intervals pass: at each boundary, a few seconds later new tenders, then the frozen spot."""
    chance = Random(7)
    spent = 0
    for number in range(count):
        now = round(datetime.now(UTC).timestamp() * 1000)
        begin = now - now % FIVE_MINUTES + FIVE_MINUTES
        await _at(hass, freezer, begin)
        await _at(hass, freezer, begin + 4_000)
        fresh = state(begin, hours=36 if begin / HOUR % 24 > 19 else 20)
        prices = [
            msgspec.structs.replace(
                step,
                buy=(buy := level(step.start) + chance.randint(-3_000, 3_000)),
                sell=buy // 2,
            )
            for step in fresh.prices
        ]
        spot = Spot(
            start=begin,
            end=begin + FIVE_MINUTES,
            buy=(buy := level(begin) + chance.randint(-3_000, 3_000)),
            sell=buy // 2,
        )
        spent += buy * 40
        owed = account(
            cost_today=money(spent),
            cost_month=money(3 * spent),
            savings_month=money(spent // 2),
            bought=spent // 10**6,
            sold=spent // 10**7,
            revision=number,
        )
        gateway.update(
            prices=prices, horizon=fresh.horizon, positions=fresh.positions, spot=spot, account=owed
        )
        await pushed(entry, lambda spot=spot: entry.runtime_data.now.buy == spot.buy)  # type: ignore[misc]


def money(nano: int) -> str:
    """Money as the gateway tells it."""
    return f"{nano / 1e9:.9f}"


async def _at(hass: HomeAssistant, freezer: FrozenDateTimeFactory, instant: int) -> None:
    freezer.move_to(datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=instant))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
