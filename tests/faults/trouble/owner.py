"""The owner: backs the ledger up, puts an old backup back, and resynchronises it when the gateway says so."""

import asyncio
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Final, Literal

from temix_gateway.ledger.backup import backup, restore
from temix_gateway.ledger.inbox import RESYNC

from tests.faults.trouble.machines import LEDGER

if TYPE_CHECKING:
    from tests.faults.trouble.run import Run

type PutBack = Literal["", "restored", "copied"]
"""By the command, which records it, or by hand, which does not."""

_COPY: Final = "copy.db"


def back_up(run: Run) -> None:
    """Make a backup of a running gateway's ledger, and take it elsewhere."""
    copy = run.gateway_machine.record.folder / _COPY
    backup(copy.with_name(LEDGER), copy)
    run.backup = copy.read_bytes()
    with closing(sqlite3.connect(f"file:{copy}?immutable=1", uri=True)) as connection:
        run.orders_in_backup = {key for (key,) in connection.execute("SELECT key FROM orders")}
    copy.unlink()
    run.counts["backup made"] += 1


def put_back(run: Run, how: PutBack) -> None:
    """Put the last backup back while no gateway runs."""
    record = run.gateway_machine.record
    path, copy = record.folder / LEDGER, record.folder / _COPY
    if how == "restored":
        copy.write_bytes(run.backup)
        restore(copy, path, run.gateway_machine.clock.now())
    for left in record.folder.iterdir():
        if left != path or how == "copied":
            left.unlink()
    if how == "copied":
        path.write_bytes(run.backup)
    record.begin()
    run.puts_back, run.seen.behind = "", True if how == "restored" else None
    run.by_hand = how != "restored"
    run.acknowledged["gateway"] = 0
    run.counts[f"backup {how}"] += 1


async def owner(run: Run) -> None:
    """Look at the gateway now and then, and do what it says."""
    while True:
        await asyncio.sleep(5 if run.quiet else run.chance.uniform(20, 200))
        core, machine = run.gateway.core, run.gateway_machine
        if machine.running and core is not None and any(RESYNC in reason for reason in core.locked()):
            run.resynchronises = True
            machine.die(power=True)
