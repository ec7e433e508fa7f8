"""How soon after a step's boundary a device is told, and how soon a person's change is noticed.

Run as python -m benchmarks.responses [ROUNDS]. A real Home Assistant core runs in real time in this process,
with the whole integration, eight plugs under eight responses, and a gateway that a script leads. In each
round all eight have a boundary at the same instant; then four of them are switched at the device, four in
Home Assistant. Times are from the boundary to the action's arrival at the entity, and from the change of the
entity to the response's state *held*.
"""

import asyncio
import logging
import statistics
import sys
from datetime import timedelta
from typing import Final

from homeassistant.core import Event, EventStateChangedData, callback
from homeassistant.util import dt as dt_util
from rich.console import Console
from rich.table import Table

from tests.faults.home.kinds import plug
from tests.faults.home.world import World

PLUGS: Final = 8
GAP: Final = timedelta(seconds=1.5)


async def measured(rounds: int) -> tuple[list[float], list[float]]:
    """Seconds from boundary to action, and from change to notice."""
    settings = {"kind": "run_hours", "power": 1_000, "hours": 20, "ready_by": "12:00", "hold_hours": 1}
    kinds = [plug(f"plug{number}", settings) for number in range(PLUGS)]
    things = [kind.make(kind.name) for kind in kinds]
    held: dict[str, float] = {}
    loop = asyncio.get_running_loop()
    acted: list[float] = []
    noticed: list[float] = []
    async with World(things, {kind.name: kind.response for kind in kinds}) as world:

        @callback
        def seen(event: Event[EventStateChangedData]) -> None:
            new = event.data["new_state"]
            if new is not None and new.state == "held":
                held[new.entity_id] = loop.time()

        world.hass.bus.async_listen("state_changed", seen)
        for _ in range(rounds):
            boundary = dt_util.utcnow() + GAP
            courses = {kind.name: {boundary - 2 * GAP: 0, boundary: 1_000} for kind in kinds}
            world.gateway.plan(courses, boundary + timedelta(hours=1))
            told = [len(thing.commands) for thing in things]
            await world.until(boundary + GAP)
            for thing, before in zip(things, told, strict=True):
                after = (each.at - boundary for each in thing.commands[before:])
                acted += [late.total_seconds() for late in after if late >= timedelta()]
            held.clear()
            for number, (kind, thing) in enumerate(zip(kinds, things, strict=True)):
                at = loop.time()
                if number % 2:
                    thing.change("relay", False)
                else:
                    await world.act("switch.turn_off", f"switch.{kind.name}_relay")
                await asyncio.sleep(0.05)
                noticed.append(held.get(f"sensor.{kind.name}_state", float("inf")) - at)
            await world.after(seconds=0.2)
            for kind in kinds:
                world.hass.data["temix_responses"]["01JTEMIX"].running[kind.name].release()
            world.gateway.plan({kind.name: {boundary - GAP: 0} for kind in kinds}, boundary + GAP * 100)
            await world.after(seconds=0.5)
    return acted, noticed


def main() -> None:
    """Measure, and show a table."""
    logging.disable(logging.WARNING)
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 14
    acted, noticed = asyncio.run(measured(rounds))
    table = Table("from … to", "times", "median ms", "p99 ms", "most ms")
    for name, seconds in (("boundary to action", acted), ("change to notice", noticed)):
        p99 = statistics.quantiles(seconds, n=100)[98]
        figures = (statistics.median(seconds), p99, max(seconds))
        table.add_row(name, str(len(seconds)), *(f"{1_000 * each:.1f}" for each in figures))
    Console().print(table)


if __name__ == "__main__":
    main()
