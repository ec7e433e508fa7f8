"""A curve's area up to any instant, so that a span costs two look-ups."""

from bisect import bisect_right
from itertools import accumulate
from operator import mul

from ..client.wire import to_ms
from .segments import Curve


class Integral:
    """∫ value dt up to an instant, in value × milliseconds, and how much of the time before is known.

    Instants are wire times.
    """

    def __init__(self, curve: Curve) -> None:
        """Add up."""
        self._values = [value for _, _, value in curve]
        self.starts = [to_ms(start) for start, _, _ in curve]
        self.ends = [to_ms(end) for _, end, _ in curve]
        lengths = [end - start for start, end in zip(self.starts, self.ends, strict=True)]
        self._areas = [0, *accumulate(map(mul, self._values, lengths, strict=True))]
        self._known = [0, *accumulate(lengths)]

    def to(self, instant: int) -> tuple[int, int]:
        """Both, up to an instant."""
        number = bisect_right(self.starts, instant)
        if not number:
            return 0, 0
        beyond = max(self.ends[number - 1] - instant, 0)
        return self._areas[number] - self._values[number - 1] * beyond, self._known[number] - beyond
