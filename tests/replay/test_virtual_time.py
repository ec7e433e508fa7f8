"""Virtual time: nothing waits, order and clocks are those of the timers."""

import asyncio
import time
from collections.abc import Coroutine

import pytest
from temix_market.instants import HOUR, Duration, Instant
from temix_replay.virtual_time import NothingToWaitFor, VirtualClock, VirtualLoop


def run[T](main: Coroutine[object, object, T]) -> T:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)


def test_a_week_passes_at_once_and_the_clock_shows_it() -> None:
    async def main() -> Instant:
        clock = VirtualClock(asyncio.get_running_loop(), Instant(1_000))
        for _ in range(7 * 24):
            await asyncio.sleep(3600)
        assert clock.monotonic() == Duration(7 * 24 * HOUR)
        return clock.now()

    began = time.monotonic()
    assert run(main()) == 1_000 + 7 * 24 * HOUR
    assert time.monotonic() - began < 2


def test_timers_fire_in_order_at_their_time() -> None:
    async def main() -> list[tuple[str, float]]:
        loop, log = asyncio.get_running_loop(), []

        async def tick(name: str, every: float, times: int) -> None:
            for _ in range(times):
                await asyncio.sleep(every)
                log.append((name, loop.time()))

        await asyncio.gather(tick("slow", 5, 2), tick("fast", 2, 4))
        return log

    expected = [("fast", 2), ("fast", 4), ("slow", 5), ("fast", 6), ("fast", 8), ("slow", 10)]
    assert run(main()) == expected


def test_timeouts_and_executors_work() -> None:
    async def main() -> str:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(60):
                await asyncio.sleep(61)
        with pytest.raises(ZeroDivisionError):
            await asyncio.to_thread(lambda: 1 / 0)
        return await asyncio.to_thread(str.upper, "done")

    assert run(main()) == "DONE"


def test_waiting_for_ever_is_an_error_and_not_a_hang() -> None:
    async def main() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(NothingToWaitFor):
        run(main())
