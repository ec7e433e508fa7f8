"""The owner's mandates in the ledger: the newest record says what holds, and which key the owner has."""

import sqlite3
from dataclasses import dataclass
from typing import Final, Literal

from temix_market.errors import MarketError
from temix_market.instants import Instant
from temix_market.mandates import Mandate
from temix_market.tenders import PartyId
from temix_market.wire.keys import VerifyKey
from temix_market.wire.mandate import open_mandate
from temix_market.wire.seal import GENESIS, digest, place_of

from temix_gateway.errors import MandateRefused
from temix_gateway.ledger.packing import unpack

type Event = Literal["signed", "revoked"]
type MandateRow = tuple[Event, int, str, str]
"""The columns but the record's number and its time."""

_COLUMNS: Final = "number, at, event, sequence, owner, signed"


@dataclass(frozen=True, slots=True)
class MandateRecord:
    """A mandate as the ledger has it: its number among the owner's, and their public key (base64url)."""

    number: int
    at: Instant
    event: Event
    sequence: int
    owner: str
    signed: str

    @property
    def holds(self) -> bool:
        """Whether it was not revoked."""
        return self.event == "signed"

    def read(self, home: PartyId | None = None) -> Mandate:
        """What was signed; for ``home``, where one is given.

        Raises:
            MarketError: the owner did not sign it, or it is for another home.
        """
        return open_mandate(self.signed, VerifyKey.from_x(self.owner), home)


def newest(connection: sqlite3.Connection) -> MandateRecord | None:
    """The record that counts; nothing where no mandate was ever signed, or the file is of an older schema."""
    if not has_mandates(connection):
        return None
    row = connection.execute(f"SELECT {_COLUMNS} FROM mandates ORDER BY number DESC LIMIT 1").fetchone()
    return None if row is None else _record(row)


def records(connection: sqlite3.Connection) -> list[MandateRecord]:
    """Every record of this file, oldest first."""
    if not has_mandates(connection):
        return []
    return [_record(row) for row in connection.execute(f"SELECT {_COLUMNS} FROM mandates ORDER BY number")]


def has_mandates(connection: sqlite3.Connection) -> bool:
    """Whether the file's schema knows mandates; an older archive's does not."""
    query = "SELECT 1 FROM main.sqlite_schema WHERE name = 'mandates'"
    return connection.execute(query).fetchone() is not None


def signed_row(
    last: MandateRecord | None, signed: str, owner: str, home: PartyId, *, new_key: bool
) -> MandateRow | None:
    """The columns of a newly signed mandate; nothing where it is the one that holds already.

    Args:
        last: the newest record.
        signed: the owner's signed message.
        owner: the owner's public key; it stays the same, unless ``new_key`` says that it may change.
        home: the home of this ledger.
        new_key: whether another key than the last one's may sign.

    Raises:
        MandateRefused: another key signed it, it does not follow the last one, or it is no mandate.
    """
    if last is not None and last.holds and last.signed == signed:
        return None
    if last is not None and last.owner != owner and not new_key:
        raise MandateRefused("another key signed it than the one before; `mandate sign --new-key` changes it")
    try:
        open_mandate(signed, VerifyKey.from_x(owner), home)
        place = place_of(signed)
    except MarketError as error:
        raise MandateRefused(str(error)) from error
    expected = (last.sequence + 1, digest(last.signed)) if last is not None else (1, GENESIS.hex())
    if place != expected:
        raise MandateRefused(f"it is number {place[0]}, and does not follow number {expected[0] - 1}")
    return "signed", place[0], owner, signed


def revoked_row(last: MandateRecord | None) -> MandateRow | None:
    """The columns that end the mandate that holds; nothing where none does."""
    if last is None or not last.holds:
        return None
    return "revoked", last.sequence, last.owner, last.signed


def _record(row: tuple[int, int, Event, int, str, bytes]) -> MandateRecord:
    number, at, event, sequence, owner, signed = row
    return MandateRecord(number, Instant(at), event, sequence, owner, unpack(signed))
