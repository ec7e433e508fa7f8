"""Readings of meters as records: of each source the newest counts, and the retailer's win over the home's.

Our choice where the standards are silent: what is final is corrected no more. What the retailer signs for it
all the same stays among its messages, as evidence, and changes no figure.
"""

import sqlite3
from collections.abc import Iterable
from zoneinfo import ZoneInfo

import structlog
from temix_market.calendar import local_date, local_day
from temix_market.deliveries import Delivery, is_late, of_whole_days
from temix_market.instants import Instant, iso
from temix_market.intervals import Interval
from temix_market.ports import ToldReadings

HOME = "home"
RETAILER = "retailer"

type Row = tuple[str, tuple[int | str, ...]]

_LOG = structlog.get_logger(__name__)

_NEWEST = (
    "SELECT energy, estimated FROM deliveries WHERE start = ? AND source = ? ORDER BY number DESC LIMIT 1"
)


def changed(db: sqlite3.Connection, steps: Iterable[Delivery], source: str) -> list[Delivery]:
    """Those steps that differ from the newest record of their source; of two in one report the later."""
    newest = {step.interval.start: step for step in steps}
    return [
        step
        for start, step in newest.items()
        if db.execute(_NEWEST, (start, source)).fetchone() != (step.energy, step.estimated)
    ]


def delivery_rows(steps: Iterable[Delivery], source: str, now: Instant) -> list[Row]:
    """The records of steps."""
    return [
        ("deliveries", (step.interval.start, source, step.energy, int(step.estimated), now)) for step in steps
    ]


def told_rows(db: sqlite3.Connection, told: ToldReadings, now: Instant) -> list[Row]:
    """The records of the retailer's readings that are new and that are not of what is final."""
    new = changed(db, told.steps, RETAILER)
    final = final_steps(db, ZoneInfo(told.zone), {step.interval.start for step in new})
    counting = []
    for step in new:
        if is_late(step.interval, told.signed_at) or step.interval.start in final:
            _LOG.error(
                "reading after the final one not booked", start=iso(step.interval.start), energy=step.energy
            )
        else:
            counting.append(step)
    return delivery_rows(counting, RETAILER, now)


def final_steps(db: sqlite3.Connection, zone: ZoneInfo, starts: Iterable[Instant]) -> frozenset[Instant]:
    """Of these steps, and of those of the same local days, the final ones: the retailer measured the day."""
    days = {local_date(zone, start) for start in starts}
    return of_whole_days(zone, (start for day in days for start in measured(db, local_day(zone, day))))


def measured(db: sqlite3.Connection, period: Interval) -> list[Instant]:
    """The steps of a period whose newest reading by the retailer is not estimated."""
    rows = db.execute(
        "SELECT start, estimated, max(number) FROM deliveries "
        "WHERE source = 'retailer' AND start >= ? AND start < ? GROUP BY start",
        (period.start, period.end),
    )
    return [Instant(start) for start, estimated, _ in rows if not estimated]
