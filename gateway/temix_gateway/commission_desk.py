"""Commissioning as the local API and the pages see it, and the gateway as commissioning sees it."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec
from temix_market.deliveries import Delivery
from temix_market.errors import MarketError
from temix_market.instants import FIVE_MINUTES, HOUR, Instant
from temix_market.intervals import Interval, enclosing
from temix_market.mandates import Mandate
from temix_market.ports import OutcomeUnknown
from temix_market.products import Side
from temix_market.units import Power, Price, parse_money
from temix_market.wire.keys import SigningKey, uuid7
from temix_market.wire.mandate import seal_mandate

from temix_gateway import owner_key
from temix_gateway.commissioning.answers import (
    NOT_ASKED,
    SECRET,
    Basics,
    Ceilings,
    Comparison,
    Enrolment,
    OwnerMandate,
    StepName,
)
from temix_gateway.commissioning.commissioning import STEPS, Commissioning
from temix_gateway.commissioning.site import CannotDo, Heard, Identity, Right, Trade
from temix_gateway.config import Config, Settings
from temix_gateway.errors import GatewayError, LedgerError
from temix_gateway.files import Files
from temix_gateway.home.commission import CommissioningState, StepOutcome, StepState
from temix_gateway.home.errors import CommandRefused
from temix_gateway.home.messages import SignMandate
from temix_gateway.home.roles import Role
from temix_gateway.home.tokens import TokenStore, private_file
from temix_gateway.price_taking import hear, settings
from temix_gateway.retailer.enrolment import enrol
from temix_gateway.retailer.errors import LinkError
from temix_gateway.retailer_config import HomeAssistantSection, PricesOnly, Retailer
from temix_gateway.running import Lasting, Running, Unusable, context_of
from temix_gateway.trial import trial

CONNECTED_WITHIN_S: Final = 20.0
_LOOK_EVERY_S: Final = 0.1


class Anew(Protocol):
    """Takes up what was changed in the configuration."""

    async def core(self) -> None:
        """Make the core anew."""
        ...

    async def ceilings(self) -> None:
        """Take new ceilings alone."""
        ...


class GatewaySite:
    """The running gateway (a ``Site``)."""

    def __init__(
        self,
        running: Running,
        lasting: Lasting,
        identity: Callable[[Config], Identity],
        anew: Anew,
    ) -> None:
        """Act on ``running``; ``anew`` takes up what was changed."""
        self._running, self._lasting, self._identity, self._anew = running, lasting, identity, anew
        self._files: Files = lasting.files

    def now(self) -> Instant:
        """Wall time."""
        return self._lasting.clock.now()

    def identity(self) -> Identity:
        """Who it is."""
        return self._identity(self._running.now.config)

    async def set_basics(self, asked: Basics) -> None:
        """Take them; another time zone makes the core anew."""
        zone = self._running.now.config.gateway.time_zone
        gateway = {"name": asked.name, "time_zone": asked.time_zone}
        await self._set(language=asked.language, gateway=gateway)
        if zone != asked.time_zone:
            await self._anew.core()

    def trades(self) -> bool:
        """Whether the retailer takes orders."""
        return isinstance(self._running.now.config.retailer, Retailer)

    async def hear(self, asked: PricesOnly) -> Heard:
        """Ask it; what it answers is kept, so that it need not be asked again where it is taken."""
        return await hear(asked, self._running.now.config, self._files, self._lasting.clock)

    async def take(self, asked: PricesOnly) -> None:
        """Take it; the new core shows its prices soon, those of Home Assistant once it tells them."""
        await self._set(retailer=settings(asked))
        await self._anew.core()
        if not isinstance(asked, HomeAssistantSection):
            await _until(lambda: bool(self._running.now.core.state().prices))

    def configured(self) -> Mapping[str, str]:
        """As the file of the configuration or an earlier step says."""
        retailer = self._running.now.config.retailer
        if isinstance(retailer, Retailer):
            return {}
        return {name: value for name, value in settings(retailer).items() if name not in SECRET | NOT_ASKED}

    def retailer_url(self) -> str:
        """Where the home is enrolled."""
        return self._running.now.config.retailer.url.rstrip("/")

    async def enrol(self, asked: Enrolment) -> str:
        """Redeem the code, keep the account, connect."""
        files, url = self._files, asked.url.rstrip("/")
        if asked.ca:
            await asyncio.to_thread(private_file, files.retailer_ca, asked.ca.encode())
        ca = str(files.retailer_ca.absolute()) if asked.ca else None
        try:
            context = await asyncio.to_thread(context_of, ca)
            made, pem = await enrol(url, asked.code, context, self._lasting.clock)
        except (LinkError, Unusable) as error:
            raise CannotDo("not_enrolled", reason=str(error)) from error
        await asyncio.to_thread(private_file, files.retailer_certificate, pem)
        retailer = {
            "url": url,
            "client_id": made.client_id,
            "client_secret": made.client_secret,
            "client_certificate": str(files.retailer_certificate.absolute()),
        } | ({} if ca is None else {"ca_file": ca})
        await self._set(retailer=retailer, home={"party": made.party_id})
        await self._anew.core()
        return made.party_id

    async def rights(self) -> Sequence[Right]:
        """Log in, and ask for everything that can be asked for."""
        try:
            await self._connected()
        except CannotDo as failed:
            return [Right("log_in", failed.about["reason"])]
        made = self._running.now
        books, link = made.core.books, made.link
        hour = Interval(Instant(enclosing(self.now(), FIVE_MINUTES).start - HOUR), HOUR)
        asked: list[tuple[str, Callable[[], Awaitable[object]]]] = [
            ("records", lambda: link.heads(books.heads)),
            ("messages", lambda: link.messages(books.heads.messages)),
            ("readings", lambda: link.deliveries(hour)),
            ("spots", lambda: link.spots(hour)),
        ]
        sides = {rung.side for rung in made.core.market.book.rungs(self.now())}
        found = [
            Right("log_in", ""),
            Right("tenders", "" if sides == set(Side) else "there is none to buy, or none to sell"),
        ]
        for name, ask in asked:
            try:
                await ask()
                found.append(Right(name, ""))
            except OutcomeUnknown as error:
                found.append(Right(name, str(error)))
        return found

    async def clock_apart(self) -> int:
        """As the last heartbeat told."""
        await self._connected()
        apart = self._running.now.core.contact.clock_apart
        assert apart is not None, "who is connected was heard"
        return apart

    async def set_ceilings(self, asked: Ceilings) -> None:
        """Take them at once."""
        home = {"import_limit": asked.import_power, "export_limit": asked.export_power}
        trading = {"money_a_day": asked.money_a_day, "highest_price": asked.highest_price}
        await self._set(home=home, trading=trading)
        try:
            await self._anew.ceilings()
        except LedgerError as error:
            raise CannotDo("ledger", reason=str(error)) from error

    def highest_tender(self) -> Price | None:
        """Of those to buy."""
        rungs = self._running.now.core.market.book.rungs(self.now())
        return max((rung.price for rung in rungs if rung.side is Side.SELL), default=None)

    async def set_tariff(self, asked: Comparison) -> None:
        """Take it; what was saved is added up anew."""
        section = msgspec.structs.asdict(asked)
        await self._set(tariff=[section] if asked.name else [])
        await self._anew.core()

    async def controllers(self) -> Sequence[str]:
        """Who has paired."""
        tokens = TokenStore(self._files.clients, self._lasting.clock.now)
        clients = await asyncio.to_thread(tokens.clients)
        return [client.label for client in clients if client.role is Role.CONTROLLER]

    async def readings(self) -> Sequence[Delivery]:
        """Of the last hour, from the ledger."""
        try:
            found = await self._lasting.ledger.deliveries(Instant(self.now() - HOUR))
        except LedgerError as error:
            raise CannotDo("ledger", reason=str(error)) from error
        return sorted(found, key=lambda delivery: delivery.interval.start)

    async def sign_mandate(self, asked: OwnerMandate) -> None:
        """Sign with the owner's key, which is made where there is none."""
        await self._connected()
        core, config = self._running.now.core, self._running.now.config
        path = self._files.owner_key
        work = owner_key.load if path.exists() else owner_key.make
        try:
            key: SigningKey = await asyncio.to_thread(work, path, asked.passphrase)
            mandate = Mandate(
                core.owner.rules.home,
                core.contact.terms.currency,
                parse_money(asked.money_a_day),
                Price(parse_money(asked.highest_price) // 1_000),
                Power(config.home.import_limit),
                Power(config.home.export_limit),
            )
            last, now = await self._lasting.ledger.mandate(), self.now()
            before = (0, "") if last is None else (last.sequence, last.signed)
            signed = seal_mandate(mandate, key, before, uuid7(now, secrets.token_bytes(10)), now)
            await core.owner.sign_mandate(SignMandate(id=0, signed=signed, owner=key.public.x))
        except (GatewayError, CommandRefused, MarketError) as error:
            raise CannotDo("not_signed", reason=str(error)) from error

    def has_mandate(self) -> bool:
        """Whether one holds."""
        return self._running.now.core.owner.mandate is not None

    async def test_trade(self) -> Trade:
        """Trade once the records agree, which they do within a turn after connecting."""
        await self._connected()
        made = self._running.now
        # Where it stays locked, the trade itself says by what.
        await _until(lambda: not {lock.code for lock in made.core.locks()} & {"apart", "clock", "price"})
        try:
            return await trial(made.core, made.link, self._lasting.ledger, self.now())
        except GatewayError as error:
            raise CannotDo("ledger", reason=str(error)) from error

    async def begin(self) -> None:
        """Plan and trade from now on: the record is made, and the owner has signed where that is needed."""
        owner = self._running.now.core.owner
        if owner.mandate is not None or not self.trades():
            await owner.set_mode("automatic")

    def tell(self) -> None:
        """Something about commissioning is new: whether trade waits for it, perhaps."""
        self._running.now.core.look_again()

    async def heads(self) -> tuple[int, str]:
        """How far the ledger reaches."""
        head = self._lasting.ledger.head
        return head.sequence, head.head

    async def _set(self, **changes: Any) -> None:
        await asyncio.to_thread(change_settings, self._files, **changes)

    async def _connected(self) -> None:
        """Wait until the retailer was heard.

        Raises:
            CannotDo: it was not.
        """
        contact = self._running.now.core.contact
        await _until(lambda: contact.link.refused or (contact.link.up and contact.clock_apart is not None))
        if not contact.link.up or contact.clock_apart is None:
            reason = contact.link.reason or "it was not heard"
            raise CannotDo("retailer_silent", reason=reason)


async def _until(holds: Callable[[], bool]) -> None:
    """Wait until something holds, but not for ever."""
    for _ in range(round(CONNECTED_WITHIN_S / _LOOK_EVERY_S)):
        if holds():
            return
        await asyncio.sleep(_LOOK_EVERY_S)


def change_settings(files: Files, **changes: Any) -> None:
    """Write some of what was set at commissioning; sections are changed key by key, the rest as a whole."""
    try:
        before = msgspec.json.decode(files.settings.read_bytes(), type=Settings)
    except FileNotFoundError:
        before = Settings()
    for name in ("gateway", "home", "trading"):
        if name in changes:
            changes[name] = {**getattr(before, name), **changes[name]}
    after = msgspec.structs.replace(before, **changes)
    private_file(files.settings, msgspec.json.format(msgspec.json.encode(after), indent=2))


def language_of(files: Files) -> str:
    """The language that was chosen at commissioning."""
    try:
        return msgspec.json.decode(files.settings.read_bytes(), type=Settings).language
    except OSError, ValueError:
        return "en"


class CommissionDesk:
    """Commissioning over the local API (a ``Desk``), and what the pages ask."""

    def __init__(self, commissioning: Commissioning, site: GatewaySite, files: Files) -> None:
        """Serve ``commissioning``."""
        self.commissioning = commissioning
        self._site, self._files = site, files
        self.language = language_of(files)

    def state(self) -> CommissioningState:
        """Every step in order."""
        progress = self.commissioning.progress
        steps = []
        for step in STEPS:
            outcome = progress.steps.get(step)
            steps.append(
                StepState(
                    step=step,
                    done=outcome is not None and outcome.done,
                    at=None if outcome is None else outcome.at,
                    findings=[] if outcome is None else outcome.findings,
                )
            )
        return CommissioningState(
            language=self.language,
            steps=steps,
            locked=self.commissioning.lock,
            record=self.commissioning.signed() if self.commissioning.record() is not None else None,
        )

    async def carry_out(self, step: StepName, answers: dict[str, Any], by: str) -> StepOutcome:
        """Carry a step out; the record, once made, lets trading begin.

        Raises:
            CommandRefused: an answer is not of its form; the text names it.
        """
        try:
            outcome = await self.commissioning.carry_out(step, answers, by)
        except MarketError as error:
            raise CommandRefused(str(error)) from error
        if step == "basics" and outcome.done:
            self.language = outcome.answers["language"]
        if step == "record" and outcome.done:
            await self._site.begin()
        self._site.tell()
        return StepOutcome(done=outcome.done, findings=outcome.findings)
