"""The link to a TeMIX retailer's service (a ``RetailerLink``)."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from random import Random
from typing import Final

import aiohttp
import structlog
from msgspec import Struct
from temix_market.deliveries import Delivery
from temix_market.errors import InvalidField, MarketError
from temix_market.instants import SECOND, parse_instant
from temix_market.intervals import Interval
from temix_market.ports import Answer, Clock, Head, Heads, OutcomeUnknown, RetailerListener, Told
from temix_market.settlement import Spot
from temix_market.tenders import PartyId
from temix_market.transactions import Order, PairKey
from temix_market.wire.base import decode, encode
from temix_market.wire.delivery import EiCreatedDelivery
from temix_market.wire.exchange import ComparedHeads, RepliedDelivery, ReplyMessages, ReplySpots
from temix_market.wire.home_tender import EiCanceledTender, EiCreateTender
from temix_market.wire.keys import SigningKey
from temix_market.wire.records import read_heads
from temix_market.wire.registration import (
    EiCanceledPartyRegistration,
    EiCancelPartyRegistration,
    EiCreatedPartyRegistration,
)
from temix_market.wire.response import OK
from temix_market.wire.seal import type_of
from temix_market.wire.stream import (
    AcceptanceFrame,
    EndingFrame,
    Frame,
    HeartbeatFrame,
    ReadingsFrame,
    TendersFrame,
    TransactionsFrame,
)
from temix_market.wire.ticker import EiManagedTickerSubscription, EiManageTickerSubscription
from temix_market.wire.transaction import TransactionAnswer

from temix_gateway.errors import GatewayError
from temix_gateway.retailer.backoff import Backoff
from temix_gateway.retailer.errors import CredentialsRefused, LinkError, Misunderstood, Silent
from temix_gateway.retailer.inbox import Inbox
from temix_gateway.retailer.market import Registered, registered
from temix_gateway.retailer.service import SILENT_AFTER_S, Account, Reply, Service
from temix_gateway.retailer.voice import Voice

JOSE: Final = "application/jose"
NOT_ENROLLED: Final = "the home is not enrolled at a retailer yet: commission the gateway"

_LOG: Final = structlog.get_logger(__name__)
_HTTP_OK: Final = 200


class TemixLink:
    """One home's connection. Messages are verified before anybody sees them; a bad one is refused."""

    def __init__(
        self, home: PartyId, key: SigningKey, account: Account | None, clock: Clock, random: Random
    ) -> None:
        """Speak for ``home``, which signs with ``key``; without an ``account`` it never connects."""
        self._voice = Voice(home, key, clock, random)
        self._account = account
        self._clock = clock
        self._random = random
        self._service: Service | None = None
        self._inbox: Inbox | None = None
        self._registration_id = ""

    async def run(self, listener: RetailerListener) -> None:
        """Connect, subscribe and reconnect until cancelled."""
        if self._account is None:
            listener.connected(False, NOT_ENROLLED)
            await asyncio.Event().wait()
            return
        backoff = Backoff(self._clock, self._random)
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            self._service = Service(self._account, session, self._clock)
            try:
                while True:
                    backoff.connecting()
                    try:
                        await self._listen(self._service, listener)
                    except LinkError as error:
                        refused = isinstance(error, CredentialsRefused)
                        listener.connected(False, str(error), refused=refused)
                        await asyncio.sleep(backoff.wait(error.retry_after) / SECOND)
            finally:
                self._service = None

    @asynccontextmanager
    async def session(self) -> AsyncIterator[None]:
        """Log in and register, for commands without the stream; not while ``run`` runs.

        Raises:
            LinkError: the retailer cannot be reached, or refuses.
        """
        if self._account is None:
            raise CredentialsRefused(NOT_ENROLLED)
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            self._service = Service(self._account, session, self._clock)
            try:
                self._inbox = await self._register(self._service)
                yield
            finally:
                self._service = None

    def seal(self, order: Order, sequence: int, before: str) -> str:
        """Sign an order (a ``Seal``)."""
        assert self._inbox is not None, "an order needs a tender, and a tender came after the registration"
        return self._voice.order(self._inbox.market.market_id, order, sequence, before)

    async def order(self, key: PairKey, signed: str) -> Answer:
        """Send the stored bytes of an order, or of a tender."""
        path = "/tenders" if type_of(signed) == EiCreateTender.__name__ else "/transactions"
        return self._answer(key, await self._post(path, signed.encode(), JOSE))

    async def reconcile(self, key: PairKey, signed: str) -> Answer:
        """Ask what became of an order."""
        asked = encode(self._voice.reconcile(signed))
        return self._answer(key, await self._post(f"/transactions/{key}/reconcile", asked))

    async def cancel_tender(self, key: PairKey) -> None:
        """Ask that a tender of the home's be ended."""
        market = self._registered().market
        signed = self._voice.cancel_tender(market.market_id, market.energy, key)
        reply = await self._post("/tenders/cancel", signed.encode(), JOSE)
        try:
            response = decode(reply.body, EiCanceledTender).response
        except InvalidField as error:
            said = reply.body[:300].decode(errors="replace")
            raise OutcomeUnknown(f"{key} was not cancelled: HTTP {reply.status}, {said}") from error
        if response.response_code != OK:
            raise OutcomeUnknown(f"{key} was not cancelled: {response.response_description}")

    async def heads(self, own: Heads) -> Heads:
        """Compare how far both chains reach."""
        return read_heads(await self._ask("/heads", self._voice.heads(own), ComparedHeads))

    async def messages(self, after: Head) -> Sequence[Told]:
        """Ask for what was told after ``after``."""
        reply = await self._ask("/messages", self._voice.messages_after(after.sequence), ReplyMessages)
        with _believed("the messages that were asked for again"):
            return self._registered().messages(after, reply.messages)

    async def spots(self, interval: Interval) -> Sequence[Spot]:
        """Ask for frozen spots."""
        reply = await self._ask("/spots", self._voice.spots_of(interval), ReplySpots)
        with _believed("the spots that were asked for"):
            return self._registered().spots(reply)

    async def deliveries(self, interval: Interval) -> Sequence[Delivery]:
        """Ask for what the home reported."""
        asked = self._voice.deliveries_of(interval)
        reply = await self._ask("/deliveries/requests", asked, RepliedDelivery)
        with _believed("the deliveries that were asked for"):
            return self._registered().deliveries(reply.message)

    async def report(self, deliveries: Sequence[Delivery]) -> None:
        """Report meter deliveries."""
        signed = self._voice.deliveries(self._registered().market.market_id, deliveries)
        reply = await self._post("/deliveries", signed.encode(), JOSE)
        try:
            response = decode(reply.body, EiCreatedDelivery).response
        except InvalidField as error:
            said = reply.body[:300].decode(errors="replace")
            raise OutcomeUnknown(f"deliveries were not acknowledged: HTTP {reply.status}, {said}") from error
        if response.response_code != OK:
            raise OutcomeUnknown(f"deliveries were refused: {response.response_description}")

    async def cancel(self) -> None:
        """End the home's account at the retailer, within ``session``.

        Raises:
            OutcomeUnknown: no answer, or a refusal.
        """
        asked = EiCancelPartyRegistration(
            request_id=self._voice.new_id(), registration_id=self._registration_id
        )
        answer = await self._ask("/registrations/cancel", asked, EiCanceledPartyRegistration)
        if answer.response.response_code != OK:
            raise OutcomeUnknown(f"the account was not ended: {answer.response.response_description}")

    # Inside: the stream.

    async def _listen(self, service: Service, listener: RetailerListener) -> None:
        self._inbox = inbox = await self._register(service)
        listener.agreed(inbox.market.terms)
        stream = await service.stream("/stream")
        try:
            await self._subscribe(stream, inbox.market)
            listener.connected(True, "")
            while True:
                await self._take(await _next(stream), inbox, listener)
        finally:
            await stream.close()

    async def _register(self, service: Service) -> Inbox:
        reply = await service.post("/registrations", encode(self._voice.registration()))
        try:
            answer = decode(reply.body, EiCreatedPartyRegistration)
            if answer.response.response_code != OK:
                raise Misunderstood(
                    f"the retailer does not register {self._voice.home}: {_described(answer)}"
                )
            self._registration_id = answer.registration_id
            return Inbox(self._voice.home, self._voice.key.public, registered(answer.market_context))
        except MarketError as error:
            said = reply.body[:200].decode(errors="replace")
            raise Misunderstood(
                f"the registration of {self._voice.home} was answered with "
                f"HTTP {reply.status} ({said}): {error}"
            ) from error

    async def _subscribe(self, stream: aiohttp.ClientWebSocketResponse, market: Registered) -> None:
        request = EiManageTickerSubscription(
            market_id=market.market_id,
            party_id=self._voice.home,
            subscription_request_id=self._voice.new_id(),
            subscription_action_requested="SNAPSHOT_AND_UPDATES",
            ticker_type="TENDERS",
        )
        try:
            await stream.send_str(encode(request).decode())
            answer = decode(await _next(stream), EiManagedTickerSubscription)
        except aiohttp.ClientError as error:
            raise Silent(f"the connection to the retailer broke ({error}): connecting again") from error
        except InvalidField as error:
            raise Misunderstood(f"the retailer did not answer the subscription: {error}") from error
        if answer.response.response_code != OK:
            raise Misunderstood(f"the retailer refused the subscription: {_described(answer)}")

    async def _take(self, text: str, inbox: Inbox, listener: RetailerListener) -> None:
        """Hand on one frame; what cannot be believed is refused, and the link stays."""
        try:
            frame: Frame = decode(text, Frame.__value__)
            match frame:
                case TendersFrame(message=signed):
                    await listener.published(inbox.publication(signed), signed)
                case TransactionsFrame(message=signed):
                    await listener.told(inbox.subscription(signed))
                case ReadingsFrame(message=signed):
                    await listener.told(inbox.readings(signed))
                case AcceptanceFrame(energy=energy, transport=transport):
                    await listener.told(inbox.acceptance(energy, transport))
                case EndingFrame(message=signed):
                    await listener.told(inbox.ending(signed))
                case HeartbeatFrame(now=now):
                    listener.heard(parse_instant(now, "now"), read_heads(frame))
        except (MarketError, GatewayError) as error:
            _LOG.error("message of the retailer refused", reason=str(error))

    # Inside: answers.

    async def _post(self, path: str, body: bytes, content_type: str = "application/json") -> Reply:
        if self._service is None:
            raise OutcomeUnknown("the retailer is not connected")
        try:
            return await self._service.post(path, body, content_type)
        except LinkError as error:
            raise OutcomeUnknown(str(error)) from error

    async def _ask[T: Struct](self, path: str, asked: Struct, kind: type[T]) -> T:
        reply = await self._post(path, encode(asked))
        try:
            return decode(reply.body, kind)
        except InvalidField as error:
            said = reply.body[:300].decode(errors="replace")
            raise OutcomeUnknown(f"{path} was not answered ({error}): HTTP {reply.status}, {said}") from error

    def _registered(self) -> Inbox:
        if self._inbox is None:
            raise OutcomeUnknown("the home is not registered yet")
        return self._inbox

    def _answer(self, key: PairKey, reply: Reply) -> Answer:
        inbox = self._registered()
        try:
            return inbox.answer(key, decode(reply.body, TransactionAnswer))
        except MarketError as error:
            # Who cannot be believed has not answered.
            said = "" if reply.status == _HTTP_OK else reply.body[:300].decode(errors="replace")
            _LOG.error("answer refused", key=key, status=reply.status, reason=str(error), said=said)
            why = f"no answer to {key} that can be believed: {error} {said}".rstrip()
            raise OutcomeUnknown(why) from error


@contextmanager
def _believed(what: str) -> Iterator[None]:
    """Turn what cannot be believed into no answer."""
    try:
        yield
    except MarketError as error:
        _LOG.error("reply refused", what=what, reason=str(error))
        raise OutcomeUnknown(f"{what} cannot be believed: {error}") from error


async def _next(stream: aiohttp.ClientWebSocketResponse) -> str:
    """The next text frame."""
    try:
        message = await stream.receive(timeout=SILENT_AFTER_S)
    except TimeoutError as error:
        raise Silent(f"the retailer said nothing for {SILENT_AFTER_S:.0f} s: connecting again") from error
    except aiohttp.ClientError as error:  # a ping was to be answered when the connection was already gone
        raise Silent(f"the connection to the retailer broke ({error}): connecting again") from error
    if message.type is aiohttp.WSMsgType.TEXT:
        return str(message.data)
    code = stream.close_code
    raise Silent(f"the retailer ended the connection ({code or message.type.name}): connecting again")


def _described(answer: EiCreatedPartyRegistration | EiManagedTickerSubscription) -> str:
    response = answer.response
    return response.response_description or f"response code {response.response_code}"
