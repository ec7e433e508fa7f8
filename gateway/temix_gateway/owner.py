"""What the owner decides: the signed mandate, the mode, the pause, and limits beneath the ceilings."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from temix_market.errors import MarketError
from temix_market.instants import to_datetime
from temix_market.mandates import Mandate
from temix_market.units import NO_CURRENCY, money_text

from temix_gateway.errors import LedgerError
from temix_gateway.home import messages
from temix_gateway.home.errors import CommandRefused
from temix_gateway.home.messages import Mode, SetLimits, SignMandate
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.ledger.mandates import MandateRecord
from temix_gateway.own_limits import Choices, limits_message
from temix_gateway.rules import Rules

SIGN: Final = "run `temix-gateway mandate sign` on the gateway"

_LOG: Final = structlog.get_logger(__name__)


class Owner:
    """The owner's word: in force at once, on record before any trade under it, remembered over a restart.

    ``rules`` are the installer's. ``changed`` is called after each change.
    """

    def __init__(
        self,
        rules: Rules,
        ledger: Ledger,
        chosen: Choices,
        remember: Callable[[Choices], Awaitable[None]] | None,
        changed: Callable[[], None],
    ) -> None:
        """Begin with what was chosen before; call ``load`` for the mandate."""
        self.rules = rules
        self.paused = chosen.paused
        self.mandate: Mandate | None = None
        self.indicative = False
        """Whether the retailer only publishes prices: nothing can be traded, so nothing needs a mandate."""
        self._ledger = ledger
        self._chosen_mode = chosen.mode
        self._own = chosen.limits
        self._remember = remember
        self._changed = changed
        self._record: MandateRecord | None = None
        self._broken = ""
        self._remembering = asyncio.Lock()

    async def load(self) -> None:
        """Take up the mandate, and record the limits in force where they are new."""
        self._take(await self._ledger.mandate())
        await self._record_limits()

    @property
    def mode(self) -> Mode:
        """The mode in force: without a mandate nothing but prices, whatever trading mode was chosen."""
        return "monitor" if self._waiting else self._chosen_mode

    @property
    def ceilings(self) -> Rules:
        """What the owner's limits cannot pass: the installer's rules, and the mandate beneath them."""
        return self.rules if self.mandate is None else self.rules.within(self.mandate)

    @property
    def in_force(self) -> Rules:
        """The rules with the limits that trades keep to now."""
        return self.ceilings.under(self._own)

    def lacking(self, currency: str) -> str:
        """Why what was chosen cannot be traded in ``currency``, and what to do; nothing where it can."""
        return self._lacking(currency) if self._chosen_mode == "automatic" else ""

    async def set_mode(self, mode: Mode) -> None:
        """Choose what is done with plans.

        Raises:
            CommandRefused: trading needs a mandate.
        """
        if mode == "automatic" and self.mandate is None and not self.indicative:
            raise CommandRefused(self._lacking(NO_CURRENCY))
        self._chosen_mode = mode
        await self._chosen()

    async def pause_trading(self, paused: bool) -> None:
        """Make no new transactions, or go on."""
        self.paused = paused
        await self._chosen()

    async def set_limits(self, asked: SetLimits) -> None:
        """Move the limits.

        Raises:
            CommandRefused: above a ceiling or below what can be, or the ledger cannot record it.
        """
        before, self._own = self._own, self._own.after(asked, self.ceilings)
        try:
            await self._record_limits()
        except LedgerError as error:
            self._own = before
            raise CommandRefused(str(error)) from error
        await self._chosen()

    async def adopt(self, rules: Rules) -> None:
        """Take the installer's new ceilings; they count once they are recorded.

        Raises:
            LedgerError: the ledger cannot record them; the ones before hold.
        """
        before, self.rules = self.rules, rules
        try:
            await self._record_limits()
        except LedgerError:
            self.rules = before
            raise
        self._changed()

    async def sign_mandate(self, asked: SignMandate) -> None:
        """Take a mandate that the owner signed with the same key as before; it counts once it is recorded.

        Raises:
            CommandRefused: it does not count, or the ledger cannot record it.
        """
        try:
            self._take(await self._ledger.sign_mandate(asked.signed, asked.owner, self.rules.home))
            await self._record_limits()
        except LedgerError as error:
            raise CommandRefused(str(error)) from error
        _LOG.info("mandate signed", mandate=self.mandate)
        self._changed()

    async def revoke_mandate(self) -> None:
        """End the mandate: no trade from now on, whether or not the ledger can record it.

        Raises:
            CommandRefused: it could not be recorded, so that it would hold again after a restart.
        """
        self.mandate = None
        self._changed()
        try:
            self._take(await self._ledger.revoke_mandate())
            await self._record_limits()
        except LedgerError as error:
            raise CommandRefused(f"nothing is traded now, but {error}") from error
        _LOG.warning("mandate revoked")
        self._changed()

    def limits_message(self) -> messages.Limits:
        """The limits in force beside their ceilings, as Home Assistant sees them."""
        return limits_message(self.in_force, self.ceilings)

    def mandate_message(self) -> messages.Mandate:
        """The mandate as Home Assistant sees it."""
        record, mandate = self._record, self.mandate
        since = None if record is None else record.at
        if mandate is None:
            state: messages.MandateState = "revoked" if record and not record.holds else "missing"
            return messages.Mandate(state=state, needed=self._waiting, since=since)
        return messages.Mandate(
            state="signed",
            since=since,
            currency=mandate.currency,
            money_a_day=money_text(mandate.money_a_day),
            highest_price=mandate.highest_price,
            import_power=mandate.import_power,
            export_power=mandate.export_power,
        )

    @property
    def _waiting(self) -> bool:
        """Whether trading was chosen and waits for a mandate."""
        return self._chosen_mode == "automatic" and self.mandate is None and not self.indicative

    def _lacking(self, currency: str) -> str:
        if self.mandate is not None:
            known = self.mandate.currency
            different = f"your mandate is in {known}, the market in {currency}: {SIGN}"
            return "" if currency in {known, NO_CURRENCY} else different
        if self._broken:
            return f"your mandate does not count ({self._broken}): {SIGN}"
        if self._record is not None:
            revoked = to_datetime(self._record.at).astimezone(self.rules.zone)
            return f"your mandate was revoked on {revoked:%Y-%m-%d at %H:%M}: to trade again, {SIGN}"
        return f"your mandate is needed before the first trade: {SIGN}"

    def _take(self, record: MandateRecord | None) -> None:
        self._record, self.mandate, self._broken = record, None, ""
        if record is None or not record.holds:
            return
        try:
            self.mandate = record.read(self.rules.home)
        except MarketError as error:
            self._broken = str(error)

    async def _record_limits(self) -> None:
        if not self._ledger.fault:
            await self._ledger.set_limits(self.in_force.terms)

    async def _chosen(self) -> None:
        limits = self.in_force
        _LOG.info(
            "owner chose",
            mode=self._chosen_mode,
            paused=self.paused,
            money_a_day=money_text(limits.money_a_day),
            highest_price=limits.highest_price,
        )
        if self._remember is not None:
            async with self._remembering:  # one after the other, so that the last choice is what is kept
                await self._remember(Choices(self._chosen_mode, self.paused, self._own))
        self._changed()
