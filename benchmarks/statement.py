"""How long a statement of a whole month takes, and how much memory: each form, in a process of its own.

    .venv/bin/python benchmarks/statement.py [FOLDER]

Makes the ledger of October 2026 in Chicago (8,928 intervals of 5 minutes, a subscription, some 2,000 trades,
every interval settled but one hour) in FOLDER, or in one that is removed again, and reads it.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from math import cos, pi
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from temix_gateway.ledger.ledger import Ledger
from temix_gateway.ledger.writer import InlineWriter
from temix_market.deliveries import Delivery
from temix_market.instants import FIVE_MINUTES, HOUR, QUARTER, Duration, Instant
from temix_market.intervals import Interval, lot
from temix_market.ports import Place, ToldSubscription
from temix_market.positions import Positions
from temix_market.products import Instrument, Resource, Side
from temix_market.settlement import Spot, settle
from temix_market.statement import month
from temix_market.tenders import PartyId, TenderId
from temix_market.transactions import Kind, Leg, Pair, PairKey
from temix_market.units import Energy, Price

ZONE = ZoneInfo("America/Chicago")
OCTOBER = month(ZONE, 2026, 10)
CONFIG = """
[gateway]
time_zone = "America/Chicago"
[retailer]
url = "https://retailer.test"
client_id = "home-1"
client_secret_file = "secret"
[home]
party = "home-1"
[charges]
fixed_a_month = "4.95"
riders = { "universal service" = "0.0021" }
taxes = { "sales tax" = "8.25" }
[[tariff]]
name = "flat"
price = "0.1325"
export_credit = "0.03"
fixed_a_month = "9.95"
taxes = { "sales tax" = "8.25" }
[[tariff]]
name = "time of use"
price = "0.11"
fixed_a_month = "9.95"
taxes = { "sales tax" = "8.25" }
[[tariff.bands]]
name = "peak"
price = "0.24"
weekdays = [1, 2, 3, 4, 5]
from = "15:00"
until = "20:00"
"""


class StillClock:
    """The end of the month."""

    def now(self) -> Instant:
        """Wall time."""
        return OCTOBER.end

    def monotonic(self) -> Duration:
        """The same."""
        return Duration(OCTOBER.end)


def pairs(random: Random, days: Interval) -> Iterator[Pair]:
    """A subscription for each hour, and trades of hours and quarters."""
    for index, hour in enumerate(days.split(HOUR)):
        yield _pair(f"s{index}", hour, 60 + 20 * (index % 24 > 15), Kind.SUBSCRIPTION, 62_000, Side.SELL)
        for trade in range(random.randrange(6)):
            part = random.choice([hour, *hour.split(QUARTER)])
            side = random.choice([Side.SELL, Side.SELL, Side.BUY])
            price = random.randrange(20_000, 140_000)
            yield _pair(f"t{index}-{trade}", part, random.randrange(1, 30), Kind.TRADE, price, side)


def make_ledger(path: Path, seed: int = 1, days: int = 31) -> None:
    """Write the month's first days, each step as the gateway would."""
    random = Random(seed)  # noqa: S311 (a benchmark)
    ledger = Ledger(path, StillClock(), InlineWriter())
    asyncio.run(_fill(ledger, random, Interval(OCTOBER.start, Duration(days * 24 * HOUR))))
    ledger.close()


async def _fill(ledger: Ledger, random: Random, days: Interval) -> None:
    booked = list(pairs(random, days))
    last = ledger.heads.messages
    await ledger.take(ToldSubscription(Place(last.sequence + 1, last.head), tuple(booked), "benchmark"))
    positions = Positions(booked)
    spots, deliveries, settlements = [], [], []
    for index, step in enumerate(days.split(FIVE_MINUTES)):
        hour = (step.start - OCTOBER.start) / HOUR % 24
        level = round(55_000 + 40_000 * max(0.0, cos((hour - 18) * pi / 6)) + random.gauss(0, 6_000))
        each = [
            Spot(PartyId("lse"), step, Price(level), Price(level - 4_000)),
            Spot(PartyId("do"), step, Price(32_000), Price(-6_000)),
        ]
        sun = 350 * max(0.0, cos((hour - 13) * pi / 7)) * random.random()
        load = Energy(round(positions.at(step) * random.uniform(0.6, 1.5) - sun * (index % 2016 < 1400)))
        read = Delivery(step, load, estimated=index % 700 == 0)
        spots += each
        deliveries += [] if 3000 <= index < 3012 else [read]
        if not 3000 <= index < 3012:
            settlements.append(settle(read, positions.enclosing(step), each))
    await ledger.freeze(spots)
    await ledger.deliver(deliveries)
    await ledger.settle(settlements)


def _pair(  # noqa: PLR0913, PLR0917
    key: str, interval: Interval, lots: int, kind: Kind, price: int, side: Side
) -> Pair:
    quantity = Energy(lots * lot(interval.duration))

    def leg(resource: Resource, author: str, price: int) -> Leg:
        instrument = Instrument(interval.start, interval.duration, resource)
        tender = TenderId(f"{author}/{key}")
        return Leg(tender, PartyId(author), instrument, side, Price(price), quantity)

    transport = 32_000 if side is Side.SELL else -6_000
    energy = leg(Resource.ENERGY, "lse", price)
    return Pair(PairKey(key), PartyId("home-1"), energy, leg(Resource.TRANSPORT, "do", transport), kind)


def measure(config: Path, *arguments: str) -> tuple[float, float]:
    """Seconds, and the most memory (MB), of one command."""
    began = time.monotonic()
    program = str(Path(sys.executable).with_name("temix-gateway"))
    command = [program, "statement", "--config", str(config), *arguments]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed")
    return time.monotonic() - began, usage.ru_maxrss / 1024


def main(folder: Path) -> None:
    """Make the ledger where there is none, and measure each form."""
    config, ledger = folder / "temix-gateway.toml", folder / "data" / "ledger.db"
    config.write_text(CONFIG)
    if not ledger.exists():
        ledger.parent.mkdir(parents=True, exist_ok=True)
        began = time.monotonic()
        make_ledger(ledger)
        (ledger.parent / "terms.json").write_text('{"currency": "USD", "zone": "America/Chicago"}')
        print(f"ledger made in {time.monotonic() - began:.1f} s, {ledger.stat().st_size / 1e6:.1f} MB")
    for arguments in (["--table"], ["--json"], ["--csv", "--level", "interval"], ["--html", "month.html"]):
        place = [str(folder / "month.html") if text == "month.html" else text for text in arguments]
        seconds, memory = measure(config, "--month", "2026-10", *place)
        print(f"{' '.join(arguments):24} {seconds:6.2f} s {memory:6.1f} MB")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as made:
            main(Path(made))
