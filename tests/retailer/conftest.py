"""A circuit with two parties, a clock that is set by hand, and a voice that needs no keys."""

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from temix_market.deliveries import Delivery
from temix_market.home_tenders import Acceptance, Ending
from temix_market.instants import Duration, Instant, parse_instant
from temix_market.tenders import PartyId
from temix_market.transactions import Pair
from temix_retailer.book import Book
from temix_retailer.outcome import Outcome, Place
from temix_retailer.prices import load_wholesale
from temix_retailer.publications import Circuit
from temix_retailer.store import Store, open_store

START = parse_instant("2026-11-24T18:00:00Z")
HOME = PartyId("home-1")


class HandClock:
    """Stands still until it is set."""

    def __init__(self, instant: Instant = START) -> None:
        self.instant = instant

    def now(self) -> Instant:
        """Read it."""
        return self.instant

    def monotonic(self) -> Duration:
        """Read it as a duration."""
        return Duration(self.instant)

    def pass_by(self, duration: int) -> None:
        """Let time pass."""
        self.instant = Instant(self.instant + duration)


class PlainVoice:
    """Says in plain text what would be signed; like a signature with a time in it, no two are alike."""

    def __init__(self) -> None:
        self.said = 0

    def answer(self, home: PartyId, outcome: Outcome, place: Place) -> tuple[str, str]:
        """Answer for both."""
        self.said += 1
        text = f"{home} {outcome.key} {outcome.code} {place.sequence} {self.said}"
        return f"lse: {text}", f"do: {text}"

    def subscription(self, home: PartyId, pairs: Sequence[Pair], place: Place) -> str:
        """Tell of booked hours."""
        return f"lse: {home} {len(pairs)} {place.sequence}"

    def readings(self, home: PartyId, readings: Sequence[Delivery], place: Place) -> str:
        """Tell of readings."""
        return f"lse: {home} {len(readings)} readings {place.sequence}"

    def acceptance(self, home: PartyId, acceptance: Acceptance, place: Place) -> tuple[str, str]:
        """Tell of an acceptance."""
        text = f"{home} {acceptance.pair.key} accepted {place.sequence}"
        return f"lse: {text}", f"do: {text}"

    def ending(self, home: PartyId, ending: Ending, place: Place) -> str:
        """Tell of an end."""
        return f"lse: {home} {ending.tender} {ending.how.value} {place.sequence}"

    def link(self, previous: str, messages: Sequence[str]) -> str:
        """Hash both."""
        return sha256("\n".join((previous, *messages)).encode()).hexdigest()


@pytest.fixture(scope="session")
def circuit() -> Circuit:
    return Circuit(PartyId("lse"), PartyId("do"), load_wholesale(ZoneInfo("America/Chicago")), seed=7)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


type Reopen = Callable[[], Store]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "retailer" / "book.db"


@pytest.fixture
def reopen(path: Path) -> Iterator[Reopen]:
    """Open the book's file, as a process does that starts after the last one ended."""
    opened: list[Store] = []

    def again() -> Store:
        for store in opened:
            store.close()
        opened.append(open_store(path))
        return opened[-1]

    yield again
    for store in opened:
        store.close()


@pytest.fixture
def store(reopen: Reopen) -> Store:
    return reopen()


@pytest.fixture
def book(store: Store, circuit: Circuit, clock: HandClock) -> Book:
    """An open book on a real file, with the first publication in force."""
    book = Book(store, circuit, clock, PlainVoice())
    assert book.issue(clock.now()) is not None
    return book
