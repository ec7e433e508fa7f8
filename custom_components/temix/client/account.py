"""What the home owes, as read from a gateway's messages.

Money is exact, in currency units, and negative where the home is owed; energy is Wh.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Self, override

from .wire import Model, Step, from_ms, known, money, or_none, timed


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction(Step):
    """A transacted pair; sold is negative."""

    key: str
    at: datetime
    quantity: int
    price: int

    @classmethod
    @override
    def from_message(cls, data: Mapping[str, Any]) -> Self:
        """Read a transaction."""
        return cls(**timed(cls, data) | {"at": from_ms(data["at"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionPage(Model):
    """Some transactions, and where the next page begins; None on the last."""

    transactions: tuple[Transaction, ...]
    next: int | None = None

    @classmethod
    def from_message(cls, data: Mapping[str, Any]) -> Self:
        """Read a page."""
        found = tuple(map(Transaction.from_message, data["transactions"]))
        return cls(transactions=found, next=data.get("next"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Energies(Step):
    """What was committed to, what the home takes, and the difference; None where it is not known."""

    subscribed: int
    position: int
    delivered: int | None = None
    deviation: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account(Model):
    """What the home owes at a glance.

    Costs are of what is settled, forecasts of the whole day and month (None without a plan), savings against
    ``tariff`` (None without one). Counters run since ``since``; ``revision`` rises with each settlement.
    """

    day: datetime
    cost_today: Decimal
    cost_month: Decimal
    forecast_today: Decimal | None
    forecast_month: Decimal | None
    tariff: str | None
    savings_today: Decimal | None
    savings_month: Decimal | None
    latest: Energies | None
    now: Energies
    rest_of_today: Energies
    tomorrow: Energies
    since: datetime | None
    bought: int
    sold: int
    imported: int
    exported: int
    cost: Decimal
    compensation: Decimal
    revision: int
    missing_today: int

    @classmethod
    def from_message(cls, data: Mapping[str, Any]) -> Self:
        """Read the account."""
        return cls(**{field.name: _READ.get(field.name, _plain)(data[field.name]) for field in fields(cls)})


@dataclass(frozen=True, slots=True, kw_only=True)
class ShedDevice(Model):
    """A device that is told off until midnight, and what that is expected to save."""

    device: str
    saved: Decimal

    @classmethod
    def from_message(cls, data: Mapping[str, Any]) -> Self:
        """Read a shed device."""
        return cls(device=data["device"], saved=money(data["saved"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class BillGuard(Model):
    """What use is expected to cost against the owner's limits; ``warning`` is empty where all is well."""

    limit_today: Decimal | None
    limit_month: Decimal | None
    forecast_today: Decimal | None
    forecast_month: Decimal | None
    warning: str
    shed: tuple[ShedDevice, ...]

    @classmethod
    def from_message(cls, data: Mapping[str, Any]) -> Self:
        """Read the guard's section."""
        limits = ("limit_today", "limit_month", "forecast_today", "forecast_month")
        return cls(
            **{name: or_none(money)(data[name]) for name in limits},
            warning=data["warning"],
            shed=tuple(map(ShedDevice.from_message, data["shed"])),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LegAccount(Model):
    """What is owed for one leg, by what it is owed for."""

    subscription: Decimal
    transactions: Decimal
    deviation: Decimal
    total: Decimal

    @classmethod
    def from_message(cls, data: Mapping[str, Any]) -> Self:
        """Read a leg."""
        return cls(**{name: money(text) for name, text in known(cls, data).items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge(Model):
    """One item of a bill, and the energy that it is for."""

    name: str
    money: Decimal
    energy: int | None = None

    @classmethod
    def from_message(cls, data: Mapping[str, Any]) -> Self:
        """Read an item."""
        return cls(**{**known(cls, data), "money": money(data["money"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffCost(Model):
    """What another tariff would have cost for the same deliveries."""

    name: str
    total: Decimal
    charges: tuple[Charge, ...]

    @classmethod
    def from_message(cls, data: Mapping[str, Any]) -> Self:
        """Read a tariff's bill."""
        charges = tuple(map(Charge.from_message, data["charges"]))
        return cls(name=data["name"], total=money(data["total"]), charges=charges)


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingSpan(Step):
    """Intervals that are over but not settled, and why."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit(Model):
    """What a settled day cost, would have cost otherwise, and what was lost where; None is not known."""

    day: str
    executed: Decimal
    exact: Decimal | None = None
    perfect: Decimal | None = None
    optimum: Decimal | None = None
    uncontrolled: Decimal | None = None
    cheapest: Decimal | None = None
    execution_regret: Decimal | None = None
    forecast_regret: Decimal | None = None
    plan_regret: Decimal | None = None
    notes: tuple[str, ...] = ()

    @classmethod
    def from_message(cls, data: Mapping[str, Any]) -> Self:
        """Read an audit."""
        cases: dict[str, Any] = {
            name: None if text is None else money(text)
            for name, text in known(cls, data).items()
            if name not in {"day", "notes"}
        }
        return cls(day=data["day"], notes=tuple(data.get("notes", ())), **cases)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine(Step):
    """One line; the transport leg's total is the delivery charge, ``market`` is both legs."""

    id: str
    energy: LegAccount
    transport: LegAccount
    market: Decimal
    total: Decimal
    subscribed: int
    transacted: int
    position: int
    imported: int
    exported: int
    deviation: int
    settled: int
    provisional: int = 0
    estimated: int = 0
    by_retailer: int = 0
    final: bool = False
    missing: tuple[MissingSpan, ...] = ()
    charges: tuple[Charge, ...] = ()
    tariffs: tuple[TariffCost, ...] = ()
    audit: Audit | None = None

    @classmethod
    @override
    def from_message(cls, data: Mapping[str, Any]) -> Self:
        """Read a line."""
        return cls(
            **timed(cls, data)
            | {
                "energy": LegAccount.from_message(data["energy"]),
                "transport": LegAccount.from_message(data["transport"]),
                "market": money(data["market"]),
                "total": money(data["total"]),
                "missing": tuple(map(MissingSpan.from_message, data.get("missing", ()))),
                "charges": tuple(map(Charge.from_message, data.get("charges", ()))),
                "tariffs": tuple(map(TariffCost.from_message, data.get("tariffs", ()))),
                "audit": Audit.from_message(data["audit"]) if data.get("audit") else None,
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement(Model):
    """A period's lines at one level, and their sum."""

    currency: str
    zone: str
    made: datetime
    level: str
    lines: tuple[StatementLine, ...]
    total: StatementLine
    revision: int

    @classmethod
    def from_message(cls, data: Mapping[str, Any]) -> Self:
        """Read a statement."""
        return cls(
            **{
                **known(cls, data),
                "made": from_ms(data["made"]),
                "lines": tuple(map(StatementLine.from_message, data["lines"])),
                "total": StatementLine.from_message(data["total"]),
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledHour(Model):
    """One wholly settled UTC hour; its cost less its compensation is what was owed for it."""

    start: datetime
    imported: int
    exported: int
    cost: Decimal
    compensation: Decimal
    revision: int

    @classmethod
    def from_message(cls, data: Mapping[str, Any]) -> Self:
        """Read an hour."""
        amounts = {name: money(data[name]) for name in ("cost", "compensation")}
        return cls(**{**known(cls, data), **amounts, "start": from_ms(data["start"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledHours(Model):
    """Hours that are settled, and the marker to ask for what changes after."""

    hours: tuple[SettledHour, ...]
    revision: int

    @classmethod
    def from_message(cls, data: Mapping[str, Any]) -> Self:
        """Read the answer to ``get_settled_hours``."""
        return cls(hours=tuple(map(SettledHour.from_message, data["hours"])), revision=data["revision"])


def _plain[T](value: T) -> T:
    return value


_READ: Final[dict[str, Callable[[Any], Any]]] = {
    "day": from_ms,
    "since": or_none(from_ms),
    "latest": or_none(Energies.from_message),
    "now": Energies.from_message,
    "rest_of_today": Energies.from_message,
    "tomorrow": Energies.from_message,
    **dict.fromkeys(("cost_today", "cost_month", "cost", "compensation"), money),
    **dict.fromkeys(("forecast_today", "forecast_month", "savings_today", "savings_month"), or_none(money)),
}
