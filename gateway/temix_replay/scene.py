"""What a replay is made of: days, a home, a market; and the rules that the shipped configuration gives."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Final

from temix_gateway import app
from temix_gateway.config import Config, Cover, Gateway, Home, Trading
from temix_gateway.retailer_config import Retailer
from temix_gateway.rules import Rules
from temix_market.calendar import local_day
from temix_market.instants import Duration, Instant
from temix_market.intervals import Interval
from temix_market.mandates import Mandate
from temix_market.tenders import PartyId
from temix_market.wire.keys import SigningKey, uuid7
from temix_market.wire.mandate import seal_mandate
from temix_retailer.errors import SeriesError
from temix_retailer.prices import DEFAULT_POINT, HOURLY_ATTRIBUTION, SHAPE_ATTRIBUTION, load_wholesale
from temix_retailer.publications import Circuit
from temix_retailer.terms import Terms

from temix_replay.errors import ReplayError
from temix_replay.home.home import HomeModel
from temix_replay.home.world.day import Place

HOME: Final = PartyId("home-1")
CURRENCY: Final = "USD"
MOST_DAYS: Final = 366


@dataclass(frozen=True, slots=True)
class Scene:
    """Which days are replayed, with what.

    Attributes:
        first: the first local day.
        count: how many days.
        seed: decides the home's world, forecast errors, keys and jitter.
        prices: a year of hourly prices in the format of the shipped one; none: the shipped one (ERCOT 2021).
        point: the settlement point whose column is read.
        even_hours: leave prices even within the hour, so that nothing but the hourly series enters.
        cold_snap: add the synthetic cold snap of February.
        model: what stands in the home.
        cover: how much of the load is bought ahead, as in the gateway's configuration.

    Raises:
        ReplayError: no day, or more than a year of them.
    """

    first: date
    count: int
    seed: int = 1
    prices: Path | None = None
    point: str = DEFAULT_POINT
    even_hours: bool = False
    cold_snap: bool = False
    model: HomeModel = field(default_factory=HomeModel)
    cover: Cover = "expected"

    def __post_init__(self) -> None:
        """Refuse what is no span of days."""
        if not 1 <= self.count <= MOST_DAYS:
            raise ReplayError(f"--days: {self.count} is not between 1 and {MOST_DAYS}")

    @property
    def place(self) -> Place:
        """Where the home stands."""
        return Place(self.seed, cold_snap=self.cold_snap)

    @property
    def days(self) -> Interval:
        """All days, from local midnight to local midnight."""
        zone = self.place.zone
        start = local_day(zone, self.first).start
        end = local_day(zone, self.first + timedelta(days=self.count - 1)).end
        return Interval(start, Duration(end - start))

    @property
    def dates(self) -> Iterator[tuple[date, Interval]]:
        """Each date with its day."""
        for number in range(self.count):
            at = self.first + timedelta(days=number)
            yield at, local_day(self.place.zone, at)

    @property
    def attribution(self) -> str:
        """Where the prices come from."""
        hourly = HOURLY_ATTRIBUTION if self.prices is None else f"Hourly level: {self.prices.name}."
        return hourly if self.even_hours else f"{hourly} {SHAPE_ATTRIBUTION}"

    def terms(self) -> Terms:
        """The market.

        Raises:
            ReplayError: the price series cannot be used; says why.
        """
        try:
            wholesale = load_wholesale(self.place.zone, self.prices, self.point)
        except SeriesError as error:
            raise ReplayError(str(error)) from error
        if self.even_hours:
            wholesale = replace(
                wholesale, shape={hour: (0,) * len(parts) for hour, parts in wholesale.shape.items()}
            )
        circuit = Circuit(PartyId("lse"), PartyId("do"), wholesale, self.seed)
        return Terms("replay", CURRENCY, circuit, self.key("lse"), self.key("do"))

    def key(self, party: str) -> SigningKey:
        """A party's key: made of the seed, and good for nothing else than a replay."""
        return SigningKey.from_seed(sha256(f"temix replay {self.seed} {party}".encode()).digest())

    def random(self, purpose: str) -> Random:
        """A source of chance of its own for one purpose."""
        return Random(f"temix replay {self.seed} {purpose}")  # noqa: S311 - a simulation, no secret

    def sign(self, now: Instant) -> tuple[str, str]:
        """The mandate of the shipped configuration's ceilings as the owner signs it, and the owner's key."""
        rules, key = self.rules(), self.key("owner")
        mandate = Mandate(
            rules.home,
            CURRENCY,
            rules.money_a_day,
            rules.highest_price,
            rules.import_power,
            rules.export_power,
        )
        return seal_mandate(mandate, key, (0, ""), uuid7(now, bytes(10)), now), key.public.x

    def rules(self) -> Rules:
        """The rules of the shipped configuration, in the home's time zone."""
        nowhere = Retailer(url="https://replay.invalid", client_id=HOME, client_secret_file="none")  # noqa: S106
        gateway = Gateway(time_zone=self.place.zone.key)
        trading = Trading(mode="automatic", cover=self.cover)
        return app.rules(Config(nowhere, Home(party=HOME), gateway, trading))
