"""Tender history: exactly what was signed, for 30 days."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from temix_gateway.ledger.history import KEPT, TenderHistory
from temix_market.instants import FIVE_MINUTES, HOUR, Instant
from temix_market.wire.codec import publication_payload
from temix_market.wire.keys import SigningKey, uuid7
from temix_market.wire.seal import envelope, sign

from tests.gateway.market import DO, LSE, NOW, publication, tender

KEY = SigningKey.from_seed(b"e" * 32)


def signed(sequence: int) -> str:
    made = publication(LSE, sequence, tender(LSE, NOW + HOUR), at=NOW)
    message = envelope(
        publication_payload(made),
        issuer=LSE,
        audience="market",
        message_id=uuid7(NOW, bytes(10)),
        issued_at=NOW,
        sequence=sequence,
    )
    return sign(message, KEY)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tenders.db"


@pytest.fixture
def history(path: Path) -> Iterator[TenderHistory]:
    with closing(TenderHistory(path)) as opened:
        yield opened


def test_it_gives_back_exactly_what_was_signed(history: TenderHistory, path: Path) -> None:
    for sequence in (1, 2):
        history.keep(publication(LSE, sequence), signed(sequence))
    history.keep(publication(LSE, 2), signed(2))
    assert history.signed(LSE, NOW) == [signed(1), signed(2)]
    assert history.signed(DO, NOW) == []
    assert path.stat().st_mode & 0o077 == 0


def test_it_forgets_after_thirty_days(history: TenderHistory) -> None:
    for sequence, at in enumerate((NOW, NOW + FIVE_MINUTES, NOW + FIVE_MINUTES + KEPT), 1):
        history.keep(publication(LSE, sequence, at=at), signed(sequence))
    assert history.signed(LSE, NOW) == [signed(2), signed(3)]


def test_what_is_old_is_found_without_looking_through_the_month(history: TenderHistory, path: Path) -> None:
    """Else each publication costs more than the one before it, until thirty days are full."""

    def work(sequence: int) -> int:
        made = publication(LSE, sequence, at=Instant(NOW + sequence * FIVE_MINUTES))
        counted: list[None] = []
        history._db.set_progress_handler(lambda: counted.append(None), 1)
        history.keep(made, signed(sequence))
        history._db.set_progress_handler(None, 1)
        return len(counted)

    steps = [work(sequence) for sequence in range(1, 300)]
    assert steps[-1] < steps[0] + 20


def test_a_damaged_file_is_moved_aside(path: Path) -> None:
    path.write_bytes(b"holiday pictures" * 100)
    with closing(TenderHistory(path)) as history:
        history.keep(publication(LSE, 1), signed(1))
        assert history.signed(LSE, NOW) == [signed(1)]
    assert path.with_suffix(".damaged").exists()
