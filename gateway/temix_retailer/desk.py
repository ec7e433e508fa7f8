"""Where the book is kept: its thread, and how many may wait for it."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from functools import partial
from typing import Final

from temix_market.instants import Duration

from temix_retailer.commits import Commits
from temix_retailer.errors import StoreError, TooManyRequests
from temix_retailer.store import Store

RETRY: Final = Duration(2_000)
"""When whoever was turned away may come again."""
_WAITING: Final = 256
"""So many calls wait for the book's thread before further ones are turned away."""


class Desk:
    """Does what the book is asked, in an executor of one thread, or at once where there is none.

    ``commits`` is what becomes durable together; none where the book is kept in the caller's thread.
    """

    def __init__(self, store: Store, executor: Executor | None, undo: Callable[[], None]) -> None:
        """Keep ``store``; ``undo`` forgets what memory has beyond it, where a commit failed."""
        self.commits = None if executor is None else Commits(store, executor, undo)
        self._executor = executor
        self._waiting = 0

    async def run[**P, T](self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do what reads, or is a transaction of its own."""
        done = partial(_told_as_ours, work, *args, **kwargs)
        if self._executor is None:
            return done()
        with self._waits():
            return await asyncio.get_running_loop().run_in_executor(self._executor, done)

    async def commit[**P, T](self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do what writes, in one commit with what others ask meanwhile."""
        done = partial(_told_as_ours, work, *args, **kwargs)
        if self.commits is None:
            return done()
        with self._waits():
            return await self.commits.run(done)

    @contextmanager
    def _waits(self) -> Iterator[None]:
        if self._waiting >= _WAITING:
            raise TooManyRequests("the book is busy", RETRY)
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1


def _told_as_ours[**P, T](work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return work(*args, **kwargs)
    except sqlite3.IntegrityError:
        raise  # ours to mend, no fault of the disk
    except sqlite3.Error as err:
        raise StoreError(f"the book cannot be read: check the disk ({err})") from err
