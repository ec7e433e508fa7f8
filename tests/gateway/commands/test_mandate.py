"""``temix-gateway mandate``: signed at the command line, beside a running gateway and without one."""

import json
import subprocess
from pathlib import Path

import pytest
from temix_gateway import owner_key
from temix_gateway.ledger.verify import verify

from tests.gateway.test_cli import PROGRAM, Command, command, folder, running

__all__ = ["command", "folder"]

pytestmark = pytest.mark.timeout(90)

PASSPHRASE = "as long as it has to be"


@pytest.fixture
def sign(folder: Path) -> tuple[str, ...]:
    """The command that signs, with what it would ask for."""
    (folder / "passphrase").write_text(PASSPHRASE + "\n")
    return "mandate", "sign", "--currency", "USD", "--yes", "--passphrase-file", "passphrase"


def shown(command: Command) -> dict[str, object]:
    """The mandate as ``show`` tells programs; its exit code says whether one holds."""
    code, printed = command.run("mandate", "show", "--json")
    record: dict[str, object] = json.loads(printed) or {}
    assert (not code) == (record.get("event") == "signed")
    return record


def test_it_is_signed_shown_and_revoked_without_a_gateway(
    folder: Path, command: Command, sign: tuple[str, ...]
) -> None:
    assert shown(command) == {}
    printed = command(*sign, "--money-a-day", "7.5")
    assert "at most 7.5 USD" in printed
    assert "signed; it holds from now on" in printed
    assert "signed" in command("mandate", "show")
    assert shown(command)["sequence"] == 1
    command(*sign, "--money-a-day", "8")
    assert shown(command)["sequence"] == 2
    assert "nothing is traded" in command("mandate", "revoke")
    assert shown(command)["event"] == "revoked"
    assert verify(folder / "data" / "ledger.db").fault == ""


def test_a_running_gateway_takes_it_at_once(folder: Path, command: Command, sign: tuple[str, ...]) -> None:
    def ask(*words: str) -> None:
        subprocess.run([PROGRAM, *words], cwd=folder, check=True, capture_output=True)

    with running(folder):  # it alone can write into its ledger
        ask(*sign, "--import-power", "4000")
        assert (shown(command)["event"], shown(command)["sequence"]) == ("signed", 1)
        ask("mandate", "revoke")
        assert shown(command)["event"] == "revoked"
        key = (folder / "data" / "owner-key.jwe").read_text()
        assert "counts only while the gateway is stopped" in command.fails(*sign, "--new-key")
        assert (folder / "data" / "owner-key.jwe").read_text() == key


def test_the_key_is_the_owners_alone(folder: Path, command: Command, sign: tuple[str, ...]) -> None:
    command(*sign)
    key = folder / "data" / "owner-key.jwe"
    assert key.stat().st_mode & 0o077 == 0
    assert len(key.read_text().split(".")) == 5
    (folder / "passphrase").write_text("another passphrase")
    assert "this is not its passphrase" in command.fails(*sign)
    assert shown(command)["sequence"] == 1
    command(*sign, "--new-key")
    assert shown(command)["sequence"] == 2
    assert owner_key.load(key, "another passphrase").public.x == shown(command)["owner"]
    assert owner_key.load(key.with_name("owner-key.jwe.old"), PASSPHRASE).public.x != shown(command)["owner"]


@pytest.mark.parametrize(
    "options,reason",
    [
        (["--money-a-day", "1e3"], "--money-a-day: '1e3' is not a decimal number"),
        (["--highest-price", "x"], "--highest-price: 'x' is not a decimal number"),
        (["--currency", "usd"], "currency: Expected `str` matching regex"),
        (["--passphrase-file", "nowhere"], "nowhere cannot be read"),
        (["--money-a-day", "-1"], "moneyADay"),
    ],
)
def test_what_cannot_be_signed_is_named(
    folder: Path, command: Command, sign: tuple[str, ...], options: list[str], reason: str
) -> None:
    assert reason in command.fails(*sign, *options)
    assert shown(command) == {}


def test_without_a_currency_it_says_how_to_give_one(
    folder: Path, command: Command, sign: tuple[str, ...]
) -> None:
    words = [word for word in sign if word not in {"--currency", "USD"}]
    assert "say --currency" in command.fails(*words)
    (folder / "data").mkdir(exist_ok=True)
    (folder / "data" / "terms.json").write_text('{"currency": "EUR", "zone": "UTC"}')
    assert "EUR" in command(*words)


def test_a_short_passphrase_is_refused(folder: Path, command: Command, sign: tuple[str, ...]) -> None:
    (folder / "passphrase").write_text("short")
    assert "at least 14 characters" in command.fails(*sign)
    assert not (folder / "data" / "owner-key.jwe").exists()
