"""Real processes on a faster clock agree on the time: the stage on which a day passes in minutes."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.e2e.peers.fast_time import faster
from tests.e2e.peers.home import eventually, market, running

PRICE = "sensor.electricity_prices_buy_price"
LATE = {"[homeassistant.": "on a faster clock everything seems to take too long"}


async def test_prices_move_on_with_the_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with faster(30) as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        async with running(tmp_path, LATE) as home, market(home):

            async def changed() -> datetime:
                states = await home.home_assistant.states()
                return datetime.fromisoformat(states[PRICE]["last_updated"])

            first = await changed()

            async def moved_on() -> bool:
                return await changed() >= first + timedelta(minutes=10)

            await eventually(moved_on, wanted=True)
            assert await home.state("binary_sensor.gateway_retailer_connection") == "on"
