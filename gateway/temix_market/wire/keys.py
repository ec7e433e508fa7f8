"""Ed25519 keys as JWK (RFC 8037), and UUIDv7 keys from injected time and randomness."""

from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from temix_market.errors import InvalidField
from temix_market.instants import Instant
from temix_market.wire.registration import PublicJwk


@dataclass(frozen=True, slots=True)
class VerifyKey:
    """A party's public key; ``kid`` is its RFC 7638 thumbprint."""

    kid: str
    key: OKPKey

    @classmethod
    def from_jwk(cls, jwk: PublicJwk, field: str = "key") -> Self:
        """Read a public key.

        Raises:
            InvalidField: no Ed25519 key, or a ``kid`` that is not its thumbprint.
        """
        found = cls.from_x(jwk.x, f"{field}.x")
        if jwk.kid != found.kid:
            raise InvalidField(f"{field}.kid", f"{jwk.kid!r} is not the key's thumbprint {found.kid}")
        return found

    @classmethod
    def from_x(cls, x: str, field: str = "key") -> Self:
        """Read a public key of its 32 bytes in base64url.

        Raises:
            InvalidField: no Ed25519 key.
        """
        try:
            key = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": x})
            return cls(key.thumbprint(), key)
        except (JoseError, ValueError) as error:
            raise InvalidField(field, f"not an Ed25519 public key: {error}") from None

    @property
    def x(self) -> str:
        """Its 32 bytes in base64url."""
        return str(self.key.as_dict(private=False)["x"])

    @property
    def jwk(self) -> PublicJwk:
        """The key as it is exchanged."""
        return PublicJwk(kty="OKP", crv="Ed25519", x=self.x, kid=self.kid)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A party's private key. It never shows itself in ``repr``."""

    kid: str
    key: OKPKey

    @classmethod
    def from_seed(cls, seed: bytes) -> Self:
        """Make the key of a seed of 32 random bytes; the same seed makes the same key."""
        key = OKPKey.import_key(Ed25519PrivateKey.from_private_bytes(seed))
        return cls(key.thumbprint(), key)

    @classmethod
    def from_jwk(cls, jwk: dict[str, Any], field: str = "key") -> Self:
        """Read a private key as ``private_jwk`` wrote it.

        Raises:
            InvalidField: not a private Ed25519 key.
        """
        try:
            key = OKPKey.import_key(jwk)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise InvalidField(field, f"not a private Ed25519 key: {error}") from None
        if key.curve_name != "Ed25519" or not key.is_private:
            raise InvalidField(field, "not a private Ed25519 key")
        return cls(key.thumbprint(), key)

    @property
    def private_jwk(self) -> dict[str, Any]:
        """The key as it is stored, secret part included."""
        return dict(self.key.as_dict(private=True))

    @property
    def public(self) -> VerifyKey:
        """Its public half."""
        return VerifyKey.from_x(str(self.key.as_dict(private=False)["x"]))


def uuid7(now: Instant, random: bytes) -> str:
    """A UUIDv7 (RFC 9562) of ``now`` in milliseconds and ten random bytes, in lower case."""
    noise = int.from_bytes(random[:10])
    value = (now << 80) | (0x7 << 76) | ((noise >> 64 & 0xFFF) << 64) | (0b10 << 62) | (noise & (1 << 62) - 1)
    return str(UUID(int=value))
