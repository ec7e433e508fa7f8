"""How loaded system and circuit are: synthetic profiles by month, kind of day and local hour.

No public series of a distribution circuit was at hand, so these are drawn by us: a Texan suburb with
electric heat (winter mornings and evenings), air conditioning (summer afternoons) and much roof-top solar
(spring middays may flow back). They are in thousandths of capacity. See
docs/explanation/price-formation.md.
"""

from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from temix_market.instants import Instant, to_datetime

_WINTER: Final = (
    500, 490, 490, 500, 530, 610, 710, 760, 720, 640, 580, 550,
    530, 520, 520, 540, 600, 700, 790, 800, 760, 690, 610, 540,
)  # fmt: skip
_SPRING: Final = (
    380, 360, 350, 350, 370, 420, 480, 510, 490, 470, 460, 460,
    470, 480, 490, 520, 570, 630, 660, 670, 650, 580, 490, 420,
)  # fmt: skip
_SUMMER: Final = (
    540, 500, 480, 460, 460, 480, 510, 540, 580, 640, 710, 780,
    840, 890, 930, 970, 1000, 1010, 970, 920, 870, 800, 700, 610,
)  # fmt: skip
_SUN: Final = (
    0,
    0,
    0,
    0,
    0,
    0,
    20,
    150,
    380,
    600,
    800,
    930,
    1000,
    1000,
    920,
    780,
    580,
    340,
    130,
    20,
    0,
    0,
    0,
    0,
)

_SEASONS: Final = (
    (1000, 0, 0), (900, 100, 0), (300, 700, 0), (0, 1000, 0), (0, 500, 500), (0, 100, 900),
    (0, 0, 1000), (0, 0, 1000), (0, 300, 700), (0, 900, 100), (300, 700, 0), (900, 100, 0),
)  # fmt: skip
"""For each month, how much of winter, spring and summer it is, in thousandths."""

_CIRCUIT_SUN: Final = (230, 520, 450)
_SYSTEM_SUN: Final = (100, 220, 200)
"""Solar at noon of a clear day in winter, spring and summer: on the circuit's roofs, and in the system."""

_WEEKEND: Final = 920
"""Demand on Saturday and Sunday, in thousandths of a weekday's."""


def circuit_load(zone: ZoneInfo, instant: Instant) -> int:
    """Net load of the circuit in the hour of ``instant``: thousandths of capacity, negative flows back."""
    return _net_load(*_slot(zone, instant), _CIRCUIT_SUN)


def system_load(zone: ZoneInfo, instant: Instant) -> int:
    """Load of the system less its solar in the hour of ``instant``: thousandths of capacity."""
    return _net_load(*_slot(zone, instant), _SYSTEM_SUN)


def _slot(zone: ZoneInfo, instant: Instant) -> tuple[int, int, bool]:
    local = to_datetime(instant).astimezone(zone)
    return local.month, local.hour, local.weekday() >= 5


@cache
def _net_load(month: int, hour: int, weekend: bool, sun: tuple[int, int, int]) -> int:
    weights = _SEASONS[month - 1]
    demand = sum(
        weight * season[hour] for weight, season in zip(weights, (_WINTER, _SPRING, _SUMMER), strict=True)
    )
    solar = sum(weight * peak for weight, peak in zip(weights, sun, strict=True)) * _SUN[hour] // 1000
    return (demand * (_WEEKEND if weekend else 1000) // 1000 - solar) // 1000
