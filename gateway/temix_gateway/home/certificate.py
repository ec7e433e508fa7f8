"""The gateway's own certificate, made at first start; clients pin its SHA-256."""

import hashlib
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from temix_gateway.home.errors import UnreadableStore
from temix_gateway.home.tokens import private_file

# Fixed dates: a gateway without a battery-backed clock may start in 1970, or be believed for decades.
_NOT_BEFORE: Final = datetime(2020, 1, 1, tzinfo=UTC)
_NOT_AFTER: Final = datetime(2070, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Certificate:
    """Key and certificate in one PEM file, and the certificate's SHA-256."""

    path: Path
    fingerprint: bytes

    def context(self) -> ssl.SSLContext:
        """A server's TLS context, TLS 1.3 and nothing older."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_cert_chain(self.path)
        return context


def load_or_make(path: Path, gateway_id: str) -> Certificate:
    """Read the gateway's certificate, or make it: P-256, signed by itself.

    Raises:
        UnreadableStore: the file is there and does not hold a key and a certificate.
    """
    try:
        pem = path.read_bytes()
    except FileNotFoundError:
        pem = _make(gateway_id)
        private_file(path, pem)
    except OSError as error:
        raise UnreadableStore(path, f"{error}; make it readable for the gateway") from error
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        serialization.load_pem_private_key(pem, None)
    except ValueError as error:
        hint = "restore it from a backup, or remove it: a new one is made, which every client must trust anew"
        raise UnreadableStore(path, f"{error}; {hint}") from error
    return Certificate(path, hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).digest())


def _make(gateway_id: str) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, gateway_id[:64])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_NOT_BEFORE)
        .not_valid_after(_NOT_AFTER)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("temix-gateway.local")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)
