"""Enrolment by a code that works once, and the certificates by which enrolled homes are known."""

import base64
import hashlib
import hmac
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from temix_market.errors import InvalidField
from temix_market.instants import HOUR, Duration, Instant, iso, to_datetime
from temix_market.ports import Clock
from temix_market.tenders import PartyId

from temix_retailer.access import Enrollments
from temix_retailer.credentials import write
from temix_retailer.errors import AccessDenied, CredentialError
from temix_retailer.store import Store
from temix_retailer.voice import Randomness

CODE_BYTES: Final = 10
"""80 random bits: nobody guesses them, however often."""

LIFE: Final = Duration(365 * 24 * HOUR)
_CA_LIFE: Final = timedelta(days=30 * 365)
_EARLIER: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What a code was redeemed for; the certificate is PEM."""

    home: PartyId
    client_id: str
    client_secret: str
    expires_at: Instant
    certificate: str


class Authority:
    """Signs the certificates of homes; its own lies in the folder."""

    def __init__(self, certificate: Path, key: Path, clock: Clock) -> None:
        """Use the authority in these files, which is made where there is none.

        Raises:
            CredentialError: they cannot be used.
        """
        self.path = certificate
        self._clock = clock
        try:
            if not certificate.exists():
                _make_authority(certificate, key, clock)
            self._certificate = x509.load_pem_x509_certificate(certificate.read_bytes())
            loaded = serialization.load_pem_private_key(key.read_bytes(), None)
        except (OSError, ValueError) as err:
            raise CredentialError(
                f"{key} holds no authority for homes ({err}): restore it from a backup"
            ) from None
        if not isinstance(loaded, ec.EllipticCurvePrivateKey):
            raise CredentialError(f"{key} is no key of an elliptic curve: restore it from a backup")
        self._key = loaded

    def sign(self, request: str, home: PartyId, until: Instant) -> bytes:
        """The certificate (DER) for the key of a request (PEM), whatever else it asks for.

        Raises:
            InvalidField: it is no request, not signed by its key, or not for a key of P-256.
        """
        try:
            asked = x509.load_pem_x509_csr(request.encode())
            genuine = asked.is_signature_valid
            key = asked.public_key()
        except ValueError as err:
            raise InvalidField("certificateRequest", f"no certificate request: {err}") from None
        if not genuine:
            raise InvalidField("certificateRequest", "its key did not sign it")
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
            raise InvalidField("certificateRequest", "its key is none of P-256")
        made = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, home)]))
            .issuer_name(self._certificate.subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(to_datetime(self._clock.now()) - _EARLIER)
            .not_valid_after(to_datetime(until))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
            .sign(self._key, hashes.SHA256())
        )
        return made.public_bytes(serialization.Encoding.DER)


def no_authority() -> Authority:
    """What a retailer without sockets has.

    Raises:
        CredentialError: always.
    """
    raise CredentialError("this retailer signs no certificates: it has no authority for homes")


class Invitations:
    """Codes by which homes enrol themselves, in the thread of the book."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        randomness: Randomness,
        authority: Callable[[], Authority] = no_authority,
    ) -> None:
        """Read and write ``store``; ``authority`` signs certificates."""
        self._store, self._clock, self._randomness = store, clock, randomness
        self._authority = authority
        self._enrollments = Enrollments(store, clock, randomness)

    def invite(self, home: PartyId, life: Duration) -> str:
        """Make a code for a home; earlier ones stay good until they lapse."""
        code = base64.b32encode(self._randomness(CODE_BYTES)).decode()
        now = self._clock.now()
        with self._store.transaction() as rows:
            rows.execute(
                "INSERT INTO invitations (code_sha256, home, expires_at, invited_at) VALUES (?, ?, ?, ?)",
                (_hash(code), home, now + life, now),
            )
        return "-".join(code[at : at + 4] for at in range(0, len(code), 4))

    def redeem(self, code: str, request: str) -> Enrolled:
        """Exchange a code and a certificate request for an account. It works once.

        Raises:
            AccessDenied: unknown, lapsed or used.
            InvalidField: the request is none.
        """
        hashed = _hash(code.upper().replace("-", "").replace(" ", ""))
        row = self._store.reading.execute(
            "SELECT home, expires_at, redeemed_at FROM invitations"
            " LEFT JOIN redemptions USING (code_sha256) WHERE code_sha256 = ?",
            (hashed,),
        ).fetchone()
        if row is None:
            raise AccessDenied("this enrolment code is not known: read it again, or ask for another one")
        home, expires_at, used = row
        if used is not None:
            raise AccessDenied("this enrolment code was used before: ask for another one")
        if self._clock.now() >= expires_at:
            raise AccessDenied(
                f"this enrolment code lapsed at {iso(Instant(expires_at))}: ask for another one"
            )
        party, now = PartyId(home), self._clock.now()
        certificate = self._authority().sign(request, party, Instant(now + LIFE))
        fingerprint = hashlib.sha256(certificate).hexdigest()
        with self._store.transaction() as rows:
            made = self._enrollments.add(rows, party, LIFE)
            rows.execute(
                "INSERT INTO redemptions (code_sha256, client_id, certificate_sha256, redeemed_at)"
                " VALUES (?, ?, ?, ?)",
                (hashed, made.client_id, fingerprint, now),
            )
        pem = ssl.DER_cert_to_PEM_cert(certificate)
        return Enrolled(party, made.client_id, made.client_secret, made.expires_at, pem)

    def check(self, client_id: str, certificate: bytes | None) -> None:
        """Whether a client shows the certificate (DER) that it was given, if it was given one.

        Raises:
            AccessDenied: another one, or none.
        """
        row = self._store.reading.execute(
            "SELECT certificate_sha256 FROM redemptions WHERE client_id = ?", (client_id,)
        ).fetchone()
        if row is None:
            return
        shown = hashlib.sha256(certificate or b"").hexdigest()
        if not hmac.compare_digest(shown, row[0]):
            raise AccessDenied("this account comes with a client certificate, which was not shown")


def _make_authority(certificate: Path, key: Path, clock: Clock) -> None:
    made = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "TeMIX reference retailer, homes")])
    now = to_datetime(clock.now())
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(made.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now + _CA_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(made.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(
                digital_signature=False,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=True,
                crl_sign=True,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .sign(made, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    write(key, made.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    write(certificate, signed.public_bytes(serialization.Encoding.PEM))


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
