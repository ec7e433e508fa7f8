"""The home without control: what it pays, and the prices at which its year costs the same either way."""

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from temix_market.calendar import local_date, local_day
from temix_market.deliveries import Delivery
from temix_market.instants import FIVE_MINUTES, HOUR, Instant
from temix_market.intervals import Interval, enclosing
from temix_market.subscription import Calibration, Profile, calibrate, profile
from temix_market.units import Energy, Money, Price, cost
from temix_retailer.publications import Circuit, spot_prices

from temix_replay.home.home import HomeModel, SimulatedHome
from temix_replay.home.world.day import Place
from temix_replay.recorder import PAST, Recorder

DAY = 24 * HOUR

WARM_UP = timedelta(days=7)
"""The home lives so long before its year begins, so that no state of that year was set by us."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """The home left to itself: its calibrated year, and what it did in the days of a replay.

    Attributes:
        year: the local calendar year that was calibrated: that in which the replay begins.
        profile: the subscription's quantities, from that year's use.
        calibration: flat and subscription price.
        begins: the home as it is when the replay begins; the one under control starts as a copy of it.
        ends: the home as it is when the replay ends.
        past: what was recorded of the home when the replay begins.
        deliveries: net import of each 5-minute step of the replay, by start.
        spots: prices to buy and to sell at spot in the same steps, where nobody trades.
    """

    year: int
    profile: Profile
    calibration: Calibration
    begins: SimulatedHome
    ends: SimulatedHome
    past: Recorder
    deliveries: Mapping[Instant, Energy]
    spots: Mapping[Instant, tuple[Price, Price]]

    def flat(self, days: Interval) -> Money:
        """What the flat tariff would have charged for ``days``."""
        energy = sum(self.deliveries[step.start] for step in days.split(FIVE_MINUTES))
        return cost(Energy(energy), self.calibration.flat)

    def dynamic(self, days: Interval) -> Money:
        """What ``days`` would have cost without control: the subscription, and the deviation at spot."""
        starts = (step.start for step in days.split(FIVE_MINUTES))
        return Money(sum(self.cost(start, self.deliveries[start]) for start in starts))

    def cost(self, start: Instant, delivery: Energy) -> Money:
        """What the 5 minutes from ``start`` cost with nothing traded: the subscription, the rest at spot."""
        buy, sell = self.spots[start]
        position = self.subscribed(start)
        deviation = Energy(delivery - position)
        return Money(
            cost(position, self.calibration.subscription) + cost(deviation, buy if deviation > 0 else sell)
        )

    def subscribed(self, start: Instant) -> Energy:
        """The subscription's share of the 5 minutes from ``start``."""
        return Energy(self.profile.quantity(enclosing(start, HOUR)) // (HOUR // FIVE_MINUTES))


def make_baseline(
    circuit: Circuit, place: Place, model: HomeModel, days: Interval, lived: Callable[[float], None]
) -> Baseline:
    """Live the year in which ``days`` begin without control, and calibrate on it: some five seconds.

    ``days`` are whole local days; they may reach beyond the year. ``lived`` is told how far it is (0 … 1).
    """
    year = local_date(place.zone, days.start).year
    first, last = (local_day(place.zone, date(year, month, day)) for month, day in ((1, 1), (12, 31)))
    home = SimulatedHome(place, local_day(place.zone, date(year, 1, 1) - WARM_UP).start, model)
    until = max(last.end, days.end)
    energies: dict[Instant, Energy] = {}
    spots: dict[Instant, tuple[Price, Price]] = {}
    kept: dict[Instant, SimulatedHome] = {}
    past = Recorder()
    for start, energy in _live(home, until):
        energies[start] = energy
        if start >= first.start:
            spots[start] = spot_prices(circuit, start)
            if start % DAY == 0:
                lived((start - first.start) / (until - first.start))
        if days.start - PAST <= home.now <= days.start:
            past.look(home)
        if home.now in (days.start, days.end):
            kept[home.now] = copy.deepcopy(home)
    lived(1)
    history = [
        Delivery(Interval(start, FIVE_MINUTES), energies[start])
        for start in energies
        if first.start <= start < last.end
    ]
    plan = profile(history, place.zone)
    priced = ((delivery, *spots[delivery.interval.start]) for delivery in history)
    within = [step.start for step in days.split(FIVE_MINUTES)]
    return Baseline(
        year,
        plan,
        calibrate(priced, plan),
        kept[days.start],
        kept[days.end],
        past,
        {start: energies[start] for start in within},
        {start: spots[start] for start in within},
    )


def _live(home: SimulatedHome, until: Instant) -> Iterator[tuple[Instant, Energy]]:
    while home.now < until:
        start, before = home.now, home.meter.net
        home.step(FIVE_MINUTES)
        yield start, Energy(home.meter.net - before)
