"""The plan of the next 24 hours as SVG: prices as steps, the devices' power as bars."""

from collections.abc import Callable
from html import escape
from typing import Final

from temix_gateway.home.messages import DevicePlan, Plan, PriceStep

_DAY: Final = 24 * 3_600_000
_HOUR: Final = 3_600_000
_WIDTH: Final = 720
_LEFT: Final = 64
_PRICES: Final = 130
"""So much of the height have the prices; below is a row for each device that does something."""
_ROW: Final = 56
_HOURS: Final = 28


type Clock = Callable[[int], str]
"""Names an instant (ms) by the local clock."""


def drawing(prices: list[PriceStep], plan: Plan | None, now: int, label: str, hour: Clock) -> str:
    """Draw from ``now`` on; ``hour`` names an instant by the local clock."""
    steps = [
        (step.start, step.end, step.buy)
        for step in prices
        if step.buy is not None and step.start < now + _DAY
    ]
    devices = (
        [] if plan is None else [each for each in plan.devices if any(step.power for step in each.steps)]
    )
    bottom = _PRICES + len(devices) * _ROW
    named = f'role="img" aria-label="{escape(label, quote=True)}"'
    drawn = [f'<svg viewBox="0 0 {_WIDTH} {bottom + _HOURS}" {named} class="plan">']
    drawn += _hours(now, hour, bottom)
    if steps:
        drawn += _prices(steps, now)
    highest = max((abs(step.power) for device in devices for step in device.steps), default=0)
    for index, device in enumerate(devices):
        drawn += _bars(device, index, highest, now)
    return "".join([*drawn, "</svg>"])


def _x(instant: int, now: int) -> float:
    share = min(max(instant - now, 0), _DAY) / _DAY
    return _LEFT + share * (_WIDTH - _LEFT - 4)


def _hours(now: int, hour: Clock, bottom: int) -> list[str]:
    first = now - now % (3 * _HOUR) + 3 * _HOUR
    drawn = []
    for at in range(first, now + _DAY, 3 * _HOUR):
        x = _x(at, now)
        drawn.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="10" y2="{bottom + 4}"/>')
        if x < _WIDTH - _LEFT / 2:  # beyond, the name would not fit
            name = escape(hour(at))
            drawn.append(f'<text x="{x:.1f}" y="{bottom + 22}" text-anchor="middle">{name}</text>')
    return drawn


def _prices(steps: list[tuple[int, int, int]], now: int) -> list[str]:
    lowest, highest = min(0, *(price for _, _, price in steps)), max(price for _, _, price in steps)
    reach = (highest - lowest) or 1

    def y(price: int) -> float:
        return _PRICES - 8 - (price - lowest) / reach * (_PRICES - 28)

    path = " ".join(
        f"{'M' if index == 0 else 'L'}{_x(start, now):.1f},{y(price):.1f} L{_x(end, now):.1f},{y(price):.1f}"
        for index, (start, end, price) in enumerate(steps)
    )
    marks = [
        f'<text x="{_LEFT - 6}" y="{y(price) + 4:.1f}" text-anchor="end">{price / 1_000_000:.2f}</text>'
        for price in (lowest, highest)
    ]
    return [f'<path class="price" d="{path}"/>', *marks]


def _bars(device: DevicePlan, index: int, highest: int, now: int) -> list[str]:
    """A device's row: its power, where the highest of all devices fills the row, and its name."""
    base, name = _PRICES + (index + 1) * _ROW, escape(device.device)
    drawn = []
    for step in device.steps:
        left, right = _x(step.start, now), _x(step.end, now)
        if not step.power or right <= left:
            continue
        height = max(2.0, abs(step.power) / highest * (_ROW - 28))
        kind = "gives" if step.power < 0 else f"draws draws-{index % 4}"
        drawn.append(
            f'<rect class="{kind}" x="{left:.1f}" y="{base - height:.1f}" width="{right - left:.1f}" '
            f'height="{height:.1f}"><title>{name}: {step.power} W</title></rect>'
        )
    return [*drawn, f'<text class="name" x="{_LEFT + 4}" y="{base - _ROW + 20}">{name}</text>']
