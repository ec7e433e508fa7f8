"""Stacked bars around zero, as SVG."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from typing import Final

_WIDTH: Final = 1000
_HEIGHT: Final = 300
_LEFT: Final = 64
_TOP: Final = 24
_BOTTOM: Final = 40
_GAP: Final = 0.22
"""Share of a bar's place that stays empty."""


@dataclass(frozen=True, slots=True)
class Bar:
    """Its label, its parts by name (negative below zero), and a mark across it."""

    label: str
    parts: Mapping[str, float]
    mark: float | None = None


def bars(shown: Sequence[Bar], parts: Sequence[tuple[str, str]], unit: str) -> str:
    """The chart; ``parts`` are names and titles, from zero outwards. Colours are the style's ``--name``."""
    if not shown:
        return f'<p class="faint">Nothing is settled, in {escape(unit)} or otherwise.</p>'
    highest = max(0.0, *(_above(bar) for bar in shown), *(bar.mark or 0.0 for bar in shown))
    lowest = min(0.0, *(-_below(bar) for bar in shown), *(bar.mark or 0.0 for bar in shown))
    ticks = _ticks(lowest, highest)
    scale = (_HEIGHT - _TOP - _BOTTOM) / (ticks[-1] - ticks[0] or 1.0)

    def y(value: float) -> float:
        return _TOP + (ticks[-1] - value) * scale

    drawn = [f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(unit)}">']
    for tick in ticks:
        style = "zero" if tick == 0 else "axis"
        drawn.append(
            f'<line class="{style}" x1="{_LEFT}" x2="{_WIDTH}" y1="{y(tick):.1f}" y2="{y(tick):.1f}"/>'
        )
        drawn.append(f'<text x="{_LEFT - 8}" y="{y(tick) + 4:.1f}" text-anchor="end">{tick:g}</text>')
    place = (_WIDTH - _LEFT) / len(shown)
    every = ceil(len(shown) / 16)
    for index, bar in enumerate(shown):
        left, width = _LEFT + place * (index + _GAP / 2), place * (1 - _GAP)
        up = down = 0.0
        for name, title in parts:
            value = bar.parts[name]
            if value >= 0:
                top, up = up + value, up + value
            else:
                top, down = down, down + value
            if value:
                drawn.append(
                    f'<rect x="{left:.1f}" y="{y(top):.1f}" width="{width:.1f}" '
                    f'height="{abs(value) * scale:.2f}" fill="var(--{name})">'
                    f"<title>{escape(f'{bar.label}: {title} {value:.4f} {unit}')}</title></rect>"
                )
        if bar.mark is not None:
            at = f'y1="{y(bar.mark):.1f}" y2="{y(bar.mark):.1f}"'
            drawn.append(f'<line class="tick" x1="{left:.1f}" x2="{left + width:.1f}" {at}/>')
        if index % every == 0:
            middle = left + width / 2
            drawn.append(
                f'<text x="{middle:.1f}" y="{_HEIGHT - 8}" text-anchor="middle">{escape(bar.label)}</text>'
            )
    drawn.append(f'<text x="{_LEFT - 8}" y="{_HEIGHT - 8}" text-anchor="end">{escape(unit)}</text></svg>')
    return "".join(drawn)


def legend(parts: Sequence[tuple[str, str]], mark: str | None = None) -> str:
    """What the colours mean, and the mark."""
    shown = [
        f'<span><i style="background: var(--{name})"></i>{escape(title)}</span>' for name, title in parts
    ]
    if mark is not None:
        line = '<i class="tariff" style="background: var(--tariff)"></i>'
        shown.append(f"<span>{line}would cost on {escape(mark)}</span>")
    return f'<div class="legend">{"".join(shown)}</div>'


def _above(bar: Bar) -> float:
    return sum(value for value in bar.parts.values() if value > 0)


def _below(bar: Bar) -> float:
    return -sum(value for value in bar.parts.values() if value < 0)


def _ticks(lowest: float, highest: float) -> list[float]:
    """Round values that span both, some five of them, zero among them."""
    reach = highest - lowest
    if reach <= 0:
        return [0.0, 1.0]
    rough = reach / 4
    power = 10.0 ** floor(log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    first, last = floor(lowest / step), ceil(highest / step)
    return [round(number * step, 10) for number in range(first, last + 1)]
