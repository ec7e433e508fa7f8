"""How long one push of 48 h of prices keeps Home Assistant's event loop from other work.

Reads the section as the client does and looks at it as the coordinator does: what holds now, days, levels and
windows, hours that moved. Writing the entities' states is not in it. Run as benchmarks/push.py [PUSHES].
"""

import gc
import sys
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import orjson

sys.path.insert(0, str(Path(__file__).parent.parent))  # the integration is no package that is installed

from custom_components.temix.client import PriceStep, Spot
from custom_components.temix.curve.history import History
from custom_components.temix.curve.revisions import Revisions
from custom_components.temix.curve.segments import FIVE_MINUTES, to_buy
from custom_components.temix.outlook import Moment, Outlook, Settings, Windows

NOW = datetime(2021, 11, 24, 6, 5, tzinfo=UTC)
ZONE = ZoneInfo("America/Chicago")
MS = 60_000


def push(chance: Random) -> bytes:
    """An hour in 5 minutes, three in quarters, then hours to the end of 48."""
    now = round(NOW.timestamp() * 1000)
    edges = [now + number * 5 * MS for number in range(12)]
    edges += [now + 60 * MS + number * 15 * MS for number in range(12)]
    edges += [now + 240 * MS + number * 60 * MS for number in range(45)]
    sides = ("buy", "sell", "buy_energy", "sell_energy")
    steps = [
        {
            "start": start,
            "end": end,
            **{side: chance.randint(-50_000, 400_000) for side in sides},
            "components": {"wholesale": 1, "losses": 2},
        }
        for start, end in pairwise(edges)
    ]
    return orjson.dumps(steps)


def main() -> None:
    """Print the median, the 99th percentile and the maximum."""
    pushes = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    chance = Random(5)  # noqa: S311 - prices, not secrets
    spots = tuple(
        Spot(
            start=NOW - (number + 1) * FIVE_MINUTES,
            end=NOW - number * FIVE_MINUTES,
            buy=90_000 + number,
            sell=1,
        )
        for number in reversed(range(312))
    )
    history, revisions, moment = History(spots), Revisions(20), Moment.at(NOW, ZONE)
    windows = (Windows(), Windows())
    messages = [push(chance) for _ in range(pushes)]
    took: list[float] = []
    gc.freeze()
    for message in messages:
        begun = time.perf_counter()
        steps = tuple(map(PriceStep.from_message, orjson.loads(message)))
        curve = [*history.spots, *steps]
        outlook = Outlook(to_buy(curve), steps[0].buy, moment, Settings(), windows)
        for asked in ("today", "tomorrow", "tomorrow_known", "level", "rank", "percentile", "windows"):
            getattr(outlook, asked)
        revisions.look(to_buy(steps), NOW + timedelta(seconds=1))
        took.append(1000 * (time.perf_counter() - begun))
    took.sort()
    print(
        f"{pushes} pushes of {len(steps)} steps: median {took[pushes // 2]:.2f} ms, "
        f"p99 {took[pushes * 99 // 100]:.2f} ms, max {took[-1]:.2f} ms"
    )


if __name__ == "__main__":
    main()
