"""Market objects for the gateway's tests."""

from temix_gateway.ledger.ledger import Ledger
from temix_market.deliveries import Delivery
from temix_market.instants import FIVE_MINUTES, HOUR, Duration, Instant
from temix_market.intervals import Interval
from temix_market.ports import Place, ToldReadings, ToldSubscription
from temix_market.products import Instrument, Resource, Side
from temix_market.settlement import Spot
from temix_market.tenders import PartyId, Publication, Tender, TenderId
from temix_market.transactions import Kind, Leg, Order, Pair, PairKey
from temix_market.units import Energy, Price

NOW = Instant(1_790_000_400_000 - 1_790_000_400_000 % HOUR)
LSE, DO, HOME = PartyId("lse"), PartyId("do"), PartyId("home")


class FakeClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: Instant = NOW) -> None:
        self.wall = now

    def now(self) -> Instant:
        """Wall time."""
        return self.wall

    def monotonic(self) -> Duration:
        """The same, as a duration."""
        return Duration(self.wall)


def tender(
    author: PartyId,
    start: int,
    *,
    duration: Duration = HOUR,
    side: Side = Side.SELL,
    price: int = 100_000,
    quantity: int = 12_000,
    revision: int = 0,
) -> Tender:
    resource = Resource.ENERGY if author == LSE else Resource.TRANSPORT
    instrument = Instrument(Instant(start), duration, resource)
    name = TenderId(f"{author}/{start}/{duration}/{side.value}/{revision}")
    return Tender(name, revision, author, instrument, side, Price(price), Energy(quantity), Instant(start))


def pair(
    key: str,
    start: int = NOW + HOUR,
    *,
    duration: Duration = HOUR,
    side: Side = Side.SELL,
    quantity: int = 120,
    kind: Kind = Kind.TRADE,
) -> Pair:
    legs = [
        Leg.taking(tender(author, start, duration=duration, side=side), Energy(quantity))
        for author in (LSE, DO)
    ]
    return Pair(PairKey(key), HOME, legs[0], legs[1], kind)


def order(key: str, start: int = NOW + HOUR, not_after: int = NOW + 60_000) -> Order:
    return Order(pair(key, start), Instant(not_after))


def subscription(ledger: Ledger, *pairs: Pair, signed: str = "subscription") -> ToldSubscription:
    """The retailer's next message to this home: pairs of its subscription."""
    last = ledger.heads.messages
    return ToldSubscription(Place(last.sequence + 1, last.head), pairs, signed)


def readings(
    ledger: Ledger, *steps: Delivery, at: int | None = None, zone: str = "UTC", signed: str = "readings"
) -> ToldReadings:
    """The retailer's next message to this home: what its own meter saw, signed when that was over."""
    last = ledger.heads.messages
    signed_at = Instant(steps[-1].interval.end if at is None else at)
    return ToldReadings(Place(last.sequence + 1, last.head), steps, signed_at, zone, signed)


def step(start: int) -> Interval:
    return Interval(Instant(start), FIVE_MINUTES)


def delivery(start: int, energy: int, *, estimated: bool = False) -> Delivery:
    return Delivery(step(start), Energy(energy), estimated)


def spots(start: int, sell: int = 60_000, buy: int = 50_000) -> list[Spot]:
    return [Spot(author, step(start), Price(sell), Price(buy)) for author in (DO, LSE)]


def publication(author: PartyId, sequence: int, *tenders: Tender, at: int = NOW) -> Publication:
    return Publication(author, sequence, Instant(at), tenders)
