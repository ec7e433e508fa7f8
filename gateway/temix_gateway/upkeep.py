"""What goes on beside the trade: old months are archived, the service manager is told how things stand."""

import asyncio
from collections.abc import Callable
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from temix_gateway.errors import LedgerError
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.notify import Notifier
from temix_gateway.pulse import EVERY_S as BEAT_EVERY_S
from temix_gateway.pulse import Pulse

EVERY_S: Final = 24 * 3600.0

_LOG: Final = structlog.get_logger(__name__)


async def keep_up(ledger: Ledger, zone: Callable[[], ZoneInfo]) -> None:
    """Move old months to an archive, at the start and every day, until cancelled."""
    while True:
        try:
            file = await ledger.archive(zone())
            if file:
                _LOG.info("old months archived", file=file)
        except LedgerError as error:
            _LOG.warning("old months not archived", reason=str(error))
        await asyncio.sleep(EVERY_S)


async def show_life(pulse: Pulse, manager: Notifier, locked: Callable[[], list[str]]) -> None:
    """Tell the service manager that this process lives, while it does, and what stands in trade's way."""
    told = ""

    def beat() -> None:
        nonlocal told
        if manager.watchdog_s:
            manager.tell(watchdog=1)
        status = "; ".join(locked()) or "trading is possible"
        if status != told:
            manager.tell(status=status.replace("\n", " "))
            told = status

    every_s = min(BEAT_EVERY_S, manager.watchdog_s / 3) if manager.watchdog_s else BEAT_EVERY_S
    await pulse.run(beat, every_s)
