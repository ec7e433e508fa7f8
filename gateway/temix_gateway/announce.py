"""Announcing the gateway on the local network, for Home Assistant to find. Never needed, never in the way."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import structlog
from temix_reception.reception import EVERY_ADDRESS, EVERYWHERE
from zeroconf import Error, IPVersion
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

SERVICE: Final = "_temix-gateway._tcp.local."
API_VERSION: Final = "1"

_LOG: Final = structlog.get_logger(__name__)


@asynccontextmanager
async def announced(name: str, gateway_id: str, host: str, port: int) -> AsyncIterator[None]:
    """Announce while the context lasts; where that is not possible, log it and go on."""
    addresses = reachable(host)
    if not addresses:
        _LOG.info("not announced: no other machine can reach it", host=host)
        yield
        return
    info = AsyncServiceInfo(
        SERVICE,
        f"{name}.{SERVICE}",
        parsed_addresses=addresses,
        port=port,
        properties={"id": gateway_id, "api": API_VERSION},
        server=f"{gateway_id}.local.",
    )
    zeroconf = None
    try:
        by_ipv6 = any(":" in address for address in addresses)
        zeroconf = AsyncZeroconf(ip_version=IPVersion.All if by_ipv6 else IPVersion.V4Only)
        await (await zeroconf.async_register_service(info, allow_name_change=True))
        _LOG.info("announced", name=info.name, addresses=addresses, port=port)
    except (Error, OSError) as error:
        _LOG.warning("not announced", reason=str(error) or type(error).__name__)
    try:
        yield
    finally:
        if zeroconf is not None:
            await zeroconf.async_close()


def reachable(host: str) -> list[str]:
    """The addresses at which others reach ``host``: itself, or of everywhere those of the ways out."""
    if host not in EVERY_ADDRESS:
        return [] if host in {"localhost", "::1"} or host.startswith("127.") else [host]
    ways = [_way(socket.AF_INET, "192.0.2.1")]
    if host == EVERYWHERE:
        ways.append(_way(socket.AF_INET6, "2001:db8::1"))
    return [way for way in ways if way]


def _way(family: socket.AddressFamily, somewhere: str) -> str:
    """The address of the interface over which one would go there; nothing where none leads there."""
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as way:
            way.connect((somewhere, 9))  # sends nothing: it only chooses the interface
            return str(way.getsockname()[0])
    except OSError:
        return ""
