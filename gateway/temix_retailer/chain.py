"""The chain of messages to each home: where the next one stands, and how it is written."""

from sqlite3 import Connection

from temix_market.instants import Instant
from temix_market.ports import Clock
from temix_market.tenders import PartyId

from temix_retailer.outcome import Place, Voice
from temix_retailer.records import History


class Chain:
    """What the retailer tells a home, in one numbered chain for each home, in the thread of its book."""

    def __init__(self, history: History, clock: Clock, voice: Voice) -> None:
        """Go on where ``history`` ends; ``voice`` signs."""
        self._history = history
        self._clock = clock
        self.voice = voice

    def now(self) -> Instant:
        """The retailer's clock."""
        return self._clock.now()

    def last(self, home: PartyId) -> Place:
        """How far the chain of messages to a home goes: the number and head of its last one, and now."""
        last = self._history.told(home)
        return Place(last.sequence, last.head, self._clock.now())

    def next(self, home: PartyId) -> Place:
        """Where its next message stands."""
        last = self.last(home)
        return Place(last.sequence + 1, last.previous, last.at)

    def add(
        self, rows: Connection, kind: str, home: PartyId, place: Place, messages: tuple[str, str]
    ) -> None:
        """Write a message, within the caller's transaction."""
        head = self.voice.link(place.previous, messages)
        rows.execute(
            "INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?)",
            (home, place.sequence, kind, *messages, head, place.at),
        )
