"""The lease under which a device is led: monotonic while we live, an absolute end for later."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from .status import Memory

LENGTH: Final = timedelta(minutes=15)
"""Longest time for which a device is led without a word from the gateway."""
STORED_EVERY: Final = timedelta(minutes=5)
"""So much the stored end may lag behind: a crash looks that much longer ago, never shorter."""
PATIENCE: Final = timedelta(seconds=30)
"""After a start, how long a device whose lease still holds waits for the gateway before its default."""


class Lease:
    """Whether a device may be led; ``memory.lease`` stores the end, none while at its default."""

    def __init__(self, memory: Memory, clock: Callable[[], float]) -> None:
        """Hold none; ``clock`` is the monotonic one, in seconds."""
        self._memory = memory
        self._clock = clock
        self._ends = 0.0
        self._patient_until = 0.0

    @property
    def holds(self) -> bool:
        """Whether the gateway has said so within the last quarter of an hour."""
        return self._clock() < self._ends

    @property
    def may_yet_come(self) -> bool:
        """Whether what was led when Home Assistant ended may wait for the gateway a little longer."""
        return self._clock() < self._patient_until

    @property
    def ends_in(self) -> float:
        """Seconds until it, or the patience after a start, ends; 0: neither is left."""
        return max(0.0, max(self._ends, self._patient_until) - self._clock())

    def start(self, now: datetime) -> None:
        """Home Assistant has started: a stored lease that has not ended may be renewed within the patience.

        One that ends later than a new one would was stored by another clock and counts as ended.
        """
        left = None if self._memory.lease is None else self._memory.lease - now.timestamp()
        if left is not None and 0 < left <= LENGTH.total_seconds():
            self._patient_until = self._clock() + min(left, PATIENCE.total_seconds())

    def hear(self) -> None:
        """The gateway leads: a new lease from now on."""
        self._ends = self._clock() + LENGTH.total_seconds()
        self._patient_until = 0.0

    def keep(self, now: datetime) -> bool:
        """The device goes on to be led; whether the stored end has moved."""
        end = now.timestamp() + LENGTH.total_seconds()
        if self._memory.lease is None or abs(end - self._memory.lease) < STORED_EVERY.total_seconds():
            return False
        self._memory.lease = end
        return True

    def begin(self, now: datetime) -> bool:
        """The device is to leave its default; whether that has to be stored before it is told."""
        if self._memory.lease is not None:
            return False
        self._memory.lease = now.timestamp() + LENGTH.total_seconds()
        return True

    def end(self) -> bool:
        """The device is at its default; whether that is new."""
        led = self._memory.lease is not None
        self._memory.lease = None
        return led
