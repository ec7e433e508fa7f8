"""The demo's own client of the gateway, the integration's: to pause trading while everything is compared."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from custom_components.temix.client import Client, Endpoint, Identity, pair, probe
from demo.running import Demo


@asynccontextmanager
async def trading_paused(demo: Demo) -> AsyncIterator[None]:
    """Make no new transactions while the block lasts."""
    async with aiohttp.ClientSession() as session:
        hello, fingerprint = await probe(session, "127.0.0.1", demo.ports.gateway)
        endpoint = Endpoint(
            host="127.0.0.1",
            port=demo.ports.gateway,
            gateway_id=hello.gateway_id,
            fingerprint=fingerprint,
        )
        code = await demo.pairing_code("owner")
        token = await pair(session, endpoint, code, Identity("demo-check", "demo check"))
        client = Client(session, endpoint, token)
        await client.connect()
        listening = asyncio.ensure_future(client.listen(lambda _: None))
        try:
            await client.pause_trading(paused=True)
            try:
                yield
            finally:
                await client.pause_trading(paused=False)
        finally:
            listening.cancel()
            await asyncio.wait([listening])
