"""A whole publication whose prices jump ×1000 is a unit mistake until a second one confirms it."""

from dataclasses import dataclass
from statistics import median

from temix_market.tenders import Publication
from temix_market.units import Price

JUMP = 1_000
FLOOR = Price(1_000)
"""Medians below 0.001 per kWh count as that, so that a price near zero is no jump away from anything."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a publication may be used; ``reason`` says why not."""

    accepted: bool
    reason: str = ""


class JumpGuard:
    """Remembers one party's last accepted median and the level in quarantine."""

    def __init__(self) -> None:
        """Start without a past: the first publication is accepted."""
        self._accepted: int | None = None
        self._suspect: int | None = None

    def judge(self, publication: Publication) -> Verdict:
        """Accept, or quarantine until a second publication stands at the same level."""
        if not publication.tenders:
            return Verdict(accepted=True)
        level = max(FLOOR, int(median(abs(tender.price) for tender in publication.tenders)))
        jumped = self._accepted is not None and _far(level, self._accepted)
        confirmed = self._suspect is not None and not _far(level, self._suspect)
        if jumped and not confirmed:
            self._suspect = level
            return Verdict(
                accepted=False,
                reason=f"median price {level} µ/kWh is ×{JUMP} away from {self._accepted}: "
                "quarantined until a second publication confirms it",
            )
        self._accepted, self._suspect = level, None
        return Verdict(accepted=True)


def _far(one: int, other: int) -> bool:
    return one >= other * JUMP or other >= one * JUMP
