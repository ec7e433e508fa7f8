"""Pairing with a gateway that misbehaves: no token is believed that the code does not vouch for."""

import asyncio
from typing import Any

import aiohttp
import pytest
from temix_gateway.home.pairing import Attempt, Window, attempt, identity
from temix_gateway.home.roles import Role

from custom_components.temix.client import (
    CommandFailed,
    MistypedCode,
    ProtocolError,
    WrongCode,
    WrongGateway,
    pairing,
)
from custom_components.temix.client.pairing import Identity, pair, read_code, redeem
from tests.client.mock_server import MockServer, error, result
from tests.gateway.home.fake_core import GATEWAY_ID

CODE = "TEM1X234B"
US = Identity("ha-1", "Home Assistant")


def serve(mock: MockServer, code: str = CODE, **said: Any) -> None:
    """Pair as a gateway does whose window shows ``code``; ``said`` takes the place of the truth."""
    window = Window(code, Role.CONTROLLER, 1e9)
    gateway = identity(mock.certificate.fingerprint, GATEWAY_ID)
    tries: list[Attempt] = []

    def begin(command: dict[str, Any]) -> dict[str, Any]:
        tries.append(attempt(window, command["client"], gateway, bytes.fromhex(command["point"])))
        return result(command, {"point": tries[-1].gateway_point.hex()} | said)

    def confirm(command: dict[str, Any]) -> dict[str, Any]:
        (tried,) = tries
        proof = tried.keys.proof_of_gateway(tried.client_point, tried.gateway_point)
        return result(command, {"proof": proof.hex(), "sealed": tried.sealed("teg_new").hex()} | said)

    mock.answers |= {"pair": begin, "confirm_pairing": confirm}


async def test_a_gateway_that_knows_the_code_gives_its_token(
    mock: MockServer, session: aiohttp.ClientSession
) -> None:
    serve(mock)
    assert await pair(session, mock.endpoint, CODE, US) == "teg_new"
    assert [command["type"] for command in mock.received] == ["pair", "confirm_pairing"]
    assert CODE[:8] not in str(mock.received)


async def test_whoever_does_not_know_the_code_gives_none(
    mock: MockServer, session: aiohttp.ClientSession
) -> None:
    serve(mock, code="TEM1X2350")
    with pytest.raises(WrongCode, match="does not know the code"):
        await pair(session, mock.endpoint, CODE, US)


@pytest.mark.parametrize(
    "said,told",
    [
        pytest.param({"point": "00"}, "point is none", id="a point that is none"),
        pytest.param({"point": "not hex"}, "point is missing, or no hex", id="no hex"),
        pytest.param({"point": None}, "point is missing, or no hex", id="no text"),
        pytest.param({"sealed": "00" * 32}, "not sealed for us", id="a token sealed with another key"),
    ],
)
async def test_half_an_answer_is_no_token(
    mock: MockServer, session: aiohttp.ClientSession, said: dict[str, Any], told: str
) -> None:
    serve(mock, **said)
    with pytest.raises(ProtocolError, match=told):
        await pair(session, mock.endpoint, CODE, US)


async def test_an_answer_that_is_none_and_one_that_never_comes(
    mock: MockServer, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    mock.answers["pair"] = lambda command: result(command, "yes")
    with pytest.raises(ProtocolError, match="this is no answer to pair"):
        await pair(session, mock.endpoint, CODE, US)
    monkeypatch.setattr(pairing, "_ANSWER_WITHIN_S", 0.0)
    mock.answers["pair"] = lambda _: None
    with pytest.raises(ProtocolError, match="no answer to pair"):
        await pair(session, mock.endpoint, CODE, US)


async def test_a_refusal_keeps_the_gateways_word(mock: MockServer, session: aiohttp.ClientSession) -> None:
    mock.answers["pair"] = lambda command: error(command, "busy")
    with pytest.raises(CommandFailed, match="because of busy"):
        await pair(session, mock.endpoint, CODE, US)


async def test_another_gateway_at_the_address_is_asked_nothing(
    mock: MockServer, session: aiohttp.ClientSession
) -> None:
    mock.hello["gateway_id"] = "gw-other"
    with pytest.raises(WrongGateway, match="gw-other answers, not gw-5f2c"):
        await pair(session, mock.endpoint, CODE, US)
    assert mock.received == []


async def test_a_secret_that_brings_no_token_is_told(
    mock: MockServer, session: aiohttp.ClientSession
) -> None:
    mock.answers["redeem_secret"] = lambda command: result(command, {"token": None})
    with pytest.raises(ProtocolError, match="gave no token"):
        await redeem(session, mock.endpoint, "handed over", US)


@pytest.mark.parametrize("typed", ["", "TEM1X234", "TEM1 X234 !", "TEM1X234BB"])
def test_what_is_no_code_is_refused_before_anything_is_sent(typed: str) -> None:
    with pytest.raises(MistypedCode, match="nine letters and digits"):
        read_code(typed)


async def test_whoever_stops_waiting_leaves_no_connection_behind(
    mock: MockServer, session: aiohttp.ClientSession
) -> None:
    mock.hello = None
    waiting = asyncio.create_task(pair(session, mock.endpoint, CODE, US))
    while not mock.sockets:  # noqa: ASYNC110
        await asyncio.sleep(0)
    await asyncio.sleep(0.05)  # the client is past its handshake
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    (socket,) = mock.sockets
    async with asyncio.timeout(2):
        while not socket.closed:  # noqa: ASYNC110
            await asyncio.sleep(0)
