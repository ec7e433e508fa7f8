"""EMHASS's published fourteen days: a real home with a battery and two prices.

They are planned once a day knowing all, or every half hour knowing only what was past; see
docs/study_cases/chance_constrained_mpc.md in EMHASS's repository.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from temix_gateway.planning import Plan, Problem, Segment, Step
from temix_gateway.planning.devices import Battery
from temix_gateway.planning.forecast import History, Kind
from temix_gateway.planning.planner import plan
from temix_market.calendar import local_day
from temix_market.instants import HOUR, MINUTE, Duration, Instant, from_datetime, to_datetime
from temix_market.intervals import Interval
from temix_market.units import Energy, Power, Price

from tests import real_data

DATA = "emhass_home_load_30min_long.csv"
"""From EMHASS's repository; not part of this one."""
NO_BATTERY, PERFECT = 81.8763, 79.7017
"""What the study says that the fourteen days cost without a battery, and knowing all; euros."""

ZONE = ZoneInfo("Europe/Paris")
FIRST, DAYS = date(2025, 2, 14), 14
HALF_HOUR = Duration(30 * MINUTE)
PEAK, OFF_PEAK = Price(190_700), Price(141_900)
EFFICIENCY, CHARGE, DISCHARGE = 0.95, Power(1_000), Power(950)
LOWEST, HIGHEST, USUAL = Energy(1_500), Energy(4_500), Energy(3_000)
BUDGET_S = 5.0
MEMORY = Duration(57 * 24 * HOUR)
LITTLE = Energy(1)

type Loads = Mapping[Instant, float]


def loads() -> Loads:
    """Mean load of each half hour, W; gaps are left out."""
    with real_data.file(DATA).open(encoding="utf-8") as lines:
        rows = list(csv.reader(lines))[1:]
    return {from_datetime(datetime.fromisoformat(row[0])): float(row[1]) for row in rows if row[1]}


def half_hours(day: date, since: Instant | None = None) -> list[Interval]:
    """Those of a local day, from an instant on."""
    whole = local_day(ZONE, day)
    return [Interval(Instant(at), HALF_HOUR) for at in range(since or whole.start, whole.end, HALF_HOUR)]


def price(start: Instant) -> Price:
    """Peak is from 02:54 to 15:24 and from 17:24 to 20:24; a half hour has the price at its start."""
    local = to_datetime(start).astimezone(ZONE)
    minute = local.hour * 60 + local.minute
    peak = 2 * 60 + 54 <= minute < 15 * 60 + 24 or 17 * 60 + 24 <= minute < 20 * 60 + 24
    return PEAK if peak else OFF_PEAK


def days() -> list[date]:
    """The fourteen."""
    return [FIRST + timedelta(days=day) for day in range(DAYS)]


@dataclass
class Account:
    """The battery as it is, and what was paid so far, euros."""

    stored: float = float(USUAL)
    paid: float = 0.0

    def live(self, start: Instant, load: float, asked: float) -> None:
        """Half an hour: what is asked of the battery (W), as far as it and the load allow."""
        hours = HALF_HOUR / HOUR
        least = -min(DISCHARGE, load, (self.stored - LOWEST) * EFFICIENCY / hours)
        most = min(CHARGE, (HIGHEST - self.stored) / EFFICIENCY / hours)
        power = min(max(asked, least), most)
        self.stored += hours * (power * EFFICIENCY if power > 0 else power / EFFICIENCY)
        self.paid += (load + power) * hours * price(start) / 1e9


def without() -> float:
    """Fourteen days without a battery."""
    known = loads()
    return sum(known[step.start] * price(step.start) / 2e9 for day in days() for step in half_hours(day))


def perfect() -> float:
    """Planned at each midnight, every load of the day known: what the plans cost."""
    known, paid = loads(), 0.0
    for day in days():
        steps = half_hours(day)
        found = _planned(steps, [known[step.start] for step in steps], float(USUAL))
        assert not found.unmet
        paid += found.energy_cost / 1e9
    return paid


def rolling() -> Account:
    """Planned every half hour for the rest of the day, with the planner's own forecast of the load.

    Where a plan lets the battery give all that the home is expected to draw, it covers what that does draw.
    """
    known, account = loads(), Account()
    for day in days():
        for step in half_hours(day):
            past = [
                (Interval(Instant(at), HALF_HOUR), known[Instant(at)])
                for at in range(step.start - MEMORY, step.start, HALF_HOUR)
                if Instant(at) in known
            ]
            history = History.of(Kind.LOAD, ZONE, past, step.start)
            steps = half_hours(day, step.start)
            expected = history.forecast(step.start, steps).expected
            found = _planned(steps, expected.tolist(), account.stored)
            asked, covers = found.device("battery").power[0], found.net_load[0] <= LITTLE
            account.live(step.start, known[step.start], -DISCHARGE if covers and asked < 0 else asked)
    return account


def _planned(steps: list[Interval], load: list[float], stored: float) -> Plan:
    """A plan for the battery at loads (W)."""
    battery = Battery(
        id="battery", capacity=HIGHEST, stored=Energy(round(stored)), reserve=LOWEST, max_charge=CHARGE,
        max_discharge=DISCHARGE, charge_efficiency=EFFICIENCY, discharge_efficiency=EFFICIENCY,
        wear=Price(0), end_price=Price(0), target=USUAL,
    )  # fmt: skip
    problem = Problem(
        now=steps[0].start,
        steps=tuple(
            Step(
                interval=step,
                buy=(Segment(price(step.start)),),
                sell=(Segment(Price(0)),),
                base_load=max(0.0, watts),
            )
            for step, watts in zip(steps, load, strict=True)
        ),
        export_limit=Power(0),
        devices=(battery,),
        zone=str(ZONE),
        currency="EUR",
    )
    return plan(problem, budget=BUDGET_S)
