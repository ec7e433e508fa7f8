"""PV curtailment: an inverter that can be told to produce less.

Model: in each step any share of the step's PV forecast, up to ``most``, may be left unproduced. Its schedule
counts
what is left unproduced as drawn, so that the net load is base load − PV + the sum of all schedules.
"""

from collections.abc import Sequence

import msgspec
from temix_market.intervals import Interval

from temix_gateway.planning.devices.fields import Fraction, Name


class PvCurtailment(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="kind",
    tag="pv_curtailment",
):
    """An inverter that can produce less.

    Attributes:
        id: unique in the problem.
        most: greatest share of the sun's forecast that can be left unproduced; of several at most 1 together.
    """

    id: Name
    most: Fraction = 1.0

    def check(self, _steps: Sequence[Interval], _path: str) -> None:
        """Nothing can contradict."""
