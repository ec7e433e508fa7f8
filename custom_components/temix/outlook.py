"""What prices say beyond the current interval: days, levels, windows; pure functions."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import cache, partial
from typing import Final, Self

from .client import GatewayState, PriceStep, Spot
from .curve.days import Day, Figures, cheaper, percentile, rank
from .curve.history import History
from .curve.levels import Level, Thresholds
from .curve.segments import HOUR, Curve, between, known
from .curve.windows import Search, extremes

REFERENCE: Final = timedelta(hours=24)
"""How far back prices count for the automatic thresholds."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the owner chose: thresholds of his own or none, and how long the cheapest window is."""

    thresholds: Thresholds | None = None
    window: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Window:
    """The cheapest or dearest time of a day, and its mean price (millionths per kWh)."""

    start: datetime
    end: datetime
    mean: int


@dataclass(frozen=True, slots=True)
class Windows:
    """The window that is shown, ahead or in progress, and the last that has begun."""

    shown: Window | None = None
    begun: Window | None = None


type Before = tuple[Windows, Windows]
"""The cheapest and the dearest of the last look."""


type Best = tuple[Window | None, Window | None]
"""The cheapest and the dearest of a span, where there are any."""


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant, and the local days around it."""

    instant: datetime
    today: Day
    tomorrow: Day

    @classmethod
    def at(cls, instant: datetime, zone: tzinfo) -> Self:
        """The moment ``instant`` in ``zone``."""
        return cls(instant, Day.around(instant, zone), Day.around(instant, zone, 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """Everything that is known of the prices to buy around an instant."""

    today: Figures | None
    tomorrow: Figures | None
    tomorrow_known: bool
    thresholds: Thresholds | None
    level: Level | None
    spike: bool | None
    rank: int | None
    cheaper_today: timedelta | None
    percentile: float | None
    cheapest: Windows
    dearest: Windows
    curve: Curve
    """From the begin of the history to the last tender."""

    @property
    def is_low(self) -> bool | None:
        """Whether the price now is low or very low."""
        return None if self.level is None else self.level.is_low

    @property
    def is_high(self) -> bool | None:
        """Whether the price now is high or very high."""
        return None if self.level is None else self.level.is_high

    @classmethod
    def of(cls, curve: Curve, price: int | None, moment: Moment, settings: Settings, before: Before) -> Self:
        """Look at a moment at which a kWh costs ``price``; ``before`` are the windows of the last look."""
        today, tomorrow = (between(curve, day.start, day.end) for day in (moment.today, moment.tomorrow))
        reference = between(curve, moment.instant - REFERENCE, moment.tomorrow.end)
        thresholds = settings.thresholds or Thresholds.automatic(reference)
        level, spike = None, None
        if thresholds is not None and price is not None:
            level, spike = thresholds.level(price), price >= thresholds.spike
        best = cache(partial(_best, curve, settings.window))
        return cls(
            today=Figures.of(today, moment.today),
            tomorrow=Figures.of(tomorrow, moment.tomorrow),
            tomorrow_known=known(tomorrow) == moment.tomorrow.length,
            thresholds=thresholds,
            level=level,
            spike=spike,
            rank=None if price is None else rank(today, price),
            cheaper_today=None if price is None else cheaper(today, price),
            percentile=None if price is None else percentile(today, price),
            cheapest=_follow(lambda *between: best(*between)[0], moment, before[0]),
            dearest=_follow(lambda *between: best(*between)[1], moment, before[1]),
            curve=curve,
        )


def whole_curve(state: GatewayState, history: History) -> list[PriceStep | Spot]:
    """What is known: intervals that passed, the current one, live tenders."""
    last = history.spots[-1].end if history.spots else None
    return [*history.spots, *(step for step in state.prices if last is None or step.start >= last)]


def _follow(best: Callable[[datetime, datetime], Window | None], moment: Moment, before: Windows) -> Windows:
    """The best window of today that has not begun; once one has begun, it stays until its end.

    After that it is tomorrow's, where tomorrow is known: a day has one.
    """
    instant, today, tomorrow = moment.instant, moment.today, moment.tomorrow
    begun = before.begun
    if before.shown is not None and before.shown.start <= instant:
        begun = before.shown
    if begun is not None and instant < begun.end:
        return Windows(begun, begun)
    passed = begun is not None and begun.start >= today.start
    ahead = None if passed else best(instant, today.end)
    if ahead is not None and ahead.start == instant:
        return Windows(ahead, ahead)
    return Windows(ahead or best(tomorrow.start, tomorrow.end), begun)


def _best(curve: Curve, length: timedelta, start: datetime, end: datetime) -> Best:
    """The cheapest and the dearest window between two instants."""
    found = extremes(between(curve, start, end), Search(length=length, earliest=start, latest=end))
    if found is None:
        return None, None
    cheapest, dearest = (
        Window(*one.windows[0], mean=round(float(one.cost) / (1000 * (length / HOUR)))) for one in found
    )
    return cheapest, dearest
