"""``temix-gateway commission`` and ``reset``: commissioning without a page, one home or many."""

import time
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer
from msgspec.structs import FieldInfo
from rich.console import Console
from temix_market.errors import InvalidField

from temix_gateway import config as configuration
from temix_gateway.choosing import publishing, service_name, told_of, trading
from temix_gateway.commands.options import DEFAULT, ConfigPath
from temix_gateway.commissioning.answers import (
    ASKS,
    MONEY,
    SECRET,
    Installer,
    StepName,
    questions,
    read,
    read_as,
    shape,
)
from temix_gateway.commissioning.steps import TRADING, Finding, untraded
from temix_gateway.commissioning.words import finding_text
from temix_gateway.errors import GatewayError
from temix_gateway.files import Files
from temix_gateway.home.access import OpenPairing, PairingWindow
from temix_gateway.home.codes import spaced
from temix_gateway.home.commission import Commission, CommissioningState, GetCommissioning, StepOutcome
from temix_gateway.home.passphrases import PassphraseRefused, Passphrases
from temix_gateway.home.roles import Role
from temix_gateway.local import Asker
from temix_gateway.price_taking import settings
from temix_gateway.retailer.published.services import Service, named
from temix_gateway.retailer_config import Retailer
from temix_gateway.texts import say

RESET_WITHIN_S: Final = 10.0
_SIGNS: Final = {"ok": "[green]✓[/]", "note": "[yellow]•[/]", "wrong": "[red]✗[/]"}


class NotCommissioned(GatewayError):
    """A step is not done; what it found was shown."""


class AnswersUnusable(GatewayError):
    """The answers file cannot be used."""


def commission(
    config: ConfigPath = DEFAULT,
    answers: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Answers in TOML, for many homes; else it asks.")
    ] = None,
    record: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the signed record here, too.")
    ] = None,
    again: Annotated[bool, typer.Option(help="Do steps again that are done.")] = False,
) -> None:
    """Commission the gateway that runs on this machine. What is done already is left alone."""
    loaded = configuration.load(config)
    files, zone = Files(Path(loaded.gateway.data)), loaded.gateway.time_zone
    configured = {} if isinstance(loaded.retailer, Retailer) else dict(settings(loaded.retailer))
    given = _read(answers, configured) if answers is not None else None
    asker = Asker(files, Role.INSTALLER, _installer(files, given))
    state: CommissioningState = asker.ask(GetCommissioning(id=2))
    done = set() if again else {step.step for step in state.steps if step.done}
    language = state.language
    for step in ASKS:
        if step in done:
            continue
        Console().print(f"[bold]{say(language, f'step.{step}.title')}[/]")
        while True:
            raw = _ask(step, language, asker, configured) if given is None else given.get(step, {})
            outcome: StepOutcome = asker.ask(Commission(id=2, step=step, answers=raw))
            if step == "basics" and outcome.done:
                language, zone = raw.get("language", "en"), raw["time_zone"]
            show(language, outcome.findings, zone)
            if outcome.done:
                break
            if given is not None or not typer.confirm(say(language, "terminal.again"), default=True):
                raise NotCommissioned(
                    f"{step} is not done: mend it and run this again, it goes on from there"
                )
        if step == "retailer":
            done |= _left_out(asker)
    state = asker.ask(GetCommissioning(id=2))
    if record is not None and state.record is not None:
        record.write_text(state.record, encoding="ascii")


def reset(
    config: ConfigPath = DEFAULT,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether it is right.")] = False,
) -> None:
    """Replace a lost installer: the next one chooses a passphrase. Locks trading until a new record is made.

    Ledger, keys and paired clients stay.
    """
    files = Files(Path(configuration.load(config).gateway.data))
    if not yes and not typer.confirm("Lock trading, and let a new installer commission this gateway?"):
        raise NotCommissioned("nothing was reset")
    files.reset.touch(mode=0o600)
    until = time.monotonic() + RESET_WITHIN_S
    while files.reset.exists() and time.monotonic() < until:
        time.sleep(0.2)
    if files.reset.exists():
        print("the gateway does not run: it is reset when it is started the next time")
    else:
        print("reset: open the gateway's page, or run `temix-gateway commission`, and choose a passphrase")


def show(language: str, findings: list[Finding], zone: str) -> None:
    """Print what a step found, by the clock of the home's time zone."""
    for finding in findings:
        told = finding_text(language, finding, zone)
        Console().print(f"  {_SIGNS[finding.kind]} {told}", highlight=False)


def _left_out(asker: Asker) -> set[StepName]:
    """The steps of trade that need nobody: a retailer that was chosen just now has opened all others."""
    state: CommissioningState = asker.ask(GetCommissioning(id=2))
    return {each.step for each in state.steps if each.step in TRADING and each.done}


def _read(path: Path, configured: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """An answers file, every step checked before the first one is carried out.

    Where it says nothing of the retailer, a service of prices that is ``configured`` is taken over.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise AnswersUnusable(f"answers {path} cannot be used: {error}") from error
    unknown = raw.keys() - {"installer", *ASKS}
    if unknown:
        raise AnswersUnusable(f"answers {path}: {min(unknown)}: there is no such step")
    given = {name: _with_files(path, name, section) for name, section in raw.items()}
    given.setdefault("retailer", configured)
    try:
        read_as(Installer, given.get("installer", {}), "installer")
        trades = given.get("retailer", {}).get("service", "temix") == "temix"
        for step in ASKS:
            if trades or step not in TRADING:
                read(step, given.get(step, {}))
    except InvalidField as error:
        raise AnswersUnusable(f"answers {path}: {error}") from error
    return given


def _with_files(path: Path, name: str, section: Any) -> dict[str, Any]:
    """A section in which ``KEY_file`` stands for the content of that file, as ``KEY``."""
    if not isinstance(section, dict):
        raise AnswersUnusable(f"answers {path}: {name}: it must be a section, [{name}]")
    found = {}
    for key, value in section.items():
        if not key.endswith("_file"):
            found[key] = value
            continue
        try:
            found[key.removesuffix("_file")] = (path.parent / str(value)).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise AnswersUnusable(f"answers {path}: {name}.{key}: {error}") from error
    return found


def _installer(files: Files, given: dict[str, dict[str, Any]] | None) -> str:
    """Who commissions, known by their passphrase, which the first one chooses."""
    people = Passphrases(files.passphrases)
    known = people.person(Role.INSTALLER)
    if given is not None:
        asked = read_as(Installer, given["installer"], "installer")
    else:
        name = known.name if known is not None else typer.prompt("Your name, for the record")
        words = "The installer's passphrase" if known else "Choose a passphrase, 12 characters at least"
        asked = Installer(
            name=name, passphrase=typer.prompt(words, hide_input=True, confirmation_prompt=known is None)
        )
    if known is None:
        try:
            people.choose(Role.INSTALLER, asked.name, asked.passphrase)
        except PassphraseRefused as error:
            raise NotCommissioned(str(error)) from error
        return asked.name
    found = people.whose(asked.passphrase)
    if found is None or found[0] is not Role.INSTALLER:
        raise NotCommissioned(
            "this is not the installer's passphrase; who lost it runs `temix-gateway reset`"
        )
    return known.name


def _ask(step: StepName, language: str, asker: Asker, configured: dict[str, Any]) -> dict[str, Any]:
    """Ask for a step's answers at the terminal, or keep the service that is ``configured``."""
    known = named(configured) if step == "retailer" and configured else None
    if known is not None:
        keep = say(language, "terminal.keep", name=service_name(language, known))
        if typer.confirm(f"  {keep}", default=True):
            return configured
    chosen = _choose(language) if step == "retailer" else {}
    service = named(chosen)
    Console().print(f"  {_intro(step, language, service)}", highlight=False)
    for names in (service.rates, service.circuits) if service is not None else ():
        Console().print(f"  {', '.join(names)}", style="dim", highlight=False)
    if step == "home_assistant" and typer.confirm(f"  {say(language, 'pairing.button')}?", default=True):
        window: PairingWindow = asker.ask(OpenPairing(id=2))
        entered = say(language, "terminal.entered", code=spaced(window.code))
        typer.prompt(f"  {entered}", default="", show_default=False)
    without = MONEY if step == "limits" and not _trades(asker) else frozenset()
    asked = [each for each in questions(step, chosen) if each.name not in {*chosen, *without}]
    return chosen | {name: value for name, value in _fields(step, language, asked) if value != ""}


def _intro(step: StepName, language: str, service: Service | None) -> str:
    """What a step is about; of a service of prices, what is done with it."""
    if service is None:
        return say(language, f"step.{step}.intro")
    return say(language, told_of(service), name=service_name(language, service))


def _trades(asker: Asker) -> bool:
    """Whether the home's retailer takes orders: else the steps of trade were left out."""
    state: CommissioningState = asker.ask(GetCommissioning(id=2))
    return not any(untraded(each.step) in each.findings for each in state.steps if each.step in TRADING)


def _choose(language: str) -> dict[str, str]:
    """Which retailer the home has: one that trades, or one of those that publish prices."""
    choices = [trading(language), *publishing(language)]

    def among(text: str) -> int:
        if text not in map(str, range(1, len(choices) + 1)):
            raise typer.BadParameter(say(language, "terminal.number", given=text))
        return int(text)

    for number, each in enumerate(choices, 1):
        Console().print(f"  {number}  {each.name}: {each.about}", highlight=False)
    number = typer.prompt(f"  {say(language, 'retailer.number')}", value_proc=among, default="1")
    return dict(choices[number - 1].chosen)


def _fields(step: StepName, language: str, asked: Sequence[FieldInfo]) -> Iterator[tuple[str, Any]]:
    for field in asked:
        label = f"  {say(language, f'field.{step}.{field.name}')}"
        default = None if field.default is msgspec.NODEFAULT else field.default
        kind = shape(field)
        if isinstance(kind, msgspec.inspect.BoolType):
            yield field.name, typer.confirm(label, default=bool(default))
        elif isinstance(kind, msgspec.inspect.IntType):
            yield field.name, typer.prompt(label, type=int)
        else:
            yield (
                field.name,
                typer.prompt(
                    label,
                    default="" if default is None and not field.required else default,
                    hide_input=field.name in SECRET - {"code"},
                    show_default=bool(default),
                ),
            )
