"""The key with which the home signs its orders: made at the first start, kept in a file of its own."""

import secrets
from pathlib import Path

import msgspec
from temix_market.errors import InvalidField
from temix_market.wire.keys import SigningKey

from temix_gateway.errors import GatewayError
from temix_gateway.home.tokens import private_file


class KeyUnreadable(GatewayError):
    """The key file is there, and does not hold the key."""

    def __init__(self, path: Path, reason: str) -> None:
        """Name the file and what is wrong."""
        super().__init__(
            f"key {path} cannot be read ({reason}): restore it from a backup; "
            "with a new key the home must be enrolled at the retailer anew"
        )


def load_or_make(path: Path) -> SigningKey:
    """Read the key, or make it.

    Raises:
        KeyUnreadable: the file is there and holds no Ed25519 key.
    """
    try:
        return SigningKey.from_jwk(msgspec.json.decode(path.read_bytes()))
    except FileNotFoundError:
        key = SigningKey.from_seed(secrets.token_bytes(32))
        private_file(path, msgspec.json.encode(key.private_jwk))
        return key
    except (OSError, ValueError, InvalidField) as error:
        raise KeyUnreadable(path, str(error)) from error
