"""A home's ledger after years: `benchmarks/ledger_years.py [--years 10] [--trades 80] [--every 1]`.

Every record that a home makes is written by the ledger itself, as fast as the machine does: each 5 minutes
two publications, two spots, the home's reading and the retailer's, two settlements and their repetition;
each hour a subscription; each day so many trades with signed orders and receipts. Months are archived as they
come due. It says how the live file grows, how long a start and a whole verification take, the archives' size.

The live file holds 14 months at most. With `--every 28` all days of the last 15 months are written, but of
those before, which lie in archives in the end, every 28th: ten years take far less time, and the
live file is as large. `--folder` keeps the files.
"""

import argparse
import asyncio
import platform
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from msgspec import Struct
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.ledger.segments import sealed
from temix_gateway.ledger.verify import verify
from temix_gateway.ledger.writer import InlineWriter
from temix_market.calendar import local_day
from temix_market.deliveries import Delivery
from temix_market.instants import FIVE_MINUTES, HOUR, Duration, Instant
from temix_market.intervals import Interval
from temix_market.ports import Booked, Place, ToldReadings, ToldSubscription
from temix_market.products import Instrument, Resource, Side
from temix_market.settlement import Spot, settle
from temix_market.tenders import PartyId, Publication, TenderId
from temix_market.transactions import Kind, Leg, Order, Pair, PairKey
from temix_market.units import Energy, Price
from temix_market.wire.codec import order_payload, readings_payload, subscription_payload
from temix_market.wire.keys import SigningKey, uuid7
from temix_market.wire.response import EiResponse
from temix_market.wire.seal import envelope, sign
from temix_market.wire.transaction import EiCreatedTransaction

ZONE = ZoneInfo("America/Chicago")
HOME, LSE, DO = (PartyId(name) for name in ("home-1", "lse", "do"))
DAY = Duration(24 * HOUR)
NOTHING = "e30.e30.e30"
"""Signed tenders without any: the history is another file."""
LAST = 457
"""Days that the live file may hold, and some."""
READ_AFTER = Duration(9 * DAY)
"""Since a day's beginning, when the retailer's readings of it come: it is settled again, finally."""


class Clock:
    """A clock that stands where it is put."""

    def __init__(self, at: Instant) -> None:
        self.at = at

    def now(self) -> Instant:
        """Wall time."""
        return self.at

    def monotonic(self) -> Duration:
        """The same, as a duration."""
        return Duration(self.at)


class Household:
    """What a home puts into its ledger, day by day, drawn from a seed."""

    def __init__(self, ledger: Ledger, clock: Clock, trades: int, seed: int = 1) -> None:
        self._ledger, self._clock, self._trades = ledger, clock, trades
        self._random = Random(seed)  # noqa: S311 - made records, no secret
        self._keys = {party: SigningKey.from_seed(party.encode().ljust(32)) for party in (HOME, LSE, DO)}
        self._unread: list[tuple[Instant, list[Delivery], list[Pair], list[Spot]]] = []
        """Days whose readings by the retailer are to come, and when."""

    async def _subscribe(self, at: Instant, pairs: list[Pair]) -> None:
        place, signed = self._told(at, subscription_payload(pairs))
        await self._ledger.take(ToldSubscription(place, tuple(pairs), signed))

    async def _read(self, at: Instant, steps: list[Delivery]) -> None:
        place, signed = self._told(at, readings_payload(HOME, steps))
        await self._ledger.take(ToldReadings(place, tuple(steps), at, ZONE.key, signed))

    def _told(self, at: Instant, body: Struct) -> tuple[Place, str]:
        """The next message of the load-serving entity."""
        last = self._ledger.heads.messages
        message = envelope(
            body,
            issuer=LSE,
            audience=HOME,
            message_id=uuid7(at, self._random.randbytes(10)),
            issued_at=at,
            sequence=last.sequence + 1,
            previous=bytes.fromhex(last.head),
        )
        return Place(last.sequence + 1, last.head), sign(message, self._keys[LSE])

    async def day(self, day: Interval) -> None:
        """A day's records, in few commits: what is measured is the file, not the disk."""
        while self._unread and self._unread[0][0] <= day.start:
            self._clock.at, readings, pairs, frozen = self._unread.pop(0)
            await self._read(self._clock.at, readings)
            await self._settle(readings, pairs, frozen)
        self._clock.at = day.start
        steps = list(day.split(FIVE_MINUTES))
        subscribed = [self._pair(hour, Kind.SUBSCRIPTION, "subscription") for hour in day.split(HOUR)]
        await self._subscribe(day.start, subscribed)
        traded = [await self._trade(self._random.choice(steps)) for _ in range(self._trades)]
        for step in steps:
            self._clock.at = step.start
            for author in (LSE, DO):
                number = step.start // FIVE_MINUTES
                await self._ledger.file_publication(Publication(author, number, step.start, ()), NOTHING)
        spots = [Spot(who, step, self._price(), self._price(low=True)) for step in steps for who in (LSE, DO)]
        await self._ledger.freeze(spots)
        read = [Delivery(step, Energy(self._random.randrange(-400, 900))) for step in steps]
        await self._ledger.deliver(read)
        await self._settle(read, [*subscribed, *traded], spots)
        final = [
            Delivery(one.interval, Energy(one.energy + (number % 7 == 0))) for number, one in enumerate(read)
        ]
        read_at = Instant(day.start + READ_AFTER)
        self._unread.append((read_at, final, [*subscribed, *traded], spots))

    async def _settle(self, read: list[Delivery], pairs: list[Pair], spots: list[Spot]) -> None:
        by_start: dict[Instant, list[Spot]] = {}
        for spot in spots:
            by_start.setdefault(spot.interval.start, []).append(spot)
        enclosing = [
            [pair for pair in pairs if pair.interval.start <= one.interval.start < pair.interval.end]
            for one in read
        ]
        await self._ledger.settle(
            [
                settle(one, held, by_start[one.interval.start])
                for one, held in zip(read, enclosing, strict=True)
            ]
        )

    async def _trade(self, step: Interval) -> Pair:
        hour = Interval(Instant(step.start - step.start % HOUR), HOUR)
        pair = self._pair(hour, Kind.TRADE, "5418281/27093420-60/SELL")

        def seal(order: Order, sequence: int, before: str) -> str:
            return sign(
                envelope(
                    order_payload(order),
                    issuer=HOME,
                    audience="market",
                    message_id=order.pair.key,
                    issued_at=self._clock.at,
                    sequence=sequence,
                    previous=bytes.fromhex(before),
                ),
                self._keys[HOME],
            )

        await self._ledger.place(Order(pair, Instant(self._clock.at + 60_000)), seal)
        last = self._ledger.heads.messages
        place = Place(last.sequence + 1, last.head)
        receipts = self._receipt(LSE, pair.key, place), self._receipt(DO, pair.key, place)
        await self._ledger.resolve(Booked(pair.key, receipts, place))
        return pair

    def _receipt(self, party: PartyId, key: PairKey, place: Place) -> str:
        response = EiResponse(
            response_code=200,
            ref_id=key,
            response_description="booked 384 Wh in 2026-07-06T21:00:00Z/PT1H",
            created_date_time="2026-07-05T11:25:02.950Z",
        )
        body = EiCreatedTransaction(
            party_id=party, counter_party_id=HOME, transaction_id=key, response=response
        )
        message = envelope(
            body,
            issuer=party,
            audience=HOME,
            message_id=uuid7(self._clock.at, self._random.randbytes(10)),
            issued_at=self._clock.at,
            sequence=place.sequence,
            previous=bytes.fromhex(place.before),
        )
        return sign(message, self._keys[party])

    def _pair(self, hour: Interval, kind: Kind, tender: str) -> Pair:
        quantity = Energy(12 * self._random.randrange(1, 60))

        def leg(author: PartyId, resource: Resource) -> Leg:
            instrument = Instrument(hour.start, hour.duration, resource)
            return Leg(TenderId(f"{author}/{tender}"), author, instrument, Side.SELL, self._price(), quantity)

        key = PairKey(uuid7(self._clock.at, self._random.randbytes(10)))
        return Pair(key, HOME, leg(LSE, Resource.ENERGY), leg(DO, Resource.TRANSPORT), kind)

    def _price(self, *, low: bool = False) -> Price:
        return Price(
            self._random.randrange(20_000, 60_000) if low else self._random.randrange(60_000, 200_000)
        )


async def live(folder: Path, years: float, trades: int, every: int = 1) -> dict[str, float]:
    """Write so many years, of the early ones every so manyth day, and measure: figures by their name."""
    first = datetime(2026, 11, 1, tzinfo=UTC).date()
    count = int(years * 365.25)
    written = [number for number in range(count) if number % every == 0 or number >= count - LAST]
    days = [local_day(ZONE, first + timedelta(days=number)) for number in written]
    clock = Clock(days[0].start)
    path = folder / "ledger.db"
    ledger = Ledger(path, clock, InlineWriter())
    ledger._db.execute("PRAGMA synchronous = OFF")  # noqa: SLF001 - the file is measured, not the disk
    ledger._history.keep = lambda *_: None  # type: ignore[method-assign] # noqa: SLF001 - another file
    home, biggest, longest = Household(ledger, clock, trades), 0, 0.0
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("days", total=len(days))
        for number, day in enumerate(days, 1):
            await home.day(day)
            began = time.perf_counter()
            if await ledger.archive(ZONE):
                longest = max(longest, time.perf_counter() - began)
                ledger._db.execute("PRAGMA synchronous = OFF")  # noqa: SLF001
            biggest = max(biggest, path.stat().st_size)
            progress.update(task, completed=number)
    records = ledger.head.sequence
    (oldest,) = ledger._db.execute("SELECT min(published_at) FROM publications").fetchone()  # noqa: SLF001
    live_days = (clock.at - oldest) // DAY + 1
    ledger.close()
    began = time.perf_counter()
    again = Ledger(path, clock, InlineWriter())
    start_s = time.perf_counter() - began
    assert not again.fault, again.fault
    again.close()
    began = time.perf_counter()
    verdict = verify(path, {party: key.public for party, key in home._keys.items()})  # noqa: SLF001
    verify_s = time.perf_counter() - began
    assert not verdict.fault, verdict.fault
    archives = sum(archive.path.stat().st_size for archive in sealed(path))
    return {
        "days written": len(days),
        "trades a day": trades,
        "records": records,
        "days in the live file": live_days,
        "bytes a day": path.stat().st_size / live_days,
        "live file at most, MB": biggest / 1e6,
        "live file at the end, MB": path.stat().st_size / 1e6,
        "archives": verdict.archives,
        "all archives, MB": archives / 1e6,
        "longest archiving, s": longest,
        "start (ledger), s": start_s,
        "verify all with signatures, s": verify_s,
        "signatures": verdict.signatures,
    }


def tell(figures: dict[str, float]) -> None:
    """Print them, with machine and date."""
    table = Table(title=f"{platform.machine()}, {datetime.now(tz=UTC):%Y-%m-%d}")
    table.add_column("what")
    table.add_column("figure", justify="right")
    for name, figure in figures.items():
        table.add_row(name, f"{figure:,}" if isinstance(figure, int) else f"{figure:,.2f}")
    Console().print(table)


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--years", type=float, default=10.0)
    parser.add_argument("--trades", type=int, default=80)
    parser.add_argument("--every", type=int, default=1, help="of early days, every so manyth")
    parser.add_argument("--folder", type=Path, help="where the files are left; else they are removed")
    asked = parser.parse_args()
    if asked.folder is not None:
        asked.folder.mkdir(parents=True, exist_ok=True)
        tell(asyncio.run(live(asked.folder, asked.years, asked.trades, asked.every)))
        return
    with tempfile.TemporaryDirectory() as folder:
        tell(asyncio.run(live(Path(folder), asked.years, asked.trades, asked.every)))


if __name__ == "__main__":
    main()
