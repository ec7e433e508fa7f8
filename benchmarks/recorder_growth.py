"""How much Home Assistant's recorder grows in a day: a default installation, nordpool's, amberelectric's.

Run as benchmarks/recorder_growth.py [INTERVALS]. Each integration has a Home Assistant of its own with a real
recorder on a file, and passes the same day in turns of five minutes; statistics are compiled as ever.
``temix`` hears a real local API that publishes anew in every interval. The others are Home Assistant's own,
with the libraries that they name (put once under build/); what these are answered is made up: a day ahead
of quarter hours for nordpool; for amberelectric, which asks every minute, 288 intervals of five minutes.
"""

import asyncio
import importlib
import math
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).parent.parent / "build" / "price-libraries"))
sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent))  # the integration is no package that is installed

import pytest_homeassistant_custom_component.patch_time  # noqa: F401, I001  (Home Assistant's clock follows)

from freezegun import freeze_time
from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import get_instance
from homeassistant.core import HomeAssistant
from homeassistant.helpers import recorder as recorder_helper
from homeassistant.setup import async_setup_component
from in_home_assistant import home
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed
from temix_gateway.home import limits

import custom_components  # noqa: F401  (the plugin's own test folder has a package of this name)
from custom_components.temix.client import connection
from tests.gateway.home.fake_core import state
from tests.integration.day import turns

LIBRARIES = Path(__file__).parent.parent / "build" / "price-libraries"
BEGIN = datetime(2021, 11, 24, 6, tzinfo=UTC)
INTERVALS = 288
WANTED = ("pynordpool==0.4.0", "amberelectric==2.0.12", "aenum==3.1.17")

type Day = tuple[HomeAssistant, FrozenDateTimeFactory, Callable[[], Awaitable[None]]]
"""A Home Assistant, its clock, and what lets the next interval begin."""


def price(start: datetime, chance: Random) -> float:
    """What a kWh costs: a night, two peaks, and a little noise that makes each publication another."""
    hour = start.timestamp() / 3600 % 24
    return 0.08 - 0.05 * math.cos((hour - 4) / 12 * math.pi) + chance.uniform(-0.003, 0.003)


@asynccontextmanager
async def temix() -> AsyncIterator[Day]:
    """The integration as a person has it after the set-up dialog."""
    async with home() as (hass, gateway, entry):
        with freeze_time(BEGIN) as time, patience():
            gateway.core.current = state(round(BEGIN.timestamp() * 1000))
            await begin(hass, entry)

            async def turn() -> None:
                await turns(hass, gateway, entry, time, 1)

            yield hass, time, turn


@contextmanager
def patience() -> Iterator[None]:
    """A leap of the clock is no silence."""
    with patch.object(limits, "SILENT_S", 1e6), patch.object(connection, "_SILENT_S", 1e6):
        yield


@asynccontextmanager
async def nordpool() -> AsyncIterator[Day]:
    """Home Assistant's nordpool for one area."""
    async with home() as (hass, _, _entry):
        with freeze_time(BEGIN) as time, patch("pynordpool.NordPoolClient._get", day_ahead):
            entry = MockConfigEntry(domain="nordpool", data={"areas": ["SE3"], "currency": "SEK"})
            entry.add_to_hass(hass)
            await begin(hass, entry)

            async def turn() -> None:
                await at(hass, time, 0)

            yield hass, time, turn


async def day_ahead(_client: object, _path: str, params: dict[str, Any], _retry: int = 3) -> dict[str, Any]:
    """A day of quarter hours, as Nord Pool's server tells it."""
    start = datetime.fromisoformat(params["date"]).replace(tzinfo=UTC) - timedelta(hours=1)
    chance = Random(params["date"])  # noqa: S311 - prices, not secrets
    starts = [start + number * timedelta(minutes=15) for number in range(96)]
    blocks = (("Off-peak 1", 0, 8), ("Peak", 8, 20), ("Off-peak 2", 20, 24))
    return {
        "deliveryDateCET": params["date"],
        "updatedAt": (start - timedelta(hours=12)).isoformat(),
        "currency": "SEK",
        "exchangeRate": 11.5,
        "multiAreaEntries": [
            {
                "deliveryStart": begin.isoformat(),
                "deliveryEnd": (begin + timedelta(minutes=15)).isoformat(),
                "entryPerArea": {"SE3": round(10_000 * price(begin, chance), 2)},
            }
            for begin in starts
        ],
        "blockPriceAggregates": [
            {
                "blockName": name,
                "deliveryStart": (start + timedelta(hours=first)).isoformat(),
                "deliveryEnd": (start + timedelta(hours=last)).isoformat(),
                "averagePricePerArea": {"SE3": {"average": 800.0, "min": 300.0, "max": 1300.0}},
            }
            for name, first, last in blocks
        ],
        "areaAverages": [{"areaCode": "SE3", "price": 800.0}],
        "areaStates": [{"state": "Final", "areas": ["SE3"]}],
    }


@asynccontextmanager
async def amberelectric() -> AsyncIterator[Day]:
    """Home Assistant's amberelectric for a site that buys and sells."""
    importlib.import_module("amberelectric.models.forecast_interval")  # no longer once time is frozen
    async with home() as (hass, _, _entry):
        with freeze_time(BEGIN) as time, patch("amberelectric.AmberApi.get_current_prices", current_prices):
            entry = MockConfigEntry(domain="amberelectric", data={"api_token": "x", "site_id": "01SITE"})
            entry.add_to_hass(hass)
            await begin(hass, entry)

            async def turn() -> None:
                for minute in range(5):
                    await at(hass, time, 0 if minute == 0 else 2 + 60 * minute)

            yield hass, time, turn


def current_prices(_api: object, _site: str, **_: Any) -> list[Any]:
    """The current interval and 288 more, of either channel, as amber's library has them."""
    from amberelectric.models.channel import ChannelType  # noqa: PLC0415 - put there before, under build/
    from amberelectric.models.current_interval import CurrentInterval  # noqa: PLC0415
    from amberelectric.models.forecast_interval import ForecastInterval  # noqa: PLC0415
    from amberelectric.models.interval import Interval  # noqa: PLC0415
    from amberelectric.models.price_descriptor import PriceDescriptor  # noqa: PLC0415
    from amberelectric.models.range import Range  # noqa: PLC0415
    from amberelectric.models.spike_status import SpikeStatus  # noqa: PLC0415

    now = datetime.now(UTC)
    start = now - timedelta(minutes=now.minute % 5, seconds=now.second, microseconds=now.microsecond)
    chance = Random(start.timestamp())  # noqa: S311 - prices, not secrets
    found = []
    for channel in (ChannelType.GENERAL, ChannelType.FEEDIN):
        for number in range(289):
            begin = start + number * timedelta(minutes=5)
            cents = 100 * price(begin, chance)
            kind = CurrentInterval if number == 0 else ForecastInterval
            interval = kind.construct(
                type=kind.__name__,
                duration=5,
                spot_per_kwh=cents,
                per_kwh=cents + 10,
                var_date=begin.date(),
                nem_time=begin,
                start_time=begin,
                end_time=begin + timedelta(minutes=5),
                renewables=40 + 10 * math.sin(number / 40),
                channel_type=channel,
                tariff_information=None,
                spike_status=SpikeStatus.NONE,
                descriptor=PriceDescriptor.NEUTRAL,
                range=Range.construct(min=cents - 1, max=cents + 1),
                estimate=False,
                advanced_price=None,
            )
            found.append(Interval.construct(actual_instance=interval))
    return found


async def begin(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Record, and set the integration up."""
    recorder_helper.async_initialize_recorder(hass)
    url = f"sqlite:///{database(hass)}"
    assert await async_setup_component(hass, "recorder", {"recorder": {"db_url": url, "commit_interval": 1}})
    await hass.async_block_till_done()
    await get_instance(hass).async_recorder_ready.wait()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()


async def at(hass: HomeAssistant, time: FrozenDateTimeFactory, seconds: int) -> None:
    """Let it be so many seconds after the interval's begin (the next, for 0)."""
    passed = timedelta(seconds=time().timestamp() % 300)  # type: ignore[operator]
    time.tick(timedelta(seconds=300 if seconds == 0 else seconds) - passed)
    async_fire_time_changed(hass)
    await hass.async_block_till_done()


def database(hass: HomeAssistant) -> Path:
    """The recorder's file."""
    return Path(hass.config.path("recorded.db"))


def size(path: Path) -> int:
    """Bytes of the database, whatever lies in its log."""
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.stat().st_size


async def measure(
    running: Callable[[], AbstractAsyncContextManager[Day]], count: int
) -> tuple[int, int, int]:
    """The growth in bytes over so many intervals, and the rows of states and of statistics."""
    async with running() as (hass, time, turn):
        recorder = get_instance(hass)
        await recorder.async_block_till_done()
        before = await asyncio.to_thread(size, database(hass))
        for _ in range(count):
            await turn()
            await at(hass, time, 290)
            await recorder.async_block_till_done()
        after = await asyncio.to_thread(size, database(hass))
        with sqlite3.connect(database(hass)) as connection:
            rows = [
                connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
                for table in ("states", "statistics_short_term")
            ]
    return after - before, rows[0], rows[1]


def main() -> None:
    """Print a table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else INTERVALS
    if not LIBRARIES.exists():
        uv = Path(sys.executable).with_name("uv")
        install = (uv, "pip", "install", "--quiet", "--python", sys.executable, "--no-deps")
        subprocess.run([*install, "--target", LIBRARIES, *WANTED], check=True)
        importlib.invalidate_caches()  # the folder was not there when it was first looked into
    print(f"{count} intervals of 5 minutes")
    print("| integration | MB | rows of states | rows of statistics |\n|---|---:|---:|---:|")
    for running in (temix, nordpool, amberelectric):
        grown, states, statistics = asyncio.run(measure(running, count))
        print(f"| {running.__name__} | {grown / 1e6:.2f} | {states} | {statistics} |", flush=True)


if __name__ == "__main__":
    main()
