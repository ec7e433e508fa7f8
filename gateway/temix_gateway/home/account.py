"""What the home owes, as the local API tells it: figures of now, statements, transactions, settled hours.

Money is in currency units, exact to the billionth; what the home is owed is negative.
"""

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from temix_gateway.home.units import CommandId, MicroPrice, MoneyText, Name, Time, Wh

MOST_DAYS: Final = 400
"""The longest period of a statement by days or months."""
MOST_INTERVALS: Final = 300
"""The longest period of a statement by intervals: 25 hours of 5 minutes."""
MOST_HOURS: Final = 24 * 31
"""The longest period of settled hours."""

type Record = Annotated[int, Meta(ge=0, description="number of a ledger record; 0: none")]
type Amount = Annotated[int, Meta(ge=0, description="Wh, never negative")]
type Count = Annotated[int, Meta(ge=0)]
type Level = Literal["month", "day", "interval"]


class Transaction(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A transacted pair: energy and transport of one interval under one key; sold is negative."""

    key: Name
    at: Time
    start: Time
    end: Time
    quantity: Wh
    price: MicroPrice


class Energies(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was committed to over ``[start, end)``, and what the home takes.

    ``delivered`` is what the meter saw, for what is not over what the plan expects; ``deviation`` is it
    less the position: bought at spot where positive, sold where negative. Null where it is not known.
    """

    start: Time
    end: Time
    subscribed: Wh
    position: Wh
    delivered: Wh | None = None
    deviation: Wh | None = None


class Account(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the home owes, at a glance.

    Costs are of what is settled, with the retailer's fixed charges, riders and taxes as configured;
    forecasts are for the whole of the day and of the month, null without a plan. Savings are what the
    configured ``tariff`` would have cost for the same deliveries, less the cost; null without one.
    ``latest`` is the last interval that is settled, ``now`` the present one.

    ``bought`` and ``sold`` are all transactions beside the subscription, ``imported`` and ``exported`` all
    settled deliveries, ``cost`` and ``compensation`` their money: an interval with net export books its
    money as compensation, all else is cost, the subscription always. All since ``since``. ``revision``
    is the newest settlement; where it rises, an hour was settled or corrected. ``missing_today`` is how
    many 5-minute intervals of today are over but not settled.
    """

    day: Time
    cost_today: MoneyText
    cost_month: MoneyText
    forecast_today: MoneyText | None
    forecast_month: MoneyText | None
    tariff: str | None
    savings_today: MoneyText | None
    savings_month: MoneyText | None
    latest: Energies | None
    now: Energies
    rest_of_today: Energies
    tomorrow: Energies
    since: Time | None
    bought: Amount
    sold: Amount
    imported: Amount
    exported: Amount
    cost: MoneyText
    compensation: MoneyText
    revision: Record
    missing_today: Count


class ShedDevice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A device that the bill guard tells off until midnight, and what that is expected to save."""

    device: Name
    saved: MoneyText


class BillGuard(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What use is expected to cost, held against the owner's limits; null: no limit, or no forecast.

    ``warning`` says with numbers what is wrong and what is done about it; empty: the bill stays within
    its limits. ``forecast_today`` and ``forecast_month`` are with the shed devices off.
    """

    limit_today: MoneyText | None
    limit_month: MoneyText | None
    forecast_today: MoneyText | None
    forecast_month: MoneyText | None
    warning: str
    shed: list[ShedDevice]


class LegAccount(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is owed for one leg, by what it is owed for."""

    subscription: MoneyText
    transactions: MoneyText
    deviation: MoneyText
    total: MoneyText


class Charge(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One item of a bill, with the energy that it is for where it is for energy."""

    name: Name
    money: MoneyText
    energy: Annotated[int, Meta(description="Wh")] | None = None


class TariffCost(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a configured tariff would have cost for the same deliveries."""

    name: Name
    total: MoneyText
    charges: list[Charge]


class MissingSpan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Neighbouring intervals that are over but not settled, and why: they are in no sum."""

    start: Time
    end: Time
    why: str


class Audit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a settled day cost as ``executed``, and would have cost otherwise, with the same subscription.

    ``exact``: the plans executed exactly; ``perfect``: the same policy with a perfect forecast; ``optimum``:
    the cheapest that was found. ``uncontrolled``: no control; ``cheapest``: each device in its cheapest
    hours. What was lost is split: in execution (executed − exact), forecast (exact − perfect) and planning
    (perfect − optimum). Null where the inputs are not there; ``notes`` say why.
    """

    day: str
    executed: MoneyText
    exact: MoneyText | None = None
    perfect: MoneyText | None = None
    optimum: MoneyText | None = None
    uncontrolled: MoneyText | None = None
    cheapest: MoneyText | None = None
    execution_regret: MoneyText | None = None
    forecast_regret: MoneyText | None = None
    plan_regret: MoneyText | None = None
    notes: list[str] = []


class StatementLine(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One line: an interval, a day, a month or the whole period; ``id`` names it for ``--explain``.

    The transport leg's total is the delivery charge. ``market`` is both legs; ``charges`` are the fixed
    charges, riders and taxes of the retailer, from a day up; ``total`` is all of it. Energies are Wh.
    ``settled`` counts 5-minute intervals; ``provisional`` of them may still change, ``estimated`` were not
    measured as such, ``by_retailer`` the retailer's own meter has read, the rest the home's. ``shadow`` are
    of a shadow account, at published prices: what would be owed, not what is. ``final`` says that all is
    settled and nothing can change. A day that is over has its ``audit``, once it was made.
    """

    id: Name
    start: Time
    end: Time
    energy: LegAccount
    transport: LegAccount
    market: MoneyText
    total: MoneyText
    subscribed: int
    transacted: int
    position: int
    imported: Amount
    exported: Amount
    deviation: int
    settled: Count
    provisional: Count = 0
    estimated: Count = 0
    by_retailer: Count = 0
    shadow: Count = 0
    final: bool = False
    missing: list[MissingSpan] = []
    charges: list[Charge] = []
    tariffs: list[TariffCost] = []
    audit: Audit | None = None


class Statement(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="statement", tag_field="kind"
):
    """The statement of a period: its lines at one level, and their sum. The result of ``get_statement``."""

    currency: str
    zone: str
    made: Time
    level: Level
    lines: list[StatementLine]
    total: StatementLine
    revision: Record


class TransactionPage(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="transactions", tag_field="kind"
):
    """Transactions delivered in a period, in the order of the ledger: the result of ``get_transactions``.

    ``next`` is where the next page begins (``after``); null on the last.
    """

    transactions: list[Transaction]
    next: Record | None = None


class SettledHour(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One UTC hour, all of it settled; ``revision`` is its newest ledger record."""

    start: Time
    imported: Amount
    exported: Amount
    cost: MoneyText
    compensation: MoneyText
    revision: Record


class SettledHours(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="settled_hours", tag_field="kind"
):
    """Every wholly settled hour of a period: the result of ``get_settled_hours``.

    Cost less compensation is the statement's ``market`` exactly. ``revision`` is the newest settlement
    record of the whole ledger: ask with it as ``changed_after``, and only what came later is given.
    """

    hours: list[SettledHour]
    revision: Record


class GetStatement(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="get_statement"):
    """Ask for a statement: at most 400 days by ``day`` or ``month``, 25 hours by ``interval``."""

    id: CommandId
    start: Time
    end: Time
    level: Level = "day"


class GetTransactions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="get_transactions"):
    """Ask for transactions delivered in ``[start, end)``, if only in part; ``after`` is a page's ``next``."""

    id: CommandId
    start: Time
    end: Time
    after: Record = 0
    limit: Annotated[int, Meta(ge=1, le=500)] = 200


class GetSettledHours(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="get_settled_hours"):
    """Ask for the settled hours in ``[start, end)``, at most 31 days, changed ``changed_after``."""

    id: CommandId
    start: Time
    end: Time
    changed_after: Record = 0


type Query = GetStatement | GetTransactions | GetSettledHours
"""What is read from the ledger."""
type Found = Statement | TransactionPage | SettledHours
"""What it is answered with."""
