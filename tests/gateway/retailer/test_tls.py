"""A retailer whose TLS is at fault: the gateway shows it no account, and the owner reads why."""

import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
import trustme
from temix_gateway.retailer import service
from temix_gateway.retailer.errors import CertificateRefused, LinkError, Silent, Unreachable
from temix_gateway.retailer.service import Account, Service

from tests.gateway.market import FakeClock
from tests.tls_faults import OLD, RAW, context_of, faulty, only

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
SECRET = "the account's secret"

type Issue = Callable[[trustme.CA], trustme.LeafCert]

WRONG: dict[str, tuple[Issue, str]] = {
    "expired": (
        lambda ca: ca.issue_cert("localhost", not_before=NOW - 2 * DAY, not_after=NOW - DAY),
        "has expired",
    ),
    "not yet valid": (
        lambda ca: ca.issue_cert("localhost", not_before=NOW + DAY, not_after=NOW + 2 * DAY),
        "not yet valid",
    ),
    "of another name": (lambda ca: ca.issue_cert("retailer.example"), "Hostname mismatch"),
    "of an address": (lambda ca: ca.issue_cert("127.0.0.1"), "Hostname mismatch"),
    "of another authority": (lambda _: trustme.CA().issue_cert("localhost"), "local issuer"),
    "of an authority of the same name": (
        lambda ca: trustme.CA(organization_name="trustme").issue_cert("localhost"),
        "local issuer",
    ),
}


NO_TLS: dict[str, type[LinkError] | tuple[type[LinkError], ...]] = {
    "plain HTTP": CertificateRefused,
    "garbage": CertificateRefused,
    "closes at once": (Unreachable, Silent),
    "half a handshake": (Unreachable, Silent),
    "oversized record": CertificateRefused,
    "an alert": CertificateRefused,
    "silence": Silent,
}


async def ask(port: int, trust: ssl.SSLContext) -> None:
    """Log in, as every request begins."""
    account = Account(f"https://localhost:{port}", "home", SECRET, trust)
    async with aiohttp.ClientSession() as session:
        await Service(account, session, FakeClock()).post("/transactions", b"{}")


@pytest.mark.parametrize("fault", WRONG)
async def test_a_wrong_certificate_is_told(authority: trustme.CA, trust: ssl.SSLContext, fault: str) -> None:
    issue, why = WRONG[fault]
    async with faulty(b"", context_of(issue(authority))) as server:
        with pytest.raises(CertificateRefused, match=why):
            await ask(server.port, trust)
    assert server.read == []


@pytest.mark.parametrize("fault", RAW)
async def test_what_is_no_tls_is_told(
    trust: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setattr(service, "ANSWER_WITHIN_S", 2.0)
    async with faulty(RAW[fault]) as server:
        with pytest.raises(NO_TLS[fault], match=r"https://localhost:\d+") as told:
            await ask(server.port, trust)
    assert "()" not in str(told.value)


@pytest.mark.parametrize("version", ["TLS 1.0", "TLS 1.1"])
async def test_tls_that_is_too_old_is_told(
    authority: trustme.CA, trust: ssl.SSLContext, version: str
) -> None:
    """A server may say so, or just hang up; either way nothing was sent to it."""
    old = only(context_of(authority.issue_cert("localhost")), OLD[version])
    async with faulty(b"", old) as server:
        with pytest.raises((CertificateRefused, Unreachable), match=r"https://localhost:\d+ .*\(\w"):
            await ask(server.port, trust)
    assert server.read == []


async def test_another_protocol_than_http_is_not_spoken(authority: trustme.CA, trust: ssl.SSLContext) -> None:
    context = context_of(authority.issue_cert("localhost"))
    context.set_alpn_protocols(["h2"])
    async with faulty(b"", context) as server:
        with pytest.raises(Silent):
            await ask(server.port, trust)
    assert server.read[0].startswith(b"POST /oauth/token HTTP/1.1")


@pytest.mark.parametrize("shown", ["none", "of another authority"])
async def test_a_client_certificate_that_is_not_the_homes_opens_nothing(
    authority: trustme.CA, trust: ssl.SSLContext, shown: str
) -> None:
    context = context_of(authority.issue_cert("localhost"))
    context.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(context)
    if shown != "none":
        trustme.CA().issue_cert("home").configure_cert(trust)
    async with faulty(b"", context) as server:
        with pytest.raises((CertificateRefused, Silent, Unreachable), match=r"https://localhost:\d+"):
            await ask(server.port, trust)
    assert server.read == []


async def test_an_early_end_is_told(authority: trustme.CA, trust: ssl.SSLContext) -> None:
    async with faulty(
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf", context_of(authority.issue_cert("localhost"))
    ) as server:
        with pytest.raises(Silent, match="broke"):
            await ask(server.port, trust)
