"""One commissioning from its first step to the record: in order, resumable, its state in one file."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec
from msgspec import Struct
from temix_market.errors import MarketError
from temix_market.instants import Instant, iso
from temix_market.wire.keys import SigningKey, uuid7
from temix_market.wire.seal import place_of

from temix_gateway.commissioning.answers import ASKS, MONEY, SECRET, Finish, StepName, read
from temix_gateway.commissioning.record import CommissioningRecord, RecordedCheck, open_record, plain, seal
from temix_gateway.commissioning.site import Site
from temix_gateway.commissioning.steps import NEEDS, TRADING, Finding, carry_out, untraded, wrong
from temix_gateway.errors import GatewayError

STEPS: Final[tuple[StepName, ...]] = tuple(ASKS)


class Outcome(Struct, frozen=True):
    """A step as it was last carried out: when (ms since 1970), by whom, with what, and what was found."""

    at: int
    by: str
    answers: dict[str, str]
    findings: list[Finding]

    @property
    def done(self) -> bool:
        """Whether nothing is left to mend."""
        return all(finding.kind != "wrong" for finding in self.findings)


class Progress(Struct, frozen=True):
    """How far a commissioning is; ``records`` are all that were ever signed, the newest last."""

    steps: dict[StepName, Outcome] = {}
    records: list[str] = []
    locked: str = ""
    """Why nothing is traded until there is a new record: ``reset`` or ``closed``."""


class Unreadable(GatewayError):
    """The file of the commissioning cannot be used; the text says what to do."""


class Writer(Protocol):
    """Writes a file that nobody else can read, in one step."""

    def __call__(self, path: Path, content: bytes) -> None:
        """Write it."""
        ...


class Commissioning:
    """Carries out steps, one at a time, and keeps what came of them."""

    def __init__(
        self,
        path: Path,
        site: Site,
        key: SigningKey,
        random: Callable[[int], bytes],
        write: Writer,
    ) -> None:
        """Go on with what ``path`` holds; ``key`` signs the record.

        Raises:
            Unreadable: the file is there and is none of a commissioning.
        """
        self._path, self._site, self._key, self._random, self._write = path, site, key, random, write
        self._turn = asyncio.Lock()
        self.progress = load(path)

    @property
    def lock(self) -> str:
        """Why trading waits for the record, or nothing: a gateway set up by hand waits for none."""
        return lock_of(self.progress)

    @property
    def trades(self) -> bool:
        """Whether the retailer takes orders: else the steps of trade are left out."""
        return self._site.trades()

    @property
    def configured(self) -> Mapping[str, str]:
        """The service of prices that the gateway has without this step: its answers, to be taken over."""
        return {} if "retailer" in self.progress.steps else self._site.configured()

    @property
    def currency(self) -> str:
        """Of the amounts that are asked for; nothing until the retailer has told its own."""
        retailer = self.progress.steps.get("retailer")
        return self._site.identity().currency if retailer is not None and retailer.done else ""

    def missing(self, step: StepName) -> list[StepName]:
        """The steps that must be done before this one, and are not."""
        steps = self.progress.steps
        return [before for before in NEEDS[step] if before not in steps or not steps[before].done]

    def next_step(self) -> StepName | None:
        """The first step that is not done; nothing when all are."""
        steps = self.progress.steps
        return next((step for step in STEPS if step not in steps or not steps[step].done), None)

    async def carry_out(self, step: StepName, raw: dict[str, Any], by: str) -> Outcome:
        """Carry a step out with answers as they come from a file or a form; ``by`` whom.

        Raises:
            InvalidField: an answer is not of its form; nothing was done.
        """
        async with self._turn:
            if step in TRADING and not self._site.trades():
                return await self._left_out(step, by)
            answers = read(step, raw)
            if missing := self.missing(step):
                findings = [wrong("step_needed", step=needed) for needed in missing]
            else:
                findings = await carry_out(step, self._site, answers)
            outcome = Outcome(self._site.now(), by, plain(answers, self._not_kept), findings)
            steps = {
                name: held for name, held in self.progress.steps.items() if step not in _all_before(name)
            }
            steps = self._without_trade(steps | {step: outcome}, by)
            progress = msgspec.structs.replace(self.progress, steps=steps)
            if step == "record" and outcome.done:
                assert isinstance(answers, Finish), "so ASKS says"
                progress = await self._recorded(progress, answers, by)
            await asyncio.to_thread(self._keep, progress)
            return outcome

    async def reset(self) -> None:
        """Lock trading until a new record is made, as the installer was lost; nothing else is forgotten."""
        async with self._turn:
            steps = {step: outcome for step, outcome in self.progress.steps.items() if step != "record"}
            progress = msgspec.structs.replace(self.progress, steps=steps, locked="reset")
            await asyncio.to_thread(self._keep, progress)

    def record(self) -> CommissioningRecord | None:
        """The record, where it holds: a step that is done again ends it."""
        progress = self.progress
        if not progress.records or "record" not in progress.steps or not progress.steps["record"].done:
            return None
        try:
            return open_record(progress.records[-1], self._key.public, self._site.identity().gateway)
        except MarketError:
            return None

    def signed(self) -> str:
        """The record as it was signed."""
        return self.progress.records[-1]

    @property
    def _not_kept(self) -> frozenset[str]:
        """Answers that are secret, or that nobody gave."""
        return SECRET if self.trades else SECRET | MONEY

    async def _left_out(self, step: StepName, by: str) -> Outcome:
        """A step of trade, where the retailer takes no orders."""
        outcome = Outcome(self._site.now(), by, {}, [untraded(step)])
        steps = self.progress.steps | {step: outcome}
        await asyncio.to_thread(self._keep, msgspec.structs.replace(self.progress, steps=steps))
        return outcome

    def _without_trade(self, steps: dict[StepName, Outcome], by: str) -> dict[StepName, Outcome]:
        """Steps, with those of trade left out as soon as a retailer is there that takes no orders."""
        if "retailer" not in steps or not steps["retailer"].done or self._site.trades():
            return steps
        now = self._site.now()
        return {step: Outcome(now, by, {}, [untraded(step)]) for step in TRADING} | steps

    async def _recorded(self, progress: Progress, answers: Finish, by: str) -> Progress:
        who, now = self._site.identity(), self._site.now()
        sequence, head = await self._site.heads()
        done = [(step, progress.steps[step]) for step in STEPS if step in progress.steps and step != "record"]
        record = CommissioningRecord(
            gateway=who.gateway,
            version=who.version,
            certificate=who.fingerprint,
            key=who.key,
            home=who.home,
            market=who.market,
            currency=who.currency,
            installer=by,
            company=answers.company,
            remarks=answers.remarks,
            made=iso(now),
            ledger_sequence=sequence,
            ledger_head=head,
            answers={step: outcome.answers for step, outcome in done},
            checks=tuple(
                RecordedCheck(
                    step=step,
                    at=iso(Instant(outcome.at)),
                    by=outcome.by,
                    kind=finding.kind,
                    code=finding.code,
                    about=finding.about,
                )
                for step, outcome in done
                for finding in outcome.findings
            ),
        )
        before = (0, "")
        if progress.records:
            before = place_of(progress.records[-1])[0], progress.records[-1]
        signed = seal(record, self._key, before, uuid7(now, self._random(10)), now)
        return msgspec.structs.replace(progress, records=[*progress.records, signed], locked="")

    def _keep(self, progress: Progress) -> None:
        self._write(self._path, msgspec.json.encode(progress))
        self.progress = progress


def load(path: Path) -> Progress:
    """How far the commissioning of this file is.

    Raises:
        Unreadable: it is none.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Progress)
    except FileNotFoundError:
        return Progress()
    except (OSError, ValueError) as error:
        hint = "restore it from a backup, or remove it and commission the gateway anew"
        raise Unreadable(f"{path} cannot be read ({error}): {hint}") from error


def lock_of(progress: Progress) -> str:
    """Why trading waits for a record: after a reset or a closed account, or while one is begun."""
    if progress.locked:
        return progress.locked
    record = progress.steps.get("record")
    return "unfinished" if progress.steps and (record is None or not record.done) else ""


def _all_before(step: StepName) -> set[StepName]:
    found: set[StepName] = set()
    for before in NEEDS[step]:
        found |= {before} | _all_before(before)
    return found
