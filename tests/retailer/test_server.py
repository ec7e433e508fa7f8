"""The real server over real TLS: log-in, orders, positions, deliveries, the stream, and what goes wrong."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from temix_market.deliveries import Delivery
from temix_market.instants import FIVE_MINUTES, HOUR, Duration, Instant
from temix_market.intervals import Interval
from temix_market.tenders import DEMO_BOUNDS, PartyId
from temix_market.units import Energy
from temix_market.wire.base import decode, encode
from temix_market.wire.codec import read_position, read_publication
from temix_market.wire.delivery import EiCreatedDelivery
from temix_market.wire.keys import VerifyKey
from temix_market.wire.position import EiReplyPosition
from temix_market.wire.registration import EiCreatedPartyRegistration
from temix_market.wire.response import EiResponse
from temix_market.wire.seal import open_sealed
from temix_market.wire.stream import Frame, HeartbeatFrame, TendersFrame, TransactionsFrame
from temix_market.wire.tender import EiDistributeTender
from temix_market.wire.ticker import EiManagedTickerSubscription, EiManageTickerSubscription
from temix_market.wire.transaction import EiCreatedTransaction, TransactionAnswer
from temix_retailer import server, streams
from temix_retailer.access import Enrollment
from temix_retailer.config import Config, Folder
from temix_retailer.news import News, Published
from temix_retailer.publications import PERIOD
from temix_retailer.retailer import Retailer
from temix_retailer.service import Serving, serving

from tests.retailer.conftest import HOME, START, HandClock
from tests.retailer.homes import SigningHome
from tests.retailer.orders import key, order
from tests.retailer.test_retailer import plan

SOON = Instant(START + 2 * FIVE_MINUTES)


@dataclass
class Client:
    """A home's gateway, as far as HTTP goes."""

    session: aiohttp.ClientSession
    enrollment: Enrollment
    home: SigningHome
    token: str = ""

    async def log_in(self, secret: str | None = None, **form: str) -> tuple[int, dict[str, str]]:
        """Ask for a token."""
        basic = aiohttp.encode_basic_auth(self.enrollment.client_id, secret or self.enrollment.client_secret)
        data = {"grant_type": "client_credentials"} | form
        async with self.session.post("/oauth/token", data=data, headers={"Authorization": basic}) as answer:
            told = await answer.json()
            self.token = told.get("access_token", "")
            return answer.status, told

    @property
    def headers(self) -> dict[str, str]:
        """With the token."""
        return {"Authorization": f"Bearer {self.token}"}

    async def post[T](self, path: str, body: bytes | str, kind: type[T], status: int = 200) -> T:
        """Post a body and read the answer."""
        async with self.session.post(path, data=body, headers=self.headers) as answer:
            raw = await answer.read()
            assert answer.status == status, raw
            return decode(raw, kind)


@pytest.fixture
def expected_lingering_timers() -> bool:
    """Aiohttp arms its ping timer once more when the other's close frame comes; it finds nothing to do."""
    return True


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "retailer")


@pytest.fixture
async def service(folder: Folder, clock: HandClock) -> AsyncIterator[Serving]:
    config = Config(port=0, market="demo-market", energy_party="lse", transport_party="do", seed=7)
    async with serving(config, folder, clock) as service:
        yield service


@pytest.fixture
def retailer(service: Serving) -> Retailer:
    return service.retailer


@pytest.fixture
async def client(service: Serving, folder: Folder) -> AsyncIterator[Client]:
    """A client that trusts the retailer's certificate and is logged in and registered."""
    trust = ssl.create_default_context(cafile=folder.certificate)
    connector = aiohttp.TCPConnector(ssl=trust)
    enrollment = await service.retailer.homes.enroll(HOME, Duration(24 * HOUR))
    async with aiohttp.ClientSession(service.url, connector=connector) as session:
        client = Client(session, enrollment, SigningHome())
        assert (await client.log_in())[0] == 200
        body = encode(client.home.registration())
        await client.post("/registrations", body, EiCreatedPartyRegistration)
        yield client


def keys(retailer: Retailer) -> dict[str, VerifyKey]:
    return {party.party_id: VerifyKey.from_jwk(party.key) for party in retailer.terms.context().parties}


def signed_order(client: Client, retailer: Retailer, quantity: int, number: int = 1) -> str:
    energy, transport = retailer.in_force
    return client.home.order(order((energy, transport), SOON, quantity, number))


# --- TLS and log-in


async def test_health_needs_no_login_and_tls_is_new(service: Serving, folder: Folder) -> None:
    trust = ssl.create_default_context(cafile=folder.certificate)
    async with (
        aiohttp.ClientSession(service.url) as session,
        session.get("/health", ssl=trust) as answer,
    ):
        assert answer.status == 200
        assert (await answer.json())["status"] == "ok"
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    async with aiohttp.ClientSession(service.url) as session:
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.get("/health", ssl=old)
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await session.get("/health")  # whoever does not trust the certificate gets nothing


async def test_a_token_is_given_for_the_right_credentials_only(client: Client) -> None:
    status, told = await client.log_in()
    assert (status, told["token_type"], told["expires_in"]) == (200, "Bearer", 3600)
    status, told = await client.log_in("wrong")
    assert (status, told["error"]) == (401, "invalid_client")
    status, told = await client.log_in(grant_type="password")
    assert (status, told["error"]) == (400, "unsupported_grant_type")
    async with client.session.post("/oauth/token", data={"grant_type": "client_credentials"}) as answer:
        assert answer.status == 401


@pytest.mark.parametrize(
    "kind", ["multipart/form-data", "application/x-www-form-urlencoded; charset=nonsense"]
)
async def test_a_log_in_that_is_no_form_is_refused(client: Client, kind: str) -> None:
    body = b"grant_type=client_credentials&a=%ff"
    async with client.session.post("/oauth/token", data=body, headers={"Content-Type": kind}) as answer:
        assert (answer.status, await answer.json()) == (400, {"error": "invalid_request"})


async def test_ten_wrong_log_ins_are_enough_for_a_minute(client: Client, clock: HandClock) -> None:
    for _ in range(10):
        assert (await client.log_in("wrong"))[0] == 401
    async with client.session.post(
        "/oauth/token",
        data={"grant_type": "client_credentials"},
        headers={"Authorization": aiohttp.encode_basic_auth(client.enrollment.client_id, "wrong")},
    ) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "60")
    clock.pass_by(60_000)
    assert (await client.log_in())[0] == 200


@pytest.mark.parametrize("authorization", ["", "Bearer made-up", "Basic x", "Bearer"])
async def test_without_a_token_nothing_is_served(client: Client, authorization: str) -> None:
    for path in ("/transactions", "/positions", "/deliveries", "/registrations", "/stream", "/nothing"):
        method = "GET" if path == "/stream" else "POST"
        headers = {"Authorization": authorization} if authorization else {}
        async with client.session.request(method, path, headers=headers) as answer:
            assert answer.status == 401
            assert answer.headers["WWW-Authenticate"] == "Bearer"
            assert "/oauth/token" in decode(await answer.read(), EiResponse).response_description


async def test_a_token_ends(client: Client, retailer: Retailer, clock: HandClock) -> None:
    clock.pass_by(HOUR)
    await client.post("/transactions", "", EiResponse, 401)
    await client.log_in()
    body = encode(client.home.position(Interval(START, HOUR)))
    await client.post("/positions", body, EiReplyPosition)


# --- commands


async def test_an_order_from_end_to_end(client: Client, retailer: Retailer) -> None:
    signed = signed_order(client, retailer, 100)
    answer = await client.post("/transactions", signed, TransactionAnswer)
    for jws, party in ((answer.energy, "lse"), (answer.transport, "do")):
        sealed = open_sealed(jws, EiCreatedTransaction, keys(retailer), HOME)
        assert (sealed.iss, sealed.body.response.response_code) == (party, 200)
    assert await client.post("/transactions", signed, TransactionAnswer) == answer
    asked = encode(client.home.asked(signed))
    again = await client.post(f"/transactions/{key(1)}/reconcile", asked, TransactionAnswer)
    assert again == answer
    body = encode(client.home.position(Interval(SOON, FIVE_MINUTES)))
    reply = await client.post("/positions", body, EiReplyPosition)
    assert list(read_position(reply.positions).values()) == [100]


async def test_a_reused_key_is_a_422_and_a_void_one_a_423(client: Client, retailer: Retailer) -> None:
    await client.post("/transactions", signed_order(client, retailer, 100), TransactionAnswer)
    counted = client.home.orders
    reused = await client.post("/transactions", signed_order(client, retailer, 200), TransactionAnswer, 422)
    sealed = open_sealed(reused.energy, EiCreatedTransaction, keys(retailer), HOME)
    assert sealed.body.response.response_code == 422
    client.home.orders = counted
    late = signed_order(client, retailer, 100, 2)
    path = f"/transactions/{key(2)}/reconcile"
    void = await client.post(path, encode(client.home.asked(late)), TransactionAnswer)
    sealed = open_sealed(void.energy, EiCreatedTransaction, keys(retailer), HOME)
    assert sealed.body.response.response_code == 423
    assert await client.post("/transactions", late, TransactionAnswer) == void
    other = encode(client.home.asked(signed_order(client, retailer, 300, 2)))
    await client.post(path, other, TransactionAnswer, 422)


async def test_an_order_that_skips_a_number_is_refused_and_alarmed(
    client: Client, retailer: Retailer
) -> None:
    signed_order(client, retailer, 100)  # never sent
    skipping = signed_order(client, retailer, 100, 2)
    for path, body in (
        ("/transactions", skipping),
        (f"/transactions/{key(2)}/reconcile", encode(client.home.asked(skipping))),
    ):
        told = await client.post(path, body, EiResponse, 412)
        assert "order 2 of home-1 does not follow order 0" in told.response_description
    assert not await retailer.inquiries.pairs(HOME, Interval(SOON, FIVE_MINUTES))
    async with client.session.get("/health") as answer:
        assert (await answer.json())["alarms"] == 1
    [(home, text, at)] = await retailer.inquiries.alarms()
    assert (home, at) == (HOME, START)
    assert "compare the heads" in text


async def test_deliveries(client: Client, retailer: Retailer, clock: HandClock) -> None:
    past = Interval(Instant(START - HOUR), HOUR)
    signed = client.home.deliveries([Delivery(past, Energy(1_200))])
    created = await client.post("/deliveries", signed, EiCreatedDelivery)
    assert created.response.response_code == 200
    await client.post("/deliveries", signed, EiCreatedDelivery)
    future = client.home.deliveries([Delivery(Interval(START, FIVE_MINUTES), Energy(1))])
    told = await client.post("/deliveries", future, EiResponse, 400)
    assert told.attribute_violated == "deliveries.interval"


@pytest.mark.parametrize(
    "path, body, field",
    [
        ("/registrations", b"{}", "requestId"),
        ("/registrations", b"not json", "message"),
        ("/registrations", b'{"requestId": 5}', "requestId"),
        ("/positions", b'{"requestId": "1", "surprise": 1}', "surprise"),
        ("/positions", b"[" * 5_000, "message"),
        ("/transactions/nonsense/reconcile", b"", "key"),
        ("/transactions", "ü".encode(), "message"),
    ],
)
async def test_malformed_bodies_name_the_field(client: Client, path: str, body: bytes, field: str) -> None:
    told = await client.post(path, body, EiResponse, 400)
    assert told.attribute_violated == field
    assert told.response_code == 400


async def test_what_is_not_signed_by_the_home_is_refused(client: Client, retailer: Retailer) -> None:
    for body in ("", "nonsense", "a.b.c", signed_order(client, retailer, 100)[:-4] + "AAAA"):
        told = await client.post("/transactions", body, EiResponse, 403)
        assert told.response_description
    forged = Client(client.session, client.enrollment, SigningHome(seed=b"z" * 32), client.token)
    await client.post("/transactions", signed_order(forged, retailer, 100), EiResponse, 403)
    assert not await retailer.inquiries.pairs(HOME, Interval(START, HOUR))


async def test_oversize_unknown_and_wrong_method(client: Client) -> None:
    told = await client.post("/transactions", b"x" * (server.MAX_BODY + 1), EiResponse, 413)
    assert str(server.MAX_BODY) in told.response_description
    await client.post("/nothing", b"", EiResponse, 404)
    async with client.session.get("/transactions", headers=client.headers) as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "POST")


async def test_too_many_requests_are_told_when_to_come_again(client: Client) -> None:
    for _ in range(server.RATE):  # the clock stands still: all in one second
        async with client.session.post("/nothing", headers=client.headers) as answer:
            status, headers = answer.status, answer.headers
        if status == 429:
            break
    assert (status, headers["Retry-After"]) == (429, "1")


async def test_a_book_that_cannot_be_written_is_a_503_and_loses_nothing(
    client: Client, retailer: Retailer
) -> None:
    signed = signed_order(client, retailer, 100)
    store = retailer._book._store
    await retailer.desk.run(store.reading.execute, "PRAGMA query_only = ON")
    async with client.session.post("/transactions", data=signed, headers=client.headers) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, str(server.RETRY_AFTER))
    await retailer.desk.run(store.reading.execute, "PRAGMA query_only = OFF")
    answered = await client.post("/transactions", signed, TransactionAnswer)
    sealed = open_sealed(answered.energy, EiCreatedTransaction, keys(retailer), HOME)
    assert sealed.body.response.response_code == 200


# --- the stream


def ticker(party: str = HOME, market: str = "demo-market") -> str:
    return encode(
        EiManageTickerSubscription(
            market_id=market,
            party_id=party,
            subscription_request_id="s1",
            subscription_action_requested="SNAPSHOT_AND_UPDATES",
            ticker_type="TENDERS",
        )
    ).decode()


async def frames(socket: aiohttp.ClientWebSocketResponse, number: int) -> list[Frame]:
    return [decode(await socket.receive_str(), Frame) for _ in range(number)]  # type: ignore[arg-type]


async def test_the_stream_begins_with_all_in_force_and_goes_on(
    client: Client, retailer: Retailer, clock: HandClock
) -> None:
    await retailer.plan(HOME, plan(retailer.terms.circuit))
    async with client.session.ws_connect("/stream", headers=client.headers) as socket:
        await socket.send_str(ticker())
        managed = decode(await socket.receive_str(), EiManagedTickerSubscription)
        assert managed.response.response_code == 200
        _, _, energy, transport, booked, beat = await frames(socket, 6)
        assert isinstance(energy, TendersFrame)
        assert isinstance(transport, TendersFrame)
        assert isinstance(booked, TransactionsFrame)
        assert isinstance(beat, HeartbeatFrame)
        assert beat.sequence == 1
        for told, expected in zip((energy, transport), retailer.in_force, strict=True):
            sealed = open_sealed(told.message, EiDistributeTender, keys(retailer), "demo-market")
            assert read_publication(sealed.body, DEMO_BOUNDS) == expected
        clock.pass_by(PERIOD)
        await retailer.turn()
        later = [frame for frame in await frames(socket, 2) if isinstance(frame, TendersFrame)]
        sealed = open_sealed(later[1].message, EiDistributeTender, keys(retailer), "demo-market")
        assert sealed.body.created_date_time == "2026-11-24T18:05:00Z"


async def test_heartbeats_come_when_it_is_quiet(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "HEARTBEAT_S", 0.01)
    async with client.session.ws_connect("/stream", headers=client.headers) as socket:
        await socket.send_str(ticker())
        await socket.receive_str()
        told = await frames(socket, 8)
    assert [type(frame) for frame in told[4:]] == [HeartbeatFrame] * 4


@pytest.mark.parametrize(
    "first, field",
    [
        (ticker("home-2"), "partyId"),
        (ticker(market="other"), "marketId"),
        ("{}", "marketId"),
        ("[]", "message"),
    ],
)
async def test_a_stream_that_begins_wrongly_is_told_and_closed(
    client: Client, first: str, field: str
) -> None:
    async with client.session.ws_connect("/stream", headers=client.headers) as socket:
        await socket.send_str(first)
        told = decode(await socket.receive_str(), EiResponse)
        assert told.attribute_violated == field
        assert (await socket.receive()).data == aiohttp.WSCloseCode.POLICY_VIOLATION


async def test_a_frame_that_is_too_long_ends_its_stream_alone(client: Client) -> None:
    async with client.session.ws_connect("/stream", headers=client.headers) as other:
        await other.send_str(ticker())
        await other.receive_str()
        async with client.session.ws_connect("/stream", headers=client.headers) as socket:
            await socket.send_str("x" * (streams._MAX_MESSAGE + 1))
            assert (await socket.receive()).data == aiohttp.WSCloseCode.MESSAGE_TOO_BIG
        assert (await other.receive()).type is aiohttp.WSMsgType.TEXT


async def test_a_stream_that_says_nothing_is_closed(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "_FIRST_WORD_S", 0.01)
    async with client.session.ws_connect("/stream", headers=client.headers) as socket:
        assert (await socket.receive()).data == aiohttp.WSCloseCode.POLICY_VIOLATION


async def test_a_third_stream_of_a_home_is_one_too_many(client: Client) -> None:
    async with (
        client.session.ws_connect("/stream", headers=client.headers),
        client.session.ws_connect("/stream", headers=client.headers),
    ):
        with pytest.raises(aiohttp.WSServerHandshakeError, match="429"):
            await client.session.ws_connect("/stream", headers=client.headers)
    async with client.session.ws_connect("/stream", headers=client.headers) as socket:
        assert not socket.closed


async def test_a_slow_home_is_cut_off_and_others_are_not(
    client: Client, retailer: Retailer, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with client.session.ws_connect("/stream", headers=client.headers) as socket:
        await socket.send_str(ticker())
        await socket.receive_str()
        await frames(socket, 3)
        # More at once than the queue holds: the writer had no chance to send any of it.
        told = retailer._latest[0]
        news: list[News] = [told] * (streams.QUEUE + 1)
        assert isinstance(told, Published)
        for one in news:
            retailer._tell(one, (HOME,))
        assert await _until_closed(socket) == aiohttp.WSCloseCode.TRY_AGAIN_LATER
    async with client.session.ws_connect("/stream", headers=client.headers) as socket:
        await socket.send_str(ticker())
        assert not socket.closed


async def test_stopping_says_goodbye_to_streams(folder: Folder, clock: HandClock) -> None:
    config = Config(port=0, market="demo-market")
    async with serving(config, folder, clock) as service:
        trust = ssl.create_default_context(cafile=folder.certificate)
        made = await service.retailer.homes.enroll(PartyId(HOME), Duration(HOUR))
        session = aiohttp.ClientSession(service.url, connector=aiohttp.TCPConnector(ssl=trust))
        client = Client(session, made, SigningHome())
        await client.log_in()
        socket = await session.ws_connect("/stream", headers=client.headers)
        await socket.send_str(ticker())
        await socket.receive_str()
        listening = asyncio.create_task(_until_closed(socket))
    assert await listening == aiohttp.WSCloseCode.GOING_AWAY
    await session.close()


async def _until_closed(socket: aiohttp.ClientWebSocketResponse) -> int:
    message = await socket.receive()
    while message.type is aiohttp.WSMsgType.TEXT:
        message = await socket.receive()
    return int(message.data)
