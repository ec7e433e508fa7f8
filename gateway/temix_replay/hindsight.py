"""The same home once more, had it known before what came: prices, load, sun, weather, trips and hot water.

It is the house of the replay, not the planner's model of it, with the same people and the same wishes, and
begins as the home under control does. Its plans are those of the gateway's planner over the gateway's
horizon, every two hours and where a device surprises; of the house it is told what its walls keep and lose.
Nothing is traded ahead: it pays the subscription, and the rest at spot.
"""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate
from statistics import median
from typing import Final, Self

import msgspec
from temix_gateway.asking import HORIZON
from temix_gateway.home import devices as reported
from temix_gateway.planning import Plan, Problem, Segment, Step
from temix_gateway.planning.devices import Climate, Device, EvCharger, WaterHeater
from temix_gateway.planning.devices.ev_charger import one_ampere
from temix_gateway.planning.horizon import tapering
from temix_gateway.question import known_devices
from temix_gateway.surprise import surprises
from temix_market.calendar import local_date
from temix_market.instants import FIVE_MINUTES, HOUR, MINUTE, Duration, Instant
from temix_market.intervals import Interval
from temix_market.units import Energy, Money, Power, Price
from temix_retailer.publications import Circuit, spot_prices

from temix_replay.assistant import CHARGING, Assistant
from temix_replay.calibration import Baseline
from temix_replay.home.home import HomeModel
from temix_replay.home.quantities import WATER_HEAT
from temix_replay.home.vehicle import Vehicle
from temix_replay.home.world.day import make_day
from temix_replay.home.world.occupants import Trip
from temix_replay.result import Foresight, Service
from temix_replay.run import searched
from temix_replay.scene import Scene

REPLANNED: Final = Duration(2 * HOUR)
"""Its next plan comes so much later: by the hour two weeks cost 1 % more, for twice the time."""
USED_AT: Final = 50.0
"""°C at which people use hot water: of the draws in ``world.day``."""


@dataclass(frozen=True, slots=True)
class Course:
    """A quantity by the minute, so that the mean of any interval is at hand."""

    start: Instant
    sums: Sequence[float]

    @classmethod
    def of(cls, start: Instant, minutes: Sequence[float]) -> Self:
        """One value for each minute from ``start`` on."""
        return cls(start, list(accumulate(minutes, initial=0.0)))

    def mean(self, interval: Interval) -> float:
        """Over an interval of whole minutes."""
        first, last = ((at - self.start) // MINUTE for at in (interval.start, interval.end))
        return (self.sums[last] - self.sums[first]) / (last - first)


@dataclass(frozen=True, slots=True)
class Known:
    """What comes to a home, from its first day on to the end of the last horizon.

    Attributes:
        model: of the home.
        load, sun, outdoor, draws: base load (W), share of the sun's rated power, °C, hot water (W of heat).
        trips: in order of time.
        prices: to buy and to sell at spot in each 5-minute step, by start.
        subscribed: Wh of it, by start.
    """

    model: HomeModel
    load: Course
    sun: Course
    outdoor: Course
    draws: Course
    trips: Sequence[Trip]
    prices: Mapping[Instant, tuple[Price, Price]]
    subscribed: Mapping[Instant, Energy]

    @classmethod
    def of(cls, scene: Scene, circuit: Circuit, baseline: Baseline) -> Self:
        """All of it, for a scene."""
        last = local_date(scene.place.zone, Instant(scene.days.end + HORIZON))
        dates = [scene.first + timedelta(days=day) for day in range((last - scene.first).days + 1)]
        days = [make_day(scene.place, at) for at in dates]
        start = days[0].interval.start
        draws = [
            litres * 60 * WATER_HEAT * max(0.0, USED_AT - day.mains) for day in days for litres in day.draws
        ]
        steps = [step.start for day in days for step in day.interval.split(FIVE_MINUTES)]
        return cls(
            scene.model,
            Course.of(start, [power for day in days for power in day.base_load]),
            Course.of(start, [share for day in days for share in day.sun]),
            Course.of(start, [degrees for day in days for degrees in day.outdoor]),
            Course.of(start, draws),
            [trip for day in days for trip in day.trips],
            {step: spot_prices(circuit, step) for step in steps},
            {step: baseline.subscribed(step) for step in steps},
        )

    def step(self, interval: Interval) -> Step:
        """One step of a problem."""
        starts = [part.start for part in interval.split(FIVE_MINUTES)]
        buy, sell = (sum(self.prices[start][side] for start in starts) // len(starts) for side in (0, 1))
        return Step(
            interval=interval,
            buy=(Segment(Price(buy)),),
            sell=(Segment(Price(sell)),),
            position=Energy(sum(self.subscribed[start] for start in starts)),
            base_load=self.load.mean(interval),
            pv=self.sun.mean(interval) * self.model.roof,
        )

    def usual_after(self, instant: Instant) -> Price:
        """The median price to buy within a horizon from an instant on."""
        after = Interval(instant, HORIZON)
        return Price(round(median(buy for start, (buy, _) in self.prices.items() if start in after)))

    def corrected(self, device: Device, intervals: Sequence[Interval]) -> Device:
        """A device with the weather and the hot water that will come."""
        match device:
            case Climate():
                return self._climate(device, intervals)
            case WaterHeater():
                draws = tuple(map(self.draws.mean, intervals))
                return msgspec.structs.replace(device, draws=draws)
            case _:
                return device

    def _climate(self, device: Climate, intervals: Sequence[Interval]) -> Climate:
        """Both masses of the house as one; the heat pump as it is at the horizon's mean temperature."""
        house, mean = self.model.house, self.outdoor.mean(Interval(intervals[0].start, HORIZON))
        capacity = house.air_store + house.wall_store
        loss = house.air_outside + 1 / (1 / house.air_wall + 1 / house.wall_outside)
        return msgspec.structs.replace(
            device,
            outdoor=tuple(map(self.outdoor.mean, intervals)),
            gains=tuple(house.gains(self.load.mean(each), self.sun.mean(each)) for each in intervals),
            heating_efficiency=house.heating(mean),
            cooling_efficiency=house.cooling(mean),
            heat_capacity=capacity,
            loss_hours=capacity / loss,
        )

    def car(self, told: reported.EvCharger, car: Vehicle, now: Instant, end: Instant) -> EvCharger | None:
        """The car that is there or will be, full when it next leaves."""
        away = next((trip for trip in self.trips if trip.start <= now < trip.end), None)
        arrives = None if away is None else away.end
        left = car.energy if away is None else max(0.0, car.energy - away.energy)
        needed = Energy(round(max(0.0, car.model.limit * car.model.capacity - left) / CHARGING))
        leaves = next((trip.start for trip in self.trips if trip.start > (arrives or now)), end)
        if needed <= 0 or (arrives is not None and arrives >= end):
            return None
        return EvCharger(
            id=told.id,
            min_power=Power(told.min_power),
            max_power=Power(told.max_power),
            power_step=one_ampere(Power(told.min_power)),
            efficiency=1.0,
            capacity=needed,
            target=needed,
            arrives=arrives,
            ready_by=min(leaves, end),
        )


class Foresighted:
    """Plans a home's hours with what is known of them."""

    def __init__(self, scene: Scene, known: Known, baseline: Baseline) -> None:
        """Begin without a plan, at the beginning of the days."""
        self.home = copy.deepcopy(baseline.begins)
        self.assistant = Assistant(self.home)
        self.made = 0
        self._rules, self._zone = scene.rules(), scene.place.zone
        self._known = known
        self._in_force: tuple[Problem, Plan] | None = None

    @property
    def plan(self) -> Plan:
        """The plan for now: made anew where two hours are over, or a device is not as planned."""
        now = self.home.now
        intervals = tapering(now, HORIZON)
        devices = tuple(self._devices(now, intervals))
        if self._in_force is not None:
            problem, plan = self._in_force
            if now - problem.now < REPLANNED and not surprises(plan, problem, devices, now):
                return plan
        problem = Problem(
            now=now,
            steps=tuple(map(self._known.step, intervals)),
            import_limit=self._rules.import_power,
            export_limit=self._rules.export_power,
            devices=tuple(self._known.corrected(device, intervals) for device in devices),
            zone=self._zone.key,
        )
        plan = searched(problem, None if self._in_force is None else self._in_force[1])
        self.made += 1
        self._in_force = problem, plan
        return plan

    def _devices(self, now: Instant, intervals: Sequence[Interval]) -> Iterator[Device]:
        told = self.assistant.devices()
        for each in told:
            if isinstance(each, reported.EvCharger):
                car = self._known.car(each, self.home.vehicle, now, intervals[-1].end)
                yield from () if car is None else (car,)
            else:
                yield from known_devices([each], intervals, now)


def relive(
    scene: Scene, circuit: Circuit, baseline: Baseline, passed: Callable[[Instant], None]
) -> Foresight:
    """Live the days of a scene with foresight; ``passed`` is told every 5 minutes."""
    known = Known.of(scene, circuit, baseline)
    mind = Foresighted(scene, known, baseline)
    home, costs = mind.home, {}
    while home.now < scene.days.end:
        start, before = home.now, home.meter.net
        mind.assistant.carry_out(mind.plan)
        home.step(FIVE_MINUTES)
        costs[start] = baseline.cost(start, Energy(home.meter.net - before))
        passed(home.now)
    return Foresight(
        days={
            at: Money(sum(costs[step.start] for step in day.split(FIVE_MINUTES))) for at, day in scene.dates
        },
        service=Service.between(baseline.begins, home),
        stored_at=known.usual_after(scene.days.end),
        plans=mind.made,
    )
