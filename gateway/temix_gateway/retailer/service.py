"""Requests to the retailer's service: TLS, OAuth2 client credentials, and errors in words."""

import asyncio
import ssl
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Annotated, Final

import aiohttp
from msgspec import Meta, Struct
from temix_market.errors import InvalidField
from temix_market.instants import SECOND, Duration, Instant, to_datetime
from temix_market.ports import Clock
from temix_market.wire.base import MAX_BYTES, decode

from temix_gateway.retailer.errors import (
    Busy,
    CertificateRefused,
    CredentialsRefused,
    LinkError,
    Misunderstood,
    Silent,
    Unreachable,
)

ANSWER_WITHIN_S: Final = 15.0
SILENT_AFTER_S: Final = 60.0
PING_EVERY_S: Final = 20.0
LONGEST_RETRY_AFTER_S: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Account:
    """Where the service is, and this home's account there; the secret never shows itself."""

    url: str
    client_id: str
    secret: str = field(repr=False)
    context: ssl.SSLContext


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply that is no error by itself."""

    status: int
    body: bytes


class _Token(Struct, frozen=True):
    access_token: Annotated[str, Meta(min_length=1, max_length=4096)]
    expires_in: Annotated[int, Meta(ge=1)] = 3600


class Service:
    """One account's requests; every failure is a ``LinkError`` that says what to do."""

    def __init__(self, account: Account, session: aiohttp.ClientSession, clock: Clock) -> None:
        """Send over ``session``."""
        self._account = account
        self._session = session
        self._clock = clock
        self._token = ""
        self._refresh_at = Duration(0)
        self._quiet_until = Duration(0)

    async def post(self, path: str, body: bytes, content_type: str = "application/json") -> Reply:
        """Send a request with this home's token; a refused token is renewed once.

        Raises:
            LinkError: no reply, or one that is for the link to handle (401, 404, 429, 5xx).
        """
        reply = await self._send(path, body, await self._headers(content_type))
        if reply.status == 401:
            self._token = ""
            reply = await self._send(path, body, await self._headers(content_type))
            if reply.status == 401:
                raise self._credentials_refused()
        return reply

    async def send(self, path: str, body: bytes) -> Reply:
        """Send a request of somebody who has no account yet.

        Raises:
            LinkError: no reply.
        """
        return await self._send(path, body, {"Content-Type": "application/json"})

    async def stream(self, path: str) -> aiohttp.ClientWebSocketResponse:
        """Open the stream.

        Raises:
            LinkError: it cannot be opened.
        """
        headers = await self._headers()
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                return await self._session.ws_connect(
                    self._account.url + path,
                    headers=headers,
                    ssl=self._account.context,
                    heartbeat=PING_EVERY_S,
                    max_msg_size=2 * MAX_BYTES,
                )
        except aiohttp.WSServerHandshakeError as error:
            retry_after = error.headers.get("Retry-After", "") if error.headers is not None else ""
            self._raise_for(error.status, error.message.encode(), retry_after)
            raise Misunderstood(f"{self._account.url}{path} opens no stream: {error.message}") from error
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise explain(error, self._account.url, "retailer.url") from error

    async def _headers(self, content_type: str = "") -> dict[str, str]:
        if not self._token or self._clock.monotonic() >= self._refresh_at:
            await self._renew()
        headers = {"Authorization": f"Bearer {self._token}"}
        return headers | ({"Content-Type": content_type} if content_type else {})

    async def _renew(self) -> None:
        login = aiohttp.encode_basic_auth(self._account.client_id, self._account.secret)
        headers = {"Authorization": login, "Content-Type": "application/x-www-form-urlencoded"}
        reply = await self._send("/oauth/token", b"grant_type=client_credentials", headers)
        if reply.status in {400, 401, 403}:
            raise self._credentials_refused()
        if reply.status != 200:
            raise self._misunderstood("/oauth/token", reply)
        try:
            token = decode(reply.body, _Token)
        except InvalidField as error:
            raise self._misunderstood("/oauth/token", reply) from error
        self._token = token.access_token
        self._refresh_at = Duration(self._clock.monotonic() + token.expires_in * SECOND * 8 // 10)

    async def _send(self, path: str, body: bytes, headers: dict[str, str]) -> Reply:
        quiet = self._quiet_until - self._clock.monotonic()
        if quiet > 0:
            raise Busy(f"the retailer asked to be left alone for {quiet // SECOND} s more", quiet / SECOND)
        try:
            async with (
                asyncio.timeout(ANSWER_WITHIN_S),
                self._session.post(
                    self._account.url + path,
                    data=body,
                    headers=headers,
                    ssl=self._account.context,
                    allow_redirects=False,
                ) as response,
            ):
                content = await whole(response.content)
                self._raise_for(response.status, content, response.headers.get("Retry-After", ""))
                return Reply(response.status, content)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise explain(error, self._account.url, "retailer.url") from error

    def _raise_for(self, status: int, body: bytes, retry_after: str) -> None:
        if status in {429, 503}:
            wait = seconds(retry_after, self._clock.now())
            self._quiet_until = Duration(self._clock.monotonic() + round(wait * SECOND))
            raise Busy(f"the retailer is busy (HTTP {status}) and asked to wait {wait:.0f} s", wait)
        if status in {404, 405} or status >= 500 or 300 <= status < 400:
            said = body[:200].decode(errors="replace")
            raise Misunderstood(
                f"{self._account.url} answers HTTP {status} ({said}): "
                "check that retailer.url is the address of a TeMIX service"
            )

    def _credentials_refused(self) -> LinkError:
        return CredentialsRefused(
            f"{self._account.url} refused the account {self._account.client_id!r}: check retailer.client_id "
            "and the secret in retailer.client_secret_file"
        )

    def _misunderstood(self, path: str, reply: Reply) -> LinkError:
        said = reply.body[:200].decode(errors="replace")
        return Misunderstood(
            f"{self._account.url}{path} answers HTTP {reply.status}, unlike this service: {said}"
        )


def explain(error: Exception, url: str, key: str) -> LinkError:
    """Why a request to ``url`` failed, and what to do; ``key`` is where the configuration has the address."""
    match error:
        case aiohttp.ClientConnectorCertificateError(certificate_error=ssl.SSLCertVerificationError() as why):
            return CertificateRefused(
                f"the certificate of {url} is not accepted ({why.verify_message}): "
                "its owner must renew it; for a service of your own give retailer.ca_file"
            )
        case aiohttp.ClientSSLError():
            return CertificateRefused(f"{url} does not speak TLS as it must ({error}): check {key}")
        case TimeoutError():
            return Silent(f"{url} did not answer within {ANSWER_WITHIN_S:.0f} s: it is tried again")
        case aiohttp.ClientConnectorError(os_error=why):
            return Unreachable(
                f"nothing answers at {url} ({why.strerror or _words(why)}): "
                f"check {key} and the internet connection"
            )
        case _:
            return Silent(f"the connection to {url} broke ({_words(error)})")


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__


async def whole(body: aiohttp.StreamReader) -> bytes:
    """A reply's body; of one that is too long what shows that. A single read may give only a part."""
    parts, size = [], 0
    async for part in body.iter_any():
        parts.append(part)
        size += len(part)
        if size > 2 * MAX_BYTES:
            break
    return b"".join(parts)


def seconds(retry_after: str, now: Instant) -> float:
    """Read a Retry-After header: seconds, or a date by the retailer's clock."""
    try:
        wait = float(retry_after)
    except ValueError:
        try:
            wait = (parsedate_to_datetime(retry_after) - to_datetime(now)).total_seconds()
        except ValueError, TypeError:
            wait = 60.0
    return min(max(wait, 1.0), LONGEST_RETRY_AFTER_S)
