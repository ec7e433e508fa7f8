"""Before an account is closed: what is open is traded back at the real retailer, or it says why not."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from temix_gateway.closing import NotTradedBack, Open, open_positions, trade_back, turning, why_open
from temix_gateway.core import Core
from temix_gateway.home.messages import SetLimits
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.ledger.writer import InlineWriter
from temix_gateway.outside import Outside
from temix_gateway.own_limits import Choices
from temix_gateway.planning.planner import plan
from temix_market.instants import FIVE_MINUTES, HOUR, QUARTER, Duration, Instant
from temix_market.intervals import Interval, lot
from temix_market.ports import Booked, OutcomeUnknown
from temix_market.products import Side

from tests.gateway.bench import rules
from tests.gateway.mandate import mandated
from tests.gateway.market import NOW, pair
from tests.gateway.retailer.conftest import Bench
from tests.gateway.retailer.household import Household


@pytest.fixture
async def home(bench: Bench, tmp_path: Path) -> AsyncIterator[Household]:
    home = Household(bench, tmp_path / "ledger.db")
    await home.start()
    yield home
    await home.stop()


async def still_open(home: Household) -> Sequence[Open]:
    now = home.bench.clock.now()
    return open_positions([pair for pair, _ in await home.ledger.pairs(now)], now)


async def take(home: Household, side: Side, duration: Duration, lots: int) -> Interval:
    """Order of the last tender of a side and duration; its interval."""
    rungs = home.core.market.book.rungs(home.bench.clock.now())
    rung = [each for each in rungs if each.side is side and each.interval.duration == duration][-1]
    async with home.core.ordering() as order:
        assert isinstance(await order(rung, lot(duration) * lots), Booked)
    return rung.interval


async def test_everything_that_was_traded_is_traded_back(home: Household) -> None:
    assert await home.trade(1)
    await take(home, Side.SELL, HOUR, 40)
    await take(home, Side.BUY, HOUR, 60)
    before = await still_open(home)
    assert {each.each > 0 for each in before} == {True, False}
    await trade_back(home.core, home.bench.clock.now)
    assert await still_open(home) == []
    await home.assert_like_the_book()


async def test_no_part_of_a_coarse_trade_is_left_over(home: Household) -> None:
    """Of the last quarters only the first part has tenders of 5 minutes, at a better price perhaps."""
    rungs = home.core.market.book.rungs(home.bench.clock.now())
    fine = [rung.interval for rung in rungs if rung.interval.duration == FIVE_MINUTES]
    last = max(fine, key=lambda interval: interval.start)
    quarters = [rung for rung in rungs if rung.interval.duration == QUARTER and rung.side is Side.SELL]
    async with home.core.ordering() as order:
        for rung in quarters:
            if rung.interval.end > last.start:
                assert isinstance(await order(rung, lot(QUARTER) * 9), Booked)
    await trade_back(home.core, home.bench.clock.now)
    assert await still_open(home) == []


async def test_beyond_the_limits_it_stays_open_and_says_why(home: Household) -> None:
    sold = await take(home, Side.BUY, HOUR, 7)
    await home.core.owner.set_limits(SetLimits(id=1, highest_price=0))
    await trade_back(home.core, home.bench.clock.now)
    (left,) = await still_open(home)
    assert (left.interval, left.quantity) == (sold, -84)
    assert "limits" in why_open(home.core, left, home.bench.clock.now())


async def test_what_nothing_is_offered_for_says_so(home: Household) -> None:
    far = Open(Interval(Instant(NOW + 100 * HOUR), HOUR), 1)  # type: ignore[arg-type]
    assert "nothing is offered" in why_open(home.core, far, home.bench.clock.now())


async def test_without_an_answer_it_is_run_again(home: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    await take(home, Side.SELL, HOUR, 1)

    async def lost(*_: object) -> None:
        raise OutcomeUnknown("lost")

    monkeypatch.setattr(home.link, "order", lost)
    with pytest.raises(NotTradedBack, match="run this again"):
        await trade_back(home.core, home.bench.clock.now)


@pytest.mark.parametrize(
    "signs, paused, reason",
    [(True, False, ""), (False, False, "no mandate"), (True, True, "stopped trading")],
)
async def test_it_trades_only_as_the_owner_lets_it(
    bench: Bench, tmp_path: Path, signs: bool, paused: bool, reason: str
) -> None:
    ledger = Ledger(tmp_path / "ledger.db", bench.clock, InlineWriter())
    if signs:
        await mandated(ledger)
    link = bench.link()
    outside = Outside(bench.clock, Household(bench, tmp_path).random, link, link.seal, plan)
    core = Core(rules(), outside, ledger, Choices("monitor", paused))
    await core.load()
    try:
        if reason:
            with pytest.raises(NotTradedBack, match=reason):
                async with turning(core):
                    pass
        else:
            async with turning(core):
                assert core.market.book.rungs(bench.clock.now())
    finally:
        ledger.close()


def test_what_is_open_is_summed_up_from_the_next_five_minutes_on() -> None:
    now = Instant(NOW + HOUR + 7 * 60_000)
    pairs = [
        pair("begun"),
        pair("next", NOW + 2 * HOUR),
        pair("sold", NOW + 3 * HOUR, side=Side.BUY, quantity=240),
        pair("both", NOW + 4 * HOUR),
        pair("ways", NOW + 4 * HOUR, side=Side.BUY),
        pair("over", NOW),
    ]
    first = NOW + HOUR + 2 * FIVE_MINUTES
    assert [
        (each.interval.start, each.interval.duration, each.quantity) for each in open_positions(pairs, now)
    ] == [
        (first, NOW + 3 * HOUR - first, 220),
        (NOW + 3 * HOUR, HOUR, -240),
    ]
