"""Who is signed in to the pages: a random cookie a session, kept in memory alone."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from temix_gateway.home.roles import INSTALLER_LASTS_S, OWNER_LASTS_S, Role

MOST: Final = 32
"""Sessions at once; beyond them the oldest one ends."""

_LASTS_S: Final = {Role.INSTALLER: INSTALLER_LASTS_S, Role.OWNER: OWNER_LASTS_S}


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who signed in: as what, until when (monotonic, s), and what their forms must carry."""

    role: Role
    who: str
    csrf: str
    ends: float


class Sessions:
    """The sessions by the hash of their cookies."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """Nobody is signed in; ``monotonic`` gives seconds."""
        self._monotonic = monotonic
        self._held: dict[str, Session] = {}

    def begin(self, role: Role, who: str) -> str:
        """Sign somebody in; return the cookie's value."""
        cookie = secrets.token_urlsafe(32)
        ends = self._monotonic() + _LASTS_S[role]
        self._held[_hash(cookie)] = Session(role, who, secrets.token_urlsafe(32), ends)
        while len(self._held) > MOST:
            del self._held[next(iter(self._held))]
        return cookie

    def of(self, cookie: str) -> Session | None:
        """The session of a cookie; none where it is unknown or over."""
        session = self._held.get(_hash(cookie))
        if session is None or session.ends <= self._monotonic():
            self.end(cookie)
            return None
        return session

    def end(self, cookie: str) -> None:
        """Sign out."""
        self._held.pop(_hash(cookie), None)

    def end_all(self, role: Role) -> None:
        """Sign everybody of a role out."""
        self._held = {key: held for key, held in self._held.items() if held.role is not role}


@dataclass(frozen=True, slots=True)
class HandOver:
    """A code by which the owner chooses a passphrase, once; its hash, and until when it is good."""

    hash: str
    ends: float

    def fits(self, code: str, now: float) -> bool:
        """Whether this is the code, and it is good."""
        return now < self.ends and hmac.compare_digest(self.hash, _hash(code))


def hand_over(code: str, ends: float) -> HandOver:
    """Keep a code as its hash."""
    return HandOver(_hash(code), ends)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
