"""When to plan anew before the hour is over: what a plan was based on, and whether that has changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any, Final, Self

import msgspec
from temix_market.instants import Instant
from temix_market.ladder import Rung, step_prices
from temix_market.units import Price

from temix_gateway.home.devices import ReportHome

PRICE_SHARE: Final = 0.1
PRICE_FLOOR: Final = Price(5_000)
"""A mean change of the prices to buy by a tenth, and by 0.005 per kWh, is material."""

MEASURED: Final = frozenset({"needed", "stored", "temperature", "outdoor", "remaining", "draw"})
"""Fields that drift as planned: where they do not, see ``surprise``."""


@dataclass(frozen=True, slots=True)
class Basis:
    """The wishes and the prices to buy (by start of a 5-minute step) on which a plan was made."""

    wishes: Mapping[str, Any]
    prices: Mapping[Instant, Price]

    @classmethod
    def of(cls, report: ReportHome, rungs: Sequence[Rung]) -> Self:
        """What a plan made now would be based on."""
        prices = {step.step.start: step.buy for step in step_prices(rungs) if step.buy is not None}
        return cls(_wishes(report), prices)

    def home_changed(self, report: ReportHome) -> bool:
        """Whether a report brings other devices or wishes."""
        return self.wishes != _wishes(report)

    def changed(self, other: Self, now: Instant) -> bool:
        """Whether wishes or prices differ enough to plan anew."""
        common = [start for start in self.prices if start > now and start in other.prices]
        if self.wishes != other.wishes or not common:
            return True
        change = mean(abs(other.prices[start] - self.prices[start]) for start in common)
        level = mean(abs(self.prices[start]) for start in common)
        return change > max(PRICE_FLOOR, PRICE_SHARE * level)


def _wishes(report: ReportHome) -> dict[str, Any]:
    return {
        device.id: {key: value for key, value in msgspec.to_builtins(device).items() if key not in MEASURED}
        for device in report.devices
    }
