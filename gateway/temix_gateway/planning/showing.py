"""A plan as a table for people."""

from rich.console import Console
from rich.table import Table
from rich.text import Text
from temix_market.instants import HOUR
from temix_market.units import Money, money_text

from temix_gateway.planning.problem import Problem
from temix_gateway.planning.reasons import Words
from temix_gateway.planning.result import Plan


def show(problem: Problem, found: Plan) -> None:
    """Print what each device does and why, what it costs, and which wishes are not met."""
    console = Console()
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
