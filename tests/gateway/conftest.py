"""What the tests of the core share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway.bench import Bench


@pytest.fixture
async def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / "ledger.db")
    await made.connect()
    yield made
    made.ledger.close()
