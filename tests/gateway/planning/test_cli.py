"""``temix-gateway plan``: anyone can ask the planner, and compare another with it."""

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from contextlib import redirect_stderr, redirect_stdout
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from unittest.mock import patch

import jsonschema
import pytest
from temix_gateway.planning.cli import main

SCHEMAS = Path(__file__).parents[3] / "docs" / "reference" / "schemas"
TEMIX_GATEWAY = Path(sys.executable).parent / "temix-gateway"


def ask(*arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    """The command within this process."""
    out, err, code = StringIO(), StringIO(), 0
    stdin = patch.object(sys, "stdin", TextIOWrapper(BytesIO(text.encode())))
    with redirect_stdout(out), redirect_stderr(err), stdin:
        try:
            main(arguments)
        except SystemExit as ended:
            code = int(ended.code or 0)
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


def run(*arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    """The command as installed."""
    command = [TEMIX_GATEWAY, "plan", *arguments]
    return subprocess.run(command, input=text, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def problem() -> str:
    found = ask("--example")
    assert found.returncode == 0
    return found.stdout


@pytest.mark.timeout(60)
def test_the_example_is_a_whole_problem_and_its_plan_is_as_documented(problem: str, tmp_path: Path) -> None:
    jsonschema.validate(json.loads(problem), json.loads((SCHEMAS / "planner-problem.json").read_text()))
    kinds = {device["kind"] for device in json.loads(problem)["devices"]}
    assert len(kinds) == 8
    picture = tmp_path / "plan.svg"

    found = run("-", "--json", "--svg", str(picture), "--budget", "20", text=problem)

    assert found.returncode == 0, found.stderr
    answer = json.loads(found.stdout)
    jsonschema.validate(answer, json.loads((SCHEMAS / "planner-plan.json").read_text()))
    assert answer["level"] == "columns"
    assert 0 <= answer["gap"] < 1
    assert len(answer["devices"]) == 8
    assert ET.fromstring(picture.read_text()).tag.endswith("svg")


def test_a_table_says_what_each_device_does_and_why(problem: str, tmp_path: Path) -> None:
    file = tmp_path / "problem.json"
    file.write_text(problem)

    found = ask(str(file), "--budget", "0")

    assert found.returncode == 0, found.stderr
    assert "level greedy" in found.stdout
    assert "Runs until" in found.stdout


@pytest.mark.parametrize(
    "change,says",
    [
        ({"now": "soon"}, "now: Expected `int`, got `str`"),
        ({"zone": "Mars"}, "zone: 'Mars' is no IANA time zone"),
        ({"steps": []}, "steps: Expected `array` of length >= 1"),
    ],
)
def test_wrong_input_is_refused_by_the_name_of_its_field(
    problem: str, change: dict[str, object], says: str
) -> None:
    found = ask("-", text=json.dumps(json.loads(problem) | change))

    assert found.returncode == 2
    assert found.stdout == ""
    assert says in found.stderr


def test_names_stand_as_they_are_and_what_is_missed_in_units_of_people(problem: str) -> None:
    asked = json.loads(problem)
    car = next(device for device in asked["devices"] if device["kind"] == "ev_charger")
    car |= {"id": "[/red]car", "ready_by": asked["now"] + 3_600_000}
    asked |= {"devices": [car], "currency": "[b]EUR"}

    found = ask("-", "--budget", "0", text=json.dumps(asked))

    assert found.returncode == 0, found.stderr
    assert "[/red]car" in found.stdout
    assert "not met: [/red]car: target, 15.4 kWh (307.5200 [b]EUR)" in found.stdout


def test_the_gap_is_money_too(problem: str) -> None:
    asked = json.loads(problem)
    asked["devices"] = [device for device in asked["devices"] if device["kind"] in {"battery", "single_run"}]

    found = ask("-", "--budget", "4", text=json.dumps(asked))

    assert re.search(r"gap \d+\.\d\d% \(at most \d\.\d{4} USD could be better\)", found.stdout), found.stdout


def test_a_picture_that_cannot_be_written_is_named(problem: str, tmp_path: Path) -> None:
    found = ask("-", "--budget", "0", "--svg", str(tmp_path / "no" / "plan.svg"), text=problem)

    assert found.returncode == 2
    assert found.stderr == f"temix-gateway plan: {tmp_path}/no/plan.svg: No such file or directory\n"


def test_a_missing_file_is_named() -> None:
    found = ask("nowhere.json")

    assert found.returncode == 2
    assert found.stderr == "temix-gateway plan: nowhere.json: No such file or directory\n"


@pytest.mark.parametrize("told", ["-1", "nan", "inf", "soon"])
def test_a_budget_is_a_time(problem: str, told: str) -> None:
    found = ask("-", "--budget", told, text=problem)

    assert found.returncode == 2
    assert f"argument --budget: {told!r} is no number of seconds" in found.stderr


def test_a_plan_loads_nothing_that_shows_one() -> None:
    """Whoever asks for plans as JSON starts the command for each: it took longer to load than to plan."""
    loaded = "import sys, temix_gateway.planning.cli; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)

    assert not {"rich", "typer", "pydantic", "temix_gateway.planning.drawing"} & set(found.stdout.split())
