"""Announcing the gateway on the local network, for Home Assistant to find. Never needed, never in the way."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import structlog
from zeroconf import Error
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

SERVICE: Final = "_temix-gateway._tcp.local."
API_VERSION: Final = "1"

_LOG: Final = structlog.get_logger(__name__)


@asynccontextmanager
async def announced(name: str, gateway_id: str, host: str, port: int) -> AsyncIterator[None]:
    """Announce while the context lasts; where that is not possible, log it and go on."""
    address = _reachable(host)
    if address is None:
        _LOG.info("not announced: no other machine can reach it", host=host)
        yield
        return
    info = AsyncServiceInfo(
        SERVICE,
        f"{name}.{SERVICE}",
        parsed_addresses=[address],
        port=port,
        properties={"id": gateway_id, "api": API_VERSION},
        server=f"{gateway_id}.local.",
    )
    zeroconf = None
    try:
        zeroconf = AsyncZeroconf()
        await (await zeroconf.async_register_service(info, allow_name_change=True))
        _LOG.info("announced", name=info.name, address=address, port=port)
    except (Error, OSError) as error:
        _LOG.warning("not announced", reason=str(error) or type(error).__name__)
    try:
        yield
    finally:
        if zeroconf is not None:
            await zeroconf.async_close()


def _reachable(host: str) -> str | None:
    """The address at which others reach ``host``: itself, or that of the way to the internet."""
    if host not in {"0.0.0.0", "::"}:  # noqa: S104 (a comparison)
        return None if host in {"localhost", "::1"} or host.startswith("127.") else host
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
            way.connect(("192.0.2.1", 9))  # sends nothing: it only chooses the interface
            return str(way.getsockname()[0])
    except OSError:
        return None
