"""Buildings are learned when their past is another one; what was learned stays until more is known."""

from pathlib import Path

import pytest
from temix_gateway.files import Files
from temix_gateway.learned import Buildings, Kept
from temix_gateway.planning.past import Building, PastRoom
from temix_gateway.planning.worker import PlannerLost
from temix_gateway.running import buildings_of
from temix_market.instants import Instant


def past(hours: int) -> PastRoom:
    some = (20.0,) * hours
    return PastRoom(zone="UTC", start=Instant(0), indoor=some, outdoor=some, drawn=some, efficiency=3)


def building(capacity: float) -> Building:
    return Building(
        heat_capacity=capacity,
        loss=200,
        gains=(0.0,) * 24,
        capacity_factor=1.1,
        loss_factor=1.1,
        days=5,
        efficiency=3,
    )


class Teacher:
    """Answers what it is told to, and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[PastRoom] = []
        self.answer: Building | PlannerLost | None = None

    async def __call__(self, asked: PastRoom) -> Building | None:
        self.asked.append(asked)
        if isinstance(self.answer, PlannerLost):
            raise self.answer
        return self.answer


@pytest.fixture
def teacher() -> Teacher:
    return Teacher()


async def test_the_same_past_is_asked_once(teacher: Teacher) -> None:
    teacher.answer, buildings = building(7_000), Buildings(teacher, Kept())
    for _ in range(3):
        assert (await buildings.learn({"room": past(100)}))["room"].heat_capacity == 7_000
    assert len(teacher.asked) == 1
    await buildings.learn({"room": past(124)})
    assert len(teacher.asked) == 2


async def test_a_past_that_says_too_little_leaves_what_was_learned(teacher: Teacher) -> None:
    buildings = Buildings(teacher, Kept())
    assert await buildings.learn({"room": past(10)}) == {}
    teacher.answer = building(7_000)
    await buildings.learn({"room": past(100)})
    teacher.answer = None
    assert (await buildings.learn({"room": past(20)}))["room"].heat_capacity == 7_000


async def test_a_planner_that_is_lost_costs_no_plan(teacher: Teacher) -> None:
    teacher.answer, buildings = PlannerLost(), Buildings(teacher, Kept())
    assert await buildings.learn({"room": past(100), "other": past(100)}) == {}
    assert len(teacher.asked) == 2


async def test_what_was_learned_outlasts_a_restart_whose_past_says_too_little(
    teacher: Teacher, tmp_path: Path
) -> None:
    files = Files(tmp_path)
    teacher.answer = building(7_000)
    before = await Buildings(teacher, buildings_of(files)).learn({"room": past(100)})
    teacher.answer = None
    after = Buildings(teacher, buildings_of(files))
    assert await after.learn({}) == before, "known before Home Assistant has told of any past"
    assert await after.learn({"room": past(20)}) == before

    teacher.answer = building(9_000)
    assert (await after.learn({"room": past(124)}))["room"].heat_capacity == 9_000
    assert buildings_of(files).known["room"].heat_capacity == 9_000, "the newer one is kept"


@pytest.mark.parametrize("spoilt", [b"{", b'{"room": {"loss": 5}}'])
async def test_a_spoilt_file_begins_anew(tmp_path: Path, spoilt: bytes) -> None:
    files = Files(tmp_path)
    files.buildings.write_bytes(spoilt)
    assert buildings_of(files).known == {}
