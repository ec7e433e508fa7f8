"""Pairing: from a code that a person carries over to a token, with nobody in between.

The other half, and the reasons, are in the gateway's ``home/pairing.py``; the protocol is described in
docs/reference/local-api.md.
"""

import asyncio
import hmac
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from spake2 import SPAKE2_A
from spake2.ed25519_basic import NotOnCurve
from spake2.spake2 import SPAKEError

from .connection import Connection, Endpoint
from .exceptions import (
    CommandFailed,
    MistypedCode,
    PairingClosed,
    ProtocolError,
    WrongCode,
    WrongGateway,
)

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_SECRET_LENGTH: Final = 8
_LOOKS_LIKE: Final = str.maketrans("OIL", "011")
_URI: Final = re.compile(r"temix:(?P<gateway>[^?]+)\?code=(?P<code>\w+)")
_ANSWER_WITHIN_S: Final = 20.0
_INFO: Final = b"temix pairing 1"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks to be paired: ``client`` never changes, ``label`` is what people read on the gateway."""

    client: str
    label: str


def read_code(text: str) -> str:
    """Read a code as people type it, or the text of its QR code: nine characters.

    Raises:
        MistypedCode: it is none, or its check character does not fit.
    """
    uri = _URI.fullmatch(text.strip())
    typed = re.sub(r"[\s-]", "", uri["code"] if uri else text).upper().translate(_LOOKS_LIKE)
    if len(typed) != _SECRET_LENGTH + 1 or not set(typed) <= set(_ALPHABET):
        raise MistypedCode("a code has nine letters and digits")
    number = 0
    for character in typed[:_SECRET_LENGTH]:
        number = number * len(_ALPHABET) + _ALPHABET.index(character)
    if number % 37 != _ALPHABET.index(typed[-1]):  # Crockford's check character
        raise MistypedCode("the code's last character does not fit the others")
    return typed


async def pair(session: aiohttp.ClientSession, endpoint: Endpoint, code: str, who: Identity) -> str:
    """Prove to the gateway at ``endpoint`` that we know its ``code``, and return the token it gives.

    The gateway proves it too: only the one that showed the code, with the certificate that we see, can.

    Raises:
        CannotConnect: nobody answers, or the connection ended.
        CertificateMismatch: the certificate is not the endpoint's.
        WrongGateway: another gateway answers.
        UnsupportedSchema: one side is too old for the other.
        PairingClosed: no window is open on the gateway.
        WrongCode: the code is not the gateway's, or somebody sits between.
        CommandFailed: the gateway refuses for another reason.
        ProtocolError: the gateway does not keep to its schema.
    """
    async with _connected(session, endpoint) as connection:
        return await _pair(connection, code, who)


@asynccontextmanager
async def _connected(session: aiohttp.ClientSession, endpoint: Endpoint) -> AsyncIterator[Connection]:
    """A connection to this gateway and no other, over which nothing was sent yet."""
    connection = await Connection.open(session, endpoint.host, endpoint.port, endpoint.fingerprint)
    try:
        if connection.hello.gateway_id != endpoint.gateway_id:
            raise WrongGateway(f"gateway {connection.hello.gateway_id} answers, not {endpoint.gateway_id}")
        yield connection
    finally:
        await connection.close()


async def _pair(connection: Connection, code: str, who: Identity) -> str:
    gateway = connection.fingerprint + connection.hello.gateway_id.encode()
    side = SPAKE2_A(code[:_SECRET_LENGTH].encode("ascii"), idA=who.client.encode(), idB=gateway)
    mine = await asyncio.to_thread(side.start)
    schema = connection.hello.schema()
    about = {"schema": schema, "client": who.client, "label": who.label}
    answer = await _ask(connection, id=1, type="pair", point=mine.hex(), **about)
    theirs = _bytes(answer, "point")
    try:
        shared = await asyncio.to_thread(side.finish, theirs)
    except (SPAKEError, NotOnCurve, ValueError, AssertionError) as error:
        raise ProtocolError(f"the gateway's point is none: {error}") from error
    keys = HKDF(algorithm=SHA256(), length=96, salt=None, info=_INFO).derive(shared)
    proof = hmac.digest(keys[:32], mine + theirs, "sha256")
    answer = await _ask(connection, id=2, type="confirm_pairing", proof=proof.hex())
    if not hmac.compare_digest(_bytes(answer, "proof"), hmac.digest(keys[32:64], mine + theirs, "sha256")):
        raise WrongCode("whoever answers does not know the code")
    try:
        token = AESGCM(keys[64:]).decrypt(bytes(12), _bytes(answer, "sealed"), None)
    except InvalidTag as error:
        raise ProtocolError("the token was not sealed for us") from error
    return token.decode()


async def redeem(session: aiohttp.ClientSession, endpoint: Endpoint, secret: str, who: Identity) -> str:
    """Exchange the secret that the Supervisor handed over for a token.

    Raises:
        CannotConnect: nobody answers, or the connection ended.
        CertificateMismatch: the certificate is not the one that the Supervisor told; nothing was sent.
        WrongGateway: another gateway answers; nothing was sent.
        UnsupportedSchema: one side is too old for the other.
        PairingClosed: the secret was used before.
        ProtocolError: the gateway does not keep to its schema.
    """
    async with _connected(session, endpoint) as connection:
        about = {"schema": connection.hello.schema(), "client": who.client, "label": who.label}
        answer = await _ask(connection, id=1, type="redeem_secret", secret=secret, **about)
    token = answer.get("token")
    if not isinstance(token, str):
        raise ProtocolError("the gateway gave no token")
    return token


async def _ask(connection: Connection, **command: Any) -> dict[str, Any]:
    await connection.send(command)
    try:
        async with asyncio.timeout(_ANSWER_WITHIN_S):
            answer = await connection.receive()
    except TimeoutError as error:
        raise ProtocolError(f"no answer to {command['type']}") from error
    if answer.get("type") == "error":
        reason = str(answer.get("message"))
        match answer.get("code"):
            case "pairing_closed":
                raise PairingClosed(reason)
            case "wrong_code":
                raise WrongCode(reason)
            case code:
                raise CommandFailed(str(code), reason)
    result = answer.get("result")
    if answer.get("type") != "result" or not isinstance(result, dict):
        raise ProtocolError(f"this is no answer to {command['type']}")
    return result


def _bytes(answer: dict[str, Any], name: str) -> bytes:
    try:
        return bytes.fromhex(answer[name])
    except (KeyError, TypeError, ValueError) as error:
        raise ProtocolError(f"{name} is missing, or no hex") from error
