"""A home's metered history as a file, and the subscription that follows from it."""

import csv
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from temix_market.calendar import local_date, local_day
from temix_market.deliveries import Delivery
from temix_market.errors import InvalidField
from temix_market.instants import HOUR, MINUTE, Instant, parse_duration, parse_instant
from temix_market.intervals import Interval
from temix_market.subscription import calibrate, profile
from temix_market.units import Energy, Price

from temix_retailer.errors import HistoryError
from temix_retailer.publications import Circuit, spot_prices
from temix_retailer.subscriptions import Plan

COLUMNS = ["start", "duration", "energy_wh"]


def read_history(path: Path) -> list[Delivery]:
    """Read a home's net import: ``start`` (ISO 8601 with zone), ``duration`` (PT1H), ``energy_wh`` (whole).

    Raises:
        HistoryError: the file cannot be used; the line is named.
    """
    try:
        rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as err:
        raise HistoryError(f"{path} cannot be read: {err}") from None
    if not rows or rows[0] != COLUMNS:
        raise HistoryError(f"{path}, line 1: must be {','.join(COLUMNS)}")
    if len(rows) == 1:
        raise HistoryError(f"{path} holds no readings")
    return [_delivery(path, number, row) for number, row in enumerate(rows[1:], start=2)]


def make_plan(history: Sequence[Delivery], circuit: Circuit, now: Instant) -> Plan:
    """A subscription to the mean of a home's history, at what that costs at spot over the current year.

    The price is fixed so that the subscribed energy costs the same over the year's prices; of it the
    distribution operator gets its delivery charge. Takes some seconds.
    """
    zone = circuit.wholesale.zone
    quantities = profile(history, zone)
    year = local_date(zone, now).year
    first, last = (local_day(zone, date(year, month, day)) for month, day in ((1, 1), (12, 31)))
    hours = (Interval(Instant(at), HOUR) for at in range(first.start - first.start % HOUR, last.end, HOUR))
    # The price half past stands for the hour: a subscription needs no more.
    priced = (
        (Delivery(hour, quantities.quantity(hour)), *spot_prices(circuit, Instant(hour.start + 30 * MINUTE)))
        for hour in hours
    )
    fixed = calibrate(priced, quantities).subscription
    transport = circuit.coefficients.delivery
    return Plan(quantities, Price(fixed - transport), transport)


def _delivery(path: Path, number: int, row: Sequence[str]) -> Delivery:
    try:
        start, duration, energy = row
        return Delivery(
            Interval(parse_instant(start, "start"), parse_duration(duration, "duration")), Energy(int(energy))
        )
    except (InvalidField, ValueError) as err:
        raise HistoryError(f"{path}, line {number}: {err}") from None
