"""Tariffs to compare with: flat or by time of use, with fixed charges, riders, taxes and an export credit.

Everything is exact but a tax, which is rounded to the nano (half to even) once for each day.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from temix_market.instants import Instant, to_datetime
from temix_market.units import Energy, Money, Price, cost

MILLION: Final = 1_000_000

ALL_MONTHS: Final = frozenset(range(1, 13))
ALL_WEEKDAYS: Final = frozenset(range(1, 8))
MINUTES_A_DAY: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class Charge:
    """One item of a bill: its name, the energy it is for (nothing: none), the money (nano, owed positive)."""

    name: str
    money: Money
    energy: Energy | None = None


@dataclass(frozen=True, slots=True)
class Rider:
    """A charge for each imported kWh."""

    name: str
    price: Price


@dataclass(frozen=True, slots=True)
class Tax:
    """A share of everything before it, in millionths: 8.25 % is 82,500."""

    name: str
    share: int


@dataclass(frozen=True, slots=True)
class Extras:
    """What a bill has beside its energy. A month's fixed charge is spread over its days, the sum exact."""

    fixed_a_day: Money = Money(0)
    fixed_a_month: Money = Money(0)
    riders: tuple[Rider, ...] = ()
    taxes: tuple[Tax, ...] = ()

    def of_day(self, day: date, imported: Energy, energy: Money) -> list[Charge]:
        """The charges of a local day that imported so much, and whose energy cost so much."""
        charges = [Charge(rider.name, cost(imported, rider.price), imported) for rider in self.riders]
        if self.fixed_a_day:
            charges.append(Charge("fixed charge a day", self.fixed_a_day))
        if self.fixed_a_month:
            charges.append(Charge("fixed charge a month", _share_of_month(self.fixed_a_month, day)))
        subtotal = energy + sum(charge.money for charge in charges)
        taxes = [Charge(tax.name, _half_even(subtotal * tax.share, MILLION)) for tax in self.taxes]
        return charges + taxes


@dataclass(frozen=True, slots=True)
class Band:
    """A price by the local clock: in these months, on these weekdays (1 is Monday), ``since`` … ``until``.

    Both in minutes after midnight by the clock on the wall; where ``until`` is not after ``since``, it runs
    over midnight and its weekday is that of the moment itself.
    """

    name: str
    price: Price
    months: frozenset[int] = ALL_MONTHS
    weekdays: frozenset[int] = ALL_WEEKDAYS
    since: int = 0
    until: int = MINUTES_A_DAY

    def holds(self, local: datetime) -> bool:
        """Whether it applies at a local time."""
        minute = local.hour * 60 + local.minute
        inside = (
            self.since <= minute < self.until
            if self.since < self.until
            else minute >= self.since or minute < self.until
        )
        return inside and local.month in self.months and local.isoweekday() in self.weekdays


@dataclass(frozen=True, slots=True)
class Tariff:
    """A tariff: the first band that holds gives the price, else ``price`` does.

    Attributes:
        name: what the owner calls it.
        price: of an imported kWh where no band holds.
        bands: prices by time of use, the first that holds wins.
        export_credit: what an exported kWh brings.
        extras: fixed charges, riders and taxes.
    """

    name: str
    price: Price
    bands: tuple[Band, ...] = ()
    export_credit: Price = Price(0)
    extras: Extras = Extras()

    def of_day(self, zone: ZoneInfo, day: date, deliveries: Iterable[tuple[Instant, Energy]]) -> list[Charge]:
        """The bill of a local day for these 5-minute deliveries (start, net import)."""
        used: dict[str, tuple[Energy, Money]] = {}
        exported = 0
        for start, energy in deliveries:
            if energy < 0:
                exported -= energy
                continue
            name, price = self._band(to_datetime(start).astimezone(zone))
            so_far = used.get(name, (Energy(0), Money(0)))
            used[name] = Energy(so_far[0] + energy), Money(so_far[1] + cost(energy, price))
        charges = [Charge(name, money, energy) for name, (energy, money) in used.items()]
        if exported:
            credit = cost(Energy(-exported), self.export_credit)
            charges.append(Charge("export credit", credit, Energy(-exported)))
        imported = Energy(sum(energy for energy, _ in used.values()))
        before = Money(sum(charge.money for charge in charges))
        return charges + self.extras.of_day(day, imported, before)

    def price_at(self, local: datetime) -> Price:
        """What an imported kWh costs at a local time."""
        return self._band(local)[1]

    def _band(self, local: datetime) -> tuple[str, Price]:
        for band in self.bands:
            if band.holds(local):
                return band.name, band.price
        return "energy" if not self.bands else "other hours", self.price


def total(charges: Iterable[Charge]) -> Money:
    """What a bill comes to."""
    return Money(sum(charge.money for charge in charges))


def merged(charges: Iterable[Charge]) -> list[Charge]:
    """Items of the same name as one, in the order in which they first came."""
    sums: dict[str, Charge] = {}
    for charge in charges:
        before = sums.get(charge.name)
        if before is None:
            sums[charge.name] = charge
            continue
        energy = None if charge.energy is None else Energy((before.energy or 0) + charge.energy)
        sums[charge.name] = Charge(charge.name, Money(before.money + charge.money), energy)
    return list(sums.values())


def _share_of_month(money: Money, day: date) -> Money:
    first = day.replace(day=1)
    days = ((first + timedelta(days=31)).replace(day=1) - first).days
    return Money(money * day.day // days - money * (day.day - 1) // days)


def _half_even(numerator: int, denominator: int) -> Money:
    whole, rest = divmod(numerator, denominator)
    up = 2 * rest > denominator or (2 * rest == denominator and whole % 2)
    return Money(whole + bool(up))
