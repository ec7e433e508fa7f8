"""The WebSockets on which homes hear of tenders, their subscription, their meter and their own tenders."""

import asyncio
from contextlib import suppress
from typing import Final

import structlog
from aiohttp import WSCloseCode, WSMsgType, web
from temix_market.errors import InvalidField
from temix_market.instants import SECOND
from temix_market.tenders import PartyId
from temix_market.wire.base import decode, encode
from temix_market.wire.response import failed, ok
from temix_market.wire.stream import (
    AcceptanceFrame,
    EndingFrame,
    ReadingsFrame,
    TendersFrame,
    TransactionsFrame,
)
from temix_market.wire.ticker import EiManagedTickerSubscription, EiManageTickerSubscription

from temix_retailer.errors import TooManyRequests
from temix_retailer.news import Accepted, Ended, MeterRead, News, Published, Subscribed
from temix_retailer.retailer import Retailer

_log = structlog.get_logger()

HEARTBEAT_S: Final = 15.0
"""Quiet time after which a heartbeat is sent."""

QUEUE: Final = 64
"""So many messages wait for a slow home; then it is cut off, and hears what is in force when it is back."""

STREAMS_A_HOME: Final = 2
STREAMS: Final = 2_000
_FIRST_WORD_S: Final = 10.0
_GOODBYE_S: Final = 5.0
_MAX_MESSAGE: Final = 65_536


class Streams:
    """Every open stream of one retailer."""

    def __init__(self, retailer: Retailer) -> None:
        """Serve what ``retailer`` tells."""
        self._retailer = retailer
        self._open: dict[web.WebSocketResponse, PartyId] = {}

    async def serve(self, request: web.Request, home: PartyId) -> web.WebSocketResponse:
        """Serve one home's stream to its end.

        Raises:
            TooManyRequests: too many streams are open.
        """
        own = sum(other == home for other in self._open.values())
        if own >= STREAMS_A_HOME or len(self._open) >= STREAMS:
            raise TooManyRequests("too many streams are open", SECOND)
        socket = web.WebSocketResponse(heartbeat=20, max_msg_size=_MAX_MESSAGE, timeout=_GOODBYE_S)
        await socket.prepare(request)
        self._open[socket] = home
        try:
            if await self._subscribe(socket, home):
                await self._push(socket, home)
        finally:
            del self._open[socket]
        return socket

    async def close(self, _: web.Application) -> None:
        """Say goodbye to every home."""
        await asyncio.gather(
            *(
                socket.close(code=WSCloseCode.GOING_AWAY, message=b"the retailer stops")
                for socket in tuple(self._open)
            )
        )

    async def _subscribe(self, socket: web.WebSocketResponse, home: PartyId) -> bool:
        """Take the first message, which asks for tenders; say whether it did."""
        try:
            async with asyncio.timeout(_FIRST_WORD_S):
                first = await socket.receive()
        except TimeoutError:
            await socket.close(code=WSCloseCode.POLICY_VIOLATION, message=b"no ticker subscription came")
            return False
        if first.type is not WSMsgType.TEXT:
            await socket.close(
                code=WSCloseCode.UNSUPPORTED_DATA, message=b"send a ticker subscription as text"
            )
            return False
        try:
            request = self._request(first.data, home)
        except InvalidField as err:
            refusal = failed("ticker", self._retailer.clock.now(), err)
            await socket.send_str(encode(refusal).decode())
            await socket.close(code=WSCloseCode.POLICY_VIOLATION, message=b"no ticker subscription")
            return False
        answer = EiManagedTickerSubscription(
            response=ok(request.subscription_request_id, self._retailer.clock.now()),
            subscription_id=f"{home}/tenders",
            subscription_request_id=request.subscription_request_id,
            subscription_action_taken="SNAPSHOT_AND_UPDATES",
            ticker_type="TENDERS",
        )
        await socket.send_str(encode(answer).decode())
        return True

    def _request(self, text: str, home: PartyId) -> EiManageTickerSubscription:
        request = decode(text, EiManageTickerSubscription)
        if request.party_id != home:
            raise InvalidField("partyId", f"{request.party_id} is not {home}, who logged in")
        if request.market_id != self._retailer.terms.market_id:
            raise InvalidField("marketId", f"{request.market_id} is not {self._retailer.terms.market_id}")
        return request

    async def _push(self, socket: web.WebSocketResponse, home: PartyId) -> None:
        waiting: asyncio.Queue[News] = asyncio.Queue(QUEUE)
        overrun = asyncio.Event()

        def hear(news: News) -> None:
            try:
                waiting.put_nowait(news)
            except asyncio.QueueFull:
                overrun.set()

        stop = await self._retailer.listen(home, hear)
        tasks = [
            asyncio.create_task(self._write(socket, home, waiting)),
            asyncio.create_task(_read(socket)),
            asyncio.create_task(overrun.wait()),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stop()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if overrun.is_set():
            _log.warning("stream cut off", home=home, reason=f"{QUEUE} messages were waiting")
            await socket.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"too slow: connect again")
        for task in done:
            with suppress(ConnectionResetError):  # the home went away: it will be back
                task.result()

    async def _write(
        self, socket: web.WebSocketResponse, home: PartyId, waiting: asyncio.Queue[News]
    ) -> None:
        quiet_s = 0.0  # the first heartbeat follows the snapshot at once
        while not socket.closed:
            try:
                async with asyncio.timeout(quiet_s):
                    news = await waiting.get()
            except TimeoutError:
                await socket.send_str(encode(await self._retailer.heartbeat(home)).decode())
                quiet_s = HEARTBEAT_S
                continue
            await socket.send_str(encode(_frame(news)).decode())


def _frame(news: News) -> TendersFrame | TransactionsFrame | ReadingsFrame | AcceptanceFrame | EndingFrame:
    match news:
        case Published():
            return TendersFrame(message=news.message)
        case Subscribed():
            return TransactionsFrame(message=news.message)
        case MeterRead():
            return ReadingsFrame(message=news.message)
        case Accepted(messages=(energy, transport)):
            return AcceptanceFrame(energy=energy, transport=transport)
        case Ended():
            return EndingFrame(message=news.message)


async def _read(socket: web.WebSocketResponse) -> None:
    async for message in socket:
        if message.type is WSMsgType.TEXT:
            await socket.close(code=WSCloseCode.POLICY_VIOLATION, message=b"orders go to /transactions")
