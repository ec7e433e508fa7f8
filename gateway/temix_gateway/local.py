"""The command line's own way to the gateway that runs on this machine: its local API."""

import asyncio
from typing import Any, Final

import aiohttp
import msgspec
from temix_reception.reception import EVERY_ADDRESS, authority

from temix_gateway.clock import SystemClock
from temix_gateway.errors import GatewayError
from temix_gateway.files import Files, Listening
from temix_gateway.home.messages import MAX_SCHEMA, Authenticate, Failure, Result
from temix_gateway.home.roles import Role
from temix_gateway.home.server import PATH
from temix_gateway.home.tokens import TokenStore, private_file

ANSWER_WITHIN_S: Final = 90.0
"""A step of commissioning waits for the retailer, and may have to try more than once."""
HELLO_WITHIN_S: Final = 10.0
LABEL: Final = "command line"
"""Whoever may read the data folder is the owner, so the command line's token is an owner's."""


class NotRunning(GatewayError):
    """No gateway answers."""


class Refused(GatewayError):
    """The gateway answers, and refuses; the text says why."""


class Asker:
    """The command line as a client of the gateway, under a name."""

    def __init__(self, files: Files, role: Role = Role.OWNER, label: str = LABEL) -> None:
        """Take the token of an earlier use, or make one.

        Raises:
            NotRunning: no gateway has run here.
        """
        try:
            self._here = msgspec.json.decode(files.listening.read_bytes(), type=Listening)
        except (OSError, ValueError) as error:
            raise NotRunning(
                f"no gateway has run with {files.folder}: start it with temix-gateway run"
            ) from error
        self._token = _own_token(files) if role is Role.OWNER else _new_token(files, role, label)

    def ask(self, command: msgspec.Struct) -> Any:
        """The running gateway's result of one command, which must have the id 2.

        Raises:
            NotRunning: it does not answer, or not as it must.
            Refused: it refuses.
        """
        return asyncio.run(_ask(self._here, self._token, command))


def ask(files: Files, command: msgspec.Struct) -> Any:
    """The same for the owner, once."""
    return Asker(files).ask(command)


def _new_token(files: Files, role: Role, label: str) -> str:
    """A token in place of the one that this label had; an installer's ends by itself."""
    store = TokenStore(files.clients, SystemClock().now)
    if any(client.label == label for client in store.clients()):
        store.revoke(label)
    return store.create(label, role)


def _own_token(files: Files) -> str:
    """The command line's own token, made at its first use, and anew where it was revoked."""
    path = files.folder / "command-line.token"
    store = TokenStore(files.clients, SystemClock().now)
    known = any(client.label == LABEL for client in store.clients())
    if known and path.exists():
        return path.read_text(encoding="ascii")
    if known:
        store.revoke(LABEL)
    made = store.create(LABEL, Role.OWNER)
    private_file(path, made.encode())
    return made


async def _ask(here: Listening, token: str, command: msgspec.Struct) -> Any:
    address = f"wss://{authority(_from_here(here.host), here.port)}{PATH}"
    try:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(address, ssl=aiohttp.Fingerprint(bytes.fromhex(here.fingerprint))) as socket,
        ):
            await socket.receive_str(timeout=HELLO_WITHIN_S)
            await socket.send_str(_text(Authenticate(id=1, token=token, schema=MAX_SCHEMA)))
            _result(await socket.receive_str(timeout=HELLO_WITHIN_S))
            await socket.send_str(_text(command))
            return _result(await socket.receive_str(timeout=ANSWER_WITHIN_S))
    except aiohttp.ClientConnectorError as error:
        raise NotRunning(f"nothing answers at {address} ({error.strerror}): start one with `run`") from error
    except (aiohttp.ClientError, OSError, TimeoutError, TypeError, ValueError) as error:
        raise NotRunning(
            f"no gateway answers at {address} ({error}): is it another program's port?"
        ) from error


def _from_here(host: str) -> str:
    """Where what listens on ``host`` is reached from this machine."""
    return "127.0.0.1" if host in EVERY_ADDRESS else host


def _text(message: msgspec.Struct) -> str:
    return msgspec.json.encode(message).decode()


def _result(text: str) -> Any:
    answer = msgspec.json.decode(text, type=Result | Failure)
    if isinstance(answer, Failure):
        raise Refused(f"the gateway refused: {answer.message}")
    return answer.result
