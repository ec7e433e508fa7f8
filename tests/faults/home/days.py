"""Days of a household with eight responses and the real planner, people and faults drawn from one seed."""

import asyncio
import gc
import random
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from unittest.mock import NonCallableMock

from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util

from tests.faults.home.household import LEAVES, PUMP_HOURS, WANTED_SOC, ZONE, Household
from tests.faults.home.kinds import KINDS, Kind, plug
from tests.faults.home.planning import PlanningGateway
from tests.faults.home.things import Thing
from tests.faults.home.world import World

HOLD: Final = timedelta(hours=2)
SETTLED: Final = timedelta(minutes=3)
"""After a start, before a person presses a button: Home Assistant must have seen the device before."""

WISHES: Final[dict[str, dict[str, Any]]] = {
    "car": {"ready_by": "06:45", "target": WANTED_SOC + 2},
    "tank": {"lowest": 48, "usual": 52, "highest": 60},
    "room": {"low": 19.5, "usual": 20, "high": 22.5},
    "pump": {"hours": PUMP_HOURS, "ready_by": "00:00"},
    "pond": {"hours": 2, "ready_by": "00:00"},
    "dishwasher": {"hours": 2, "ready_by": "06:30"},
    "freezer": {"limit": 0.28, "longest_minutes": 60},
}
POND: Final = plug("pond", {"kind": "run_hours", "power": 400})


@dataclass(slots=True)
class Days:
    """What happened, and what people would complain of."""

    seed: int
    complaints: list[str] = field(default_factory=list)
    touched: list[tuple[datetime, Thing]] = field(default_factory=list)
    faults: int = 0
    cars: int = 0
    weights: list[int] = field(default_factory=list)
    """What all objects of this process take, in bytes, at the end of each day."""


class Life:
    """Goes through days; every choice is drawn from the seed."""

    def __init__(self, seed: int, start: datetime) -> None:
        """Nothing has happened yet."""
        self.random = random.Random(seed)
        self.household = Household(random.Random(seed + 1))
        self.gateway = PlanningGateway(seed)
        self.days = Days(seed)
        kinds = {kind.name: kind for kind in (*KINDS, POND)}
        self.kinds: dict[str, Kind] = {thing.name: kinds[thing.name] for thing in self.household.things}
        responses = {name: kind.response for name, kind in self.kinds.items()}
        for name, wishes in WISHES.items():
            responses[name]["data"] = {**responses[name]["data"], **wishes}
        self.world = World(self.household.things, responses, self.gateway)
        self.world.zone = str(ZONE)
        self.started = start

    async def live(self, until: datetime) -> None:
        """Let days pass."""
        async with self.world:
            self.gateway.say(import_limit=12_000)
            tasks = [asyncio.create_task(each) for each in (self.household.live(), self._plan(), self._ask())]
            self.world.spared |= {*tasks, asyncio.current_task()}  # type: ignore[arg-type]
            while dt_util.utcnow() < until:
                for _ in range(24):
                    await self._hour()
                self.days.weights.append(weight())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._judge()

    async def _plan(self) -> None:
        while True:
            if not self.gateway.gone and self.gateway.devices:
                self.gateway.replan(dt_util.utcnow())
            await asyncio.sleep(3_600)

    async def _ask(self) -> None:
        """What has to be done by midnight, and by the morning."""
        household, complaints, whole = self.household, self.days.complaints, False
        while True:
            now = dt_util.utcnow().astimezone(ZONE)
            midnight = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), ZONE)
            await self.world.until(midnight)
            for name, ran, hours in (("pump", household.pumped, PUMP_HOURS), ("pond", household.ponded, 2)):
                if whole and ran < timedelta(hours=hours, minutes=-2):
                    complaints.append(f"{midnight:%d} the {name} ran {ran}")
            household.pumped = household.ponded = timedelta()
            await self.world.after(hours=6, minutes=31)
            if whole and household.washed < timedelta(hours=2, minutes=-2):
                complaints.append(f"{midnight:%d} the dishes were washed for {household.washed}")
            whole = True

    async def _hour(self) -> None:
        """An hour in which somebody does something, something breaks, or nothing happens."""
        now = dt_util.utcnow().astimezone(ZONE)
        if now.hour == 20:
            await self._load_dishwasher()
        what = self.random.random()
        await self.world.after(minutes=self.random.uniform(1, 25))
        if what < 0.15:
            await self._touch(now)
        elif what < 0.3:
            await self.random.choice(self._troubles())()
            self.days.faults += 1
        left = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        await self.world.until(max(left.astimezone(UTC), dt_util.utcnow() + timedelta(seconds=1)))

    async def _load_dishwasher(self) -> None:
        self.household.washed = timedelta()
        button = er.async_get(self.world.hass).async_get_entity_id("button", "temix", "dishwasher_ready")
        assert button is not None
        await self.world.act("button.press", button)

    async def _touch(self, now: datetime) -> None:
        """A person changes a device, at it or in Home Assistant; never what makes a wish impossible."""
        names = [name for name in self.kinds if self._may_touch(name, now)]
        if not names or dt_util.utcnow() - self.started < SETTLED:
            return
        kind, thing = self.kinds[name := self.random.choice(names)], self._thing(name)
        if self.random.random() < 0.5:
            kind.touch(thing)
        else:
            action, entity_id, data = kind.action(kind.touched(thing)[1])
            await self.world.act(action, entity_id, **data)
        self.days.touched.append((dt_util.utcnow(), thing))

    def _may_touch(self, name: str, now: datetime) -> bool:
        held = any(thing.name == name and dt_util.utcnow() - at < HOLD for at, thing in self.days.touched)
        night = now.hour >= 22 or now.hour < LEAVES.hour
        in_need = name in {"car", "dishwasher", "tank"} and night
        late = name in {"pump", "pond"} and now.hour >= 16
        return not held and not in_need and not late and self._thing(name).available

    def _thing(self, name: str) -> Thing:
        return next(thing for thing in self.household.things if thing.name == name)

    def _troubles(self) -> list[Callable[[], Awaitable[None]]]:
        return [
            self._gateway_leaves,
            self._no_prices,
            self._crash,
            self._restart,
            self._device_leaves,
            self._device_deaf,
        ]

    async def _gateway_leaves(self) -> None:
        self.gateway.leave()
        await self.world.after(minutes=self.random.uniform(1, 90))
        self.gateway.come_back()
        await self.world.after(minutes=2)

    async def _no_prices(self) -> None:
        self.gateway.say(plan=None, prices=(), spot=None)

    async def _crash(self) -> None:
        await self.world.crash()
        await self.world.after(minutes=self.random.uniform(1, 12))
        await self._start()

    async def _restart(self) -> None:
        await self.world.stop()
        await self.world.after(minutes=self.random.uniform(0.5, 3))
        await self._start()

    async def _start(self) -> None:
        await self.world.start()
        self.started = dt_util.utcnow()
        await self.world.after(minutes=3)

    async def _device_leaves(self) -> None:
        thing = self.random.choice(self.household.things)
        thing.set_available(available=False)
        await self.world.after(minutes=self.random.uniform(1, 20))
        thing.set_available(available=True)

    async def _device_deaf(self) -> None:
        thing = self.random.choice(self.household.things)
        thing.deaf = True
        await self.world.after(minutes=self.random.uniform(1, 10))
        thing.deaf = False

    def _judge(self) -> None:
        """No command after a manual change; and what the household's people noticed."""
        days = self.days
        for at, thing in days.touched:
            for command in thing.commands:
                if at < command.at < at + HOLD - timedelta(seconds=1):
                    days.complaints.append(f"{thing.name}, changed by hand {at}, was told {command}")
        for line in self.household.log:
            if "leaves with" in line:
                days.cars += 1
                if float(line.rpartition("with ")[2].split()[0]) >= WANTED_SOC:
                    continue
            days.complaints.append(line)


def weight() -> int:
    """Bytes of all objects that are reachable in this process; a mock would note that it was asked."""
    gc.collect()
    total, seen = 0, set()
    for each in gc.get_objects():
        if issubclass(type(each), NonCallableMock):
            continue
        total += sys.getsizeof(each)
        for simple in gc.get_referents(each):
            if not gc.is_tracked(simple) and id(simple) not in seen:
                seen.add(id(simple))
                total += sys.getsizeof(simple)
    return total
