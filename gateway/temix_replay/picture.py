"""A replay as an SVG picture: prices, position against delivery, and what each device did."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from statistics import fmean
from textwrap import wrap
from typing import Final
from zoneinfo import ZoneInfo

from temix_market.calendar import local_date
from temix_market.instants import FIVE_MINUTES, HOUR, QUARTER, Instant, to_datetime

from temix_replay.result import Replay, Sample
from temix_replay.telling import COLD_SNAP, within_the_hour

_WIDTH: Final = 1000
_LEFT: Final = 124
_RIGHT: Final = 976
_MOST_COLUMNS: Final = 700
_NOTE_WIDTH: Final = 125

_STYLE: Final = """
svg { font: 14px system-ui, sans-serif; background: var(--paper);
  --paper: #ffffff; --ink: #1d2733; --faint: #5b6876; --line: #d9dee4; --night: #f5f7f9;
  --price: #b4540a; --sell: #d9a066; --position: #1f6fb2; --delivery: #1d2733; --free: #98a3af;
  --car: #1f6fb2; --water: #0f8a83; --climate: #c2410c; --pool: #7a4fb5;
  --battery: #2f8f46; --give: #b7892b; }
@media (prefers-color-scheme: dark) { svg {
  --paper: #12181f; --ink: #e8edf2; --faint: #9aa7b4; --line: #2c3742; --night: #171f28;
  --price: #f0974f; --sell: #8a6238; --position: #62aef0; --delivery: #e8edf2; --free: #6c7884;
  --car: #62aef0; --water: #3fc4bb; --climate: #ff8a5c; --pool: #b394ea;
  --battery: #5cc878; --give: #e0b95a; } }
text { fill: var(--ink); } .faint { fill: var(--faint); font-size: 12px; } .title { font-weight: 600; }
.big { font-size: 26px; font-weight: 650; } .grid { stroke: var(--line); } .night { fill: var(--night); }
path { fill: none; } .device { stroke: none; } .price { stroke: var(--price); stroke-width: 1.6; }
.sell { stroke: var(--sell); }
.position { stroke: var(--position); stroke-width: 2; }
.delivery { stroke: var(--delivery); stroke-width: 1.1; }
.free { stroke: var(--free); stroke-dasharray: 3 3; }
"""

_DEVICES: Final = (
    ("car", "Car"),
    ("water", "Hot water"),
    ("climate", "Heating, cooling"),
    ("pool", "Pool pump"),
    ("battery", "Battery"),
)


@dataclass(frozen=True, slots=True)
class Column:
    """Some 5-minute steps drawn as one: mean prices in currency units, mean powers in kW."""

    start: Instant
    end: Instant
    buy: float
    sell: float
    position: float
    delivery: float
    free: float
    devices: dict[str, float]


@dataclass(frozen=True, slots=True)
class Axes:
    """Where values stand in a panel: ``low`` at ``bottom``, ``high`` at ``top``."""

    begin: Instant
    end: Instant
    top: float
    bottom: float
    low: float
    high: float
    tick: float

    def x(self, instant: int) -> float:
        """Where an instant stands."""
        return _LEFT + (_RIGHT - _LEFT) * (instant - self.begin) / (self.end - self.begin)

    def y(self, value: float) -> float:
        """Where a value stands."""
        return self.bottom - (self.bottom - self.top) * (value - self.low) / (self.high - self.low)


def draw(replay: Replay) -> str:
    """The whole picture; it follows the reader's light or dark scheme."""
    zone = ZoneInfo(replay.zone)
    columns = _columns(replay.samples)
    begin, end = columns[0].start, columns[-1].end
    prices = _axes(begin, end, 130, 290, [v for c in columns for v in (c.buy, c.sell)])
    powers = _axes(begin, end, 350, 530, [v for c in columns for v in (c.position, c.delivery, c.free)])
    devices_top, row = 590, 34
    bottom = devices_top + row * len(_DEVICES)
    told = [replay.attribution, within_the_hour(replay), *([COLD_SNAP] if replay.cold_snap else [])]
    notes = wrap(" ".join(told), _NOTE_WIDTH)
    height = bottom + 52 + 18 * len(notes)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
        f"<title>{escape(_headline(replay))}</title>",
        f"<style>{_STYLE}</style>",
        *_heading(replay),
        *_days(columns, zone, prices, bottom),
        *_panel(prices, "Price of a kWh at spot", replay.currency, _legend_prices()),
        _steps("sell", columns, prices, lambda column: column.sell),
        _steps("price", columns, prices, lambda column: column.buy),
        *_panel(powers, "Bought ahead, and used", "kW", _legend_powers()),
        _steps("free", columns, powers, lambda column: column.free),
        _steps("position", columns, powers, lambda column: column.position),
        _steps("delivery", columns, powers, lambda column: column.delivery),
        _text(_LEFT, devices_top - 14, "What the devices did", "title"),
        _text(360, devices_top - 14, "the higher, the more power; gold: the battery gives", "faint"),
        *_device_rows(columns, prices, devices_top, row),
        *_hours(columns, zone, prices, bottom),
        *(_text(_LEFT, bottom + 48 + 18 * line, note, "faint") for line, note in enumerate(notes)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _headline(replay: Replay) -> str:
    first, last = replay.days[0].date, replay.days[-1].date
    days = f"{first:%-d %B %Y}" if first == last else f"{first:%-d %B} to {last:%-d %B %Y}"
    return f"A simulated home on real prices, {days}"


def _heading(replay: Replay) -> Iterable[str]:
    yield _text(_LEFT, 34, _headline(replay), "title")
    for column, (money, label) in enumerate(
        (
            (replay.paid, "paid with TeMIX" if replay.paid >= 0 else "with TeMIX: the home is paid"),
            (replay.flat, "on a flat tariff"),
            (replay.without_control, "on dynamic prices without control"),
        )
    ):
        yield _text(_LEFT + 230 * column, 68, f"{money / 1e9:,.2f} {replay.currency}", "big")
        yield _text(_LEFT + 230 * column, 88, label, "faint")


def _columns(samples: Sequence[Sample]) -> list[Column]:
    span = len(samples) * FIVE_MINUTES
    size = next((size for size in (FIVE_MINUTES, QUARTER) if span // size <= _MOST_COLUMNS), HOUR)
    count = size // FIVE_MINUTES
    columns = []
    for first in range(0, len(samples), count):
        part = samples[first : first + count]
        kilowatts = HOUR / FIVE_MINUTES / len(part) / 1000
        columns.append(
            Column(
                part[0].start,
                Instant(part[-1].start + FIVE_MINUTES),
                fmean(sample.buy for sample in part) / 1e6,
                fmean(sample.sell for sample in part) / 1e6,
                sum(sample.position for sample in part) * kilowatts,
                sum(sample.delivery for sample in part) * kilowatts,
                sum(sample.uncontrolled for sample in part) * kilowatts,
                {name: fmean(sample.devices[name] for sample in part) / 1000 for name, _ in _DEVICES},
            )
        )
    return columns


def _axes(begin: Instant, end: Instant, top: float, bottom: float, values: Sequence[float]) -> Axes:
    low, high = min(0.0, *values), max(*values, 0.0)
    tick = _tick(high - low)
    return Axes(begin, end, top, bottom, floor(low / tick) * tick, max(ceil(high / tick), 1) * tick, tick)


def _tick(span: float) -> float:
    """A round distance of grid lines: four to eight of them over ``span``."""
    power = 10.0 ** floor(log10(max(span, 1e-3)))
    return next(step * power for step in (0.2, 0.25, 0.5, 1.0, 2.0) if span / (step * power) <= 6)


def _panel(axes: Axes, title: str, unit: str, legend: Iterable[str]) -> Iterable[str]:
    yield _text(_LEFT, axes.top - 14, title, "title")
    yield from (piece.replace("{y}", f"{axes.top - 14:g}") for piece in legend)
    for index in range(round((axes.high - axes.low) / axes.tick) + 1):
        value = axes.low + index * axes.tick
        y = axes.y(value)
        yield f'<line class="grid" x1="{_LEFT}" x2="{_RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        label = f"{value:g}" if abs(value) > axes.tick / 2 else f"0 {unit}"
        yield f'<text class="faint" text-anchor="end" x="{_LEFT - 8}" y="{y + 4:.1f}">{label}</text>'


def _legend_prices() -> Iterable[str]:
    yield from _key(330, "price", "to buy")
    yield from _key(430, "sell", "paid for selling")


def _legend_powers() -> Iterable[str]:
    yield from _key(330, "position", "position (bought ahead)")
    yield from _key(530, "delivery", "delivery (the meter)")
    yield from _key(710, "free", "the meter without control")


def _key(x: int, style: str, label: str) -> Iterable[str]:
    yield f'<path class="{style}" d="M{x} {{y}}h22" transform="translate(0 -4)"/>'
    yield f'<text class="faint" x="{x + 28}" y="{{y}}">{label}</text>'


def _steps(style: str, columns: Sequence[Column], axes: Axes, value: Callable[[Column], float]) -> str:
    path = [f"M{axes.x(columns[0].start):.1f} {axes.y(value(columns[0])):.1f}"]
    path += [f"V{axes.y(value(column)):.1f}H{axes.x(column.end):.1f}" for column in columns]
    return f'<path class="{style}" d="{"".join(path)}"/>'


def _device_rows(columns: Sequence[Column], axes: Axes, top: float, row: int) -> Iterable[str]:
    for index, (name, label) in enumerate(_DEVICES):
        base = top + row * (index + 1) - 4
        most = max(0.5, *(abs(column.devices[name]) for column in columns))
        yield f'<text class="faint" text-anchor="end" x="{_LEFT - 8}" y="{base - 6}">{label}</text>'
        yield f'<line class="grid" x1="{_LEFT}" x2="{_RIGHT}" y1="{base}" y2="{base}"/>'
        for sign, colour in ((1, name), (-1, "give")):
            heights = [max(0.0, sign * column.devices[name]) * (row - 8) / most for column in columns]
            if any(heights):
                yield _area(columns, axes, base, heights, colour)


def _area(columns: Sequence[Column], axes: Axes, base: float, heights: Sequence[float], colour: str) -> str:
    path = [f"M{axes.x(columns[0].start):.1f} {base:g}"]
    for column, height in zip(columns, heights, strict=True):
        path.append(f"V{base - height:.1f}H{axes.x(column.end):.1f}")
    return f'<path class="device" style="fill: var(--{colour})" d="{"".join(path)}V{base:g}Z"/>'


def _days(columns: Sequence[Column], zone: ZoneInfo, axes: Axes, bottom: float) -> Iterable[str]:
    """Every other day shaded, from the first panel to the last."""
    dates = sorted({local_date(zone, column.start) for column in columns})
    for date in dates[1::2]:
        within = [column for column in columns if local_date(zone, column.start) == date]
        x = axes.x(within[0].start)
        width = axes.x(within[-1].end) - x
        size = f'width="{width:.1f}" height="{bottom - axes.top:g}"'
        yield f'<rect class="night" x="{x:.1f}" y="{axes.top:g}" {size}/>'


def _hours(columns: Sequence[Column], zone: ZoneInfo, axes: Axes, bottom: float) -> Iterable[str]:
    """Labels under the last panel: the dates, or the hours of a single day."""
    dates = sorted({local_date(zone, column.start) for column in columns})
    every = 3 if len(dates) == 1 else 24 * max(1, ceil(len(dates) / 10))
    for column in columns:
        local = to_datetime(column.start).astimezone(zone)
        if column.start % HOUR or (local.hour % every if every < 24 else local.hour):
            continue
        if every > 24 and (local.date() - dates[0]).days % (every // 24):
            continue
        label = f"{local:%H:%M}" if every < 24 else f"{local:%a %-d %b}"
        yield _text(axes.x(column.start) + 2, bottom + 18, label, "faint")


def _text(x: float, y: float, text: str, style: str) -> str:
    return f'<text class="{style}" x="{x:g}" y="{y:g}">{escape(text)}</text>'
