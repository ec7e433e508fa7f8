"""Health and metrics over HTTP, for programs on this machine alone."""

from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from aiohttp import web

from temix_gateway.home.errors import PortUnavailable

HOST: Final = "127.0.0.1"
NAMES: Final = frozenset({HOST, "localhost"})
"""By these the page may be called: another one is a name that was pointed here (DNS rebinding)."""

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_LOG: Final = structlog.get_logger(__name__)


class Operations:
    """Serves ``/health`` and ``/metrics``."""

    def __init__(self, faults: Callable[[], list[str]], metrics: Callable[[], Awaitable[bytes]]) -> None:
        """``faults`` says what is wrong with this process itself; ``metrics`` gives Prometheus' text."""
        self._faults = faults
        self._metrics = metrics
        self._runner: web.AppRunner | None = None

    async def start(self, port: int) -> int:
        """Listen on loopback's ``port`` (0: any free one); return the port.

        Raises:
            PortUnavailable: it cannot be listened on.
        """
        application = web.Application(middlewares=[_called_by_its_name], client_max_size=0)
        application.add_routes([web.get("/health", self._health), web.get("/metrics", self._figures)])
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, HOST, port).start()
        except OSError as error:
            await self._runner.cleanup()
            raise PortUnavailable(HOST, port, error.strerror or str(error)) from error
        bound: int = self._runner.addresses[0][1]
        _LOG.info("health and metrics", host=HOST, port=bound)
        return bound

    async def stop(self) -> None:
        """Listen no more."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _health(self, _: web.Request) -> web.Response:
        faults = self._faults()
        return web.json_response(
            {"status": "failed" if faults else "ok", "faults": faults}, status=503 if faults else 200
        )

    async def _figures(self, _: web.Request) -> web.Response:
        return web.Response(body=await self._metrics(), headers={"Content-Type": CONTENT_TYPE})


@web.middleware
async def _called_by_its_name(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    if request.host.rpartition(":")[0] not in NAMES and request.host not in NAMES:
        return web.Response(status=421, text="call it 127.0.0.1 or localhost")
    return await handler(request)
