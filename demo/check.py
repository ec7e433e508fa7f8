"""``script/demo --check``: what must be true of everything running, and a table of it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Final

from rich.console import Console
from rich.table import Table
from temix_market.instants import FIVE_MINUTES, HOUR, Instant, iso, to_datetime
from temix_market.intervals import enclosing

from demo import evidence
from demo.evidence import Look
from demo.gateway import trading_paused
from demo.log import trouble
from demo.responses import RESPONSES
from demo.running import HOME, Demo

WITHIN_S: Final = 120.0
"""For everything after the start."""

LEAST_PAIRS: Final = 5
WISHES: Final = (60, 20)
"""Percent of the battery that are kept for bad days, in turn: another reserve is another plan."""
PATIENCE_S: Final = 10.0
"""Within which a wish is planned for and traded."""

VALUES: Final = {
    "buy price": "sensor.electricity_prices_buy_price",
    "sell price": "sensor.electricity_prices_sell_price",
    "position": "sensor.account_position",
}
"""Entities of the integration that must have a number."""

STATISTICS: Final = (
    "sensor.electricity_prices_buy_price",
    "sensor.grid_meter_import",
    "sensor.thermostat_outdoor",
)

BY_PLAN: Final = frozenset(
    {"runs", "waits", "not_yet", "charges", "gives", "holds", "done", "finished", "rests"}
)
"""Reasons of a response that follows the plan; one that ``rests`` has just changed by it."""

PAST_HOURS: Final = 14 * 24


@dataclass(frozen=True, slots=True)
class Finding:
    """One piece of evidence: what was looked for, what was found, and whether that is right."""

    what: str
    found: str
    ok: bool


async def check(demo: Demo) -> Sequence[Finding]:
    """Wait for values and pairs, pause trading, compare."""
    findings = [*await values(demo), await past(demo), await led(demo)]
    await traded(demo)
    return [*findings, *await agreement(demo)]


def report(findings: Sequence[Finding], console: Console) -> bool:
    """Print a table of what was found and say whether all is well."""
    table = Table("evidence", "found", "")
    for finding in findings:
        table.add_row(finding.what, finding.found, "[green]ok[/]" if finding.ok else "[bold red]FAILED[/]")
    console.print(table)
    return all(finding.ok for finding in findings)


def quiet(demo: Demo) -> Finding:
    """Home Assistant's log names the integration in no warning and no error, from its start to its end."""
    found = [record for record in trouble(demo.log("home-assistant")) if "temix" in record.lower()]
    return Finding("warnings and errors about temix", "\n".join(found) or "none", ok=not found)


async def values(demo: Demo) -> Sequence[Finding]:
    """Prices and position have values in Home Assistant."""

    async def look() -> dict[str, str]:
        states = await demo.home_assistant.states()
        return {name: states[id_]["state"] if id_ in states else "missing" for name, id_ in VALUES.items()}

    seen = await until(look, lambda seen: all(map(_is_number, seen.values())))
    return [Finding(f"{name} in Home Assistant", seen[name], ok=_is_number(seen[name])) for name in VALUES]


async def past(demo: Demo) -> Finding:
    """Every hour of two weeks is among Home Assistant's statistics; the last to be imported is asked, too."""
    since = to_datetime(Instant(demo.now() - 15 * 24 * HOUR))

    async def look() -> int:
        found = await demo.home_assistant.command(
            "recorder/statistics_during_period",
            start_time=since.isoformat(),
            statistic_ids=list(STATISTICS),
            period="hour",
            types=["sum", "mean"],
        )
        return min(len(found.get(name, [])) for name in STATISTICS)

    hours = await until(look, lambda hours: hours >= PAST_HOURS)
    return Finding("hours of statistics", str(hours), ok=hours >= PAST_HOURS)


async def led(demo: Demo) -> Finding:
    """Every price response follows the gateway's plan, or has nothing to do."""
    names = [each["name"].lower().replace(" ", "_") for each in RESPONSES.values()]
    reasons = [f"sensor.{name}_why" for name in names]

    async def look() -> dict[str, str]:
        states = await demo.home_assistant.states()
        return {name: states[name]["state"] if name in states else "missing" for name in reasons}

    def by_plan(seen: dict[str, str]) -> bool:
        return set(seen.values()) <= BY_PLAN

    seen = await until(look, by_plan)
    return Finding("price responses", ", ".join(seen.values()), ok=by_plan(seen))


async def traded(demo: Demo, least: int = LEAST_PAIRS) -> None:
    """Wait until enough pairs were traded, as the retailer has it."""

    async def look() -> int:
        return await asyncio.to_thread(lambda: evidence.book(demo.book, HOME).trades)

    await until(look, lambda trades: trades >= least)


async def while_wishing[T](demo: Demo, look: Callable[[], Awaitable[T]], good: Callable[[T], bool]) -> T:
    """Look until it is good, wishing for another reserve of the battery meanwhile; returns the last look."""
    wishes = cycle(WISHES)
    end = asyncio.get_running_loop().time() + WITHIN_S
    while not good(seen := await until(look, good, PATIENCE_S)) and asyncio.get_running_loop().time() < end:
        await demo.home_assistant.action(
            "number.set_value", entity_id="number.battery_target", value=next(wishes)
        )
    return seen


async def agreement(demo: Demo, least: int = LEAST_PAIRS) -> Sequence[Finding]:
    """While trading pauses, book, ledger and Home Assistant hold the same in each interval, at one head."""

    async def look() -> tuple[Look, Look, Look]:
        shown = await evidence.shown(demo.home_assistant)
        ledger = await asyncio.to_thread(evidence.ledger, demo.ledger)
        book = await asyncio.to_thread(evidence.book, demo.book, HOME)
        return book, ledger, shown

    def settled(looks: tuple[Look, Look, Look]) -> bool:
        book, ledger, shown = looks
        return ledger.head == shown.head and ledger.trades == book.trades

    async with trading_paused(demo):
        book, ledger, shown = await until(look, settled)
    since = enclosing(demo.now(), FIVE_MINUTES).start
    return [
        Finding("pairs in the retailer's book", str(book.trades), ok=book.trades >= least),
        Finding("pairs in the gateway's ledger", str(ledger.trades), ok=ledger.trades == book.trades),
        Finding("ledger head in Home Assistant", shown.head[:16], ok=shown.head == ledger.head),
        _compare("book and ledger", book, ledger, since),
        _compare("Home Assistant and ledger", shown, ledger, since),
    ]


async def until[T](
    look: Callable[[], Awaitable[T]], good: Callable[[T], bool], within_s: float = WITHIN_S
) -> T:
    """Look until it is good, or for as long as it may take; returns the last look."""
    end = asyncio.get_running_loop().time() + within_s
    while not good(seen := await look()) and asyncio.get_running_loop().time() < end:  # noqa: ASYNC110
        await asyncio.sleep(0.5)
    return seen


def _compare(what: str, look: Look, ledger: Look, since: Instant) -> Finding:
    differ = evidence.differences(look, ledger, since)
    if differ:
        return Finding(what, f"{len(differ)} intervals differ, the first is {iso(differ[0])}", ok=False)
    held = sum(start >= since for start in ledger.curve)
    return Finding(what, f"same in all {held} intervals", ok=held > 0)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
