"""Messages about who may speak to the gateway: pairing, and the list of clients."""

from typing import Annotated, Final

from msgspec import Meta, Struct

from temix_gateway.home.roles import Role
from temix_gateway.home.units import CommandId, Name, Time

_SPAKE2_BYTES: Final = 33
_DIGEST_BYTES: Final = 32

type Point = Annotated[str, Meta(pattern=f"^[0-9a-f]{{{2 * _SPAKE2_BYTES}}}$", description="hex")]
"""A SPAKE2 message: the side's letter and a point of Ed25519."""
type Proof = Annotated[str, Meta(pattern=f"^[0-9a-f]{{{2 * _DIGEST_BYTES}}}$", description="hex")]
"""An HMAC-SHA-256."""


class Pair(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="pair"):
    """In place of ``authenticate``: begin to pair, with the client's SPAKE2 message.

    ``client`` is the client's own lasting identity: pairing anew replaces its token. ``label`` is what people
    read in the list of clients.
    """

    id: CommandId
    schema: int
    client: Name
    label: Name
    point: Point


class ConfirmPairing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="confirm_pairing"):
    """Prove that the client knows the code. The gateway proves it only after this."""

    id: CommandId
    proof: Proof


class RedeemSecret(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="redeem_secret"):
    """In place of ``authenticate``: exchange the Supervisor's single-use secret for a token."""

    id: CommandId
    schema: int
    client: Name
    label: Name
    secret: Annotated[str, Meta(max_length=200)]


class OpenPairing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="open_pairing"):
    """Open the pairing window for one client of this role; an open window is replaced."""

    id: CommandId
    role: Role = Role.CONTROLLER


class ClosePairing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="close_pairing"):
    """Close the pairing window."""

    id: CommandId


class GetAccess(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="get_access"):
    """Ask who is paired, and whether the window is open."""

    id: CommandId


class RevokeClient(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="revoke_client"):
    """End a client's token and its connections, at once."""

    id: CommandId
    label: Name


class PairingPoint(Struct, frozen=True, kw_only=True, tag="pairing_point", tag_field="kind"):
    """The gateway's SPAKE2 message: the result of ``pair``."""

    point: str


class Paired(Struct, frozen=True, kw_only=True, tag="paired", tag_field="kind"):
    """The gateway's proof, and the token sealed with the key that only the two share (AES-256-GCM, hex)."""

    proof: str
    sealed: str


class Token(Struct, frozen=True, kw_only=True, tag="token", tag_field="kind"):
    """A token: the result of ``redeem_secret``, which only a client that pins the certificate sends."""

    token: str


class PairingWindow(Struct, frozen=True, kw_only=True, tag="pairing_window", tag_field="kind"):
    """The open window: its code, what the QR code holds, and for how many seconds it stays open."""

    code: str
    uri: str
    seconds: int


class KnownClient(Struct, frozen=True, kw_only=True):
    """A client that has a token; ``connected`` says whether it is here now."""

    label: str
    role: Role
    created: Time
    last_used: Time | None
    connected: bool


class Access(Struct, frozen=True, kw_only=True, tag="access", tag_field="kind"):
    """Who is paired; how long the window stays open (0: closed), or cannot be opened after wrong codes."""

    clients: list[KnownClient]
    open_seconds: int
    cooling_seconds: int
