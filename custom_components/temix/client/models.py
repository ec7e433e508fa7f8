"""What a gateway shows, as read from its messages.

Times are aware datetimes in UTC, energy is Wh (buying positive), prices are millionths of the currency unit
per kWh.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Self, override

from .account import Account, BillGuard, Transaction
from .exceptions import UnsupportedSchema
from .wire import Model, Step, from_ms, known, money, or_none, timed

MIN_SCHEMA: Final = 1
MAX_SCHEMA: Final = 1

_ZONE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*")
_LONGEST_ZONE: Final = 64

AHEAD: Final = timedelta(days=400)
"""The longest time that prices, or positions, reach over."""

FIVE_MINUTES: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello(Model):
    """Who answers, and which schemas it speaks."""

    gateway_id: str
    version: str
    min_schema: int = 1
    max_schema: int = 1
    name: str = "TeMIX"

    def schema(self) -> int:
        """The newest schema that both sides speak.

        Raises:
            UnsupportedSchema: there is none.
        """
        schema = min(MAX_SCHEMA, self.max_schema)
        if schema < max(MIN_SCHEMA, self.min_schema):
            raise UnsupportedSchema(self.min_schema > MAX_SCHEMA, self.version)
        return schema

    @classmethod
    def from_message(cls, data: Mapping[str, Any]) -> Self:
        """Read a hello."""
        if data["type"] != "hello":
            raise ValueError(data["type"])
        return cls(**known(cls, data))


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot(Step):
    """What a kWh costs (buy) and brings (sell) now; provisional until the retailer has frozen it.

    ``carbon_intensity`` is what it emits in g of CO₂ equivalent; none where that is not published.
    """

    buy: int | None
    sell: int | None
    provisional: bool = False
    carbon_intensity: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceStep(Step):
    """What a kWh costs (buy) and brings (sell) by live tenders in one interval, with its parts."""

    buy: int | None = None
    sell: int | None = None
    buy_energy: int | None = None
    buy_transport: int | None = None
    sell_energy: int | None = None
    sell_transport: int | None = None
    components: Mapping[str, int] = field(default_factory=dict)
    carbon_intensity: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionStep(Step):
    """The position at a constant rate: the whole interval's energy, and the subscription's part of it."""

    quantity: int
    subscribed: int = 0

    @property
    def power(self) -> int:
        """The rate of delivery in W."""
        return self.quantity * timedelta(hours=1) // (self.end - self.start)

    @property
    def subscribed_power(self) -> int:
        """The subscription's part of it in W."""
        return self.subscribed * timedelta(hours=1) // (self.end - self.start)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetailerLink(Model):
    """The gateway's link to the retailer; ``refused``: it does not accept the account."""

    connected: bool
    since: datetime
    reason: str = ""
    refused: bool = False

    @classmethod
    def from_message(cls, data: Mapping[str, Any]) -> Self:
        """Read the link's state."""
        return cls(**{**known(cls, data), "since": from_ms(data["since"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Trading(Model):
    """Whether the gateway trades: paused by a person, or locked for the reasons given.

    ``codes`` says for each reason what it is about; older gateways do not.
    """

    paused: bool
    locked: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()

    @classmethod
    def from_message(cls, data: Mapping[str, Any]) -> Self:
        """Read whether the gateway trades."""
        return cls(
            paused=data["paused"], locked=tuple(data.get("locked", ())), codes=tuple(data.get("codes", ()))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits(Model):
    """The limits of trade in force, and the installer's ceilings above them."""

    money_a_day: Decimal
    highest_price: int
    money_a_day_ceiling: Decimal
    highest_price_ceiling: int

    @classmethod
    def from_message(cls, data: Mapping[str, Any]) -> Self:
        """Read the limits."""
        return cls(
            money_a_day=money(data["money_a_day"]),
            highest_price=data["highest_price"],
            money_a_day_ceiling=money(data["money_a_day_ceiling"]),
            highest_price_ceiling=data["highest_price_ceiling"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate(Model):
    """The owner's signed ceilings: missing, signed or revoked; ``needed``: trading was chosen and waits."""

    state: str
    needed: bool = False

    @classmethod
    def from_message(cls, data: Mapping[str, Any]) -> Self:
        """Read how the mandate stands."""
        return cls(**known(cls, data))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger(Model):
    """How far the gateway's ledger reaches, and the hash at its head."""

    sequence: int
    head: str

    @classmethod
    def from_message(cls, data: Mapping[str, Any]) -> Self:
        """Read the head."""
        return cls(**known(cls, data))


@dataclass(frozen=True, slots=True, kw_only=True)
class Transactions(Model):
    """How many pairs were transacted beside the subscription, and the last of them."""

    count: int
    last: Transaction | None = None

    @classmethod
    def from_message(cls, data: Mapping[str, Any]) -> Self:
        """Read the count and the last transaction."""
        last = data.get("last")
        return cls(count=data["count"], last=last and Transaction.from_message(last))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStep(Step):
    """What a device is to draw (negative: give) in W, and why."""

    power: int
    reason: str = ""
    why: str = ""
    price: int | None = None
    later: int | None = None
    until: datetime | None = None

    @classmethod
    @override
    def from_message(cls, data: Mapping[str, Any]) -> Self:
        """Read one step."""
        until = data.get("until")
        return cls(**timed(cls, data) | {"until": until and from_ms(until)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Instead(Model):
    """The next best to a device's next run: when, at what price, and how much dearer."""

    start: datetime
    price: int
    dearer: Decimal

    @classmethod
    def from_message(cls, data: Mapping[str, Any]) -> Self:
        """Read it."""
        return cls(start=from_ms(data["start"]), price=data["price"], dearer=money(data["dearer"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicePlan(Model):
    """The plan for one device: what it saves, when it is done, and the wishes that cannot be met.

    ``instead`` is the next best, ``binds`` names the wishes and limits at which it is.
    """

    device: str
    steps: tuple[PlanStep, ...]
    reason: str = ""
    saved: Decimal | None = None
    done: datetime | None = None
    ready_by: datetime | None = None
    instead: Instead | None = None
    binds: tuple[str, ...] = ()
    unmet: tuple[str, ...] = ()

    @classmethod
    def from_message(cls, data: Mapping[str, Any]) -> Self:
        """Read one device's plan."""
        saved, done, ready_by = data.get("saved"), data.get("done"), data.get("ready_by")
        instead = data.get("instead")
        return cls(
            device=data["device"],
            steps=_steps(PlanStep)(data["steps"]),
            reason=data.get("reason", ""),
            saved=None if saved is None else money(saved),
            done=None if done is None else from_ms(done),
            ready_by=None if ready_by is None else from_ms(ready_by),
            instead=instead and Instead.from_message(instead),
            binds=tuple(data.get("binds", ())),
            unmet=tuple(data.get("unmet", ())),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview(Model):
    """What a device would do, its energy (Wh), and what that would cost."""

    plan: DevicePlan
    energy: int
    cost: Decimal

    @classmethod
    def from_message(cls, data: Mapping[str, Any]) -> Self:
        """Read the answer to ``preview_plan``."""
        return cls(
            plan=DevicePlan.from_message(data["plan"]), energy=data["energy"], cost=money(data["cost"])
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(Model):
    """The plan in force, and when it was made; ``left_out`` says what is wrong with devices, by id."""

    made: datetime
    devices: tuple[DevicePlan, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_message(cls, data: Mapping[str, Any]) -> Self:
        """Read a plan."""
        return cls(
            made=from_ms(data["made"]),
            devices=tuple(map(DevicePlan.from_message, data["devices"])),
            left_out=data.get("left_out", {}),
        )


def _steps[T: Step](cls: type[T]) -> Callable[[Iterable[Mapping[str, Any]]], tuple[T, ...]]:
    return lambda steps: tuple(map(cls.from_message, steps))


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayState(Model):
    """Everything a gateway shows; prices and positions are in order of time and do not overlap."""

    currency: str
    zone: str
    mode: str
    retailer: RetailerLink
    trading: Trading
    spot: Spot | None
    prices: tuple[PriceStep, ...]
    horizon: datetime | None
    positions: tuple[PositionStep, ...]
    ledger: Ledger
    transactions: Transactions
    plan: Plan | None = None
    import_limit: int | None = None
    account: Account | None = None
    bill_guard: BillGuard | None = None
    limits: Limits | None = None
    mandate: Mandate | None = None
    shadow: bool = False
    """The retailer only publishes prices: nothing can be traded, the account is what would be owed."""
    prices_wanted: bool = False
    """The gateway has its prices from what is reported to it."""

    @classmethod
    def from_message(cls, data: Mapping[str, Any]) -> Self:
        """Read a snapshot's state."""
        return cls(**{name: read(data[name]) for name, read in _SECTIONS.items() if name in data})

    def updated(self, section: str, data: Any) -> Self:
        """Take one of an event's sections, whole; one that a newer gateway may have added is passed over."""
        return replace(self, **{section: _SECTIONS[section](data)}) if section in _SECTIONS else self

    @property
    def trades(self) -> bool:
        """Whether the gateway makes transactions by itself now."""
        return self.mode == "automatic" and not self.trading.paused and not self.trading.locked

    def spot_at(self, instant: datetime) -> Spot | None:
        """The price of the 5 minutes around ``instant``: the spot, else the last tender for just those."""
        if self.spot is not None and instant in self.spot:
            return self.spot
        step = self.tender_at(instant)
        if step is None:
            return None
        return Spot(
            start=step.start,
            end=step.end,
            buy=step.buy,
            sell=step.sell,
            provisional=True,
            carbon_intensity=step.carbon_intensity,
        )

    def tender_at(self, instant: datetime) -> PriceStep | None:
        """The tender for just the 5 minutes around ``instant``, while it is there."""
        step = next((step for step in self.prices if instant in step), None)
        return None if step is None or step.end - step.start > FIVE_MINUTES else step

    def price_after(self, instant: datetime) -> PriceStep | None:
        """The first interval with live tenders that starts after ``instant``."""
        return next((step for step in self.prices if step.start > instant), None)

    def position_at(self, instant: datetime) -> PositionStep | None:
        """The position around ``instant``; none where the gateway shows none."""
        return next((step for step in self.positions if instant in step), None)


def _plain[T](value: T) -> T:
    return value


def _ahead[T: Step](cls: type[T]) -> Callable[[Iterable[Mapping[str, Any]]], tuple[T, ...]]:
    """Read steps that lie close enough together to be counted hour by hour."""

    def read(steps: Iterable[Mapping[str, Any]]) -> tuple[T, ...]:
        found = tuple(map(cls.from_message, steps))
        if found and max(step.end for step in found) - min(step.start for step in found) > AHEAD:
            raise ValueError(f"{cls.__name__}: more than {AHEAD.days} days at once")
        return found

    return read


def _zone(name: str) -> str:
    """Read an IANA name, which is looked for among files."""
    if not _ZONE.fullmatch(name) or len(name) > _LONGEST_ZONE:
        raise ValueError(f"{name!r:.50} is no time zone")
    return name


_SECTIONS: Final[dict[str, Callable[[Any], Any]]] = {
    "currency": _plain,
    "zone": _zone,
    "mode": _plain,
    "retailer": RetailerLink.from_message,
    "trading": Trading.from_message,
    "spot": or_none(Spot.from_message),
    "prices": _ahead(PriceStep),
    "horizon": or_none(from_ms),
    "positions": _ahead(PositionStep),
    "ledger": Ledger.from_message,
    "transactions": Transactions.from_message,
    "plan": or_none(Plan.from_message),
    "import_limit": _plain,
    "account": or_none(Account.from_message),
    "bill_guard": or_none(BillGuard.from_message),
    "limits": or_none(Limits.from_message),
    "mandate": or_none(Mandate.from_message),
    "shadow": _plain,
    "prices_wanted": _plain,
}
