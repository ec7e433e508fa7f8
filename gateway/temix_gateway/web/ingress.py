"""The pages as Home Assistant's ingress brings them: plain HTTP within the machine, from one address."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web
from temix_reception.reception import Bounds, Reception

from temix_gateway.home import limits
from temix_gateway.home.errors import PortUnavailable
from temix_gateway.web.pages import Pages

PORT: Final = 8099
SUPERVISOR: Final = "172.30.32.2"
"""From where Home Assistant's Supervisor brings the pages of an app, and nobody else may come
(https://developers.home-assistant.io/docs/apps/presentation#ingress)."""
HOST: Final = "0.0.0.0"  # noqa: S104 (the app has a network of its own, whose address it does not know)
BOUNDS: Final = Bounds(connections=64, handshake_s=10.0, headers_s=30.0, close_s=limits.CLOSE_WITHIN_S)
"""The Supervisor keeps its connections for 15 s; one that it might still use is not closed before."""


@asynccontextmanager
async def ingress(pages: Pages, port: int = PORT, peer: str = SUPERVISOR) -> AsyncIterator[int]:
    """Serve ``peer`` and nobody else while the context lasts; gives the port.

    Raises:
        PortUnavailable: it cannot be listened on.
    """
    application = web.Application(client_max_size=limits.MESSAGE_BYTES)
    pages(application)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=limits.CLOSE_WITHIN_S)
    await runner.setup()
    assert runner.server is not None, "a runner that is set up has a server"
    reception = Reception(runner.server, None, BOUNDS, peers={peer})
    try:
        try:
            bound = reception.listen(HOST, port)
        except OSError as error:
            raise PortUnavailable(HOST, port, error.strerror or str(error)) from error
        yield bound
    finally:
        reception.close()
        await runner.cleanup()
        await reception.end()
