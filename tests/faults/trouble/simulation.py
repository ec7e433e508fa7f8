"""One run: a home trades for a while in trouble, then all is mended, and everything must settle."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

import structlog
from temix_gateway.core import Core
from temix_gateway.ledger.verify import verify
from temix_market.instants import MINUTE, SECOND, Duration, Instant

from tests.faults.recording import recording
from tests.faults.trouble.household import household
from tests.faults.trouble.invariants import BEFORE_THE_PAUSE, WHEN_QUIET
from tests.faults.trouble.machines import LEDGER
from tests.faults.trouble.meter import meter
from tests.faults.trouble.network import TroubleLoop
from tests.faults.trouble.owner import owner
from tests.faults.trouble.parties import KEYS
from tests.faults.trouble.run import Run, Violation
from tests.faults.trouble.seen import OPENED, Seen
from tests.faults.trouble.troubles import TROUBLES
from tests.faults.trouble.watching import watched

TROUBLED: Final = Duration(15 * MINUTE)
SETTLES_WITHIN: Final = Duration(5 * MINUTE)
"""After the link is up again for good."""
LINK_IS_BACK_WITHIN: Final = Duration(75 * MINUTE)
"""At most 12 connects an hour, and between them at most 15 minutes (``backoff.py``)."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a run came to; the same seed gives the same ``trace``."""

    seed: int
    trace: str
    counts: Counter[str]
    violation: Violation | None


async def direct(run: Run) -> None:
    """Let trouble come, mend everything, wait until all is quiet."""
    await run.begin(run.retailer_machine)
    await run.enrolling
    await run.begin(run.gateway_machine)
    people = [run.loop.create_task(work(run)) for work in (household, meter, owner)]
    weather, climate = run.loop.network.weather, run.climate
    await asyncio.sleep(run.chance.uniform(5, 120))
    weather.loss, weather.repeat, weather.delay = climate.loss, climate.repeat, climate.delay
    weather.slow_disk = climate.slow_disk
    ends = run.now_s + TROUBLED / SECOND
    while run.now_s < ends and run.violation is None:
        await asyncio.sleep(run.chance.expovariate(1 / climate.pause))
        trouble = run.chance.choice(climate.troubles)
        run.counts[trouble] += 1
        await TROUBLES[trouble](run)
    _mend(run)
    await _settle(run)
    for each in people:
        each.cancel()
    for machine in (run.gateway_machine, run.retailer_machine):
        if machine.running:
            assert machine.life is not None
            machine.life.alive = False
            await machine.life.reap()


def _mend(run: Run) -> None:
    run.quiet = True
    weather = run.loop.network.weather
    weather.loss = weather.repeat = weather.slow_disk = 0.0
    weather.delay, weather.apart = 0.05, frozenset()
    for machine in (run.gateway_machine, run.retailer_machine):
        machine.armed = ""
        machine.clock.offset = 0
    run.retailer.missing = run.retailer.refusing = 0.0
    if run.retailer.retailer is not None:
        run.retailer.retailer.missing = 0.0


async def _settle(run: Run) -> None:
    """Everything settles within five minutes of the moment from which the link stays up.

    In the last of them the owner pauses trading, so that there is an end.
    """
    mended = since = run.now_s
    while run.now_s - since < (SETTLES_WITHIN - MINUTE) / SECOND:
        await asyncio.sleep(10)
        since = run.now_s if run.connected_at is None else max(since, run.connected_at)
        if run.violation is not None:
            return
        if run.now_s - mended > LINK_IS_BACK_WITHIN / SECOND:
            run.violate("the_link_comes_back", f"it is not up again: {_why(run)}")
            return
    core, life = run.gateway.core, run.gateway_machine.life
    assert core is not None
    assert life is not None
    run.seen.paused_at = run.retailer_machine.clock.now()
    run.check(BEFORE_THE_PAUSE)
    life.begin(core.owner.pause_trading(True))
    await asyncio.sleep(MINUTE / SECOND)
    run.check(WHEN_QUIET)
    if reasons := [reason for reason in core.locked() if "valid price" not in reason]:
        run.violate("nothing_stands_in_the_way", f"trading is locked when all is quiet: {reasons}")
    if run.unread:
        run.violate("every_reading_is_taken", f"{len(run.unread)} are not when all is quiet")
    _compare_positions(run, core)
    run.counts["settled in 5 minutes after the last trouble"] += since - mended < MINUTE / SECOND


def _why(run: Run) -> str:
    core = run.gateway.core
    return "no core" if core is None else f"{core.contact.link.reason}"


def _compare_positions(run: Run, core: Core) -> None:
    held: Counter[int] = Counter()
    for booked in run.seen.book.booked.values():
        for step, quantity in booked.pair.steps():
            held[step.start] += quantity
    for start, quantity in held.items():
        mine = core.market.positions._sums.get(Instant(start), 0)
        if mine != quantity:
            what = f"at {start} it is {mine} in the gateway and {quantity} in the book"
            run.violate("both_hold_the_same_position", what)
            return
    mine_open = {each.tender.key: each.left for each in core.books.open}
    tenders = {key for key, decided in run.seen.book.decided.items() if decided.code == OPENED}
    if mine_open.keys() != tenders - run.seen.book.ended.keys():
        run.violate("both_hold_the_same_tenders", f"the gateway has in mind {mine_open}")


def simulate(seed: int, folder: Path) -> Result:
    """Go through one run."""
    chance = Random(f"loop {seed}")
    checkpoint = chance.choice((6, 20, 100, 1000))
    folders = [folder / side for side in ("gateway", "retailer")]
    for each in folders:
        each.mkdir()
    loop = TroubleLoop(chance)
    with (
        _silence(),
        recording(folders[0], checkpoint=checkpoint) as gateway,
        recording(folders[1], checkpoint=checkpoint) as retailer,
    ):
        run = Run(seed, loop, gateway, retailer)
        with watched(run), asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(direct(run))
        if run.violation is None:
            verdict = verify(folders[0] / LEDGER, KEYS)
            run.counts["settlements"] += verdict.settlements
            if verdict.fault:
                run.violate("the_ledger_verifies", verdict.fault)
    run.counts.update(loop.network.seen)
    run.counts.update(_outcomes(run.seen))
    run.trace.update(repr(sorted(run.counts.items())).encode())
    return Result(seed, run.trace.hexdigest(), run.counts, run.violation)


@contextmanager
def _silence() -> Iterator[None]:
    """Log nothing."""
    usual = structlog.get_config()
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    try:
        yield
    finally:
        structlog.configure(**usual)


def _outcomes(seen: Seen) -> Counter[str]:
    counts = Counter(told.outcome for told in seen.ledger.answers.values())
    counts["accepted"] = len(seen.book.parts)
    places = Counter(part.tender for part in seen.book.parts.values())
    counts["accepted in parts"] = sum(count > 1 for count in places.values())
    counts.update(how.lower() for how, _ in seen.book.ended.values())
    counts["trades"] = sum(key in seen.ledger.orders for key in seen.ledger.pairs)
    counts["subscribed"] = len(seen.ledger.pairs) - counts["trades"]
    counts["superseded"] = sum(decided.code == 409 for decided in seen.book.decided.values())
    counts["expired"] = sum(decided.code == 410 for decided in seen.book.decided.values())
    counts["key reused"] = seen.book.alarms
    counts["messages"] = len(seen.book.messages)
    return counts
