"""Commissioning at a terminal: what is asked, what is sent, and what happens where a step is not done."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from temix_gateway import commission_commands
from temix_gateway.commissioning.answers import ASKS, read
from temix_gateway.commissioning.steps import TRADING, Finding
from temix_gateway.home.commission import (
    Commission,
    CommissioningState,
    GetCommissioning,
    StepOutcome,
    StepState,
)
from typer.testing import CliRunner, Result

INSTALLER = ("Ida Installer", "ladder van drill", "ladder van drill")
BASICS = ("Lake house", "en", "America/Chicago")


class FakeGateway:
    """Takes steps as the running gateway does; the ones of ``failing`` once find something wrong."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.done: set[str] = set()
        self.failing: list[str] = []

    def ask(self, command: Any) -> Any:
        if isinstance(command, GetCommissioning):
            steps = [StepState(step=step, done=step in self.done, at=None, findings=[]) for step in ASKS]
            return CommissioningState(language="en", steps=steps, locked="", record="signed")
        assert isinstance(command, Commission)
        read(command.step, command.answers)
        self.sent.append((command.step, command.answers))
        if command.step in self.failing:
            self.failing.remove(command.step)
            return StepOutcome(done=False, findings=[Finding("wrong", "no_import")])
        self.done.add(command.step)
        if command.step == "retailer" and command.answers["service"] != "temix":
            self.done.update(TRADING)
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

    def commission(*typed: str) -> Result:
        told = ["--config", str(tmp_path / "gateway.toml"), "--record", str(tmp_path / "record.jws")]
        return CliRunner().invoke(app, told, input="".join(f"{line}\n" for line in typed))

    return commission


LIMITS = ("5000", "3000", "20", "2")
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
    result = commission(*INSTALLER, *BASICS, *service, *LIMITS, *NO_TARIFF, *LATER, *FINISH)
    assert result.exit_code == 0, result.output
    assert result.output.count("is none of the numbers above") == 3
    assert [step for step, _ in fake.sent] == [step for step in ASKS if step not in TRADING]


def test_a_step_that_is_not_done_is_asked_again(fake: FakeGateway, commission: Callable[..., Result]) -> None:
    fake.failing = ["basics", "basics"]
    result = commission(*INSTALLER, *BASICS, "y", "House", *BASICS[1:], "n")
    assert result.exit_code == 1
    assert "basics is not done" in str(result.exception)
    assert [answers["name"] for _, answers in fake.sent] == ["Lake house", "House"]
