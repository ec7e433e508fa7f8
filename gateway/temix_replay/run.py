"""A replay: the gateway's core, a retailer and a simulated home under one virtual clock."""

import asyncio
import copy
from collections import Counter
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Final

from temix_gateway.audit.day import Planned
from temix_gateway.core import Core
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.ledger.writer import InlineWriter
from temix_gateway.outside import Outside
from temix_gateway.own_limits import Choices
from temix_gateway.planning import Plan, Problem
from temix_gateway.planning.building import learn
from temix_gateway.planning.forecast import foresee
from temix_gateway.planning.planner import plan
from temix_gateway.plans import PLAN_EVERY
from temix_market.calendar import local_date
from temix_market.instants import FIVE_MINUTES, HOUR, MINUTE, SECOND, Duration, Instant
from temix_market.intervals import Interval
from temix_market.units import Energy, Money, Price
from temix_retailer.publications import PERIOD
from temix_retailer.retailer import Retailer
from temix_retailer.store import open_store
from temix_retailer.subscriptions import Plan as Subscription
from temix_retailer.terms import Terms as Market

from temix_replay.audit import Records, audit
from temix_replay.calibration import Baseline
from temix_replay.household import Samples, live
from temix_replay.link import InProcessLink
from temix_replay.result import DayCost, Replay, Sample, Service
from temix_replay.scene import HOME, Scene
from temix_replay.virtual_time import VirtualClock, VirtualLoop

LEAD: Final = Duration(3 * PERIOD)
"""The market opens so long before the first day, so that its first interval has a spot and a subscription."""

LEDGER: Final = "ledger.db"
BOOK: Final = "book.db"


UNHURRIED: Final = 1e9
"""Seconds that a plan may take. A search ends by itself, where it finds no more: no clock shall end it
before, so that the same seed gives the same replay on any machine."""


def searched(problem: Problem, previous: Plan | None) -> Plan:
    """What the gateway's planner finds, however long it takes."""
    return plan(problem, previous, budget=UNHURRIED)


class CountingPlanner:
    """The gateway's planner; remembers what it was asked, and what it answered."""

    def __init__(self, until: Instant) -> None:
        """Remember what is asked before the replay ends; the minute after it is no part of it."""
        self._until = until
        self.made: list[Planned] = []

    def __call__(self, problem: Problem, previous: Plan | None) -> Plan:
        """Plan."""
        made = searched(problem, previous)
        if problem.now < self._until:
            self.made.append(Planned(problem, made))
        return made

    @property
    def asked(self) -> list[Instant]:
        """When."""
        return [planned.problem.now for planned in self.made]

    @property
    def hourly(self) -> int:
        """How many plans came because the one before was an hour old; the others came earlier."""
        pairs = pairwise(self.asked)
        return 1 + sum(later - earlier >= PLAN_EVERY for earlier, later in pairs)


def run(
    scene: Scene, market: Market, baseline: Baseline, folder: Path, passed: Callable[[Instant], None]
) -> Replay:
    """Replay a scene; ledger and book are made in ``folder``, ``passed`` is told every 5 minutes.

    Raises:
        ReplayError: gateway and retailer do not agree afterwards.
        GatewayError, RetailerError: a file cannot be made in ``folder``.
    """
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(_run(scene, market, baseline, folder, passed))


async def _run(
    scene: Scene, market: Market, baseline: Baseline, folder: Path, passed: Callable[[Instant], None]
) -> Replay:
    days = scene.days
    clock = VirtualClock(asyncio.get_running_loop(), Instant(days.start - LEAD))
    # A replay that is cut off is begun anew: nothing waits for the disk.
    store = open_store(folder / BOOK, synced=False)
    ledger = Ledger(folder / LEDGER, clock, InlineWriter(), synced=False)
    try:
        retailer = Retailer(clock, store, market, randomness=scene.random("retailer").randbytes)
        link = InProcessLink(retailer, HOME, scene.key(HOME), clock, scene.random("link"))
        await link.register()
        await retailer.plan(HOME, _subscription(market, baseline))
        counting = CountingPlanner(days.end)
        outside = Outside(
            clock, scene.random("core"), link, link.seal, counting, foresee=foresee, learn=learn
        )
        core = Core(scene.rules(), outside, ledger, Choices("automatic"))
        await ledger.sign_mandate(*scene.sign(clock.now()), HOME)
        await core.load()
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(retailer.run()), group.create_task(core.run())]
            await asyncio.sleep(LEAD / SECOND)
            home = copy.deepcopy(baseline.begins)
            samples = await live(home, copy.deepcopy(baseline.past), core, clock, days.end, passed)
            await asyncio.sleep(MINUTE / SECOND)  # the last spots freeze, the last delivery is reported
            for task in tasks:
                task.cancel()
        records = await audit(scene, ledger, retailer)
    finally:
        ledger.close()
        store.close()
    plans = Counter(local_date(scene.place.zone, at) for at in counting.asked)
    return Replay(
        seed=scene.seed,
        zone=scene.place.zone.key,
        currency=market.currency,
        cold_snap=scene.cold_snap,
        even_hours=scene.even_hours,
        days=[_day(date, day, baseline, records, plans[date]) for date, day in scene.dates],
        samples=_samples(records, baseline, samples),
        year=baseline.year,
        calibration=baseline.calibration,
        attribution=scene.attribution,
        hourly_plans=counting.hourly,
        material_plans=len(counting.made) - counting.hourly,
        trades=records.trades.total(),
        spot_only=Money(sum(_at_spot(baseline, records, start) for start in records.settlements)),
        controlled=Service.between(baseline.begins, home),
        uncontrolled=Service.between(baseline.begins, baseline.ends),
        head=records.head,
        planned=counting.made,
    )


def _subscription(market: Market, baseline: Baseline) -> Subscription:
    transport = market.circuit.coefficients.delivery
    return Subscription(baseline.profile, Price(baseline.calibration.subscription - transport), transport)


def _day(date: date, day: Interval, baseline: Baseline, records: Records, plans: int) -> DayCost:
    settled = [records.settlements[step.start] for step in day.split(FIVE_MINUTES)]
    return DayCost(
        date=date,
        hours=day.duration / HOUR,
        paid=Money(sum(step.total for step in settled)),
        flat=baseline.flat(day),
        uncontrolled=baseline.dynamic(day),
        energy=Energy(sum(step.delivery for step in settled)),
        uncontrolled_energy=Energy(sum(baseline.deliveries[step.interval.start] for step in settled)),
        plans=plans,
        trades=records.trades[date],
    )


def _samples(records: Records, baseline: Baseline, powers: Samples) -> list[Sample]:
    return [
        Sample(
            start,
            Price(sum(spot.sell for spot in records.spots[start])),
            Price(sum(spot.buy or 0 for spot in records.spots[start])),
            settled.position,
            settled.delivery,
            baseline.deliveries[start],
            powers[start],
        )
        for start, settled in records.settlements.items()
    ]


def _at_spot(baseline: Baseline, records: Records, start: Instant) -> int:
    """What a step would have cost with the same delivery and the subscription alone, nothing traded."""
    subscribed = baseline.subscribed(start)
    delivery = records.settlements[start].delivery
    rest = sum(spot.deviation_cost(subscribed, delivery) for spot in records.spots[start])
    return subscribed * baseline.calibration.subscription + rest
