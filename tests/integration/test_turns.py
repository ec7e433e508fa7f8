"""Work for which a turn of the loop has no room: done in order, once, and others come in between."""

import asyncio
from collections.abc import Callable

import pytest
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.temix.turns import TURN_S, Turns
from tests.gateway.home.fake_core import Gateway
from tests.integration.conftest import BUY, NEXT, POSITION, Advance, value


class Bench:
    """A clock that only work moves, and what was done; ``-`` for every turn of the loop that others had."""

    def __init__(self) -> None:
        self.now = 0.0
        self.done: list[str] = []

    def piece(self, name: str, turns: float = 0.6) -> Callable[[], None]:
        """Work that takes so much of a turn."""

        def work() -> None:
            self.now += turns * TURN_S
            self.done.append(name)

        return work

    async def others(self) -> None:
        while True:
            self.done.append("-")
            await asyncio.sleep(0)


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def turns(hass: HomeAssistant, bench: Bench) -> Turns:
    entry = MockConfigEntry(state=ConfigEntryState.LOADED)
    entry.add_to_hass(hass)
    made = Turns(hass, entry, lambda: bench.now)
    made.begin()
    return made


async def finished(hass: HomeAssistant, bench: Bench) -> list[str]:
    """What was done, once all is."""
    others = asyncio.create_task(bench.others())
    await hass.async_block_till_done()
    others.cancel()
    return bench.done


async def test_what_has_room_is_done_at_once(bench: Bench, turns: Turns) -> None:
    for name in "ab":
        turns.do(bench.piece(name, 0.4))
    assert bench.done == ["a", "b"]


async def test_the_rest_waits_for_turns_that_others_share(
    hass: HomeAssistant, bench: Bench, turns: Turns
) -> None:
    for name in "abcdef":
        turns.do(bench.piece(name))
    assert bench.done == ["a", "b"]  # the second begins within the turn, and is done whole
    done = await finished(hass, bench)
    assert [name for name in done if name != "-"] == [*"abcdef"]
    assert "-" in done[done.index("d") : done.index("e")]


async def test_work_that_is_due_twice_is_done_once_and_last(
    hass: HomeAssistant, bench: Bench, turns: Turns
) -> None:
    show, tell = bench.piece("show"), bench.piece("tell")
    turns.do(bench.piece("look", 3))
    for _ in range(2):
        turns.do(show)
        turns.do(tell)
    done = await finished(hass, bench)
    assert [name for name in done if name != "-"] == ["look", "show", "tell"]


async def test_work_that_fails_keeps_no_other_from_its_turn(
    hass: HomeAssistant, bench: Bench, turns: Turns, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise ValueError("as it happens")

    turns.do(bench.piece("look", 3))
    turns.do(fail)
    turns.do(bench.piece("tell"))
    assert "tell" in await finished(hass, bench)
    assert "as it happens" in caplog.text


async def test_entities_agree_after_a_boundary_however_slow_the_machine_is(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry, advance: Advance
) -> None:
    """No turn has room for anything: every state is written in a turn of its own."""
    coordinator = loaded.runtime_data
    ahead = gateway.core.current.prices
    ticks = iter(range(10**9))
    coordinator.turns = Turns(hass, loaded, lambda: float(next(ticks)))
    advance(minutes=5)
    assert value(hass, BUY) == "0.08125"  # looked at, not shown yet
    await hass.async_block_till_done()
    assert (value(hass, BUY), value(hass, NEXT)) == tuple(str((step.buy or 0) / 1e6) for step in ahead[:2])
    assert value(hass, POSITION) == "0.6"
    assert await hass.config_entries.async_unload(loaded.entry_id)
    advance(minutes=5)
    await hass.async_block_till_done()
