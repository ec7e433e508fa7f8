"""Enrolling the home at a retailer by the code of its letter."""

import ssl
from typing import Final

import aiohttp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from temix_market.errors import InvalidField
from temix_market.ports import Clock
from temix_market.wire.base import decode, encode
from temix_market.wire.registration import CreatedEnrollment, CreateEnrollment
from temix_market.wire.response import EiResponse

from temix_gateway.retailer.errors import CredentialsRefused, Misunderstood
from temix_gateway.retailer.service import Account, Service

_PLAIN: Final = serialization.NoEncryption()


async def enrol(
    url: str, code: str, context: ssl.SSLContext, clock: Clock
) -> tuple[CreatedEnrollment, bytes]:
    """Redeem the code; return the account, and certificate and key in PEM. The key is made here and stays.

    Raises:
        CredentialsRefused: the code is not accepted; the text says why.
        LinkError: the service cannot be reached, or is none.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "temix-gateway")])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    asked = CreateEnrollment(
        code=code, certificate_request=request.public_bytes(serialization.Encoding.PEM).decode()
    )
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        service = Service(Account(url, "", "", context), session, clock)
        reply = await service.send("/enrollments", encode(asked))
    try:
        if reply.status != 200:
            raise CredentialsRefused(decode(reply.body, EiResponse).response_description)
        made = decode(reply.body, CreatedEnrollment)
        x509.load_pem_x509_certificate(made.certificate.encode())
    except (InvalidField, ValueError) as error:
        said = reply.body[:200].decode(errors="replace")
        raise Misunderstood(f"{url}/enrollments answers HTTP {reply.status} ({said}): {error}") from error
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, _PLAIN)
    return made, pem + made.certificate.encode()
