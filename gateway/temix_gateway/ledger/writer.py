"""Who runs the ledger's work: one thread of its own, or whoever asks, in simulation."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol


class Writer(Protocol):
    """Runs one piece of work after the other, in the order in which they were given."""

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
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger")

    async def run[T](self, work: Callable[[], T]) -> T:
        """Run ``work`` on the thread."""
        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._thread, work))

    async def aside[T](self, work: Callable[[], T]) -> T:
        """Run ``work`` in a thread of the loop's own."""
        return await asyncio.to_thread(work)

    def close(self) -> None:
        """Finish what was given, then stop the thread."""
        self._thread.shutdown()


class InlineWriter:
    """Runs the work at once: for simulation, where nobody else is kept waiting."""

    async def run[T](self, work: Callable[[], T]) -> T:
        """Run ``work`` here and now."""
        return work()

    async def aside[T](self, work: Callable[[], T]) -> T:
        """Run ``work`` here and now."""
        return work()

    def close(self) -> None:
        """Have nothing to finish."""
