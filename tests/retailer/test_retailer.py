"""The retailer as a library, with real signatures."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from blockbuster import BlockBuster
from temix_market.deliveries import Delivery
from temix_market.errors import InvalidField
from temix_market.instants import FIVE_MINUTES, HOUR, Duration, Instant, iso
from temix_market.intervals import Interval
from temix_market.subscription import Profile
from temix_market.tenders import DEMO_BOUNDS, PartyId
from temix_market.units import Energy, Price
from temix_market.wire.codec import read_position, read_publication, read_subscription
from temix_market.wire.delivery import EiCreatedDelivery
from temix_market.wire.keys import VerifyKey
from temix_market.wire.seal import SealBroken, chain_hash, open_sealed
from temix_market.wire.tender import EiDistributeTender
from temix_market.wire.transaction import DistributeSubscription, EiCreatedTransaction
from temix_retailer.errors import AccessDenied, RegistrationError
from temix_retailer.news import News, Published, Subscribed
from temix_retailer.publications import PERIOD, Circuit
from temix_retailer.retailer import Retailer
from temix_retailer.store import Store
from temix_retailer.subscriptions import Plan

from tests.retailer.conftest import HOME, START, HandClock
from tests.retailer.homes import MARKET, SigningHome, randomness, terms
from tests.retailer.orders import key, order

SOON = Instant(START + 2 * FIVE_MINUTES)


@pytest.fixture
async def retailer(store: Store, circuit: Circuit, clock: HandClock) -> AsyncIterator[Retailer]:
    with ThreadPoolExecutor(1) as executor:
        retailer = Retailer(clock, store, terms(circuit), executor=executor, randomness=randomness())
        await retailer.turn()
        yield retailer


@pytest.fixture
def home() -> SigningHome:
    return SigningHome()


@pytest.fixture
async def registered(retailer: Retailer, home: SigningHome) -> Retailer:
    await retailer.homes.register(HOME, home.registration())
    return retailer


def keys(retailer: Retailer) -> dict[str, VerifyKey]:
    return {party.party_id: VerifyKey.from_jwk(party.key) for party in retailer.terms.context().parties}


def current(retailer: Retailer) -> tuple:  # type: ignore[type-arg] # both publications
    energy, transport = retailer.in_force
    return energy, transport


async def test_an_order_is_answered_by_both_parties(
    registered: Retailer, home: SigningHome, no_blocking: BlockBuster
) -> None:
    taken = order(current(registered), SOON, 100)
    answered = await registered.order(HOME, home.order(taken))
    head = chain_hash(bytes(32), [answered.energy, answered.transport])
    for signed, party in ((answered.energy, "lse"), (answered.transport, "do")):
        sealed = open_sealed(signed, EiCreatedTransaction, keys(registered), HOME)
        assert (sealed.iss, sealed.body.party_id) == (party, party)
        assert (sealed.body.response.response_code, sealed.body.transaction_id) == (200, taken.pair.key)
        assert (sealed.seq, sealed.prev) == (1, "00" * 32)
    beat = await registered.heartbeat(HOME)
    assert (beat.sequence, beat.head, beat.now) == (1, head.hex(), iso(START))
    assert list(await registered.inquiries.pairs(HOME, taken.pair.interval)) == [taken.pair]


async def test_refusals_are_signed_with_what_helps(registered: Retailer, home: SigningHome) -> None:
    await registered.order(HOME, home.order(order(current(registered), SOON, 1_000)))
    answered = await registered.order(HOME, home.order(order(current(registered), SOON, 300, 2)))
    response = open_sealed(answered.transport, EiCreatedTransaction, keys(registered), HOME).body.response
    assert (response.response_code, response.remaining_quantity) == (416, 250)
    counted = home.orders
    again = await registered.order(HOME, home.order(order(current(registered), SOON, 30, 2)))
    home.orders = counted
    response = open_sealed(again.energy, EiCreatedTransaction, keys(registered), HOME).body.response
    assert response.response_code == 422
    lost = home.order(order(current(registered), SOON, 30, 9))
    void = await registered.reconcile(HOME, key(9), home.asked(lost))
    response = open_sealed(void.energy, EiCreatedTransaction, keys(registered), HOME).body.response
    assert response.response_code == 423


async def test_only_the_home_itself_can_order(registered: Retailer, home: SigningHome) -> None:
    made = order(current(registered), SOON, 100)
    with pytest.raises(SealBroken):
        await registered.order(HOME, SigningHome(seed=b"x" * 32).order(made))
    with pytest.raises(SealBroken, match="is for other-market"):
        await registered.order(HOME, SigningHome(market="other-market").order(made))
    with pytest.raises(SealBroken):
        await registered.order(
            HOME, home.deliveries([Delivery(Interval(Instant(START - HOUR), HOUR), Energy(1))])
        )
    other = order(current(registered), SOON, 100, home=PartyId("home-2"))
    with pytest.raises(InvalidField, match=r"energy\.partyId"):
        await registered.order(HOME, home.order(other))
    dear = replace(made.pair.energy, price=Price(DEMO_BOUNDS.highest + 1))
    with pytest.raises(InvalidField, match=r"energy\.transaction\.tender\.tenderDetail\.price"):
        await registered.order(HOME, home.order(replace(made, pair=replace(made.pair, energy=dear))))
    with pytest.raises(RegistrationError, match="register first"):
        await registered.order(PartyId("home-2"), home.order(other))
    assert not await registered.inquiries.pairs(HOME, made.pair.interval)


async def test_a_key_is_registered_once_until_the_home_is_enrolled_again(
    retailer: Retailer, home: SigningHome, clock: HandClock
) -> None:
    first = await retailer.homes.register(HOME, home.registration())
    assert await retailer.homes.register(HOME, home.registration()) == first
    assert first.market_context.market_id == MARKET
    other = SigningHome(seed=b"y" * 32)
    with pytest.raises(RegistrationError, match="enroll the home again"):
        await retailer.homes.register(HOME, other.registration())
    with pytest.raises(InvalidField, match="registreePartyId"):
        await retailer.homes.register(PartyId("home-2"), home.registration())
    clock.pass_by(1)
    await retailer.homes.enroll(HOME, Duration(HOUR))
    await retailer.homes.register(HOME, other.registration())
    assert (await retailer.order(HOME, other.order(order(current(retailer), SOON, 100)))).outcome.code == 200


async def test_credentials(retailer: Retailer, clock: HandClock, store: Store) -> None:
    first = await retailer.homes.enroll(HOME, Duration(2 * HOUR))
    assert await retailer.homes.authenticate(first.client_id, first.client_secret) == HOME
    for client_id, secret in ((first.client_id, "wrong"), ("nobody", first.client_secret), ("nobody", "")):
        with pytest.raises(AccessDenied, match="enroll the home again"):
            await retailer.homes.authenticate(client_id, secret)
    second = await retailer.homes.enroll(HOME, Duration(2 * HOUR))
    with pytest.raises(AccessDenied, match="replaced"):
        await retailer.homes.authenticate(first.client_id, first.client_secret)
    clock.pass_by(2 * HOUR)
    with pytest.raises(AccessDenied, match="expired at 2026-11-24T20:00:00Z"):
        await retailer.homes.authenticate(second.client_id, second.client_secret)
    text = "\n".join(store.reading.iterdump())
    assert second.client_id in text
    assert second.client_secret not in text


class Ear:
    """Keeps what is heard."""

    def __init__(self) -> None:
        self.heard: list[News] = []

    def __call__(self, news: News) -> None:
        self.heard.append(news)

    def published(self) -> list[Published]:
        return [news for news in self.heard if isinstance(news, Published)]

    def subscribed(self) -> list[Subscribed]:
        return [news for news in self.heard if isinstance(news, Subscribed)]


def plan(circuit: Circuit) -> Plan:
    means = {(weekend, hour): Energy(600) for weekend in (False, True) for hour in range(24)}
    return Plan(Profile(circuit.wholesale.zone, means), Price(60_000), Price(40_000))


async def test_homes_hear_what_is_in_force_and_what_comes(
    registered: Retailer, circuit: Circuit, clock: HandClock
) -> None:
    ear, other = Ear(), Ear()
    stop = await registered.listen(HOME, ear)
    await registered.listen(PartyId("home-2"), other)
    assert [told.publication for told in ear.published()[2:]] == list(registered.in_force)
    await registered.plan(HOME, plan(circuit))
    clock.pass_by(PERIOD)
    await registered.turn()
    assert len(ear.published()) == 6
    assert len(ear.subscribed()) == 1
    assert not other.subscribed()
    stop()
    clock.pass_by(PERIOD)
    await registered.turn()
    assert (len(ear.published()), len(other.published())) == (6, 8)
    assert ear.published()[4].message is other.published()[4].message  # signed once for all


async def test_home_hears_the_prices_of_the_5_minutes_under_way(
    registered: Retailer, clock: HandClock
) -> None:
    for start in (START, Instant(START + PERIOD)):  # a new market, and one turn later
        ear = Ear()
        stop = await registered.listen(HOME, ear)
        words = [
            {tender.instrument.start for tender in told.publication.tenders}
            for told in ear.published()
            if told.publication.published_at < start
        ]
        assert len(words) == 2
        assert all(start in starts for starts in words)
        stop()
        clock.pass_by(PERIOD)
        await registered.turn()


async def test_what_is_heard_can_be_checked_and_read(registered: Retailer, circuit: Circuit) -> None:
    ear = Ear()
    await registered.plan(HOME, plan(circuit))
    await registered.listen(HOME, ear)
    for told in ear.published():
        sealed = open_sealed(told.message, EiDistributeTender, keys(registered), MARKET)
        assert read_publication(sealed.body, DEMO_BOUNDS) == told.publication
        assert len(told.message) < 200_000
    (booked,) = ear.subscribed()
    sealed_pairs = open_sealed(booked.message, DistributeSubscription, keys(registered), HOME)
    assert read_subscription(sealed_pairs.body, DEMO_BOUNDS) == booked.pairs


async def test_position_and_settlement(
    registered: Retailer, home: SigningHome, clock: HandClock, circuit: Circuit
) -> None:
    await registered.plan(HOME, plan(circuit))
    await registered.order(HOME, home.order(order(current(registered), SOON, 100)))
    bounding = Interval(START, Duration(2 * HOUR))
    reply = await registered.inquiries.position(HOME, home.position(bounding))
    steps = read_position(reply.positions)
    assert list(steps.values()) == [0, 0, 100, *[0] * 9, *[50] * 12]
    assert (reply.sequence, reply.head) == (2, (await registered.heartbeat(HOME)).head)
    with pytest.raises(InvalidField, match="positionParty"):
        await registered.inquiries.position(PartyId("home-2"), home.position(bounding))
    for _ in range(3):
        clock.pass_by(PERIOD)
        await registered.turn()
    signed = home.deliveries([Delivery(Interval(SOON, FIVE_MINUTES), Energy(90))])
    assert isinstance(await registered.report(HOME, signed), EiCreatedDelivery)
    settled = await registered.inquiries.settle(HOME, Interval(SOON, FIVE_MINUTES))
    assert settled is not None
    assert settled.deviation == -10


async def test_orders_at_once_are_booked_one_after_the_other(registered: Retailer, home: SigningHome) -> None:
    messages = [home.order(order(current(registered), SOON, 500, number)) for number in range(4)]
    answers = await asyncio.gather(*(registered.order(HOME, message) for message in messages * 3))
    codes = sorted(answer.outcome.code for answer in answers)
    assert codes == [200] * 6 + [416] * 6
    for number in range(4):
        assert len({answer.energy for answer in answers[number::4]}) == 1


async def test_it_publishes_on_the_clock_until_it_is_stopped(
    retailer: Retailer, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    sleep: Callable[[float], object] = asyncio.sleep

    async def pass_by(seconds: float) -> None:
        slept.append(seconds)
        clock.pass_by(round(seconds * 1000))
        await sleep(0)
        if len(slept) == 12:
            raise asyncio.CancelledError

    monkeypatch.setattr("temix_retailer.retailer.asyncio.sleep", pass_by)
    clock.pass_by(17_000)
    ear = Ear()
    await retailer.listen(HOME, ear)
    with pytest.raises(asyncio.CancelledError):
        await retailer.run()
    published = [told.publication.published_at for told in ear.published()][6::2]
    assert published == [START + PERIOD, START + 2 * PERIOD]
    assert max(slept) <= 60
