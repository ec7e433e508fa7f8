"""A home's life in a replay: time passes, meters are read, the home is reported, plans are carried out."""

import asyncio
from collections.abc import Callable
from statistics import fmean

from temix_gateway.core import Core
from temix_gateway.home.messages import Reading, ReportReadings
from temix_market.calendar import local_date
from temix_market.instants import FIVE_MINUTES, MINUTE, SECOND, Instant
from temix_market.ports import Clock
from temix_market.units import Power

from temix_replay.assistant import Assistant
from temix_replay.home.home import SimulatedHome
from temix_replay.recorder import Recorder

type Samples = dict[Instant, dict[str, Power]]
"""Mean power of each device in each 5-minute step, by start."""


async def live(  # noqa: PLR0913, PLR0917 (a home, its gateway, their time)
    home: SimulatedHome,
    recorder: Recorder,
    core: Core,
    clock: Clock,
    until: Instant,
    passed: Callable[[Instant], None],
) -> Samples:
    """Let a home live with its gateway from now until ``until``; ``passed`` is called every 5 minutes.

    On each 5-minute mark the meter is read, the home is reported, and the step of the plan in force is
    carried out; a minute later once more, should there be a new plan by then. Once a day past hours are told.
    """
    assistant = Assistant(home)
    samples: Samples = {}
    number, told = 0, None
    while home.now < until:
        number += 1
        today = local_date(home.place.zone, home.now)
        if told != today:
            await core.report_history(recorder.report(number, home, cooling=assistant.cooling))
            told = today
        await core.report_home(assistant.report(number))
        assistant.carry_out(core.plans.in_force)
        start, before = home.now, home.meter.net
        powers = [await _minute(home, clock)]
        assistant.carry_out(core.plans.in_force)
        powers += [await _minute(home, clock) for _ in range(FIVE_MINUTES // MINUTE - 1)]
        samples[start] = {name: Power(round(fmean(part[name] for part in powers))) for name in powers[0]}
        reading = Reading(start=start, end=home.now, energy=home.meter.net - before)
        await core.report_readings(ReportReadings(id=number, readings=[reading]))
        recorder.look(home)
        passed(home.now)
    return samples


async def _minute(home: SimulatedHome, clock: Clock) -> dict[str, float]:
    end = home.now + MINUTE
    await asyncio.sleep((end - clock.now()) / SECOND)
    home.step(MINUTE)
    powers = home.powers
    return {
        "car": powers.vehicle,
        "water": powers.water_heater,
        "climate": powers.house,
        "pool": powers.pool_pump,
        "battery": powers.battery,
    }
