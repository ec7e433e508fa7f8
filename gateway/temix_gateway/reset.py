"""A lost installer is replaced by somebody at the box: with a file that only they can put there."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from temix_gateway.commissioning.commissioning import Commissioning
from temix_gateway.files import Files
from temix_gateway.home.errors import UnreadableStore
from temix_gateway.home.journal import Journal
from temix_gateway.home.passphrases import Passphrases
from temix_gateway.home.roles import Role

LOOK_EVERY_S: Final = 2.0

_LOG: Final = structlog.get_logger(__name__)


async def watch_for_reset(
    files: Files, commissioning: Commissioning, journal: Journal, done: Callable[[], None]
) -> None:
    """Look for the file, at the start and then every two seconds, until cancelled; ``done`` after each."""
    while True:
        if await asyncio.to_thread(files.reset.exists):
            await reset(files, commissioning, journal)
            done()
        await asyncio.sleep(LOOK_EVERY_S)


async def reset(files: Files, commissioning: Commissioning, journal: Journal) -> None:
    """Forget the installer's passphrase, and lock trading until there is a new record; the ledger stays.

    The file goes last: a reset that was interrupted is done again.
    """
    await asyncio.to_thread(_forget, files)
    await commissioning.reset()
    journal.note("reset")
    _LOG.warning("reset by somebody at the box: trading is locked until a new commissioning record")
    await asyncio.to_thread(files.reset.unlink, missing_ok=True)


def _forget(files: Files) -> None:
    try:
        Passphrases(files.passphrases).forget(Role.INSTALLER)
    except UnreadableStore:
        files.passphrases.unlink(
            missing_ok=True
        )  # nobody can sign in with it any more: everybody chooses anew
