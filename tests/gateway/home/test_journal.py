"""The security log: kept over restarts, for the owner's eyes, and not to be washed out by who is refused."""

from pathlib import Path

import pytest
from temix_gateway.home.journal import KEPT, REFUSALS, REFUSALS_A_MINUTE, Entry, Journal

MINUTE = 60_000


class Clock:
    """Milliseconds since 1970, as a test has them."""

    at = 0

    def __call__(self) -> int:
        """Read it."""
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "security-log.jsonl"


def test_it_is_kept_over_a_restart_for_nobody_else_to_read(path: Path, clock: Clock) -> None:
    journal = Journal(path, clock)
    journal.note("paired", "Kitchen", role="viewer")
    clock.at = 7
    journal.note("revoked", "Kitchen")
    noted = (Entry(7, "revoked", "Kitchen"), Entry(0, "paired", "Kitchen", {"role": "viewer"}))
    assert journal.entries() == Journal(path, clock).entries() == noted
    assert path.stat().st_mode & 0o077 == 0


def test_a_power_cut_amid_a_line_loses_that_line_alone(path: Path, clock: Clock) -> None:
    Journal(path, clock).note("paired", "Kitchen")
    with path.open("ab") as file:
        file.write(b'{"at":1,"wh')
    assert [entry.what for entry in Journal(path, clock).entries()] == ["paired"]


def test_the_newest_are_kept_and_the_file_stays_small(path: Path, clock: Clock) -> None:
    journal = Journal(path, clock)
    for number in range(3 * KEPT):
        journal.note("set_mode", str(number))
    assert [entry.who for entry in journal.entries()] == [
        str(number) for number in reversed(range(2 * KEPT, 3 * KEPT))
    ]
    assert len(path.read_bytes().splitlines()) <= 2 * KEPT
    assert Journal(path, clock).entries() == journal.entries()


@pytest.mark.parametrize("what", ["token_refused", "pairing_refused", "sign_in_refused", "refused"])
def test_who_is_refused_for_ever_washes_nothing_out(path: Path, clock: Clock, what: str) -> None:
    journal = Journal(path, clock)
    for number in range(KEPT - REFUSALS):
        journal.note("set_mode", str(number))
    for minute in range(2 * KEPT // REFUSALS_A_MINUTE):
        clock.at = minute * MINUTE
        for number in range(3 * REFUSALS_A_MINUTE):
            journal.note(what, f"a stranger {minute} {number}")
    kept = [entry.what for entry in journal.entries()]
    assert (kept.count("set_mode"), kept.count(what)) == (KEPT - REFUSALS, REFUSALS)
    assert Journal(path, clock).entries() == journal.entries()


def test_so_many_refusals_a_minute_reach_the_disk(path: Path, clock: Clock) -> None:
    journal = Journal(path, clock)
    for number in range(1_000):
        journal.note("token_refused", str(number))
    assert len(path.read_bytes().splitlines()) == REFUSALS_A_MINUTE
    clock.at = MINUTE
    journal.note("token_refused", "later")
    assert journal.entries()[0].who == "later"
