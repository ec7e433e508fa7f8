"""Which changes are a person's: each case of the rule, and none of its look-alikes."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custom_components.temix.response.manual import Change, Command, is_manual
from custom_components.temix.response.model import Demand, number_set, switched

ON = switched("switch.pump", on=True)
TARGET = number_set("number.current", 16.0, 0.5)


def change(before: object, after: object, *, user: bool = False, parent: str | None = None) -> Change:
    return Change(before, after, user=user, context="theirs", parent=parent)  # type: ignore[arg-type]


def command(demand: Demand = ON, *, confirmed: bool = True, seconds: float = 60) -> Command:
    return Command(demand, confirmed, timedelta(seconds=seconds))


@pytest.mark.parametrize(
    "seen,told,expected",
    [
        pytest.param(change("on", "off", user=True), command(), True, id="a user, in Home Assistant"),
        pytest.param(change("on", "off", parent="automation"), command(), True, id="a user's automation"),
        pytest.param(change("on", "off"), command(), True, id="the device's button, after confirmation"),
        pytest.param(
            change("off", "dim"), command(confirmed=False, seconds=31), True, id="different after the window"
        ),
        pytest.param(
            change("off", "dim"), command(confirmed=False, seconds=5), False, id="different within the window"
        ),
        pytest.param(change("off", "on"), command(confirmed=False, seconds=2), False, id="our echo"),
        pytest.param(change(None, "off"), command(), False, id="back from unavailable"),
        pytest.param(change("on", None), command(), False, id="gone"),
        pytest.param(change("16.0", "16.3"), command(TARGET), False, id="within the device's own step"),
        pytest.param(change("16.0", "10.0"), command(TARGET), True, id="beyond the device's own step"),
        pytest.param(change("on", "off", user=True), None, True, id="a user, before anything was led"),
        pytest.param(change("on", "off"), None, False, id="by itself, before anything was led"),
        pytest.param(change("on", "on", user=True), command(), False, id="nothing that we lead has changed"),
    ],
)
def test_a_change_is_told(seen: Change, told: Command | None, expected: bool) -> None:
    assert is_manual(seen, told, {"ours"}, finished=False) is expected


def test_a_device_that_stops_because_it_has_finished_is_not_a_person() -> None:
    assert not is_manual(change("on", "off"), command(), {"ours"}, finished=True)
    assert is_manual(change("on", "off", user=True), command(), {"ours"}, finished=True)


@pytest.mark.parametrize("shown,expected", [("10.0", False), ("13.0", True)])
def test_a_slow_device_that_still_shows_what_it_was_told_before_is_no_person(
    shown: str, expected: bool
) -> None:
    before = (number_set("number.current", 10.0, 0.5),)
    told = Command(TARGET, confirmed=False, age=timedelta(seconds=50), before=before)
    assert is_manual(change("6.0", shown), told, {"ours"}, finished=False) is expected


def test_our_context_does_not_hide_a_person() -> None:
    """Home Assistant keeps our context on an entity for 5 s: a press within that time carries it."""
    pressed = Change("on", "off", user=False, context="ours", parent=None)
    assert is_manual(pressed, command(seconds=3), {"ours"}, finished=False)


@given(st.floats(0, 100), st.booleans(), st.floats(0, 1e4), st.booleans())
def test_what_we_asked_for_is_never_a_person(
    value: float, confirmed: bool, seconds: float, user: bool
) -> None:
    demand = number_set("number.x", value, 0.5)
    seen = Change("-1.0", str(value), user=user, context="x", parent=None)
    assert not is_manual(seen, command(demand, confirmed=confirmed, seconds=seconds), set(), finished=False)
