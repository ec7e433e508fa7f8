"""A plan as a picture: price, net load and each device over the horizon."""

from collections.abc import Sequence
from html import escape

from temix_market.instants import HOUR, QUARTER, Instant, to_datetime

from temix_gateway.planning.devices import PvCurtailment
from temix_gateway.planning.problem import Problem
from temix_gateway.planning.reasons import Words
from temix_gateway.planning.result import Plan

WIDTH, LEFT, RIGHT = 960, 150, 40
ROW, GAP, TOP = 74, 16, 16
LONGEST = 20
"""Characters of a name that fit beside its row."""
MARKS = 12
"""Most times that are named; more would overlap."""
EVERY = (1, 2, 3, 6, 12, 24)
"""Hours between them, where whole days need not be skipped."""
STYLE = """
 svg { background: #fff; color: #222; font: 12px system-ui, sans-serif }
 text { fill: currentColor } .line { fill: none; stroke-width: 1.5 } .grid { stroke: #8884; stroke-width: 1 }
 .price { stroke: #b4540a } .sell { stroke: #b4540a; stroke-dasharray: 3 3 } .load { fill: #2563b0 }
 .position { stroke: #111 } .device { fill: #177a50 } .small { font-size: 10px; opacity: .75 }
 @media (prefers-color-scheme: dark) { svg { background: #16181c; color: #e6e6e6 }
  .price, .sell { stroke: #f0a050 } .load { fill: #6ea8f0 } .device { fill: #4cc38a } .position { stroke: #eee
  } }
"""


def draw(problem: Problem, plan: Plan) -> str:
    """An SVG document; light or dark as the viewer is."""
    hours = [step.duration / HOUR for step in plan.steps]
    buy = [step.buy[0].price / 1e6 for step in problem.steps]
    sell = [step.sell[0].price / 1e6 for step in problem.steps]
    load = [energy / 1000 / each for energy, each in zip(plan.net_load, hours, strict=True)]
    position = [step.position / 1000 / each for step, each in zip(problem.steps, hours, strict=True)]
    rows = [
        _Row(
            plan,
            f"{problem.currency}/kWh",
            "to buy; dashed: to sell",
            [("line price", buy), ("line sell", sell)],
        ),
        _Row(plan, "net load, kW", "line: position", [("load", load), ("line position", position)]),
    ]
    for device, planned in zip(problem.devices, plan.devices, strict=True):
        name = device.id if len(device.id) <= LONGEST else f"{device.id[: LONGEST - 1]}…"
        unit = "kW not produced" if isinstance(device, PvCurtailment) else "kW"
        rows.append(_Row(plan, name, unit, [("device", [watts / 1000 for watts in planned.power])]))
    height = TOP + len(rows) * (ROW + GAP) + 24
    parts = [row.at(TOP + place * (ROW + GAP)) for place, row in enumerate(rows)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="Plan of {len(plan.devices)} devices"><style>{STYLE}</style>'
        f"{''.join(parts)}{_clock(problem, plan, height)}</svg>\n"
    )


class _Row:
    """One chart: curves as (class, values); a class beginning with ``line`` is a line, any other an area."""

    def __init__(
        self, plan: Plan, title: str, below: str, curves: Sequence[tuple[str, Sequence[float]]]
    ) -> None:
        self._plan, self._title, self._below, self._curves = plan, title, below, curves
        values = [value for _, series in curves for value in series]
        self._low, self._high = min(0.0, *values), max(0.0, *values)
        self._highest = self._high
        self._high += 1.0 if self._high == self._low else 0.0

    def at(self, top: int) -> str:
        zero = self._y(0.0, top)
        parts = [
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{zero:.1f}" y2="{zero:.1f}"/>',
            f'<text x="8" y="{top + 14}">{escape(self._title)}</text>',
            f'<text class="small" x="8" y="{top + 28}">{escape(self._below)}</text>',
            f'<text class="small" x="{LEFT - 6}" y="{top + 9}" text-anchor="end">{self._highest:.3g}</text>',
        ]
        if self._low < 0:
            place = f'x="{LEFT - 6}" y="{top + ROW}"'
            parts.append(f'<text class="small" {place} text-anchor="end">{self._low:.3g}</text>')
        for kind, series in self._curves:
            path = "L".join(self._points(series, top))
            area = f"M{LEFT},{zero:.1f}L{path}L{WIDTH - RIGHT},{zero:.1f}Z"
            outline = f"M{path}" if kind.startswith("line") else area
            parts.append(f'<path class="{kind}" d="{outline}"/>')
        return "".join(parts)

    def _points(self, series: Sequence[float], top: int) -> list[str]:
        return [
            f"{_x(self._plan, instant):.1f},{self._y(value, top):.1f}"
            for step, value in zip(self._plan.steps, series, strict=True)
            for instant in (step.start, step.end)
        ]

    def _y(self, value: float, top: int) -> float:
        return top + ROW * (self._high - value) / (self._high - self._low)


def _x(plan: Plan, instant: Instant) -> float:
    first, last = plan.steps[0].start, plan.steps[-1].end
    return LEFT + (WIDTH - LEFT - RIGHT) * (instant - first) / (last - first)


def _clock(problem: Problem, plan: Plan, height: int) -> str:
    words = Words.of(problem)
    parts = []
    for at in _marks(problem, plan):
        x, label = _x(plan, at), words.time(at, problem.now)
        parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{height - 24}"/>')
        parts.append(f'<text class="small" x="{x:.1f}" y="{height - 8}" text-anchor="middle">{label}</text>')
    return "".join(parts)


def _marks(problem: Problem, plan: Plan) -> list[Instant]:
    """The times that are named: round hours of the home's clock, as many as fit."""
    first, last = plan.steps[0].start, plan.steps[-1].end
    hours = (last - first) / HOUR
    every = next((each for each in EVERY if hours / each <= MARKS), None)
    if every is None:  # weeks and months: evenly, whatever the clock says then
        return [Instant(first + (last - first) * part // MARKS) for part in range(MARKS + 1)]
    zone, found = Words.of(problem).zone, []
    for at in range(-(-first // QUARTER) * QUARTER, last + 1, QUARTER):
        local = to_datetime(Instant(at)).astimezone(zone)
        if local.minute == 0 and local.hour % every == 0:
            found.append(Instant(at))
    return found
