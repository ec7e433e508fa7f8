"""The client against a gateway that misbehaves, and the messages of both against the schema."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from custom_components.temix.client import (
    CannotConnect,
    CertificateMismatch,
    Client,
    CommandFailed,
    ConnectionLost,
    GatewayState,
    InvalidAuth,
    ProtocolError,
    TemixError,
    UnsupportedSchema,
    WrongGateway,
    connection,
    probe,
)
from custom_components.temix.client import (
    client as client_module,
)
from tests.client.mock_server import MockServer, error, result
from tests.gateway.home.fake_core import GATEWAY_ID

UNREADABLE = {
    "money_a_day": "much",
    "highest_price": 1,
    "money_a_day_ceiling": "20",
    "highest_price_ceiling": 2,
}


class States(asyncio.Queue[GatewayState]):
    """Every state that a listening client gave."""


@asynccontextmanager
async def listening(client: Client) -> AsyncIterator[States]:
    """Connect and listen in the background."""
    states = States()
    await client.connect()
    task = asyncio.create_task(client.listen(states.put_nowait))
    try:
        yield states
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_token_goes_out_after_the_hello_and_with_the_schema(mock: MockServer, client: Client) -> None:
    state = await client.connect()
    assert mock.received == [
        {"id": 1, "type": "authenticate", "token": "teg_token", "schema": 1},
        {"id": 2, "type": "start_listening"},
    ]
    assert (state.currency, state.mode, len(state.prices)) == ("USD", "automatic", 59)
    assert client.hello.version == "0.1.0"


async def test_other_certificate_gets_no_token(mock: MockServer, session: aiohttp.ClientSession) -> None:
    client = Client(session, replace(mock.endpoint, fingerprint=bytes(32)), "teg_token")
    with pytest.raises(CertificateMismatch, match=r"127\.0\.0\.1"):
        await client.connect()
    assert mock.received == []


async def test_other_gateway_gets_no_token(mock: MockServer, client: Client) -> None:
    mock.hello["gateway_id"] = "gw-other"
    with pytest.raises(WrongGateway, match="gw-other"):
        await client.connect()
    assert mock.received == []


@pytest.mark.parametrize("least, most, newer", [(2, 3, True), (0, 0, False)])
async def test_no_common_schema(mock: MockServer, client: Client, least: int, most: int, newer: bool) -> None:
    mock.hello |= {"min_schema": least, "max_schema": most}
    with pytest.raises(UnsupportedSchema, match="integration" if newer else "gateway") as raised:
        await client.connect()
    assert raised.value.gateway_is_newer is newer
    assert mock.received == []


async def test_newer_gateway_that_still_speaks_ours(mock: MockServer, client: Client) -> None:
    mock.hello |= {"max_schema": 7, "colour": "green"}
    mock.state |= {"weather": "fine"}
    mock.state["retailer"] |= {"mood": "good"}
    await client.connect()
    assert mock.received[0]["schema"] == 1


async def test_a_field_that_a_newer_gateway_adds_to_a_step_is_passed_over(
    mock: MockServer, client: Client
) -> None:
    plain = await client.connect()
    await client.close()
    for step in (mock.state["spot"], *mock.state["prices"]):
        step |= {"nuclear_waste": 3}
    assert await client.connect() == plain


async def test_a_gateway_older_than_carbon_intensity_publishes_none(mock: MockServer, client: Client) -> None:
    mock.state["spot"].pop("carbon_intensity")
    for step in mock.state["prices"]:
        step.pop("carbon_intensity", None)
    state = await client.connect()
    assert {step.carbon_intensity for step in (state.spot, *state.prices) if step} == {None}


async def test_refused_token(mock: MockServer, client: Client) -> None:
    mock.answers["authenticate"] = lambda command: error(command, "invalid_auth")
    with pytest.raises(InvalidAuth):
        await client.connect()
    assert not client.connected


@pytest.mark.parametrize("hello", ["no json", "[]", '{"type": "hello"}', '{"type": "welcome"}'])
async def test_something_else_answers(mock: MockServer, client: Client, hello: str) -> None:
    mock.hello = hello
    with pytest.raises(CannotConnect, match="greet"):
        await client.connect()


async def test_nobody_answers(session: aiohttp.ClientSession, mock: MockServer, client: Client) -> None:
    await mock.stop()
    with pytest.raises(CannotConnect, match=r"127\.0\.0\.1"):
        await client.connect()
    with pytest.raises(CannotConnect):
        await probe(session, "not a host", 1)


async def test_silence_in_place_of_an_answer(
    mock: MockServer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "_ANSWER_WITHIN_S", 0.01)
    mock.answers["authenticate"] = lambda command: None
    with pytest.raises(ConnectionLost, match="no answer to authenticate"):
        await client.connect()


@pytest.mark.parametrize(
    "break_it",
    [
        lambda state: state.pop("prices"),
        lambda state: state.update(positions=[{"start": 0}]),
        lambda state: state.update(ledger=7),
        lambda state: state.update(horizon="tomorrow"),
        lambda state: state.update(spot={"start": 10**20, "end": 0, "buy": 1, "sell": 1}),
    ],
)
async def test_snapshot_that_does_not_fit(
    mock: MockServer, client: Client, break_it: Callable[[dict[str, Any]], None]
) -> None:
    break_it(mock.state)
    with pytest.raises(ProtocolError):
        await client.connect()
    assert not client.connected


async def test_events_change_the_state(mock: MockServer, client: Client) -> None:
    async with listening(client) as states:
        await mock.push_event(mode="monitor", weather="fine")
        await mock.push_event(spot=None)
        assert (await states.get()).mode == "monitor"
        state = await states.get()
        assert (state.mode, state.spot) == ("monitor", None)


async def test_an_event_is_read_in_turns_that_others_share_and_shown_whole(
    mock: MockServer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    updated = GatewayState.updated

    def noted(state: GatewayState, section: str, data: Any) -> GatewayState:
        done.append(section)
        return updated(state, section, data)

    async def others() -> None:
        while True:
            done.append("-")
            await asyncio.sleep(0)

    monkeypatch.setattr(GatewayState, "updated", noted)
    async with listening(client) as states:
        task = asyncio.create_task(others())
        await mock.push_event(mode="monitor", spot=None)
        state = await states.get()
        task.cancel()
    assert (state.mode, state.spot, states.empty()) == ("monitor", None, True)
    assert [section for section in done if section != "-"] == ["mode", "spot"]
    assert "-" in done[done.index("mode") : done.index("spot")]


@pytest.mark.parametrize("number", [3, 1, 0])
async def test_gap_asks_for_a_fresh_snapshot(mock: MockServer, client: Client, number: int) -> None:
    async with listening(client) as states:
        await mock.push_event(mode="monitor")
        assert (await states.get()).mode == "monitor"
        mock.state["mode"] = "advise"
        await mock.push_event(number, mode="automatic")
        await mock.push_event(number + 1, mode="automatic")  # old news: the snapshot comes after it
        state = await states.get()
        assert (state.mode, states.empty()) == ("advise", True)
        await mock.push_event(mode="monitor")
        assert (await states.get()).mode == "monitor"
    assert [message["type"] for message in mock.received].count("start_listening") == 2


async def test_a_snapshot_that_never_comes_ends_the_connection(
    mock: MockServer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    await client.connect()
    listening = asyncio.create_task(client.listen(lambda _: None))
    mock.answers["start_listening"] = lambda _: None
    monkeypatch.setattr("custom_components.temix.client.client._ANSWER_WITHIN_S", -1.0)
    await mock.push_event(99, mode="automatic")
    await mock.push_event(100, mode="automatic")
    with pytest.raises(ConnectionLost, match="no fresh snapshot"):
        await listening


async def test_commands_and_their_answers(mock: MockServer, client: Client) -> None:
    mock.answers |= {
        "pause_trading": result,
        "set_mode": lambda command: error(command, "not_allowed"),
    }
    async with listening(client):
        await client.pause_trading(True)
        with pytest.raises(CommandFailed, match="because of not_allowed") as failed:
            await client.set_mode("automatic")
        assert failed.value.code == "not_allowed"
    assert mock.received[-2]["paused"] is True


async def test_command_without_a_connection(client: Client) -> None:
    with pytest.raises(ConnectionLost, match="not connected"):
        await client.pause_trading(True)
    with pytest.raises(ConnectionLost):
        assert client.hello


async def test_command_without_an_answer(
    mock: MockServer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    mock.answers["pause_trading"] = lambda command: None
    async with listening(client):
        with monkeypatch.context() as impatient:
            impatient.setattr(client_module, "_ANSWER_WITHIN_S", 0.01)
            with pytest.raises(ConnectionLost, match="no answer to pause_trading"):
                await client.pause_trading(True)
        await mock.push(**result({"id": 3}))  # too late, and harmless
        mock.answers["pause_trading"] = result
        await client.pause_trading(False)


async def test_command_when_the_line_breaks(mock: MockServer, client: Client) -> None:
    mock.answers["pause_trading"] = lambda command: None
    async with listening(client):
        mock.asked.clear()
        command = asyncio.create_task(client.pause_trading(True))
        await mock.asked.wait()
        await mock.cut()
        with pytest.raises(ConnectionLost, match="before the answer"):
            await command
        assert not client.connected


@pytest.mark.parametrize(
    "message, wrong",
    [
        ({"type": "event", "number": 1, "changes": {"ledger": 7}}, ProtocolError),
        (
            {"type": "event", "number": 1, "changes": {"limits": UNREADABLE}},
            ProtocolError,
        ),
        ({"type": "event", "number": 1}, ProtocolError),
        ({"type": "error", "id": None, "code": "invalid_message", "message": "?"}, ProtocolError),
    ],
)
async def test_message_that_does_not_fit_ends_the_connection(
    mock: MockServer, client: Client, message: dict[str, Any], wrong: type[TemixError]
) -> None:
    await client.connect()
    await mock.push(**message)
    with pytest.raises(wrong):
        await client.listen(lambda state: None)
    assert not client.connected


async def test_probe_tells_id_and_certificate_and_sends_nothing(
    mock: MockServer, session: aiohttp.ClientSession
) -> None:
    hello, fingerprint = await probe(session, "127.0.0.1", mock.endpoint.port)
    assert (hello.gateway_id, fingerprint) == (GATEWAY_ID, mock.certificate.fingerprint)
    assert mock.received == []


async def test_hello_that_never_comes(
    mock: MockServer, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "_CONNECT_WITHIN_S", 0.01)
    mock.hello = None
    with pytest.raises(CannotConnect, match="says nothing"):
        await probe(session, "127.0.0.1", mock.endpoint.port)


async def test_prices_and_positions_of_an_instant(mock: MockServer, client: Client) -> None:
    state = await client.connect()
    now = datetime(2021, 11, 24, 18, tzinfo=UTC)
    five = timedelta(minutes=5)
    spot = state.spot_at(now)
    assert spot is not None
    assert (spot.buy, spot.sell, spot.provisional) == (81_250, 23_400, False)
    later = state.spot_at(now + five)  # the spot has passed: the last tender for these 5 minutes
    assert later is not None
    assert (later.buy, later.provisional) == (91_111, True)
    assert state.spot_at(now + timedelta(hours=1)) is None  # a quarter's tender is no 5-minute price
    assert state.spot_at(now - five) is None
    after = state.price_after(now)
    assert after is not None
    assert after.start == now + five
    position = state.position_at(now + timedelta(minutes=59))
    assert position is not None
    assert (position.quantity, position.power) == (600, 600)
    assert state.position_at(now - five) is None
    assert state.price_after(now + timedelta(days=9)) is None


async def test_silent_gateway_is_pinged_then_given_up(
    mock: MockServer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    await client.connect()
    monkeypatch.setattr(connection, "_SILENT_S", 0.01)
    states: list[GatewayState] = []
    listening = asyncio.create_task(client.listen(states.append))
    mock.pings.clear()
    await mock.pings.wait()  # it answers, so the line holds
    await mock.push(type="event", number=1, changes={"mode": "monitor"})
    mock.answer_pings = False
    with pytest.raises(ConnectionLost, match="silent"):
        await listening
    assert [state.mode for state in states] == ["monitor"]


async def test_ping_is_answered(mock: MockServer, client: Client) -> None:
    async with listening(client):
        await mock.sockets[0].ping(b"you there?")
        await mock.pongs.wait()


@pytest.mark.parametrize("sending", ["ping", "pong", "send_str"])
async def test_line_that_breaks_while_something_is_sent(
    mock: MockServer, client: Client, monkeypatch: pytest.MonkeyPatch, sending: str
) -> None:
    async def broken(*_: object) -> None:
        raise aiohttp.ClientConnectionResetError("Cannot write to closing transport")

    await client.connect()
    monkeypatch.setattr(aiohttp.ClientWebSocketResponse, sending, broken)
    if sending == "ping":
        monkeypatch.setattr(connection, "_SILENT_S", 0.01)
    if sending == "pong":
        await mock.sockets[0].ping()
    if sending == "send_str":
        await mock.push_event(7, mode="monitor")  # a gap: the client asks for a snapshot
    with pytest.raises(ConnectionLost, match="closing transport"):
        await client.listen(lambda state: None)
    assert not client.connected


async def test_other_refusal_at_the_start(mock: MockServer, client: Client) -> None:
    mock.answers["start_listening"] = lambda command: error(command, "not_allowed")
    with pytest.raises(CommandFailed, match="not_allowed"):
        await client.connect()
    assert not client.connected


HOUR_MS = 3_600_000
SOLD = {"key": "k", "start": 0, "end": HOUR_MS, "at": 0, "quantity": 12, "price": 1}
SETTLED = {"imported": 1, "exported": 0, "cost": "0.1", "compensation": "0", "revision": 1}
DAY = (datetime(1970, 1, 1, tzinfo=UTC), datetime(1970, 1, 2, tzinfo=UTC))


@pytest.mark.parametrize("page", [{"transactions": [SOLD], "next": 7}, {"transactions": [], "next": 8}])
async def test_pages_without_an_end_are_not_read(
    mock: MockServer, client: Client, page: dict[str, Any]
) -> None:
    mock.answers["get_transactions"] = lambda command: result(command, page)
    async with listening(client):
        with pytest.raises(ProtocolError, match="cannot go on"):
            await client.get_transactions(*DAY, after=7)


@pytest.mark.parametrize("starts", [[0, 0], [24 * HOUR_MS], [25 * HOUR_MS, 0]])
async def test_hours_that_were_not_asked_for_are_not_kept(
    mock: MockServer, client: Client, starts: list[int]
) -> None:
    hours = [SETTLED | {"start": start} for start in starts]
    mock.answers["get_settled_hours"] = lambda command: result(command, {"hours": hours, "revision": 1})
    async with listening(client):
        with pytest.raises(ProtocolError, match="not asked for"):
            await client.get_settled_hours(*DAY)


async def test_a_gateway_that_says_too_much_is_read_slowly(
    mock: MockServer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "_AT_ONCE", 2)
    monkeypatch.setattr(client_module, "_A_SECOND", 100)
    clock = asyncio.get_running_loop().time
    async with listening(client) as states:
        began = clock()
        for _ in range(22):
            await mock.push_event(mode="advise")
        for _ in range(22):
            await states.get()
        assert clock() - began >= 0.19


@pytest.mark.parametrize(
    "section, value",
    [
        ("spot", {"start": HOUR_MS, "end": 0, "buy": 1, "sell": 1}),
        ("spot", {"start": 0, "end": HOUR_MS, "buy": "dear", "sell": 1}),
        ("spot", {"start": 0, "end": HOUR_MS, "buy": True, "sell": 1}),
        ("spot", {"start": 0, "end": HOUR_MS, "buy": 2**60, "sell": 1}),
        ("spot", {"start": 0, "end": 8_000_000_000_000, "buy": 1, "sell": 1}),
        ("prices", [{"start": 0, "end": 1}, {"start": 401 * 24 * HOUR_MS, "end": 402 * 24 * HOUR_MS}]),
        ("prices", [{"start": 0, "end": 1, "components": {"losses": "much"}}]),
        ("trading", {"paused": False, "locked": [7]}),
        ("mode", "x" * 10_001),
        ("mode", None),
        ("zone", "../../etc/passwd"),
        ("zone", "x" * 300),
        ("ledger", {"sequence": 1.5, "head": "x"}),
        ("limits", UNREADABLE | {"money_a_day": "NaN"}),
        ("limits", UNREADABLE | {"money_a_day": "1e999999"}),
    ],
)
async def test_what_no_entity_could_show_is_refused(
    mock: MockServer, client: Client, section: str, value: Any
) -> None:
    mock.state[section] = value
    with pytest.raises(ProtocolError):
        await client.connect()
