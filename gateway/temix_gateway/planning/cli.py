"""``temix-gateway plan``: the planner by itself, for whoever wants to compare, to try or to look into it."""

import json
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from temix_market.errors import InvalidField
from temix_market.instants import HOUR, Instant
from temix_market.units import Money, money_text

from temix_gateway.planning.drawing import draw
from temix_gateway.planning.example import example
from temix_gateway.planning.explain import explain
from temix_gateway.planning.planner import plan as find
from temix_gateway.planning.problem import Problem, read_problem
from temix_gateway.planning.reasons import Words
from temix_gateway.planning.result import Plan

EXAMPLE_BEGINS = Instant(1_763_964_000_000)
"""2025-11-24T06:00Z, midnight in Chicago; fixed, so that the example is the same every day."""


def plan(
    problem: Annotated[
        str | None, typer.Argument(help="The problem as JSON; - reads standard input.")
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="The whole plan, for programs.")] = False,
    svg: Annotated[Path | None, typer.Option(help="Draw the plan into this file.")] = None,
    budget: Annotated[float, typer.Option(min=0.0, help="Seconds that it may take.")] = 1.0,
    show_example: Annotated[
        bool, typer.Option("--example", help="Print a complete problem and do nothing else.")
    ] = False,
) -> None:
    """Plan the devices of a problem (docs/reference/schemas/planner-problem.json)."""
    if show_example:
        print(json.dumps(msgspec.to_builtins(example(EXAMPLE_BEGINS)), indent=1))
        return
    if problem is None:
        _refuse("name a problem: a file, or - for standard input; --example prints one")
    try:
        asked = read_problem(sys.stdin.buffer.read() if problem == "-" else Path(problem).read_bytes())
    except OSError as error:
        _refuse(f"{problem}: {error.strerror}")
    except InvalidField as error:
        _refuse(f"{problem}: {error}")
    found = explain(asked, find(asked, budget=budget))
    if svg is not None:
        try:
            svg.write_text(draw(asked, found), encoding="utf-8")
        except OSError as error:
            _refuse(f"{svg}: {error.strerror}")
    if as_json:
        print(msgspec.json.encode(found).decode())
    else:
        _show(asked, found, Console())


def _refuse(reason: str) -> NoReturn:
    print(f"temix-gateway plan: {reason}", file=sys.stderr)
    raise typer.Exit(2)


def _show(problem: Problem, found: Plan, console: Console) -> None:
    words = Words.of(problem)
    table = Table("device", "does", "from", "kWh", "why")
    for device in found.devices:
        for place, reason in enumerate(device.reasons):
            steps = slice(reason.first, reason.first + reason.count)
            energy = sum(
                watts * step.duration / HOUR / 1000
                for watts, step in zip(device.power[steps], found.steps[steps], strict=True)
            )
            begins = words.time(found.steps[reason.first].start, problem.now)
            name = Text("" if place else device.id)
            table.add_row(name, reason.why.value, begins, f"{energy:z.2f}", Text(reason.sentence))
        if device.explanation is not None:
            table.add_row("", "", "", "", Text(device.explanation.sentence, style="italic"))
        table.add_section()
    console.print(table)
    gap = "none known"
    if found.bound is not None and found.gap is not None:
        most = Money(found.cost - found.bound)
        gap = f"{found.gap:.2%} (at most {_money(most)} {problem.currency} could be better)"
    cost, spent, wear = map(_money, (found.cost, found.energy_cost, found.wear_cost))
    unmet = _money(found.unmet_cost)
    told = [
        f"cost {cost} {problem.currency}: energy {spent}, wear {wear}, wishes not met {unmet}",
        f"level {found.level.value}, gap {gap}, {found.seconds:.2f} s",
    ]
    for wish in found.unmet:
        owner, amount = wish.device or "connection", words.amount(wish.amount, wish.unit)
        told.append(f"not met: {owner}: {wish.wish}, {amount} ({_money(wish.cost)} {problem.currency})")
    for line in told:
        console.print(Text(line))


def _money(nano: Money) -> str:
    return f"{float(money_text(nano)):z.4f}"
