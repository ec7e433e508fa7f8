"""Single run with a profile: a dishwasher, a washing machine; once, without a pause.

Model: from its start it draws ``profile``, each value for ``profile_step``. It starts between ``earliest``
and
the latest moment that lets it end by ``ready_by``. Each hour later costs ``late_worth``; not to run within
the horizon costs ``worth``.
"""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from temix_market.errors import InvalidField
from temix_market.instants import FIVE_MINUTES, Duration
from temix_market.intervals import Interval
from temix_market.units import Price

from temix_gateway.planning.devices.fields import Milliseconds, Name, Watts, When, Worth, check_window


class SingleRun(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="single_run"
):
    """A device that runs once.

    Attributes:
        id: unique in the problem.
        profile: mean power of each part of the run, W.
        profile_step: length of a part (ms).
        earliest: earliest start (ms); null: now.
        ready_by: when it shall have ended (ms).
        started: when it was started (ms); null: it waits.
        late_worth: of each hour after ``ready_by``, in millionths of the currency unit.
        worth: of the run, in millionths of the currency unit.
    """

    id: Name
    profile: Annotated[tuple[Watts, ...], msgspec.Meta(min_length=1, max_length=600)]
    profile_step: Milliseconds = Duration(900_000)
    earliest: When | None = None
    ready_by: When
    started: When | None = None
    late_worth: Worth = Price(2_000_000)
    worth: Worth = Price(20_000_000)

    def check(self, steps: Sequence[Interval], path: str) -> None:
        """Refuse contradictions.

        Raises:
            InvalidField: naming the field.
        """
        if self.profile_step < FIVE_MINUTES:
            raise InvalidField(f"{path}.profile_step", f"{self.profile_step} ms is less than 5 minutes")
        if not any(self.profile):
            raise InvalidField(f"{path}.profile", "a run without power")
        if self.started is None:
            start = steps[0].start if self.earliest is None else self.earliest
            check_window(steps, start, self.ready_by, f"{path}.ready_by")
        elif self.started > steps[0].end:
            raise InvalidField(f"{path}.started", "it lies in the future")
