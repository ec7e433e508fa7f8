"""Bounds of the local API."""

from collections.abc import Callable
from typing import Final

from temix_reception.reception import Bounds

MESSAGE_BYTES: Final = 64 * 1024
"""The longest message a client may send."""

QUEUED_MESSAGES: Final = 64
"""Messages waiting for one client; a client that is slower than this is let go."""

RECEPTION: Final = Bounds(connections=600, handshake_s=10.0, headers_s=10.0, close_s=2.0)
"""For clients, browsers and strangers together."""
CONNECTIONS_PER_CLIENT: Final = 32
"""Beyond them a client's oldest one ends, so that all clients together leave room for who comes."""

MESSAGES_A_SECOND: Final = 20
BURST: Final = 60

AUTHENTICATE_WITHIN_S: Final = 10.0
CLOSE_WITHIN_S: Final = RECEPTION.close_s
SILENT_S: Final = 20.0
"""A client silent this long is pinged; one that stays silent as long again is gone."""


class Bucket:
    """A token bucket: ``BURST`` messages at once, ``MESSAGES_A_SECOND`` in the long run."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """Start full; ``monotonic`` gives seconds."""
        self._monotonic = monotonic
        self._level = float(BURST)
        self._at = monotonic()

    def take(self) -> bool:
        """Whether one more message is within bounds."""
        now = self._monotonic()
        self._level = min(float(BURST), self._level + (now - self._at) * MESSAGES_A_SECOND)
        self._at = now
        if self._level < 1:
            return False
        self._level -= 1
        return True
