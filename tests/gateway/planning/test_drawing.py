"""The picture of a plan: times of the home's clock, names that fit, and what a row means."""

import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime

import msgspec
import pytest
from temix_gateway.planning import Problem, Segment, Step
from temix_gateway.planning.devices import Battery, PvCurtailment
from temix_gateway.planning.drawing import draw
from temix_gateway.planning.planner import plan
from temix_market.instants import HOUR, Duration, from_datetime
from temix_market.intervals import Interval
from temix_market.units import Energy, Power, Price


def problem(start: datetime, count: int, zone: str, hours: int = 1) -> Problem:
    first, step = from_datetime(start), Duration(hours * HOUR)
    return Problem(
        now=first,
        steps=tuple(
            Step(interval=Interval(first + number * step, step), buy=(Segment(Price(200_000)),),
                 sell=(Segment(Price(100_000)),))
            for number in range(count)
        ),
        zone=zone,
    )  # fmt: skip


def times(picture: str) -> list[str]:
    return re.findall(r"middle\">([^<]*)</text>", picture)


@pytest.mark.parametrize(
    "zone,start,hours,shown",
    [
        ("Europe/Berlin", datetime(2026, 1, 5, 23, tzinfo=UTC), 24,
         [*(f"{hour:02}:00" for hour in range(0, 24, 2)), "Wed 00:00"]),
        ("Asia/Kathmandu", datetime(2026, 1, 5, 20, tzinfo=UTC), 12,
         [f"{hour:02}:00" for hour in range(2, 14)]),
        ("Europe/Berlin", datetime(2026, 3, 28, 23, tzinfo=UTC), 23,
         ["00:00", *(f"{hour:02}:00" for hour in range(4, 24, 2)), "Mon 00:00"]),
    ],
    ids=["winter", "quarters off", "spring forward"],
)  # fmt: skip
def test_times_are_round_hours_of_the_home_s_clock(
    zone: str, start: datetime, hours: int, shown: list[str]
) -> None:
    asked = problem(start, hours, zone)

    assert times(draw(asked, plan(asked, budget=0))) == shown


@pytest.mark.parametrize("count,hours", [(4, 1), (48, 1), (96, 1), (200, 4), (300, 24 * 30)])
def test_as_many_times_as_fit_are_named(count: int, hours: int) -> None:
    asked = problem(datetime(2026, 1, 5, 23, tzinfo=UTC), count, "Europe/Berlin", hours)

    assert 2 <= len(times(draw(asked, plan(asked, budget=0)))) <= 14


def test_a_row_says_what_it_shows_and_a_long_name_fits() -> None:
    asked = problem(datetime(2026, 1, 5, 23, tzinfo=UTC), 4, "UTC")
    battery = Battery(id="b" * 60 + "<&>", capacity=Energy(9), stored=Energy(1), max_charge=Power(1),
                      max_discharge=Power(1))  # fmt: skip
    asked = msgspec.structs.replace(asked, devices=(battery, PvCurtailment(id="<roof>")))

    picture = draw(asked, plan(asked, budget=0))

    ET.fromstring(picture)
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", picture)
    assert {"to buy; dashed: to sell", "line: position", "kW not produced", "&lt;roof&gt;"} <= set(texts)
    assert max(map(len, texts)) < 30
