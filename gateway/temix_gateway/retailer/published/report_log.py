"""What was reported to a service, on disk: so that nothing is reported twice, restart or not."""

from pathlib import Path
from typing import Final

import msgspec
import structlog
from msgspec import Struct
from temix_market.deliveries import FINAL_AFTER
from temix_market.instants import Instant

from temix_gateway.retailer.published.store import replace

_LOG: Final = structlog.get_logger(__name__)


class Value(Struct, frozen=True, array_like=True):
    """What was drawn in an interval (Wh), by the event's number of it."""

    number: int
    drawn: int
    estimated: bool


class Sent(Struct, frozen=True):
    """A report: with which values it was sent, its ``id`` at the service, and what became of it.

    Neither ``taken`` nor ``refused``: no answer came.
    """

    event: str
    name: str
    until: int
    values: tuple[Value, ...]
    id: str = ""
    taken: bool = False
    refused: bool = False


class _Kept(Struct, frozen=True):
    receiver: str
    sent: tuple[Sent, ...] = ()


class ReportLog:
    """One file. Without it everything that is still asked for is told again."""

    def __init__(self, path: Path) -> None:
        """Keep in the file at ``path``."""
        self._path = path
        self._receiver = ""
        self._sent: dict[tuple[str, str], Sent] = {}

    def open(self, receiver: str, now: Instant) -> None:
        """Take up what was reported to ``receiver`` (blocking), but for what is final."""
        if self._receiver != receiver:
            self._receiver = receiver
            self._sent = {(each.event, each.name): each for each in self._read()}
        self._sent = {key: each for key, each in self._sent.items() if now < each.until + FINAL_AFTER}

    def known(self, event: str, name: str) -> Sent | None:
        """A report, if it was ever sent."""
        return self._sent.get((event, name))

    def keep(self, sent: Sent) -> None:
        """Remember (blocking).

        Raises:
            OSError: it is remembered until a restart only.
        """
        self._sent[sent.event, sent.name] = sent
        replace(self._path, msgspec.json.encode(_Kept(self._receiver, tuple(self._sent.values()))))

    def _read(self) -> tuple[Sent, ...]:
        try:
            kept = msgspec.json.decode(self._path.read_bytes(), type=_Kept)
        except FileNotFoundError:
            return ()
        except (OSError, ValueError) as error:
            _LOG.warning("what was reported cannot be read", path=str(self._path), reason=str(error))
            return ()
        return kept.sent if kept.receiver == self._receiver else ()
