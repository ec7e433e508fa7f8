"""Curtailable load: a load that may pause, for what its use is worth.

Model: it draws ``load`` or, while paused, nothing; each kWh not drawn costs ``worth``. A pause lasts from
``shortest_pause`` to ``longest_pause``, and between two it runs for ``between``.
"""

from collections.abc import Sequence

import msgspec
from temix_market.instants import Duration
from temix_market.intervals import Interval

from temix_gateway.planning.devices.fields import (
    Milliseconds,
    Name,
    NotNegative,
    Worth,
    check_at_most,
    check_series,
)


class Curtailable(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="curtailable"
):
    """A load that may pause. It is not part of the base load.

    Attributes:
        id: unique in the problem.
        load: expected mean power of each step without a pause, W.
        worth: of a kWh not drawn, µ/kWh.
        shortest_pause, longest_pause: of one pause (ms).
        between: shortest time between two pauses (ms).
        paused, lasted: whether it is paused now, and for how long it has or has not been (ms).
    """

    id: Name
    load: tuple[NotNegative, ...]
    worth: Worth
    shortest_pause: Milliseconds = Duration(300_000)
    longest_pause: Milliseconds = Duration(3_600_000)
    between: Milliseconds = Duration(3_600_000)
    paused: bool = False
    lasted: Milliseconds = Duration(86_400_000)

    def check(self, steps: Sequence[Interval], path: str) -> None:
        """Refuse contradictions.

        Raises:
            InvalidField: naming the field.
        """
        check_series(steps, self.load, f"{path}.load")
        check_at_most(self.shortest_pause, self.longest_pause, f"{path}.shortest_pause", "longest_pause")
