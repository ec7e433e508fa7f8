"""A statement as the local API, the command line and the files give it: lines with ids, bills beside them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final
from zoneinfo import ZoneInfo

from temix_market.calendar import local_date
from temix_market.instants import Instant, to_datetime
from temix_market.statement import Account, Line, Statement
from temix_market.tariffs import Charge, merged, total
from temix_market.units import Money, money_text

from temix_gateway.accounts import Bills
from temix_gateway.home import account as messages
from temix_gateway.home.account import Audit, Level

PERIOD_ID: Final = "total"

type Audits = Mapping[str, tuple[int, Audit]]
"""Audits by day, each with the newest settlement that it was made of."""


@dataclass(frozen=True, slots=True)
class Bill:
    """What stands beside the market's lines: the retailer's extras, and each tariff's bill."""

    charges: Sequence[Charge]
    tariffs: Sequence[tuple[str, Sequence[Charge]]]


class Biller:
    """Makes the bills of a statement, each day's once."""

    def __init__(self, statement: Statement, bills: Bills) -> None:
        """Of the days in ``statement``."""
        self._bills = bills
        self._days = {
            local_date(bills.zone, line.interval.start): self._day(statement, line)
            for line in statement.days()
            if line.settled
        }

    @property
    def zone(self) -> ZoneInfo:
        """Whose days they are."""
        return self._bills.zone

    def bill(self, line: Line) -> Bill:
        """Of a line made of whole days; a day of which nothing is settled is not billed."""
        zone, interval = self._bills.zone, line.interval
        first, last = local_date(zone, interval.start), local_date(zone, Instant(interval.end - 1))
        days = [bill for day, bill in self._days.items() if first <= day <= last]
        return Bill(
            merged(chain.from_iterable(day.charges for day in days)),
            [
                (tariff.name, merged(chain.from_iterable(day.tariffs[index][1] for day in days)))
                for index, tariff in enumerate(self._bills.tariffs)
            ],
        )

    def _day(self, statement: Statement, line: Line) -> Bill:
        zone = self._bills.zone
        day = local_date(zone, line.interval.start)
        deliveries = [(step.start, step.delivery) for step in statement.within(line.interval)]
        return Bill(
            self._bills.extras.of_day(day, line.imported, line.total),
            [(tariff.name, tariff.of_day(zone, day, deliveries)) for tariff in self._bills.tariffs],
        )


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands above a statement: its currency, when it was made, the ledger's newest settlement."""

    currency: str
    made: Instant
    revision: int


def statement_message(
    statement: Statement, level: Level, bills: Bills, heading: Heading, audits: Audits
) -> messages.Statement:
    """The lines of a statement at one level, with their sum; a day's with its audit, if that is not stale."""
    biller = Biller(statement, bills)
    lines = {"month": statement.months, "day": statement.days, "interval": statement.intervals}[level]()
    billed = level != "interval"
    return messages.Statement(
        currency=heading.currency,
        zone=bills.zone.key,
        made=heading.made,
        level=level,
        lines=[
            line_message(
                line,
                line_id(line, bills, level),
                biller.bill(line) if billed else None,
                audits if level == "day" else {},
            )
            for line in lines
        ],
        total=line_message(statement.total, PERIOD_ID, biller.bill(statement.total)),
        revision=heading.revision,
    )


def line_id(line: Line, bills: Bills, level: Level) -> str:
    """What a line is called: ``2026-11``, ``2026-11-24``, ``2026-11-24T06:50Z``."""
    if level == "interval":
        return f"{to_datetime(line.interval.start):%Y-%m-%dT%H:%M}Z"
    day = local_date(bills.zone, line.interval.start)
    return f"{day:%Y-%m}" if level == "month" else day.isoformat()


def line_message(
    line: Line, name: str, bill: Bill | None, audits: Audits | None = None
) -> messages.StatementLine:
    """One line."""
    revision, audit = (audits or {}).get(name, (0, None))
    charges = [] if bill is None else bill.charges
    return messages.StatementLine(
        id=name,
        start=line.interval.start,
        end=line.interval.end,
        energy=_leg(line.energy),
        transport=_leg(line.transport),
        market=money_text(line.total),
        total=money_text(Money(line.total + total(charges))),
        subscribed=line.subscribed,
        transacted=line.transacted,
        position=line.position,
        imported=line.imported,
        exported=line.exported,
        deviation=line.deviation,
        settled=line.settled,
        provisional=line.provisional,
        estimated=line.estimated,
        by_retailer=line.by_retailer,
        final=line.final,
        shadow=line.shadow,
        missing=[
            messages.MissingSpan(start=gap.interval.start, end=gap.interval.end, why=gap.why.value)
            for gap in line.missing
        ],
        charges=_charges(charges),
        tariffs=[
            messages.TariffCost(name=name, total=money_text(total(items)), charges=_charges(items))
            for name, items in (() if bill is None else bill.tariffs)
        ],
        audit=audit if revision == line.record else None,
    )


def _leg(account: Account) -> messages.LegAccount:
    return messages.LegAccount(
        subscription=money_text(account.subscription),
        transactions=money_text(account.transactions),
        deviation=money_text(account.deviation),
        total=money_text(account.total),
    )


def _charges(charges: Iterable[Charge]) -> list[messages.Charge]:
    return [
        messages.Charge(name=charge.name, money=money_text(charge.money), energy=charge.energy)
        for charge in charges
    ]
