"""The pages as Home Assistant's ingress brings them: plain HTTP within the machine, from one address."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web

from temix_gateway.home import limits
from temix_gateway.home.errors import PortUnavailable
from temix_gateway.web.pages import Pages

PORT: Final = 8099
HOST: Final = "0.0.0.0"  # noqa: S104 (the app has a network of its own, whose address it does not know)


@asynccontextmanager
async def ingress(pages: Pages, port: int = PORT) -> AsyncIterator[int]:
    """Serve while the context lasts; gives the port.

    Raises:
        PortUnavailable: it cannot be listened on.
    """
    application = web.Application(client_max_size=limits.MESSAGE_BYTES)
    pages(application)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=limits.CLOSE_WITHIN_S)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, HOST, port).start()
        except OSError as error:
            raise PortUnavailable(HOST, port, error.strerror or str(error)) from error
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
