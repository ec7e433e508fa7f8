"""Who trades with whom, and with which keys."""

from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from temix_market.tenders import PartyId
from temix_market.units import Power
from temix_market.wire.keys import SigningKey
from temix_retailer.prices import Wholesale, load_wholesale
from temix_retailer.publications import Circuit

HOME: Final = PartyId("home-1")
HOME_KEY: Final = SigningKey.from_seed(b"h" * 32)
LSE_KEY: Final = SigningKey.from_seed(b"e" * 32)
DO_KEY: Final = SigningKey.from_seed(b"t" * 32)
KEYS: Final = {"home-1": HOME_KEY.public, "lse": LSE_KEY.public, "do": DO_KEY.public}
ZONE: Final = ZoneInfo("America/Chicago")


def circuit(seed: int) -> Circuit:
    """A circuit of little depth, so that orders come to its end."""
    return Circuit(PartyId("lse"), PartyId("do"), _wholesale(), seed, depth=Power(6_000))


@cache
def _wholesale() -> Wholesale:
    return load_wholesale(ZONE)
