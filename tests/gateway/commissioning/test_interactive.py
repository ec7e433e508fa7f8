"""Commissioning at a terminal: what is asked, what is sent, and what happens where a step is not done."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import typer
from temix_gateway.commands import commission as commission_commands
from temix_gateway.commissioning.answers import ASKS, read
from temix_gateway.commissioning.steps import TRADING, Finding, untraded
from temix_gateway.home.commission import (
    Commission,
    CommissioningState,
    GetCommissioning,
    StepOutcome,
    StepState,
)
from typer.testing import CliRunner, Result

from tests.gateway.commissioning.test_command import PRICES

INSTALLER = ("Ida Installer", "ladder van drill", "ladder van drill")
BASICS = ("Lake house", "en", "America/Chicago")


class FakeGateway:
    """Takes steps as the running gateway does; the ones of ``failing`` once find something wrong."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.done: set[str] = set()
        self.failing: list[str] = []
        self.findings: dict[str, list[Finding]] = {}
        self.language = "en"

    def ask(self, command: Any) -> Any:
        if isinstance(command, GetCommissioning):
            steps = [
                StepState(step=step, done=step in self.done, at=None, findings=self.findings.get(step, []))
                for step in ASKS
            ]
            return CommissioningState(language=self.language, steps=steps, locked="", record="signed")
        assert isinstance(command, Commission)
        read(command.step, command.answers)
        self.sent.append((command.step, command.answers))
        if command.step in self.failing:
            self.failing.remove(command.step)
            return StepOutcome(done=False, findings=[Finding("wrong", "no_import")])
        self.done.add(command.step)
        if command.step == "retailer" and command.answers["service"] != "temix":
            self.done.update(TRADING)
            self.findings = {step: [untraded(step)] for step in TRADING}
        return StepOutcome(done=True, findings=[])


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeGateway:
    fake = FakeGateway()
    monkeypatch.setattr(commission_commands, "Asker", lambda *_: fake)
    return fake


@pytest.fixture
def commission(tmp_path: Path, fake: FakeGateway) -> Callable[..., Result]:
    """Commission with what a person types, line by line."""
    (tmp_path / "gateway.toml").write_text("[gateway]\n")
    (tmp_path / "data").mkdir()
    app = typer.Typer()
    app.command()(commission_commands.commission)

    def commission(*typed: str, options: Sequence[str] = ()) -> Result:
        config, record = str(tmp_path / "gateway.toml"), str(tmp_path / "record.jws")
        told = ["--config", config, "--record", record, *options]
        return CliRunner().invoke(app, told, input="".join(f"{line}\n" for line in typed))

    return commission


POWERS = ("5000", "3000")
LIMITS = (*POWERS, "20", "2")
NO_TARIFF = ("", "", "", "")
LATER = ("n", "y", "4711", "y")
"""No pairing window, Home Assistant later; the meter's number, its readings later."""
FINISH = ("Lake Solar", "")


def test_a_retailer_that_trades(fake: FakeGateway, commission: Callable[..., Result], tmp_path: Path) -> None:
    retailer = ("", "https://retailer.test", "letter", "")
    mandate = ("12", "1", "paper boat on the lake", "y")
    result = commission(*INSTALLER, *BASICS, *retailer, *LIMITS, *NO_TARIFF, *LATER, *mandate, *FINISH)
    assert result.exit_code == 0, result.output
    assert [step for step, _ in fake.sent] == list(ASKS)
    sent = dict(fake.sent)
    assert sent["retailer"] == {"service": "temix", "url": "https://retailer.test", "code": "letter"}
    assert sent["limits"]["import_power"] == 5000
    assert sent["mandate"]["agreed"] is True
    assert (tmp_path / "record.jws").read_text() == "signed"


def test_a_service_of_prices_leaves_out_what_is_about_trade(
    fake: FakeGateway, commission: Callable[..., Result]
) -> None:
    service = ("99", "0", "two", "2", "", "TOU-D-49", "Moorpark", "", "")
    result = commission(*INSTALLER, *BASICS, *service, *POWERS, *NO_TARIFF, *LATER, *FINISH)
    assert result.exit_code == 0, result.output
    assert result.output.count("is none of the numbers above") == 3
    assert [step for step, _ in fake.sent] == [step for step in ASKS if step not in TRADING]
    assert dict(fake.sent)["limits"] == {"import_power": 5000, "export_power": 3000}  # no money is at stake


@pytest.mark.parametrize("taken, after", [("", ()), ("n", ("4", "USCA-PGPG-ETOU-0000", "", "", ""))])
def test_a_service_that_a_file_configures_is_taken_over_or_not(
    fake: FakeGateway,
    commission: Callable[..., Result],
    tmp_path: Path,
    taken: str,
    after: tuple[str, ...],
) -> None:
    (tmp_path / "gateway.toml").write_text('[retailer]\nservice = "midas"\nrin = "USCA-XXXX-YYYY-0000"\n')
    result = commission(*INSTALLER, *BASICS, taken, *after, *POWERS, *NO_TARIFF, *LATER, *FINISH)
    assert result.exit_code == 0, result.output
    sent = dict(fake.sent)["retailer"]
    assert (sent["service"], sent["rin"]) == ("midas", after[1] if after else "USCA-XXXX-YYYY-0000")


def test_an_answers_file_need_not_repeat_a_service_that_is_configured(
    fake: FakeGateway, commission: Callable[..., Result], tmp_path: Path
) -> None:
    (tmp_path / "gateway.toml").write_text('[retailer]\nservice = "midas"\nrin = "USCA-XXXX-YYYY-0000"\n')
    (tmp_path / "installer.txt").write_text(INSTALLER[1])
    (tmp_path / "answers.toml").write_text(re.sub(r"\[retailer\].*?\n\n", "", PRICES, flags=re.DOTALL))
    result = commission(options=["--answers", str(tmp_path / "answers.toml")])
    assert result.exit_code == 0, result.output
    assert dict(fake.sent)["retailer"]["rin"] == "USCA-XXXX-YYYY-0000"


def test_a_step_that_is_not_done_is_asked_again(fake: FakeGateway, commission: Callable[..., Result]) -> None:
    fake.failing = ["basics", "basics"]
    result = commission(*INSTALLER, *BASICS, "y", "House", *BASICS[1:], "n")
    assert result.exit_code == 1
    assert "basics is not done" in str(result.exception)
    assert [answers["name"] for _, answers in fake.sent] == ["Lake house", "House"]


def test_the_retailers_are_told_in_the_homes_language(
    fake: FakeGateway, commission: Callable[..., Result]
) -> None:
    fake.language, fake.done = "de", {"basics"}
    service = ("99", "6", "EUR")
    result = commission(*INSTALLER, *service, *POWERS, *NO_TARIFF, *LATER, *FINISH)
    assert result.exit_code == 0, result.output
    for word in ("Ein Versorger mit TeMIX", "Preise, die Home Assistant hat", "Großbritannien"):
        assert word in result.output
    assert "99 ist keine der Nummern oben" in result.output
    assert "Home Assistant sagt ihm" in result.output
    assert dict(fake.sent)["retailer"] == {"service": "home_assistant", "currency": "EUR"}
    assert "kWh" not in result.output.partition("Grenzen")[2].partition("Vergleich")[0]
