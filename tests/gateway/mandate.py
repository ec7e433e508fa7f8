"""The owner of the tests' homes, who signs."""

from dataclasses import replace

from temix_gateway.home.messages import SignMandate
from temix_gateway.ledger.ledger import Ledger
from temix_market.mandates import Mandate
from temix_market.tenders import PartyId
from temix_market.units import Money, Power, Price
from temix_market.wire.keys import SigningKey, uuid7
from temix_market.wire.mandate import seal_mandate

from tests.gateway.market import HOME, NOW

KEY = SigningKey.from_seed(bytes(31) + b"o")
WIDE = Mandate(HOME, "USD", Money(10**15), Price(25_000_000), Power(100_000), Power(100_000))


def signed(mandate: Mandate = WIDE, previous: tuple[int, str] = (0, ""), key: SigningKey = KEY) -> str:
    """A mandate that the owner has signed, after the ``previous`` one."""
    return seal_mandate(mandate, key, previous, uuid7(NOW, bytes(9) + bytes([previous[0]])), NOW)


def asked(mandate: Mandate = WIDE, previous: tuple[int, str] = (0, ""), key: SigningKey = KEY) -> SignMandate:
    """The command that hands it over."""
    return SignMandate(id=1, signed=signed(mandate, previous, key), owner=key.public.x)


async def mandated(ledger: Ledger, home: PartyId = HOME) -> None:
    """Sign a wide mandate before anything is traded, where the ledger is sound and has none."""
    if not ledger.fault and await ledger.mandate() is None:
        await ledger.sign_mandate(signed(replace(WIDE, home=home)), KEY.public.x, home)
