"""Requests to a public service: few, counted, told who asks, and errors in words."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Final

import aiohttp
from temix_market.instants import SECOND
from temix_market.ports import Clock

from temix_gateway.retailer.errors import Busy, CredentialsRefused, Misunderstood, NotTaken
from temix_gateway.retailer.published.schedule import Allowance
from temix_gateway.retailer.service import ANSWER_WITHIN_S, Reply, explain, seconds, whole

PROJECT: Final = "https://github.com/temix/temix-home-assistant"


@dataclass(frozen=True, slots=True)
class Http:
    """Requests of one home to one service, within its daily ``allowance``."""

    session: aiohttp.ClientSession
    clock: Clock
    allowance: Allowance

    async def get(self, url: str, asked: Mapping[str, str], token: str = "") -> Reply:
        """Ask; an answer with a status of 2xx.

        Raises:
            LinkError: no reply, too many requests, or a server that cannot answer.
        """
        return await self._send("GET", url, _headers(token), params=asked)

    async def post(self, url: str, body: bytes, content_type: str, token: str = "") -> Reply:
        """Send; errors as with ``get``."""
        return await self._send("POST", url, _headers(token) | {"Content-Type": content_type}, data=body)

    async def put(self, url: str, body: bytes, content_type: str, token: str = "") -> Reply:
        """Replace; errors as with ``get``."""
        return await self._send("PUT", url, _headers(token) | {"Content-Type": content_type}, data=body)

    async def _send(self, method: str, url: str, headers: Mapping[str, str], **content: Any) -> Reply:
        wait = self.allowance.take(self.clock.now())
        if wait:
            raise Busy(f"{url} was asked as often as a home may in a day", wait / SECOND)
        request = self.session.request(method, url, headers=headers, allow_redirects=False, **content)
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S), request as response:
                body = await whole(response.content)
                self._raise_for(url, response.status, body, response.headers.get("Retry-After", ""))
                return Reply(response.status, body)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise explain(error, url, "retailer.url") from error

    def _raise_for(self, url: str, status: int, body: bytes, retry_after: str) -> None:
        if status in {429, 503}:
            wait = seconds(retry_after, self.clock.now())
            raise Busy(f"{url} is busy (HTTP {status}) and asked to wait {wait:.0f} s", wait)
        said = body[:200].decode(errors="replace")
        if status in {401, 403}:
            raise CredentialsRefused(f"{url} wants an account (HTTP {status}): {said}")
        if status >= 300:
            kind = NotTaken if 400 <= status < 500 else Misunderstood
            raise kind(f"{url} answers HTTP {status} ({said}): check retailer.url")


def _headers(token: str) -> dict[str, str]:
    who = {"User-Agent": f"temix-gateway/{version('temix-gateway')} (+{PROJECT})"}
    return who | ({"Authorization": f"Bearer {token}"} if token else {})
