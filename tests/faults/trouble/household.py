"""The home: it uses energy, reads its meter, and wishes for this and that."""

import asyncio
from random import Random
from typing import TYPE_CHECKING

from temix_gateway.core import Core
from temix_gateway.home.devices import Device, Load, ReportHome, RunTime
from temix_gateway.home.errors import CommandRefused
from temix_gateway.home.messages import Reading, ReportReadings
from temix_market.instants import FIVE_MINUTES, HOUR

if TYPE_CHECKING:
    from tests.faults.trouble.run import Run


async def household(run: Run) -> None:
    """Use energy, read the meter until all is quiet, wish for this and that."""
    chance = Random(f"household {run.seed}")
    last = run.start - run.start % FIVE_MINUTES
    while True:
        await asyncio.sleep(chance.uniform(5, 60))
        now = run.start + round(run.now_s * 1000)
        while last + FIVE_MINUTES <= now and not run.quiet:
            energy = chance.randrange(-600, 1000)
            run.meter[last] = energy
            run.unread.append(Reading(start=last, end=last + FIVE_MINUTES, energy=energy))
            last += FIVE_MINUTES
        if chance.random() < 0.4 and len(run.meter) > 1 and not run.quiet:  # late, again, or corrected
            start = chance.choice(sorted(run.meter)[-chance.choice((1, 2, 100)) :])
            if chance.random() < 0.7:
                run.meter[start] = chance.randrange(-600, 1000)
            run.unread.append(Reading(start=start, end=start + FIVE_MINUTES, energy=run.meter[start]))
        core, life = run.gateway.core, run.gateway_machine.life
        if core is None or life is None or not life.alive:
            continue
        life.begin(_visit(run, core, chance.randrange(0, 4000), chance.random() < 0.3))


async def _visit(run: Run, core: Core, power: int, changed: bool) -> None:
    now = core._clock.now()
    pump = RunTime(id="pump", power=power, remaining=2 * HOUR, finish_by=now + 20 * HOUR)
    load = Load(start=now, end=now + HOUR, power=power)
    devices: list[Device] = [pump] if changed else []
    readings = list(run.unread)
    await core.report_home(ReportHome(id=1, at=now, devices=devices, base_load=[load]))
    if not readings:
        return
    try:
        await core.report_readings(ReportReadings(id=2, readings=readings))
    except CommandRefused as error:
        run.counts["reading refused" if "future" in str(error) else "reading not taken"] += 1
    else:
        del run.unread[: len(readings)]
