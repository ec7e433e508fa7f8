"""The owner's mandates in the ledger: one key, one after the other, and none after it was revoked."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from temix_gateway.errors import MandateRefused
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.ledger.mandates import newest
from temix_gateway.ledger.packing import pack
from temix_gateway.ledger.verify import verify
from temix_gateway.ledger.writer import InlineWriter
from temix_market.tenders import PartyId
from temix_market.units import Money
from temix_market.wire.keys import SigningKey

from tests.gateway.ledger.test_archive import FIRST, years
from tests.gateway.ledger.test_verify import KEYS, LATE, forge, path, seal
from tests.gateway.mandate import KEY, WIDE, mandated, signed
from tests.gateway.market import HOME, NOW, FakeClock, order

__all__ = ["path"]

OTHER = SigningKey.from_seed(bytes(31) + b"p")
OWNER = KEY.public.x


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.db", FakeClock(), InlineWriter())


async def test_it_is_there_after_a_restart(ledger: Ledger) -> None:
    assert await ledger.mandate() is None
    made = await ledger.sign_mandate(signed(), OWNER, HOME)
    ledger.close()
    again = Ledger(ledger.path, FakeClock(), InlineWriter())
    assert await again.mandate() == made
    assert made is not None
    assert made.holds
    assert made.read(HOME) == WIDE
    again.close()


async def test_the_same_mandate_again_is_no_record(ledger: Ledger) -> None:
    await mandated(ledger)
    before = ledger.head
    await ledger.sign_mandate(signed(), OWNER, HOME)
    assert ledger.head == before
    ledger.close()


async def test_an_older_mandate_cannot_come_back(ledger: Ledger) -> None:
    wide, narrow = signed(), signed(replace(WIDE, money_a_day=Money(1)), (1, signed()))
    await ledger.sign_mandate(wide, OWNER, HOME)
    await ledger.sign_mandate(narrow, OWNER, HOME)
    with pytest.raises(MandateRefused, match="it is number 1, and does not follow number 2"):
        await ledger.sign_mandate(wide, OWNER, HOME)
    await ledger.revoke_mandate()
    for old in (wide, narrow):
        with pytest.raises(MandateRefused, match="does not follow"):
            await ledger.sign_mandate(old, OWNER, HOME)
    ledger.close()


async def test_after_a_revocation_a_new_one_holds(ledger: Ledger) -> None:
    await mandated(ledger)
    revoked = await ledger.revoke_mandate()
    assert revoked is not None
    assert not revoked.holds
    assert await ledger.revoke_mandate() == revoked  # no second record
    again = await ledger.sign_mandate(signed(previous=(1, signed())), OWNER, HOME)
    assert again is not None
    assert (again.holds, again.sequence) == (True, 2)
    ledger.close()


async def test_nothing_is_revoked_where_nothing_was_signed(ledger: Ledger) -> None:
    assert await ledger.revoke_mandate() is None
    assert ledger.head.sequence == 0
    ledger.close()


async def test_another_key_counts_only_where_it_is_let_in(ledger: Ledger) -> None:
    await mandated(ledger)
    await ledger.revoke_mandate()  # the key is known all the same
    foreign = signed(previous=(1, signed()), key=OTHER)
    with pytest.raises(MandateRefused, match="another key signed it"):
        await ledger.sign_mandate(foreign, OTHER.public.x, HOME)
    with pytest.raises(MandateRefused, match="not signed with"):
        await ledger.sign_mandate(foreign, OWNER, HOME)
    made = await ledger.sign_mandate(foreign, OTHER.public.x, HOME, new_key=True)
    assert made is not None
    assert made.owner == OTHER.public.x
    ledger.close()


async def test_another_homes_mandate_is_refused(ledger: Ledger) -> None:
    with pytest.raises(MandateRefused, match="for home, not for elsewhere"):
        await ledger.sign_mandate(signed(), OWNER, PartyId("elsewhere"))
    assert ledger.head.sequence == 0
    ledger.close()


async def test_it_outlives_the_archive_of_its_months(tmp_path: Path) -> None:
    clock = FakeClock(FIRST)
    ledger = Ledger(tmp_path / "ledger.db", clock, InlineWriter())
    await mandated(ledger)
    assert await years(ledger, clock, 16)
    held = await ledger.mandate()
    assert held is not None
    assert held.read(HOME) == WIDE
    assert (await ledger.sign_mandate(signed(previous=(1, signed())), OWNER, HOME)) is not None
    ledger.close()
    assert verify(ledger.path, KEYS).fault == ""


async def test_an_order_after_a_revocation_is_found(path: Path) -> None:
    ledger = Ledger(path, FakeClock(), InlineWriter())
    await mandated(ledger)
    await ledger.revoke_mandate()
    ledger.close()
    assert verify(path, KEYS).fault == ""
    ledger = Ledger(path, FakeClock(), InlineWriter())
    await ledger.place(order(LATE, NOW), seal)
    number = ledger.head.sequence
    ledger.close()
    assert (
        verify(path, KEYS).fault == f"record {number} (orders) was placed after the mandate had been revoked"
    )


async def test_a_forged_mandate_is_found_by_its_signature(path: Path) -> None:
    ledger = Ledger(path, FakeClock(), InlineWriter())
    await mandated(ledger)
    ledger.close()
    high = pack(signed(replace(WIDE, money_a_day=Money(10**17)), key=OTHER))
    forge(path, lambda forger: forger.execute("UPDATE mandates SET signed = ?", (high,)))
    assert "(mandates): the message is not signed with Ed25519 and the key" in verify(path, KEYS).fault


def test_a_file_of_an_older_schema_has_none(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "old.db")) as old:
        assert newest(old) is None
