"""The retailer's own meter: it reads what it likes when it likes; what it says is lost, late or doubled."""

import asyncio
from random import Random
from typing import TYPE_CHECKING

from temix_market.deliveries import Delivery
from temix_market.errors import InvalidField
from temix_market.instants import FIVE_MINUTES, Instant
from temix_market.intervals import Interval
from temix_market.units import Energy
from temix_retailer.errors import RetailerError

from tests.faults.trouble.parties import HOME

if TYPE_CHECKING:
    from temix_retailer.retailer import Retailer

    from tests.faults.trouble.run import Run


async def meter(run: Run) -> None:
    """Read some steps, estimate others first and correct them later, until all is quiet."""
    chance = Random(f"meter {run.seed}")
    while True:
        await asyncio.sleep(chance.uniform(20, 180))
        retailer, life = run.retailer.retailer, run.retailer_machine.life
        if run.quiet or not run.meter or retailer is None or life is None or not life.alive:
            continue
        starts = chance.sample(sorted(run.meter), min(len(run.meter), chance.randrange(1, 5)))
        readings = [
            Delivery(
                Interval(Instant(start), FIVE_MINUTES),
                Energy(run.meter[start] + chance.randrange(-9, 10)),
                chance.random() < 0.5,
            )
            for start in starts
        ]
        life.begin(_read(run, retailer, readings))


async def _read(run: Run, retailer: Retailer, readings: list[Delivery]) -> None:
    try:
        told = await retailer.read(HOME, readings)
    except InvalidField, RetailerError:
        run.counts["reading of the retailer refused"] += 1  # by its clock it is not over, or its disk is slow
    else:
        run.counts["reading of the retailer"] += told is not None
