"""The commissioning record: what was set and found, by whom and when, signed by the gateway."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct
from temix_market.instants import Instant
from temix_market.wire.base import Payload, Sha256, Time, ours
from temix_market.wire.keys import SigningKey, VerifyKey
from temix_market.wire.seal import digest, envelope, open_sealed, sign


class RecordedCheck(Payload, frozen=True, kw_only=True):
    """What one check of a step found."""

    step: Annotated[str, ours("the step")]
    at: Annotated[Time, ours("when it was made")]
    by: Annotated[str, ours("by whom")]
    kind: Annotated[str, ours("ok, or note where something is left to do")]
    code: Annotated[str, ours("what was found")]
    about: Annotated[dict[str, str], ours("the particulars")]


class CommissioningRecord(Payload, frozen=True, kw_only=True):
    """A gateway as its installer left it."""

    gateway: Annotated[str, ours("the gateway's id")]
    version: Annotated[str, ours("of its software")]
    certificate: Annotated[Sha256, ours("SHA-256 of its certificate")]
    key: Annotated[str, ours("thumbprint of the key that signs its orders, and this record")]
    home: Annotated[str, ours("its name at the retailer; empty: it has none, for prices need none")]
    market: Annotated[str, ours("the retailer's service")]
    currency: Annotated[str, ours("ISO 4217")]
    installer: Annotated[str, ours("who commissioned it")]
    company: Annotated[str, ours("of the installer")]
    remarks: Annotated[str, ours("of the installer")]
    made: Annotated[Time, ours("when")]
    ledger_sequence: Annotated[int, Meta(ge=0), ours("the ledger's last record")]
    ledger_head: Annotated[str, ours("its hash")]
    answers: Annotated[dict[str, dict[str, str]], ours("what was set, by step; no secrets")]
    checks: Annotated[tuple[RecordedCheck, ...], ours("what was found, in order")]


def seal(
    record: CommissioningRecord, key: SigningKey, before: tuple[int, str], message_id: str, now: Instant
) -> str:
    """Sign a record that follows the one ``before`` it: its number (0: none) and its signed text."""
    number, text = before
    message = envelope(
        record,
        issuer=record.gateway,
        audience=record.home or record.gateway,
        message_id=message_id,
        issued_at=now,
        sequence=number + 1,
        previous=bytes.fromhex(digest(text)) if number else bytes(32),
    )
    return sign(message, key)


def open_record(signed: str, key: VerifyKey, gateway: str) -> CommissioningRecord:
    """Verify and read a record.

    Raises:
        SealBroken: the gateway did not sign it.
        InvalidField: signed, but no record.
    """
    return open_sealed(signed, CommissioningRecord, {gateway: key}, None).body


def plain(answers: Struct, secret: frozenset[str]) -> dict[str, str]:
    """Answers as text, without the secret ones and those that were not given."""
    service = answers.__struct_config__.tag
    return ({} if service is None else {"service": str(service)}) | {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in msgspec.structs.asdict(answers).items()
        if name not in secret and value is not None
    }
