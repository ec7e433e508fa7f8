"""The retailer as a process: configuration, certificate, port, command line."""

import asyncio
import json
import os
import re
import signal
import socket
import ssl
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_type_hints

import aiohttp
import msgspec
import pytest
import structlog
import trustme
from temix_market.instants import parse_instant
from temix_retailer.cli import app
from temix_retailer.config import Config, Folder, circuit, load_config
from temix_retailer.credentials import make_certificate, signing_keys, tls_context
from temix_retailer.errors import ConfigError, CredentialError, ServiceError, StoreError
from temix_retailer.service import serving
from temix_retailer.store import open_store
from typer.testing import CliRunner

from tests.retailer.conftest import START, HandClock
from tests.retailer.homes import randomness


@pytest.fixture(autouse=True)
def usual_logs() -> Iterator[None]:
    """The command line sets up the process's logs; afterwards they are as before."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    path = tmp_path / "retailer"
    path.mkdir()
    return Folder(path)


def configure(folder: Folder, text: str) -> Folder:
    (folder.path / "retailer.toml").write_text(text)
    return folder


# --- configuration


def test_everything_has_a_default(folder: Folder) -> None:
    assert load_config(folder) == Config()
    assert load_config(configure(folder, 'currency = "EUR"\nport = 0')).currency == "EUR"


@pytest.mark.parametrize(
    "text, told",
    [
        ("prot = 1", r"unknown field `prot`.*keys are market"),
        ("port = 70000", r"<= 65535.*port"),
        ('port = "1"', r"int.*port"),
        ('currency = "dollars"', r"currency"),
        ("port =", "is no TOML"),
    ],
)
def test_a_bad_configuration_is_told_by_key(folder: Folder, text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told) as caught:
        load_config(configure(folder, text))
    assert str(folder.path / "retailer.toml") in str(caught.value)


def test_values_that_only_together_or_with_the_world_cannot_be(folder: Folder) -> None:
    with pytest.raises(ConfigError, match="time_zone: 'Chicago' is unknown"):
        circuit(Config(time_zone="Chicago"), folder)
    with pytest.raises(ConfigError, match="name another"):
        circuit(Config(energy_party="one", transport_party="one"), folder)


# --- keys and certificate


def test_keys_are_made_once_and_only_the_owner_reads_them(folder: Folder) -> None:
    first = signing_keys(folder.keys, randomness(1))
    again = signing_keys(folder.keys, randomness(2))
    assert [key.kid for key in first] == [key.kid for key in again]
    assert first[0].kid != first[1].kid
    assert folder.keys.stat().st_mode & 0o777 == 0o600
    folder.keys.write_text("{}")
    with pytest.raises(CredentialError, match="restore it from a backup"):
        signing_keys(folder.keys, randomness())


def test_an_expired_certificate_is_told(folder: Folder) -> None:
    authority = trustme.CA()
    old = authority.issue_cert("localhost", not_after=datetime(2026, 1, 2, tzinfo=UTC))
    future = authority.issue_cert("localhost", not_before=datetime(2027, 1, 1, tzinfo=UTC))
    for made, told in ((old, "expired on 2026-01-02 00:00 UTC: renew it"), (future, "begins at 2027-01-01")):
        made.cert_chain_pems[0].write_to_path(folder.certificate)
        made.private_key_pem.write_to_path(folder.private_key)
        with pytest.raises(CredentialError, match=told):
            tls_context(folder.certificate, folder.private_key, START)


def test_an_unreadable_certificate_or_another_key_is_told(folder: Folder) -> None:
    with pytest.raises(CredentialError, match="cannot be read"):
        tls_context(folder.certificate, folder.private_key, START)
    make_certificate(folder.certificate, folder.private_key, ("localhost",))
    assert folder.private_key.stat().st_mode & 0o777 == 0o600
    trustme.CA().issue_cert("localhost").private_key_pem.write_to_path(folder.private_key)
    with pytest.raises(CredentialError, match="does not fit"):
        tls_context(folder.certificate, folder.private_key, START)
    folder.certificate.write_text("no certificate")
    with pytest.raises(CredentialError, match="cannot be read"):
        tls_context(folder.certificate, folder.private_key, START)


async def test_a_certificate_of_an_authority_is_served(folder: Folder, clock: HandClock) -> None:
    authority = trustme.CA()
    made = authority.issue_cert("127.0.0.1")
    made.cert_chain_pems[0].write_to_path(folder.beside("server.pem"))
    made.private_key_pem.write_to_path(folder.beside("server.key"))
    clock.instant = parse_instant(f"{datetime.now(UTC) + timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}")
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    config = Config(port=0, certificate="server.pem", private_key="server.key")
    async with (
        serving(config, folder, clock) as service,
        aiohttp.ClientSession(service.url) as session,
        session.get("/health", ssl=trust) as answer,
    ):
        assert answer.status == 200
    assert not folder.certificate.exists()


# --- the process


async def test_a_port_in_use_is_told_and_everything_is_given_back(folder: Folder, clock: HandClock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServiceError, match=rf"port {port} on 127.0.0.1 is in use: .*another --port"):
            async with serving(Config(port=port), folder, clock):
                pass
    open_store(folder.book).close()


async def test_a_second_process_on_one_book_is_refused(folder: Folder, clock: HandClock) -> None:
    async with serving(Config(port=0), folder, clock):
        with pytest.raises(StoreError, match="open in another temix-retailer"):
            async with serving(Config(port=0), folder, clock):
                pass


@pytest.fixture
def history(tmp_path: Path) -> Path:
    path = tmp_path / "history.csv"
    rows = ["start,duration,energy_wh"]
    start = datetime(2026, 11, 1, tzinfo=UTC)
    rows += [
        f"{start + timedelta(hours=hour):%Y-%m-%dT%H:%M:%SZ},PT1H,{600 + hour % 24}" for hour in range(336)
    ]
    path.write_text("\n".join(rows))
    return path


@pytest.mark.timeout(30)
def test_enroll_prints_credentials_once_and_a_subscription_price(folder: Folder, history: Path) -> None:
    arguments = ["enroll", "home-1", "--data", str(folder.path), "--history", str(history), "--json"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["home"] == "home-1"
    assert len(told["client_secret"]) == 64
    assert re.fullmatch(r"0\.\d{6} USD/kWh", told["subscription_price"])
    assert told["client_secret"].encode() not in folder.book.read_bytes()


@pytest.mark.parametrize(
    "arguments, told",
    [
        (["enroll", "a home"], "no name"),
        (["enroll", "home-1", "--history", "absent.csv"], "cannot be read"),
        (["run", "--prices", "absent.csv"], "absent.csv: cannot be read"),
    ],
)
def test_the_command_line_tells_what_is_wrong(folder: Folder, arguments: list[str], told: str) -> None:
    result = CliRunner().invoke(app, [*arguments, "--data", str(folder.path)])
    assert result.exit_code == 1
    assert result.stderr.startswith("temix-retailer: ")
    assert told in result.stderr


@pytest.mark.parametrize(
    "row, told",
    [
        ("2026-11-01T00:00:00,PT1H,1", "line 3: start: "),
        ("2026-11-01T00:00:00Z,1h,1", "line 3: duration: "),
        ("2026-11-01T00:00:00Z,PT1H,1.5", "line 3"),
        ("2026-11-01T00:00:00Z", "line 3"),
    ],
)
def test_a_bad_history_is_told_by_line(folder: Folder, history: Path, row: str, told: str) -> None:
    lines = history.read_text().splitlines()
    history.write_text("\n".join([*lines[:2], row, *lines[3:]]))
    result = CliRunner().invoke(app, ["enroll", "h", "--data", str(folder.path), "--history", str(history)])
    assert result.exit_code == 1
    assert told in result.stderr


@pytest.fixture
def environment() -> dict[str, str]:
    return os.environ | {"PYTHONUNBUFFERED": "1"}


@pytest.mark.timeout(30)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_process_serves_and_ends_cleanly(
    folder: Folder, environment: dict[str, str], number: signal.Signals
) -> None:
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("temix-retailer"),
        *("run", "--data", str(folder.path), "--port", "0"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment,
    )
    assert process.stdout is not None
    greeting = (await process.stdout.readline()).decode()
    url = greeting.strip().rpartition(" ")[2]
    trust = ssl.create_default_context(cafile=folder.certificate)
    async with aiohttp.ClientSession(url) as session, session.get("/health", ssl=trust) as answer:
        assert (await answer.json())["status"] == "ok"
    process.send_signal(number)
    _, errors = await process.communicate()
    assert (process.returncode, errors) == (0, b"")
    store = open_store(folder.book)
    assert store.reading.execute("SELECT count(*) FROM publications").fetchone()[0] in {2, 4}
    store.close()


def test_the_reference_lists_every_key_with_its_default() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "retailer.md").read_text()
    for field in msgspec.structs.fields(Config):
        meaning = get_type_hints(Config, include_extras=True)[field.name].__metadata__[-1].description
        default = json.dumps(list(field.default) if isinstance(field.default, tuple) else field.default)
        assert f"| `{field.name}` | `{default}` | {meaning} |" in page
