"""The owner's mandate: what was signed is what is read, and nothing else is."""

import pytest
from temix_market.errors import InvalidField
from temix_market.instants import Instant
from temix_market.mandates import Mandate
from temix_market.tenders import PartyId
from temix_market.units import Money, Power, Price
from temix_market.wire.keys import SigningKey, uuid7
from temix_market.wire.mandate import open_mandate, seal_mandate
from temix_market.wire.seal import SealBroken, digest, place_of

KEY = SigningKey.from_seed(bytes(32))
NOW = Instant(1_795_000_000_000)
HOME = PartyId("home-1")
MANDATE = Mandate(HOME, "USD", Money(12_500_000_001), Price(-40_000), Power(7_000), Power(0))


def sealed(previous: tuple[int, str] = (0, "")) -> str:
    return seal_mandate(MANDATE, KEY, previous, uuid7(NOW, bytes(10)), NOW)


def test_it_is_read_as_it_was_signed() -> None:
    assert open_mandate(sealed(), KEY.public, HOME) == MANDATE


def test_it_follows_the_one_before() -> None:
    first = sealed()
    assert place_of(first) == (1, bytes(32).hex())
    assert place_of(sealed((1, first))) == (2, digest(first))


def test_another_homes_or_owners_mandate_is_none() -> None:
    with pytest.raises(SealBroken, match="for home-1, not for home-2"):
        open_mandate(sealed(), KEY.public, PartyId("home-2"))
    with pytest.raises(SealBroken, match="not signed with"):
        open_mandate(sealed(), SigningKey.from_seed(bytes(31) + b"x").public, HOME)


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_changed_character_breaks_it(part: int) -> None:
    parts = sealed().split(".")
    before = parts[part]
    parts[part] = before[:12] + ("A" if before[12] != "A" else "B") + before[13:]
    changed = ".".join(parts)
    with pytest.raises((SealBroken, InvalidField)):
        open_mandate(changed, KEY.public, HOME)


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(InvalidField, match="key: not an Ed25519 public key"):
        type(KEY.public).from_x("AAAA")
