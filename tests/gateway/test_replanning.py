"""When the core plans anew: prices, wishes, people, surprises, an old plan; and when it does not."""

from collections.abc import Iterator

import pytest
from temix_gateway.home.devices import Battery, Device, EvCharger, ReportHome, Thermostat, WaterHeater
from temix_gateway.planning import Plan, Problem
from temix_market.instants import FIVE_MINUTES, MINUTE, Instant

from tests.gateway.bench import Bench

BATTERY = {"capacity": 10_000, "max_charge": 3_000, "max_discharge": 3_000}
TANK = {"power": 2_000, "volume": 200_000, "minimum": 45_000, "maximum": 60_000}
ROOM = {"power": 2_000, "outdoor": 5_000, "minimum": 19_000, "maximum": 22_000, "cooling": False}


def home(
    *,
    stored: int = 5_000,
    tank: int = 52_000,
    room: int = 20_500,
    needed: int = 9_000,
    connected: bool = True,
) -> list[Device]:
    return [
        Battery(id="battery", stored=stored, **BATTERY),
        WaterHeater(id="tank", temperature=tank, **TANK),
        Thermostat(id="room", temperature=room, **ROOM),
        EvCharger(id="car", connected=connected, needed=needed, max_power=7_200),
    ]


class Life:
    """A home that reports, and a retailer that publishes; ``turned`` says how often was planned."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.price = 100_000
        self.spikes: dict[int, int] = {}
        self.devices = home()

    async def turned(self, minutes: float = 0) -> int:
        self.bench.clock.wall = Instant(self.bench.clock.wall + int(minutes * MINUTE))
        if self.bench.clock.wall % FIVE_MINUTES == 0:
            await self.bench.publish(self.price, self.spikes)
        await self.bench.core.report_home(ReportHome(id=1, at=self.bench.clock.now(), devices=self.devices))
        await self.bench.core.turn()
        return self.bench.core.plans.made

    def as_planned(self) -> list[Device]:
        """The devices as the plan foresaw them for the end of the step that begins now."""
        plan, problem = self.bench.core.plans.in_force, self.bench.core.plans.problem
        assert plan is not None
        assert problem is not None
        return _foreseen(plan, problem, Instant(self.bench.clock.now() + FIVE_MINUTES))


def _foreseen(plan: Plan, problem: Problem, at: Instant) -> list[Device]:
    (step,) = [number for number, each in enumerate(plan.steps) if each.end == at]
    state = {device.id: device.state[step] for device in plan.devices if device.state is not None}
    tank, car = (next(each for each in problem.devices if each.id == name) for name in ("tank", "car"))
    warmer = (state["tank"] - tank.stored) / (200 * 1.163)
    return home(
        stored=round(state["battery"]),
        tank=round(52_000 + 1_000 * warmer),
        room=round(state["room"] * 1_000),
        needed=round(car.target - state["car"]),
    )


@pytest.fixture
async def life(bench: Bench) -> Iterator[Life]:
    life = Life(bench)
    assert await life.turned() == 1
    return life


async def test_a_home_that_goes_as_planned_is_planned_for_once_an_hour(life: Life) -> None:
    made = []
    for _ in range(13):
        life.devices = life.as_planned()
        made.append(await life.turned(5))
    assert made == [1] * 11 + [2, 2], "an hour old"


@pytest.mark.parametrize(
    "surprise",
    [{"stored": 7_000}, {"stored": 3_000}, {"tank": 57_000}, {"room": 18_500}, {"needed": 12_000}],
    ids="-".join,
)
async def test_a_state_far_from_the_plan_s_plans_anew_at_the_next_step(
    life: Life, surprise: dict[str, int]
) -> None:
    life.devices = home(**surprise)
    assert await life.turned(1) == 1, "not amid the step in which it was planned"
    assert await life.turned(4) == 2
    assert await life.turned(1) == 2, "that it is so now is no surprise any more"


@pytest.mark.parametrize(
    "drift",
    [{"stored": 5_600}, {"tank": 52_800}, {"room": 19_700}, {"needed": 8_500}],
    ids="-".join,
)
async def test_a_state_near_the_plan_s_changes_nothing(life: Life, drift: dict[str, int]) -> None:
    life.devices = home(**drift)
    assert await life.turned(5) == 1


async def test_a_sensor_that_jumps_to_and_fro_plans_at_most_once_a_step(life: Life) -> None:
    made = []
    for minute in range(10):
        life.devices = home(stored=9_000 if minute % 2 else 1_000)
        made.append(await life.turned(1))
    assert made[-1] <= 3


async def test_prices_that_tremble_change_nothing_and_prices_that_jump_do(life: Life) -> None:
    for price in (106_000, 95_000, 108_000):
        life.price = price
        life.devices = life.as_planned()
        assert await life.turned(5) == 1
    life.price = 300_000  # of the next hour: what lies beyond is published on its own marks
    life.devices = life.as_planned()
    assert await life.turned(5) == 2
    assert await life.turned(1) == 2, "that they are so now is no change any more"


@pytest.mark.parametrize("spike", [600_000, -400_000])
async def test_a_single_step_at_a_price_far_off_plans_anew_and_is_used(life: Life, spike: int) -> None:
    """Five minutes of an hour are hardly seen in a mean, and may be worth more than the rest of the day."""
    at = Instant(life.bench.clock.now() + 6 * FIVE_MINUTES)
    life.spikes = {at: spike}
    life.devices = life.as_planned()
    assert await life.turned(5) == 2
    assert await life.turned(1) == 2, "that it is so now is no change any more"
    plan = life.bench.core.plans.in_force
    assert plan is not None
    (step,) = [number for number, each in enumerate(plan.steps) if each.start == at]
    drawn = sum(device.power[step] for device in plan.devices)
    assert drawn == -3_000 if spike > 0 else drawn > 11_000, "all that the battery, or the connection, allows"
    life.spikes = {}
    assert await life.turned(4) == 3, "that it is gone is one"


async def test_a_spike_that_no_device_could_use_changes_nothing(life: Life) -> None:
    life.devices = home(connected=False)[:0]
    assert await life.turned(1) == 2, "other devices"
    life.spikes = {life.bench.clock.now() + 9 * MINUTE: 600_000}
    assert await life.turned(4) == 2


async def test_single_prices_that_differ_by_little_money_change_nothing(life: Life) -> None:
    life.spikes = {life.bench.clock.now() + 6 * FIVE_MINUTES: 160_000}
    life.devices = life.as_planned()
    assert await life.turned(5) == 1


async def test_a_person_s_wish_plans_at_once(life: Life) -> None:
    life.devices = home(connected=False)
    assert await life.turned(0.5) == 2
    life.devices = home()
    assert await life.turned(0.5) == 3
    await life.bench.core.plan_again()
    assert await life.turned(0.5) == 4


async def test_an_hour_without_news_is_too_old(life: Life) -> None:
    life.devices = []
    assert await life.turned(1) == 2, "other devices"
    assert await life.turned(55) == 2
    assert await life.turned(5) == 3
    assert life.bench.core.plans.in_force.made_at == life.bench.clock.now()
