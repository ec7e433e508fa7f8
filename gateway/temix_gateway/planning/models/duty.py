"""Shortest runs, shortest and longest rests, as an automaton over units of five minutes."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from temix_market.instants import FIVE_MINUTES, Duration

FORBIDDEN = -1


@dataclass(frozen=True, slots=True)
class Duty:
    """Phases of a device that is on or off.

    ``off`` phases come first, then ``on`` phases; each counts the units (5 minutes) that it has lasted, up to
    where more makes no difference. Without any rule there is one phase of each.
    """

    off: int
    on: int
    min_rest: int
    max_rest: int | None

    @classmethod
    def of(cls, min_run: Duration, min_rest: Duration, max_rest: Duration | None = None) -> Duty:
        """Count the rules in units, rounded up (the longest rest: down)."""
        run, rest = (max(1, math.ceil(rule / FIVE_MINUTES)) for rule in (min_run, min_rest))
        longest = None if max_rest is None else max(1, max_rest // FIVE_MINUTES)
        return cls(rest if longest is None else max(rest, longest), run, rest, longest)

    @property
    def phases(self) -> int:
        """Number of phases."""
        return self.off + self.on

    def is_on(self, phase: int) -> bool:
        """Whether the device runs in a phase."""
        return phase >= self.off

    def phase(self, on: bool, lasted: Duration) -> int:
        """The phase of a device that has been on or off for some time."""
        units = max(1, lasted // FIVE_MINUTES)
        return self.off + min(units, self.on) - 1 if on else min(units, self.off) - 1

    def after(self, on: bool, hours: float) -> NDArray[np.int64]:
        """The phase after each phase when the device is on (or off) for a step; −1 where forbidden."""
        units = max(1, round(hours * 12))
        return np.array([self._next(phase, on, units) for phase in range(self.phases)], dtype=np.int64)

    def _next(self, phase: int, on: bool, units: int) -> int:
        lasted = phase + 1 - (self.off if self.is_on(phase) else 0)
        if on and self.is_on(phase):
            return self.off + min(lasted + units, self.on) - 1
        if on:
            return self.off + min(units, self.on) - 1 if lasted >= self.min_rest else FORBIDDEN
        if self.is_on(phase):
            if lasted < self.on or (self.max_rest is not None and units > max(self.max_rest, 1)):
                return FORBIDDEN
            return min(units, self.off) - 1
        if self.max_rest is not None and lasted + units > self.max_rest:
            return FORBIDDEN
        return min(lasted + units, self.off) - 1
