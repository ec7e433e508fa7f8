"""A running retailer: the book's thread, the market's turns and the server, from start to clean end."""

import asyncio
import errno
import secrets
import signal
import ssl
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web
from temix_market.ports import Clock
from temix_reception.reception import Reception, authority

from temix_retailer.config import Config, Folder, circuit, metering
from temix_retailer.credentials import make_certificate, signing_keys, tls_context
from temix_retailer.enrolment import Authority
from temix_retailer.errors import ServiceError
from temix_retailer.retailer import Retailer
from temix_retailer.server import RECEPTION, Service
from temix_retailer.store import Store, open_store
from temix_retailer.terms import Terms


@dataclass(frozen=True, slots=True)
class Serving:
    """A retailer that serves, and where."""

    retailer: Retailer
    url: str


def make_terms(config: Config, folder: Folder) -> Terms:
    """The market as configured, with the keys that lie in the folder.

    Raises:
        RetailerError: the configuration, the price file or the keys cannot be used.
    """
    energy, transport = signing_keys(folder.keys, secrets.token_bytes)
    return Terms(
        config.market,
        config.currency,
        circuit(config, folder),
        energy,
        transport,
        circuit_name=config.circuit,
        metering=metering(config),
        home_tenders=config.home_tenders,
    )


@asynccontextmanager
async def serving(config: Config, folder: Folder, clock: Clock) -> AsyncIterator[Serving]:
    """Serve until the block ends; the first tenders are published when it begins.

    Raises:
        RetailerError: what cannot be used, and what to do about it.
    """
    with ThreadPoolExecutor(1, "book") as executor:

        async def aside[T](work: Callable[[], T]) -> T:
            return await asyncio.get_running_loop().run_in_executor(executor, work)

        store = await aside(lambda: open_store(folder.book))
        try:
            retailer = await aside(lambda: _retailer(config, folder, clock, store, executor))
            async with (
                _listening(config, folder, retailer) as url,
                _measured(config.metrics_port, retailer),
                asyncio.TaskGroup() as group,
            ):
                turns = group.create_task(retailer.run())
                yield Serving(retailer, url)
                turns.cancel()
        finally:
            await aside(store.close)


async def serve(config: Config, folder: Folder, clock: Clock, ready: Callable[[str], None]) -> None:
    """Serve until the process is asked to end (SIGINT, SIGTERM); ``ready`` is told the URL.

    Raises:
        RetailerError: it could not start.
    """
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked.set)
    async with serving(config, folder, clock) as service:
        ready(service.url)
        await asked.wait()


def _retailer(
    config: Config, folder: Folder, clock: Clock, store: Store, executor: ThreadPoolExecutor
) -> Retailer:
    authority = Authority(folder.authority, folder.authority_key, clock)
    return Retailer(clock, store, make_terms(config, folder), executor=executor, authority=lambda: authority)


@asynccontextmanager
async def _measured(port: int, retailer: Retailer) -> AsyncIterator[None]:
    """Tell the figures on loopback, where that is configured."""
    if not port:
        yield
        return
    from temix_retailer.metrics import application  # noqa: PLC0415 - most do without

    runner = web.AppRunner(application(retailer), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
        except OSError as err:
            raise _unavailable(err, f"port {port} on 127.0.0.1", "metrics_port") from None
        yield
    finally:
        await runner.cleanup()


def _unavailable(err: OSError, where: str, option: str) -> ServiceError:
    if err.errno == errno.EADDRINUSE:
        return ServiceError(f"{where} is in use: end what uses it, or choose another {option}")
    return ServiceError(f"cannot listen on {where}: {err.strerror or err}")


@asynccontextmanager
async def _listening(config: Config, folder: Folder, retailer: Retailer) -> AsyncIterator[str]:
    certificate, key = folder.beside(config.certificate), folder.beside(config.private_key)
    if not config.certificate:
        certificate, key = folder.certificate, folder.private_key
        await asyncio.to_thread(make_certificate, certificate, key, config.names)
    context = await asyncio.to_thread(tls_context, certificate, key, retailer.clock.now())
    # A certificate is asked for and not needed: homes that enrolled by a code show theirs when they log in.
    await asyncio.to_thread(context.load_verify_locations, folder.authority)
    context.verify_mode = ssl.CERT_OPTIONAL
    await retailer.turn()
    service = Service(retailer, secrets.token_bytes)
    runner = web.AppRunner(service.application(), access_log=None, shutdown_timeout=5.0)
    await runner.setup()
    assert runner.server is not None, "a runner that is set up has a server"
    reception = Reception(runner.server, context, RECEPTION, service.is_home)
    try:
        try:
            port = reception.listen(config.host, config.port)
        except OSError as err:
            raise _unavailable(err, f"port {config.port} on {config.host}", "--port") from None
        yield f"https://{authority(config.host, port)}"
    finally:
        reception.close()
        await runner.cleanup()
        await reception.end()
