"""Deliberate bugs of gateway and retailer, each a small change, which the simulator must notice.

None is without effect: each breaks a promise, and names the invariant by which it must be noticed. A run that
fails for another reason, as where the bug only makes a process crash, is no catch.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any, Final
from unittest.mock import patch

from temix_gateway import books, orders
from temix_gateway.contact import Contact
from temix_gateway.exchange import Exchange
from temix_gateway.ledger import chain, file
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.market import Market
from temix_gateway.orders import Orders
from temix_gateway.retailer.temix import TemixLink
from temix_gateway.trading import trader
from temix_gateway.trading.outbox import Outbox
from temix_market.errors import BeyondDepth, KeyVoided, TenderSuperseded
from temix_market.home_tenders import HomeTender, OpenTender
from temix_market.instants import HOUR, Instant
from temix_market.ladder import Rung, TenderBook
from temix_market.ports import NotBooked, OutcomeUnknown
from temix_market.transactions import Kind
from temix_market.units import Energy, Price
from temix_retailer import accounts, store
from temix_retailer.book import Book
from temix_retailer.home_tenders import Canceled, HomeTenders
from temix_retailer.outcome import Answered, Outcome


@dataclass(frozen=True, slots=True)
class Mutant:
    """A bug: its name, what it does, and how it comes into the code."""

    name: str
    sentence: str
    breaks: tuple[str, ...]
    """The invariants that it breaks: only a violation of one of them is a catch, by the same seeds that pass
    without it."""
    applied: Callable[[], AbstractContextManager[Any]]


def _replaced(owner: Any, name: str, make: Callable[[Any], Any]) -> Callable[[], AbstractContextManager[Any]]:
    """Put what ``make`` makes of the usual function in its place."""
    return lambda: patch.object(owner, name, make(getattr(owner, name)))


def _unknown_is_refused(usual: Any) -> Any:
    async def order(self: TemixLink, key: Any, signed: str) -> Any:
        try:
            return await usual(self, key, signed)
        except OutcomeUnknown:
            return NotBooked(key, 503, "refused", "", ("", ""))

    return order


def _resent_for_ever(_: Any) -> Any:
    async def deliver(self: Outbox, pending: Any) -> Any:
        try:
            answer = await self._link.order(pending.key, pending.signed)
        except OutcomeUnknown:
            return None
        await self._store.resolve(answer)
        return answer

    return deliver


def _nothing(_: Any) -> Any:
    async def none(*_: Any) -> list[Any]:
        return []

    return none


def _not_counted(usual: Any) -> Any:
    async def chase(self: Orders) -> None:
        with patch.object(self._books, "answered", _nothing(None)):
            await usual(self)

    return chase


def _no_tombstone(usual: Any) -> Any:
    def reconcile(self: Book, home: Any, key: Any, *asked: Any) -> Any:
        if self._answer(home, key) is not None:
            return usual(self, home, key, *asked)
        outcome = Outcome.refused(key, KeyVoided(key))
        return Answered(outcome, *self._voice.answer(home, outcome, self.chain.next(home)))

    return reconcile


def _whenever(usual: Any) -> Any:
    def check(self: Book, order: Any, now: Any) -> None:
        usual(self, replace(order, not_after=Instant(now + HOUR)), now)

    return check


def _tolerant(error: type[Exception]) -> Callable[[Any], Any]:
    def make(usual: Any) -> Any:
        def check(self: TenderBook, leg: Any, now: Any) -> None:
            with suppress(error):
                usual(self, leg, now)

        return check

    return make


@contextmanager
def _any_depth() -> Iterator[None]:
    with (
        patch.object(TenderBook, "remaining", lambda _, tender: tender.quantity),
        _replaced(TenderBook, "check", _tolerant(BeyondDepth))(),
    ):
        yield


def _any_price(usual: Any) -> Any:
    return lambda turn, limits, policy: usual(turn, replace(limits, highest_price=Price(10**9)), policy)


def _always_proven(usual: Any) -> Any:
    def heard(self: Contact, now: Any) -> Any:
        changed = usual(self, now)
        self._proven_at = self._clock.monotonic()
        return changed

    return heard


@contextmanager
def _never_expired() -> Iterator[None]:
    with (
        patch.object(TenderBook, "live", lambda self, _: iter(self._newest.values())),
        patch.object(Rung, "expires_at", property(lambda self: self.interval.end)),
    ):
        yield


def _bridged(usual: Any) -> Any:
    def confirmed(self: Market, publication: Any, author: Any) -> Any:
        author.sequence = publication.sequence - 1
        return usual(self, publication, author)

    return confirmed


def _believes_anybody(usual: Any) -> Any:
    def answer(self: TemixLink, key: Any, reply: Any) -> Any:
        if reply.status in {400, 403, 408, 409, 422}:
            return NotBooked(key, reply.status, "refused", "", ("", ""))
        return usual(self, key, reply)

    return answer


def _without_subscription(usual: Any) -> Any:
    def settle(delivery: Any, pairs: Any, spots: Any) -> Any:
        return usual(delivery, [pair for pair in pairs if pair.kind is Kind.TRADE], spots)

    return settle


def _first_answer_for_all(usual: Any) -> Any:
    def reused(self: Book, *args: Any) -> Any:
        pair_or_home = args[0]
        home, key = (args[0], args[1]) if len(args) > 1 else (pair_or_home.home, pair_or_home.key)
        known = self._answer(home, key)
        assert known is not None
        return replace(known[0], outcome=replace(known[0].outcome, code=200, reason="booked"))

    return reused


def _not_synced(owner: Any, name: str) -> Callable[[], AbstractContextManager[Any]]:
    def make(usual: Any) -> Any:
        def connect(*args: Any, **named: Any) -> Any:
            connection = usual(*args, **named)
            connection.execute("PRAGMA synchronous = OFF")
            return connection

        return connect

    return _replaced(owner, name, make)


def _unlinked(usual: Any) -> Any:
    return lambda connection, last, kind, values: usual(connection, (last[0], chain.START), kind, values)


@contextmanager
def _never_apart() -> Iterator[None]:
    async def compare(_: Exchange) -> str:
        return ""

    with patch.object(books.Books, "restored", ""), patch.object(Exchange, "_compare", compare):
        yield


def _unknown_is_acknowledged(usual: Any) -> Any:
    async def report(self: TemixLink, deliveries: Any) -> None:
        with suppress(OutcomeUnknown):
            await usual(self, deliveries)

    return report


def _not_remembered(usual: Any) -> Any:
    async def take(self: books.Books, starts: set[Instant]) -> None:
        await usual(self, starts)
        self._read.clear()

    return take


def _late_too(_: Any) -> Any:
    return lambda rows, home, step, issued: accounts.deliver(rows, home, step, issued, "home")


def _forgotten(usual: Any) -> Any:
    async def recall(self: books.Books, midnight: Instant) -> None:
        await usual(self, midnight)
        self.open = []

    return recall


def _no_places_taken(usual: Any) -> Any:
    return lambda self, home, key: (Energy(0), usual(self, home, key)[1])


@contextmanager
def _accepted_after_its_end() -> Iterator[None]:
    """It ends once, as it should: else the retailer stumbles over the second end before the bug shows."""
    cancel, attend = HomeTenders.cancel, HomeTenders._attend

    def ended(self: HomeTenders, home: Any, key: Any) -> bool:
        query = "SELECT 1 FROM endings WHERE home = ? AND tender = ?"
        return self._store.reading.execute(query, (home, key)).fetchone() is not None

    def canceling(self: HomeTenders, home: Any, key: Any) -> Any:
        standing = self._open.get((home, key))
        if standing is None:
            return cancel(self, home, key)
        if ended(self, home, key):
            return Canceled(standing.accepted, None)
        canceled = cancel(self, home, key)
        self._open[home, key] = standing
        return canceled

    def attending(self: HomeTenders, standing: OpenTender) -> Any:
        tender = standing.tender
        if not ended(self, tender.home, tender.key):
            return attend(self, standing)
        if tender.expires_at <= self._chain.now():
            del self._open[tender.home, tender.key]
            return []
        with patch.object(self, "_end", lambda *_: None):
            return [told for told in attend(self, standing) if told is not None]

    with patch.object(HomeTenders, "cancel", canceling), patch.object(HomeTenders, "_attend", attending):
        yield


def _never_lapses(usual: Any) -> Any:
    def attend(self: HomeTenders, standing: OpenTender) -> Any:
        later = replace(standing.tender, expires_at=standing.tender.interval.start)
        if standing.tender.expires_at <= self._chain.now():
            return []
        return usual(self, replace(standing, tender=later))

    return attend


def _constant(value: Any) -> Callable[[Any], Any]:
    return lambda _: lambda *_: value


MUTANTS: Final = (
    Mutant(
        "the home's reading wins",
        "What the home reports after the retailer's reading is settled all the same.",
        ("money_is_conserved",),
        _replaced(books.Books, "_take_readings", _not_remembered),
    ),
    Mutant(
        "readings change nothing",
        "The retailer's readings are recorded and not settled.",
        ("money_is_conserved", "what_can_be_settled_is"),
        _replaced(books.Books, "_take_readings", _nothing),
    ),
    Mutant(
        "no answer is a refusal",
        "An order without an answer counts as refused, though it may have been booked.",
        ("ledger_says_what_the_book_says",),
        _replaced(TemixLink, "order", _unknown_is_refused),
    ),
    Mutant(
        "an error page is a refusal",
        "An error of whatever stands before the retailer is believed, though nobody signed it.",
        ("ledger_says_what_the_book_says",),
        _replaced(TemixLink, "_answer", _believes_anybody),
    ),
    Mutant(
        "resent for ever",
        "An order is sent again after its notAfter, instead of being reconciled.",
        ("nothing_is_sent_too_late",),
        _replaced(Outbox, "_deliver", _resent_for_ever),
    ),
    Mutant(
        "never asked again",
        "Orders without a definite answer are left alone.",
        ("every_order_has_its_answer",),
        _replaced(Outbox, "chase", _nothing),
    ),
    Mutant(
        "open outcomes are traded over",
        "Intervals of orders without a definite answer are traded all the same.",
        ("no_trade_where_an_outcome_is_open",),
        _replaced(Outbox, "waiting", _nothing),
    ),
    Mutant(
        "late answers do not count",
        "A booking that was learned of by asking again does not enter the position.",
        ("both_hold_the_same_position", "within_limits", "money_is_conserved"),
        _replaced(Orders, "chase", _not_counted),
    ),
    Mutant(
        "the ledger does not sync",
        "The ledger acknowledges before its records are on the disk.",
        ("nothing_acknowledged_is_lost",),
        _not_synced(file, "_connect"),
    ),
    Mutant(
        "the book does not sync",
        "The retailer answers before its book is on the disk.",
        ("nothing_acknowledged_is_lost",),
        _not_synced(store, "_connect"),
    ),
    Mutant(
        "the chain is not linked",
        "A record's head does not follow from the one before.",
        ("the_ledger_verifies", "nothing_stands_in_the_way"),
        _replaced(chain, "append", _unlinked),
    ),
    Mutant(
        "no tombstone",
        "The retailer voids an unknown key without remembering it: the late original is booked.",
        ("ledger_says_what_the_book_says",),
        _replaced(Book, "reconcile", _no_tombstone),
    ),
    Mutant(
        "notAfter does not matter",
        "The retailer books an order that has lapsed, as long as its tenders are in force.",
        ("never_too_late",),
        _replaced(Book, "_check", _whenever),
    ),
    Mutant(
        "superseded tenders are booked",
        "The retailer books from a tender that a newer one has replaced.",
        ("never_too_late",),
        _replaced(TenderBook, "check", _tolerant(TenderSuperseded)),
    ),
    Mutant(
        "depth has no end",
        "What was taken of a tender is not counted.",
        ("never_beyond_depth",),
        _any_depth,
    ),
    Mutant(
        "another order under the same key",
        "The retailer answers an order as booked whose key it knows with other content.",
        ("a_key_stands_for_one_order",),
        _replaced(Book, "_reused", _first_answer_for_all),
    ),
    Mutant(
        "the day's money is forgotten",
        "After a restart what was spent before does not count against the day's limit.",
        ("within_limits",),
        _replaced(Ledger, "ordered", _nothing),
    ),
    Mutant(
        "power without limit",
        "Positions grow beyond the limits of import and export.",
        ("within_limits",),
        _replaced(trader, "_most", _constant(10**6)),
    ),
    Mutant(
        "any price",
        "The highest price that the owner pays is not heeded.",
        ("within_limits",),
        _replaced(orders, "choose", _any_price),
    ),
    Mutant(
        "a wrong clock is good enough",
        "Clocks that are apart do not end the proof.",
        ("only_on_valid_prices_and_a_proven_clock",),
        _replaced(Contact, "heard", _always_proven),
    ),
    Mutant(
        "expired tenders are ordered",
        "Tenders are taken after they have expired.",
        ("only_on_valid_prices_and_a_proven_clock",),
        _never_expired,
    ),
    Mutant(
        "a missed publication does not matter",
        "A spot is frozen though the publication before it was never heard.",
        ("spots_are_the_same", "money_is_conserved"),
        _replaced(Market, "_confirmed", _bridged),
    ),
    Mutant(
        "the subscription is not settled",
        "Settlement leaves out what is subscribed.",
        ("money_is_conserved",),
        _replaced(books, "settle", _without_subscription),
    ),
    Mutant(
        "an old backup is traded on",
        "A ledger that was put back is traded on though the retailer's book goes further.",
        ("no_trade_on_an_older_ledger",),
        _never_apart,
    ),
    Mutant(
        "whatever was reported is acknowledged",
        "Readings count as reported though the retailer did not acknowledge them.",
        ("both_hold_the_same_deliveries", "money_is_conserved"),
        _replaced(TemixLink, "report", _unknown_is_acknowledged),
    ),
    Mutant(
        "a late report counts",
        "The retailer takes a report that comes late for a correction of what was reported after it.",
        ("a_late_report_undoes_nothing",),
        _replaced(accounts, "_report", _late_too),
    ),
    Mutant(
        "open tenders cost nothing",
        "What an open tender may come to does not count against the day's money.",
        ("within_limits",),
        _replaced(orders, "beneath", lambda _: lambda limits, _: limits),
    ),
    Mutant(
        "the time of open tenders is traded",
        "Orders are placed in the time for which a tender is open.",
        ("no_order_where_a_tender_is_open",),
        _replaced(orders, "tied", _constant(frozenset())),
    ),
    Mutant(
        "open tenders are forgotten",
        "After a restart the gateway knows nothing of the tenders that are open.",
        ("no_order_where_a_tender_is_open", "within_limits", "both_hold_the_same_tenders"),
        _replaced(books.Books, "recall", _forgotten),
    ),
    Mutant(
        "acceptances are not counted",
        "What was accepted of a tender is recorded and does not enter the position.",
        ("both_hold_the_same_position", "within_limits", "money_is_conserved"),
        _replaced(books.Books, "_accepted", _nothing),
    ),
    Mutant(
        "more is accepted than was tendered",
        "What was accepted of a tender is not taken off it.",
        ("acceptances_keep_the_tender",),
        lambda: patch.object(OpenTender, "left", property(lambda self: self.tender.quantity)),
    ),
    Mutant(
        "a worse price is accepted",
        "The retailer accepts a tender whose price its own do not reach.",
        ("acceptances_keep_the_tender",),
        _replaced(HomeTender, "meets", _constant(True)),
    ),
    Mutant(
        "what was accepted is forgotten",
        "After a restart the retailer accepts again what it has accepted of a tender.",
        ("acceptances_keep_the_tender",),
        _replaced(HomeTenders, "_accepted", _no_places_taken),
    ),
    Mutant(
        "a cancelled tender is accepted",
        "The retailer says that a tender has ended, and goes on accepting it.",
        ("acceptances_keep_the_tender",),
        _accepted_after_its_end,
    ),
    Mutant(
        "a tender never lapses",
        "The retailer accepts nothing more of a lapsed tender, and does not say so.",
        ("nothing_is_open_beyond_its_time",),
        _replaced(HomeTenders, "_attend", _never_lapses),
    ),
)
