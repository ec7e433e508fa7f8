"""The retailer's own secrets on disk: both parties' signing keys, and its certificate."""

import ipaddress
import json
import os
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from temix_market.errors import InvalidField
from temix_market.instants import Instant, to_datetime
from temix_market.wire.keys import SigningKey

from temix_retailer.errors import CredentialError
from temix_retailer.voice import Randomness

_PARTIES: Final = ("energy", "transport")
_LIFE: Final = timedelta(days=30 * 365)
# Clocks of homes may be late: some have none that runs without power.
_BEFORE: Final = datetime(2020, 1, 1, tzinfo=UTC)


def signing_keys(path: Path, randomness: Randomness) -> tuple[SigningKey, SigningKey]:
    """Both parties' keys, energy's first; made where there are none.

    Raises:
        CredentialError: the file cannot be read or written, or holds something else.
    """
    if not path.exists():
        made = {name: SigningKey.from_seed(randomness(32)).private_jwk for name in _PARTIES}
        write(path, json.dumps(made).encode())
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        energy, transport = (SigningKey.from_jwk(held[name], name) for name in _PARTIES)
    except (OSError, ValueError, KeyError, TypeError, InvalidField) as err:
        raise CredentialError(
            f"{path} holds no signing keys ({err}): restore it from a backup; "
            "without it homes do not recognise this retailer"
        ) from None
    return energy, transport


def tls_context(certificate: Path, private_key: Path, now: Instant) -> ssl.SSLContext:
    """A server's TLS context, version 1.2 or newer.

    Raises:
        CredentialError: unreadable, expired, not yet valid, or a key that does not fit.
    """
    try:
        pem = certificate.read_bytes()
        leaf = x509.load_pem_x509_certificate(pem)
    except (OSError, ValueError) as err:
        raise CredentialError(f"the certificate {certificate} cannot be read: {err}") from None
    first, last = leaf.not_valid_before_utc, leaf.not_valid_after_utc
    if to_datetime(now) >= last:
        raise CredentialError(f"the certificate {certificate} expired on {last:%Y-%m-%d %H:%M} UTC: renew it")
    if to_datetime(now) < first:
        raise CredentialError(
            f"the certificate {certificate} begins at {first:%Y-%m-%d %H:%M} UTC: "
            "is this machine's clock right?"
        )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, private_key, _no_password)
    except (OSError, ValueError) as err:
        raise CredentialError(f"the key {private_key} does not fit {certificate}: {err}") from None
    return context


def make_certificate(certificate: Path, private_key: Path, names: Sequence[str]) -> None:
    """Make a self-signed P-256 certificate for ``names``, unless both files are there.

    Raises:
        CredentialError: it cannot be written.
    """
    if certificate.exists() and private_key.exists():
        return
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "TeMIX reference retailer")])
    public = key.public_key()
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_BEFORE)
        .not_valid_after(datetime.now(UTC) + _LIFE)
        .add_extension(x509.SubjectAlternativeName([_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    write(private_key, pem)
    write(certificate, made.public_bytes(serialization.Encoding.PEM), 0o644)


def _name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _no_password() -> str:
    raise ValueError("it is encrypted: give a key without a password")


def write(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Write a file, which is whole or not there; without ``mode`` only its owner reads it."""
    temporary = path.with_suffix(".new")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as err:
        raise CredentialError(f"{path} cannot be written ({err.strerror}): check folder and owner") from None
