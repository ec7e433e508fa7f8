"""The real planner behind the gateway that a test leads: it plans for what Home Assistant has reported."""

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from temix_gateway.home.devices import ReportHome
from temix_gateway.planning import Problem, Segment, Step
from temix_gateway.planning.planner import plan
from temix_gateway.question import known_devices
from temix_market.instants import QUARTER, Instant
from temix_market.intervals import Interval
from temix_market.units import Price

from custom_components.temix.client.models import (
    DevicePlan,
    Plan,
    PlanStep,
    PriceStep,
)
from custom_components.temix.client.wire import from_ms, to_ms
from tests.faults.home.gateway import ScriptedGateway

AHEAD: Final = timedelta(hours=36)


class Prices:
    """A price for every quarter of an hour: two peaks a day, and a seeded noise."""

    def __init__(self, seed: int) -> None:
        """Draw from ``seed``."""
        self._seed = seed

    def at(self, start: datetime) -> int:
        """To buy, millionths of the currency unit per kWh."""
        hour = start.hour + start.minute / 60
        level = (
            0.09 + 0.10 * max(0.0, 1 - abs(hour - 13) / 3) + 0.22 * max(0.0, 1 - abs((hour - 1) % 24 - 0) / 3)
        )
        noise = random.Random(f"{self._seed}{start:%Y%m%d%H}").uniform(-0.03, 0.06)
        return round((level + noise) * 1e6)


class PlanningGateway(ScriptedGateway):
    """Plans anew whenever asked, as the real gateway does every quarter of an hour."""

    def __init__(self, seed: int) -> None:
        """Know the prices of ``seed``."""
        super().__init__()
        self.prices = Prices(seed)
        self.devices: tuple[Any, ...] = ()

    async def report_home(self, at: datetime, devices: Iterable[Any], base_load: Iterable[Any] = ()) -> None:
        """Remember what the devices are."""
        self.devices = tuple(devices)
        await super().report_home(at, self.devices, base_load)

    def replan(self, now: datetime) -> None:
        """Say prices and a plan from ``now`` on."""
        start = now - timedelta(minutes=now.minute % 15, seconds=now.second, microseconds=now.microsecond)
        spans = [
            start + number * timedelta(minutes=15) for number in range(int(AHEAD / timedelta(minutes=15)))
        ]
        intervals = [Interval(Instant(to_ms(span)), QUARTER) for span in spans]
        message = {"type": "report_home", "id": 1, "at": to_ms(now), "base_load": []}
        message["devices"] = [device.to_message() for device in self.devices]
        report = msgspec.convert(message, ReportHome)
        asked = Problem(
            now=Instant(to_ms(now)),
            steps=tuple(
                Step(
                    interval=interval,
                    buy=(Segment(Price(self.prices.at(span))),),
                    sell=(Segment(Price(self.prices.at(span) // 2)),),
                )
                for span, interval in zip(spans, intervals, strict=True)
            ),
            devices=known_devices(report.devices, intervals, Instant(to_ms(now))),
        )
        made = plan(asked, budget=0)
        self.say(
            prices=tuple(
                PriceStep(
                    start=span,
                    end=span + timedelta(minutes=15),
                    buy=self.prices.at(span),
                    sell=self.prices.at(span) // 2,
                )
                for span in spans
                if span > now
            ),
            horizon=spans[-1] + timedelta(minutes=15),
            plan=Plan(
                made=now,
                devices=tuple(
                    DevicePlan(
                        device=device.id,
                        steps=tuple(
                            PlanStep(start=from_ms(step.start), end=from_ms(step.end), power=power)
                            for step, power in zip(made.steps, device.power, strict=True)
                        ),
                    )
                    for device in made.devices
                ),
            ),
        )
