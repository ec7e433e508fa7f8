"""A home that tells a gateway what it used and expects to use, by the integration's client, in a process.

Arguments: the gateway's data folder, a token, when the readings begin (ms), and how many there are.
"""

import asyncio
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import aiohttp

from custom_components.temix.client import Client, Endpoint, GatewayState, Load, Reading, RunTime, probe

POWER: Final = 600
"""What the home draws by the report, W."""
PLAN_WITHIN_S: Final = 30
FIVE_MINUTES: Final = timedelta(minutes=5)


def used(number: int) -> int:
    """What the home drew in the readings' 5 minutes of that number, Wh."""
    return 40 + number


async def tell(data: Path, token: str, begin: datetime, count: int) -> None:
    """Tell it, and wait for the plan that is made of it."""
    async with aiohttp.ClientSession() as http:
        here = json.loads((data / "listening.json").read_text())
        hello, fingerprint = await probe(http, "127.0.0.1", here["port"])
        client = Client(http, Endpoint("127.0.0.1", here["port"], hello.gateway_id, fingerprint), token)
        now = datetime.now(UTC)
        planned = asyncio.Event()

        def look(state: GatewayState) -> None:
            if state.plan is not None and state.plan.made >= now:
                planned.set()

        await client.connect()
        listening = asyncio.create_task(client.listen(look))
        await client.report_readings(
            Reading(start=start, end=start + FIVE_MINUTES, energy=used(number))
            for number, start in enumerate(begin + number * FIVE_MINUTES for number in range(count))
        )
        pump = RunTime(id="pump", power=1_000, remaining=timedelta(0), finish_by=now + timedelta(hours=1))
        await client.report_home(now, [pump], [Load(start=now, end=now + timedelta(hours=12), power=POWER)])
        async with asyncio.timeout(PLAN_WITHIN_S):
            await planned.wait()
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


if __name__ == "__main__":
    folder, given, first, number_of = sys.argv[1:]
    start = datetime.fromtimestamp(int(first) / 1000, UTC)
    asyncio.run(tell(Path(folder), given, start, int(number_of)))
