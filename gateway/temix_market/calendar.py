"""Local days as intervals: midnight to midnight, 23, 24 or 25 hours long, half-hour shifts included."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from temix_market.instants import HOUR, Duration, Instant, from_datetime, to_datetime
from temix_market.intervals import Interval


def local_date(zone: ZoneInfo, instant: Instant) -> date:
    """The calendar date in ``zone`` at ``instant``."""
    return to_datetime(instant).astimezone(zone).date()


def local_day(zone: ZoneInfo, day: date) -> Interval:
    """The day from its local midnight to the next one.

    Where midnight itself is skipped (a zone that shifts at 00:00), the day begins with its first instant.
    """
    start, end = _midnight(zone, day), _midnight(zone, day + timedelta(days=1))
    return Interval(start, Duration(end - start))


def day_at(zone: ZoneInfo, instant: Instant) -> Interval:
    """The local day that holds ``instant``."""
    return local_day(zone, local_date(zone, instant))


def trading_horizon(zone: ZoneInfo, instant: Instant) -> Instant:
    """End of the hour that holds the last moment of tomorrow: how far hourly tenders reach (RATES).

    Instruments are aligned to UTC hours; where a zone's midnight is not, the last one reaches past it.
    """
    tomorrow = local_day(zone, local_date(zone, instant) + timedelta(days=1))
    return Instant(-(-tomorrow.end // HOUR) * HOUR)


def _midnight(zone: ZoneInfo, day: date) -> Instant:
    # fold=0 names the earlier of two midnights; a skipped midnight resolves, with the offset
    # before the shift, to the instant of the shift itself: the first instant of the date.
    return from_datetime(datetime.combine(day, time.min, zone))
