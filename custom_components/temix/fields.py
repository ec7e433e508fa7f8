"""The fields of actions: read, checked, and refused by name."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from homeassistant.core import ServiceCall
from homeassistant.exceptions import ServiceValidationError
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .curve.segments import FIVE_MINUTES

ATTR_START: Final = "start"
ATTR_END: Final = "end"
ATTR_LENGTH: Final = "length"
ATTR_PROFILE: Final = "power_profile"

LONGEST_RUN: Final = timedelta(hours=48)
MOST_PARTS: Final = 96
GREATEST_KW: Final = 1000


def refused(key: str, field: str, **placeholders: str) -> ServiceValidationError:
    """The error that says what is wrong with a field."""
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders={"field": field, **placeholders},
    )


def instant(call: ServiceCall, field: str) -> datetime | None:
    """A time in UTC; one without a zone is Home Assistant's own."""
    when = call.data.get(field)
    return dt_util.as_utc(when) if isinstance(when, datetime) else None


def span(call: ServiceCall, first: str, last: str) -> tuple[datetime | None, datetime | None]:
    """Two times, the last after the first.

    Raises:
        ServiceValidationError: it is not.
    """
    start, end = instant(call, first), instant(call, last)
    if start is not None and end is not None and end <= start:
        raise refused("end_before_start", last, start=first)
    return start, end


def length(data: Mapping[str, Any]) -> timedelta:
    """How long a run is.

    Raises:
        ServiceValidationError: not a whole number of 5 minutes, or longer than two days.
    """
    given: timedelta = data[ATTR_LENGTH]
    if not FIVE_MINUTES <= given <= LONGEST_RUN or given % FIVE_MINUTES:
        raise refused("wrong_length", ATTR_LENGTH)
    return given


def profile(data: Mapping[str, Any]) -> tuple[int, ...] | None:
    """Power in W over equal parts of a run; none where none is given.

    Raises:
        ServiceValidationError: no numbers in kW from 0 on, too many, or none above 0.
    """
    given: Sequence[Any] = data.get(ATTR_PROFILE, ())
    if not given:
        return None
    try:
        powers = [float(power) for power in given]
    except (TypeError, ValueError) as error:
        raise refused("wrong_profile", ATTR_PROFILE) from error
    if len(powers) > MOST_PARTS or not all(0 <= power <= GREATEST_KW for power in powers) or not any(powers):
        raise refused("wrong_profile", ATTR_PROFILE)
    return tuple(round(1000 * power) for power in powers)
