"""What the ``status`` command shows, by the local API."""

from collections.abc import Iterable
from typing import Final

import aiohttp
import msgspec
from temix_market.instants import Instant, iso

from temix_gateway.errors import GatewayError
from temix_gateway.home.messages import MAX_SCHEMA, Authenticate, Failure, GetState, Result, Snapshot, State
from temix_gateway.home.server import PATH

ANSWER_WITHIN_S: Final = 10.0


class NotRunning(GatewayError):
    """No gateway answers."""


async def fetch(port: int, fingerprint: bytes, token: str) -> State:
    """Ask the gateway on this machine for its state.

    Raises:
        NotRunning: it does not answer, or not as it must.
    """
    address = f"wss://127.0.0.1:{port}{PATH}"
    try:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(address, ssl=aiohttp.Fingerprint(fingerprint)) as socket,
        ):
            await socket.receive_str(timeout=ANSWER_WITHIN_S)
            await socket.send_str(_text(Authenticate(id=1, token=token, schema=MAX_SCHEMA)))
            _result(await socket.receive_str(timeout=ANSWER_WITHIN_S))
            await socket.send_str(_text(GetState(id=2)))
            snapshot = _result(await socket.receive_str(timeout=ANSWER_WITHIN_S))
    except aiohttp.ClientConnectorError as error:
        raise NotRunning(f"nothing answers at {address} ({error.strerror}): start one with `run`") from error
    except (aiohttp.ClientError, OSError, TimeoutError, TypeError, msgspec.DecodeError) as error:
        raise NotRunning(
            f"no gateway answers at {address} ({error}): is it another program's port?"
        ) from error
    if snapshot is None:
        raise NotRunning(f"{address} gave no state")
    return snapshot.state


def rows(state: State) -> Iterable[tuple[str, str]]:
    """The state for people, line by line."""
    retailer, trading = state.retailer, state.trading
    yield "mode", state.mode
    link = "connected" if retailer.connected else f"not connected: {retailer.reason}"
    yield "retailer", f"{link} (since {iso(Instant(retailer.since))})"
    yield "trading", "paused" if trading.paused else "; ".join(trading.locked) or "ready"
    if state.spot:
        yield "price now", f"buy {_price(state.spot.buy, state)}, sell {_price(state.spot.sell, state)}"
    yield "tenders until", iso(Instant(state.horizon)) if state.horizon else "there is none"
    yield "position", f"{sum(step.quantity for step in state.positions) / 1000:.3f} kWh from this hour on"
    yield "transactions", str(state.transactions.count)
    yield "ledger", f"{state.ledger.sequence} records, head {state.ledger.head[:16]}"


def _price(price: int | None, state: State) -> str:
    return "unknown" if price is None else f"{price / 1_000_000:.5f} {state.currency}/kWh"


def _text(message: msgspec.Struct) -> str:
    return msgspec.json.encode(message).decode()


def _result(text: str) -> Snapshot | None:
    answer = msgspec.json.decode(text, type=Result | Failure)
    if isinstance(answer, Failure):
        raise NotRunning(f"the gateway refused: {answer.message}")
    return answer.result if isinstance(answer.result, Snapshot) else None
