"""The local API over real TLS and real sockets: handshake, roles, events, bounds."""

import asyncio
import ssl
from contextlib import suppress
from pathlib import Path

import aiohttp
import msgspec
import pytest
from temix_gateway.home import limits, roles
from temix_gateway.home.errors import PortUnavailable
from temix_gateway.home.messages import Hello, Ledger, Retailer, State
from temix_gateway.home.roles import Role
from temix_gateway.home.server import LocalApi

from custom_components.temix.client import Client, Identity, pair, probe, read_code
from custom_components.temix.client.connection import Endpoint
from tests.gateway.home.conftest import Connect
from tests.gateway.home.fake_core import GATEWAY_ID, NOON, VERSION, FakeCore, Gateway, state

PUMP = {"kind": "run_time", "id": "b", "power": 1, "remaining": 1, "finish_by": NOON}

COMMANDS = {
    "get_statement": {"start": 0, "end": 300_000},
    "get_transactions": {"start": 0, "end": 300_000},
    "get_settled_hours": {"start": 0, "end": 300_000},
    "start_listening": {},
    "get_state": {},
    "pause_trading": {"paused": True},
    "plan_again": {},
    "set_mode": {"mode": "advise"},
    "set_limits": {"money_a_day": "5.5", "highest_price": 300_000},
    "sign_mandate": {"signed": "a.b.c", "owner": "x" * 43},
    "revoke_mandate": {},
    "report_home": {"at": NOON, "devices": [], "base_load": []},
    "preview_plan": {"device": PUMP},
    "report_prices": {
        "currency": "EUR",
        "buy": [{"start": NOON, "end": NOON + 900_000, "price": -41}],
        "sell": None,
    },
    "report_history": {"start": NOON, "load": [410, None], "sun": [0, 1_200]},
    "open_pairing": {"role": "viewer"},
    "close_pairing": {},
    "get_access": {},
    "revoke_client": {"label": "Home Assistant"},
    "get_commissioning": {},
    "commission": {"step": "basics", "answers": {"time_zone": "Europe/Berlin"}},
    "report_readings": {"readings": [{"start": NOON, "end": NOON + 300_000, "energy": 41}]},
}


async def test_hello_says_who_and_which_schemas(gateway: Gateway, http: aiohttp.ClientSession) -> None:
    pinned = aiohttp.Fingerprint(gateway.certificate.fingerprint)
    async with http.ws_connect(f"wss://127.0.0.1:{gateway.port}/api", ssl=pinned) as socket:
        hello = {
            "type": "hello",
            "gateway_id": GATEWAY_ID,
            "name": "Home",
            "version": VERSION,
            "min_schema": 1,
            "max_schema": 1,
        }
        assert await socket.receive_json() == hello


async def test_nothing_older_than_tls_1_3(gateway: Gateway) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(OSError):  # noqa: PT011  (TLS alert or reset, whichever comes first)
        await asyncio.open_connection("127.0.0.1", gateway.port, ssl=context)


async def test_another_certificate_is_noticed_before_anything_is_sent(
    gateway: Gateway, http: aiohttp.ClientSession
) -> None:
    with pytest.raises(aiohttp.ServerFingerprintMismatch):
        await http.ws_connect(f"wss://127.0.0.1:{gateway.port}/api", ssl=aiohttp.Fingerprint(bytes(32)))


async def test_snapshot_then_numbered_events(gateway: Gateway, connect: Connect) -> None:
    raw = await connect(gateway.token)
    snapshot = (await raw.call(id=2, type="start_listening"))["result"]
    assert snapshot["number"] == 0
    assert msgspec.convert(snapshot["state"], State) == state()

    gateway.update(ledger=Ledger(sequence=42, head="cd" * 32))
    gateway.update(ledger=Ledger(sequence=42, head="cd" * 32))  # nothing new, so no event
    gateway.update(retailer=Retailer(connected=False, since=NOON, reason="refused"), mode="monitor")
    first, second = await raw.read(), await raw.read()
    assert first == {"type": "event", "number": 1, "changes": {"ledger": {"sequence": 42, "head": "cd" * 32}}}
    assert second["number"] == 2
    assert set(second["changes"]) == {"retailer", "mode"}

    fresh = (await raw.call(id=3, type="get_state"))["result"]
    assert (fresh["number"], fresh["state"]["mode"]) == (2, "monitor")


async def test_a_preview_is_the_result_of_its_command(gateway: Gateway, connect: Connect) -> None:
    raw = await connect(gateway.token)
    told = (await raw.call(id=2, type="preview_plan", **COMMANDS["preview_plan"]))["result"]
    assert told["kind"] == "preview"
    assert (told["plan"]["device"], told["energy"], told["cost"]) == ("b", 2_000, "0.2")


async def test_who_does_not_listen_gets_no_events(gateway: Gateway, connect: Connect) -> None:
    raw = await connect(gateway.token)
    gateway.update(mode="advise")
    assert (await raw.call(id=2, type="get_state"))["type"] == "result"


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("command", COMMANDS)
async def test_each_role_may_what_the_table_says(
    gateway: Gateway, connect: Connect, role: Role, command: str
) -> None:
    raw = await connect(gateway.tokens.create(role.value, role))
    answer = await raw.call(id=2, type=command, **COMMANDS[command])
    if role in roles.COMMANDS[command]:
        assert answer["type"] == "result"
    else:
        assert (answer["id"], answer["code"]) == (2, "not_allowed")
        assert gateway.core.commands == []


def without(gateway: Gateway, identity: str) -> dict[str, str]:
    """What an identity without a role says first: a token that is good for nothing, or none."""
    match identity:
        case "made up":
            return {"token": "teg_" + "x" * 43}
        case "revoked":
            gateway.tokens.revoke("Home Assistant")
            return {"token": gateway.token}
        case "over":
            token = gateway.tokens.create("installer", Role.INSTALLER)
            gateway.tokens._now = lambda: NOON + roles.INSTALLER_LASTS_S * 1000
            return {"token": token}
    return {}


@pytest.mark.parametrize("identity", ["nobody", "made up", "revoked", "over"])
@pytest.mark.parametrize("command", COMMANDS)
async def test_without_a_role_nothing_is_done(
    gateway: Gateway, connect: Connect, identity: str, command: str
) -> None:
    raw = await connect()
    if said := without(gateway, identity):
        assert (await raw.call(id=1, type="authenticate", schema=1, **said))["code"] == "invalid_auth"
        with suppress(ConnectionError):
            await raw.socket.send_json({"id": 2, "type": command, **COMMANDS[command]})
    else:
        assert (await raw.call(id=2, type=command, **COMMANDS[command]))["code"] == "not_allowed"
    assert await raw.closed() == aiohttp.WSCloseCode.POLICY_VIOLATION
    assert gateway.core.commands == []
    assert gateway.door._pairing.open_seconds == 0


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("paired", Role)
async def test_nobody_pairs_a_role_above_their_own(
    gateway: Gateway, connect: Connect, role: Role, paired: Role
) -> None:
    raw = await connect(gateway.tokens.create(role.value, role))
    answer = await raw.call(id=2, type="open_pairing", role=paired.value)
    may = role in roles.PAIRS[paired]
    assert answer["type"] == ("result" if may else "error")
    assert bool(gateway.door._pairing.open_seconds) is may
    assert may or gateway.door.journal.entries()[0].what == "refused"


def test_an_installer_leaves_no_owner_behind_and_an_owner_makes_no_installer() -> None:
    assert roles.PAIRS[Role.OWNER] == {Role.OWNER}
    assert roles.PAIRS[Role.INSTALLER] == frozenset()


def test_the_owner_alone_signs_and_revokes() -> None:
    for command in ("sign_mandate", "revoke_mandate"):
        assert roles.COMMANDS[command] == {Role.OWNER}


def test_the_installer_alone_commissions() -> None:
    assert roles.COMMANDS["commission"] == {Role.INSTALLER}


def test_who_may_move_limits() -> None:
    assert roles.COMMANDS["set_limits"] == {Role.CONTROLLER, Role.OWNER}


def test_the_table_covers_every_command() -> None:
    assert set(roles.COMMANDS) == set(COMMANDS)


async def test_an_installers_token_is_good_for_half_an_hour(gateway: Gateway, connect: Connect) -> None:
    raw = await connect(gateway.tokens.create("installer", Role.INSTALLER))
    gateway.tokens._now = lambda: NOON + 30 * 60_000 - 1
    assert (await raw.call(id=2, type="get_state"))["type"] == "result"
    gateway.tokens._now = lambda: NOON + 30 * 60_000
    answer = await raw.call(id=3, type="get_state")
    assert (answer["code"], "sign in again" in answer["message"]) == ("refused", True)


async def test_what_was_done_and_refused_is_noted(gateway: Gateway, connect: Connect) -> None:
    viewer = await connect(gateway.tokens.create("tablet", Role.VIEWER))
    await viewer.call(id=2, type="set_mode", mode="advise")
    home = await connect(gateway.token)
    await home.call(id=2, type="set_mode", mode="advise")
    await home.call(id=3, type="get_state")
    await home.call(id=4, type="pause_trading", paused=True)
    await home.call(id=5, type="pause_trading", paused=False)
    noted = [(entry.what, entry.who, entry.about) for entry in gateway.door.journal.entries()]
    assert noted == [
        ("resumed", "Home Assistant", {}),
        ("stopped", "Home Assistant", {}),
        ("set_mode", "Home Assistant", {}),
        ("refused", "tablet", {"command": "set_mode"}),
    ]


async def test_unknown_token_is_refused_and_the_connection_closed(gateway: Gateway, connect: Connect) -> None:
    raw = await connect()
    answer = await raw.call(id=1, type="authenticate", token="teg_wrong", schema=1)
    assert answer["code"] == "invalid_auth"
    assert await raw.closed() == aiohttp.WSCloseCode.POLICY_VIOLATION


async def test_revoked_token_is_refused(gateway: Gateway, connect: Connect) -> None:
    gateway.tokens.revoke("Home Assistant")
    raw = await connect()
    assert (await raw.call(id=1, type="authenticate", token=gateway.token, schema=1))[
        "code"
    ] == "invalid_auth"


@pytest.mark.parametrize("schema", [0, 2])
async def test_schema_out_of_range_is_refused(gateway: Gateway, connect: Connect, schema: int) -> None:
    raw = await connect()
    answer = await raw.call(id=1, type="authenticate", token=gateway.token, schema=schema)
    assert answer["code"] == "unsupported_schema"


async def test_first_command_must_authenticate(connect: Connect) -> None:
    raw = await connect()
    assert (await raw.call(id=1, type="get_state"))["code"] == "not_allowed"
    assert await raw.closed() == aiohttp.WSCloseCode.POLICY_VIOLATION


async def test_who_says_nothing_is_let_go(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "AUTHENTICATE_WITHIN_S", 0.01)
    raw = await connect()
    assert await raw.closed() == aiohttp.WSCloseCode.POLICY_VIOLATION


@pytest.mark.parametrize(
    "text, answered, named",
    [
        ("{", None, "truncated"),
        ('{"id": 2, "type": "fly"}', 2, "$.type"),
        ('{"id": 2, "type": "pause_trading"}', 2, "paused"),
        ('{"id": 2, "type": "pause_trading", "paused": "yes"}', 2, "$.paused"),
        ('{"id": 2, "type": "pause_trading", "paused": true, "now": 1}', 2, "now"),
        ('{"id": 2, "type": "set_mode", "mode": "party"}', 2, "$.mode"),
        ('{"id": 2, "type": "set_limits", "money_a_day": 5}', 2, "$.money_a_day"),
        ('{"id": 2, "type": "set_limits", "highest_price": "0.3"}', 2, "$.highest_price"),
        ('{"id": 2, "type": "report_readings", "readings": []}', 2, "$.readings"),
        ('{"id": 2, "type": "report_readings", "readings": [{"start": NaN}]}', None, "malformed"),
        (
            '{"id": 2, "type": "report_home", "at": 0, "devices": [{"kind": "toaster"}]}',
            2,
            "$.devices[0].kind",
        ),
        ('{"id": "x", "type": "get_state"}', None, "$.id"),
        pytest.param("[" * 60_000, None, "array", id="deep"),
    ],
)
async def test_malformed_message_gets_an_error_that_names_the_field(
    gateway: Gateway, connect: Connect, text: str, answered: int | None, named: str
) -> None:
    raw = await connect(gateway.token)
    await raw.socket.send_str(text)
    answer = await raw.read()
    assert (answer["type"], answer["code"], answer["id"]) == ("error", "invalid_message", answered)
    assert named in answer["message"]
    assert (await raw.call(id=3, type="get_state"))["id"] == 3  # and the connection goes on


async def test_bytes_that_are_no_text_get_an_error_too(gateway: Gateway, connect: Connect) -> None:
    raw = await connect(gateway.token)
    await raw.socket.send_bytes(b'{"id": 2, "type": "\xff"}')
    answer = await raw.read()
    assert (answer["code"], answer["id"]) == ("invalid_message", 2)
    assert (await raw.call(id=3, type="get_state"))["id"] == 3


async def test_core_refuses_with_its_reason(gateway: Gateway, connect: Connect) -> None:
    gateway.core.refusal = "the ledger is locked: see the gateway's log"
    raw = await connect(gateway.token)
    answer = await raw.call(id=2, type="pause_trading", paused=True)
    assert (answer["code"], answer["message"]) == ("refused", gateway.core.refusal)


async def test_fault_of_a_command_is_answered_and_not_told(gateway: Gateway, connect: Connect) -> None:
    gateway.core.fault = RuntimeError("secret detail")
    raw = await connect(gateway.token)
    answer = await raw.call(id=2, type="set_mode", mode="advise")
    assert answer["code"] == "internal"
    assert "secret" not in answer["message"]


async def test_second_authentication_is_refused(gateway: Gateway, connect: Connect) -> None:
    raw = await connect(gateway.token)
    assert (await raw.call(id=2, type="authenticate", token=gateway.token, schema=1))["code"] == "not_allowed"


async def test_too_long_message_ends_the_connection(gateway: Gateway, connect: Connect) -> None:
    raw = await connect(gateway.token)
    await raw.socket.send_str("x" * (limits.MESSAGE_BYTES + 1))
    # The rest of the message may still be on its way and reset the connection before the code arrives.
    assert await raw.closed() in (aiohttp.WSCloseCode.MESSAGE_TOO_BIG, aiohttp.WSCloseCode.ABNORMAL_CLOSURE)
    assert gateway.core.commands == []


async def test_too_many_messages_are_refused(gateway: Gateway, connect: Connect) -> None:
    """However slow the machine is: no time passes."""
    await gateway.stop()
    gateway.monotonic = lambda: 0.0
    await gateway.start()
    raw = await connect(gateway.token)
    for number in range(limits.BURST + 20):
        await raw.socket.send_json({"id": number + 2, "type": "pause_trading", "paused": True})
    answers = [await raw.read() for _ in range(limits.BURST + 20)]
    assert [answer["id"] for answer in answers] == [number + 2 for number in range(limits.BURST + 20)]
    assert [answer.get("code") for answer in answers] == [None] * limits.BURST + ["rate_limited"] * 20
    assert len(gateway.core.commands) == limits.BURST


def test_bucket_fills_again() -> None:
    now = 0.0
    bucket = limits.Bucket(lambda: now)
    assert [bucket.take() for _ in range(limits.BURST + 1)] == [True] * limits.BURST + [False]
    now = 1.0
    assert sum(bucket.take() for _ in range(100)) == limits.MESSAGES_A_SECOND


async def test_slow_consumer_is_let_go_and_others_are_served(gateway: Gateway, connect: Connect) -> None:
    slow, quick = await connect(gateway.token), await connect(gateway.token)
    for raw in (slow, quick):
        await raw.call(id=2, type="start_listening")
    slow.socket._response.connection.transport.pause_reading()
    heard = 0
    assert gateway.api is not None
    while len(gateway.api._sessions) == 2:
        gateway.update(ledger=Ledger(sequence=1000 + heard, head="x" * 200_000))
        heard += 1
        assert (await quick.read())["number"] == heard
    slow.socket._response.connection.transport.resume_reading()
    while (message := await slow.socket.receive(timeout=3)).type is aiohttp.WSMsgType.TEXT:
        pass
    assert message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
    gateway.update(mode="monitor")
    assert (await quick.read())["changes"] == {"mode": "monitor"}


async def test_slow_consumer_close_code(gateway: Gateway, connect: Connect, monkeypatch) -> None:
    monkeypatch.setattr(limits, "QUEUED_MESSAGES", 2)
    raw = await connect(gateway.token)
    await raw.call(id=2, type="start_listening")
    for number in range(4):  # without a pause in which the writer could run
        gateway.update(ledger=Ledger(sequence=number, head=""))
    while (message := await raw.socket.receive(timeout=3)).type is aiohttp.WSMsgType.TEXT:
        pass
    assert raw.socket.close_code == aiohttp.WSCloseCode.TRY_AGAIN_LATER, message


async def test_who_is_silent_is_let_go(
    gateway: Gateway, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SILENT_S", 0.05)
    raw = await connect(gateway.token, autoping=False)
    async with asyncio.timeout(3):
        assert (await raw.socket.receive()).type is aiohttp.WSMsgType.PING
        await raw.socket.pong()
        assert (await raw.socket.receive()).type is aiohttp.WSMsgType.PING  # again: the answer counted
        assert await raw.closed() == aiohttp.WSCloseCode.OK


async def test_ping_is_answered(gateway: Gateway, connect: Connect) -> None:
    raw = await connect(gateway.token, autoping=False)
    await raw.socket.ping(b"you there?")
    answer = await raw.socket.receive(timeout=3)
    assert (answer.type, answer.data) == (aiohttp.WSMsgType.PONG, b"you there?")


async def test_pages_are_refused(gateway: Gateway, http: aiohttp.ClientSession) -> None:
    pinned = aiohttp.Fingerprint(gateway.certificate.fingerprint)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await http.ws_connect(
            f"wss://127.0.0.1:{gateway.port}/api", ssl=pinned, headers={"Origin": "https://127.0.0.1"}
        )
    assert refused.value.status == 403


async def test_stop_says_goodbye(gateway: Gateway, connect: Connect) -> None:
    raw = await connect(gateway.token)
    await raw.call(id=2, type="start_listening")
    stopping = asyncio.create_task(gateway.stop())
    assert await raw.closed() == aiohttp.WSCloseCode.GOING_AWAY
    await stopping


async def test_port_in_use_is_named(gateway: Gateway) -> None:
    other = LocalApi(FakeCore(), gateway.door, Hello(gateway_id="x", name="X", version="1"), lambda: 0.0)
    with pytest.raises(PortUnavailable, match=f"127.0.0.1:{gateway.port}.*in use.*another"):
        await other.start("127.0.0.1", gateway.port, gateway.certificate.context())


async def test_who_hangs_up_at_once_leaves_no_trace(
    gateway: Gateway, connect: Connect, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def gone(*_: object) -> None:
        raise ConnectionResetError

    pinned = aiohttp.Fingerprint(gateway.certificate.fingerprint)
    with monkeypatch.context() as patched:
        patched.setattr(aiohttp.web.WebSocketResponse, "send_str", gone)
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"wss://127.0.0.1:{gateway.port}/api", ssl=pinned) as socket,
        ):
            assert (await socket.receive(timeout=3)).type is not aiohttp.WSMsgType.TEXT
    assert gateway.api is not None
    assert not gateway.api._sessions
    assert "Error handling request" not in caplog.text
    await connect(gateway.token)


@pytest.mark.parametrize("listens, reached", [("::1", "::1"), ("::", "::1"), ("::", "127.0.0.1")])
async def test_a_client_pairs_and_comes_back_over_ipv6(
    tmp_path: Path, http: aiohttp.ClientSession, listens: str, reached: str
) -> None:
    gateway = Gateway(tmp_path, host=listens)
    await gateway.start()
    try:
        hello, fingerprint = await probe(http, reached, gateway.port)
        endpoint = Endpoint(reached, gateway.port, hello.gateway_id, fingerprint)
        code = gateway.door.open_pairing(Role.CONTROLLER).code
        token = await pair(http, endpoint, read_code(code), Identity("home-assistant-6", "Home Assistant 6"))
        client = Client(http, endpoint, token)
        assert (await client.connect()).currency == "USD"
        await client.close()
    finally:
        await gateway.stop()
