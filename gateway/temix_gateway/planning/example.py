"""A complete problem, to try the planner with and to copy from: one device of each kind in winter."""

import math

from temix_market.instants import HOUR, MINUTE, QUARTER, Duration, Instant
from temix_market.intervals import Interval
from temix_market.units import Energy, Power, Price

from temix_gateway.planning.devices import (
    Battery,
    Climate,
    Curtailable,
    DailyRun,
    EvCharger,
    PvCurtailment,
    SingleRun,
    WaterHeater,
    Window,
)
from temix_gateway.planning.horizon import tapering
from temix_gateway.planning.problem import Problem, Segment, Step

DAYS = 2


def example(now: Instant) -> Problem:
    """A problem that begins at ``now``: prices with two peaks a day, sun by day, and wishes for tomorrow."""
    intervals = tapering(now, Duration(DAYS * 24 * HOUR))
    hours = [((interval.start - now) + interval.duration / 2) / HOUR % 24 for interval in intervals]
    return Problem(
        now=now,
        steps=tuple(_step(interval, hour) for interval, hour in zip(intervals, hours, strict=True)),
        import_limit=Power(11_000),
        export_limit=Power(6_000),
        devices=(
            EvCharger(
                id="car",
                max_power=Power(7_360),
                capacity=Energy(60_000),
                stored=Energy(20_000),
                target=Energy(42_000),
                ready_by=Instant(now + 9 * HOUR),
            ),
            Battery(
                id="battery",
                capacity=Energy(13_000),
                stored=Energy(4_000),
                reserve=Energy(1_300),
                max_charge=Power(5_000),
                max_discharge=Power(5_000),
            ),
            WaterHeater(
                id="water",
                power=Power(3_000),
                capacity=Energy(9_000),
                stored=Energy(5_000),
                reserve=Energy(1_500),
                draws=tuple(1_200.0 if 8 <= hour < 10 or 21 <= hour < 22 else 60.0 for hour in hours),
                min_run=Duration(10 * MINUTE),
            ),
            Climate(
                id="heating",
                temperature=20.5,
                outdoor=tuple(round(4 - 4 * math.cos((hour - 6) * math.pi / 12), 1) for hour in hours),
                low=tuple(20.0 if 8 <= hour < 24 else 18.0 for hour in hours),
                high=(23.0,) * len(hours),
                heating_power=Power(2_500),
                min_run=QUARTER,
                min_rest=QUARTER,
            ),
            DailyRun(
                id="pool",
                power=Power(1_100),
                windows=tuple(
                    Window(
                        start=Instant(now + day * 24 * HOUR),
                        end=Instant(now + (day + 1) * 24 * HOUR),
                        run=Duration(6 * HOUR),
                    )
                    for day in range(DAYS)
                ),
            ),
            SingleRun(
                id="dishwasher",
                profile=(Power(2_000), Power(150), Power(1_800), Power(100)),
                ready_by=Instant(now + 18 * HOUR),
            ),
            Curtailable(id="freezer", load=(120.0,) * len(hours), worth=Price(400_000)),
            PvCurtailment(id="inverter"),
        ),
        zone="America/Chicago",
    )


def _step(interval: Interval, hour: float) -> Step:
    level = 0.11 + 0.12 * math.exp(-((hour - 9) ** 2) / 3) + 0.2 * math.exp(-((hour - 20) ** 2) / 4)
    sun = max(0.0, math.sin((hour - 9) / 9 * math.pi)) if 9 < hour < 18 else 0.0
    buy = Price(round(level * 1e6))
    depth = Energy(6_000 * interval.duration // HOUR)
    return Step(
        interval=interval,
        buy=(Segment(buy, depth), Segment(Price(buy + 20_000))),
        sell=(Segment(Price(buy - 50_000), depth), Segment(Price(buy - 70_000))),
        position=Energy(480 * interval.duration // HOUR),
        base_load=round(350 + 500 * math.exp(-((hour - 20) ** 2) / 6), 1),
        pv=round(4_000 * sun, 1),
    )
