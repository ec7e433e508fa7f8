"""A real bill beside the statement: equal, rounded, or different and why that is likely."""

import json
from pathlib import Path

import pytest
import typer
from temix_gateway.commands import bill as bill_commands
from temix_gateway.home.account import Charge, LegAccount, MissingSpan, StatementLine
from temix_gateway.statement.bill import Bill, BillLine, BillUnreadable, Verdict, likely, read_bill, reconcile
from typer.testing import CliRunner

from benchmarks.statement import CONFIG, make_ledger

LEG = LegAccount(subscription="10.004", transactions="-1.5", deviation="0", total="8.504")
TOTAL = StatementLine(
    id="2026-10",
    start=0,
    end=3_600_000,
    energy=LEG,
    transport=LegAccount(subscription="3", transactions="0", deviation="0.25", total="3.25"),
    market="11.754",
    total="12.754",
    subscribed=0,
    transacted=0,
    position=0,
    imported=0,
    exported=0,
    deviation=0,
    settled=6,
    charges=[Charge(name="Sales Tax", money="1")],
)


def bill(**amounts: str) -> Bill:
    return Bill("2026-10", [BillLine(name.replace("_", " "), amount) for name, amount in amounts.items()])


def test_equal_rounding_different_and_what_only_one_has() -> None:
    compared = reconcile(
        bill(Subscription="10.00", transactions="-1.5", delivery_charge="4", gift="-2", TOTAL="12.754"), TOTAL
    )
    assert [(line.name, line.verdict, line.difference) for line in compared] == [
        ("subscription", Verdict.ROUNDING, "-0.004"),
        ("transactions", Verdict.EQUAL, "0"),
        ("delivery charge", Verdict.DIFFERS, "0.75"),
        ("gift", Verdict.NOT_IN_STATEMENT, "-2"),
        ("total", Verdict.EQUAL, "0"),
        ("Sales Tax", Verdict.NOT_ON_BILL, "-1"),
    ]
    assert "ask the retailer" in compared[2].why


def test_two_lines_of_one_name_count_together() -> None:
    lines = [BillLine("transactions", "-1"), BillLine("Transactions ", "-0.5")]
    assert reconcile(Bill("2026-10", lines), TOTAL)[0].verdict is Verdict.EQUAL


def test_why_names_missing_and_estimated_with_numbers() -> None:
    gap = MissingSpan(start=0, end=1_800_000, why="no meter reading")
    told = likely(
        StatementLine(
            **{name: getattr(TOTAL, name) for name in TOTAL.__struct_fields__}
            | {"missing": [gap], "estimated": 2, "provisional": 1}
        )
    )
    assert told == (
        "6 intervals are missing here, by the mean of the others worth 11.75; "
        "2 readings are estimated; 1 intervals are provisional"
    )


@pytest.mark.parametrize(
    "name,text,reason",
    [
        ("a.json", "{", "truncated"),
        ("a.json", '{"period": "2026-10", "lines": []}', "lines"),
        ("a.json", '{"period": "2026-10", "lines": [{"name": "a", "amount": "ten"}]}', r"lines\[0\].amount"),
        ("a.json", '{"period": "2026-09", "lines": [{"name": "a", "amount": "1"}]}', "2026-09"),
        ("a.csv", "name\nsubscription\n", "amount"),
        ("a.csv", "name,amount\nsubscription,1,5\n", "cannot be read"),
        ("a.csv", "name,amount,price\nsubscription,1,5\n", "price"),
    ],
)
def test_what_is_wrong_with_a_bill_is_said(tmp_path: Path, name: str, text: str, reason: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(BillUnreadable, match=reason):
        read_bill(path, "2026-10")


def test_a_bill_is_kept_and_reconciled_again(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    make_ledger(tmp_path / "data" / "ledger.db", days=1)
    config = tmp_path / "temix-gateway.toml"
    config.write_text(CONFIG)
    app = typer.Typer()
    app.command()(bill_commands.bill)
    given = tmp_path / "bill.csv"
    given.write_text("name, amount\nsubscription, 1.5\n")

    def run(*arguments: str, asked: str | None = None) -> list[dict[str, str]]:
        result = CliRunner().invoke(
            app, ["--config", str(config), "--month", "2026-10", *arguments, "--json"], input=asked
        )
        assert result.exit_code == 1  # the month has one day only
        return json.loads(result.output[result.output.index("[{") :])

    first = run(str(given))
    assert first[0]["name"] == "subscription"
    assert run() == first
    owed = first[0]["statement"]
    asked = run("--ask", asked=f"{owed}\n\n\n\n\n\n\n\n\n")
    assert (asked[0]["verdict"], asked[1]["verdict"]) == ("equal", "not on the bill")
    assert (
        json.loads((tmp_path / "data" / "bills" / "2026-10.json").read_text())["lines"][0]["amount"] == owed
    )
