"""The commands on a ledger file, run as they are installed."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.ledger.writer import InlineWriter

from tests.gateway.ledger.test_ledger import intrude
from tests.gateway.ledger.test_verify import KEYS, path
from tests.gateway.market import FakeClock

__all__ = ["path"]  # the fixture

GATEWAY = Path(sys.executable).with_name("temix-gateway")


def run(*arguments: object) -> tuple[int, str, str]:
    """Run ``temix-gateway``: exit code, output, errors."""
    command = [str(GATEWAY), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={"COLUMNS": "120"})
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    file = tmp_path / "keys.json"
    file.write_bytes(msgspec.json.encode({party: key.jwk for party, key in KEYS.items()}))
    return file


@pytest.mark.timeout(30)
async def test_verify_tells_what_it_checked(path: Path, keys: Path) -> None:
    code, told, errors = run("verify", path, "--keys", keys)
    assert (code, errors) == (0, "")
    for line in ("each as it was written", "signatures that hold"):
        assert line in told
    assert "not checked" in run("verify", path)[1]


@pytest.mark.timeout(30)
async def test_verify_ends_with_1_and_the_first_bad_record(path: Path, keys: Path) -> None:
    keys.write_text('{"lse": {"kty": "OKP", "crv": "Ed25519", "x": "AAAA", "kid": "k"}}')
    code, told, errors = run("verify", path, "--keys", keys)
    assert (code, told) == (1, "")
    assert f"keys {keys} cannot be read" in errors
    with intrude(path) as intruder:
        intruder.execute("UPDATE spots SET sell = sell + 1")
    code, told, errors = run("verify", path)
    assert (code, told) == (1, "")
    assert errors == f"temix-gateway: ledger {path}: record 9 (spots) is not what was written\n"


@pytest.mark.timeout(30)
async def test_a_backup_is_put_back(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    assert run("backup", path, copy)[0] == 0
    path.unlink()
    code, told, _ = run("restore", copy, path)
    assert code == 0
    assert "what came after that backup is missing" in told
    ledger = Ledger(path, FakeClock(), InlineWriter())
    assert ledger.restored == "copy.db"
    code, _, errors = run("restore", copy, path)
    ledger.close()
    assert code == 1
    assert "in use by another gateway: stop that one first" in errors
