"""A real bill held against the statement, line by line."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from io import StringIO
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct
from temix_market.errors import InvalidField
from temix_market.instants import FIVE_MINUTES
from temix_market.units import Money, money_text, parse_money

from temix_gateway.errors import GatewayError
from temix_gateway.home.account import StatementLine

ROUNDING: Final = Money(10_000_000)
"""A bill's line is rounded to whole cents: it may be a cent off."""

type Label = Annotated[str, Meta(min_length=1, max_length=80)]


class BillLine(Struct, frozen=True, forbid_unknown_fields=True):
    """One line of a bill: its name, as in the statement or any other, and its money."""

    name: Label
    amount: str


class Bill(Struct, frozen=True, forbid_unknown_fields=True):
    """A bill as the owner entered it."""

    period: str
    lines: Annotated[list[BillLine], Meta(min_length=1, max_length=100)]


class Verdict(StrEnum):
    """How a line of the bill stands to the statement."""

    EQUAL = "equal"
    ROUNDING = "rounding"
    DIFFERS = "differs"
    NOT_IN_STATEMENT = "not in the statement"
    NOT_ON_BILL = "not on the bill"


class Compared(Struct, frozen=True):
    """A line of the bill beside the statement's; money in currency units, ``why`` where they differ."""

    name: str
    bill: str | None
    statement: str | None
    difference: str
    verdict: Verdict
    why: str = ""


class BillUnreadable(GatewayError):
    """A bill's file cannot be used."""

    def __init__(self, path: Path, reason: str) -> None:
        """Name the file and what is wrong with it."""
        super().__init__(
            f"bill {path} cannot be read ({reason}): give JSON with period and lines, or CSV with the "
            "columns name and amount"
        )


def read_bill(path: Path, period: str) -> Bill:
    """Read a bill from JSON or CSV; a CSV has no period of its own.

    Raises:
        BillUnreadable: it is neither, or a number in it is none; names the line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix.lower() == ".csv":
            bill = msgspec.convert({"period": period, "lines": list(_csv_lines(text))}, Bill)
        else:
            bill = msgspec.json.decode(text, type=Bill)
        for index, line in enumerate(bill.lines):
            parse_money(line.amount, f"lines[{index}].amount")
    except (OSError, UnicodeDecodeError, msgspec.DecodeError, csv.Error, InvalidField) as error:
        raise BillUnreadable(path, str(error)) from error
    if bill.period != period:
        raise BillUnreadable(path, f"it is of {bill.period}, not of {period}")
    return bill


def statement_items(total: StatementLine) -> dict[str, str]:
    """The items of a statement by the names under which a bill's lines are found."""
    return {
        "subscription": total.energy.subscription,
        "transactions": total.energy.transactions,
        "deviation": total.energy.deviation,
        "delivery charge": total.transport.total,
        **{charge.name: charge.money for charge in total.charges},
        "total": total.total,
    }


def reconcile(bill: Bill, total: StatementLine) -> list[Compared]:
    """Compare a bill with a statement's sum, line by line; what only one of them has comes last."""
    items = {_key(name): (name, money) for name, money in statement_items(total).items()}
    why = likely(total)
    found: list[Compared] = []
    sums: dict[str, list[BillLine]] = {}
    for line in bill.lines:
        sums.setdefault(_key(line.name), []).append(line)
    for key, lines in sums.items():
        billed = Money(sum(parse_money(line.amount, line.name) for line in lines))
        ours = items.pop(key, None)
        if ours is None:
            text = money_text(billed)
            found.append(Compared(lines[0].name, text, None, text, Verdict.NOT_IN_STATEMENT))
            continue
        difference = Money(billed - parse_money(ours[1]))
        verdict = _verdict(difference)
        reason = why if verdict is Verdict.DIFFERS else ""
        found.append(Compared(ours[0], money_text(billed), ours[1], money_text(difference), verdict, reason))
    for name, money in items.values():
        if parse_money(money) != 0:
            gone = money_text(Money(-parse_money(money)))
            found.append(Compared(name, None, money, gone, Verdict.NOT_ON_BILL))
    return found


def likely(total: StatementLine) -> str:
    """Why a bill may differ from this statement, with numbers; or that nothing here says why."""
    reasons = []
    missing = sum(gap.end - gap.start for gap in total.missing) // FIVE_MINUTES
    if missing:
        each = Decimal(total.market) / total.settled if total.settled else Decimal(0)
        guess = f", by the mean of the others worth {each * missing:.2f}" if total.settled else ""
        reasons.append(f"{missing} intervals are missing here{guess}")
    if total.estimated:
        reasons.append(f"{total.estimated} readings are estimated")
    if total.provisional:
        reasons.append(f"{total.provisional} intervals are provisional")
    if not reasons:
        return "nothing here is missing or estimated: ask the retailer for its readings"
    return "; ".join(reasons)


def _csv_lines(text: str) -> Iterator[Mapping[str, str]]:
    for row in csv.DictReader(StringIO(text), skipinitialspace=True):
        named = {str(name).strip().lower(): str(value).strip() for name, value in row.items() if value}
        yield named


def _verdict(difference: Money) -> Verdict:
    if difference == 0:
        return Verdict.EQUAL
    return Verdict.ROUNDING if abs(difference) <= ROUNDING else Verdict.DIFFERS


def _key(name: str) -> str:
    return " ".join(name.lower().split())


def is_reconciled(compared: Sequence[Compared]) -> bool:
    """Whether every line is equal but for rounding."""
    return all(line.verdict in (Verdict.EQUAL, Verdict.ROUNDING) for line in compared)
