"""Group commit: what several homes ask while the disk is busy becomes durable together, in one commit.

No timer: whatever came while one commit was under way goes into the next, so that a call waits for two
commits at the most, or more where more than ``MOST`` came. Each piece of work is undone by itself where it
fails; an answer is given after the commit.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, Final

from temix_retailer.errors import StoreError
from temix_retailer.store import Store

MOST: Final = 64
"""So many pieces of work are in one commit: what bounds how long the first of them waits for the last."""


@dataclass(frozen=True, slots=True)
class Failed:
    """What a piece of work raised."""

    error: Exception


class Commits:
    """Does work on a store in its executor of one thread, several pieces in one commit."""

    def __init__(self, store: Store, executor: Executor, undo: Callable[[], None]) -> None:
        """``undo`` brings memory back to what the store has, where a commit failed."""
        self.made = 0
        """How many commits there were since the start, of how much work."""
        self.work = 0
        self.largest = 0
        self._store = store
        self._executor = executor
        self._undo = undo
        self._waiting: deque[tuple[Callable[[], Any], asyncio.Future[Any]]] = deque()
        self._committing: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """How much work waits for a commit."""
        return len(self._waiting)

    async def run[T](self, work: Callable[[], T]) -> T:
        """Do it; return once it is durable.

        Raises:
            StoreError: the disk did not take it; nothing of it happened.
        """
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((work, future))
        if self._committing is None or self._committing.done():
            self._committing = asyncio.create_task(self._go_on())
        return await future

    async def _go_on(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            some = [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
            works = [work for work, _ in some]
            try:
                results = await loop.run_in_executor(self._executor, self.commit, works)
            except Exception as error:  # noqa: BLE001 - nobody may wait for ever
                results = [Failed(error)] * len(works)
            self.made, self.work = self.made + 1, self.work + len(some)
            self.largest = max(self.largest, len(some))
            for (_, future), result in zip(some, results, strict=True):
                if future.cancelled():
                    continue
                if isinstance(result, Failed):
                    future.set_exception(result.error)
                else:
                    future.set_result(result)

    def commit(self, works: Sequence[Callable[[], Any]]) -> list[Any]:
        """Do all in one transaction (blocking); what each returned, or how it failed."""
        try:
            with self._store.transaction():
                return [self._do(work) for work in works]
        except StoreError as error:
            self._undo()
            return [Failed(error)] * len(works)

    def _do(self, work: Callable[[], Any]) -> Any:
        try:
            return work()
        except StoreError:
            raise  # the disk fails: nothing of the group is kept
        except Exception as error:  # noqa: BLE001 - it goes to whoever asked
            return Failed(error)
