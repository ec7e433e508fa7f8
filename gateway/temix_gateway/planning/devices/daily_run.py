"""Daily run time: a pool pump, a dehumidifier; so long within each window.

Model: on at ``power`` or off. What is missing of a window's run time at its end costs ``worth`` per hour,
also where the window is too short for it; each start costs ``start_cost``; runs and rests have a shortest
length. It never runs outside its windows.
"""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from temix_market.errors import InvalidField
from temix_market.instants import Duration
from temix_market.intervals import Interval
from temix_market.units import Price

from temix_gateway.planning.devices.fields import (
    Milliseconds,
    Name,
    SomeWatts,
    When,
    Worth,
    check_window,
)


class Window(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Run for ``run`` (ms, what is still to run) between ``start`` and ``end`` (ms)."""

    start: When
    end: When
    run: Milliseconds


class DailyRun(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="daily_run"
):
    """A device that shall run for so long within each window.

    Attributes:
        id: unique in the problem.
        power: while it runs, W.
        windows: in order of time, not overlapping; of a window that ends after the horizon, its share is
            wanted.
        on, lasted: whether it runs now, and for how long it has or has not (ms).
        min_run, min_rest: shortest run and rest (ms).
        start_cost: of a start, in millionths of the currency unit.
        worth: of an hour not run, in millionths of the currency unit.
    """

    id: Name
    power: SomeWatts
    windows: Annotated[tuple[Window, ...], msgspec.Meta(min_length=1)]
    on: bool = False
    lasted: Milliseconds = Duration(3_600_000)
    min_run: Milliseconds = Duration(1_800_000)
    min_rest: Milliseconds = Duration(900_000)
    start_cost: Worth = Price(10_000)
    worth: Worth = Price(10_000_000)

    def check(self, steps: Sequence[Interval], path: str) -> None:
        """Refuse contradictions.

        Raises:
            InvalidField: naming the field.
        """
        after = 0
        for index, window in enumerate(self.windows):
            place = f"{path}.windows[{index}]"
            check_window(steps, window.start, window.end, f"{place}.end")
            if window.start < after:
                raise InvalidField(f"{place}.start", "it overlaps the window before")
            after = window.end
