"""What a planner is asked: steps with prices, position and forecasts; limits; devices and their wishes."""

import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from statistics import median
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from temix_market.errors import InvalidField
from temix_market.instants import FIVE_MINUTES, HOUR, Duration, Instant, iso
from temix_market.intervals import Interval
from temix_market.units import Energy, Price

from temix_gateway.planning.devices import Device, PvCurtailment
from temix_gateway.planning.devices.fields import (
    AnyPrice,
    Name,
    NotNegative,
    WattHours,
    Watts,
    When,
    Worth,
)

type AnyEnergy = Annotated[Energy, msgspec.Meta(ge=-10_000_000, le=10_000_000)]

MOST_STEPS = 4000
LATEST, LONGEST = Instant(10**14), Duration(31 * 24 * HOUR)
"""Bounds of a step's start and length."""


class Segment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So much at a price: ``price`` in µ/kWh, ``depth`` in Wh over the step; null: without limit."""

    price: AnyPrice
    depth: WattHours | None = None


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step of the horizon.

    Attributes:
        interval: start and duration (ms).
        buy: prices at which the home takes more than its position, cheapest first. The last is without limit:
            what exceeds the tenders settles at spot.
        sell: prices at which it takes less, dearest first; never above the cheapest to buy. The last is
            without limit.
        position: what the home has committed to over the step, Wh, buying positive.
        base_load: expected mean power of everything that is no device below, W.
        pv: expected mean PV power, W.
        forecast: the prices are the home's own forecast: no tender reaches here.
    """

    interval: Interval
    buy: Annotated[tuple[Segment, ...], msgspec.Meta(min_length=1, max_length=20)]
    sell: Annotated[tuple[Segment, ...], msgspec.Meta(min_length=1, max_length=20)]
    position: AnyEnergy = Energy(0)
    base_load: NotNegative = 0.0
    pv: NotNegative = 0.0
    forecast: bool = False


class Problem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What shall be planned.

    Attributes:
        now: when it was asked (ms).
        steps: without gaps, in order; their ends lie on 5-minute marks. The first may have begun.
        import_limit, export_limit: of the connection, W; null: none. An excess costs ``limit_worth``.
        limit_worth: of a kWh beyond a limit, µ/kWh.
        devices: each with an id of its own.
        zone: IANA time zone in which sentences name times.
        currency: ISO 4217 code in which sentences name money.
        curve_hours: of how many coming whole hours the home's price curve is told.
    """

    now: When
    steps: Annotated[tuple[Step, ...], msgspec.Meta(min_length=1, max_length=MOST_STEPS)]
    import_limit: Watts | None = None
    export_limit: Watts | None = None
    limit_worth: Worth = Price(100_000_000)
    devices: Annotated[tuple[Device, ...], msgspec.Meta(max_length=100)] = ()
    zone: Name = "UTC"
    currency: Name = "USD"
    curve_hours: Annotated[int, msgspec.Meta(ge=0, le=24)] = 0

    @property
    def intervals(self) -> list[Interval]:
        """When its steps are."""
        return [step.interval for step in self.steps]

    @property
    def usual_price(self) -> float:
        """The median price to buy, currency units per kWh: what energy left at the end is measured by."""
        return float(median(step.buy[0].price for step in self.steps)) / 1e6


def read_problem(text: bytes) -> Problem:
    """Read and check a problem from JSON.

    Raises:
        InvalidField: naming the field.
    """
    try:
        problem = msgspec.json.decode(text, type=Problem)
    except msgspec.ValidationError as error:
        raise _named(error) from None
    except ValueError as error:
        raise _no_number(text) or _named(error) from None
    _check_meaning(problem)
    return problem


def check(problem: Problem) -> None:
    """Refuse a problem that says nothing or contradicts itself, however it was made.

    Raises:
        InvalidField: naming the field.
    """
    try:
        msgspec.convert(msgspec.to_builtins(problem), Problem)
    except (msgspec.ValidationError, TypeError) as error:
        raise _named(error) from None
    _check_meaning(problem)


def plannable(problem: Problem) -> tuple[Problem, dict[str, str]]:
    """The problem without devices that cannot be planned as they are described, and what is wrong with each.

    One wrong device costs no other its plan.

    Raises:
        InvalidField: something else is wrong.
    """
    wrong = unplannable(problem.devices, problem.intervals)
    left = tuple(device for device in problem.devices if device.id not in wrong)
    problem = msgspec.structs.replace(problem, devices=left)
    check(problem)
    return problem, wrong


def unplannable(devices: Iterable[Device], intervals: Sequence[Interval]) -> dict[str, str]:
    """What is wrong with each device that cannot be planned over these steps, by its id."""
    wrong = {}
    for device in devices:
        try:
            msgspec.convert(msgspec.to_builtins(device), Device)
            device.check(intervals, device.id)
        except (msgspec.ValidationError, TypeError) as error:
            wrong[device.id] = str(_named(error))
        except InvalidField as error:
            wrong[device.id] = str(error).removeprefix(f"{device.id}.")
    return wrong


def _no_number(text: bytes) -> InvalidField | None:
    """The first NaN or infinity of what is JSON but for these, as some programs write it."""
    try:
        found = next(_no_numbers(json.loads(text), ""), None)
    except ValueError, RecursionError:
        return None
    return None if found is None else InvalidField(*found)


def _no_numbers(node: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, float) and not math.isfinite(node):
        yield path, f"{node} is no number"
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from _no_numbers(value, f"{path}.{key}" if path else str(key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _no_numbers(value, f"{path}[{index}]")


def _named(error: Exception) -> InvalidField:
    reason, _, place = str(error).partition(" - at `$")
    named = re.search(
        r"field `(\w+)`", reason
    )  # of a field that is missing or unknown, the place is its owner
    path = ".".join([part for part in (place.rstrip("`").lstrip("."), named and named[1]) if part])
    return InvalidField(path or "problem", reason)


def _check_meaning(problem: Problem) -> None:
    steps = problem.steps
    try:
        ZoneInfo(problem.zone)
    except ZoneInfoNotFoundError, ValueError, OSError:
        raise InvalidField("zone", f"{problem.zone!r} is no IANA time zone") from None
    after: Instant | None = None
    for index, step in enumerate(steps):
        path = f"steps[{index}]"
        if not 0 <= step.interval.start < LATEST or step.interval.duration > LONGEST:
            raise InvalidField(f"{path}.interval", "before 1970, after 5138, or above 31 days long")
        if after is not None and step.interval.start != after:
            raise InvalidField(
                f"{path}.interval.start", f"{iso(step.interval.start)} does not follow {iso(after)}"
            )
        after = step.interval.end
        if after % FIVE_MINUTES:
            raise InvalidField(f"{path}.interval", f"it ends at {iso(after)}, not on a 5-minute mark")
        _check_segments(step, path)
    if not steps[0].interval.start <= problem.now < steps[0].interval.end:
        raise InvalidField("now", f"{iso(problem.now)} is not in the first step, {steps[0].interval}")
    _check_devices(problem)


def _check_devices(problem: Problem) -> None:
    intervals = problem.intervals
    known: set[str] = set()
    unproduced = 0.0
    for index, device in enumerate(problem.devices):
        if device.id in known:
            raise InvalidField(f"devices[{index}].id", f"{device.id!r} is there twice")
        known.add(device.id)
        device.check(intervals, f"devices[{index}]")
        if isinstance(device, PvCurtailment):
            unproduced += device.most
            if unproduced > 1:
                raise InvalidField(
                    f"devices[{index}].most", "together they would leave out more than all sun"
                )


def _check_segments(step: Step, path: str) -> None:
    for name, segments, sign in (("buy", step.buy, 1), ("sell", step.sell, -1)):
        for index, segment in enumerate(segments):
            last = index == len(segments) - 1
            if last is not (segment.depth is None):
                reason = (
                    "the last segment must be without limit" if last else "only the last may be without limit"
                )
                raise InvalidField(f"{path}.{name}[{index}].depth", reason)
            if index and sign * segment.price < sign * segments[index - 1].price:
                raise InvalidField(f"{path}.{name}[{index}].price", "the best price must come first")
    if step.sell[0].price > step.buy[0].price:
        raise InvalidField(
            f"{path}.sell[0].price", f"{step.sell[0].price} is above the price to buy, {step.buy[0].price}"
        )
