"""Enrolment by a code that works once: over TLS, with a certificate that logging in then needs."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID
from temix_market.instants import HOUR, Duration
from temix_market.tenders import PartyId
from temix_market.wire.base import decode, encode
from temix_market.wire.registration import (
    CreatedEnrollment,
    CreateEnrollment,
    EiCanceledPartyRegistration,
    EiCancelPartyRegistration,
    EiCreatedPartyRegistration,
)
from temix_market.wire.response import EiResponse
from temix_retailer.config import Config, Folder
from temix_retailer.enrolment import Invitations
from temix_retailer.service import Serving, serving
from temix_retailer.store import open_store

from tests.retailer.conftest import HOME, HandClock
from tests.retailer.homes import SigningHome

LIFE = Duration(24 * HOUR)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "retailer")


@pytest.fixture
def codes(folder: Folder, clock: HandClock) -> list[str]:
    """Two codes for one home, made before the retailer runs."""
    store = open_store(folder.book)
    invitations = Invitations(store, clock, lambda count: bytes([clock.monotonic() % 251 + 1]) * count)
    made = [invitations.invite(PartyId(HOME), LIFE)]
    clock.pass_by(1)
    made.append(invitations.invite(PartyId(HOME), LIFE))
    store.close()
    return made


@pytest.fixture
async def service(codes: list[str], folder: Folder, clock: HandClock) -> AsyncIterator[Serving]:
    config = Config(port=0, market="demo-market", energy_party="lse", transport_party="do", seed=7)
    async with serving(config, folder, clock) as service:
        yield service


def requested(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "whatever it asks for")])
    builder = x509.CertificateSigningRequestBuilder().subject_name(name)
    signed = builder.sign(key, hashes.SHA256() if isinstance(key, ec.EllipticCurvePrivateKey) else None)
    return signed.public_bytes(serialization.Encoding.PEM).decode()


async def post(
    session: aiohttp.ClientSession, path: str, body: bytes, trust: ssl.SSLContext, token: str = ""
) -> tuple[int, bytes]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with session.post(path, data=body, headers=headers, ssl=trust) as answer:
        return answer.status, await answer.read()


async def log_in(session: aiohttp.ClientSession, made: CreatedEnrollment, trust: ssl.SSLContext) -> str:
    """A token, or nothing where none was given."""
    basic = aiohttp.encode_basic_auth(made.client_id, made.client_secret)
    form = {"grant_type": "client_credentials"}
    async with session.post("/oauth/token", data=form, headers={"Authorization": basic}, ssl=trust) as answer:
        assert answer.status in (200, 401)
        return str((await answer.json()).get("access_token", ""))


async def test_a_code_gives_an_account_that_needs_its_certificate(
    service: Serving, folder: Folder, codes: list[str], tmp_path: Path
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    plain = ssl.create_default_context(cafile=folder.certificate)
    asked = CreateEnrollment(code=codes[0].lower().replace("-", " "), certificate_request=requested(key))
    async with aiohttp.ClientSession(service.url) as session:
        status, body = await post(session, "/enrollments", encode(asked), plain)
        assert status == 200, body
        made = decode(body, CreatedEnrollment)
        assert made.party_id == HOME
        subject = x509.load_pem_x509_certificate(made.certificate.encode()).subject
        assert subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == HOME

        status, body = await post(session, "/enrollments", encode(asked), plain)
        assert status == 401
        assert "used before" in decode(body, EiResponse).response_description
        assert not await log_in(session, made, plain)

    file = tmp_path / "client.pem"
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(pem + made.certificate.encode())
    shown = ssl.create_default_context(cafile=folder.certificate)
    shown.load_cert_chain(file)
    async with aiohttp.ClientSession(service.url) as session:
        token = await log_in(session, made, shown)
        assert token
        home = SigningHome()
        status, body = await post(session, "/registrations", encode(home.registration()), shown, token)
        registration = decode(body, EiCreatedPartyRegistration).registration_id
        other = EiCancelPartyRegistration(request_id="r-1", registration_id="demo-market/somebody")
        assert (await post(session, "/registrations/cancel", encode(other), shown, token))[0] == 400
        own = EiCancelPartyRegistration(request_id="r-2", registration_id=registration)
        status, body = await post(session, "/registrations/cancel", encode(own), shown, token)
        assert decode(body, EiCanceledPartyRegistration).response.response_code == 200
        assert (await post(session, "/registrations", encode(home.registration()), shown, token))[0] == 401
        assert not await log_in(session, made, shown)


async def test_another_code_replaces_the_account(service: Serving, folder: Folder, codes: list[str]) -> None:
    trust = ssl.create_default_context(cafile=folder.certificate)
    async with aiohttp.ClientSession(service.url) as session:
        ids = []
        for code in codes:
            request = requested(ec.generate_private_key(ec.SECP256R1()))
            body = encode(CreateEnrollment(code=code, certificate_request=request))
            ids.append(
                decode((await post(session, "/enrollments", body, trust))[1], CreatedEnrollment).client_id
            )
    assert len(set(ids)) == 2


async def test_what_is_no_request_costs_no_code(service: Serving, folder: Folder, codes: list[str]) -> None:
    trust = ssl.create_default_context(cafile=folder.certificate)
    right = requested(ec.generate_private_key(ec.SECP256R1()))
    wrong = [
        "not PEM",
        requested(ed25519.Ed25519PrivateKey.generate()),
        requested(ec.generate_private_key(ec.SECP384R1())),
    ]
    async with aiohttp.ClientSession(service.url) as session:
        for request in wrong:
            body = encode(CreateEnrollment(code=codes[0], certificate_request=request))
            status, said = await post(session, "/enrollments", body, trust)
            assert (status, decode(said, EiResponse).attribute_violated) == (400, "certificateRequest")
        body = encode(CreateEnrollment(code=codes[0], certificate_request=right))
        assert (await post(session, "/enrollments", body, trust))[0] == 200


async def test_a_code_lapses_and_guesses_are_counted(
    service: Serving, folder: Folder, codes: list[str], clock: HandClock
) -> None:
    trust = ssl.create_default_context(cafile=folder.certificate)
    request = requested(ec.generate_private_key(ec.SECP256R1()))
    async with aiohttp.ClientSession(service.url) as session:
        clock.pass_by(LIFE)
        body = encode(CreateEnrollment(code=codes[0], certificate_request=request))
        status, said = await post(session, "/enrollments", body, trust)
        assert status == 401
        assert "lapsed" in decode(said, EiResponse).response_description
        guess = encode(CreateEnrollment(code="AAAA-BBBB", certificate_request=request))
        statuses = [(await post(session, "/enrollments", guess, trust))[0] for _ in range(11)]
        assert statuses == [401] * 9 + [429] * 2
