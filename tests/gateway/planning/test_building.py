"""Building constants from past hours: recovered where the past tells them, usual where it does not."""

import math
from dataclasses import dataclass
from datetime import date, timedelta

import msgspec
import numpy as np
import pytest
from temix_gateway.planning.building import CAPACITIES, learn
from temix_gateway.planning.past import Building, PastRoom
from temix_market.calendar import local_day
from temix_market.instants import HOUR, MINUTE, Instant
from temix_replay.home.home import SimulatedHome
from temix_replay.home.world.day import Place

START = Instant(1_613_196_000_000)  # 2021-02-13T06:00Z, midnight in Houston
ZONE = "America/Chicago"
EFFICIENCY = 3.0


@dataclass(frozen=True)
class House:
    """One thermal mass with a thermostat that lets it cool by night."""

    capacity: float = 5_000.0
    loss: float = 200.0
    gains: float = 400.0
    by_night: float = 2.5
    """K lower."""
    power: float = 3_000.0
    quiet: float = 0.2
    """K on each side of the set-point; a sloppy thermostat has more."""
    sensor: float = 0.1
    """K, standard deviation."""
    open_on: frozenset[int] = frozenset()
    """Days with a window open for four hours."""

    def past(self, days: int, seed: int = 1) -> PastRoom:
        rng = np.random.default_rng(seed)
        weather = np.cumsum(rng.normal(0, 0.4, days * 24)).tolist()
        temperature, runs = 20.0, False
        indoor: list[float | None] = []
        outdoor: list[float | None] = []
        drawn: list[float | None] = []
        for number in range(days * 24):
            clock = number % 24
            outside = 5 + 4 * math.sin((clock - 9) * math.pi / 12) + weather[number]
            wanted = 20 - (self.by_night if clock < 6 or clock >= 22 else 0)
            opened = 4.0 if number // 24 in self.open_on and 8 <= clock < 12 else 1.0
            indoor.append(temperature + rng.normal(0, self.sensor))
            energy = 0.0
            for _ in range(60):
                runs = temperature < wanted + (self.quiet if runs else -self.quiet)
                heat = EFFICIENCY * self.power * runs + self.gains + rng.normal(0, 200)
                temperature += (heat - opened * self.loss * (temperature - outside)) / 60 / self.capacity
                energy += self.power * runs / 60
            outdoor.append(outside)
            drawn.append(energy)
        return PastRoom(
            zone=ZONE,
            start=START,
            indoor=tuple(indoor),
            outdoor=tuple(outdoor),
            drawn=tuple(drawn),
            efficiency=EFFICIENCY,
        )


def known(past: PastRoom) -> Building:
    found = learn(past)
    assert found is not None
    return found


@pytest.mark.parametrize("loss", [90.0, 200.0, 350.0])
@pytest.mark.parametrize("capacity", [2_500.0, 5_000.0, 14_000.0])
def test_ten_days_tell_the_constants_of_a_house(capacity: float, loss: float) -> None:
    found = known(House(capacity, loss).past(10))

    assert found.heat_capacity == pytest.approx(capacity, rel=0.12)
    assert found.loss == pytest.approx(loss, rel=0.15)
    assert np.mean(found.gains) == pytest.approx(400, abs=250)
    assert found.capacity_factor < 1.2
    assert found.loss_factor < 1.3
    assert found.days == pytest.approx(10, abs=0.1)


def test_a_house_that_cools_is_learned_as_well() -> None:
    past = House(6_000, 250).past(10)
    mirrored = msgspec.structs.replace(
        past,
        indoor=tuple(40 - each for each in past.indoor if each is not None),
        outdoor=tuple(40 - each for each in past.outdoor if each is not None),
        efficiency=-EFFICIENCY,
    )

    found = known(mirrored)

    assert found.heat_capacity == pytest.approx(6_000, rel=0.12)
    assert found.loss == pytest.approx(250, rel=0.15)


def test_it_is_the_surer_the_more_it_has_seen() -> None:
    house = House(10_000, 120, sensor=0.3)

    few, many = known(house.past(4)), known(house.past(28))

    assert many.capacity_factor < few.capacity_factor
    assert many.loss_factor < few.loss_factor
    assert abs(math.log(many.heat_capacity / 10_000)) < abs(math.log(few.heat_capacity / 10_000)) + 0.05


def test_a_temperature_that_hardly_moves_leaves_a_usual_capacity_and_says_so() -> None:
    steady = House(12_000, 200, by_night=0, quiet=0.05, sensor=0.3)

    found = known(steady.past(6))

    assert found.capacity_factor > 1.2
    assert 4_000 < found.heat_capacity < 13_000
    assert found.loss == pytest.approx(200, rel=0.3)


def test_windows_that_stand_open_on_some_days_do_not_mislead() -> None:
    aired = House(open_on=frozenset({2, 5, 9}))

    found = known(aired.past(14))

    assert found.heat_capacity == pytest.approx(5_000, rel=0.15)
    assert found.loss == pytest.approx(200, rel=0.25)


def test_gaps_and_a_sensor_that_errs_do_not_mislead() -> None:
    past = House().past(14)
    rng = np.random.default_rng(3)
    indoor, outdoor, drawn = list(past.indoor), list(past.outdoor), list(past.drawn)
    for series in (indoor, outdoor, drawn):
        for hour in rng.integers(0, len(indoor), 8):
            series[hour] = None
    indoor[100], indoor[200], outdoor[150] = 85.0, -127.0, 1_000.0

    found = known(
        msgspec.structs.replace(past, indoor=tuple(indoor), outdoor=tuple(outdoor), drawn=tuple(drawn))
    )

    assert found.heat_capacity == pytest.approx(5_000, rel=0.15)
    assert found.loss == pytest.approx(200, rel=0.2)


def test_two_days_are_too_few() -> None:
    assert learn(House().past(2)) is None
    unknown = (None,) * 240
    assert learn(msgspec.structs.replace(House().past(10), outdoor=unknown)) is None


def _shuffled(past: PastRoom, seed: int) -> PastRoom:
    rng = np.random.default_rng(seed)
    noise = tuple(rng.uniform(10, 30, len(past.indoor)).tolist())
    return msgspec.structs.replace(past, indoor=noise)


@pytest.mark.parametrize("seed", range(3))
def test_a_temperature_that_no_building_has_teaches_nothing(seed: int) -> None:
    assert learn(_shuffled(House().past(10), seed)) is None


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_seen_the_constants_are_those_of_a_building(seed: int) -> None:
    past = House(by_night=0).past(10)
    rng = np.random.default_rng(seed)
    other = tuple(rng.permutation(np.array(past.drawn, dtype=float)).tolist())

    found = learn(msgspec.structs.replace(past, drawn=other))

    if found is not None:
        assert CAPACITIES[0] < found.heat_capacity < CAPACITIES[-1]
        assert 20 < found.loss < 2_000
        assert all(math.isfinite(gain) for gain in found.gains)


def _lived(first: date, days: int) -> PastRoom:
    """What sensors would have seen in the replay's house, which has two masses and a real heat pump."""
    place = Place(1)
    home = SimulatedHome(place, local_day(place.zone, first - timedelta(days=1)).start)
    begin, end = (local_day(place.zone, first + timedelta(days=day)).start for day in (0, days))
    indoor, outdoor, drawn = [], [], []
    while home.now < end:
        indoor.append(home.house.air)
        outside, energy = 0.0, 0.0
        for _ in range(60):
            home.step(MINUTE)
            outside, energy = outside + home.outdoor / 60, energy + home.powers.house / 60
        outdoor.append(outside)
        drawn.append(energy)
    from_start = (begin - local_day(place.zone, first - timedelta(days=1)).start) // HOUR
    return PastRoom(
        zone=place.zone.key,
        start=begin,
        indoor=tuple(indoor[from_start:]),
        outdoor=tuple(outdoor[from_start:]),
        drawn=tuple(drawn[from_start:]),
        efficiency=EFFICIENCY,
    )


def _errors(past: PastRoom, building: Building) -> float:
    """K, root of the mean square over courses of a day that begin as the past did."""
    keep = math.exp(-building.loss / building.heat_capacity)
    squares = []
    for day in range(len(past.indoor) // 24 - 1):
        temperature = past.indoor[day * 24] or 0.0
        for clock in range(24):
            hour = day * 24 + clock
            heat = building.gains[clock] + past.efficiency * (past.drawn[hour] or 0)
            rest = (past.outdoor[hour] or 0) + heat / building.loss
            temperature = keep * temperature + (1 - keep) * rest
            squares.append((temperature - (past.indoor[hour + 1] or 0)) ** 2)
    return math.sqrt(float(np.mean(squares)))


def _usual(learned: Building) -> Building:
    """A building of which nothing is known."""
    return msgspec.structs.replace(learned, heat_capacity=5_000.0, loss=200.0, gains=(0.0,) * 24)


def test_the_next_days_of_a_house_with_other_physics_are_foreseen_better_than_by_a_usual_one() -> None:
    whole = _lived(date(2021, 1, 10), 15)

    def hours(first: int, last: int) -> PastRoom:
        parts = {name: getattr(whole, name)[first:last] for name in ("indoor", "outdoor", "drawn")}
        return msgspec.structs.replace(whole, start=Instant(whole.start + first * HOUR), **parts)

    learned = known(hours(0, 240))
    usual = _usual(learned)

    assert _errors(hours(240, 360), learned) < 0.6 * _errors(hours(240, 360), usual)


def test_a_sloppier_thermostat_teaches_more() -> None:
    steady, sloppy = (House(by_night=0, quiet=quiet, sensor=0.3) for quiet in (0.1, 1.5))
    assert known(sloppy.past(8)).capacity_factor < known(steady.past(8)).capacity_factor
