"""Who may draw how much: never more than the home may import together, and no phase more than its fuse."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custom_components.temix.response.kinds import read
from custom_components.temix.response.room import Connection, Rank, Room, Way

LIMIT = 9_000.0
ANY = (Way(0.0, 50_000.0),)
"""A device that can draw whatever it is given."""


class Clock:
    """Seconds, as a test sets them."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def room(limit: float | None = LIMIT) -> tuple[Room, Clock]:
    clock = Clock()
    return Room(lambda: Connection(limit), clock), clock


def fused(amperes: float, volts: float = 230.0, limit: float | None = None) -> Room:
    return Room(lambda: Connection(limit, amperes, volts), Clock())


def car(**settings: Any) -> tuple[Way, ...]:
    """The ways of a charger."""
    data = {"kind": "charge_car", "switch": "switch.car", "current": "number.car", "ready_by": "07:00"}
    return read(data | settings).ways


def test_without_a_limit_everything_is_granted() -> None:
    shared, _ = room(None)
    shared.draws("tank", 20_000, ANY)
    assert shared.granted("car", 11_000, Rank.PLAN, ANY) == 11_000


def test_who_comes_second_gets_what_is_left() -> None:
    shared, _ = room()
    shared.draws("tank", shared.granted("tank", 3_000, Rank.PLAN, ANY), ANY)
    assert shared.granted("car", 11_000, Rank.PLAN, ANY) == 6_000
    shared.draws("tank", 0, ANY)
    assert shared.granted("car", 9_000, Rank.PLAN, ANY) == 9_000


def test_a_deadline_is_waited_for() -> None:
    """The car must start, the tank gives way first, and between them there is never too much."""
    shared, _ = room()
    shared.draws("tank", 3_000, ANY)
    assert shared.granted("car", 9_000, Rank.DEADLINE, ANY) == 6_000
    assert shared.granted("tank", 3_000, Rank.PLAN, ANY) == 0
    shared.draws("tank", 0, ANY)
    assert shared.granted("car", 9_000, Rank.DEADLINE, ANY) == 9_000
    shared.draws("car", 9_000, ANY)
    shared.wants_nothing("car")
    assert shared.granted("tank", 3_000, Rank.PLAN, ANY) == 0


def test_the_rest_of_the_home_is_learned_from_the_meter() -> None:
    shared, clock = room()
    shared.draws("tank", 3_000, ANY)
    clock.now = 150
    shared.draws("tank", 0, ANY)
    clock.now = 300
    shared.measured(3_500)  # half of the time 3000 W were the tank's
    assert shared.granted("car", 9_000, Rank.PLAN, ANY) == pytest.approx(7_000)


def test_a_machine_for_which_there_is_too_little_room_gets_none() -> None:
    shared, _ = room()
    shared.draws("tank", 3_000, ANY)
    assert shared.granted("oven", 7_000, Rank.PLAN, (Way(7_000, 7_000),)) == 0


THREE = {"phases": 3, "amperes": 16}
ONE = {"phases": 1, "amperes": 16}
SWITCHED = {"amperes": 16, "phase_switch": "select.car", "one_phase": "1", "three_phases": "3"}


@pytest.mark.parametrize(
    "amperes,others,settings,wanted,granted",
    [
        pytest.param(25, 0, THREE, 11_040, 11_040, id="16 A on each of three phases"),
        pytest.param(25, 2_300, THREE, 11_040, 10_350, id="the other may be on any: 15 A are left on it"),
        pytest.param(25, 2_400, THREE, 11_040, 9_660, id="whole amperes only"),
        pytest.param(25, 4_600, THREE, 11_040, 0, id="less than 6 A are none"),
        pytest.param(25, 2_300, ONE, 3_680, 3_450, id="on one phase, the same amperes"),
        pytest.param(25, 2_300, SWITCHED, 11_040, 10_350, id="three phases while there is room on each"),
        pytest.param(25, 4_300, SWITCHED, 11_040, 4_140, id="at least 6 A on three"),
        pytest.param(25, 4_600, SWITCHED, 11_040, 0, id="one phase has less than 6 A, too"),
        pytest.param(25, 2_300, SWITCHED, 2_300, 2_300, id="little is wanted, on one phase"),
        pytest.param(25, 3_000, SWITCHED, 3_680, 2_530, id="on one phase no more than 11 A"),
        pytest.param(16, 3_600, THREE, 11_040, 0, id="a fuse that others fill"),
    ],
)
def test_no_phase_carries_more_than_its_fuse(
    amperes: float, others: float, settings: dict[str, Any], wanted: float, granted: float
) -> None:
    """What does not tell its phases counts as if all of it were on one."""
    shared = fused(amperes)
    shared.draws("boiler", others, (Way(others, others),))
    assert shared.granted("car", wanted, Rank.PLAN, car(**settings)) == granted


def test_where_the_whole_has_little_room_left_a_charger_goes_to_one_phase() -> None:
    shared = fused(25, limit=3_000)
    assert shared.granted("car", 11_040, Rank.PLAN, car(**SWITCHED)) == 2_990


def test_a_charger_between_two_legs_counts_its_amperes_on_each() -> None:
    """In North America: 240 V between two legs of 120 V, which a fuse of 100 A guards each."""
    shared = fused(100, volts=120)
    shared.draws("car", 11_520, car(amperes=48, volts=240))
    assert shared.granted("oven", 7_200, Rank.PLAN, (Way(0, 7_200),)) == pytest.approx(52 * 120)


def test_the_rest_of_the_home_may_be_on_one_phase() -> None:
    clock = Clock()
    shared = Room(lambda: Connection(None, 25), clock)
    clock.now = 300
    shared.measured(2_300)
    assert shared.granted("car", 11_040, Rank.PLAN, car(**THREE)) == 15 * 690


@given(st.integers(0, 2**32), st.integers(10, 63))
def test_on_no_phase_do_they_draw_more_than_the_fuse(seed: int, amperes: int) -> None:
    draw = random.Random(seed)
    shared = fused(amperes)
    kinds = {
        "three": (car(**THREE), 690), "one": (car(**ONE), 230), "pump": ((Way(1_100, 1_100),), 230),
        "switched": (car(**SWITCHED), 690), "battery": ((Way(0, 5_000),), 230),
    }  # fmt: skip
    on_phase = dict.fromkeys(kinds, 0.0)
    for _ in range(60):
        who = draw.choice(list(kinds))
        ways, per_ampere = kinds[who]
        power = shared.granted(who, draw.choice([0.0, ways[0].most]), draw.choice(list(Rank)), ways)
        shared.draws(who, power, ways)
        three = who != "switched" or power >= 4_140
        on_phase[who] = power / (per_ampere if three else 230)
        assert sum(on_phase.values()) <= amperes + 1e-6, f"seed {seed}"


@given(st.integers(0, 2**32), st.floats(1_000, 20_000))
def test_together_they_never_draw_more_than_the_limit(seed: int, limit: float) -> None:
    draw = random.Random(seed)
    shared, clock = room(limit)
    drawn = dict.fromkeys("abcde", 0.0)
    for _ in range(60):
        clock.now += draw.random() * 60
        who = draw.choice("abcde")
        wanted = draw.choice([0.0, draw.uniform(100, 8_000)])
        granted = shared.granted(who, wanted, draw.choice(list(Rank)), ANY)
        drawn[who] = granted if draw.random() < 0.5 or granted >= wanted else 0.0
        shared.draws(who, drawn[who], ANY)
        assert sum(drawn.values()) <= limit + 1e-6, f"seed {seed}"
