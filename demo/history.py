"""What the home's meter saw in the last two weeks: the same home as in Home Assistant.

The subscription follows from it.
"""

from pathlib import Path
from zoneinfo import ZoneInfo

from temix_market.instants import HOUR, Instant, iso
from temix_replay.home.home import SimulatedHome
from temix_replay.home.world.day import Place

from demo.folders import ZONE

HOURS = 14 * 24


def write(file: Path, seed: int, now: Instant) -> None:
    """Write the net import of each hour, as ``temix-retailer enrol --history`` reads it."""
    start = Instant((now // HOUR - HOURS) * HOUR)
    home = SimulatedHome(Place(seed, ZoneInfo(ZONE)), start)
    lines = ["start,duration,energy_wh"]
    for _ in range(HOURS):
        begins, before = home.now, home.meter.net
        home.step(HOUR)
        lines.append(f"{iso(begins)},PT1H,{home.meter.net - before}")
    file.write_text("\n".join(lines) + "\n")
