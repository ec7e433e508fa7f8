"""The command line: what it says and how it ends. A gateway that runs is a process of its own."""

import json
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.metadata import version
from pathlib import Path
from urllib.request import urlopen

import pytest
import structlog
from temix_gateway.cli import main
from temix_gateway.clock import SystemClock
from temix_gateway.config import load
from temix_gateway.ledger.ledger import Ledger

from custom_components.temix.client import read_code
from tests.pairing import paired

pytestmark = pytest.mark.timeout(90)

PROGRAM = Path(sys.executable).with_name("temix-gateway")
CONFIG = """
[retailer]
url = "https://127.0.0.1:9"
client_id = "client"
client_secret_file = "secret"
[home]
party = "home-1"
[gateway]
host = "127.0.0.1"
port = 0
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_text("topsecret\n")
    (tmp_path / "temix-gateway.toml").write_text(CONFIG)
    return tmp_path


class Command:
    """Runs commands in this process."""

    def __init__(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(folder)
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *arguments: str) -> str:
        """Run it, and return what it prints."""
        code, out = self.run(*arguments)
        assert code in {None, 0}
        return out

    def fails(self, *arguments: str) -> str:
        """What a command says that fails: one line."""
        code, out = self.run(*arguments)
        assert isinstance(code, str)  # Python prints it and exits with 1
        assert "topsecret" not in code + out
        assert "\n" not in code
        return code

    def run(self, *arguments: str) -> tuple[str | int | None, str]:
        """Run it; how it ends, and what it prints."""
        self._capsys.readouterr()
        self._monkeypatch.setattr(sys, "argv", ["temix-gateway", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code, self._capsys.readouterr().out


@pytest.fixture
def command(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Command]:
    yield Command(folder, monkeypatch, capsys)
    structlog.reset_defaults()  # `run` writes its log to what was captured here


@contextmanager
def running(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A gateway that listens."""
    with subprocess.Popen([PROGRAM, "run"], cwd=folder, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr
            for line in process.stderr:
                if "local API listens" in line:
                    break
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=10)


def process(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command as a process: whatever speaks TLS leaves its loop no time to say goodbye."""
    return subprocess.run([PROGRAM, *arguments], cwd=folder, capture_output=True, text=True, check=False)


def test_it_runs_shows_its_state_and_ends(folder: Path) -> None:
    with running(folder) as gateway:
        state = json.loads(process(folder, "status", "--json").stdout)
        assert state["mode"] == "monitor"
        assert state["retailer"]["connected"] is False
        assert "check retailer.url" in state["retailer"]["reason"]
        assert "not connected: nothing answers" in process(folder, "status").stdout
        gateway.send_signal(signal.SIGTERM)
        assert gateway.wait(10) == 0
    gone = process(folder, "status")
    assert gone.returncode == 1
    assert gone.stderr.startswith("temix-gateway: nothing answers at wss://127.0.0.1")


def test_a_client_is_paired_listed_and_revoked(folder: Path, command: Command) -> None:
    """By the code that the command shows, with the client that Home Assistant has."""
    with running(folder):
        window = json.loads(process(folder, "pair", "--json", "--role", "viewer").stdout)
        assert (len(window["code"]), window["seconds"]) == (9, 300)
        token = paired(folder / "data", read_code(window["uri"]))
        with subprocess.Popen([PROGRAM, "pair"], cwd=folder, stdout=subprocess.PIPE, text=True) as waiting:
            assert waiting.stdout is not None
            code = next(line for line in waiting.stdout if line.startswith("pairing code"))
            paired(folder / "data", read_code(code.removeprefix("pairing code")), "Tablet")
            assert waiting.stdout.read().endswith("paired with Tablet\n")
        listed = json.loads(command("clients", "--json"))
        assert [(each["label"], each["role"]) for each in listed] == [
            ("command line", "owner"),
            ("Kitchen", "viewer"),
            ("Tablet", "controller"),
        ]
        assert process(folder, "clients", "--revoke", "Tablet").returncode == 0
        assert "Tablet" not in command("clients")
    for path in (folder / "data").iterdir():
        if path.suffix != ".lock":
            assert path.stat().st_mode & 0o077 == 0, path
        if path.is_file():
            assert token.encode() not in path.read_bytes(), path
    assert process(folder, "clients", "--revoke", "Kitchen").returncode == 0  # the gateway need not run
    assert "no client is called 'Kitchen'" in process(folder, "clients", "--revoke", "Kitchen").stderr
    assert "nothing answers" in process(folder, "pair").stderr


def test_health_metrics_and_the_service_manager(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As systemd starts it; the retailer is away all the time."""
    (folder / "temix-gateway.toml").write_text(f"{CONFIG}[operations]\nlisten = true\nport = 0\n")
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(20)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "3000000")
        with running(folder) as gateway:
            told = [manager.recv(4096).decode() for _ in range(4)]
            assert told[0] == "READY=1"
            assert told.count("WATCHDOG=1") >= 2
            assert any(line.startswith("STATUS=the retailer is not connected") for line in told)
            port = json.loads((folder / "data" / "listening.json").read_text())["operations"]
            for path, said in (("health", b'"status": "ok"'), ("metrics", b"temix_retailer_up 0.0")):
                with urlopen(f"http://127.0.0.1:{port}/{path}") as answer:
                    assert said in answer.read()
            gateway.send_signal(signal.SIGTERM)
            assert gateway.wait(10) == 0
        while told[-1] != "STOPPING=1":  # what came before it, and then it
            told.append(manager.recv(4096).decode())


def test_a_second_gateway_is_refused(folder: Path, command: Command) -> None:
    with running(folder):
        assert "in use by another gateway" in command.fails("run")


def test_a_port_in_use_is_named(folder: Path, command: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (folder / "temix-gateway.toml").write_text(CONFIG.replace("port = 0", f"port = {port}"))
        assert f"cannot listen on 127.0.0.1:{port}" in command.fails("run")


def test_an_error_is_one_line_and_an_exit_code(folder: Path) -> None:
    ended = process(folder, "status")
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.startswith("temix-gateway: no gateway has run")
    assert ended.stderr.count("\n") == 1


def test_a_gateway_whose_ledger_is_no_database_runs_and_says_so(folder: Path) -> None:
    (folder / "data").mkdir()
    ledger = folder / "data" / "ledger.db"
    ledger.write_bytes(b"holiday pictures" * 100)
    with running(folder):
        locked = json.loads(process(folder, "status", "--json").stdout)["trading"]["locked"]
    assert "failed its check: file is not a database; put back a backup by `temix-gateway rest" in locked[0]
    assert ledger.read_bytes() == b"holiday pictures" * 100


def test_a_newer_ledger_is_left_alone(folder: Path, command: Command) -> None:
    ledger = folder / "data" / "ledger.db"
    Ledger(ledger, SystemClock()).close()
    with closing(sqlite3.connect(ledger)) as newer:
        newer.execute("PRAGMA user_version = 99")
    assert "has schema 99" in command.fails("run")


@pytest.mark.parametrize(
    "change,said",
    [
        ('party = "home-1"\npartly = "x"', "home.partly: unknown key"),
        ("", "home.party: is missing"),
        ('party = "home-1"\nimport_limit = -1', "home.import_limit"),
        ('party = "home-1"\nimport_limit = "much"', "home.import_limit"),
    ],
)
def test_a_mistake_in_the_configuration_is_named(
    folder: Path, command: Command, change: str, said: str
) -> None:
    (folder / "temix-gateway.toml").write_text(CONFIG.replace('party = "home-1"', change))
    assert said in command.fails("run")


def test_missing_files_are_named(folder: Path, command: Command) -> None:
    assert "nowhere.toml" in command.fails("run", "--config", "nowhere.toml")
    (folder / "secret").unlink()
    assert "retailer.client_secret_file" in command.fails("run")
    (folder / "secret").write_text("topsecret")
    (folder / "temix-gateway.toml").write_text(CONFIG.replace("client_id", 'ca_file = "secret"\nclient_id'))
    assert "retailer.ca_file" in command.fails("run")
    (folder / "data" / "tender-key.json").write_text("{}")
    assert "tender-key.json cannot be read" in command.fails("run")


def test_a_damaged_ledger_is_served_and_locked(folder: Path) -> None:
    ledger = folder / "data" / "ledger.db"
    Ledger(ledger, SystemClock()).close()
    with closing(sqlite3.connect(ledger, autocommit=True)) as intruder:
        intruder.execute("INSERT INTO chain VALUES (1, 1, x'00')")
    with running(folder):
        locked = json.loads(process(folder, "status", "--json").stdout)["trading"]["locked"]
    assert any("record 1 is missing in spots" in reason for reason in locked)


def test_the_example_is_a_configuration_that_waits_to_be_commissioned(folder: Path, command: Command) -> None:
    written = folder / "temix-gateway.toml"
    written.write_text(command("config"))
    assert not load(written).enrolled


def test_it_tells_its_version(command: Command) -> None:
    assert command("--version") == f"temix-gateway {version('temix-gateway')}\n"


def test_check_says_that_a_configuration_can_be_used(command: Command, folder: Path) -> None:
    before = sorted(folder.rglob("*"))
    assert command("check") == "temix-gateway.toml: can be used\n"
    (folder / "temix-gateway.toml").write_text("[gateway]\n")
    assert "waits to be commissioned" in command("check")
    assert sorted(folder.rglob("*")) == before  # nothing was made


@pytest.mark.parametrize(
    "text, told",
    [
        (CONFIG.replace("port = 0", "port = 70000"), "gateway.port"),
        (CONFIG.replace('"secret"', '"none"'), "retailer.client_secret_file"),
        (CONFIG + '[[tariff]]\nname = "t"\nprice = "x"\n', "tariff"),
        (
            '[retailer]\nservice = "home_assistant"\ncurrency = "EUR"\n[subscription]\nfile = "hours.csv"\n',
            "hours.csv, line 2",
        ),
    ],
)
def test_check_names_what_cannot_be_used(command: Command, folder: Path, text: str, told: str) -> None:
    (folder / "hours.csv").write_text("2026-11-29T00:00Z,1,0.1\nyesterday,1,0.1\n")
    (folder / "temix-gateway.toml").write_text(text)
    code, _ = command.run("check")
    assert told in str(code)
