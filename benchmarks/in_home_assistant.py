"""What the integration costs Home Assistant: pushes, the set-up of an entry, reloads.

Run as benchmarks/in_home_assistant.py [push | setup | reloads] …, in a Home Assistant of the test plugin
beside the gateway's real local API. ``push`` reads events of 48 h of prices and positions as the client does,
and shows them in every entity: the longest turn is the time for which the event loop does nothing else.
``wall`` is what a busy machine makes of it; ``undisturbed`` leaves out turns in which the kernel gave the
processor to something else; ``CPU`` is what the thread worked; ``without gc`` leaves out the collections of
garbage, which look at Home Assistant's own objects, too.
"""

import asyncio
import gc
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from itertools import pairwise
from pathlib import Path
from random import Random
from resource import RUSAGE_THREAD, getrusage
from typing import NamedTuple
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).parent.parent))  # the integration is no package that is installed

import msgspec
import orjson
from aiohttp import ThreadedResolver
from choosing import chosen
from homeassistant.const import CONF_HOST, CONF_PORT, CONF_TOKEN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import aiohttp_client
from homeassistant.helpers.entity import Entity
from homeassistant.loader import DATA_CUSTOM_COMPONENTS
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_test_home_assistant
from temix_gateway.home.messages import PositionStep, PriceStep, Spot

import custom_components  # noqa: F401  (the plugin's own test folder has a package of this name)
from custom_components.temix import client
from custom_components.temix.client.wire import from_ms, to_ms
from custom_components.temix.const import CONF_FINGERPRINT, DOMAIN
from custom_components.temix.coordinator import TemixCoordinator
from custom_components.temix.curve import segments
from custom_components.temix.curve.history import History
from tests.gateway.home.fake_core import FIVE_MINUTES, GATEWAY_ID, HOUR, MINUTE, Gateway
from tests.integration.day import level

PUSHES = 2_000
SETUPS = 20
RELOADS = 100


@asynccontextmanager
async def home() -> AsyncIterator[tuple[HomeAssistant, Gateway, MockConfigEntry]]:
    """A Home Assistant, a gateway, and its entry, which is not set up yet."""
    with tempfile.TemporaryDirectory() as folder:
        gateway = await Gateway(Path(folder)).start()
        gateway.update(**msgspec.structs.asdict(msgspec.convert(next(pushes()), Push)))
        async with async_test_home_assistant(config_dir=folder) as hass, resolving():
            del hass.data[DATA_CUSTOM_COMPONENTS]
            hass.config.currency = "USD"
            await async_setup_component(hass, "homeassistant", {})
            entry = MockConfigEntry(
                domain=DOMAIN,
                title="Home",
                unique_id=GATEWAY_ID,
                data={
                    CONF_HOST: gateway.host,
                    CONF_PORT: gateway.port,
                    CONF_TOKEN: gateway.token,
                    CONF_FINGERPRINT: gateway.certificate.fingerprint.hex(),
                },
            )
            entry.add_to_hass(hass)
            yield hass, gateway, entry
            await hass.config_entries.async_unload(entry.entry_id)
            await hass.async_stop(force=True)
        await gateway.stop()


@asynccontextmanager
async def resolving() -> AsyncIterator[None]:
    """Resolve names without zeroconf, which would look at the network."""
    with patch(f"{aiohttp_client.__name__}._async_make_resolver", lambda _: Resolver()):
        yield


class Resolver(ThreadedResolver):
    """One that Home Assistant can close."""

    async def real_close(self) -> None:
        """End."""
        await self.close()


class Push(msgspec.Struct):
    """The sections that a retailer's new tenders change."""

    spot: Spot
    prices: list[PriceStep]
    horizon: int
    positions: list[PositionStep]


def pushes() -> Iterator[dict[str, object]]:
    """Prices that move a little each time: an hour in 5 minutes, three in quarters, then hours: 48 in all."""
    chance = Random(5)  # noqa: S311 - prices, not secrets
    while True:
        now = time.time_ns() // 1_000_000 // FIVE_MINUTES * FIVE_MINUTES
        edges = [now + step * FIVE_MINUTES for step in range(12)]
        edges += [now + HOUR + step * 15 * MINUTE for step in range(12)]
        edges += [now + (4 + step) * HOUR for step in range(45)]
        prices = [
            PriceStep(
                start=start,
                end=end,
                buy=(buy := level(start) + chance.randint(-5_000, 5_000)),
                sell=buy - 20_000,
                buy_energy=buy - 30_000,
                buy_transport=30_000,
                sell_energy=buy - 15_000,
                sell_transport=-5_000,
                components={"wholesale": 55_000, "losses": 5_000},
            )
            for start, end in pairwise(edges)
        ]
        positions = [
            PositionStep(start=start, end=end, quantity=12 * chance.randint(-99, 99))
            for start, end in pairwise(edges)
        ]
        spot = Spot(start=now, end=edges[1], buy=level(now) + chance.randint(-5_000, 5_000), sell=0)
        yield msgspec.to_builtins(Push(spot, prices[1:], edges[-1], positions))


def past() -> History:
    """A day and two hours that have passed."""
    now = from_ms(time.time_ns() // 1_000_000 // FIVE_MINUTES * FIVE_MINUTES)
    starts = [now - (312 - number) * segments.FIVE_MINUTES for number in range(312)]
    return History(
        tuple(
            client.Spot(start=start, end=start + segments.FIVE_MINUTES, buy=level(to_ms(start)), sell=0)
            for start in starts
        )
    )


async def push() -> None:
    """Time events from the socket's text to the last entity's state."""
    for title, enabled in (("default installation", nullcontext()), ("every entity", every_entity())):
        async with home() as (hass, _, entry):
            with enabled:
                await hass.config_entries.async_setup(entry.entry_id)
            await hass.async_block_till_done()
            coordinator = entry.runtime_data
            coordinator.memory.history = past()
            messages = pushes()
            found: dict[str, list[float]] = {}
            before = [generation["collections"] for generation in gc.get_stats()]
            for _ in range(PUSHES):
                number = coordinator.client._number + 1  # noqa: SLF001
                text = orjson.dumps({"type": "event", "number": number, "changes": next(messages)})
                with turns() as took:
                    await asyncio.create_task(take(coordinator, text))
                    await hass.async_block_till_done()
                for what, seconds in figures(took):
                    found.setdefault(what, []).append(seconds)
            ran = [now["collections"] - was for now, was in zip(gc.get_stats(), before, strict=True)]
            print(f"{title}, {len(hass.states.async_all())} entities, {PUSHES} pushes of {len(text)} bytes")
        for what, times in found.items():
            times.sort()
            median, p99, most = (1000 * times[at] for at in (len(times) // 2, len(times) * 99 // 100, -1))
            print(f"  {what}: median {median:.2f} ms, p99 {p99:.2f} ms, max {most:.2f} ms")
        print(f"  collections of garbage, by generation: {ran}; load {os.getloadavg()[0]:.1f}")


def figures(took: list[Turn]) -> Iterator[tuple[str, float]]:
    """What one push took (s)."""
    yield "longest turn, wall", max(turn.wall for turn in took)
    yield "longest turn, wall, undisturbed", max(turn.wall for turn in took if not turn.disturbed)
    yield "longest turn, CPU", max(turn.work for turn in took)
    yield "longest turn, CPU without gc", max(turn.work - turn.collecting for turn in took)
    yield "all turns, wall", sum(turn.wall for turn in took)
    yield "all turns, CPU", sum(turn.work for turn in took)


async def take(coordinator: TemixCoordinator, text: bytes) -> None:
    """Read an event as the client does."""
    connected, event = coordinator.client, orjson.loads(text)
    await connected._handle(connected._open(), event, coordinator.on_state)  # noqa: SLF001


class Turn(NamedTuple):
    """How long a callback kept the event loop (s); ``disturbed``: the kernel ran something else meanwhile."""

    wall: float
    work: float
    collecting: float
    disturbed: bool


@contextmanager
def turns() -> Iterator[list[Turn]]:
    """Note every turn of the event loop."""
    took: list[Turn] = []
    run = asyncio.Handle._run  # noqa: SLF001
    collecting = 0.0

    def collect(phase: str, _: object) -> None:
        nonlocal collecting
        collecting += time.thread_time() if phase == "stop" else -time.thread_time()

    def timed(handle: asyncio.Handle) -> None:
        nonlocal collecting
        collecting = 0.0
        switches = getrusage(RUSAGE_THREAD).ru_nivcsw
        wall, work = time.perf_counter(), time.thread_time()
        run(handle)
        wall, work = time.perf_counter() - wall, time.thread_time() - work
        took.append(Turn(wall, work, collecting, getrusage(RUSAGE_THREAD).ru_nivcsw > switches))

    gc.callbacks.append(collect)
    with patch.object(asyncio.Handle, "_run", timed):
        yield took
    gc.callbacks.remove(collect)


async def setup() -> None:
    """Time an entry's set-up: connecting, the first state, every entity."""
    took: list[float] = []
    async with home() as (hass, _, entry):
        for _number in range(SETUPS):
            begun = time.perf_counter()
            await hass.config_entries.async_setup(entry.entry_id)
            await hass.async_block_till_done()
            took.append(time.perf_counter() - begun)
            await hass.config_entries.async_unload(entry.entry_id)
    print(f"set-up of an entry: first {took[0]:.2f} s, then median {sorted(took)[SETUPS // 2]:.2f} s")


async def reloads() -> None:
    """Count what is there after some reloads, after a hundred more, and again."""
    async with home() as (hass, _, entry):
        await hass.config_entries.async_setup(entry.entry_id)
        for times in (20, RELOADS, RELOADS):
            for _number in range(times):
                await hass.config_entries.async_reload(entry.entry_id)
            await hass.async_block_till_done()
            await asyncio.sleep(0.5)  # the last connection's end
            print(f"after {times} reloads:", ", ".join(f"{n} {what}" for what, n in left(hass).items()))


def left(hass: HomeAssistant) -> dict[str, int]:
    """How much there is of what could leak."""
    gc.collect()
    loop = asyncio.get_running_loop()
    objects = gc.get_objects()
    return {
        "tasks": len(asyncio.all_tasks()),
        "timers": sum(not timer.cancelled() for timer in loop._scheduled),  # noqa: SLF001
        "listeners": sum(map(int, hass.bus.async_listeners().values())),
        "objects": len(objects),
        "of the integration": sum("custom_components.temix" in str(type(one)) for one in objects),
        "bytes resident": int(Path("/proc/self/statm").read_text().split()[1]) * 4096,
    }


@contextmanager
def every_entity() -> Iterator[None]:
    """Enable what is disabled by default, too."""
    with patch.object(Entity, "entity_registry_enabled_default", True):
        yield


BENCHMARKS = {"push": push, "setup": setup, "reloads": reloads}

if __name__ == "__main__":
    for name in chosen(__doc__, BENCHMARKS):
        asyncio.run(BENCHMARKS[name]())
