"""What past hours are, from which the load of the next ones is forecast: asked without loading a forecast."""

import msgspec
from temix_market.instants import Instant
from temix_market.intervals import Interval


class Past(msgspec.Struct, frozen=True, kw_only=True, tag="past"):
    """Past whole hours of a home, and of which intervals the load is asked.

    Attributes:
        zone: the home's, IANA.
        now: when it is asked (ms).
        intervals: none of which ends before ``now``.
        start: of the first past hour (ms).
        load: what the home used in each hour, Wh; null: unknown.
        sun: what its roof gave, Wh; null: unknown.
    """

    zone: str
    now: Instant
    intervals: tuple[Interval, ...]
    start: Instant
    load: tuple[int | None, ...]
    sun: tuple[int | None, ...]
