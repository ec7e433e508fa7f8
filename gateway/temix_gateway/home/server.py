"""The server of the local API: accepts connections, numbers events, tells every listener."""

import ssl
from collections.abc import Callable
from typing import Final

import msgspec
import structlog
from aiohttp import WSCloseCode, web
from temix_reception.reception import Reception

from temix_gateway.home import limits
from temix_gateway.home.access import Access
from temix_gateway.home.core import Core, Desk
from temix_gateway.home.door import Door
from temix_gateway.home.errors import CommandRefused, PortUnavailable
from temix_gateway.home.messages import Event, Hello, Snapshot, State, encode
from temix_gateway.home.session import Session
from temix_gateway.home.tokens import Client

PATH: Final = "/api"

_LOG = structlog.get_logger(__name__)

type Pages = Callable[[web.Application], None]
"""Adds pages to the application."""


class LocalApi:
    """Serves one gateway's state and commands to its clients.

    The core calls ``changed`` after each turn; what is new goes out as one numbered event.
    """

    def __init__(
        self,
        core: Core,
        door: Door,
        hello: Hello,
        monotonic: Callable[[], float],
    ) -> None:
        """Serve ``core`` to whom ``door`` lets in, greeted by ``hello``; ``monotonic`` gives seconds."""
        self.commissioning: Desk | None = None
        self.pages: Pages | None = None
        """What is served on the same port; to be set before ``start``."""
        self.core = core
        self.door = door
        self._monotonic = monotonic
        self.hello = hello
        self._state = core.state()
        self._number = 0
        self._sessions: dict[web.RequestHandler, Session] = {}
        self._runner: web.AppRunner | None = None
        self._reception: Reception | None = None

    async def start(self, host: str, port: int, context: ssl.SSLContext) -> int:
        """Listen on ``host`` and ``port`` (0: any free one); return the port.

        Raises:
            PortUnavailable: the address cannot be listened on.
        """
        app = web.Application(client_max_size=limits.MESSAGE_BYTES)
        app.router.add_get(PATH, self._accept)
        if self.pages is not None:
            self.pages(app)
        self._runner = web.AppRunner(app, shutdown_timeout=limits.CLOSE_WITHIN_S)
        await self._runner.setup()
        assert self._runner.server is not None, "a runner that is set up has a server"
        self._reception = Reception(self._runner.server, context, limits.RECEPTION, self._is_known)
        try:
            bound = self._reception.listen(host, port)
        except OSError as error:
            await self._runner.cleanup()
            raise PortUnavailable(host, port, error.strerror or str(error)) from error
        _LOG.info("local API listens", host=host, port=bound)
        return bound

    async def stop(self) -> None:
        """Close every connection and listen no more."""
        if self._reception is not None:
            self._reception.close()
        for session in tuple(self._sessions.values()):
            session.leave(WSCloseCode.GOING_AWAY)
        if self._runner is not None:
            await self._runner.cleanup()
        if self._reception is not None:
            await self._reception.end()

    def changed(self) -> None:
        """Tell every listener which sections of the core's state are new, if any are."""
        state = self.core.state()
        changes = {
            name: value
            for name in State.__struct_fields__
            if (value := getattr(state, name)) != getattr(self._state, name)
        }
        if not changes:
            return
        self._state = state
        self._number += 1
        event = encode(Event(number=self._number, changes=msgspec.to_builtins(changes)))
        for session in tuple(self._sessions.values()):
            session.push(event)

    def serve(self, core: Core) -> None:
        """Serve another core from now on, and tell every listener what is different."""
        self.core = core
        self.changed()

    def desk(self) -> Desk:
        """Where the gateway is commissioned.

        Raises:
            CommandRefused: nowhere.
        """
        if self.commissioning is None:
            raise CommandRefused("this gateway is not commissioned over the local API")
        return self.commissioning

    def snapshot(self) -> Snapshot:
        """The state as of the last event."""
        return Snapshot(number=self._number, state=self._state)

    async def access(self) -> Access:
        """Who is paired, who of them is here, and how the pairing window stands."""
        return await self.door.access({each.client.label for each in self._sessions.values() if each.client})

    async def revoke(self, label: str) -> None:
        """End a client's token and its connections.

        Raises:
            UnknownLabel: there is none.
        """
        await self.door.revoke(label)
        for session in tuple(self._sessions.values()):
            if session.client is not None and session.client.label == label:
                session.leave(WSCloseCode.POLICY_VIOLATION)

    def arrived(self, client: Client) -> None:
        """A client was let in; beyond its bound, its oldest connections end."""
        own = [each for each in self._sessions.values() if each.client and each.client.label == client.label]
        for session in own[: -limits.CONNECTIONS_PER_CLIENT]:
            session.leave(WSCloseCode.TRY_AGAIN_LATER)

    def _is_known(self, connection: web.RequestHandler) -> bool:
        session = self._sessions.get(connection)
        return session is not None and session.client is not None

    async def _accept(self, request: web.Request) -> web.StreamResponse:
        if "Origin" in request.headers:
            # Only browsers send it, and no page has business here: a rebound name would be one that lies.
            raise web.HTTPForbidden(text="the local API is not for web pages")
        socket = web.WebSocketResponse(
            max_msg_size=limits.MESSAGE_BYTES,
            timeout=limits.CLOSE_WITHIN_S,
            compress=False,
            autoping=False,
        )
        session = Session(self, socket, self._monotonic)
        self._sessions[request.protocol] = session
        try:
            await socket.prepare(request)
            ended = await session.run(self.hello)
        finally:
            del self._sessions[request.protocol]
        if not ended and request.transport is not None:
            request.transport.abort()  # what waits to be sent to it would wait for ever
        return socket
