"""The link to a TeMIX retailer's service (a ``RetailerLink``)."""

import asyncio
from collections.abc import Sequence
from random import Random
from typing import Final

import aiohttp
import structlog
from temix_market.deliveries import Delivery
from temix_market.errors import InvalidField, KeyReused, KeyVoided, MarketError
from temix_market.instants import SECOND, parse_instant
from temix_market.ports import Answer, Booked, Clock, NotBooked, OutcomeUnknown, RetailerListener, Voided
from temix_market.tenders import PartyId, TenderId
from temix_market.transactions import Order, PairKey
from temix_market.units import Energy
from temix_market.wire.base import decode, encode
from temix_market.wire.codec import read_publication, read_subscription
from temix_market.wire.delivery import EiCreatedDelivery
from temix_market.wire.keys import SigningKey
from temix_market.wire.registration import EiCreatedPartyRegistration
from temix_market.wire.response import OK, reason
from temix_market.wire.seal import SealBroken, open_sealed
from temix_market.wire.stream import Frame, HeartbeatFrame, TendersFrame, TransactionsFrame
from temix_market.wire.tender import EiDistributeTender
from temix_market.wire.ticker import EiManagedTickerSubscription, EiManageTickerSubscription
from temix_market.wire.transaction import DistributeSubscription, EiCreatedTransaction, TransactionAnswer

from temix_gateway.errors import GatewayError
from temix_gateway.retailer.backoff import Backoff
from temix_gateway.retailer.errors import LinkError, Misunderstood, Silent
from temix_gateway.retailer.market import Registered, registered
from temix_gateway.retailer.service import SILENT_AFTER_S, Account, Reply, Service
from temix_gateway.retailer.voice import Voice

JOSE: Final = "application/jose"

_LOG: Final = structlog.get_logger(__name__)


class TemixLink:
    """One home's connection. Messages are verified before anybody sees them; a bad one is refused."""

    def __init__(
        self, home: PartyId, key: SigningKey, account: Account, clock: Clock, random: Random
    ) -> None:
        """Speak for ``home``, which signs with ``key``."""
        self._voice = Voice(home, key, clock, random)
        self._account = account
        self._clock = clock
        self._random = random
        self._service: Service | None = None
        self._market: Registered | None = None

    async def run(self, listener: RetailerListener) -> None:
        """Connect, subscribe and reconnect until cancelled."""
        backoff = Backoff(self._clock, self._random)
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            self._service = Service(self._account, session, self._clock)
            try:
                while True:
                    backoff.connecting()
                    try:
                        await self._listen(self._service, listener)
                    except LinkError as error:
                        listener.connected(False, str(error))
                        await asyncio.sleep(backoff.wait(error.retry_after) / SECOND)
            finally:
                self._service = None

    def seal(self, order: Order, sequence: int, before: str) -> str:
        """Sign an order (a ``Seal``)."""
        assert self._market is not None, "an order needs a tender, and a tender came after the registration"
        return self._voice.order(self._market.market_id, order, sequence, before)

    async def order(self, key: PairKey, signed: str) -> Answer:
        """Send an order's stored bytes."""
        return self._answer(key, await self._post("/transactions", signed.encode(), JOSE))

    async def reconcile(self, key: PairKey) -> Answer:
        """Ask what became of a key."""
        return self._answer(key, await self._post(f"/transactions/{key}/reconcile", b"{}"))

    async def report(self, deliveries: Sequence[Delivery]) -> None:
        """Report meter deliveries."""
        signed = self._voice.deliveries(self._registered().market_id, deliveries)
        reply = await self._post("/deliveries", signed.encode(), JOSE)
        try:
            response = decode(reply.body, EiCreatedDelivery).response
        except InvalidField as error:
            said = reply.body[:300].decode(errors="replace")
            raise OutcomeUnknown(f"deliveries were not acknowledged: HTTP {reply.status}, {said}") from error
        if response.response_code != OK:
            raise OutcomeUnknown(f"deliveries were refused: {response.response_description}")

    # Inside: the stream.

    async def _listen(self, service: Service, listener: RetailerListener) -> None:
        market = await self._register(service)
        self._market = market
        listener.agreed(market.terms)
        stream = await service.stream("/stream")
        try:
            await self._subscribe(stream, market)
            listener.connected(True, "")
            while True:
                await self._take(await _next(stream), market, listener)
        finally:
            await stream.close()

    async def _register(self, service: Service) -> Registered:
        reply = await service.post("/registrations", encode(self._voice.registration()))
        try:
            answer = decode(reply.body, EiCreatedPartyRegistration)
            if answer.response.response_code != OK:
                raise Misunderstood(
                    f"the retailer does not register {self._voice.home}: {_described(answer)}"
                )
            return registered(answer.market_context)
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

    async def _take(self, text: str, market: Registered, listener: RetailerListener) -> None:
        """Hand on one frame; what cannot be believed is refused, and the link stays."""
        try:
            frame: Frame = decode(text, Frame.__value__)
            match frame:
                case TendersFrame(message=signed):
                    message = open_sealed(signed, EiDistributeTender, market.keys, market.market_id)
                    if message.iss != message.body.party_id or message.seq != message.body.sequence:
                        raise SealBroken(f"{message.iss} signed tenders of {message.body.party_id}")
                    await listener.published(read_publication(message.body, market.terms.bounds), signed)
                case TransactionsFrame(message=signed):
                    pushed = open_sealed(signed, DistributeSubscription, market.keys, self._voice.home)
                    if pushed.iss != market.energy:
                        raise SealBroken(f"{pushed.iss} cannot book a subscription")
                    pairs = read_subscription(pushed.body, market.terms.bounds)
                    market.check_pairs(pairs, self._voice.home)
                    await listener.booked(pairs, signed)
                case HeartbeatFrame(now=now):
                    listener.heard(parse_instant(now, "now"))
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

    def _registered(self) -> Registered:
        if self._market is None:
            raise OutcomeUnknown("the home is not registered yet")
        return self._market

    def _answer(self, key: PairKey, reply: Reply) -> Answer:
        market = self._registered()
        try:
            signed = decode(reply.body, TransactionAnswer)
            energy = self._verified(signed.energy, market.energy, key, market)
            transport = self._verified(signed.transport, market.transport, key, market)
            if energy.response.response_code != transport.response.response_code:
                raise SealBroken(f"the parties answer {key} differently")
            if energy.response.response_code == KeyReused.code:
                raise KeyReused(key)  # says nothing of what became of the order that came first
        except MarketError as error:
            # Who cannot be believed has not answered.
            _LOG.error("answer refused", key=key, status=reply.status, reason=str(error))
            raise OutcomeUnknown(f"no answer to {key} that can be believed: {error}") from error
        return _told(key, energy, (signed.energy, signed.transport))

    def _verified(
        self, signed: str, party: PartyId, key: PairKey, market: Registered
    ) -> EiCreatedTransaction:
        message = open_sealed(signed, EiCreatedTransaction, market.keys, self._voice.home)
        answer = message.body
        if message.iss != party or answer.party_id != party:
            raise SealBroken(f"{message.iss} answered for {party}")
        if answer.transaction_id != key:
            raise SealBroken(f"{party} answered for {answer.transaction_id} instead of {key}")
        return answer


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


def _told(key: PairKey, answer: EiCreatedTransaction, receipts: tuple[str, str]) -> Answer:
    response = answer.response
    if response.response_code == OK:
        return Booked(key, receipts)
    if response.response_code == KeyVoided.code:
        return Voided(key, receipts)
    return NotBooked(
        key,
        response.response_code,
        reason(response.response_code),
        response.response_description,
        receipts,
        None if response.newer_tender_id is None else TenderId(response.newer_tender_id),
        None if response.remaining_quantity is None else Energy(response.remaining_quantity),
    )
