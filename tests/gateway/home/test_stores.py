"""Tokens and certificate: what lies on disk."""

import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from temix_gateway.home.certificate import load_or_make
from temix_gateway.home.errors import LabelTaken, UnknownLabel, UnreadableStore
from temix_gateway.home.roles import Role
from temix_gateway.home.tokens import TokenStore


@pytest.fixture
def store(tmp_path: Path) -> TokenStore:
    return TokenStore(tmp_path / "data" / "clients.json", lambda: 1_000)


def test_token_is_not_on_disk_and_only_the_owner_can_read(store: TokenStore, tmp_path: Path) -> None:
    token = store.create("Home Assistant", Role.CONTROLLER)
    path = tmp_path / "data" / "clients.json"
    assert token.startswith("teg_")
    assert token.removeprefix("teg_") not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_token_is_known_with_its_role_and_last_use(store: TokenStore, tmp_path: Path) -> None:
    token = store.create("Home Assistant", Role.CONTROLLER)
    store.create("Tablet", Role.VIEWER)
    again = TokenStore(tmp_path / "data" / "clients.json", lambda: 2_000)
    assert again.authenticate("teg_wrong") is None
    assert [client.last_used for client in again.clients()] == [None, None]
    found = again.authenticate(token)
    assert found is not None
    assert (found.label, found.role) == ("Home Assistant", Role.CONTROLLER)
    assert [client.last_used for client in store.clients()] == [2_000, None]


def test_revoked_token_is_unknown_to_a_store_that_is_open(store: TokenStore, tmp_path: Path) -> None:
    token = store.create("Home Assistant", Role.CONTROLLER)
    TokenStore(tmp_path / "data" / "clients.json", lambda: 0).revoke("Home Assistant")
    assert store.authenticate(token) is None


def test_labels_are_unique_and_known(store: TokenStore) -> None:
    store.create("Tablet", Role.VIEWER)
    with pytest.raises(LabelTaken, match="Tablet"):
        store.create("Tablet", Role.OWNER)
    with pytest.raises(UnknownLabel, match="Phone"):
        store.revoke("Phone")


@pytest.mark.parametrize(
    "content",
    [b"{", b'["\xff"]', b'[{"label": "x"}]', b'[{"hash":"","label":"","role":"king","created":0}]'],
)
def test_broken_file_is_named_and_left_alone(store: TokenStore, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "data" / "clients.json"
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(UnreadableStore, match=r"clients.json.*restore"):
        store.create("x", Role.VIEWER)
    assert path.read_bytes() == content


def test_certificate_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "data" / "gateway.pem"
    first = load_or_make(path, "gw-1")
    assert load_or_make(path, "gw-1") == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert isinstance(key.curve, ec.SECP256R1)
    first.context()


def test_broken_certificate_is_named(tmp_path: Path) -> None:
    path = tmp_path / "gateway.pem"
    path.write_text("nonsense")
    with pytest.raises(UnreadableStore, match=r"gateway.pem.*restore it"):
        load_or_make(path, "gw-1")


def test_certificate_without_its_key_is_named(tmp_path: Path) -> None:
    path = tmp_path / "gateway.pem"
    load_or_make(path, "gw-1")
    path.write_text(path.read_text()[path.read_text().index("-----BEGIN CERTIFICATE") :])
    with pytest.raises(UnreadableStore, match=r"gateway.pem"):
        load_or_make(path, "gw-1")


@pytest.mark.parametrize(
    "make", [lambda path: load_or_make(path, "x"), lambda path: TokenStore(path, int).clients()]
)
def test_folder_in_place_of_a_file_is_named(tmp_path: Path, make) -> None:
    (tmp_path / "file").mkdir()
    with pytest.raises(UnreadableStore, match="file"):
        make(tmp_path / "file")
