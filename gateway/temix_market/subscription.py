"""The subscription: an ordinary pair for each hour at a fixed price, shaped by the home's own history."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from temix_market.deliveries import Delivery
from temix_market.errors import InvalidField
from temix_market.instants import HOUR, Duration, Instant, to_datetime
from temix_market.intervals import Interval, enclosing, lot
from temix_market.units import Energy, Money, Price, cost


@dataclass(frozen=True, slots=True)
class Profile:
    """Mean hourly net import (Wh, whole lots, may be negative) by kind of day and local clock hour.

    The RATES pilot tailored subscriptions from historical use; its formula is not published, so this
    shape (weekday or weekend × hour) is our choice.
    """

    zone: ZoneInfo
    means: Mapping[tuple[bool, int], Energy]

    def quantity(self, hour: Interval) -> Energy:
        """What is subscribed for one UTC hour."""
        return self.means.get(_slot(self.zone, hour.start), Energy(0))


def profile(history: Iterable[Delivery], zone: ZoneInfo) -> Profile:
    """Average a home's history into a profile, rounded to whole lots of an hour.

    Raises:
        InvalidField: a delivery that reaches over the end of its UTC hour.
    """
    hours: defaultdict[Interval, int] = defaultdict(int)
    for delivery in history:
        hours[_hour(delivery)] += delivery.energy
    slots: defaultdict[tuple[bool, int], list[int]] = defaultdict(list)
    for hour, energy in hours.items():
        slots[_slot(zone, hour.start)].append(energy)
    return Profile(
        zone,
        {slot: _whole_lots(sum(energies), len(energies), HOUR) for slot, energies in slots.items()},
    )


@dataclass(frozen=True, slots=True)
class Calibration:
    """Prices at which a year without control costs the same on every tariff, and its cost (nano)."""

    flat: Price
    subscription: Price
    year_energy: Energy
    year_dynamic: Money
    year_flat: Money
    year_subscribed: Money


def calibrate(year: Iterable[tuple[Delivery, Price, Price]], plan: Profile) -> Calibration:
    """Find the flat and the subscription price for a home without control.

    Args:
        year: each delivery with the price to buy and to sell in its interval (spot, energy and transport).
        plan: the subscription's quantities; deliveries are compared with their equal share of the hour.

    The flat price makes the year's use cost what it would cost at spot alone; the subscription price
    makes subscription plus deviation cost that too. Both are rounded to whole µ/kWh: the remainder is
    visible in ``year_flat`` and ``year_subscribed``.

    Raises:
        InvalidField: a delivery that reaches over the end of its UTC hour.
    """
    energy = dynamic = subscribed = deviation_cost = 0
    for delivery, buy, sell in year:
        position = plan.quantity(_hour(delivery)) * delivery.interval.duration // HOUR
        deviation = delivery.energy - position
        energy += delivery.energy
        subscribed += position
        dynamic += cost(delivery.energy, buy if delivery.energy > 0 else sell)
        deviation_cost += cost(Energy(deviation), buy if deviation > 0 else sell)
    flat = Price(_nearest(dynamic, energy))
    price = Price(_nearest(dynamic - deviation_cost, subscribed))
    return Calibration(
        flat,
        price,
        Energy(energy),
        Money(dynamic),
        cost(Energy(energy), flat),
        Money(cost(Energy(subscribed), price) + deviation_cost),
    )


def _hour(delivery: Delivery) -> Interval:
    hour = enclosing(delivery.interval.start, HOUR)
    if not hour.encloses(delivery.interval):
        raise InvalidField("history", f"the delivery of {delivery.interval} is not within one hour")
    return hour


def _slot(zone: ZoneInfo, instant: Instant) -> tuple[bool, int]:
    local = to_datetime(instant).astimezone(zone)
    return local.weekday() >= 5, local.hour


def _whole_lots(total: int, count: int, duration: Duration) -> Energy:
    return Energy(_nearest(total, count * lot(duration)) * lot(duration))


def _nearest(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator) if denominator else 0
