"""As an app of Home Assistant: being found through its Supervisor, with nothing to type.

The Supervisor hands Home Assistant the address, the certificate's hash, and a secret that works once
(https://developers.home-assistant.io/docs/apps/communication#discovery). It is told again until a Home
Assistant has paired.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import aiohttp
import structlog

from temix_gateway.home.errors import HomeError

AT: Final = "http://supervisor"
AGAIN_S: Final = 600.0
SERVICE: Final = "temix"
"""Must be the integration's domain."""

_LOG: Final = structlog.get_logger(__name__)
_TIMEOUT: Final = aiohttp.ClientTimeout(total=30)


class Supervisor:
    """The Supervisor's API, as this app may use it."""

    def __init__(self, token: str, at: str = AT) -> None:
        """Speak to the Supervisor ``at`` an address with the app's ``token``."""
        self.secret = secrets.token_urlsafe(32)
        """What Home Assistant may exchange for a token, once."""
        self._at = at
        self._headers = {"Authorization": f"Bearer {token}"}

    async def announce(
        self,
        gateway: Mapping[str, Any],
        paired: Callable[[], Awaitable[bool]],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Tell of the gateway (``port``, ``id``, ``fingerprint``), again and again until it is ``paired``."""
        while True:
            try:
                if await paired():
                    return
                await self._tell(gateway)
                _LOG.info("announced to the Supervisor")
            except (aiohttp.ClientError, TimeoutError, KeyError, TypeError, ValueError, HomeError) as error:
                _LOG.warning("not announced to the Supervisor", reason=str(error) or type(error).__name__)
            await sleep(AGAIN_S)

    async def _tell(self, gateway: Mapping[str, Any]) -> None:
        async with aiohttp.ClientSession(
            headers=self._headers, timeout=_TIMEOUT, raise_for_status=True
        ) as http:
            async with http.get(f"{self._at}/addons/self/info") as answer:
                about: dict[str, Any] = (await answer.json())["data"]
            config = {"host": about["hostname"], "secret": self.secret, **gateway}
            message = {"service": SERVICE, "config": config}
            async with http.post(f"{self._at}/discovery", json=message):
                pass


def from_environment(environment: Mapping[str, str]) -> Supervisor | None:
    """The Supervisor that started this process, if one did."""
    token = environment.get("SUPERVISOR_TOKEN")
    return None if token is None else Supervisor(token)
