"""One connection of a client: hello, authentication, then commands and events."""

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

import msgspec
import structlog
from aiohttp import WSCloseCode, WSMessage, WSMsgType, web

from temix_gateway.home import limits
from temix_gateway.home.access import (
    Access,
    ClosePairing,
    ConfirmPairing,
    GetAccess,
    OpenPairing,
    Pair,
    PairingWindow,
    RedeemSecret,
    RevokeClient,
)
from temix_gateway.home.account import Found, GetSettledHours, GetStatement, GetTransactions
from temix_gateway.home.commission import Commission, CommissioningState, GetCommissioning, StepOutcome
from temix_gateway.home.core import Core, Desk
from temix_gateway.home.devices import PreviewPlan, ReportHome
from temix_gateway.home.door import Door
from temix_gateway.home.errors import CommandRefused, HomeError, TooManyClients, UnknownLabel
from temix_gateway.home.messages import (
    MAX_SCHEMA,
    MIN_SCHEMA,
    Authenticate,
    ErrorCode,
    Failure,
    GetState,
    Hello,
    PauseTrading,
    PlanAgain,
    Preview,
    ReportHistory,
    ReportReadings,
    Result,
    RevokeMandate,
    ServerMessage,
    SetLimits,
    SetMode,
    SignMandate,
    Snapshot,
    StartListening,
    encode,
)
from temix_gateway.home.pairing import PairingClosed, WrongCode
from temix_gateway.home.prices import ReportPrices
from temix_gateway.home.roles import COMMANDS, PAIRS, Role
from temix_gateway.home.tokens import Client

type Order = (
    StartListening
    | GetState
    | GetStatement
    | GetTransactions
    | GetSettledHours
    | PauseTrading
    | PlanAgain
    | SetMode
    | SetLimits
    | SignMandate
    | RevokeMandate
    | ReportHome
    | ReportHistory
    | ReportReadings
    | ReportPrices
    | PreviewPlan
    | OpenPairing
    | ClosePairing
    | GetAccess
    | RevokeClient
    | GetCommissioning
    | Commission
)
type Command = Authenticate | Pair | ConfirmPairing | RedeemSecret | Order
"""What a client sends: first how it proves who it is, then any order."""

_LOG = structlog.get_logger(__name__)
_DATA: Final = (WSMsgType.TEXT, WSMsgType.BINARY)
_COMMANDS: Final = msgspec.json.Decoder(Command.__value__)


_CODES: Final[dict[type[HomeError], ErrorCode]] = {
    PairingClosed: "pairing_closed",
    WrongCode: "wrong_code",
    TooManyClients: "refused",
}


class _Identified(msgspec.Struct):
    id: int


class Api(Protocol):
    """What a session needs of the server that accepted it."""

    core: Core
    door: Door

    async def access(self) -> Access:
        """Who is paired, who of them is here, and how the pairing window stands."""
        ...

    async def revoke(self, label: str) -> None:
        """End a client's token and its connections."""
        ...

    def arrived(self, client: Client) -> None:
        """A client was let in; beyond its bound, its oldest connections end."""
        ...

    def desk(self) -> Desk:
        """Where the gateway is commissioned."""
        ...

    def snapshot(self) -> Snapshot:
        """The state as of the last event."""
        ...


class Session:
    """Serves one WebSocket until either side closes it."""

    def __init__(self, api: Api, socket: web.WebSocketResponse, monotonic: Callable[[], float]) -> None:
        """Serve ``socket``; ``monotonic`` gives seconds."""
        self._api = api
        self._socket = socket
        self._bucket = limits.Bucket(monotonic)
        self._outgoing = asyncio.Queue[str](limits.QUEUED_MESSAGES)
        self._writer: asyncio.Task[None] | None = None
        self._close_code = WSCloseCode.OK
        self._listening = False
        self._log = _LOG
        self.client: Client | None = None

    async def run(self, hello: Hello) -> bool:
        """Greet, authenticate, and carry out commands until the end; say whether the client took note."""
        try:
            await self._socket.send_str(encode(hello))
            client = self.client = await self._authenticate()
        except ConnectionError:  # gone before it said who it is
            return False
        if client is not None:
            self._log = _LOG.bind(client=client.label, role=client.role.value)
            self._log.info("client connected")
            self._api.arrived(client)
            await self._serve(client)
            self._log.info("client gone")
        return await self._close()

    def push(self, event: str) -> None:
        """Queue an event for a client that listens; one that reads too slowly is let go."""
        if not self._listening:
            return
        try:
            self._outgoing.put_nowait(event)
        except asyncio.QueueFull:
            self._log.warning("client reads too slowly", waiting=self._outgoing.qsize())
            self.leave(WSCloseCode.TRY_AGAIN_LATER)

    def leave(self, code: WSCloseCode) -> None:
        """End the session with this close code."""
        self._listening = False
        self._close_code = code
        if self._writer is not None:
            self._writer.cancel()

    async def _authenticate(self) -> Client | None:
        """Let the client in; one that pairs gets its token, and comes back with it."""
        command = await self._first()
        match command:
            case Authenticate(schema=schema) | Pair(schema=schema) | RedeemSecret(schema=schema) if not (
                MIN_SCHEMA <= schema <= MAX_SCHEMA
            ):
                reason = f"schema {schema}: this gateway speaks {MIN_SCHEMA} to {MAX_SCHEMA}"
                answer: Result | Failure | None = _failure(command.id, "unsupported_schema", reason)
            case Authenticate():
                if (client := await self._api.door.authenticate(command.token)) is not None:
                    await self._socket.send_str(encode(Result(id=command.id)))
                    return client
                reason = "the token is not known: pair with the gateway again"
                answer = _failure(command.id, "invalid_auth", reason)
            case Pair() | RedeemSecret():
                answer = await self._pair(command)
            case Failure() | None:
                answer = command
            case _:
                answer = _failure(command.id, "not_allowed", "the first command must be authenticate or pair")
        if answer is not None:
            await self._socket.send_str(encode(answer))
        if isinstance(answer, Failure):
            self._close_code = WSCloseCode.POLICY_VIOLATION
        return None

    async def _pair(self, asked: Pair | RedeemSecret) -> Result | Failure | None:
        current = asked.id
        try:
            if isinstance(asked, RedeemSecret):
                return Result(id=current, result=await self._api.door.redeem(asked))
            tried, point = await self._api.door.answer(asked)
            await self._socket.send_str(encode(Result(id=current, result=point)))
            match await self._first():
                case ConfirmPairing() as confirmed:
                    current = confirmed.id
                    paired = await self._api.door.confirm(asked, tried, confirmed)
                    return Result(id=current, result=paired)
                case Failure() | None as ended:
                    return ended
                case _:
                    return _failure(None, "not_allowed", "after pair comes confirm_pairing")
        except (PairingClosed, WrongCode, TooManyClients) as error:
            return _failure(current, _CODES[type(error)], str(error))

    async def _first(self) -> Command | Failure | None:
        """The next command of a client that is not let in yet; none: it is gone, or took too long."""
        try:
            async with asyncio.timeout(limits.AUTHENTICATE_WITHIN_S):
                message = await self._socket.receive()
        except TimeoutError:
            self._close_code = WSCloseCode.POLICY_VIOLATION
            return None
        return _decode(message) if message.type in _DATA else None

    async def _serve(self, client: Client) -> None:
        reader = asyncio.create_task(self._read(client))
        self._writer = asyncio.create_task(self._write())
        try:
            await asyncio.wait({reader, self._writer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._listening = False
            for task in (reader, self._writer):
                task.cancel()
            outcomes = await asyncio.gather(reader, self._writer, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, Exception) and not isinstance(outcome, (ConnectionError, TimeoutError)):
                raise outcome

    async def _read(self, client: Client) -> None:
        while True:
            message = await self._receive()
            if message.type not in _DATA:
                return
            await self._outgoing.put(encode(await self._answer(client, message)))

    async def _receive(self) -> WSMessage:
        """Wait for a message; ping a silent client, and give up one that stays silent."""
        pinged = False
        while True:
            try:
                message = await self._socket.receive(limits.SILENT_S)
            except TimeoutError:
                if pinged:
                    raise
                await self._socket.ping()
                pinged = True
                continue
            pinged = False
            match message.type:
                case WSMsgType.PING:
                    await self._socket.pong(message.data)
                case WSMsgType.PONG:
                    pass
                case _:
                    return message

    async def _write(self) -> None:
        while True:
            await self._socket.send_str(await self._outgoing.get())

    async def _answer(self, client: Client, message: WSMessage) -> ServerMessage:
        command = _decode(message)
        if isinstance(command, Failure):
            return command
        if not self._bucket.take():
            reason = f"more than {limits.MESSAGES_A_SECOND} messages a second: slow down"
            return _failure(command.id, "rate_limited", reason)
        name = str(command.__struct_config__.tag)
        if isinstance(command, Authenticate | Pair | ConfirmPairing | RedeemSecret) or not (
            _may(client.role, name, command)
        ):
            self._api.door.refused(client, name)
            return _failure(command.id, "not_allowed", f"a {client.role.value} may not do this: {name}")
        try:
            self._api.door.check(client)
            result = await self._carry_out(command, client)
            self._api.door.done(client, command)
            return Result(id=command.id, result=result)
        except (CommandRefused, PairingClosed, UnknownLabel) as refused:
            return _failure(command.id, "refused", str(refused))
        except Exception:  # noqa: BLE001  (a fault in one command must not end the others' service)
            self._log.exception("command failed", command=name)
            return _failure(command.id, "internal", "the gateway failed to carry this out: see its log")

    async def _carry_out(  # noqa: C901, PLR0911, PLR0912 - one line for each command
        self, command: Order, client: Client
    ) -> Snapshot | Preview | Found | PairingWindow | Access | CommissioningState | StepOutcome | None:
        core, owner = self._api.core, self._api.core.owner
        match command:
            case StartListening():
                self._listening = True
                return self._api.snapshot()
            case GetState():
                return self._api.snapshot()
            case PauseTrading():
                await owner.pause_trading(command.paused)
            case PlanAgain():
                await core.plan_again()
            case SetMode():
                await owner.set_mode(command.mode)
            case SetLimits():
                await owner.set_limits(command)
            case SignMandate():
                await owner.sign_mandate(command)
            case RevokeMandate():
                await owner.revoke_mandate()
            case ReportHome():
                await core.report_home(command)
            case PreviewPlan():
                return await core.preview_plan(command)
            case ReportHistory():
                await core.report_history(command)
            case ReportReadings():
                await core.report_readings(command)
            case ReportPrices():
                await core.report_prices(command)
            case GetStatement() | GetTransactions() | GetSettledHours():
                return await core.look_up(command)
            case OpenPairing():
                return self._api.door.open_pairing(command.role)
            case ClosePairing():
                self._api.door.close_pairing()
            case GetAccess():
                return await self._api.access()
            case RevokeClient():
                await self._api.revoke(command.label)
            case GetCommissioning():
                return self._api.desk().state()
            case Commission():
                return await self._api.desk().carry_out(command.step, command.answers, client.label)
        return None

    async def _close(self) -> bool:
        try:
            async with asyncio.timeout(limits.CLOSE_WITHIN_S):
                await self._socket.close(code=self._close_code)
        except TimeoutError, ConnectionError:
            return False
        return True


def _may(role: Role, name: str, command: Order) -> bool:
    if isinstance(command, OpenPairing) and role not in PAIRS[command.role]:
        return False
    return role in COMMANDS[name]


def _decode(message: WSMessage) -> Command | Failure:
    try:
        command: Command = _COMMANDS.decode(message.data)
    except (ValueError, RecursionError) as error:
        return _failure(_id_of(message.data), "invalid_message", str(error))
    return command


def _id_of(text: str | bytes) -> int | None:
    try:
        return msgspec.json.decode(text, type=_Identified).id
    except ValueError, RecursionError:
        return None


def _failure(command_id: int | None, code: ErrorCode, message: str) -> Failure:
    return Failure(id=command_id, code=code, message=message)
