"""Who may talk to the retailer: clients with hashed secrets, bearer tokens, and the keys of homes."""

import hmac
import json
from dataclasses import dataclass
from hashlib import sha256
from sqlite3 import Connection
from typing import Final

import msgspec
from temix_market.errors import InvalidField
from temix_market.instants import Duration, Instant, iso
from temix_market.ports import Clock
from temix_market.tenders import PartyId
from temix_market.wire.keys import VerifyKey
from temix_market.wire.registration import PublicJwk

from temix_retailer.errors import AccessDenied, RegistrationError, TooManyRequests
from temix_retailer.store import Store
from temix_retailer.voice import Randomness

TOKEN_LIFE: Final = Duration(3_600_000)
"""How long a bearer token is good for."""

_TOKENS_A_HOME: Final = 4
_FAILURES: Final = 10
_COOL_DOWN: Final = Duration(60_000)


@dataclass(frozen=True, slots=True)
class Enrollment:
    """What a home's gateway needs to log in; the secret is shown once and kept as a hash only."""

    home: PartyId
    client_id: str
    client_secret: str
    expires_at: Instant


class Enrollments:
    """Clients and home keys in the store, in the thread of its book."""

    def __init__(self, store: Store, clock: Clock, randomness: Randomness) -> None:
        """Read and write ``store``."""
        self._store = store
        self._clock = clock
        self._randomness = randomness

    def enroll(self, home: PartyId, life: Duration) -> Enrollment:
        """Give a home a client id and a secret; earlier ones of the home end."""
        with self._store.transaction() as rows:
            return self.add(rows, home, life)

    def add(self, rows: Connection, home: PartyId, life: Duration) -> Enrollment:
        """The same within the caller's transaction."""
        now = self._clock.now()
        secret = self._randomness(32).hex()
        made = Enrollment(home, f"client-{self._randomness(8).hex()}", secret, Instant(now + life))
        rows.execute(
            "INSERT INTO clients (client_id, home, secret_sha256, expires_at, enrolled_at)"
            " VALUES (?, ?, ?, ?, ?)",
            (made.client_id, home, _hash(secret), made.expires_at, now),
        )
        return made

    def cancel(self, home: PartyId) -> None:
        """End a home's account: its credentials are replaced by some that lapsed as they were made."""
        self.enroll(home, Duration(0))

    def home_of(self, client_id: str, secret: str) -> PartyId:
        """The home of a client that knows its secret.

        Raises:
            AccessDenied: unknown, wrong, replaced or expired; which of the first two is not told.
        """
        row = self._store.reading.execute(
            "SELECT home, secret_sha256, expires_at FROM clients WHERE client_id = ?", (client_id,)
        ).fetchone()
        home, known, expires_at = row or ("", "", 0)
        if not hmac.compare_digest(known.encode(), _hash(secret).encode()):
            raise AccessDenied("client id or secret are wrong: enroll the home again")
        newest = self._store.reading.execute(
            "SELECT client_id FROM clients WHERE home = ? ORDER BY rowid DESC LIMIT 1", (home,)
        ).fetchone()
        if newest[0] != client_id:
            raise AccessDenied(f"these credentials of {home} were replaced: use the newer ones")
        if self._clock.now() >= expires_at:
            raise AccessDenied(
                f"the credentials expired at {iso(Instant(expires_at))}: enroll the home again"
            )
        return PartyId(home)

    def register(self, home: PartyId, key: VerifyKey) -> None:
        """Remember the key with which a home signs; the same again changes nothing.

        Raises:
            RegistrationError: it registered another key since it was enrolled.
        """
        row = self._store.reading.execute(
            "SELECT jwk, registered_at FROM homes WHERE home = ? ORDER BY id DESC LIMIT 1", (home,)
        ).fetchone()
        jwk = json.dumps(msgspec.to_builtins(key.jwk))
        if row is not None and row[0] == jwk:
            return
        enrolled = self._store.reading.execute(
            "SELECT max(enrolled_at) FROM clients WHERE home = ?", (home,)
        ).fetchone()[0]
        if row is not None and (enrolled is None or enrolled <= row[1]):
            raise RegistrationError(
                f"{home} signs with another key: enroll the home again before it registers a new one"
            )
        with self._store.transaction() as rows:
            rows.execute(
                "INSERT INTO homes (home, jwk, registered_at) VALUES (?, ?, ?)",
                (home, jwk, self._clock.now()),
            )

    def key_of(self, home: PartyId) -> VerifyKey | None:
        """The key that a home registered last."""
        row = self._store.reading.execute(
            "SELECT jwk FROM homes WHERE home = ? ORDER BY id DESC LIMIT 1", (home,)
        ).fetchone()
        return VerifyKey.from_jwk(msgspec.json.decode(row[0], type=PublicJwk)) if row else None


class Tokens:
    """Bearer tokens in memory: they end with the process, and a client then asks for a new one."""

    def __init__(self, clock: Clock, randomness: Randomness) -> None:
        """Start with none."""
        self._clock = clock
        self._randomness = randomness
        self._homes: dict[str, tuple[PartyId, Duration]] = {}
        self._failures: dict[str, tuple[int, Duration]] = {}

    def issue(self, home: PartyId) -> str:
        """A new token of a home; beyond four the oldest ends."""
        now = self._clock.monotonic()
        self._homes = {hashed: held for hashed, held in self._homes.items() if held[1] > now}
        own = [hashed for hashed, held in self._homes.items() if held[0] == home]
        for hashed in own[: len(own) - _TOKENS_A_HOME + 1]:
            del self._homes[hashed]
        token = f"tr_{self._randomness(32).hex()}"
        self._homes[_hash(token)] = home, Duration(now + TOKEN_LIFE)
        return token

    def home_of(self, token: str) -> PartyId:
        """Whose token it is.

        Raises:
            AccessDenied: nobody's, or no longer.
        """
        held = self._homes.get(_hash(token))
        if held is None or held[1] <= self._clock.monotonic():
            raise AccessDenied("the token is unknown or has expired: ask for a new one at /oauth/token")
        return held[0]

    def end(self, home: PartyId) -> None:
        """End every token of a home."""
        self._homes = {hashed: held for hashed, held in self._homes.items() if held[0] != home}

    def failed(self, client_id: str) -> None:
        """Count a failed log-in."""
        now = self._clock.monotonic()
        # Forget the old ones, so that made-up ids do not fill the memory for ever.
        self._failures = {name: held for name, held in self._failures.items() if held[1] > now}
        count, until = self._failures.get(client_id, (0, Duration(now + _COOL_DOWN)))
        self._failures[client_id] = count + 1, until

    def check_failures(self, client_id: str) -> None:
        """Whether another attempt may be made.

        Raises:
            TooManyRequests: ten failed within a minute.
        """
        count, until = self._failures.get(client_id, (0, Duration(0)))
        left = until - self._clock.monotonic()
        if count >= _FAILURES and left > 0:
            raise TooManyRequests("too many failed log-ins", Duration(left))


def home_id(text: str) -> PartyId:
    """Read a home's name.

    Raises:
        InvalidField: empty, longer than 64 characters, or with others than letters, digits and ``-._``.
    """
    plain = text.isascii() and text.replace("-", "").replace(".", "").replace("_", "").isalnum()
    if not plain or len(text) > 64:
        raise InvalidField("home", f"{text!r} is no name: use up to 64 letters, digits, '-', '.' and '_'")
    return PartyId(text)


def _hash(secret: str) -> str:
    # 256 random bits need no slow hash.
    return sha256(secret.encode()).hexdigest()
