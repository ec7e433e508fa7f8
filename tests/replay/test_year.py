"""The benchmark of a year: nothing old is told for new, and its table adds up."""

from pathlib import Path

import pytest

from benchmarks.year import CODE, HEADS, Row, key, table


def found(paid: str, regret: str) -> dict[str, object]:
    return {
        "total": {"paid": paid, "flat_tariff": "40", "without_control": "50.5"},
        "foresight": {"paid": "20.25", "more_left_with_temix": "-0.5", "regret": regret},
        "plans": {"hourly": 700, "on_material_change": 40},
        "processor_seconds": 300.4,
    }


def test_a_month_is_told_and_months_add_up() -> None:
    january, may = Row.of(found("30.5", "10.75")), Row.of(found("-4", "-23.75"))
    lines = table({1: january, 5: may})
    assert all(line.count("|") == len(HEADS) + 2 for line in lines)
    assert lines[2] == "| Jan | 30.50 | 40.00 | 50.50 | 20.00 | 20.25 | -0.50 | 10.75 | 740 | 40 | 300 |"
    assert lines[4] == "| all | 26.50 | 80.00 | 101.00 | 74.50 | 40.50 | -1.00 | -13.00 | 1480 | 80 | 601 |"


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """A folder of code and data."""
    (tmp_path / "data").mkdir()
    (tmp_path / "planner.py").write_text("BUDGET = 1", encoding="utf-8")
    (tmp_path / "data" / "prices.csv").write_text("1,2", encoding="utf-8")
    return tmp_path


def test_the_same_code_has_the_same_key(code: Path) -> None:
    before = key((2021, 1), [code])
    (code / "planner.pyc").write_text("compiled", encoding="utf-8")
    assert key((2021, 1), [code]) == before


@pytest.mark.parametrize("changed", ["planner.py", "data/prices.csv", "new.py"])
def test_other_code_or_data_has_another_key(code: Path, changed: str) -> None:
    before = key((2021, 1), [code])
    (code / changed).write_text("BUDGET = 2", encoding="utf-8")
    assert key((2021, 1), [code]) != before


def test_another_month_has_another_key(code: Path) -> None:
    assert key((2021, 1), [code]) != key((2021, 2), [code])


def test_the_key_is_of_the_planner_that_runs() -> None:
    """All four packages take part: none of them is empty or elsewhere."""
    assert [folder.name for folder in CODE if (folder / "__init__.py").is_file()] == [
        "temix_market", "temix_gateway", "temix_retailer", "temix_replay"
    ]  # fmt: skip
