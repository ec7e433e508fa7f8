"""Accepts connections, so that a crowd of strangers shuts nobody out whom the server knows."""

import asyncio
import socket
import ssl
from asyncio import sslproto
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final, Never, override

import structlog
from aiohttp import web
from aiohttp.http import HttpProcessingError

EVERYWHERE: Final = "::"
"""Every address of this machine, those of IPv4 too."""
EVERY_ADDRESS: Final = frozenset({EVERYWHERE, "0.0.0.0"})  # noqa: S104 (names of what may be chosen)
"""What may be listened on and is no address to connect to."""

_LOG: Final = structlog.get_logger(__name__)
_AS_IPV6: Final = "::ffff:"
"""What comes by IPv4 to a socket of IPv6 has this before its address."""
_NONE_LEFT_S: Final = 1.0
"""So long nothing is accepted once the system has no file or memory left for it."""

# asyncio zeroes 256 KiB for each TLS connection, 150 MB for 600 of them; a record has 16 KiB.
sslproto.SSLProtocol.max_size = 32 * 1024


@dataclass(frozen=True, slots=True)
class Bounds:
    """What strangers may take of a server: connections in all, and seconds.

    A request's line and headers come within ``headers_s``, counted from the connection or the last answer;
    so long a connection is kept that asks for nothing.
    """

    connections: int
    handshake_s: float
    headers_s: float
    close_s: float


class Visitor(web.RequestHandler):
    """One connection, from its first byte to its end."""

    def __init__(self, server: web.Server, address: str, bounds: Bounds) -> None:
        """Serve ``address`` from now on; aiohttp's time to be kept alive bounds that of headers, too."""
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            access_log=None,  # type: ignore[arg-type]  # as aiohttp's own runner may be told
            keepalive_timeout=bounds.headers_s,
            lingering_time=bounds.close_s,
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
    """Accepts who comes, up to a number.

    Beyond it the address that holds most strangers loses the one who has been here longest; where none is a
    stranger, the newcomer goes. So a flood pushes out its own connections, and whoever is behind the same
    address as the flood has as long to become known as it takes to fill the whole server.
    """

    def __init__(
        self,
        server: web.Server,
        context: ssl.SSLContext | None,
        bounds: Bounds,
        is_known: Callable[[web.RequestHandler], bool] = lambda _: False,
        peers: Collection[str] | None = None,
    ) -> None:
        """Hand connections to ``server``: TLS with a ``context``, of these ``peers`` alone if any are given.

        ``is_known`` says who has proven who they are.
        """
        self.bounds = bounds
        self._server = server
        self._context = context
        self._is_known = is_known
        self._peers = peers
        self._visits: dict[Visitor, asyncio.Task[None]] = {}
        self._accepting: asyncio.Task[Never] | None = None

    def listen(self, host: str, port: int) -> int:
        """Listen on ``host`` and ``port`` (0: any free one); return the port.

        Raises:
            OSError: the address cannot be listened on.
        """
        both = host == EVERYWHERE and socket.has_dualstack_ipv6()
        if host == EVERYWHERE and not both:
            host = "0.0.0.0"  # noqa: S104 (what everywhere means without IPv6)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server(
            (host, port), family=family, backlog=self.bounds.connections, dualstack_ipv6=both
        )
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
                self._admit(connection, address.removeprefix(_AS_IPV6))
                await asyncio.sleep(0)  # between two of them everybody else has a turn

    def _admit(self, connection: socket.socket, address: str) -> None:
        welcome = self._peers is None or address in self._peers
        if not (welcome and self._make_room()):
            connection.close()
            return
        visitor = Visitor(self._server, address, self.bounds)
        self._visits[visitor] = asyncio.create_task(self._serve(visitor, connection), eager_start=True)

    def _make_room(self) -> bool:
        if len(self._visits) < self.bounds.connections:
            return True
        strangers = [visitor for visitor in self._visits if not self._is_known(visitor)]
        if not strangers:
            return False
        held = Counter(visitor.address for visitor in strangers)
        longest = max(strangers, key=lambda visitor: held[visitor.address])  # they stand in order of arrival
        self._visits.pop(longest).cancel()
        return True

    async def _serve(self, visitor: Visitor, connection: socket.socket) -> None:
        timeouts = {
            "ssl_handshake_timeout": self.bounds.handshake_s,
            "ssl_shutdown_timeout": self.bounds.close_s,
        }
        try:
            transport, _ = await asyncio.get_running_loop().connect_accepted_socket(
                lambda: visitor,
                connection,
                ssl=self._context,
                **(timeouts if self._context else {}),
            )
            try:
                await visitor.gone.wait()
            finally:
                transport.abort()
        except OSError as error:
            _LOG.debug("no TLS connection", address=visitor.address, reason=str(error))
        finally:
            self._visits.pop(visitor, None)


def authority(host: str, port: int) -> str:
    """Host and port as an address has them: IPv6 stands in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
