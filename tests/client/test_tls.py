"""A gateway whose TLS is not what it was: the integration's client sends nothing, and says so."""

import ssl
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from custom_components.temix.client import CannotConnect, CertificateMismatch, Client, Endpoint
from tests.client.mock_server import GATEWAY_ID, MockServer
from tests.tls_faults import OLD, RAW, context_of, faulty, only

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
TOKEN = "teg_token"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def fingerprint_of(leaf: trustme.LeafCert) -> bytes:
    return x509.load_pem_x509_certificate(leaf.cert_chain_pems[0].bytes()).fingerprint(hashes.SHA256())


async def connect(port: int, fingerprint: bytes) -> None:
    """Connect as an entry does, with little patience."""
    timeout = aiohttp.ClientTimeout(sock_connect=2)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        client = Client(session, Endpoint("127.0.0.1", port, GATEWAY_ID, fingerprint), TOKEN)
        try:
            await client.connect()
        finally:
            await client.close()


@pytest.mark.parametrize("fault", RAW)
async def test_what_is_no_tls_is_told(fault: str) -> None:
    async with faulty(RAW[fault]) as server:
        with pytest.raises(CannotConnect, match=r"127\.0\.0\.1"):
            await connect(server.port, bytes(32))
    assert all(TOKEN.encode() not in each for each in server.read)


@pytest.mark.parametrize("version", ["TLS 1.0", "TLS 1.1"])
async def test_tls_that_is_too_old_is_told(authority: trustme.CA, version: str) -> None:
    leaf = authority.issue_cert("127.0.0.1")
    async with faulty(b"", only(context_of(leaf), OLD[version])) as server:
        with pytest.raises(CannotConnect):
            await connect(server.port, fingerprint_of(leaf))
    assert server.read == []


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param({}, id="changed"),
        pytest.param({"not_after": NOW - DAY, "not_before": NOW - 2 * DAY}, id="expired"),
        pytest.param({"not_before": NOW + DAY, "not_after": NOW + 2 * DAY}, id="not yet valid"),
    ],
)
async def test_another_certificate_gets_nothing(authority: trustme.CA, shown: dict[str, datetime]) -> None:
    """Whoever has signed it."""
    pinned, other = authority.issue_cert("127.0.0.1"), authority.issue_cert("127.0.0.1", **shown)
    async with faulty(b"", context_of(other)) as server:
        with pytest.raises(CertificateMismatch, match="not the pinned one"):
            await connect(server.port, fingerprint_of(pinned))
    assert server.read in ([], [b""])


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param({"not_after": NOW - DAY, "not_before": NOW - 2 * DAY}, id="expired"),
        pytest.param({"not_before": NOW + DAY, "not_after": NOW + 2 * DAY}, id="not yet valid"),
    ],
)
async def test_the_pinned_certificate_is_good_at_any_date(
    authority: trustme.CA, shown: dict[str, datetime]
) -> None:
    """A clock that is wrong on either side must not part the two: the pin says more than a date."""
    leaf = authority.issue_cert("gateway.example", **shown)
    async with faulty(b"", context_of(leaf)) as server:
        with pytest.raises(CannotConnect):  # it is no gateway, and hangs up
            await connect(server.port, fingerprint_of(leaf))
    assert server.read[0].startswith(b"GET /api ")


async def test_other_protocols_than_http_are_not_spoken(authority: trustme.CA) -> None:
    """A server that offers HTTP/2 alone is asked in HTTP/1.1 all the same."""
    leaf = authority.issue_cert("127.0.0.1")
    context = context_of(leaf)
    context.set_alpn_protocols(["h2"])
    async with faulty(b"", context) as server:
        with pytest.raises(CannotConnect):
            await connect(server.port, fingerprint_of(leaf))
    assert server.read[0].startswith(b"GET /api HTTP/1.1")


async def test_a_server_that_wants_a_certificate_gets_none(authority: trustme.CA) -> None:
    leaf = authority.issue_cert("127.0.0.1")
    context = context_of(leaf)
    context.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(context)
    async with faulty(b"", context) as server:
        with pytest.raises(CannotConnect):
            await connect(server.port, fingerprint_of(leaf))
    assert server.read == []


async def test_the_certificate_changes_between_two_connections(mock: MockServer, tmp_path) -> None:
    """A new certificate at the known address, as after somebody else took it."""
    await connect(mock.endpoint.port, mock.certificate.fingerprint)
    known = mock.certificate.fingerprint
    (tmp_path / "other").mkdir()
    other = await MockServer(tmp_path / "other").start()
    try:
        with pytest.raises(CertificateMismatch):
            await connect(other.endpoint.port, known)
    finally:
        await other.stop()
