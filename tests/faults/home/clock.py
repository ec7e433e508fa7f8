"""Virtual time for Home Assistant: every clock reads the loop's, which jumps from timer to timer."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import override

import freezegun.api
from freezegun import freeze_time
from temix_replay.virtual_time import VirtualLoop


class LoopClock(freezegun.api.FrozenDateTimeFactory):
    """What freezegun asks for the time; the time on the loop is seconds since ``start``."""

    def __init__(self, loop: asyncio.AbstractEventLoop, start: datetime) -> None:
        """Let it be ``start`` (UTC) when the loop's time is zero."""
        super().__init__(start.replace(tzinfo=None))
        self._loop = loop
        self._start = start.replace(tzinfo=None)

    @override
    def __call__(self) -> datetime:
        return self._start + timedelta(seconds=self._loop.time())


@contextmanager
def clock_of(loop: asyncio.AbstractEventLoop, start: datetime) -> Iterator[None]:
    """Make every clock in this process that of ``loop``."""
    with freeze_time(start):
        freezegun.api.freeze_factories[-1] = LoopClock(loop, start)
        yield


def run[T](start: datetime, case: Coroutine[None, None, T]) -> T:
    """Run a case from its start to its end in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner, clock_of(runner.get_loop(), start):
        return runner.run(case)
