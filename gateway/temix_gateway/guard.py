"""The bill guard: warns where use is expected to cost too much, and sheds what the owner allowed. Pure.

It bounds what is *used*, at spot or otherwise; the limits of trade are another matter and stay as they are.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import msgspec
from temix_market.instants import HOUR, Instant
from temix_market.units import Energy, Money, Power, Price, money_text

from temix_gateway.forecast import Forecast
from temix_gateway.planning import DevicePlan, Plan
from temix_gateway.planning.result import Reason, Unmet, Why

RELEASE: Final = 95
"""A device that is shed comes back only where the forecast with it is below so many percent of the limit."""

SENTENCE: Final = "Off until midnight: the bill guard keeps the bill below its limit."

UNMET: Final = "bill_guard"
"""The wish of a device that is shed: to have what it would have drawn until midnight."""

NOT_SHED: Final = frozenset({"battery", "pv_curtailment"})
"""Kinds that are never shed: what they do lowers the bill."""


@dataclass(frozen=True, slots=True)
class Guard:
    """What the owner set: how much a day and a month may cost (nothing: no limit), and what may be shed.

    ``sheddable`` are ids of devices, the first to go first.
    """

    a_day: Money | None = None
    a_month: Money | None = None
    sheddable: tuple[str, ...] = ()

    @property
    def watches(self) -> bool:
        """Whether any limit is set."""
        return self.a_day is not None or self.a_month is not None

    def excess(self, forecast: Forecast, percent: int = 100) -> Money:
        """By how much a forecast passes so many percent of the nearer limit; not above zero: it is within."""
        over = [
            expected - limit * percent // 100
            for expected, limit in ((forecast.today, self.a_day), (forecast.month, self.a_month))
            if expected is not None and limit is not None
        ]
        return Money(max(over, default=0))


NO_GUARD: Final = Guard()


@dataclass(frozen=True, slots=True)
class Shed:
    """A device that is told off, and what that is expected to save until midnight."""

    device: str
    saved: Money


@dataclass(frozen=True, slots=True)
class Guarded:
    """What the guard made of a plan: plan, forecasts with and without it, what is shed, and a warning."""

    plan: Plan
    forecast: Forecast
    without: Forecast
    shed: tuple[Shed, ...]
    warning: str


def guard(
    settings: Guard,
    plan: Plan,
    until: Instant,
    look_ahead: Callable[[Plan], Forecast],
    already: Sequence[str] = (),
) -> Guarded:
    """Shed devices in their order until the forecast is within the limits, or nothing is left to shed.

    Args:
        settings: limits, and what may be shed.
        plan: what is planned.
        until: midnight, where shedding ends.
        look_ahead: what is expected to be owed with a plan.
        already: what was shed before; it comes back only with some room to spare, so that nothing flaps.
    """
    without = forecast = look_ahead(plan)
    kept, shed = plan, list[Shed]()
    for device in settings.sheddable:
        percent = RELEASE if device in already else 100
        if settings.excess(forecast, percent) <= 0:
            break
        less = without_device(kept, device, until)
        ahead = look_ahead(less)
        saved = Money((forecast.today or 0) - (ahead.today or 0))
        if less is kept or saved <= 0:
            continue
        kept, forecast = less, ahead
        shed.append(Shed(device, saved))
    return Guarded(kept, forecast, without, tuple(shed), _warning(settings, without, forecast, shed))


def with_plan(
    settings: Guard, guarded: Guarded, plan: Plan, look_ahead: Callable[[Plan], Forecast]
) -> Guarded:
    """The same devices shed in another plan; the one at hand where that passes a limit further."""
    ahead = look_ahead(plan)
    if settings.excess(ahead) > max(0, settings.excess(guarded.forecast)):
        return guarded
    warning = _warning(settings, guarded.without, ahead, guarded.shed)
    return replace(guarded, plan=plan, forecast=ahead, warning=warning)


def without_device(plan: Plan, device: str, until: Instant) -> Plan:
    """The plan with a device off until an instant, and its wish not met; else the plan as it is."""
    found = next((each for each in plan.devices if each.id == device and each.kind not in NOT_SHED), None)
    if found is None:
        return plan
    count = sum(step.start < until for step in plan.steps)
    gone = [max(0, power) if index < count else 0 for index, power in enumerate(found.power)]
    if not any(gone):
        return plan
    off = msgspec.structs.replace(
        found,
        power=tuple(Power(power - less) for power, less in zip(found.power, gone, strict=True)),
        state=None,
        reasons=_reasons(found, plan, count),
        explanation=None,
    )
    saved = [less * step.duration // HOUR for less, step in zip(gone, plan.steps, strict=True)]
    return msgspec.structs.replace(
        plan,
        devices=tuple(off if each.id == device else each for each in plan.devices),
        net_load=tuple(Energy(load - less) for load, less in zip(plan.net_load, saved, strict=True)),
        unmet=(*plan.unmet, Unmet(device=device, wish=UNMET, amount=sum(saved), unit="Wh", cost=Money(0))),
    )


def _reasons(device: DevicePlan, plan: Plan, count: int) -> tuple[Reason, ...]:
    prices = plan.marginal_price[:count]
    told = Reason(
        first=0,
        count=count,
        why=Why.SHED,
        price=Price(sum(prices) // len(prices)),
        sentence=SENTENCE,
    )
    later = [
        msgspec.structs.replace(
            reason,
            first=max(reason.first, count),
            count=reason.first + reason.count - max(reason.first, count),
        )
        for reason in device.reasons
        if reason.first + reason.count > count
    ]
    return told, *later


def _warning(settings: Guard, without: Forecast, forecast: Forecast, shed: Sequence[Shed]) -> str:
    """What is wrong, with numbers; nothing where the bill stays within its limits by itself."""
    over = [
        f"{span} is expected to cost {_text(expected)}, above the limit of {_text(limit)}"
        for span, expected, limit in (
            ("today", without.today, settings.a_day),
            ("this month", without.month, settings.a_month),
        )
        if expected is not None and limit is not None and expected > limit
    ]
    if not over and not shed:
        return ""
    if not over:
        over = ["the bill is close to its limit"]
    sentence = "; ".join(over)
    if not shed:
        return f"{sentence}: nothing that may be shed would help"
    names = ", ".join(f"{each.device} (saves {_text(each.saved)})" for each in shed)
    after = "" if forecast.today is None else f", today then costs {_text(forecast.today)}"
    return f"{sentence}: off until midnight: {names}{after}"


def _text(money: Money) -> str:
    return money_text(Money(round(money, -7)))
