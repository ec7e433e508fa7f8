"""An event loop in which waiting costs nothing: where everything waits, the next timer is now.

The gateway's and the retailer's asynchronous code runs on it unchanged. No thread takes part, so what
happens, and in which order, depends on the code alone.
"""

import asyncio
import selectors
from collections.abc import Callable, Mapping
from typing import Any, override

from temix_market.instants import Duration, Instant


class NothingToWaitFor(RuntimeError):
    """Every task waits for something that no timer will bring: in virtual time that is for ever."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop whose ``time()`` jumps to the next timer instead of waiting; executors run in place."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)
        self._clock_resolution = 1e-6

    @override
    def time(self) -> float:
        """Seconds of virtual time since the loop was made."""
        return self._jumping.elapsed

    @override
    def run_in_executor[*Ts, T](
        self, executor: object, func: Callable[[*Ts], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """Run ``func`` now, in this thread."""
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - it goes to whoever awaits
            future.set_exception(error)
        return future


class VirtualClock:
    """The market's clock on a virtual loop (see ``temix_market.ports.Clock``)."""

    def __init__(self, loop: asyncio.AbstractEventLoop, start: Instant) -> None:
        """Let it be ``start`` when the loop's time is zero."""
        self._loop = loop
        self._start = start

    def now(self) -> Instant:
        """Virtual wall time, UTC."""
        return Instant(self._start + self.monotonic())

    def monotonic(self) -> Duration:
        """Virtual time since the start."""
        return Duration(round(self._loop.time() * 1000))


class _JumpingSelector(selectors.BaseSelector):
    """Polls real files without waiting, and counts the wait as passed."""

    def __init__(self) -> None:
        self.elapsed = 0.0
        self._real = selectors.DefaultSelector()

    @override
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = self._real.select(0)
        if not ready:
            if timeout is None:
                raise NothingToWaitFor("every task waits and no timer is set: a future was forgotten")
            self.elapsed += max(0.0, timeout)
        return ready

    @override
    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    @override
    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    @override
    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._real.get_map()

    @override
    def close(self) -> None:
        self._real.close()
