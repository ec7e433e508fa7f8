"""A home to plan for: six devices, real-looking prices, made from a seed."""

import numpy as np
from temix_gateway.planning import Problem, Segment, Step
from temix_gateway.planning.devices import (
    Battery,
    Climate,
    DailyRun,
    Device,
    EvCharger,
    SingleRun,
    WaterHeater,
    Window,
)
from temix_market.instants import FIVE_MINUTES, HOUR, QUARTER, Duration, Instant
from temix_market.intervals import Interval
from temix_market.units import Energy, Power, Price

START = Instant(1_613_196_000_000)  # 2021-02-13T06:00Z, midnight in Houston


def uniform(count: int, duration: Duration = FIVE_MINUTES) -> list[Interval]:
    """So many equal intervals."""
    return [Interval(Instant(START + index * duration), duration) for index in range(count)]


def tapering() -> list[Interval]:
    """Four hours of 5 minutes, eight of 15, then hours up to 48."""
    found, at = [], START
    for count, duration in ((48, FIVE_MINUTES), (32, QUARTER), (36, HOUR)):
        for _ in range(count):
            found.append(Interval(at, duration))
            at = Instant(at + duration)
    return found


def any_time(power: int, run: Duration, within: Interval) -> DailyRun:
    """A load (W) that is to run for so long within an interval, whenever, and is worth any price."""
    return DailyRun(
        id=f"load {power}",
        power=Power(power),
        min_run=FIVE_MINUTES,
        min_rest=FIVE_MINUTES,
        start_cost=Price(0),
        worth=Price(1_000_000_000),
        windows=(Window(start=within.start, end=within.end, run=run),),
    )


def home(intervals: list[Interval], seed: int = 1, devices: tuple[str, ...] | None = None) -> Problem:
    """A winter's day: PV, base load, prices with two peaks; the named devices, or all six."""
    rng = np.random.default_rng(seed)
    middle = np.array([(i.start + i.duration / 2 - START) / HOUR for i in intervals])
    noise = rng.normal(0, 0.01, len(intervals))
    level = 0.12 + 0.08 * np.sin((middle - 14) * np.pi / 12) + 0.15 * np.exp(-(((middle % 24) - 18) ** 2) / 4)
    price = level + noise
    pv = np.maximum(0, 4000 * np.sin((middle % 24 - 7) / 10 * np.pi)) * (
        (middle % 24 > 7) & (middle % 24 < 17)
    )
    load = 400 + 500 * np.exp(-(((middle % 24) - 19) ** 2) / 6) + rng.uniform(0, 100, len(intervals))
    outdoor = 4 + 6 * np.sin((middle - 9) * np.pi / 12)
    draws = np.where(np.isin(middle.astype(int) % 24, (6, 7, 20)), 1500.0, 60.0)
    all_devices: list[Device] = [
        Battery(id="battery", capacity=Energy(13_000), stored=Energy(5_000), max_charge=Power(5_000),
                max_discharge=Power(5_000)),
        EvCharger(id="ev", max_power=Power(7_360), capacity=Energy(60_000), stored=Energy(20_000),
                  target=Energy(42_000), ready_by=Instant(START + 7 * HOUR)),
        WaterHeater(id="water", power=Power(3_000), capacity=Energy(9_000), stored=Energy(4_000),
                    reserve=Energy(1_500), draws=tuple(draws.tolist()), min_run=Duration(600_000)),
        Climate(id="climate", temperature=20.5, outdoor=tuple(outdoor.tolist()), low=(20.0,) * len(intervals),
                high=(23.0,) * len(intervals), heating_power=Power(2_500), min_run=Duration(900_000),
                min_rest=Duration(900_000)),
        DailyRun(id="pool", power=Power(1_100), windows=tuple(
            Window(start=Instant(START + day * 24 * HOUR), end=Instant(START + (day + 1) * 24 * HOUR),
                   run=Duration(6 * HOUR)) for day in range(2))),
        SingleRun(id="dishwasher", profile=(Power(2_000), Power(150), Power(1_800), Power(100)),
                  profile_step=QUARTER, ready_by=Instant(START + 18 * HOUR)),
    ]  # fmt: skip
    chosen = tuple(device for device in all_devices if devices is None or device.id in devices)
    return Problem(
        now=START,
        steps=tuple(
            Step(
                interval=interval,
                buy=(Segment(Price(round((p + 0.03) * 1e6))),),
                sell=(Segment(Price(round((p - 0.02) * 1e6))),),
                base_load=float(b),
                pv=float(s),
            )
            for interval, p, b, s in zip(intervals, price, load, pv, strict=True)
        ),
        devices=chosen,
        zone="America/Chicago",
    )
