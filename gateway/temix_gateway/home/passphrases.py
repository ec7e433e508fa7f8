"""The passphrases of installer and owner: chosen by them, kept as Argon2id, guessed slowly."""

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from temix_gateway.home.errors import HomeError, UnreadableStore
from temix_gateway.home.roles import Role
from temix_gateway.home.tokens import private_file

LEAST_CHARACTERS: Final = 12
MOST_CHARACTERS: Final = 200

FAILURES: Final = 5
"""Wrong passphrases from one address after which it has to wait."""
COOL_S: Final = 60.0
COOL_AT_MOST_S: Final = 3600.0
TRIES_A_MINUTE: Final = 20
"""From all addresses together: each costs the gateway some 20 ms and 19 MiB."""
_ADDRESSES: Final = 1_000

_MEMORY_KIB: Final = 19 * 1024
_ROUNDS: Final = 2
"""OWASP's least figures for Argon2id (Password Storage Cheat Sheet): a small machine has room for them."""


class WrongPassphrase(HomeError):
    """The passphrase is not known, or none can be tried now; the text says what to do."""


class PassphraseRefused(HomeError):
    """This cannot become a passphrase."""


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who signs in with a role: a name for the record, and the passphrase's Argon2id (PHC string)."""

    name: str
    hash: str


class Passphrases:
    """A small file of one person a role. Every call reads it, and hashing takes its time: use a thread.

    All raise ``UnreadableStore`` where the file is there and is not such a file.
    """

    def __init__(self, path: Path) -> None:
        """Keep them in ``path``."""
        self._path = path

    def person(self, role: Role) -> Person | None:
        """Who has this role; nobody before the first start, or after a reset."""
        return self._people().get(role)

    def choose(self, role: Role, name: str, passphrase: str) -> None:
        """Give the role to a person, in place of whoever had it.

        Raises:
            PassphraseRefused: no name, or too short or too long a passphrase.
        """
        if not name.strip() or len(name) > 100:
            raise PassphraseRefused("a name has 1 to 100 characters")
        if not LEAST_CHARACTERS <= len(passphrase) <= MOST_CHARACTERS:
            raise PassphraseRefused(f"a passphrase has {LEAST_CHARACTERS} to {MOST_CHARACTERS} characters")
        hashed = _argon2().derive_phc_encoded(passphrase.encode())
        self._write(self._people() | {role: Person(name.strip(), hashed)})

    def forget(self, role: Role) -> None:
        """Take the role from whoever has it."""
        self._write({held: person for held, person in self._people().items() if held is not role})

    def whose(self, passphrase: str) -> tuple[Role, Person] | None:
        """Whose passphrase this is. It takes equally long for a wrong one."""
        found = None
        for role, person in self._people().items():
            try:
                Argon2id.verify_phc_encoded(passphrase[:MOST_CHARACTERS].encode(), person.hash)
            except InvalidKey:
                continue
            found = role, person
        return found

    def _people(self) -> dict[Role, Person]:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[Role, Person])
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            hint = "restore it from a backup, or run `temix-gateway reset` and choose passphrases anew"
            raise UnreadableStore(self._path, f"{error}; {hint}") from error

    def _write(self, people: dict[Role, Person]) -> None:
        private_file(self._path, msgspec.json.encode(people))


class Patience:
    """How often a passphrase may be tried: who guesses waits, from another address one does not notice."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """Nobody has tried yet; ``monotonic`` gives seconds."""
        self._monotonic = monotonic
        self._wrong: dict[str, tuple[int, float]] = {}
        self._minute, self._tries = 0.0, 0

    def check(self, address: str) -> None:
        """Count a try from this address.

        Raises:
            WrongPassphrase: it must wait; the text says for how long.
        """
        now = self._monotonic()
        _, until = self._wrong.get(address, (0, now))
        if until > now:
            raise WrongPassphrase(f"too many wrong passphrases: wait {int(until - now) + 1} s")
        if now - self._minute >= 60:
            self._minute, self._tries = now, 0
        self._tries += 1
        if self._tries > TRIES_A_MINUTE:
            raise WrongPassphrase("too many try to sign in: wait a minute")

    def wrong(self, address: str) -> None:
        """It was wrong: from the fifth on the address waits, each time twice as long."""
        count = self._wrong.pop(address, (0, 0.0))[0] + 1
        over = count - FAILURES
        wait = 0.0 if over < 0 else min(COOL_S * 2 ** min(over, 10), COOL_AT_MOST_S)
        self._wrong[address] = count, self._monotonic() + wait
        while len(self._wrong) > _ADDRESSES:
            del self._wrong[next(iter(self._wrong))]

    def right(self, address: str) -> None:
        """It was right: what was wrong before is forgotten."""
        self._wrong.pop(address, None)


def _argon2() -> Argon2id:
    return Argon2id(
        salt=secrets.token_bytes(16), length=32, iterations=_ROUNDS, lanes=1, memory_cost=_MEMORY_KIB
    )
