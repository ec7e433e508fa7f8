"""What prices say beyond the current interval: days, levels, windows; pure functions."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import cache, cached_property, partial
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


@dataclass(frozen=True)
class Outlook:
    """Everything that is known of the prices to buy around a moment at which a kWh costs ``price``.

    Each part is worked out when it is first asked for, and once: so the entities that ask share the work
    between the turns in which they are written, and what nobody shows costs nothing.
    """

    curve: Curve
    """From the begin of the history to the last tender."""
    price: int | None
    moment: Moment
    settings: Settings
    before: Before
    """The windows of the last look."""

    @cached_property
    def today(self) -> Figures | None:
        """Today's least, mean and greatest price."""
        return Figures.of(self._today, self.moment.today)

    @cached_property
    def tomorrow(self) -> Figures | None:
        """Tomorrow's."""
        return Figures.of(self._tomorrow, self.moment.tomorrow)

    @cached_property
    def tomorrow_known(self) -> bool:
        """Whether tomorrow's prices are known to its end."""
        return known(self._tomorrow) == self.moment.tomorrow.length

    @cached_property
    def thresholds(self) -> Thresholds | None:
        """The owner's, else those that the prices around the moment make."""
        if self.settings.thresholds is not None:
            return self.settings.thresholds
        since = self.moment.instant - REFERENCE
        return Thresholds.automatic(between(self.curve, since, self.moment.tomorrow.end))

    @property
    def level(self) -> Level | None:
        """How the price compares."""
        found = self.thresholds
        return None if found is None or self.price is None else found.level(self.price)

    @property
    def spike(self) -> bool | None:
        """Whether the price is a spike."""
        found = self.thresholds
        return None if found is None or self.price is None else self.price >= found.spike

    @property
    def is_low(self) -> bool | None:
        """Whether the price is low or very low."""
        return None if self.level is None else self.level.is_low

    @property
    def is_high(self) -> bool | None:
        """Whether the price is high or very high."""
        return None if self.level is None else self.level.is_high

    @property
    def rank(self) -> int | None:
        """Which of the day's hours the price is, from the cheapest on."""
        return None if self.price is None else rank(self._today, self.price)

    @property
    def cheaper_today(self) -> timedelta | None:
        """For how long today a kWh costs less."""
        return None if self.price is None else cheaper(self._today, self.price)

    @property
    def percentile(self) -> float | None:
        """The share of today that is cheaper, in percent."""
        return None if self.price is None else percentile(self._today, self.price)

    @property
    def cheapest(self) -> Windows:
        """The cheapest windows of the day."""
        return self.windows[0]

    @property
    def dearest(self) -> Windows:
        """The dearest."""
        return self.windows[1]

    @cached_property
    def windows(self) -> Before:
        """The cheapest and the dearest, as the next look needs them."""
        best = cache(partial(_best, self.curve, self.settings.window))
        cheapest = _follow(lambda *between: best(*between)[0], self.moment, self.before[0])
        return cheapest, _follow(lambda *between: best(*between)[1], self.moment, self.before[1])

    @cached_property
    def _today(self) -> Curve:
        return between(self.curve, self.moment.today.start, self.moment.today.end)

    @cached_property
    def _tomorrow(self) -> Curve:
        return between(self.curve, self.moment.tomorrow.start, self.moment.tomorrow.end)


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
