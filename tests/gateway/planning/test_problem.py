"""A problem says what it means, or is refused by the name of the field."""

import math
from collections.abc import Callable

import msgspec
import pytest
from temix_gateway.planning import Problem, Segment, check, read_problem
from temix_gateway.planning.devices import PvCurtailment, Window
from temix_gateway.planning.planner import plan
from temix_gateway.planning.problem import plannable
from temix_market.errors import InvalidField
from temix_market.instants import HOUR, Duration, Instant
from temix_market.intervals import Interval
from temix_market.units import Energy, Power, Price

from tests.gateway.planning.homes import START, home, tapering


def test_a_problem_is_the_same_after_json() -> None:
    problem = home(tapering())

    assert read_problem(msgspec.json.encode(problem)) == problem


def _step(index: int, **fields: object) -> Callable[[Problem], Problem]:
    def change(problem: Problem) -> Problem:
        steps = list(problem.steps)
        steps[index] = msgspec.structs.replace(steps[index], **fields)
        return msgspec.structs.replace(problem, steps=tuple(steps))

    return change


def _device(name: str, **fields: object) -> Callable[[Problem], Problem]:
    def change(problem: Problem) -> Problem:
        devices = [
            msgspec.structs.replace(device, **fields) if device.id == name else device
            for device in problem.devices
        ]
        return msgspec.structs.replace(problem, devices=tuple(devices))

    return change


PAST = Instant(START - HOUR)
DEAR, CHEAP = Segment(Price(300_000)), Segment(Price(100_000))


@pytest.mark.parametrize(
    "change,field",
    [
        (lambda problem: msgspec.structs.replace(problem, steps=()), "steps"),
        (lambda problem: msgspec.structs.replace(problem, now=PAST), "now"),
        (lambda problem: msgspec.structs.replace(problem, zone="Mars/Olympus"), "zone"),
        (lambda problem: msgspec.structs.replace(problem, devices=problem.devices * 2), "devices[6].id"),
        (_step(3, buy=(Segment(math.nan),)), "steps[3].buy[0].price"),
        (_step(3, buy=()), "steps[3].buy"),
        (_step(3, buy=(Segment(Price(1), Energy(10)),)), "steps[3].buy[0].depth"),
        (_step(3, buy=(Segment(Price(300_000), Energy(10)), CHEAP)), "steps[3].buy[1].price"),
        (_step(3, buy=(CHEAP,), sell=(DEAR,)), "steps[3].sell[0].price"),
        (_step(3, base_load=math.nan), "steps[3].base_load"),
        (_step(3, pv=math.inf), "steps[3].pv"),
        (_step(3, interval=Interval(START, HOUR)), "steps[3].interval.start"),
        (_step(0, interval=Interval(Instant(10**17), HOUR)), "steps[0].interval"),
        (lambda problem: msgspec.structs.replace(problem, limit_worth=Price(-1)), "limit_worth"),
        (
            lambda problem: msgspec.structs.replace(
                problem, devices=(PvCurtailment(id="east", most=0.6), PvCurtailment(id="west", most=0.6))
            ),
            "devices[1].most",
        ),
        (_device("ev", ready_by=PAST), "devices[1].ready_by"),
        (_device("ev", stored=Energy(70_000)), "devices[1].stored"),
        (_device("ev", target=Energy(70_000)), "devices[1].target"),
        (_device("ev", max_power=Power(0)), "devices[1].max_power"),
        (_device("ev", min_power=Power(9_000)), "devices[1].min_power"),
        (_device("ev", efficiency=math.nan), "devices[1].efficiency"),
        (_device("battery", stored=Energy(14_000)), "devices[0].stored"),
        (_device("battery", reserve=Energy(14_000)), "devices[0].reserve"),
        (_device("battery", max_charge=Power(0), max_discharge=Power(0)), "devices[0].max_charge"),
        (_device("water", draws=(1.0,)), "devices[2].draws"),
        (_device("climate", low=(25.0,) * 116), "devices[3].low[0]"),
        (_device("climate", temperature=math.nan), "devices[3].temperature"),
        (_device("climate", heating_power=Power(0)), "devices[3].heating_power"),
        (_device("pool", windows=()), "devices[4].windows"),
        (_device("dishwasher", profile=(Power(0),)), "devices[5].profile"),
    ],
)
def test_bad_input_is_refused_by_the_name_of_its_field(
    change: Callable[[Problem], Problem], field: str
) -> None:
    with pytest.raises(InvalidField) as refused:
        check(change(home(tapering())))

    assert refused.value.field == field


@pytest.mark.parametrize(
    "text,field",
    [
        (b"", "problem"),
        (b"{}", "now"),
        (b'{"extra": 1, "now": 1, "steps": []}', "extra"),
        (b'{"now": "x", "steps": []}', "now"),
        (b'{"now": 1, "steps": [{"interval": {"start": 0, "duration": -5}}]}', "duration"),
        (b'{"now": 1, "devices": [{"kind": "toaster"}], "steps": []}', "devices[0].kind"),
        (b'{"now": 1, "devices": [{"kind": "battery"}], "steps": []}', "devices[0].id"),
        (b'{"now": 1, "steps": [{"buy": [{"price": NaN}]}]}', "steps[0].buy[0].price"),
        (b'{"now": -Infinity, "steps": []}', "now"),
        (b'{"now": NaN, "steps": [}', "problem"),
        (b"[" * 100_000, "problem"),
    ],
)
def test_bad_json_is_refused_by_the_name_of_its_field(text: bytes, field: str) -> None:
    with pytest.raises(InvalidField) as refused:
        read_problem(text)

    assert refused.value.field == field


def test_more_hours_than_a_window_has_are_planned_as_far_as_they_fit_and_named() -> None:
    window = Window(start=START, end=Instant(START + HOUR), run=Duration(3 * HOUR))
    problem = _device("pool", windows=(window,))(home(tapering(), devices=("pool",)))
    check(problem)

    found = plan(problem)

    (unmet,) = found.unmet
    assert (unmet.device, unmet.wish, unmet.amount, unmet.unit) == ("pool", "run_time", 2.0, "h")
    assert found.device("pool").power[:13] == (*[1_100] * 12, 0)


def test_a_deadline_that_has_passed_is_called_that() -> None:
    with pytest.raises(InvalidField, match="has passed: the horizon starts at 2021-02-13T06:00:00Z"):
        check(_device("dishwasher", ready_by=PAST)(home(tapering())))


def test_one_wrong_device_costs_no_other_its_plan() -> None:
    problem = home(tapering(), devices=("battery", "pool"))
    wrong = _device("pool", power=Power(0))(problem)

    left, told = plannable(wrong)

    assert [device.id for device in left.devices] == ["battery"]
    assert {name: why.split(":")[0] for name, why in told.items()} == {"pool": "power"}
    assert plannable(problem) == (problem, {})
    with pytest.raises(InvalidField, match="zone"):
        plannable(msgspec.structs.replace(wrong, zone="Mars"))


def test_more_than_the_time_allows_is_planned_and_named() -> None:
    problem = _device("ev", ready_by=Instant(START + HOUR))(home(tapering(), devices=("ev",)))

    found = plan(problem)

    (unmet,) = found.unmet
    assert (unmet.device, unmet.wish, unmet.unit) == ("ev", "target", "Wh")
    assert unmet.amount == pytest.approx(22_000 - 7_360 * 0.9, abs=1)
    assert found.device("ev").power[:12] == (7_360,) * 12
