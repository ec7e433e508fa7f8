"""Replayed days: the books of three parties, days of every length, the same twice."""

import io
import json
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from fractions import Fraction
from xml.etree import ElementTree as ET

import highspy
import msgspec
import pytest
from rich.console import Console
from temix_market.instants import FIVE_MINUTES, HOUR
from temix_replay.foresight import audits
from temix_replay.picture import draw
from temix_replay.run import BOOK, LEDGER, run, searched
from temix_replay.telling import WITHIN_THE_HOUR, as_json, as_text
from temix_retailer.prices import ATTRIBUTION

from tests.replay.conftest import STORM, Done, Replayed


def rows(done: Done, file: str, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(done.folder / file)) as connection:
        return connection.execute(query).fetchall()


def subscribed_hours(done: Done) -> int:
    """Hours of the days for which the profile has a quantity: there is no pair of nothing."""
    return sum(done.baseline.profile.quantity(hour) != 0 for hour in done.scene.days.split(HOUR))


def test_the_retailers_book_and_the_gateways_ledger_hold_the_same(storm: Done) -> None:
    span = storm.scene.days
    query = "SELECT key, start, duration, kind FROM {} WHERE start < ? AND start + duration > ? ORDER BY key"
    held = []
    for file, table in ((LEDGER, "transactions"), (BOOK, "pairs")):
        with closing(sqlite3.connect(storm.folder / file)) as connection:
            held.append(connection.execute(query.format(table), (span.end, span.start)).fetchall())
    assert held[0] == held[1]
    assert sum(kind == "trade" for *_, kind in held[0]) > 50
    assert sum(kind == "subscription" for *_, kind in held[0]) == subscribed_hours(storm)


def test_positions_and_settlement_follow_from_the_book_alone(storm: Done) -> None:
    """From raw rows and exact fractions: what the home owes is what both parties get."""
    pairs = rows(storm, BOOK, "SELECT start, duration, quantity, energy_price, transport_price FROM pairs")
    spots = rows(storm, BOOK, "SELECT start, author, sell, buy FROM spots")
    deliveries = dict(rows(storm, BOOK, "SELECT start, energy FROM deliveries ORDER BY id"))
    owed = {"lse": Fraction(0), "do": Fraction(0)}
    for sample in storm.replay.samples:
        enclosing = [
            (Fraction(quantity * FIVE_MINUTES, duration), energy, transport)
            for start, duration, quantity, energy, transport in pairs
            if start <= sample.start < start + duration
        ]
        position = sum(quantity for quantity, _, _ in enclosing)
        assert position == sample.position
        assert deliveries[sample.start] == sample.delivery
        owed["lse"] += sum(quantity * energy for quantity, energy, _ in enclosing)
        owed["do"] += sum(quantity * transport for quantity, _, transport in enclosing)
        deviation = sample.delivery - position
        for start, author, sell, buy in spots:
            if start == sample.start:
                owed[author] += deviation * (sell if deviation > 0 else buy)
    assert owed["lse"] + owed["do"] == storm.replay.paid


def test_the_ledgers_own_settlements_come_to_the_same(storm: Done) -> None:
    newest = "SELECT max(number) FROM settlements GROUP BY start, party"
    query = f"SELECT sum(subscription + trades + deviation) FROM settlements WHERE number IN ({newest})"
    assert rows(storm, LEDGER, query) == [(storm.replay.paid,)]


def test_the_same_seed_is_the_same_replay_in_another_process(storm: Done) -> None:
    """Whatever the seed of Python's hashes."""
    command = [sys.executable, "-c", "from temix_gateway.cli import main; main()", "replay"]
    options = ["--from", str(storm.scene.first), "--days", "1", "--seed", "3", "--json"]
    done = subprocess.run(
        [*command, *options],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "1"},
        text=True,
    )
    again = json.loads(done.stdout)
    assert {**again, "seconds": 0.0} == as_json(storm.replay)
    assert "100 %" in done.stderr


def test_how_fast_the_machine_is_changes_no_plan(storm: Done, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each plan is made again, while every clock that could end a search runs a thousand times as fast."""
    clock, began, limit = time.monotonic, time.monotonic(), highspy.Highs.setOptionValue

    def hurried(solver: highspy.Highs, name: str, value: object) -> object:
        if name == "time_limit":
            assert isinstance(value, float)
            value = solver.getRunTime() + (value - solver.getRunTime()) / 1000
        return limit(solver, name, value)

    monkeypatch.setattr(time, "monotonic", lambda: began + 1000 * (clock() - began))
    monkeypatch.setattr(highspy.Highs, "setOptionValue", hurried)
    previous = None
    for planned in storm.replay.planned[:12]:
        again = searched(planned.problem, previous)
        assert again.seconds > 10
        assert msgspec.structs.replace(again, seconds=planned.plan.seconds) == planned.plan
        previous = planned.plan


@pytest.mark.long
def test_another_seed_is_another_replay(storm: Done, tmp_path_factory: pytest.TempPathFactory) -> None:
    scene = replace(storm.scene, seed=4)
    other = run(scene, scene.terms(), storm.baseline, tmp_path_factory.mktemp("other"), lambda _: None)
    assert other.head != storm.replay.head
    assert other.paid != storm.replay.paid


@pytest.mark.parametrize(
    "first,hours", [("2021-03-14", 23), pytest.param("2021-11-07", 25, marks=pytest.mark.long)]
)
def test_a_day_of_the_time_shift_has_its_hours(replayed: Replayed, first: str, hours: int) -> None:
    done = replayed(first, 1)
    (day,) = done.replay.days
    assert day.hours == hours
    assert len(done.replay.samples) == hours * 12
    assert day.plans >= hours
    subscribed = (
        "SELECT count(*) FROM transactions WHERE kind = 'subscription' AND start >= {} AND start < {}"
    )
    span = done.scene.days
    assert rows(done, LEDGER, subscribed.format(span.start, span.end)) == [(subscribed_hours(done),)]


def test_days_over_the_end_of_the_year_join(replayed: Replayed) -> None:
    done = replayed("2021-12-31", 2)
    assert [str(day.date) for day in done.replay.days] == ["2021-12-31", "2022-01-01"]
    starts = [sample.start for sample in done.replay.samples]
    assert starts == list(range(done.scene.days.start, done.scene.days.end, FIVE_MINUTES))
    assert done.replay.year == 2021
    assert done.replay.days[1].trades > 0


def test_it_plans_every_hour_and_says_how_often(storm: Done) -> None:
    replay, span = storm.replay, storm.scene.days
    assert replay.hourly_plans + replay.material_plans >= span.duration // HOUR
    assert sum(day.plans for day in replay.days) == replay.hourly_plans + replay.material_plans
    assert replay.trades >= sum(day.trades for day in replay.days) > 50


def test_control_saves_money_and_nobody_freezes(storm: Done) -> None:
    replay = storm.replay
    assert replay.paid < replay.without_control
    service = replay.controlled
    assert service.discomfort_kelvin_hours == 0
    assert service.cold_water_litres < 20
    assert service.road_charging_kwh == 0


def test_the_table_tells_every_case_and_where_prices_are_made(storm: Done) -> None:
    console = Console(width=100, file=io.StringIO(), record=True)
    console.print(as_text(storm.replay))
    text = " ".join(console.export_text().split())
    replay = storm.replay
    for money in (replay.paid, replay.flat, replay.without_control, replay.spot_only):
        assert f"{money / 1e9:,.2f}" in text
    assert f"re-planned {replay.hourly_plans} times on the hour" in text
    assert "Calibration on 2021 without control" in text
    assert WITHIN_THE_HOUR in text
    assert ATTRIBUTION in text


def test_json_carries_exact_money(storm: Done) -> None:
    told = json.loads(json.dumps(as_json(storm.replay)))
    assert told["total"]["paid"] == told["days"][0]["paid"]
    whole, _, fraction = told["total"]["paid"].lstrip("-").partition(".")
    assert int(whole + fraction.ljust(9, "0")) == abs(storm.replay.paid)
    assert len(told["samples"]) == 288
    assert set(told["samples"][0]["power_w"]) == {"car", "water", "climate", "pool", "battery"}


@pytest.mark.parametrize("first,days", [(STORM, 1), ("2021-12-31", 2)])
def test_the_picture_is_an_svg_for_light_and_dark(replayed: Replayed, first: str, days: int) -> None:
    done = replayed(first, days)
    text = draw(done.replay)
    root = ET.fromstring(text)
    lines = [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert f"{done.replay.paid / 1e9:,.2f} USD" in lines
    assert {"paid with TeMIX", "with TeMIX: the home is paid"} & {*lines}
    assert "prefers-color-scheme: dark" in text
    assert "nan" not in text


def test_a_replayed_day_is_held_against_perfect_foresight(
    storm: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("temix_gateway.audit.day.MOST_BUDGET", 1.0)
    (audit,) = audits(storm.scene, storm.replay, storm.folder)
    told = as_json(replace(storm.replay, audits=[audit]))
    assert told["audits"][0]["executed"] == told["days"][0]["paid"]
    assert audit.optimum is not None
    assert audit.perfect is not None
    assert float(audit.optimum) <= float(audit.perfect)
    shown = Console(file=io.StringIO(), width=80)
    shown.print(as_text(replace(storm.replay, audits=[audit])))
    lines = shown.file.getvalue().splitlines()  # type: ignore[attr-defined]
    row = next(line.split() for line in lines if line.strip().startswith(audit.day))
    assert row[1:3] == [f"{float(audit.executed):,.2f}", f"{float(audit.exact or 0):,.2f}"]
