"""A client of one gateway: its state as it changes, and typed commands."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import aiohttp

from .account import SettledHours, Statement, TransactionPage
from .connection import Connection, Endpoint, read
from .devices import Device, Load, Reading, ReportedPrice, RoomHistory
from .exceptions import (
    CommandFailed,
    ConnectionLost,
    InvalidAuth,
    ProtocolError,
    WrongGateway,
)
from .models import GatewayState, Hello, Preview
from .wire import to_ms

_ANSWER_WITHIN_S: Final = 10.0
_AT_ONCE: Final = 200
_A_SECOND: Final = 50
"""So many messages of a gateway are read; more than that would keep a home's other devices waiting."""


class Client:
    """Connect, then listen; commands get their answers while ``listen`` runs."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        endpoint: Endpoint,
        token: str,
    ) -> None:
        """Speak to the gateway at ``endpoint`` as the client whose ``token`` this is."""
        self._session = session
        self._endpoint = endpoint
        self._token = token
        self._connection: Connection | None = None
        self._state: GatewayState | None = None
        self._number = 0
        self._last_id = 0
        self._resync_id: int | None = None
        self._resync_by = 0.0
        self._waiting: dict[int, asyncio.Future[Any]] = {}

    @property
    def connected(self) -> bool:
        """Whether a connection is open, as far as is known."""
        return self._connection is not None

    @property
    def hello(self) -> Hello:
        """The hello of the open connection.

        Raises:
            ConnectionLost: there is none.
        """
        return self._open().hello

    async def connect(self) -> GatewayState:
        """Connect, prove who we are, and return a snapshot; ``listen`` tells what changes after it.

        Raises:
            CannotConnect: nobody answers, or the connection ended at once.
            CertificateMismatch: the certificate is not the pinned one; the token was not sent.
            WrongGateway: another gateway answers; the token was not sent.
            UnsupportedSchema: one side is too old for the other.
            InvalidAuth: the gateway does not know the token.
            ProtocolError: the gateway does not keep to its schema.
        """
        connection = await Connection.open(
            self._session, self._endpoint.host, self._endpoint.port, self._endpoint.fingerprint
        )
        try:
            self._state = await self._greet(connection)
        except BaseException:
            await connection.close()
            raise
        self._connection = connection
        return self._state

    async def listen(self, on_state: Callable[[GatewayState], None]) -> None:
        """Give every new state to ``on_state`` until the connection ends, which raises.

        Raises:
            ConnectionLost: the connection ended.
            ProtocolError: the gateway does not keep to its schema.
        """
        connection, clock = self._open(), asyncio.get_running_loop().time
        paid_until = clock()
        try:
            while True:
                await self._handle(connection, await connection.receive(), on_state)
                paid_until = max(paid_until, clock()) + 1 / _A_SECOND
                await asyncio.sleep(paid_until - clock() - _AT_ONCE / _A_SECOND)
        finally:
            await self.close()

    async def close(self) -> None:
        """End the connection; commands under way fail."""
        connection, self._connection = self._connection, None
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(ConnectionLost("the connection ended before the answer came"))
        self._waiting.clear()
        if connection is not None:
            await connection.close()

    async def pause_trading(self, paused: bool) -> None:
        """Make no new transactions, or go on."""
        await self._command("pause_trading", paused=paused)

    async def set_mode(self, mode: str) -> None:
        """Choose ``monitor``, ``advise`` or ``automatic``."""
        await self._command("set_mode", mode=mode)

    async def set_limits(
        self, *, money_a_day: Decimal | None = None, highest_price: int | None = None
    ) -> None:
        """Move the limits of trade beneath the installer's ceilings; what is not given stays."""
        money = None if money_a_day is None else f"{money_a_day:f}"
        await self._command("set_limits", money_a_day=money, highest_price=highest_price)

    async def plan_again(self) -> None:
        """Plan now, whatever has changed."""
        await self._command("plan_again")

    async def report_home(
        self, at: datetime, devices: Iterable[Device], base_load: Iterable[Load] = ()
    ) -> None:
        """Report every device as it is at ``at``, and the load that none makes."""
        await self._command(
            "report_home",
            at=to_ms(at),
            devices=[device.to_message() for device in devices],
            base_load=[load.to_message() for load in base_load],
        )

    async def report_readings(self, readings: Iterable[Reading]) -> None:
        """Report what the grid meter saw; a later report for an interval wins."""
        await self._command("report_readings", readings=[reading.to_message() for reading in readings])

    async def report_prices(
        self,
        currency: str,
        buy: Iterable[ReportedPrice] | None,
        sell: Iterable[ReportedPrice] | None,
    ) -> None:
        """Report what price entities show; none: nothing new is known of that direction."""
        prices = {
            name: None if each is None else [price.to_message() for price in each]
            for name, each in (("buy", buy), ("sell", sell))
        }
        await self._command("report_prices", currency=currency, **prices)

    async def preview_plan(self, device: Device) -> Preview:
        """Ask what a device would do at the present prices, and what that would cost.

        Raises:
            ProtocolError: the gateway does not keep to its schema.
        """
        return read(Preview.from_message, await self._command("preview_plan", device=device.to_message()))

    async def get_statement(self, start: datetime, end: datetime, level: str = "day") -> Statement:
        """Ask for a statement by ``month``, ``day`` or ``interval``.

        Raises:
            ProtocolError: the gateway does not keep to its schema.
        """
        answer = await self._command("get_statement", start=to_ms(start), end=to_ms(end), level=level)
        return read(Statement.from_message, answer)

    async def get_transactions(
        self, start: datetime, end: datetime, after: int = 0, limit: int = 200
    ) -> TransactionPage:
        """Ask for transactions delivered in a period; ``after`` is where the page before said to go on.

        Raises:
            ProtocolError: the gateway does not keep to its schema.
        """
        answer = await self._command(
            "get_transactions", start=to_ms(start), end=to_ms(end), after=after, limit=limit
        )
        page = read(TransactionPage.from_message, answer)
        if page.next is not None and (page.next <= after or not page.transactions):
            raise ProtocolError(f"a page after {after} cannot go on at {page.next}")
        return page

    async def get_settled_hours(self, start: datetime, end: datetime, changed_after: int = 0) -> SettledHours:
        """Ask for the settled hours of at most 31 days that changed after a revision.

        Raises:
            ProtocolError: the gateway does not keep to its schema.
        """
        answer = await self._command(
            "get_settled_hours", start=to_ms(start), end=to_ms(end), changed_after=changed_after
        )
        settled = read(SettledHours.from_message, answer)
        if len({hour.start for hour in settled.hours if start <= hour.start < end}) < len(settled.hours):
            raise ProtocolError("settled hours came that were not asked for, or twice")
        return settled

    async def report_history(
        self,
        start: datetime,
        load: Sequence[int | None],
        sun: Sequence[int | None],
        rooms: Iterable[RoomHistory] = (),
    ) -> None:
        """Report what the home used and its roof gave in whole hours from ``start`` on, Wh; and its rooms."""
        await self._command(
            "report_history",
            start=to_ms(start),
            load=list(load),
            sun=list(sun),
            rooms=[room.to_message() for room in rooms],
        )

    async def _greet(self, connection: Connection) -> GatewayState:
        hello, endpoint = connection.hello, self._endpoint
        if hello.gateway_id != endpoint.gateway_id:
            where = f"{endpoint.host}:{endpoint.port}"
            raise WrongGateway(f"{where} is gateway {hello.gateway_id}, not {endpoint.gateway_id}")
        await self._ask(connection, "authenticate", token=self._token, schema=hello.schema())
        return self._take_snapshot(await self._ask(connection, "start_listening"))

    async def _ask(self, connection: Connection, command: str, **arguments: Any) -> dict[str, Any]:
        """Send a command and read its answer directly, before anybody listens."""
        try:
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                await connection.send({"id": self._next_id(), "type": command, **arguments})
                answer = await connection.receive()
        except TimeoutError as error:
            raise ConnectionLost(f"no answer to {command} within {_ANSWER_WITHIN_S:.0f} s") from error
        if answer.get("type") == "error":
            if answer.get("code") == "invalid_auth":
                raise InvalidAuth(str(answer.get("message")))
            raise _failure(answer)
        return answer

    async def _command(self, command: str, **arguments: Any) -> Any:
        """Send a command and return its result.

        Raises:
            CommandFailed: the gateway answered with an error.
            ConnectionLost: no connection, or no answer in time; the command may have taken effect.
        """
        connection, command_id = self._open(), self._next_id()
        answer = self._waiting[command_id] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                await connection.send({"id": command_id, "type": command, **arguments})
                return await answer
        except TimeoutError as error:
            raise ConnectionLost(f"no answer to {command} within {_ANSWER_WITHIN_S:.0f} s") from error
        finally:
            self._waiting.pop(command_id, None)

    async def _handle(
        self, connection: Connection, message: dict[str, Any], on_state: Callable[[GatewayState], None]
    ) -> None:
        match message:
            case {"type": "event"} if self._resync_id is None:
                if message.get("number") == self._number + 1:
                    on_state(await self._take_changes(message))
                else:
                    self._resync_id = self._next_id()
                    self._resync_by = asyncio.get_running_loop().time() + _ANSWER_WITHIN_S
                    await connection.send({"id": self._resync_id, "type": "start_listening"})
            case {"type": "event"} if asyncio.get_running_loop().time() > self._resync_by:
                raise ConnectionLost(f"no fresh snapshot within {_ANSWER_WITHIN_S:.0f} s")
            case {"type": "result", "id": int(command_id)} if command_id == self._resync_id:
                on_state(self._take_snapshot(message))
            case {"type": "result", "id": int(command_id)} if answer := self._waiting.get(command_id):
                if not answer.done():
                    answer.set_result(message.get("result"))
            case {"type": "error", "id": int(command_id)} if answer := self._waiting.get(command_id):
                if not answer.done():
                    answer.set_exception(_failure(message))
            case {"type": "error"}:
                raise ProtocolError(f"unexpected: {_failure(message)}")
            case _:  # an event that the awaited snapshot makes old, an answer that came too late
                pass

    def _take_snapshot(self, message: dict[str, Any]) -> GatewayState:
        def snapshot(message: dict[str, Any]) -> tuple[int, GatewayState]:
            return int(message["result"]["number"]), GatewayState.from_message(message["result"]["state"])

        self._number, self._state = read(snapshot, message)
        self._resync_id = None
        return self._state

    async def _take_changes(self, message: dict[str, Any]) -> GatewayState:
        """Read one section in each turn of the loop: two days of prices are work enough for one."""
        assert self._state is not None
        state = self._state
        for section, data in read(_changes, message):
            state = read(state.updated, section, data)
            await asyncio.sleep(0)
        self._state = state
        self._number += 1
        return state

    def _open(self) -> Connection:
        if self._connection is None:
            raise ConnectionLost("not connected to the gateway")
        return self._connection

    def _next_id(self) -> int:
        self._last_id += 1
        return self._last_id


def _changes(message: dict[str, Any]) -> Iterable[tuple[str, Any]]:
    changes: dict[str, Any] = message["changes"]
    return changes.items()


def _failure(message: dict[str, Any]) -> CommandFailed:
    return CommandFailed(str(message.get("code")), str(message.get("message")))
