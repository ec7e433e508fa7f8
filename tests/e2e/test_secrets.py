"""Real processes, real secrets: none of them is in anything that is printed, logged or named."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pairing import paired

BIN = Path(sys.executable).parent
CONFIG = """[retailer]
url = "{url}"
client_id = "{client_id}"
client_secret_file = "secret"
ca_file = "{certificate}"
[home]
party = "home-1"
[gateway]
host = "127.0.0.1"
port = 0
announce = false
log_level = "debug"
"""
ANSWERS = """[installer]
name = "Ida Installer"
passphrase_file = "installer.txt"
[basics]
name = "Home 1"
time_zone = "America/Chicago"
"""
INSTALLER, STRANGER, OWNER = "nine lamps by the lake", "eight lamps by the lake", "a boat made of paper"
"""Passphrases: the installer's, a wrong one, and that of the owner's key."""


def ran(*command: str | Path, cwd: Path, code: int = 0) -> str:
    """What a command prints, on both streams."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def retailer(tmp_path: Path) -> Iterator[tuple[dict[str, str], str, str, Path]]:
    """Credentials, URL and certificate of a retailer that runs, and its log."""
    folder, log = tmp_path / "retailer", tmp_path / "retailer.log"
    told = json.loads(
        subprocess.run(
            [BIN / "temix-retailer", "enroll", "home-1", "--data", folder, "--json"],
            capture_output=True,
            check=True,
        ).stdout
    )
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [BIN / "temix-retailer", "run", "--data", folder, "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        assert process.stdout
        url = process.stdout.readline().split(" at ")[1].strip()
        certificate = process.stdout.readline().split(" trust ")[1].strip()
        yield told, url, certificate, log
        process.terminate()


def test_no_secret_is_told(tmp_path: Path, retailer: tuple[dict[str, str], str, str, Path]) -> None:
    told, url, certificate, retailer_log = retailer
    home = tmp_path / "home"
    home.mkdir()
    (home / "secret").write_text(told["client_secret"])
    (home / "temix-gateway.toml").write_text(CONFIG.format(url=url, certificate=certificate, **told))
    said = []
    with subprocess.Popen(
        [BIN / "temix-gateway", "run"], cwd=home, stderr=subprocess.PIPE, text=True
    ) as gateway:
        assert gateway.stderr
        for line in gateway.stderr:
            said.append(line)
            if "retailer link" in line and '"up": true' in line:
                break
        code = json.loads(ran(BIN / "temix-gateway", "pair", "--json", cwd=home))["code"]
        token = paired(home / "data", code)
        ledger, copy = home / "data" / "ledger.db", home / "copy.db"
        commands = ["status", "--json"], ["status"], ["clients"], ["backup", ledger, copy], ["verify", ledger]
        said += [ran(BIN / "temix-gateway", *command, cwd=home) for command in commands]
        (home / "answers.toml").write_text(ANSWERS)
        (home / "owner.txt").write_text(OWNER)
        for passphrase in (INSTALLER, STRANGER):  # the first one's holds; his answers do not suffice
            (home / "installer.txt").write_text(passphrase)
            commission = BIN / "temix-gateway", "commission", "--answers", "answers.toml"
            said.append(ran(*commission, cwd=home, code=1))
        limits = "--money-a-day", "5", "--highest-price", "1"
        signing = "mandate", "sign", "--yes", "--passphrase-file", "owner.txt", *limits
        said.append(ran(BIN / "temix-gateway", *signing, cwd=home))
        gateway.terminate()
        said.append(gateway.communicate()[1])
    said += [retailer_log.read_text(), *(str(path) for path in home.rglob("*"))]
    key = json.loads((home / "data" / "tender-key.json").read_bytes())["d"]
    private = (home / "data" / "certificate.pem").read_text().split("PRIVATE KEY-----")[1][1:60]
    own = (home / "data" / "command-line.token").read_text()
    for secret in (
        *(INSTALLER, STRANGER, OWNER),
        *(told["client_secret"], code, token, own, key, private, "eyJ", "PRIVATE KEY"),
    ):
        assert secret not in "\n".join(said)
