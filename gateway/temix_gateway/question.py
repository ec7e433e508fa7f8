"""What the planner is asked, from Home Assistant's report and the market, and what its answer asks for."""

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from temix_market.instants import FIVE_MINUTES, HOUR, Duration, Instant, to_datetime
from temix_market.intervals import Interval, spread_evenly
from temix_market.positions import Positions
from temix_market.units import Energy, Power, Price

from temix_gateway.cars import usual_departure, usual_stay
from temix_gateway.home import devices as reported
from temix_gateway.home.devices import Load
from temix_gateway.home.messages import ReportHistory, RoomHistory
from temix_gateway.learned import NOTHING_LEARNED, Learned
from temix_gateway.market import Market, both
from temix_gateway.planning import Plan, Problem, devices
from temix_gateway.planning.devices.ev_charger import one_ampere
from temix_gateway.planning.horizon import UNPAID, Shown
from temix_gateway.planning.past import Foreseen, Past, PastRoom
from temix_gateway.planning.problem import Step
from temix_gateway.trading.cover import at_share, shares_to_hold

WATER_WH_PER_LITRE_KELVIN: Final = 1.163
USEFUL_WATER: Final = 40_000
"""Below 40 °C (thousandths) the water of a tank is of no use to anyone."""

USUAL_CAPACITY, USUAL_LOSS = 5_000, 200
"""Of a building of which nothing was told or learned, Wh and W per °C."""

SENSOR_ERRS: Final = 0.02
"""Share of its capacity by which what a battery says that it holds may lie beyond it: so much is rounding."""

type Margins = Mapping[Instant, tuple[Energy, Energy]]
"""How far the position may be below and above the plan in each 5-minute step, by start (Wh)."""
NO_MARGIN: Final = Energy(0), Energy(0)

DAY: Final = Duration(24 * HOUR)


def base_load(loads: Sequence[Load], intervals: Sequence[Interval]) -> list[float]:
    """Mean power of the base load (W, net of solar) in each interval; the last value holds on."""
    ends, covered, energy = [each.end for each in intervals], [0] * len(intervals), [0] * len(intervals)
    for load in loads:
        for at in range(bisect_right(ends, load.start), len(intervals)):
            overlap = min(load.end, ends[at]) - max(load.start, intervals[at].start)
            if overlap <= 0:
                break
            covered[at] += overlap
            energy[at] += overlap * load.power
    last = loads[-1].power if loads else 0
    return [
        (known + (each.duration - part) * last) / each.duration
        for each, part, known in zip(intervals, covered, energy, strict=True)
    ]


def past_hours(
    history: ReportHistory | None, zone: ZoneInfo, now: Instant, intervals: Sequence[Interval]
) -> Past:
    """What to ask, to learn the load in each interval that past days let expect."""
    return Past(
        zone=zone.key,
        now=now,
        intervals=tuple(intervals),
        start=now if history is None else Instant(history.start),
        load=() if history is None else tuple(history.load),
        sun=() if history is None else tuple(history.sun),
    )


def held_load(reports: Sequence[reported.Device], intervals: Sequence[Interval]) -> list[float]:
    """Mean power (W) in each interval of devices that people lead: as now, until they are let go."""
    held = [device for device in reports if isinstance(device, reported.Held)]
    return [
        sum(
            device.power * max(0, min(device.until, interval.end) - interval.start) / interval.duration
            for device in held
        )
        for interval in intervals
    ]


def past_room(history: RoomHistory, cop: int, zone: ZoneInfo) -> PastRoom:
    """What to ask, to learn how a building keeps its warmth; ``cop`` in percent."""
    return PastRoom(
        zone=zone.key,
        start=Instant(history.start),
        indoor=_degrees(history.indoor),
        outdoor=_degrees(history.outdoor),
        drawn=tuple(history.drawn),
        efficiency=cop / (-100 if history.cooling else 100),
    )


def known_devices(
    devices_reported: Sequence[reported.Device],
    intervals: Sequence[Interval],
    now: Instant,
    learned: Learned = NOTHING_LEARNED,
) -> tuple[devices.Device, ...]:
    """The devices that have something to plan, as the planner knows them."""
    known = (_DEVICES[type(device)](device, intervals, now, learned) for device in devices_reported)
    return tuple(device for device in known if device is not None)


def past_prices(market: Market) -> dict[Instant, Shown]:
    """The prices to buy and to sell of every interval whose spots are frozen, by start."""
    past = {}
    for start in market.spots:
        if spots := market.settling(start):
            buy, sell = both(spots)
            past[start] = Shown(buy, UNPAID if sell is None else sell)
    return past


def targets(plan: Plan, advised: Collection[str] = ()) -> dict[Instant, Energy]:
    """The position that a plan wants in each 5-minute step, by start (Wh), without the devices advised."""
    return {
        part.start: energy
        for step, load in zip(plan.steps, _without(plan, advised), strict=True)
        for part, energy in zip(
            step.split(FIVE_MINUTES), spread_evenly(load, step.duration // FIVE_MINUTES), strict=True
        )
    }


def margins(problem: Problem, foreseen: Foreseen, fear: Price, certainty: Price) -> Margins:
    """How far the position may be beside the plan, so that surprises of the load are covered, not too dearly.

    ``fear`` is what a kWh too little costs beyond its expected price, ``certainty`` what a known price is
    worth.
    """
    found = {}
    for step, expected, at_most in zip(problem.steps, foreseen.expected, foreseen.at_most, strict=True):
        spread = Price(step.buy[0].price - step.sell[0].price)
        low, high = (
            Energy(round((at_share(foreseen.shares, at_most, share) - expected) * FIVE_MINUTES / HOUR))
            for share in shares_to_hold(fear, certainty, spread)
        )
        found.update(dict.fromkeys((part.start for part in step.interval.split(FIVE_MINUTES)), (low, high)))
    return found


def covering(
    planned: Mapping[Instant, Energy], positions: Positions, margins: Margins
) -> dict[Instant, Energy]:
    """The position that is wanted in each 5-minute step: the plan's, or the one held where that may stay."""
    if not margins:
        return dict(planned)
    wanted, held = {}, positions.steps(planned)
    for start, load in planned.items():
        low, high = margins.get(start, NO_MARGIN)
        wanted[start] = Energy(load + min(max(held[start] - load, low), high))
    return wanted


def beside(problem: Problem, covered: Mapping[Instant, Energy]) -> Problem:
    """The problem without the part of the position that covers what is not planned (Wh by 5-minute step).

    So the kink lies where the plan is, and the plan does not use up what is held for surprises.
    """

    def without(step: Step) -> Step:
        surprises = sum(covered.get(part.start, 0) for part in step.interval.split(FIVE_MINUTES))
        return msgspec.structs.replace(step, position=Energy(step.position - surprises))

    return msgspec.structs.replace(problem, steps=tuple(map(without, problem.steps)))


def loads_beside(plan: Plan, device_id: str) -> list[Load]:
    """What the home draws (W, net of solar) by a plan, without one of its devices."""
    return [
        Load(start=step.start, end=step.end, power=round(load * HOUR / step.duration))
        for step, load in zip(plan.steps, _without(plan, {device_id}), strict=True)
    ]


def _without(plan: Plan, left_out: Collection[str]) -> list[Energy]:
    """The plan's net load in each step (Wh), without some devices."""
    powers = [device.power for device in plan.devices if device.id in left_out]
    return [
        Energy(round(load - sum(power[number] for power in powers) * step.duration / HOUR))
        for number, (step, load) in enumerate(zip(plan.steps, plan.net_load, strict=True))
    ]


def _ev_charger(
    car: reported.EvCharger, intervals: Sequence[Interval], now: Instant, learned: Learned
) -> devices.EvCharger | None:
    """The car that is there, or the next one that is usually there within the horizon."""
    seen, end = learned.cars.get(car.id), intervals[-1].end
    told = None if car.ready_by is None else Instant(car.ready_by)
    if car.connected:
        arrives, needed = None, Energy(car.needed)
        ready_by = told or (seen and usual_departure(seen, now, learned.zone)) or end
    else:
        stay = seen and usual_stay(seen, now, learned.zone)
        if not stay or stay.arrives >= end:
            return None
        arrives, needed = stay.arrives, stay.needed
        ready_by = told if told is not None and told > arrives else stay.leaves or end
    if needed <= 0 or ready_by <= now:
        return None
    least = Power(max(1, car.min_power or car.max_power))
    return devices.EvCharger(
        id=car.id,
        min_power=least,
        max_power=Power(car.max_power),
        power_step=one_ampere(least),
        efficiency=1.0,  # what is needed is measured at the meter
        capacity=needed,
        target=needed,
        arrives=arrives,
        ready_by=min(ready_by, end),
    )


def _battery(
    battery: reported.Battery,
    intervals: Sequence[Interval],  # noqa: ARG001
    now: Instant,  # noqa: ARG001
    learned: Learned,  # noqa: ARG001
) -> devices.Battery:
    one_way = (battery.efficiency / 100) ** 0.5
    stored, much = battery.stored, round(SENSOR_ERRS * battery.capacity)
    if -much <= stored <= battery.capacity + much:
        stored = min(max(stored, 0), battery.capacity)
    return devices.Battery(
        id=battery.id,
        capacity=Energy(battery.capacity),
        stored=Energy(stored),
        reserve=Energy(battery.reserve),
        max_charge=Power(battery.max_charge),
        max_discharge=Power(battery.max_discharge),
        charge_efficiency=one_way,
        discharge_efficiency=one_way,
    )


def _water_heater(
    tank: reported.WaterHeater,
    intervals: Sequence[Interval],
    now: Instant,  # noqa: ARG001
    learned: Learned,  # noqa: ARG001
) -> devices.WaterHeater:
    coldest = min(tank.minimum, USEFUL_WATER)

    def heat(temperature: int) -> int:
        return round((temperature - coldest) / 1000 * tank.volume / 1000 * WATER_WH_PER_LITRE_KELVIN)

    capacity = max(1, heat(tank.maximum))
    stored = min(max(0, heat(tank.temperature)), capacity)
    return devices.WaterHeater(
        id=tank.id,
        power=Power(tank.power),
        capacity=Energy(capacity),
        stored=Energy(stored),
        reserve=Energy(max(0, heat(tank.minimum))),
        loss_hours=max(1.0, capacity / max(1, tank.standing_loss)),
        draws=tuple(tank.draw / 24 for _ in intervals),
    )


def _thermostat(
    room: reported.Thermostat,
    intervals: Sequence[Interval],
    now: Instant,  # noqa: ARG001
    learned: Learned,
) -> devices.Climate:
    bands = [_band(room, interval.start) for interval in intervals]
    building = learned.buildings.get(room.id) if room.capacity is None and room.loss is None else None
    if building is not None and building.efficiency != room.cop / 100:
        building = (
            None  # what is drawn tells heat only at an efficiency: with another it was another building
        )
    capacity, loss = (
        (room.capacity or USUAL_CAPACITY, room.loss or USUAL_LOSS)
        if building is None
        else (building.heat_capacity, building.loss)
    )
    return devices.Climate(
        id=room.id,
        temperature=room.temperature / 1000,
        outdoor=tuple(room.outdoor / 1000 for _ in intervals),
        gains=() if building is None else tuple(_by_clock(building.gains, intervals, learned.zone)),
        low=tuple(low / 1000 for low, _ in bands),
        high=tuple(high / 1000 for _, high in bands),
        heating_power=Power(0 if room.cooling else room.power),
        cooling_power=Power(room.power if room.cooling else 0),
        heating_efficiency=room.cop / 100,
        cooling_efficiency=room.cop / 100,
        loss_hours=max(0.1, capacity / max(1, loss)),
        heat_capacity=float(max(1, capacity)),
    )


def _by_clock(hourly: Sequence[float], intervals: Sequence[Interval], zone: ZoneInfo) -> Iterator[float]:
    """The values of the hours of the clock in which the middle of each interval lies."""
    for interval in intervals:
        middle = Instant(interval.start + interval.duration // 2)
        yield hourly[to_datetime(middle).astimezone(zone).hour]


def _degrees(thousandths: Iterable[int | None]) -> tuple[float | None, ...]:
    return tuple(None if value is None else value / 1000 for value in thousandths)


def _band(room: reported.Thermostat, at: Instant) -> tuple[int, int]:
    """The lowest and the highest temperature (thousandths of °C) that holds at an instant."""
    begun = [(each.minimum, each.maximum) for each in room.comfort if each.start <= at]
    return begun[-1] if begun else (room.minimum, room.maximum)


def _run_time(
    pump: reported.RunTime,
    intervals: Sequence[Interval],
    now: Instant,
    learned: Learned,  # noqa: ARG001
) -> devices.DailyRun | None:
    end = min(Instant(pump.finish_by), intervals[-1].end)
    if pump.remaining <= 0 or end <= now:
        return None
    run = Duration(pump.remaining)
    return devices.DailyRun(
        id=pump.id,
        power=Power(pump.power),
        windows=(devices.Window(start=now, end=end, run=run),),
        min_run=Duration(min(pump.minimum_run, run, end - now)),
    )


def _held(
    device: reported.Held,
    intervals: Sequence[Interval],
    now: Instant,
    learned: Learned,
) -> None:
    """Its load is known, see ``held_load``; there is nothing to plan."""


type _Known = devices.Device | None

_DEVICES: Final[dict[type[reported.Device], Callable[..., _Known]]] = {
    reported.EvCharger: _ev_charger,
    reported.Battery: _battery,
    reported.WaterHeater: _water_heater,
    reported.Thermostat: _thermostat,
    reported.RunTime: _run_time,
    reported.Held: _held,
}
