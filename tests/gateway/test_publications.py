"""Published prices: checked, shown, frozen as spot."""

from dataclasses import replace

import pytest
from temix_gateway.market import Quarantined
from temix_market.errors import InvalidField
from temix_market.instants import FIVE_MINUTES, HOUR, QUARTER, Instant
from temix_market.products import Side
from temix_market.tenders import DEMO_BOUNDS, Tender
from temix_market.units import CarbonIntensity

from tests.gateway.bench import Bench
from tests.gateway.market import (
    NOW,
)


async def test_impossible_prices_are_refused_whole(bench: Bench) -> None:
    [energy, _transport] = bench.retailer.publish(26_000_000)
    with pytest.raises(InvalidField, match="outside the market's bounds"):
        await bench.core.published(energy, "signed")
    assert bench.ledger.head.sequence == 2  # mandate and limits


async def test_a_thousandfold_jump_waits_for_a_second_publication(bench: Bench) -> None:
    object.__setattr__(bench.core.market, "bounds", DEMO_BOUNDS)
    await bench.publish(10_000)
    before = bench.core.state().prices
    jumped = bench.retailer.publish(12_000_000)
    with pytest.raises(Quarantined, match="×1000"):
        await bench.core.published(jumped[0], "signed")
    assert bench.core.state().prices == before
    again = bench.retailer.publish(12_000_000)
    await bench.core.published(again[0], "signed again")
    assert bench.core.state().prices != before


async def test_the_price_now_is_the_last_word_before_the_interval(bench: Bench) -> None:
    await bench.publish(100_000)
    assert bench.core.state().spot is None
    bench.clock.wall = Instant(NOW + FIVE_MINUTES)
    shown = bench.core.state().spot
    assert shown
    assert shown.buy == 120_000
    assert shown.provisional
    await bench.publish(300_000)
    frozen = bench.core.state().spot
    assert frozen
    assert frozen.buy == 120_000
    assert not frozen.provisional
    bench.core.connected(False, "gone")
    assert bench.core.state().spot == frozen
    bench.clock.wall = Instant(NOW + 2 * FIVE_MINUTES)
    later = bench.core.state().spot
    assert later
    assert later.buy == 320_000


async def test_carbon_intensity_is_kept_for_its_interval_and_passed_on(bench: Bench) -> None:
    grams = {FIVE_MINUTES: 200, QUARTER: 300, HOUR: 400}

    def told(tender: Tender) -> Tender:
        carbon = CarbonIntensity(grams[tender.instrument.duration])
        return replace(tender, carbon_intensity=carbon) if tender.side is Side.SELL else tender

    energy, transport = bench.retailer.publish()
    await bench.core.published(replace(energy, tenders=tuple(map(told, energy.tenders))), "signed")
    await bench.core.published(transport, "signed, too")
    steps = bench.core.state().prices
    shown = {step.end - step.start: step.carbon_intensity for step in steps}
    assert shown == grams
    bench.clock.wall = Instant(NOW + FIVE_MINUTES)  # its tender has expired
    spot = bench.core.state().spot
    assert spot
    assert spot.carbon_intensity == 200
    await bench.next_step()  # from now on nothing is published
    await bench.next_step()
    later = bench.core.state().spot
    assert later
    assert later.carbon_intensity is None


async def test_a_missed_publication_leaves_the_spot_open(bench: Bench) -> None:
    await bench.publish(100_000)
    bench.clock.wall = Instant(NOW + FIVE_MINUTES)
    bench.retailer.publish(200_000)  # never arrives
    bench.clock.wall = Instant(NOW + 2 * FIVE_MINUTES)
    await bench.publish(300_000)
    assert bench.core.market.spots == {}
