"""A gateway on which every step of commissioning works, unless a test says otherwise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from temix_gateway.commissioning.answers import Basics, Ceilings, Comparison, Enrolment, OwnerMandate
from temix_gateway.commissioning.site import CannotDo, Heard, Identity, Right, Trade
from temix_gateway.retailer_config import PricesOnly
from temix_market.deliveries import Delivery
from temix_market.instants import FIVE_MINUTES, HOUR, Instant
from temix_market.intervals import Interval
from temix_market.units import Energy, Money, Price

NOW = Instant(1_637_776_800_000)
"""2021-11-24T18:00Z."""

ANSWERS = {
    "basics": {"time_zone": "America/Chicago"},
    "retailer": {"url": "https://retailer.test", "code": "ABCD-EFGH"},
    "clock": {},
    "limits": {"import_power": 12_000, "export_power": 5_000, "money_a_day": "20", "highest_price": "2"},
    "tariff": {"name": "flat", "price": "0.14"},
    "home_assistant": {},
    "meter": {"serial": "4711"},
    "mandate": {
        "money_a_day": "12",
        "highest_price": "0.5",
        "passphrase": "paper boat on the lake",
        "agreed": True,
    },
    "test_trade": {},
    "record": {"company": "Lake Solar"},
}


MIDAS = {"service": "midas", "rin": "USCA-PGPG-ETOU-0000"}


def hourly(*prices: int, first: int = NOW) -> list[tuple[Interval, Price]]:
    """Prices of hours that follow each other (µ)."""
    return [
        (Interval(Instant(first + number * HOUR), HOUR), Price(price)) for number, price in enumerate(prices)
    ]


def reading(energy: int, minutes_ago: int = 5) -> Delivery:
    start = Instant(NOW - minutes_ago * 60_000)
    return Delivery(Interval(start, FIVE_MINUTES), Energy(energy))


@dataclass
class FakeSite:
    """Remembers what it was told; ``fails`` are the findings of calls that cannot be done."""

    url: str = ""
    apart: int = 300
    paired: Sequence[str] = ("Home Assistant",)
    metered: Sequence[Delivery] = (reading(120),)
    highest: Price | None = Price(300_000)
    prices: Sequence[tuple[Interval, Price]] = ()
    sells: bool = False
    published: bool = False
    by_file: Mapping[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    fails: dict[str, CannotDo] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def now(self) -> Instant:
        return NOW

    def identity(self) -> Identity:
        return Identity("temix-1", "0.1.0", "ab" * 32, "kid", "home-1", self.url, "USD")

    async def set_basics(self, asked: Basics) -> None:
        self._call("set_basics")

    def trades(self) -> bool:
        return not self.published

    async def hear(self, asked: PricesOnly) -> Heard:
        self._call("hear")
        return Heard("Service", "USD", self.prices, self.sells)

    async def take(self, asked: PricesOnly) -> None:
        self._call("take")
        self.published = True

    def configured(self) -> Mapping[str, str]:
        return self.by_file

    def retailer_url(self) -> str:
        return self.url

    async def enrol(self, asked: Enrolment) -> str:
        self._call("enrol")
        self.published = False
        self.url = asked.url
        return "home-1"

    async def rights(self) -> Sequence[Right]:
        return [Right(name, self.refused.get(name, "")) for name in ("log_in", "tenders", "records")]

    async def clock_apart(self) -> int:
        return self.apart

    async def set_ceilings(self, asked: Ceilings) -> None:
        self._call("set_ceilings")

    def highest_tender(self) -> Price | None:
        return self.highest

    async def set_tariff(self, asked: Comparison) -> None:
        self._call("set_tariff")

    async def controllers(self) -> Sequence[str]:
        return self.paired

    async def readings(self) -> Sequence[Delivery]:
        return self.metered

    async def sign_mandate(self, asked: OwnerMandate) -> None:
        self._call("sign_mandate")

    def has_mandate(self) -> bool:
        return "sign_mandate" in self.calls

    async def test_trade(self) -> Trade:
        self._call("test_trade")
        return Trade(NOW, "key-1", "key-2", Money(49_684), "USD")

    async def heads(self) -> tuple[int, str]:
        return 41, "cd" * 32

    def _call(self, name: str) -> None:
        if name in self.fails:
            raise self.fails[name]
        self.calls.append(name)
