"""The statement: what each settled interval cost, summed to days and months, every nano counted once.

The three parts of a settlement stand apart for each leg. The transport leg's total is the delivery charge.
What is not settled is named, never guessed: it is in no sum.
"""

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from temix_market.calendar import local_date, local_day
from temix_market.instants import FIVE_MINUTES, HOUR, Duration, Instant
from temix_market.intervals import Interval
from temix_market.units import Energy, Money


@dataclass(frozen=True, slots=True)
class Account:
    """What is owed for one leg (nano; negative: the home is owed), by what it is owed for."""

    subscription: Money = Money(0)
    transactions: Money = Money(0)
    deviation: Money = Money(0)

    @property
    def total(self) -> Money:
        """All three together."""
        return Money(self.subscription + self.transactions + self.deviation)


@dataclass(frozen=True, slots=True)
class Settled:
    """One settled 5-minute interval, as the ledger has it.

    Attributes:
        start: of the interval.
        subscribed: the subscription's part of the position.
        position: what the home had committed to.
        delivery: what the meter saw.
        estimated: the delivery was not measured as such.
        by_retailer: the delivery is a reading of the retailer's own meter, not of the home's.
        final: no reading can change it any more.
        energy, transport: what is owed for each leg.
        shadow: settled at published prices: what would be owed, not what is.
        record: number of the newest ledger record that it comes from.
    """

    start: Instant
    subscribed: Energy
    position: Energy
    delivery: Energy
    estimated: bool
    by_retailer: bool
    final: bool
    energy: Account
    transport: Account
    record: int = 0
    shadow: bool = False

    @property
    def total(self) -> Money:
        """What is owed for both legs."""
        return Money(self.energy.total + self.transport.total)

    @property
    def compensation(self) -> Money:
        """What the home is paid where it delivered more than it took: all but the subscription."""
        if self.delivery >= 0:
            return Money(0)
        return Money(self.energy.subscription + self.transport.subscription - self.total)

    @property
    def cost(self) -> Money:
        """What the home pays: the total is this less the compensation."""
        return Money(self.total + self.compensation)


class Gap(Enum):
    """Why an interval that is over has no settlement."""

    NOT_RECORDED = "before the first record"
    NO_READING = "no meter reading"
    NO_SPOT = "a party's spot price is not frozen"
    NO_EXPORT_PRICE = "nobody publishes a price for export"
    NO_ANSWER = "an order for it has no answer yet"
    WAITING = "not settled yet"


@dataclass(frozen=True, slots=True)
class Missing:
    """Neighbouring intervals that are not settled, and why."""

    interval: Interval
    why: Gap


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a statement: an interval, a day, a month, or all of it.

    Attributes:
        interval: what the line is about.
        energy, transport: what is owed for each leg.
        subscribed, position: as committed (Wh, buying positive).
        imported, exported: what the meter saw, each 5 minutes' net by its direction (Wh, never negative).
        settled: how many 5-minute intervals are in the sums.
        provisional, estimated: how many of them may still change, and were not measured as such.
        by_retailer: how many of them the retailer's own meter has read.
        missing: what is over but not settled.
        shadow: how many of them are of a shadow account.
        record: number of the newest ledger record that it comes from; 0 where there is none.
    """

    interval: Interval
    energy: Account
    transport: Account
    subscribed: Energy
    position: Energy
    imported: Energy
    exported: Energy
    settled: int
    provisional: int
    estimated: int
    by_retailer: int
    missing: tuple[Missing, ...]
    shadow: int = 0
    record: int = 0

    @property
    def transacted(self) -> Energy:
        """What was bought less what was sold, beside the subscription."""
        return Energy(self.position - self.subscribed)

    @property
    def delivery(self) -> Energy:
        """Net import."""
        return Energy(self.imported - self.exported)

    @property
    def deviation(self) -> Energy:
        """Delivery less position."""
        return Energy(self.delivery - self.position)

    @property
    def total(self) -> Money:
        """What the home owes for both legs."""
        return Money(self.energy.total + self.transport.total)

    @property
    def final(self) -> bool:
        """Whether all of it is settled and none of it can change."""
        steps = self.interval.duration // FIVE_MINUTES
        return self.settled == steps and not self.provisional


class Statement:
    """The settled intervals of a period; lines are cut from it at any level."""

    def __init__(
        self, period: Interval, zone: ZoneInfo, settled: Iterable[Settled], missing: Iterable[Missing]
    ) -> None:
        """``settled`` in order of time and within ``period``, each interval once; ``missing`` in order."""
        self.period = period
        self.zone = zone
        self.settled: Sequence[Settled] = tuple(settled)
        self.missing: Sequence[Missing] = tuple(missing)
        self._starts = [step.start for step in self.settled]

    def within(self, interval: Interval) -> Sequence[Settled]:
        """What is settled of an interval."""
        first, last = bisect_left(self._starts, interval.start), bisect_left(self._starts, interval.end)
        return self.settled[first:last]

    def line(self, interval: Interval) -> Line:
        """The sums over an interval made of whole 5 minutes."""
        steps = self.within(interval)
        return Line(
            interval=interval,
            energy=_sum(step.energy for step in steps),
            transport=_sum(step.transport for step in steps),
            subscribed=Energy(sum(step.subscribed for step in steps)),
            position=Energy(sum(step.position for step in steps)),
            imported=Energy(sum(step.delivery for step in steps if step.delivery > 0)),
            exported=Energy(-sum(step.delivery for step in steps if step.delivery < 0)),
            settled=len(steps),
            provisional=sum(not step.final for step in steps),
            estimated=sum(step.estimated for step in steps),
            by_retailer=sum(step.by_retailer for step in steps),
            missing=tuple(_clipped(self.missing, interval)),
            record=max((step.record for step in steps), default=0),
            shadow=sum(step.shadow for step in steps),
        )

    @property
    def total(self) -> Line:
        """The whole period."""
        return self.line(self.period)

    def months(self) -> list[Line]:
        """A line for each local month, cut at the period's ends."""
        return [self.line(part) for part in _cut(self.period, self.zone, _month)]

    def days(self) -> list[Line]:
        """A line for each local day, cut at the period's ends: 23, 24 or 25 hours."""
        return [self.line(part) for part in _cut(self.period, self.zone, local_day)]

    def intervals(self) -> list[Line]:
        """A line for each settled 5 minutes."""
        return [self.line(Interval(step.start, FIVE_MINUTES)) for step in self.settled]


def month(zone: ZoneInfo, year: int, number: int) -> Interval:
    """A local month, midnight to midnight."""
    return _month(zone, date(year, number, 1))


def find_missing(
    period: Interval, now: Instant, settled: Collection[Instant], why: Callable[[Instant], Gap]
) -> list[Missing]:
    """What is over by ``now`` but not settled; neighbours with the same reason are one."""
    found: list[Missing] = []
    until = min(period.end, now - now % FIVE_MINUTES)
    for start in map(Instant, range(period.start, until, FIVE_MINUTES)):
        if start in settled:
            continue
        reason = why(start)
        last = found[-1] if found else None
        if last is not None and last.interval.end == start and last.why is reason:
            begin = found.pop().interval.start
        else:
            begin = start
        found.append(Missing(Interval(begin, Duration(start + FIVE_MINUTES - begin)), reason))
    return found


def by_hour(settled: Iterable[Settled]) -> Mapping[Instant, Sequence[Settled]]:
    """Settled intervals by the start of their UTC hour."""
    hours: dict[Instant, list[Settled]] = {}
    for step in settled:
        hours.setdefault(Instant(step.start - step.start % HOUR), []).append(step)
    return hours


def _sum(accounts: Iterable[Account]) -> Account:
    subscription = transactions = deviation = 0
    for account in accounts:
        subscription += account.subscription
        transactions += account.transactions
        deviation += account.deviation
    return Account(Money(subscription), Money(transactions), Money(deviation))


def _clipped(missing: Iterable[Missing], interval: Interval) -> Iterator[Missing]:
    for gap in missing:
        start, end = max(gap.interval.start, interval.start), min(gap.interval.end, interval.end)
        if start < end:
            yield Missing(Interval(start, Duration(end - start)), gap.why)


def _month(zone: ZoneInfo, day: date) -> Interval:
    first = day.replace(day=1)
    start = local_day(zone, first).start
    end = local_day(zone, (first + timedelta(days=31)).replace(day=1)).start
    return Interval(start, Duration(end - start))


def _cut(period: Interval, zone: ZoneInfo, part: Callable[[ZoneInfo, date], Interval]) -> Iterator[Interval]:
    at = period.start
    while at < period.end:
        end = min(part(zone, local_date(zone, at)).end, period.end)
        yield Interval(at, Duration(end - at))
        at = end
