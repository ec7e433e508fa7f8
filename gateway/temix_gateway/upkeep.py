"""What the ledger needs from time to time, beside the trade."""

import asyncio
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from temix_gateway.errors import LedgerError
from temix_gateway.ledger.ledger import Ledger

EVERY_S: Final = 24 * 3600.0

_LOG: Final = structlog.get_logger(__name__)


async def keep_up(ledger: Ledger, zone: ZoneInfo) -> None:
    """Move old months to an archive, at the start and every day, until cancelled."""
    while True:
        try:
            file = await ledger.archive(zone)
            if file:
                _LOG.info("old months archived", file=file)
        except LedgerError as error:
            _LOG.warning("old months not archived", reason=str(error))
        await asyncio.sleep(EVERY_S)
