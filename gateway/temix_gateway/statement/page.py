"""A statement as one page: nothing but HTML and SVG, for any screen, light or dark, and for paper."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from html import escape
from importlib.resources import files
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo

from temix_market.instants import HOUR, Instant, to_datetime

from temix_gateway.home.account import Statement, StatementLine
from temix_gateway.statement.chart import Bar, bars, legend
from temix_gateway.statement.words import amount, items, mark, remarks

type _Maker = Callable[[StatementLine, str], Bar]

MONEY: Final = (
    ("subscription", "Subscription"),
    ("transactions", "Transactions"),
    ("deviation", "Deviation"),
    ("delivery", "Delivery charge"),
    ("charges", "Charges and taxes"),
)
AUDIT: Final = {
    "executed": "As executed",
    "uncontrolled": "No control",
    "cheapest": "Cheapest hours",
    "exact": "As planned",
    "perfect": "Perfect forecast",
    "optimum": "Optimum",
    "execution_regret": "Lost in execution",
    "forecast_regret": "In forecast",
    "plan_regret": "In planning",
}
ENERGY: Final = (("imported", "Taken from the grid"), ("exported", "Given to the grid"))


def page(statement: Statement, name: str, intervals: Statement | None = None) -> str:
    """The page of a statement by day; of a single day, ``intervals`` are drawn by the hour."""
    total, zone = statement.total, ZoneInfo(statement.zone)
    style = files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    title = f"{escape(name)}: {_period(total, zone)}"
    money = [_money_bar(line, _day(line, zone)) for line in statement.lines]
    energy = [_energy_bar(line, _day(line, zone)) for line in statement.lines]
    by = "day"
    if intervals is not None:
        by = "hour"
        hours = [
            (_clock(start, zone), list(lines))
            for start, lines in groupby(intervals.lines, lambda line: line.start - line.start % HOUR)
        ]
        money = [_hour(_money_bar, label, lines) for label, lines in hours]
        energy = [_hour(_energy_bar, label, lines) for label, lines in hours]
    tariff = total.tariffs[0].name if total.tariffs and intervals is None else None
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{title}</title><style>{style}</style></head><body>",
            f"<header><h1>{title}</h1>",
            f'<p class="faint">{escape(f"In {statement.currency}, {statement.zone}")}, made',
            f"{_made(statement, zone)}. {_standing(total)}</p></header>",
            _cards(statement),
            f"<section><h2>What it cost, by {by}</h2>",
            f"<figure>{bars(money, MONEY, statement.currency)}{legend(MONEY, tariff)}</figure></section>",
            f"<section><h2>What the meter saw, by {by}</h2>",
            f"<figure>{bars(energy, ENERGY, 'kWh')}{legend(ENERGY)}</figure></section>",
            *_table(statement, "By day"),
            *_audits(statement),
            *_tariffs(total),
            "<section><h2>To know</h2><ul>",
            *(f"<li>{escape(text)}</li>" for text in remarks(statement)),
            "<li>Each figure can be traced: <code>temix-gateway statement … --explain ID</code>.</li>",
            "</ul></section></body></html>",
        ]
    )


def _cards(statement: Statement) -> str:
    total = statement.total
    shown = [
        ("Total", amount(total.total)),
        ("Subscription", amount(total.energy.subscription)),
        ("Transactions", amount(total.energy.transactions)),
        ("Deviation", amount(total.energy.deviation)),
        ("Delivery charge", amount(total.transport.total)),
    ]
    if total.charges:
        shown.append(("Charges and taxes", amount(Decimal(total.total) - Decimal(total.market))))
    shown += [
        (f"Saved against {tariff.name}", amount(Decimal(tariff.total) - Decimal(total.total)))
        for tariff in total.tariffs
    ]
    shown.append(("Net from the grid", f"{(total.imported - total.exported) / 1000:,.1f} kWh"))
    cards = "".join(
        f'<div><span class="faint">{escape(name)}</span><b>{text}</b></div>' for name, text in shown
    )
    return f'<div class="cards">{cards}</div>'


def _table(statement: Statement, heading: str) -> Iterable[str]:
    tariffs = [tariff.name for tariff in statement.total.tariffs]
    names = ["", *(name for _, name in MONEY), "Total", *tariffs, "Position kWh", "Net kWh", ""]
    yield f'<section><h2>{heading}</h2><div class="scroll"><table><thead><tr>'
    yield "".join(f"<th>{escape(name)}</th>" for name in names) + "</tr></thead><tbody>"
    for line in statement.lines:
        yield _row(line, tariffs)
    yield f"</tbody><tfoot>{_row(statement.total, tariffs)}</tfoot></table></div>"
    yield '<p class="faint">~ can still change, R read by the retailer (r: in part), e estimated readings, '
    yield "! something is missing.</p></section>"


def _row(line: StatementLine, tariffs: Sequence[str]) -> str:
    costs = {tariff.name: amount(tariff.total) for tariff in line.tariffs}
    cells = [
        line.id,
        amount(line.energy.subscription),
        amount(line.energy.transactions),
        amount(line.energy.deviation),
        amount(line.transport.total),
        amount(Decimal(line.total) - Decimal(line.market)),
        amount(line.total),
        *(costs.get(name, "") for name in tariffs),
        f"{line.position / 1000:,.2f}",
        f"{(line.imported - line.exported) / 1000:,.2f}",
        mark(line),
    ]
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


def _audits(statement: Statement) -> Iterable[str]:
    audits = [line.audit for line in statement.lines if line.audit is not None]
    if not audits:
        return
    yield '<section><h2>What days would have cost otherwise</h2><div class="scroll"><table>'
    yield "<thead><tr><th></th>"
    yield "".join(f"<th>{name}</th>" for name in AUDIT.values()) + "</tr></thead><tbody>"
    for audit in audits:
        cases = (getattr(audit, case) for case in AUDIT)
        cells = "".join(f"<td>{'' if money is None else amount(money)}</td>" for money in cases)
        yield f"<tr><td>{escape(audit.day)}</td>{cells}</tr>"
    yield "</tbody></table></div>"
    notes = dict.fromkeys(note for audit in audits for note in audit.notes)
    yield '<p class="faint">All with the same subscription, at the day\'s frozen spot'
    yield f"{''.join(f'; {escape(note)}' for note in notes)}.</p></section>"


def _tariffs(total: StatementLine) -> Iterable[str]:
    if not total.tariffs and not total.charges:
        return
    yield "<section><h2>Side by side</h2><ul>"
    rest = f" and {escape(items(total.charges))}" if total.charges else ""
    yield f"<li><b>{amount(total.total)}</b> here: market {amount(total.market)}{rest}</li>"
    for tariff in total.tariffs:
        name, bill = escape(tariff.name), escape(items(tariff.charges))
        yield f"<li><b>{amount(tariff.total)}</b> on {name}: {bill}</li>"
    yield "</ul></section>"


def _money_bar(line: StatementLine, label: str) -> Bar:
    return Bar(
        label,
        {
            "subscription": float(line.energy.subscription),
            "transactions": float(line.energy.transactions),
            "deviation": float(line.energy.deviation),
            "delivery": float(line.transport.total),
            "charges": float(Decimal(line.total) - Decimal(line.market)),
        },
        float(line.tariffs[0].total) if line.tariffs else None,
    )


def _energy_bar(line: StatementLine, label: str) -> Bar:
    return Bar(label, {"imported": line.imported / 1000, "exported": -line.exported / 1000})


def _hour(make: _Maker, label: str, lines: Sequence[StatementLine]) -> Bar:
    each = [make(line, label).parts for line in lines]
    return Bar(label, {name: sum(parts[name] for parts in each) for name in each[0]})


def _period(line: StatementLine, zone: ZoneInfo) -> str:
    first, last = _local(line.start, zone), _local(line.end - 1, zone)
    if first.date() == last.date():
        return f"{first:%-d %B %Y}"
    whole = first.day == 1 and _local(line.end, zone).day == 1 and first.month == last.month
    return f"{first:%B %Y}" if whole else f"{first:%-d %B} to {last:%-d %B %Y}"


def _standing(line: StatementLine) -> str:
    if line.shadow:
        return (
            f"A shadow account in {line.shadow} of {line.settled} intervals: what would be owed, not what is."
        )
    if line.final:
        return "All of it is final."
    return "Not final: something can still change, or is missing or still to come."


def _made(statement: Statement, zone: ZoneInfo) -> str:
    return f"{_local(statement.made, zone):%-d %B %Y, %H:%M}"


def _day(line: StatementLine, zone: ZoneInfo) -> str:
    return f"{_local(line.start, zone):%-d}"


def _clock(start: int, zone: ZoneInfo) -> str:
    return f"{_local(start, zone):%-H}"


def _local(instant: int, zone: ZoneInfo) -> datetime:
    return to_datetime(Instant(instant)).astimezone(zone)
