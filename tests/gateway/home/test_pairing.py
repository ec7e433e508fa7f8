"""Pairing over real TLS: who knows the code gets in, and nobody else by any of the known ways."""

import asyncio
import contextlib
import math
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st
from spake2 import SPAKE2_A
from temix_gateway.home import limits, pairing
from temix_gateway.home.certificate import load_or_make
from temix_gateway.home.codes import spaced
from temix_gateway.home.pairing import Bootstrap, Pairing, PairingClosed, Window, WrongCode, attempt
from temix_gateway.home.roles import Role
from temix_gateway.home.tokens import CLIENTS

from custom_components.temix import client as theirs
from custom_components.temix.client import (
    CertificateMismatch,
    Client,
    CommandFailed,
    Endpoint,
    Identity,
    WrongGateway,
    pair,
    read_code,
    redeem,
)
from tests.gateway.home.conftest import Connect, Raw
from tests.gateway.home.fake_core import GATEWAY_ID, Gateway

HOME = Identity("5f2c", "Home Assistant")
GUEST = Identity("77aa", "Guest")


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        """Begin at no special time."""
        self.now = 1_000.0

    def __call__(self) -> float:
        """The time."""
        return self.now


@pytest.fixture
async def clock(gateway: Gateway) -> Clock:
    """The clock of a gateway that was started anew with it."""
    await gateway.stop()
    gateway.monotonic = clock = Clock()
    await gateway.start()
    return clock


def endpoint(gateway: Gateway) -> Endpoint:
    """Where the gateway is."""
    return Endpoint(gateway.host, gateway.port, GATEWAY_ID, gateway.certificate.fingerprint)


def opened(gateway: Gateway, role: Role = Role.CONTROLLER) -> str:
    """The code of a new window."""
    return read_code(spaced(gateway.door.open_pairing(role).code))


def another(code: str) -> str:
    """A code that is not this one."""
    return "Z" * 9 if code[0] != "Z" else "0" * 9


async def listens(http: aiohttp.ClientSession, gateway: Gateway, token: str) -> bool:
    """Whether a token lets its client in."""
    client = Client(http, endpoint(gateway), token)
    try:
        await client.connect()
    except theirs.InvalidAuth:
        return False
    finally:
        await client.close()
    return True


async def test_the_code_gives_a_token_that_works(gateway: Gateway, http: aiohttp.ClientSession) -> None:
    token = await pair(http, endpoint(gateway), opened(gateway, Role.VIEWER), HOME)
    assert await listens(http, gateway, token)
    known = next(each for each in gateway.tokens.clients() if each.identity == HOME.client)
    assert (known.label, known.role) == ("Home Assistant 2", Role.VIEWER)  # the fixture has the label already
    assert token not in (gateway.folder / "clients.json").read_text()


async def test_a_code_works_once(gateway: Gateway, http: aiohttp.ClientSession) -> None:
    code = opened(gateway)
    await pair(http, endpoint(gateway), code, HOME)
    with pytest.raises(theirs.PairingClosed):
        await pair(http, endpoint(gateway), code, GUEST)


async def test_two_at_once_with_the_right_code_and_one_gets_in(
    gateway: Gateway, http: aiohttp.ClientSession
) -> None:
    code = opened(gateway)
    tries = (pair(http, endpoint(gateway), code, who) for who in (HOME, GUEST))
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(type(outcome) for outcome in outcomes if not isinstance(outcome, str)) == [
        theirs.PairingClosed
    ]


async def test_pairing_anew_replaces_the_token(gateway: Gateway, http: aiohttp.ClientSession) -> None:
    first = await pair(http, endpoint(gateway), opened(gateway), HOME)
    second = await pair(http, endpoint(gateway), opened(gateway), HOME)
    assert not await listens(http, gateway, first)
    assert await listens(http, gateway, second)


async def test_without_a_window_nothing_is_computed(
    gateway: Gateway, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pairing, "attempt", None)
    raw = await connect()
    answer = await begin(raw, "41" + "00" * 32)
    assert answer["code"] == "pairing_closed"
    assert await raw.closed() == aiohttp.WSCloseCode.POLICY_VIOLATION


async def test_the_window_closes_after_five_minutes(
    gateway: Gateway, http: aiohttp.ClientSession, clock: Clock
) -> None:
    code = opened(gateway)
    clock.now += pairing.OPEN_S
    with pytest.raises(theirs.PairingClosed):
        await pair(http, endpoint(gateway), code, HOME)


async def test_a_restart_within_the_window_ends_its_code(
    gateway: Gateway, http: aiohttp.ClientSession
) -> None:
    code = opened(gateway)
    await gateway.stop()
    await gateway.start()
    with pytest.raises(theirs.PairingClosed):
        await pair(http, endpoint(gateway), code, HOME)


async def test_a_newer_code_ends_a_try_with_the_older(gateway: Gateway, connect: Connect) -> None:
    raw, proof = await nearly_paired(gateway, connect, opened(gateway))
    opened(gateway)
    assert (await raw.call(id=2, type="confirm_pairing", proof=proof))["code"] == "pairing_closed"


@pytest.mark.timeout(60)  # fifty connections, and as many computations in plain Python
async def test_fifty_guesses_at_once_are_five(
    gateway: Gateway,
    http: aiohttp.ClientSession,
    connect: Connect,
    clock: Clock,
) -> None:
    code = opened(gateway)
    point = SPAKE2_A(b"a guess").start().hex()

    async def guess() -> str:
        raw = await connect()
        answer = await begin(raw, point)
        if answer["type"] == "result":
            answer = await raw.call(id=2, type="confirm_pairing", proof="00" * 32)
        return str(answer["code"])

    async with asyncio.TaskGroup() as group:
        guesses = [group.create_task(guess()) for _ in range(50)]
    outcomes = Counter(task.result() for task in guesses)
    assert outcomes == {"wrong_code": pairing.FAILURES, "pairing_closed": 50 - pairing.FAILURES}
    with pytest.raises(theirs.PairingClosed):
        await pair(http, endpoint(gateway), code, HOME)  # the right code comes too late
    with pytest.raises(PairingClosed, match="wait 60 s"):
        gateway.door.open_pairing(Role.CONTROLLER)


async def test_paired_clients_never_notice(
    gateway: Gateway, http: aiohttp.ClientSession, connect: Connect
) -> None:
    raw = await connect(gateway.token)
    await raw.call(id=2, type="start_listening")
    guess = another(opened(gateway))
    for _ in range(pairing.FAILURES):
        with pytest.raises(theirs.WrongCode):
            await pair(http, endpoint(gateway), guess, GUEST)
    gateway.update(mode="advise")
    assert (await raw.read())["changes"] == {"mode": "advise"}
    assert await listens(http, gateway, gateway.token)


def test_the_cool_down_doubles_up_to_an_hour_and_ends_with_a_right_code() -> None:
    clock = Clock()
    window_of = Pairing(b"gateway", clock, lambda: "000000000")
    waits = []
    for _ in range(8):
        fail(window_of)
        waits.append(window_of.cooling_seconds / 60)
        clock.now += window_of.cooling_seconds
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert all(math.isfinite(wait) for wait in waits)  # never for good
    tried, proof = right(window_of)
    window_of.confirm(tried, proof)
    fail(window_of)
    assert window_of.cooling_seconds == pairing.COOL_S


def fail(window_of: Pairing) -> None:
    """Give five wrong codes."""
    window = window_of.open(Role.CONTROLLER)
    tried = attempt(window, "client", b"gateway", SPAKE2_A(b"wrong").start())
    for _ in range(pairing.FAILURES):
        with pytest.raises(WrongCode):
            window_of.confirm(tried, bytes(32))
    assert not window_of.open_seconds


def right(window_of: Pairing) -> tuple[pairing.Attempt, bytes]:
    """An attempt whose client knows the code, and its proof."""
    window = window_of.open(Role.CONTROLLER)
    side = SPAKE2_A(b"00000000", idA=b"client", idB=b"gateway")
    tried = attempt(window, "client", b"gateway", side.start())
    keys = pairing.keys_from(side.finish(tried.gateway_point))
    return tried, keys.proof_of_client(tried.client_point, tried.gateway_point)


async def begin(raw: Raw, point: str) -> dict[str, Any]:
    """Send the first message of a pairing."""
    return await raw.call(id=1, type="pair", schema=1, client="5f2c", label="Mallory", point=point)


async def nearly_paired(gateway: Gateway, connect: Connect, code: str) -> tuple[Raw, str]:
    """A connection whose client has not sent its right proof yet, and the proof."""
    raw = await connect()
    identity = pairing.identity(gateway.certificate.fingerprint, GATEWAY_ID)
    side = SPAKE2_A(code[:8].encode(), idA=b"5f2c", idB=identity)
    mine = side.start()
    answer = await begin(raw, mine.hex())
    assert set(answer["result"]) == {"kind", "point"}  # the gateway proves nothing before the client has
    gateways = bytes.fromhex(answer["result"]["point"])
    return raw, pairing.keys_from(side.finish(gateways)).proof_of_client(mine, gateways).hex()


async def test_a_replayed_pairing_gives_nothing(gateway: Gateway, connect: Connect) -> None:
    code = opened(gateway)
    raw, proof = await nearly_paired(gateway, connect, code)
    assert "sealed" in (await raw.call(id=2, type="confirm_pairing", proof=proof))["result"]
    opened(gateway)  # even while another window is open
    again = await connect()
    await begin(again, SPAKE2_A(code[:8].encode()).start().hex())
    assert (await again.call(id=2, type="confirm_pairing", proof=proof))["code"] == "wrong_code"


async def test_who_never_confirms_is_let_go(
    gateway: Gateway, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw, _ = await nearly_paired(gateway, connect, opened(gateway))
    await raw.socket.close()
    slow, _ = await nearly_paired(gateway, connect, opened(gateway))
    monkeypatch.setattr(limits, "AUTHENTICATE_WITHIN_S", 0.05)
    slower, _ = await nearly_paired(gateway, connect, opened(gateway))
    assert await slower.closed() == aiohttp.WSCloseCode.POLICY_VIOLATION
    assert gateway.door.open_pairing(Role.CONTROLLER)  # and it was no try
    await slow.socket.close()


@pytest.mark.parametrize(
    "message",
    [
        {"type": "get_state"},
        {"type": "authenticate", "token": "teg_x", "schema": 1},
        {"type": "confirm_pairing", "proof": "00"},
    ],
)
async def test_after_the_first_half_only_the_second_is_heard(
    gateway: Gateway, connect: Connect, message: dict[str, Any]
) -> None:
    raw, _ = await nearly_paired(gateway, connect, opened(gateway))
    assert (await raw.call(id=2, **message))["type"] == "error"
    assert await raw.closed() == aiohttp.WSCloseCode.POLICY_VIOLATION


async def test_a_proof_without_a_beginning_is_refused(gateway: Gateway, connect: Connect) -> None:
    raw = await connect()
    assert (await raw.call(id=1, type="confirm_pairing", proof="00" * 32))["code"] == "not_allowed"


async def test_another_schema_is_told(gateway: Gateway, connect: Connect) -> None:
    raw = await connect()
    answer = await raw.call(id=1, type="pair", schema=9, client="x", label="x", point="41" + "00" * 32)
    assert answer["code"] == "unsupported_schema"


@settings(max_examples=200)
@given(st.binary(min_size=33, max_size=33))
def test_a_point_that_is_none_is_refused(point: bytes) -> None:
    with contextlib.suppress(WrongCode):
        attempt(Window("000000000", Role.CONTROLLER, 0), "client", b"gateway", point)


@pytest.mark.parametrize(
    "point",
    [
        pytest.param(b"A" + bytes([1]) + bytes(31), id="neutral"),
        pytest.param(b"A" + bytes(32), id="order 4"),
        pytest.param(b"A\xec" + b"\xff" * 30 + b"\x7f", id="order 2"),
        pytest.param(b"B" + SPAKE2_A(b"x").start()[1:], id="of the wrong side"),
        pytest.param(b"A" + b"\xff" * 32, id="not reduced"),
    ],
)
def test_points_of_small_order_are_refused(point: bytes) -> None:
    with pytest.raises(WrongCode):
        attempt(Window("000000000", Role.CONTROLLER, 0), "client", b"gateway", point)


class Between:
    """Somebody who takes the gateway's address, with a certificate of their own, and passes all on."""

    def __init__(self, gateway: Gateway, folder: Path) -> None:
        """Sit in front of ``gateway``."""
        self.gateway = gateway
        self.certificate = load_or_make(folder / "mallory.pem", GATEWAY_ID)
        self.heard: list[str] = []
        self.port = 0

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Pass on what either side says."""
        ours = web.WebSocketResponse()
        await ours.prepare(request)
        url = f"wss://127.0.0.1:{self.gateway.port}/api"
        async with aiohttp.ClientSession() as http, http.ws_connect(url, ssl=False) as behind:
            await ours.send_str(await behind.receive_str())
            async for message in ours:
                await behind.send_str(message.data)
                answer = await behind.receive()
                if answer.type is not aiohttp.WSMsgType.TEXT:
                    break
                self.heard.append(answer.data)
                await ours.send_str(answer.data)
        return ours


@pytest.fixture
async def between(gateway: Gateway, tmp_path: Path) -> AsyncIterator[Between]:
    """Somebody in between."""
    mallory = Between(gateway, tmp_path)
    app = web.Application()
    app.router.add_get("/api", mallory.serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=mallory.certificate.context()).start()
    mallory.port = runner.addresses[0][1]
    yield mallory
    await runner.cleanup()


async def test_somebody_between_is_found_out(
    gateway: Gateway, http: aiohttp.ClientSession, between: Between
) -> None:
    """The client trusts on first use, as it must; the code is right, and still no token is made."""
    at = Endpoint("127.0.0.1", between.port, GATEWAY_ID, between.certificate.fingerprint)
    with pytest.raises(theirs.WrongCode):
        await pair(http, at, opened(gateway), HOME)
    assert [each.label for each in gateway.tokens.clients()] == ["Home Assistant"]
    assert not any("sealed" in told for told in between.heard)


async def test_the_client_sends_nothing_to_another_certificate_or_gateway(
    gateway: Gateway, http: aiohttp.ClientSession, between: Between
) -> None:
    pinned = Endpoint("127.0.0.1", between.port, GATEWAY_ID, gateway.certificate.fingerprint)
    with pytest.raises(CertificateMismatch):
        await pair(http, pinned, opened(gateway), HOME)
    other = Endpoint(gateway.host, gateway.port, "gw-other", gateway.certificate.fingerprint)
    with pytest.raises(WrongGateway):
        await pair(http, other, opened(gateway), HOME)
    with pytest.raises(WrongGateway):
        await redeem(http, other, "secret", HOME)
    assert between.heard == []


async def test_no_more_clients_than_there_may_be(gateway: Gateway, http: aiohttp.ClientSession) -> None:
    for number in range(CLIENTS - 1):
        gateway.tokens.create(f"{number}", Role.VIEWER)
    with pytest.raises(CommandFailed, match="revoke one"):
        await pair(http, endpoint(gateway), opened(gateway), HOME)


async def test_the_supervisors_secret_works_once(gateway: Gateway, http: aiohttp.ClientSession) -> None:
    await gateway.stop()
    gateway.bootstrap = Bootstrap("secret")
    await gateway.start()
    with pytest.raises(theirs.PairingClosed):
        await redeem(http, endpoint(gateway), "guess", HOME)
    token = await redeem(http, endpoint(gateway), "secret", HOME)
    assert await listens(http, gateway, token)
    assert gateway.api is not None
    await gateway.api.revoke("Home Assistant 2")
    with pytest.raises(theirs.PairingClosed):
        await redeem(http, endpoint(gateway), "secret", HOME)  # a replay revives nobody
    assert not await listens(http, gateway, token)


async def test_a_revoked_client_is_gone_at_once(gateway: Gateway, connect: Connect) -> None:
    owner = await connect(gateway.tokens.create("Owner", Role.OWNER))
    victim = await connect(gateway.token)
    await victim.call(id=2, type="start_listening")
    access = (await owner.call(id=2, type="get_access"))["result"]
    assert [(each["label"], each["connected"]) for each in access["clients"]] == [
        ("Home Assistant", True),
        ("Owner", True),
    ]
    assert (access["open_seconds"], access["cooling_seconds"]) == (0, 0)
    assert (await owner.call(id=3, type="revoke_client", label="Home Assistant"))["type"] == "result"
    assert await victim.closed() == aiohttp.WSCloseCode.POLICY_VIOLATION
    assert (await owner.call(id=4, type="revoke_client", label="Home Assistant"))["code"] == "refused"


async def test_the_owner_opens_and_closes_the_window(
    gateway: Gateway, connect: Connect, http: aiohttp.ClientSession
) -> None:
    owner = await connect(gateway.tokens.create("Owner", Role.OWNER))
    window = (await owner.call(id=2, type="open_pairing"))["result"]
    assert window["uri"] == f"temix:{GATEWAY_ID}?code={window['code']}"
    assert window["seconds"] == pairing.OPEN_S
    await owner.call(id=3, type="close_pairing")
    with pytest.raises(theirs.PairingClosed):
        await pair(http, endpoint(gateway), window["code"], HOME)
