"""Accepts connections, so that a crowd of strangers shuts nobody out whom the gateway knows."""

import asyncio
import socket
import ssl
from asyncio import sslproto
from collections.abc import Callable, Collection
from typing import Any, Final, Never, override

import structlog
from aiohttp import web
from aiohttp.http import HttpProcessingError

from temix_gateway.home import limits

_LOG: Final = structlog.get_logger(__name__)
_NONE_LEFT_S: Final = 1.0
"""So long nothing is accepted once the system has no file or memory left for it."""

# asyncio zeroes 256 KiB for each TLS connection, 150 MB for 600 of them; a record has 16 KiB.
sslproto.SSLProtocol.max_size = 32 * 1024


class Visitor(web.RequestHandler):
    """One connection, from its first byte to its end."""

    def __init__(self, server: web.Server, address: str) -> None:
        """Serve ``address`` from now on; aiohttp's time to be kept alive bounds that of headers, too."""
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            access_log=None,  # type: ignore[arg-type]  # as aiohttp's own runner may be told
            keepalive_timeout=limits.HEADERS_WITHIN_S,
            lingering_time=limits.CLOSE_WITHIN_S,
        )
        self.address = address
        self.gone = asyncio.Event()

    @override
    def connection_lost(self, exc: BaseException | None) -> None:
        super().connection_lost(exc)
        self.gone.set()

    @override
    def log_exception(self, *args: Any, **kw: Any) -> None:
        """Log a fault of ours; what is no HTTP is a stranger's, who could fill the log with it."""
        if not isinstance(kw.get("exc_info"), HttpProcessingError):
            super().log_exception(*args, **kw)


class Reception:
    """Accepts who comes: a number in all and from one address.

    Beyond it the stranger who has been here longest goes, and where none is a stranger, the newcomer. So who
    holds many connections loses them, and a client needs no more than a moment to become known.
    """

    def __init__(
        self, server: web.Server, context: ssl.SSLContext, is_known: Callable[[web.RequestHandler], bool]
    ) -> None:
        """Hand TLS connections to ``server``; ``is_known`` says who has authenticated."""
        self._server = server
        self._context = context
        self._is_known = is_known
        self._visits: dict[Visitor, asyncio.Task[None]] = {}
        self._accepting: asyncio.Task[Never] | None = None

    def listen(self, host: str, port: int) -> int:
        """Listen on ``host`` and ``port`` (0: any free one); return the port.

        Raises:
            OSError: the address cannot be listened on.
        """
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, port), family=family, backlog=limits.CONNECTIONS)
        listening.setblocking(False)
        self._accepting = asyncio.create_task(self._accept(listening), eager_start=True)
        bound: int = listening.getsockname()[1]
        return bound

    def close(self) -> None:
        """Listen no more."""
        if self._accepting is not None:
            self._accepting.cancel()

    async def end(self) -> None:
        """End what is still connected."""
        tasks = [task for task in (self._accepting, *self._visits.values()) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _accept(self, listening: socket.socket) -> Never:
        loop = asyncio.get_running_loop()
        with listening:
            while True:
                try:
                    connection, (address, *_) = await loop.sock_accept(listening)
                except ConnectionError:  # it left while it waited
                    continue
                except OSError as error:
                    _LOG.warning("no connection can be accepted", reason=str(error))
                    await asyncio.sleep(_NONE_LEFT_S)
                    continue
                self._admit(connection, address)
                await asyncio.sleep(0)  # between two of them everybody else has a turn

    def _admit(self, connection: socket.socket, address: str) -> None:
        neighbours = [visitor for visitor in self._visits if visitor.address == address]
        room = self._make_room(neighbours, limits.CONNECTIONS_PER_ADDRESS)
        if not (room and self._make_room(self._visits, limits.CONNECTIONS)):
            connection.close()
            return
        visitor = Visitor(self._server, address)
        self._visits[visitor] = asyncio.create_task(self._serve(visitor, connection), eager_start=True)

    def _make_room(self, crowd: Collection[Visitor], most: int) -> bool:
        if len(crowd) < most:
            return True
        longest = next((visitor for visitor in crowd if not self._is_known(visitor)), None)
        if longest is None:
            return False
        self._visits.pop(longest).cancel()
        return True

    async def _serve(self, visitor: Visitor, connection: socket.socket) -> None:
        try:
            transport, _ = await asyncio.get_running_loop().connect_accepted_socket(
                lambda: visitor,
                connection,
                ssl=self._context,
                ssl_handshake_timeout=limits.HANDSHAKE_WITHIN_S,
                ssl_shutdown_timeout=limits.CLOSE_WITHIN_S,
            )
            try:
                await visitor.gone.wait()
            finally:
                transport.abort()
        except OSError as error:
            _LOG.debug("no TLS connection", address=visitor.address, reason=str(error))
        finally:
            self._visits.pop(visitor, None)
