"""The quality scale is judged rule by rule: none is left out, and what shows it is there."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import homeassistant
import pytest
import yaml

ROOT: Final = Path(__file__).parents[2]
INTEGRATION: Final = ROOT / "custom_components" / "temix"
PAGE: Final = ROOT / "docs" / "reference" / "quality-scale.md"
ROW: Final = re.compile(r"\| `(?P<rule>[a-z-]+)` \| (?P<status>\w+) \| (?P<shown>.+) \|")
NAMED: Final = re.compile(r"`([\w./-]+/[\w./-]+\.\w+)`")
PLATFORMS: Final = ("binary_sensor", "button", "calendar", "event", "number", "select", "sensor", "update")


@cache
def judged() -> dict[str, Any]:
    """Every rule and how it was judged."""
    rules: dict[str, Any] = yaml.safe_load((INTEGRATION / "quality_scale.yaml").read_text())["rules"]
    return rules


def status(rule: str) -> str:
    """How a rule was judged."""
    told = judged()[rule]
    return str(told if isinstance(told, str) else told["status"])


def rows() -> Iterator[re.Match[str]]:
    """The rows of the page."""
    return ROW.finditer(PAGE.read_text())


def home_assistants_rules() -> set[str]:
    """The rules that Home Assistant's own integrations are judged by, as its validator wants them named."""
    components = Path(homeassistant.__file__).parent / "components"
    files = sorted(components.glob("*/quality_scale.yaml"))[:100]
    assert files, "Home Assistant's integrations do not bring their judgements any more"
    # A judgement names every rule of its day: a rule that half of them lack is of yesterday.
    found = [set(yaml.safe_load(file.read_text())["rules"]) for file in files]
    return {rule for rule in set().union(*found) if sum(rule in one for one in found) * 2 > len(found)}


@pytest.mark.timeout(20)
def test_every_rule_of_home_assistant_is_judged() -> None:
    assert set(judged()) == home_assistants_rules()


def test_a_rule_is_done_or_says_why_not() -> None:
    for rule, told in judged().items():
        assert status(rule) in {"done", "exempt", "todo"}, rule
        assert told == "done" or told["comment"].strip(), rule


def test_the_page_has_every_rule_as_it_was_judged() -> None:
    assert [(row["rule"], row["status"]) for row in rows()] == [(rule, status(rule)) for rule in judged()]


def test_what_shows_a_rule_is_there() -> None:
    for row in rows():
        for name in NAMED.findall(row["shown"]):
            assert (ROOT / name).is_file(), f"{row['rule']}: there is no {name}"
    assert sum(len(NAMED.findall(row["shown"])) for row in rows()) > len(judged())


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_platform_says_how_many_updates_run_beside_each_other(platform: str) -> None:
    tree = ast.parse((INTEGRATION / f"{platform}.py").read_text())
    named = [node.targets[0] for node in tree.body if isinstance(node, ast.Assign)]
    assert "PARALLEL_UPDATES" in {target.id for target in named if isinstance(target, ast.Name)}
