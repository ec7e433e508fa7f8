"""Who runs the ledger's work: one thread of its own, or whoever asks, in simulation."""

import asyncio
from bisect import bisect_left
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate
from time import perf_counter
from typing import Final, Protocol

BOUNDS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Latency:
    """How long work takes from the asking to its end (s), in classes; and how much waits."""

    def __init__(self) -> None:
        """Nothing was asked for yet."""
        self.total_s = 0.0
        self._asked = 0
        self._counts = [0] * (len(BOUNDS_S) + 1)

    @property
    def waiting(self) -> int:
        """How much was asked for and is not done yet."""
        return self._asked - sum(self._counts)

    def timed[T](self, work: Callable[[], T]) -> Callable[[], T]:
        """The same work, which is asked for now and counts when it has ended, on whatever thread."""
        self._asked += 1
        asked = perf_counter()

        def timed() -> T:
            try:
                return work()
            finally:
                seconds = perf_counter() - asked
                self.total_s += seconds
                self._counts[bisect_left(BOUNDS_S, seconds)] += 1

        return timed

    def cumulative(self) -> list[tuple[str, int]]:
        """How many took at most so long, by bound, as Prometheus' histograms count."""
        bounds = [*map(str, BOUNDS_S), "+Inf"]
        return list(zip(bounds, accumulate(self._counts), strict=True))


class Writer(Protocol):
    """Runs one piece of work after the other, in the order in which they were given."""

    latency: Latency

    async def run[T](self, work: Callable[[], T]) -> T:
        """Run ``work`` and hand back what it returned or raised."""
        ...

    async def aside[T](self, work: Callable[[], T]) -> T:
        """Run ``work``, which writes nothing, beside what is written."""
        ...

    def close(self) -> None:
        """Finish what was given, then stop."""
        ...


class ThreadWriter:
    """One thread: the event loop never waits for a disk.

    Cancelling the caller does not cancel the work: what was begun is written.
    """

    def __init__(self) -> None:
        """Start the thread with the first piece of work."""
        self.latency = Latency()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger")

    async def run[T](self, work: Callable[[], T]) -> T:
        """Run ``work`` on the thread."""
        timed = self.latency.timed(work)
        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._thread, timed))

    async def aside[T](self, work: Callable[[], T]) -> T:
        """Run ``work`` in a thread of the loop's own."""
        return await asyncio.to_thread(work)

    def close(self) -> None:
        """Finish what was given, then stop the thread."""
        self._thread.shutdown()


class InlineWriter:
    """Runs the work at once: for simulation, where nobody else is kept waiting."""

    def __init__(self) -> None:
        """Have nothing to wait for."""
        self.latency = Latency()

    async def run[T](self, work: Callable[[], T]) -> T:
        """Run ``work`` here and now."""
        return work()

    async def aside[T](self, work: Callable[[], T]) -> T:
        """Run ``work`` here and now."""
        return work()

    def close(self) -> None:
        """Have nothing to finish."""
