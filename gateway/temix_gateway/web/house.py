"""What the pages need of the gateway."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from temix_gateway.commissioning.commissioning import Commissioning
from temix_gateway.home.access import Access
from temix_gateway.home.core import Core, Desk
from temix_gateway.home.door import Door
from temix_gateway.home.passphrases import Passphrases


class Api(Protocol):
    """The local API, whose core changes at commissioning."""

    core: Core
    door: Door

    async def access(self) -> Access:
        """Who is paired."""
        ...


class PageDesk(Desk, Protocol):
    """Where the gateway is commissioned, and the language that was chosen there."""

    commissioning: Commissioning
    language: str


@dataclass(frozen=True, slots=True)
class House:
    """The gateway behind the pages.

    ``statement`` is today's statement as a page; ``enrolled`` says whether there is a retailer; ``zone`` is
    the home's time zone; ``names`` are the host names of the gateway, beside its addresses.
    """

    api: Api
    desk: PageDesk
    passphrases: Passphrases
    gateway_id: str
    fingerprint: str
    names: frozenset[str]
    enrolled: Callable[[], bool]
    zone: Callable[[], str]
    statement: Callable[[], Awaitable[str]]
    monotonic: Callable[[], float]
