"""The key with which the owner signs mandates: in a file of its own, encrypted with the owner's passphrase.

The gateway never reads it: a thief of the machine, of a backup or of a token cannot raise a ceiling with it.
The file is a JWK encrypted as RFC 7517 section 7 says (JWE: PBES2-HS512+A256KW, A256GCM), so that it can lie
anywhere, and other programs can read it.
"""

import secrets
from pathlib import Path
from typing import Final

import msgspec
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from temix_market.errors import InvalidField
from temix_market.wire.keys import SigningKey

from temix_gateway.errors import GatewayError
from temix_gateway.home.tokens import private_file

LEAST_CHARACTERS: Final = 14
"""Of a passphrase: a shorter one is guessed from a stolen file (and joserfc warns of it)."""

_ALGORITHMS: Final = ["PBES2-HS512+A256KW", "A256GCM"]
_ROUNDS: Final = 210_000
"""OWASP's figure for PBKDF2 with SHA-512 (Password Storage Cheat Sheet, 2023): a tenth of a second."""


class OwnerKeyUnusable(GatewayError):
    """The owner's key cannot be read or made."""

    def __init__(self, path: Path, reason: str) -> None:
        """Name the file and what is wrong."""
        super().__init__(f"owner's key {path}: {reason}")


def make(path: Path, passphrase: str) -> SigningKey:
    """Make a key and keep it in ``path``; the file that was there before is kept beside it as ``.old``.

    Raises:
        OwnerKeyUnusable: the passphrase is too short, or the file cannot be written.
    """
    if len(passphrase) < LEAST_CHARACTERS:
        raise OwnerKeyUnusable(path, f"a passphrase has at least {LEAST_CHARACTERS} characters")
    key = SigningKey.from_seed(secrets.token_bytes(32))
    header = {"alg": _ALGORITHMS[0], "enc": _ALGORITHMS[1], "p2c": _ROUNDS, "cty": "jwk+json"}
    content = msgspec.json.encode(key.private_jwk)
    text = jwe.encrypt_compact(header, content, _secret(passphrase), algorithms=_ALGORITHMS)
    try:
        if path.exists():
            path.replace(path.with_name(path.name + ".old"))
        private_file(path, text.encode())
    except OSError as error:
        raise OwnerKeyUnusable(path, f"cannot be written ({error})") from error
    return key


def load(path: Path, passphrase: str) -> SigningKey:
    """Read the key.

    Raises:
        OwnerKeyUnusable: another passphrase, or no such file.
    """
    try:
        text = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise OwnerKeyUnusable(path, f"cannot be read ({error})") from error
    wrong = "this is not its passphrase, or it is damaged; `mandate sign --new-key` makes another key"
    if len(passphrase) < LEAST_CHARACTERS:
        raise OwnerKeyUnusable(path, wrong)
    try:
        content = jwe.decrypt_compact(text, _secret(passphrase), algorithms=_ALGORITHMS).plaintext
        return SigningKey.from_jwk(msgspec.json.decode(content or b""))
    except (JoseError, ValueError, InvalidField) as error:
        raise OwnerKeyUnusable(path, wrong) from error


def _secret(passphrase: str) -> OctKey:
    return OctKey.import_key(passphrase.encode())
