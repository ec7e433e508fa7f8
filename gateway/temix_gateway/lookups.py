"""What clients ask of the ledger: statements, transactions, settled hours; and the account at a glance."""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from temix_market.calendar import local_date, local_day
from temix_market.instants import FIVE_MINUTES, HOUR, Duration, Instant
from temix_market.intervals import Interval, enclosing
from temix_market.outlook import Expected, energies
from temix_market.positions import Positions
from temix_market.transactions import Pair
from temix_market.units import Energy, Money, money_text

from temix_gateway.accounts import Accounts, Bills
from temix_gateway.audit.history import AuditHistory
from temix_gateway.forecast import Forecast, span
from temix_gateway.guard import Guard, Guarded
from temix_gateway.home import account as messages
from temix_gateway.home.account import Found, GetSettledHours, GetStatement, GetTransactions, Query
from temix_gateway.home.errors import CommandRefused
from temix_gateway.ledger import totals
from temix_gateway.ledger.statements import read_statement
from temix_gateway.statement.message import Heading, statement_message

DAY: Final = Duration(24 * HOUR)


@dataclass(frozen=True, slots=True)
class Ledgers:
    """Answers queries from the ledger at ``path``, and the ``audits`` beside it."""

    path: Path
    audits: AuditHistory
    bills: Bills
    now: Callable[[], Instant]

    def look_up(self, connection: sqlite3.Connection, query: Query, currency: str) -> Found:
        """Answer a query.

        Raises:
            CommandRefused: a period that is empty, too long, or off the 5-minute marks.
            PartyUnknown: the ledger does not say what a party trades.
        """
        period, now, newest = period_of(query), self.now(), totals.newest(connection)
        match query:
            case GetStatement(level=level):
                read = read_statement(self.path, connection, period, self.bills.zone, now)
                return statement_message(
                    read, level, self.bills, Heading(currency, now, newest), self.audits.audits()
                )
            case GetTransactions(after=after, limit=limit):
                return _page(totals.transactions(connection, period, after, limit + 1), limit)
            case GetSettledHours(changed_after=after):
                hours = [_hour(hour) for hour in totals.hours(connection, period, after)]
                return messages.SettledHours(hours=hours, revision=newest)


def transaction_message(pair: Pair, at: Instant) -> messages.Transaction:
    """A transaction as clients see it."""
    return messages.Transaction(
        key=pair.key,
        at=at,
        start=pair.interval.start,
        end=pair.interval.end,
        quantity=pair.quantity,
        price=pair.price,
    )


def account_message(
    now: Instant, accounts: Accounts, forecast: Forecast, positions: Positions
) -> messages.Account:
    """The account at a glance."""
    zone = accounts.bills.zone
    today = local_date(zone, now)
    month = accounts.month()
    day = month[-1]
    over = (enclosing(now, FIVE_MINUTES).start - local_day(zone, today).start) // FIVE_MINUTES
    tariff = accounts.tariff
    saved_today = Money(day.tariff - day.total)
    saved_month = Money(sum(each.tariff - each.total for each in month))
    ever = accounts.ever
    return messages.Account(
        day=local_day(zone, today).start,
        cost_today=money_text(day.total),
        cost_month=money_text(Money(sum(each.total for each in month))),
        forecast_today=_text(forecast.today),
        forecast_month=_text(forecast.month),
        tariff=None if tariff is None else tariff.name,
        savings_today=None if tariff is None else money_text(saved_today),
        savings_month=None if tariff is None else money_text(saved_month),
        latest=None if accounts.latest is None else _settled(*accounts.latest, positions),
        now=_ahead([forecast.now], now),
        rest_of_today=_ahead(forecast.rest, now),
        tomorrow=_ahead(forecast.tomorrow, now),
        since=accounts.since,
        bought=accounts.bought,
        sold=accounts.sold,
        imported=ever.imported,
        exported=ever.exported,
        cost=money_text(ever.cost),
        compensation=money_text(ever.compensation),
        revision=accounts.record,
        missing_today=max(0, over - day.settled),
    )


def guard_message(settings: Guard, guarded: Guarded | None) -> messages.BillGuard | None:
    """What the bill guard expects, warns of and sheds; null where the owner set no limit."""
    if not settings.watches:
        return None
    return messages.BillGuard(
        limit_today=_text(settings.a_day),
        limit_month=_text(settings.a_month),
        forecast_today=None if guarded is None else _text(guarded.forecast.today),
        forecast_month=None if guarded is None else _text(guarded.forecast.month),
        warning="" if guarded is None else guarded.warning,
        shed=[
            messages.ShedDevice(device=shed.device, saved=money_text(shed.saved))
            for shed in (() if guarded is None else guarded.shed)
        ],
    )


def _settled(
    interval: Interval, position: Energy, delivery: Energy, positions: Positions
) -> messages.Energies:
    return messages.Energies(
        start=interval.start,
        end=interval.end,
        subscribed=positions.subscribed(interval),
        position=position,
        delivered=delivery,
        deviation=Energy(delivery - position),
    )


def _ahead(steps: Sequence[Expected], now: Instant) -> messages.Energies:
    subscribed, position, load = energies(steps)
    interval = span(steps, enclosing(now, FIVE_MINUTES).start)
    return messages.Energies(
        start=interval.start,
        end=interval.end,
        subscribed=subscribed,
        position=position,
        delivered=load,
        deviation=None if load is None else Energy(load - position),
    )


def _text(money: Money | None) -> str | None:
    return None if money is None else money_text(money)


def period_of(query: Query) -> Interval:
    """The period that a query asks about.

    Raises:
        CommandRefused: it is empty, too long, or off the 5-minute marks.
    """
    if query.end <= query.start:
        raise CommandRefused("the period's end is not after its start")
    if query.start % FIVE_MINUTES or query.end % FIVE_MINUTES:
        raise CommandRefused("the period must begin and end on 5-minute marks")
    period = Interval(Instant(query.start), Duration(query.end - query.start))
    most, words = _longest(query)
    if period.duration > most:
        raise CommandRefused(f"the period is longer than {words}: ask in parts")
    return period


def _longest(query: Query) -> tuple[Duration, str]:
    match query:
        case GetStatement(level="interval"):
            return Duration(messages.MOST_INTERVALS * FIVE_MINUTES), "25 hours by intervals"
        case GetSettledHours():
            return Duration(messages.MOST_HOURS * HOUR), "31 days"
        case GetStatement() | GetTransactions():
            return Duration(messages.MOST_DAYS * DAY), f"{messages.MOST_DAYS} days"


def _page(found: list[tuple[int, Pair, Instant]], limit: int) -> messages.TransactionPage:
    shown = found[:limit]
    return messages.TransactionPage(
        transactions=[transaction_message(pair, at) for _, pair, at in shown],
        next=shown[-1][0] if len(found) > limit else None,
    )


def _hour(hour: totals.Step) -> messages.SettledHour:
    figures = hour.figures
    return messages.SettledHour(
        start=hour.start,
        imported=figures.imported,
        exported=figures.exported,
        cost=money_text(figures.cost),
        compensation=money_text(figures.compensation),
        revision=hour.record,
    )
