"""Without the owner's mandate nothing is traded; with it, nothing above it; revoked, nothing from then on."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from temix_gateway.home.errors import CommandRefused
from temix_gateway.home.messages import Mandate as Message
from temix_gateway.home.messages import Reading, ReportReadings, SetLimits, SignMandate
from temix_market.instants import FIVE_MINUTES, HOUR, Instant, to_datetime
from temix_market.intervals import Interval
from temix_market.mandates import Mandate
from temix_market.ports import Answer, Terms
from temix_market.tenders import DEMO_BOUNDS, PartyId
from temix_market.transactions import PairKey
from temix_market.units import Money, Power, Price
from temix_market.wire.keys import SigningKey

from tests.gateway.bench import Bench, bought, trading
from tests.gateway.mandate import KEY, WIDE, asked, signed


class Unsigned(Bench):
    """A bench whose owner has signed nothing."""

    async def connect(self) -> None:
        await self.core.load()
        self.core.agreed(Terms("USD", "America/Chicago", DEMO_BOUNDS))
        self.core.connected(True, "")
        self.core.heard(self.clock.now(), self.core.books.heads)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Unsigned]:
    made = Unsigned(tmp_path / "ledger.db")
    await made.connect()
    yield made
    made.ledger.close()


def narrow(**ceilings: int) -> Mandate:
    return replace(WIDE, **ceilings)


async def test_without_it_the_gateway_monitors_and_says_what_to_do(bench: Unsigned) -> None:
    await trading(bench)
    state = bench.core.state()
    assert state.mode == "monitor"
    assert bench.retailer.answers == {}
    assert bench.core.plans.in_force is None
    assert state.mandate == Message(state="missing", needed=True)
    assert state.trading.locked == [
        "your mandate is needed before the first trade: run `temix-gateway mandate sign` on the gateway"
    ]


async def test_only_trading_needs_it(bench: Unsigned) -> None:
    await bench.core.owner.set_mode("advise")
    await trading(bench)
    assert bench.core.state().mode == "advise"
    assert bench.core.plans.in_force is not None
    mandate = bench.core.state().mandate
    assert mandate is not None
    assert not mandate.needed
    with pytest.raises(CommandRefused, match="your mandate is needed"):
        await bench.core.owner.set_mode("automatic")
    assert bench.core.state().mode == "advise"


async def test_once_signed_it_trades_at_the_next_turn(bench: Unsigned) -> None:
    await trading(bench)
    await bench.core.owner.sign_mandate(asked())
    assert bench.core.state().mode == "automatic"
    await bench.core.turn()
    assert bench.retailer.booked
    assert bench.core.locked() == []


async def test_it_is_remembered(bench: Unsigned) -> None:
    await bench.core.owner.sign_mandate(asked(narrow(money_a_day=7_500_000_000)))
    await bench.restart()
    mandate = bench.core.state().mandate
    assert mandate is not None
    assert (mandate.state, mandate.money_a_day, mandate.import_power) == ("signed", "7.5", 100_000)
    await trading(bench)
    assert bench.retailer.booked


async def test_revoked_amid_a_turn_it_ends_the_turns_orders(bench: Unsigned) -> None:
    await bench.core.owner.sign_mandate(asked())
    order = bench.retailer.order

    async def order_then_revoke(key: PairKey, sent: str) -> Answer:
        await bench.core.owner.revoke_mandate()
        return await order(key, sent)

    bench.retailer.order = order_then_revoke  # type: ignore[method-assign]
    await trading(bench)
    assert len(bench.retailer.booked) == 1  # sent before; its answer is taken up as ever
    assert bench.core.books.trades == 1
    await bench.restart()
    await bench.core.turn()
    assert len(bench.retailer.booked) == 1
    assert bench.core.state().mode == "monitor"
    revoked = to_datetime(bench.clock.now()).astimezone(ZoneInfo("America/Chicago"))
    assert f"your mandate was revoked on {revoked:%Y-%m-%d at %H:%M}:" in bench.core.locked()[0]


async def test_what_was_bought_is_settled_after_a_revocation(bench: Unsigned) -> None:
    await bench.core.owner.sign_mandate(asked())
    await trading(bench)
    await bench.core.owner.revoke_mandate()
    pairs = [pair for pair, _ in await bench.ledger.pairs(bench.clock.now())]
    last = max(pair.interval.end for pair in pairs)
    while bench.clock.now() < last:
        step = Interval(bench.clock.now(), FIVE_MINUTES)
        await bench.next_step()
        reading = Reading(start=step.start, end=step.end, energy=50)
        await bench.core.report_readings(ReportReadings(id=1, readings=[reading]))
        await bench.core.turn()
    settled = await bench.ledger.settled(pairs[0].interval.start)
    starts = {step.start for pair in pairs for step in pair.interval.split(FIVE_MINUTES)}
    assert starts <= set(settled)
    assert [pair for pair, _ in await bench.ledger.pairs(Instant(0))] == pairs


async def test_a_revocation_that_cannot_be_recorded_stops_trading_all_the_same(bench: Unsigned) -> None:
    await bench.core.owner.sign_mandate(asked())
    bench.ledger._db.execute("PRAGMA query_only = ON")
    with pytest.raises(CommandRefused, match="nothing is traded now, but"):
        await bench.core.owner.revoke_mandate()
    await trading(bench)
    assert bench.retailer.answers == {}


@pytest.mark.parametrize(
    "ceilings",
    [{"money_a_day": 30_000_000}, {"highest_price": 119_999}, {"import_power": 0}, {"import_power": 500}],
)
async def test_no_trade_passes_it(bench: Unsigned, ceilings: dict[str, int]) -> None:
    await bench.core.owner.sign_mandate(asked(narrow(**ceilings)))
    await trading(bench)
    for _ in range(5):
        await bench.core.turn()
    pairs = bought(await bench.ledger.pairs(bench.clock.now()))
    assert sum(pair.cost for pair in pairs) <= ceilings.get("money_a_day", 10**12)
    assert all(pair.price <= ceilings.get("highest_price", 10**9) for pair in pairs)
    powers = [step.quantity * HOUR / (step.end - step.start) for step in bench.core.state().positions]
    assert max(powers, default=0) <= ceilings.get("import_power", 10**6)
    assert bool(pairs) == ("highest_price" not in ceilings and ceilings.get("import_power") != 0)


async def test_limits_stay_beneath_it(bench: Unsigned) -> None:
    await bench.core.owner.sign_mandate(asked(narrow(money_a_day=5_000_000_000, highest_price=300_000)))
    limits = bench.core.state().limits
    assert limits is not None
    assert (limits.money_a_day_ceiling, limits.highest_price_ceiling) == ("5", 300_000)
    with pytest.raises(CommandRefused, match="above the ceiling of installer and mandate, 5"):
        await bench.core.owner.set_limits(SetLimits(id=1, money_a_day="5.01"))
    await bench.core.owner.set_limits(SetLimits(id=1, money_a_day="4"))
    before = await bench.ledger.mandate()
    assert before is not None
    await bench.core.owner.sign_mandate(asked(narrow(money_a_day=3_000_000_000), (1, before.signed)))
    assert bench.core.owner.in_force.money_a_day == 3_000_000_000


async def test_it_never_lifts_the_installers_ceilings(bench: Unsigned) -> None:
    await bench.core.owner.sign_mandate(asked())
    rules = bench.core.owner.rules
    assert bench.core.owner.in_force == rules
    assert (rules.money_a_day, rules.import_power) == (Money(20_000_000_000), Power(12_000))
    assert rules.highest_price == Price(2_000_000)


async def test_a_mandate_in_another_currency_does_not_count(bench: Unsigned) -> None:
    await bench.core.owner.sign_mandate(asked(replace(WIDE, currency="EUR")))
    await trading(bench)
    assert bench.retailer.answers == {}
    assert "your mandate is in EUR, the market in USD" in bench.core.locked()[0]


async def test_a_record_that_the_owner_did_not_sign_does_not_count(bench: Unsigned) -> None:
    await bench.core.owner.sign_mandate(asked())
    record = await bench.ledger.mandate()
    assert record is not None
    bench.core.owner._take(replace(record, signed=signed(narrow(money_a_day=1))[:-8] + "AAAAAAAA"))
    await trading(bench)
    assert bench.retailer.answers == {}
    assert bench.core.locked()[0].startswith("your mandate does not count (")


async def test_what_the_owner_did_not_sign_is_refused(bench: Unsigned) -> None:
    other = SigningKey.from_seed(bytes(31) + b"p")
    elsewhere = asked(replace(WIDE, home=PartyId("home-2")))
    for wrong in (elsewhere, SignMandate(id=1, signed=signed(key=other), owner=KEY.public.x)):
        with pytest.raises(CommandRefused, match="the mandate was refused"):
            await bench.core.owner.sign_mandate(wrong)
    with closing(sqlite3.connect(bench.path)) as rows:
        assert rows.execute("SELECT count(*) FROM mandates").fetchone() == (0,)
