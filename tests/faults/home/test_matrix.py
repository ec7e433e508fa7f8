"""Every trouble × device × moment: the device ends up as promised, and stays so.

One plan, one step: from the boundary on the device is to run. The trouble comes before, at or after it.
"""

from datetime import datetime, timedelta
from typing import Final

import pytest
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util

from tests.faults.home.clock import run
from tests.faults.home.kinds import KINDS, Kind
from tests.faults.home.responses import BOUNDARY, START
from tests.faults.home.things import Thing
from tests.faults.home.trouble import TROUBLES, End, Trouble
from tests.faults.home.world import World

MOMENTS: Final = {"before": timedelta(seconds=-40), "at": timedelta(), "after": timedelta(minutes=4)}
STAYS: Final = timedelta(minutes=20)


async def suffer(kind: Kind, trouble: Trouble, moment: timedelta) -> None:
    """Go through one case."""
    thing = kind.make(kind.name)
    async with World([thing], {kind.name: kind.response}) as world:
        await arm(world, kind)
        kind.lead(world, START, BOUNDARY)
        await world.until(BOUNDARY + moment)
        if moment > timedelta():
            assert kind.active(thing), f"the plan was not followed before the trouble: {thing.values}"
        await trouble.happens(world, thing, kind)
        happened, left = dt_util.utcnow(), thing.values.copy()
        await world.until(happened + trouble.within)
        while dt_util.utcnow() <= happened + trouble.within + STAYS:
            good = ends_well(world, trouble, kind, thing, happened, left)
            assert good, f"{dt_util.utcnow():%H:%M:%S}, trouble at {happened:%H:%M:%S}: {thing}"
            await world.after(seconds=30)


async def arm(world: World, kind: Kind) -> None:
    """Say that a dishwasher is ready to run."""
    registry = er.async_get(world.hass)
    button = registry.async_get_entity_id("button", "temix", f"{kind.name}_ready")
    if button is not None:
        await world.act("button.press", button)


def ends_well(  # noqa: PLR0917 - the case, each part of it once
    world: World, trouble: Trouble, kind: Kind, thing: Thing, happened: datetime, left: dict[str, object]
) -> bool:
    """Whether the device is as promised."""
    match trouble.end:
        case End.SAFE:
            return kind.safe(thing)
        case End.FOLLOWS:
            return kind.active(thing) if dt_util.utcnow() > BOUNDARY + trouble.within else True
        case End.EITHER:
            return kind.active(thing) or kind.safe(thing)
        case End.TOUCHED:
            commanded = [command for command in thing.commands if command.at > happened]
            key, _ = kind.person
            held = world.shown(f"sensor.{kind.name}_state") == "held"
            return held and thing.values[key] == left[key] and not commanded


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.name)
def test_device_ends_up_as_promised(trouble: Trouble, kind: Kind, moment: str) -> None:
    run(START, suffer(kind, trouble, MOMENTS[moment]))


def test_the_matrix_is_large_enough() -> None:
    assert len(TROUBLES) * len(KINDS) * len(MOMENTS) >= 300
