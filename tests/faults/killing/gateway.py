"""A real gateway that kills itself at a labelled point: its code, with hooks around some functions.

It lives in a process of its own. Beside the hooks, only the home is a stand-in, which reports and wishes
faster than Home Assistant would, and the planner, which wants something else every time.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any, Final
from unittest.mock import patch

from temix_gateway import app, config
from temix_gateway.core import Core
from temix_gateway.home.devices import Load, ReportHome, RunTime
from temix_gateway.home.messages import Reading, ReportReadings
from temix_gateway.ledger.file import open_file
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.ledger.schema import STEPS, Step
from temix_gateway.ledger.verify import check
from temix_gateway.logs import set_up_logging
from temix_gateway.planning.forecast import foresee
from temix_gateway.planning.past import Foreseen, Past, PastRoom
from temix_gateway.retailer.service import Service
from temix_gateway.rules import Rules
from temix_market.instants import FIVE_MINUTES, HOUR, Duration
from temix_market.units import Money, Price

from tests.faults.trouble.planner import Planner
from tests.faults.trouble.points import AT_START, GATEWAY, hooked

PARTIAL: Final = "partial send"
LATER: Final[Step] = ("CREATE TABLE later (a INTEGER) STRICT", "CREATE INDEX later_a ON later (a)")
"""A step of the schema that a later version might bring."""


@dataclass(frozen=True, slots=True)
class Death:
    """Where to die: at the ``count``-th time that a point is reached; with no label it ends by itself.

    ``later``: as the version after this one, which migrates the ledger first.
    """

    label: str = ""
    count: int = 1
    seed: int = 0
    later: bool = False


class _Counter:
    def __init__(self, death: Death) -> None:
        self._label = death.label
        self._left = death.count

    def reached(self, label: str) -> None:
        """Die here, if this is the place."""
        if self.is_here(label):
            os.kill(os.getpid(), signal.SIGKILL)

    def is_here(self, label: str) -> bool:
        """Whether this is the place."""
        self._left -= label == self._label
        return label == self._label and self._left == 0


def live(configuration: Path, death: Death) -> None:
    """Run a gateway until it dies; without a death, until nothing is open any more."""
    counter, chance = _Counter(death), Random(death.seed)
    run, rules = Core.run, app.rules

    async def running(core: Core) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(run(core))
            group.create_task(_household(core, chance) if death.label else _end(core))

    async def posting(service: Service, path: str, body: Any, *rest: str) -> Any:
        if path == "/transactions" and counter.is_here(PARTIAL):
            body = _half(body)
        return await hooked_post(service, path, body, *rest)

    def at_once(loaded: config.Config) -> Rules:
        return replace(rules(loaded), jitter=Duration(0), minimum_gain=Money(0), certainty=Price(200_000))

    with ExitStack() as stack:
        stack.enter_context(hooked((*GATEWAY, *AT_START), counter.reached))
        hooked_post = Service.post
        stack.enter_context(patch.object(Service, "post", posting))
        stack.enter_context(patch.object(Core, "run", running))
        stack.enter_context(patch.object(app, "rules", at_once))
        stack.enter_context(patch.object(app, "PlannerProcess", lambda: _Planner(chance, chance)))
        if death.later:
            _be_later(stack)
        loaded = config.load(configuration)
        set_up_logging(loaded.gateway.log_level)
        asyncio.run(app.serve(loaded))


def _be_later(stack: ExitStack) -> None:
    """Know one step of the schema more, everywhere."""
    steps = (*STEPS, LATER)
    for name, module in list(sys.modules.items()):
        if name.startswith("temix_gateway.ledger.") and getattr(module, "STEPS", None) is STEPS:
            stack.enter_context(patch.object(module, "STEPS", steps))
    for function in (Ledger.__init__, open_file, check):
        defaults = tuple(steps if each is STEPS else each for each in function.__defaults__ or ())
        stack.enter_context(patch.object(function, "__defaults__", defaults))


class _Planner(Planner):
    """In this process: it has no worker."""

    def foresee(self, past: Past) -> Foreseen:
        """The real forecast."""
        return foresee(past)

    def learn(self, _past: PastRoom) -> None:
        """Of no building enough is known."""

    def close(self) -> None:
        """Nothing to close."""


async def _half(body: bytes) -> AsyncIterator[bytes]:
    """The first half of a request, and then nothing any more."""
    yield body[: len(body) // 2]
    await asyncio.sleep(0.05)  # it is on its way
    os.kill(os.getpid(), signal.SIGKILL)


async def _household(core: Core, chance: Random) -> None:
    """Wish for something else, and read the meter, again and again."""
    while True:
        now = core._clock.now()
        power = chance.randrange(300, 4_000)
        pump = RunTime(id="pump", power=power, remaining=2 * HOUR, finish_by=now + 20 * HOUR)
        load = Load(start=now, end=now + HOUR, power=power)
        await core.report_home(ReportHome(id=1, at=now, devices=[pump], base_load=[load]))
        start = now - now % FIVE_MINUTES - FIVE_MINUTES * chance.randrange(1, 12)
        reading = Reading(start=start, end=start + FIVE_MINUTES, energy=chance.randrange(-99, 999))
        await core.report_readings(ReportReadings(id=2, readings=[reading]))
        await asyncio.sleep(0.05)


async def _end(core: Core) -> None:
    """Trade no more, and end once every order has its answer."""
    await core.owner.pause_trading(True)
    while core.locked() or await core.books._ledger.pending() or core.books.unreported:
        core._wake.set()
        await asyncio.sleep(0.1)
    os.kill(os.getpid(), signal.SIGTERM)
