"""What the steps act on: the gateway, as far as commissioning needs it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from temix_market.deliveries import Delivery
from temix_market.instants import Instant
from temix_market.intervals import Interval
from temix_market.units import Money, Price

from temix_gateway.commissioning.answers import Basics, Ceilings, Comparison, Enrolment, OwnerMandate
from temix_gateway.retailer_config import PricesOnly


class CannotDo(Exception):
    """Something did not work; ``code`` names the finding that says why and how to mend it."""

    def __init__(self, code: str, **about: str) -> None:
        """Give the finding's code and what it is about."""
        super().__init__(code, about)
        self.code, self.about = code, about


@dataclass(frozen=True, slots=True)
class Right:
    """Something that a home may ask of its retailer, and why it may not; empty: it may."""

    name: str
    fault: str


@dataclass(frozen=True, slots=True)
class Trade:
    """The test trade: 1 Wh of one interval bought and sold back, and what it cost (nano)."""

    start: Instant
    bought: str
    sold: str
    cost: Money
    currency: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What a service of prices answered: its prices to buy in order of time, and whether any is to sell."""

    service: str
    currency: str
    prices: Sequence[tuple[Interval, Price]]
    sells: bool


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the gateway is; ``fingerprint`` is its certificate's SHA-256, ``key`` its key's thumbprint."""

    gateway: str
    version: str
    fingerprint: str
    key: str
    home: str
    market: str
    currency: str


class Site(Protocol):
    """One gateway. Whatever does not work raises ``CannotDo``."""

    def now(self) -> Instant:
        """Wall time."""
        ...

    def identity(self) -> Identity:
        """Who it is."""
        ...

    async def set_basics(self, asked: Basics) -> None:
        """Take name, language and time zone."""
        ...

    def trades(self) -> bool:
        """Whether the retailer takes orders: one that only publishes prices takes none."""
        ...

    async def hear(self, asked: PricesOnly) -> Heard:
        """Ask a service of prices once."""
        ...

    async def take(self, asked: PricesOnly) -> None:
        """Take a service of prices for the home's retailer."""
        ...

    def configured(self) -> Mapping[str, str]:
        """The service of prices that the gateway goes on with now, as answers without secrets, or nothing."""
        ...

    def retailer_url(self) -> str:
        """The retailer at which the home is enrolled, or nothing."""
        ...

    async def enrol(self, asked: Enrolment) -> str:
        """Redeem the code for an account and a certificate; connect with them, and return the home's name."""
        ...

    async def rights(self) -> Sequence[Right]:
        """Try every right of the home at the retailer."""
        ...

    async def clock_apart(self) -> int:
        """How far the retailer's clock is ahead of the gateway's (ms), as its next heartbeat tells."""
        ...

    async def set_ceilings(self, asked: Ceilings) -> None:
        """Take the installer's ceilings."""
        ...

    def highest_tender(self) -> Price | None:
        """The highest price to buy that is offered now; nothing where none is."""
        ...

    async def set_tariff(self, asked: Comparison) -> None:
        """Take the tariff to compare with."""
        ...

    async def controllers(self) -> Sequence[str]:
        """The labels of the Home Assistants that are paired."""
        ...

    async def readings(self) -> Sequence[Delivery]:
        """The meter readings of the last hour, oldest first."""
        ...

    async def sign_mandate(self, asked: OwnerMandate) -> None:
        """Let the owner sign."""
        ...

    def has_mandate(self) -> bool:
        """Whether a mandate holds."""
        ...

    async def test_trade(self) -> Trade:
        """Buy the smallest lot, sell it back, compare the records."""
        ...

    async def heads(self) -> tuple[int, str]:
        """How far the ledger reaches: its last number and its head."""
        ...
