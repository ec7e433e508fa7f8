"""The owner's mandate as it is signed: it travels from the owner to the gateway, and stays in its ledger."""

from typing import Annotated, Final

from msgspec import Meta

from temix_market.instants import Instant
from temix_market.mandates import Mandate
from temix_market.tenders import PartyId
from temix_market.units import Power, Price, money_text, parse_money
from temix_market.wire.base import Count, Long, Payload, ours
from temix_market.wire.keys import SigningKey, VerifyKey
from temix_market.wire.seal import GENESIS, digest, envelope, open_sealed, sign

OWNER: Final = "owner"
"""Who signs; the gateway of one home has one owner."""


class OwnerMandate(Payload, frozen=True, kw_only=True):
    """The ceilings that the owner signs."""

    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}$", max_length=3), ours("ISO 4217")]
    money_a_day: Annotated[
        str, Meta(pattern=r"^[0-9]+(\.[0-9]+)?$", max_length=32), ours("most that a day's purchases may cost")
    ]
    highest_price: Annotated[Long, ours("most that a kWh bought ahead may cost (millionths)")]
    import_power: Annotated[Count, ours("most that may be committed to buy at any moment (W)")]
    export_power: Annotated[Count, ours("most that may be committed to sell at any moment (W)")]


def seal_mandate(
    mandate: Mandate, key: SigningKey, previous: tuple[int, str], message_id: str, now: Instant
) -> str:
    """Sign a mandate that follows the ``previous`` one: its number (0: none) and its signed text."""
    number, text = previous
    body = OwnerMandate(
        currency=mandate.currency,
        money_a_day=money_text(mandate.money_a_day),
        highest_price=mandate.highest_price,
        import_power=mandate.import_power,
        export_power=mandate.export_power,
    )
    message = envelope(
        body,
        issuer=OWNER,
        audience=mandate.home,
        message_id=message_id,
        issued_at=now,
        sequence=number + 1,
        previous=bytes.fromhex(digest(text)) if number else GENESIS,
    )
    return sign(message, key)


def open_mandate(signed: str, owner: VerifyKey, home: PartyId | None = None) -> Mandate:
    """Verify and read a mandate, which must be for ``home`` where one is given.

    Raises:
        SealBroken: ``owner`` did not sign it, or it is for another home.
        InvalidField: signed, but no mandate.
    """
    message = open_sealed(signed, OwnerMandate, {OWNER: owner}, audience=home)
    body = message.body
    return Mandate(
        PartyId(message.aud),
        body.currency,
        parse_money(body.money_a_day, "body.moneyADay"),
        Price(body.highest_price),
        Power(body.import_power),
        Power(body.export_power),
    )
