"""The link against the real service: what is heard, what is booked, what is said when something is wrong."""

from base64 import urlsafe_b64decode
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import aiohttp
import pytest
import trustme
from aiohttp import web
from joserfc import jws
from structlog.testing import capture_logs
from temix_gateway.retailer.backoff import Backoff
from temix_gateway.retailer.service import Service
from temix_gateway.retailer.temix import TemixLink
from temix_market.deliveries import Delivery
from temix_market.instants import FIVE_MINUTES, HOUR, MINUTE, SECOND, Instant
from temix_market.intervals import Interval, lot
from temix_market.ladder import TenderBook
from temix_market.ports import Booked, NotBooked, OutcomeUnknown, Voided
from temix_market.products import Side
from temix_market.subscription import Profile
from temix_market.tenders import DEMO_BOUNDS
from temix_market.transactions import Leg, Order, Pair, PairKey
from temix_market.units import Energy, Price
from temix_market.wire.base import encode
from temix_market.wire.keys import SigningKey, uuid7
from temix_market.wire.seal import ALGORITHM, digest
from temix_market.wire.stream import TendersFrame
from temix_retailer.subscriptions import Plan

from tests.gateway.market import HOME, NOW, FakeClock
from tests.gateway.retailer.conftest import Bench, Heard, linked, served


def order(heard: Heard, key: str, lots: int = 1, not_after: int = NOW + MINUTE) -> Order:
    """Buy from the first hour that can be taken."""
    book = TenderBook()
    for publication in heard.publications:
        book.publish(publication)
    rung = next(r for r in book.rungs(NOW) if r.side is Side.SELL and r.interval.duration == HOUR)
    quantity = Energy(lots * lot(HOUR))
    legs = [Leg.taking(tender, quantity) for tender in (rung.energy, rung.transport)]
    return Order(Pair(PairKey(key), HOME, *legs), Instant(not_after))


def key(number: int) -> str:
    return uuid7(NOW, bytes([number] * 10))


async def ready(bench: Bench, heard: Heard) -> None:
    """Wait for what is in force."""
    await heard.until(lambda heard: heard.publications[-2:] == list(bench.retailer.in_force))


async def test_it_hears_terms_then_tenders(bench: Bench) -> None:
    async with linked(bench.link()) as heard:
        await ready(bench, heard)
    assert heard.links[0] == (True, "")
    assert heard.terms[0].currency == "USD"
    assert heard.terms[0].bounds == DEMO_BOUNDS
    assert {one.author for one in heard.publications} == {"lse", "do"}


async def test_it_hears_its_subscription(bench: Bench) -> None:
    async with linked(bench.link()) as heard:
        await ready(bench, heard)
        zone = bench.retailer.terms.circuit.wholesale.zone
        quantities = {(weekend, hour): Energy(600) for weekend in (True, False) for hour in range(24)}
        await bench.retailer.plan(HOME, Plan(Profile(zone, quantities), Price(50_000), Price(20_000)))
        await heard.until(lambda heard: heard.pairs)
    assert {pair.quantity for pair in heard.pairs} == {600}
    assert {pair.home for pair in heard.pairs} == {HOME}


async def test_an_order_is_booked_once_however_often_it_is_sent(bench: Bench) -> None:
    link = bench.link()
    async with linked(link) as heard:
        await ready(bench, heard)
        signed = link.seal(order(heard, key(1)), 1, "00" * 32)
        answers = [await link.order(PairKey(key(1)), signed) for _ in range(3)]
        assert await link.reconcile(PairKey(key(1)), signed) == answers[0]
    assert isinstance(answers[0], Booked)
    assert answers[1:] == answers[:1] * 2
    assert [p.key for p in await bench.retailer.inquiries.pairs(HOME, Interval(NOW, 4 * HOUR))] == [key(1)]


async def test_a_voided_key_stays_void(bench: Bench) -> None:
    link = bench.link()
    async with linked(link) as heard:
        await ready(bench, heard)
        signed = link.seal(order(heard, key(2)), 1, "00" * 32)
        assert isinstance(await link.reconcile(PairKey(key(2)), signed), Voided)
        assert isinstance(await link.order(PairKey(key(2)), signed), Voided)
    assert not await bench.retailer.inquiries.pairs(HOME, Interval(NOW, 4 * HOUR))


async def test_beyond_depth_and_too_late_are_refused_with_reasons(bench: Bench) -> None:
    link = bench.link()
    async with linked(link) as heard:
        await ready(bench, heard)
        first = link.seal(order(heard, key(3), 10_000), 1, "00" * 32)
        much = await link.order(PairKey(key(3)), first)
        late = await link.order(PairKey(key(4)), link.seal(order(heard, key(4), 1, NOW), 2, digest(first)))
    assert isinstance(much, NotBooked)
    assert much.reason == "beyond_depth"
    assert much.remaining is not None
    assert isinstance(late, NotBooked)
    assert late.reason == "expired"


async def test_a_reused_key_is_no_answer_to_the_first_order(bench: Bench) -> None:
    link = bench.link()
    async with linked(link) as heard:
        await ready(bench, heard)
        await link.order(PairKey(key(5)), link.seal(order(heard, key(5)), 1, "00" * 32))
        with pytest.raises(OutcomeUnknown, match="used before with other content"):
            await link.order(PairKey(key(5)), link.seal(order(heard, key(5), 2), 2, "00" * 32))


async def test_deliveries_are_acknowledged(bench: Bench) -> None:
    link = bench.link()
    async with linked(link) as heard:
        await ready(bench, heard)
        step = Interval(Instant(NOW - FIVE_MINUTES), FIVE_MINUTES)
        await link.report([Delivery(step, Energy(-40))])
        await link.report([Delivery(step, Energy(-40))])
        with pytest.raises(OutcomeUnknown, match="has not begun"):
            await link.report([Delivery(Interval(Instant(NOW + HOUR), FIVE_MINUTES), Energy(1))])


async def test_without_a_connection_nothing_is_sent(bench: Bench) -> None:
    with pytest.raises(OutcomeUnknown, match="not connected"):
        await bench.link().order(PairKey(key(6)), "signed")


async def failure(link: TemixLink) -> str:
    """Why there is no link."""
    async with linked(link) as heard:
        await heard.until(lambda heard: heard.links)
    up, reason = heard.links[0]
    assert not up
    assert heard.refused is ("refused the account" in reason)
    return reason


async def test_a_wrong_address_is_told(bench: Bench) -> None:
    reason = await failure(bench.link(url="https://localhost:9"))
    assert "nothing answers at https://localhost:9" in reason
    assert "check retailer.url" in reason


async def test_another_service_is_told(bench: Bench, authority: trustme.CA) -> None:
    async with served(web.Application(), authority.issue_cert("localhost")) as url:
        reason = await failure(bench.link(url=url))
    assert "HTTP 404" in reason
    assert "check that retailer.url is the address of a TeMIX service" in reason


@pytest.mark.parametrize("changes", [{"secret": "wrong"}, {"client_id": "nobody"}])
async def test_refused_credentials_are_told(bench: Bench, changes: dict[str, str]) -> None:
    reason = await failure(bench.link(**changes))
    assert "refused the account" in reason
    assert "retailer.client_secret_file" in reason
    assert "wrong" not in reason


async def test_an_expired_certificate_is_told(bench: Bench, authority: trustme.CA) -> None:
    expired = authority.issue_cert("localhost", not_after=datetime.now(UTC) - timedelta(days=1))
    async with served(web.Application(), expired) as url:
        reason = await failure(bench.link(url=url))
    assert "certificate has expired" in reason
    assert "its owner must renew it" in reason


async def test_an_unknown_authority_is_told(bench: Bench) -> None:
    async with served(web.Application(), trustme.CA().issue_cert("localhost")) as url:
        reason = await failure(bench.link(url=url))
    assert "retailer.ca_file" in reason


async def test_a_service_without_tls_is_told(bench: Bench) -> None:
    async with served(web.Application(), None) as url:
        reason = await failure(bench.link(url=url))
    assert "does not speak TLS" in reason


@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_is_honoured(bench: Bench, authority: trustme.CA, status: int) -> None:
    asked = 0

    async def busy(request: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        return web.Response(status=status, headers={"Retry-After": "120"})

    application = web.Application()
    application.router.add_post("/oauth/token", busy)
    async with served(application, authority.issue_cert("localhost")) as url:
        link = bench.link(url=url)
        async with linked(link) as heard:
            await heard.until(lambda heard: heard.links)
            assert "asked to wait 120 s" in heard.links[0][1]
            with pytest.raises(OutcomeUnknown, match="left alone for 120 s more"):
                await link.order(PairKey(key(7)), "signed")
    assert asked == 1


class Broken:
    """A stream whose connection has just gone: answering a ping on it, or asking for tenders, fails."""

    async def receive(self, timeout: float) -> None:  # noqa: ASYNC109 (as aiohttp's)
        raise aiohttp.ClientConnectionResetError("Cannot write to closing transport")

    async def send_str(self, data: str) -> None:
        await self.receive(0)

    async def listen(self, data: str) -> None:
        """Send what is still taken."""

    async def close(self) -> None:
        pass


@pytest.mark.parametrize("name", ["receive", "send_str"])
async def test_a_stream_that_breaks_while_the_home_speaks_is_opened_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    usual, opened = Service.stream, []

    async def opens(service: Service, path: str) -> object:
        opened.append(path)
        return await usual(service, path) if len(opened) > 1 else Broken()

    monkeypatch.setattr("temix_gateway.retailer.backoff.FIRST", 1)
    monkeypatch.setattr(Service, "stream", opens)
    if name == "receive":
        monkeypatch.setattr(Broken, "send_str", Broken.listen)
    async with linked(bench.link()) as heard:
        await ready(bench, heard)
    reason = "the connection to the retailer broke (Cannot write to closing transport): connecting again"
    assert heard.links == [(False, reason), (True, "")]


async def test_a_key_that_is_not_the_registered_one_is_told(bench: Bench) -> None:
    async with linked(bench.link()) as heard:
        await ready(bench, heard)
    other = TemixLink(
        HOME, SigningKey.from_seed(b"o" * 32), bench.account(), clock=bench.clock, random=Random(1)
    )
    assert "HTTP 409" in await failure(other)


async def signed_again(bench: Bench, change: tuple[bytes, bytes], seed: bytes = b"e" * 32) -> str:
    """The energy party's publication, changed in its signed text, and signed again."""
    told = []
    stop = await bench.retailer.listen(HOME, told.append)
    stop()
    payload = urlsafe_b64decode(told[0].message.split(".")[1] + "==")
    assert change[0] in payload
    signer = SigningKey.from_seed(seed)
    header = {"alg": ALGORITHM, "kid": signer.kid, "typ": "EiDistributeTender"}
    return jws.serialize_compact(header, payload.replace(*change, 1), signer.key, algorithms=[ALGORITHM])


@pytest.mark.parametrize(
    "change,said",
    [
        ((b'"price":', b'"price":NaN,"was":'), "NaN is not a number"),
        ((b'"duration":"PT', b'"duration":"-PT'), "tenderDetail.interval.duration"),
        ((b'"price":', b'"price":99000000,"was":'), "unknown field"),
        ((b'"quantity":', b'"quantity":-'), "quantity"),
        ((b'"partyId":"lse"', b'"partyId":"doe"'), "doe"),
    ],
)
async def test_a_bad_tender_is_refused_and_the_link_stays(
    bench: Bench, change: tuple[bytes, bytes], said: str
) -> None:
    link = bench.link()
    async with linked(link) as heard:
        await ready(bench, heard)
        before = list(heard.publications)
        message = await signed_again(bench, change)
        with capture_logs() as logs:
            await link._take(encode(TendersFrame(message=message)).decode(), link._registered(), heard)
        assert heard.links == [(True, "")]
    assert heard.publications == before
    assert any(said in entry["reason"] for entry in logs), logs


async def test_a_forged_tender_is_refused(bench: Bench) -> None:
    link = bench.link()
    async with linked(link) as heard:
        await ready(bench, heard)
        before = list(heard.publications)
        forged = await signed_again(bench, (b'"price":', b'"price":'), seed=b"x" * 32)
        for message in (forged, "not.a.message", ""):
            with capture_logs() as logs:
                await link._take(encode(TendersFrame(message=message)).decode(), link._registered(), heard)
            assert logs[0]["event"] == "message of the retailer refused"
    assert heard.publications == before


def test_connects_are_few_and_spread() -> None:
    clock = FakeClock(Instant(0))
    backoff = Backoff(clock, Random(7))
    connects = []
    while clock.wall < 24 * HOUR:
        backoff.connecting()
        connects.append(clock.wall)
        clock.wall = Instant(clock.wall + max(1, backoff.wait()))
    for start in connects:
        assert sum(start <= at < start + HOUR for at in connects) <= 12
    assert len(connects) > 24
    assert len({later - earlier for earlier, later in pairwise(connects)}) > len(connects) // 2


def test_the_wait_is_never_shorter_than_asked() -> None:
    backoff = Backoff(FakeClock(), Random(7))
    assert all(backoff.wait(90) >= 90 * SECOND for _ in range(20))


def test_a_connection_that_lasted_forgets_the_failures() -> None:
    clock = FakeClock()
    backoff = Backoff(clock, Random(7))
    for _ in range(10):
        backoff.wait()
    backoff.connecting()
    clock.wall = Instant(clock.wall + 2 * MINUTE)
    assert backoff.wait() <= SECOND


def test_a_secret_never_shows_itself(bench: Bench) -> None:
    assert bench.secret not in repr(bench.account())
