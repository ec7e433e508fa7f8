"""The pairing window: one code, one client, five minutes; and what both sides compute from the code.

SPAKE2 turns the code into a key that an eavesdropper, or somebody between the two, learns nothing about:
each wrong guess costs a try at the gateway itself. The certificate's hash is part of the identity, so that
the keys agree only where the client sees the gateway's own certificate. The client proves its key first.
"""

import hashlib
import hmac
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from spake2 import SPAKE2_B
from spake2.ed25519_basic import NotOnCurve
from spake2.spake2 import SPAKEError

from temix_gateway.home.codes import new_code, secret_of
from temix_gateway.home.errors import HomeError
from temix_gateway.home.roles import Role

OPEN_S: Final = 300.0
FAILURES: Final = 5
"""Wrong codes after which the window closes."""
COOL_S: Final = 60.0
COOL_AT_MOST_S: Final = 3600.0

_INFO: Final = b"temix pairing 1"
_NONCE: Final = bytes(12)  # each key seals one token


class PairingClosed(HomeError):
    """No pairing window is open, or none can be opened yet; the text says what to do."""


class WrongCode(HomeError):
    """The client does not know the code, or somebody sits between the two."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What both sides derive: a key for each one's proof, and one that seals the token."""

    client: bytes
    gateway: bytes
    seal: bytes

    def proof_of_client(self, client_point: bytes, gateway_point: bytes) -> bytes:
        """What the client proves its key by."""
        return hmac.digest(self.client, client_point + gateway_point, "sha256")

    def proof_of_gateway(self, client_point: bytes, gateway_point: bytes) -> bytes:
        """What the gateway proves its key by."""
        return hmac.digest(self.gateway, client_point + gateway_point, "sha256")


def keys_from(shared: bytes) -> Keys:
    """Derive the three keys of 32 bytes from SPAKE2's shared key (HKDF-SHA-256, RFC 5869)."""
    material = HKDF(algorithm=SHA256(), length=96, salt=None, info=_INFO).derive(shared)
    return Keys(material[:32], material[32:64], material[64:])


def identity(fingerprint: bytes, gateway_id: str) -> bytes:
    """The gateway's SPAKE2 identity: its certificate's SHA-256, then its id."""
    return fingerprint + gateway_id.encode()


@dataclass(frozen=True, slots=True)
class Window:
    """An open window."""

    code: str
    role: Role
    closes_at: float


@dataclass(frozen=True, slots=True)
class Attempt:
    """One client's try at a window's code, both points known."""

    window: Window
    client_point: bytes
    gateway_point: bytes
    keys: Keys

    def sealed(self, token: str) -> bytes:
        """Seal the token for the client."""
        return AESGCM(self.keys.seal).encrypt(_NONCE, token.encode(), None)


def attempt(window: Window, client: str, gateway: bytes, point: bytes) -> Attempt:
    """Answer a client's point; takes some milliseconds of pure arithmetic.

    Raises:
        WrongCode: the point is none of a client's.
    """
    side = SPAKE2_B(secret_of(window.code), idA=client.encode(), idB=gateway)
    answer = side.start()
    try:
        shared = side.finish(point)
    except (SPAKEError, NotOnCurve, ValueError, AssertionError) as error:
        raise WrongCode(f"the client's point is none: {error or type(error).__name__}") from error
    return Attempt(window, point, answer, keys_from(shared))


class Pairing:
    """Opens and closes the window, counts wrong codes, and lets nobody try for a while after too many.

    Clients that are paired already never notice any of it.
    """

    def __init__(self, gateway: bytes, monotonic: Callable[[], float], code: Callable[[], str] = new_code):
        """Pair clients with the gateway of this ``identity``; ``monotonic`` gives seconds."""
        self.gateway = gateway
        self._monotonic = monotonic
        self._code = code
        self._window: Window | None = None
        self._failures = 0
        self._cool = COOL_S
        self._cools_until = monotonic()

    @property
    def open_seconds(self) -> int:
        """How long the window stays open; 0: it is closed."""
        window = self._window
        return 0 if window is None else max(0, math.ceil(window.closes_at - self._monotonic()))

    @property
    def cooling_seconds(self) -> int:
        """How long no window can be opened."""
        return max(0, math.ceil(self._cools_until - self._monotonic()))

    def open(self, role: Role) -> Window:
        """Open the window with a new code.

        Raises:
            PairingClosed: too many wrong codes came; it says how long to wait.
        """
        if wait := self.cooling_seconds:
            raise PairingClosed(f"too many wrong codes came: wait {wait} s, then open the window again")
        self._failures = 0
        self._window = Window(self._code(), role, self._monotonic() + OPEN_S)
        return self._window

    def close(self) -> None:
        """Close the window; its code is worth nothing from now on."""
        self._window = None

    def window(self) -> Window:
        """The open window.

        Raises:
            PairingClosed: there is none.
        """
        if self._window is None or not self.open_seconds:
            raise PairingClosed("no pairing window is open: open one on the gateway")
        return self._window

    def confirm(self, tried: Attempt, proof: bytes) -> bytes:
        """Check the client's proof; right: close the window and return the gateway's proof.

        Raises:
            PairingClosed: the attempt's window is open no more.
            WrongCode: the proof is wrong; the fifth closes the window.
        """
        if self.window() is not tried.window:
            raise PairingClosed("this code's window is closed: use the code that the gateway shows now")
        right = tried.keys.proof_of_client(tried.client_point, tried.gateway_point)
        if not hmac.compare_digest(proof, right):
            self._fail()
            raise WrongCode("the code is wrong, or somebody sits between this client and the gateway")
        self.close()
        self._cool = COOL_S
        return tried.keys.proof_of_gateway(tried.client_point, tried.gateway_point)

    def _fail(self) -> None:
        self._failures += 1
        if self._failures >= FAILURES:
            self.close()
            self._cools_until = self._monotonic() + self._cool
            self._cool = min(2 * self._cool, COOL_AT_MOST_S)


class Bootstrap:
    """The secret that the Supervisor hands to Home Assistant: it works once, and only until then."""

    def __init__(self, secret: str | None = None) -> None:
        """Accept ``secret``; none: nothing."""
        self._digest = None if secret is None else hashlib.sha256(secret.encode()).digest()

    def redeem(self, secret: str) -> None:
        """Use the secret up.

        Raises:
            PairingClosed: it is not the secret, or was used before.
        """
        given = hashlib.sha256(secret.encode()).digest()
        if self._digest is None or not hmac.compare_digest(given, self._digest):
            raise PairingClosed("this secret was used before, or is none of this gateway's: pair with a code")
        self._digest = None
