"""The code that a person carries from the gateway to a client: short, said aloud without mistakes.

Eight characters of Crockford's base32 (40 random bits) and one check character, written in threes:
``4K7 M2X Q9C``. The check character is the number's remainder modulo 37, as Crockford defines it
(https://www.crockford.com/base32.html); codes whose remainder would need a sign that is no letter or digit
are not given out.
"""

import secrets
from collections.abc import Callable
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SECRET_LENGTH: Final = 8
_MODULUS: Final = 37


def new_code(random: Callable[[int], int] = secrets.randbelow) -> str:
    """Make a code, without spaces; ``random`` gives a whole number below its argument."""
    while True:
        secret = "".join(ALPHABET[random(len(ALPHABET))] for _ in range(SECRET_LENGTH))
        if (check := _check(secret)) < len(ALPHABET):
            return secret + ALPHABET[check]


def spaced(code: str) -> str:
    """Write a code as people read it."""
    return " ".join(code[at : at + 3] for at in range(0, len(code), 3))


def secret_of(code: str) -> bytes:
    """The part of a code that both sides prove to know."""
    return code[:SECRET_LENGTH].encode("ascii")


def pairing_uri(gateway_id: str, code: str) -> str:
    """What the QR code holds: pasted whole into the form it does the same as the code typed."""
    return f"temix:{gateway_id}?code={code}"


def _check(secret: str) -> int:
    number = 0
    for character in secret:
        number = number * len(ALPHABET) + ALPHABET.index(character)
    return number % _MODULUS
