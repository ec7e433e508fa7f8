"""Subscriptions: which hours are booked ahead, at what fixed price."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from temix_market.calendar import trading_horizon
from temix_market.instants import HOUR, Instant
from temix_market.intervals import Interval, first_after
from temix_market.products import Instrument, Resource, Side
from temix_market.subscription import Profile
from temix_market.tenders import PartyId, TenderId
from temix_market.transactions import Kind, Leg, Pair, PairKey
from temix_market.units import Energy, Price


@dataclass(frozen=True, slots=True)
class Plan:
    """A home's subscription: how much in which hour, and the fixed prices of energy and transport (µ/kWh)."""

    profile: Profile
    energy: Price
    transport: Price

    def pair(self, home: PartyId, parties: tuple[PartyId, PartyId], hour: Interval) -> Pair:
        """The pair of one hour, always the same for the same home and hour."""
        quantity = self.profile.quantity(hour)
        side = Side.SELL if quantity > 0 else Side.BUY
        legs = [
            Leg(
                TenderId(f"{author}/subscription/{home}/{hour.start // 60_000}"),
                author,
                Instrument(hour.start, hour.duration, resource),
                side,
                price,
                Energy(abs(quantity)),
            )
            for author, resource, price in zip(
                parties, (Resource.ENERGY, Resource.TRANSPORT), (self.energy, self.transport), strict=True
            )
        ]
        return Pair(_key(home, hour.start), home, legs[0], legs[1], Kind.SUBSCRIPTION)


def hours_ahead(zone: ZoneInfo, now: Instant) -> Iterator[Interval]:
    """The hours that begin after ``now``, as far as hourly tenders reach."""
    start = first_after(Instant(now + 1), HOUR).start
    return (Interval(Instant(at), HOUR) for at in range(start, trading_horizon(zone, now), HOUR))


def _key(home: PartyId, start: Instant) -> PairKey:
    # A version 7 UUID like any other key, but its random part follows from home and hour:
    # whoever books the hour twice does it under one key.
    known = uuid.uuid5(uuid.NAMESPACE_OID, f"subscription {home} {start}").int
    layout = (start << 80) | (known & ((1 << 80) - 1))
    layout = layout & ~(0xF << 76) | (0x7 << 76)
    layout = layout & ~(0x3 << 62) | (0x2 << 62)
    return PairKey(str(uuid.UUID(int=layout)))
