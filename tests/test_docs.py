"""The pages lead where they say, and the commands that they show are there."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from temix_gateway.commands.finding import command as gateway
from temix_retailer.cli import app as retailer
from typer.main import get_command

ROOT = Path(__file__).parents[1]
PAGES = sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("gateway/*.md")})
LINK = re.compile(r"\]\((?!https?://|mailto:)([^)\s]+)\)|(?:src|srcset)=\"(?!https?://)([^\"]+)\"")
CODE = re.compile(r"^(?:```|~~~).*?^(?:```|~~~)|(?:^ {4,}\S.*\n)+|`[^`\n]+`", re.MULTILINE | re.DOTALL)
CALL = re.compile(r"(?<![\w./@-])(?:\.venv/bin/)?(temix-gateway|temix-retailer) ([a-z-][^\n`|&#;>]*)")
ELSEWHERE = re.compile(r"\]\((https?:[^)\s]*)\)|(?:src|srcset|href)=\"(https?:[^\"]*)\"|<(https?:[^>\s]*)>")
MODULE = re.compile(r"python -m ([\w.]+)")
WRITTEN = re.compile(
    r"(?<![\w/.-])((?:gateway|docs|tests|demo|script|blueprints|custom_components)/[\w./-]*\w)(?![\w/*<{-])"
)
SCRIPT = re.compile(r"(?<![\w-])\./(script/[\w-]+)")
OURS = re.compile(r"`((?:tests|gateway|custom_components|script|docs|benchmarks)/[\w./-]+|SECURITY\.md)`")
"""A file or folder of ours, as the pages about security name it."""
BARE = re.compile(r"`(test_\w+\.py)`")
BASELINES = ("ETSI EN 303 645", "UK PSTI", "NIST IR 8425")
PROGRAMS = {"temix-gateway": get_command(gateway([])), "temix-retailer": get_command(retailer)}


def name(page: Path) -> str:
    """As pytest shows it."""
    return str(page.relative_to(ROOT))


def anchors(page: Path) -> set[str]:
    """Of its headings, as GitHub makes them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    words = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower() for heading in headings)
    return {re.sub(r"[^\w\- ]", "", heading).strip().replace(" ", "-") for heading in words}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_no_link_is_dead(page: Path) -> None:
    for found in LINK.finditer(page.read_text()):
        path, _, anchor = (found[1] or found[2]).partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{name(page)}: {path}"
        if anchor and target.suffix == ".md":
            assert anchor in anchors(target), f"{name(page)}: {path}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_link_that_leads_elsewhere_has_the_form_of_one(page: Path) -> None:
    """Whether somebody answers there is not asked: no test leaves this machine."""
    for found in ELSEWHERE.finditer(page.read_text()):
        url = urlsplit(next(filter(None, found.groups())))
        assert url.scheme == "https", f"{name(page)}: {found[0]}"
        assert re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}", url.hostname or ""), (
            f"{name(page)}: {found[0]}"
        )


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_files_and_modules_that_code_names_are_there(page: Path) -> None:
    for code in CODE.findall(page.read_text()):
        for module in MODULE.findall(code):
            path = ROOT / module.replace(".", "/")
            assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), (
                f"{name(page)}: {module}"
            )
        for file in WRITTEN.findall(code):
            assert (ROOT / file).exists(), f"{name(page)}: {file}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_command_is_there(page: Path) -> None:
    for code in CODE.findall(page.read_text()):
        for script in SCRIPT.findall(code):
            assert (ROOT / script).is_file(), f"{name(page)}: {script}"
        for program, rest in CALL.findall(code):
            try:
                words = shlex.split(rest)
            except ValueError:  # a quote that ends on another line
                words = rest.split()
            for unknown in unknowns(PROGRAMS[program], words):
                pytest.fail(f"{name(page)}: {program} {rest.strip()}: {unknown}")


def unknowns(command: Any, words: list[str]) -> Iterator[str]:
    """Sub-commands and options that a command does not have."""
    while hasattr(command, "commands") and words and re.fullmatch(r"[a-z][a-z-]*", words[0]):
        if words[0] not in command.commands:
            yield words[0]
            return
        command, words = command.commands[words[0]], words[1:]
    options = {option for parameter in command.params for option in parameter.opts + parameter.secondary_opts}
    yield from (
        word
        for word in (each.partition("=")[0] for each in words)
        if re.fullmatch(r"--[a-z-]+", word) and word not in options | {"--help"}
    )


@pytest.mark.parametrize("page", ["docs/explanation/threat-model.md", "SECURITY.md"])
def test_what_security_pages_name_is_there(page: str) -> None:
    text = (ROOT / page).read_text()
    for path in OURS.findall(text):
        assert (ROOT / path).exists(), path
    for file in BARE.findall(text):
        assert list((ROOT / "tests").rglob(file)), file


@pytest.mark.parametrize("baseline", BASELINES)
def test_every_requirement_of_a_baseline_has_code_and_a_test(baseline: str) -> None:
    text = (ROOT / "docs" / "explanation" / "threat-model.md").read_text()
    _, _, table = text.partition(f"| {baseline}")
    rows = [line.strip("|").split("|") for line in table.split("\n\n")[0].splitlines()[2:]]
    assert len(rows) >= 3
    for requirement, _, met, code, shown in rows:
        if met.strip() != "does not apply":
            assert OURS.search(code), requirement
            assert any(path.startswith(("tests", "script")) for path in OURS.findall(shown)), requirement


def test_security_is_reported_to_somebody_within_a_time() -> None:
    text = (ROOT / "SECURITY.md").read_text()
    assert "Report a vulnerability" in text
    for promise in ("3 working days", "within 90 days", "24 months"):
        assert promise in text
