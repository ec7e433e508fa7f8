"""The retailer's service: TLS, OAuth2 client credentials, HTTPS commands and a WebSocket that pushes.

The server translates between HTTP and the ``Retailer``; it decides nothing. Whatever goes wrong is told as an
``EiResponse`` in JSON, with the field where one is at fault.
"""

import asyncio
import base64
import binascii
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Final
from weakref import WeakSet

import structlog
from aiohttp import web
from msgspec import Struct
from temix_market.errors import InvalidField, KeyReused, MarketError, OutOfSequence
from temix_market.instants import SECOND, iso
from temix_market.tenders import PartyId
from temix_market.transactions import PairKey
from temix_market.wire.base import decode, encode
from temix_market.wire.exchange import (
    CompareHeads,
    EiRequestDelivery,
    ReconcileTransaction,
    RequestMessages,
    RequestSpots,
)
from temix_market.wire.position import EiRequestPosition
from temix_market.wire.registration import (
    CreateEnrollment,
    EiCancelPartyRegistration,
    EiCreatePartyRegistration,
)
from temix_market.wire.response import EiResponse
from temix_market.wire.seal import SealBroken
from temix_market.wire.transaction import TransactionAnswer
from temix_reception.reception import Bounds, Visitor

from temix_retailer.access import TOKEN_LIFE, Tokens
from temix_retailer.errors import AccessDenied, RegistrationError, RetailerError, TooManyRequests
from temix_retailer.outcome import Answered
from temix_retailer.retailer import Retailer
from temix_retailer.streams import Streams
from temix_retailer.voice import Randomness

_log = structlog.get_logger()

MAX_BODY: Final = 262_144
"""The largest body that is read; a day of deliveries in one message has some 40,000 bytes."""

RECEPTION: Final = Bounds(connections=4_000, handshake_s=10.0, headers_s=30.0, close_s=5.0)
"""For homes and strangers together; homes keep a connection for 15 s, so that it is not closed before."""

BODY_WITHIN_S: Final = 10.0
"""A body that takes longer to come is not read on."""

RATE: Final = 50
"""So many commands a second are taken from one home."""

RETRY_AFTER: Final = 5
"""Seconds after which a client comes again where the book cannot be written."""

_KEY: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_HOME: Final = web.RequestKey("home", str)

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Service:
    """The HTTP face of one retailer."""

    def __init__(self, retailer: Retailer, randomness: Randomness) -> None:
        """Serve ``retailer``; ``randomness`` makes tokens."""
        self._retailer = retailer
        self._tokens = Tokens(retailer.clock, randomness)
        self._streams = Streams(retailer)
        self._rates: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
        self._homes = WeakSet[Visitor]()

    def application(self) -> web.Application:
        """An aiohttp application with everything in it; its shutdown closes the streams."""
        application = web.Application(client_max_size=MAX_BODY, middlewares=[self._tell_errors, self._admit])
        application.add_routes(
            [
                web.get("/health", self._health),
                web.post("/oauth/token", self._token),
                web.post("/enrollments", self._enroll),
                web.post("/registrations", self._register),
                web.post("/registrations/cancel", self._cancel),
                web.post("/transactions", self._order),
                web.post("/transactions/{key}/reconcile", self._reconcile),
                web.post("/tenders", self._tender),
                web.post("/tenders/cancel", self._cancel_tender),
                web.post("/positions", self._position),
                web.post("/deliveries", self._report),
                web.post("/deliveries/requests", self._reported),
                web.post("/heads", self._compare),
                web.post("/messages", self._messages),
                web.post("/spots", self._spots),
                web.get("/stream", self._stream),
            ]
        )
        application.on_shutdown.append(self._streams.close)
        return application

    def is_home(self, connection: web.RequestHandler) -> bool:
        """Whether a home has shown its token on a connection."""
        return connection in self._homes

    # --- before and after every request

    @web.middleware
    async def _tell_errors(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except (MarketError, RetailerError, web.HTTPException) as err:
            status, text, headers = _told(err)
            if status >= 500:
                _log.error("request not served", path=request.path, error=str(err))
            answer = EiResponse(
                response_code=status,
                response_description=text[:1000],
                ref_id=f"{request.method} {request.path}"[:128],
                created_date_time=iso(self._retailer.clock.now()),
                attribute_violated=err.field[:128] if isinstance(err, InvalidField) else None,
            )
            return _json(status, answer, headers)

    @web.middleware
    async def _admit(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path in {"/health", "/oauth/token", "/enrollments"}:
            return await handler(request)
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise AccessDenied("no bearer token: get one at /oauth/token")
        home = self._tokens.home_of(token)
        self._remember(request.protocol)
        self._count(home)
        request[_HOME] = home
        return await handler(request)

    def _remember(self, connection: web.RequestHandler) -> None:
        if isinstance(connection, Visitor):  # nobody else's place could be taken
            self._homes.add(connection)

    def _count(self, home: PartyId) -> None:
        second = self._retailer.clock.monotonic() // SECOND
        held = self._rates[home]
        if held[0] != second:
            held[:] = [second, 0]
        held[1] += 1
        if held[1] > RATE:
            raise TooManyRequests(f"more than {RATE} requests a second", SECOND)

    # --- resources

    async def _health(self, _: web.Request) -> web.Response:
        published = self._retailer.in_force
        # Up without a publication is not healthy: homes cannot trade.
        return web.json_response(
            {
                "status": "ok" if published else "starting",
                "publications": [one.sequence for one in published],
                "alarms": self._retailer.inquiries.alarm_count,
            },
            status=200 if published else 503,
        )

    async def _token(self, request: web.Request) -> web.Response:
        try:
            await _body(request)
            form = await request.post()
        except ValueError, LookupError:  # a form in parts without a boundary, an alphabet that is none
            return web.json_response({"error": "invalid_request"}, status=400)
        if form.get("grant_type") != "client_credentials":
            return web.json_response({"error": "unsupported_grant_type"}, status=400)
        client_id = ""
        try:
            client_id, secret = _basic(request)
            self._tokens.check_failures(client_id)
            home = await self._retailer.homes.authenticate(client_id, secret, _certificate(request))
        except AccessDenied as err:
            self._tokens.failed(client_id)
            # The error's form is RFC 6749's, section 5.2.
            return web.json_response(
                {"error": "invalid_client", "error_description": str(err)},
                status=401,
                headers={"WWW-Authenticate": "Basic", "Cache-Control": "no-store"},
            )
        self._remember(request.protocol)
        token = {
            "access_token": self._tokens.issue(home),
            "token_type": "Bearer",
            "expires_in": TOKEN_LIFE // SECOND,
        }
        return web.json_response(token, headers={"Cache-Control": "no-store"})

    async def _enroll(self, request: web.Request) -> web.Response:
        # Counted by address, so that whoever guesses codes keeps nobody else from enrolling.
        guesser = f"enrolment from {request.remote}"
        self._tokens.check_failures(guesser)
        try:
            return _json(
                200, await self._retailer.homes.redeem(decode(await _body(request), CreateEnrollment))
            )
        except AccessDenied:
            self._tokens.failed(guesser)
            raise

    async def _cancel(self, request: web.Request) -> web.Response:
        home = _home(request)
        answer = await self._retailer.homes.cancel(
            home, decode(await _body(request), EiCancelPartyRegistration)
        )
        self._tokens.end(home)
        return _json(200, answer)

    async def _register(self, request: web.Request) -> web.Response:
        body = decode(await _body(request), EiCreatePartyRegistration)
        return _json(200, await self._retailer.homes.register(_home(request), body))

    async def _order(self, request: web.Request) -> web.Response:
        return _answer(await self._retailer.order(_home(request), await _signed(request)))

    async def _tender(self, request: web.Request) -> web.Response:
        return _answer(await self._retailer.tender(_home(request), await _signed(request)))

    async def _cancel_tender(self, request: web.Request) -> web.Response:
        return _json(200, await self._retailer.cancel_tender(_home(request), await _signed(request)))

    async def _reconcile(self, request: web.Request) -> web.Response:
        key = request.match_info["key"]
        if not _KEY.fullmatch(key):
            raise InvalidField("key", f"{key[:64]!r} is no UUIDv7 in lower case")
        body = decode(await _body(request), ReconcileTransaction)
        return _answer(await self._retailer.reconcile(_home(request), PairKey(key), body))

    async def _position(self, request: web.Request) -> web.Response:
        body = decode(await _body(request), EiRequestPosition)
        return _json(200, await self._retailer.inquiries.position(_home(request), body))

    async def _report(self, request: web.Request) -> web.Response:
        return _json(200, await self._retailer.report(_home(request), await _signed(request)))

    async def _reported(self, request: web.Request) -> web.Response:
        body = decode(await _body(request), EiRequestDelivery)
        return _json(200, await self._retailer.inquiries.deliveries(_home(request), body))

    async def _compare(self, request: web.Request) -> web.Response:
        body = decode(await _body(request), CompareHeads)
        return _json(200, await self._retailer.inquiries.compare(_home(request), body))

    async def _messages(self, request: web.Request) -> web.Response:
        body = decode(await _body(request), RequestMessages)
        return _json(200, await self._retailer.inquiries.messages(_home(request), body))

    async def _spots(self, request: web.Request) -> web.Response:
        body = decode(await _body(request), RequestSpots)
        return _json(200, await self._retailer.inquiries.spots(_home(request), body))

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        return await self._streams.serve(request, _home(request))


_STATUS: Final = (
    (AccessDenied, 401),
    (TooManyRequests, 429),
    (RegistrationError, 409),
    (SealBroken, 403),
    (OutOfSequence, 412),
    (MarketError, 400),
)
"""HTTP status of what a request can run into; whatever else it is, it is on our side."""


def _told(err: Exception) -> tuple[int, str, dict[str, str]]:
    """Status, text and headers with which an error is told."""
    if isinstance(err, web.HTTPRequestEntityTooLarge):
        return 413, f"the body is larger than the {MAX_BODY} bytes that are read", {}
    if isinstance(err, web.HTTPException):
        # Content type and length are those of the answer; which methods are allowed is worth keeping.
        return err.status, err.reason, {name: err.headers[name] for name in ("Allow",) if name in err.headers}
    status = next((status for kind, status in _STATUS if isinstance(err, kind)), 503)
    if status == 503:
        text = "the book cannot be read or written now: send the same again later"
        return status, text, {"Retry-After": str(RETRY_AFTER)}
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    if isinstance(err, TooManyRequests):
        headers = {"Retry-After": str(-(-err.retry_after // SECOND))}
    return status, str(err), headers


def _home(request: web.Request) -> PartyId:
    return PartyId(request[_HOME])


def _certificate(request: web.Request) -> bytes | None:
    """The certificate that the client showed in the handshake (DER); TLS has checked who signed it."""
    tls = None if request.transport is None else request.transport.get_extra_info("ssl_object")
    shown: bytes | None = None if tls is None else tls.getpeercert(binary_form=True)
    return shown


async def _body(request: web.Request) -> bytes:
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            return await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None


async def _signed(request: web.Request) -> str:
    try:
        return (await _body(request)).decode("ascii")
    except UnicodeDecodeError:
        raise InvalidField(
            "message", "the body is no compact JWS: it has other characters than ASCII"
        ) from None


def _basic(request: web.Request) -> tuple[str, str]:
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except binascii.Error, UnicodeDecodeError:
        client_id = secret = ""
    if scheme.lower() != "basic" or not client_id:
        raise AccessDenied("log in with HTTP Basic: client id and secret")
    return client_id[:128], secret


def _answer(answered: Answered) -> web.Response:
    # A reused key is an alarm and no outcome of the key: told by the status, too.
    status = 422 if answered.outcome.code == KeyReused.code else 200
    return _json(status, TransactionAnswer(energy=answered.energy, transport=answered.transport))


def _json(status: int, payload: Struct, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(body=encode(payload), status=status, content_type="application/json", headers=headers)
