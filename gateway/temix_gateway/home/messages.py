"""Every message of the local API, as strict types; the JSON Schema and the reference page come from here.

Times are milliseconds since 1970-01-01T00:00Z, energy is Wh (buying and import positive), prices are
millionths of the currency unit per kWh, power is W: whole numbers all.
"""

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from temix_gateway.home.access import Access, Paired, PairingPoint, PairingWindow, Token
from temix_gateway.home.account import (
    Account,
    BillGuard,
    SettledHours,
    Statement,
    Transaction,
    TransactionPage,
)
from temix_gateway.home.commission import CommissioningState, StepOutcome
from temix_gateway.home.units import (
    CommandId,
    Grams,
    MicroPrice,
    MilliCelsius,
    MoneyText,
    Name,
    Time,
    Watt,
    Wh,
)

MIN_SCHEMA: Final = 1
MAX_SCHEMA: Final = 1

type Mode = Literal["monitor", "advise", "automatic"]
"""What the gateway does with its plans: nothing but prices, show them, or trade and switch."""

type ErrorCode = Literal[
    "invalid_message",
    "invalid_auth",
    "unsupported_schema",
    "not_allowed",
    "rate_limited",
    "refused",
    "pairing_closed",
    "wrong_code",
    "internal",
]
"""Why a command had no result."""


class Retailer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The gateway's link to the retailer: whether it is up, since when, and in words why not.

    ``refused``: the retailer answers, and does not accept the account.
    """

    connected: bool
    since: Time
    reason: str = ""
    refused: bool = False


type LockCode = Literal[
    "ledger", "retailer", "clock", "mandate", "price", "apart", "turn", "published", "commissioning"
]
"""What keeps the gateway from trading: a faulty ledger, no link, an unproven clock, no mandate of the
owner, no price, records that differ from the retailer's, a turn that failed, a retailer that takes no
orders, a commissioning that is not finished or was reset."""


class Trading(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether the gateway trades: paused by a person, or locked for the reasons given.

    ``codes`` says for each reason what it is about.
    """

    paused: bool
    locked: list[str] = []
    codes: list[LockCode] = []


class Limits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The limits of trade in force, and the ceilings that ``set_limits`` cannot pass.

    ``money_a_day`` is the most that purchases may cost in one day of the home, ``highest_price`` what a kWh
    bought ahead may cost.
    """

    money_a_day: MoneyText
    highest_price: MicroPrice
    money_a_day_ceiling: MoneyText
    highest_price_ceiling: MicroPrice


type MandateState = Literal["missing", "signed", "revoked"]


class Mandate(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The owner's signed ceilings of trade; without them the gateway does no more than monitor.

    ``needed``: trading was chosen and waits for a mandate. ``since``: when it was signed or revoked. Powers
    are what may be committed to buy (import) and to sell (export) at any moment; null where none is signed.
    """

    state: MandateState
    needed: bool = False
    since: Time | None = None
    currency: str | None = None
    money_a_day: MoneyText | None = None
    highest_price: MicroPrice | None = None
    import_power: Watt | None = None
    export_power: Watt | None = None


class Spot(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The delivered spot of the current 5 minutes; provisional until both parties have frozen theirs.

    A price is null where a party has published none for that side, ``carbon_intensity`` where the retailer
    does not publish it.
    """

    start: Time
    end: Time
    buy: MicroPrice | None
    sell: MicroPrice | None
    provisional: bool = False
    carbon_intensity: Grams | None = None


class PriceStep(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the home pays (buy) and is paid (sell) by live tenders in one interval, with its parts.

    ``components`` says what the energy price to buy is made of, ``carbon_intensity`` what a kWh drawn emits,
    where the retailer publishes that.
    """

    start: Time
    end: Time
    buy: MicroPrice | None = None
    sell: MicroPrice | None = None
    buy_energy: MicroPrice | None = None
    buy_transport: MicroPrice | None = None
    sell_energy: MicroPrice | None = None
    sell_transport: MicroPrice | None = None
    components: dict[str, MicroPrice] = {}
    carbon_intensity: Grams | None = None


class PositionStep(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The position over an interval of one or more whole 5 minutes, at a constant rate throughout.

    ``quantity`` is the energy of the whole interval; ``subscribed`` is the subscription's part of it.
    An interval without a step has no position.
    """

    start: Time
    end: Time
    quantity: Wh
    subscribed: Wh = 0


class PlanStep(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a device is to draw (negative: give) in one interval, and why.

    ``why`` is a word of the planner's (``runs``, ``waits``), ``price`` the mean marginal price while it
    lasts, ``later`` that of what it waits for, which begins at ``until``; ``reason`` says it in English.
    """

    start: Time
    end: Time
    power: Watt
    reason: str = ""
    why: str = ""
    price: MicroPrice | None = None
    later: MicroPrice | None = None
    until: Time | None = None


class Instead(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The next best to a device's next run: when it would begin, at what mean price, and how much dearer."""

    start: Time
    price: MicroPrice
    dearer: MoneyText


class DevicePlan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The plan for one device that Home Assistant reported.

    ``reason`` says all of it in one English sentence. ``saved`` is what it saves against the same without
    looking at prices; ``done`` when it last draws or gives, ``ready_by`` when its wish wants that;
    ``instead`` is missing where its wishes leave nothing else; ``binds`` names the wishes and limits at
    which it is; ``unmet`` names the wishes that cannot be met, ``bill_guard`` where it is off until midnight
    for the bill's sake and does without what was planned for it.
    """

    device: Name
    steps: list[PlanStep]
    reason: str = ""
    saved: MoneyText | None = None
    done: Time | None = None
    ready_by: Time | None = None
    instead: Instead | None = None
    binds: list[str] = []
    unmet: list[str] = []


class CurvePoint(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """At this price the home would buy so much beyond its position; negative: sell."""

    price: MicroPrice
    energy: Wh


class Curve(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the home would trade over an hour, at a constant rate, by price; the dearest comes first."""

    start: Time
    end: Time
    points: list[CurvePoint]


class OwnTender(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tender that the home could make within its limits, to sell where negative."""

    start: Time
    end: Time
    price: MicroPrice
    quantity: Wh
    expires: Time


class OpenTender(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tender of the home's own at the retailer, to sell where negative, and what was accepted of it.

    More of it may be accepted until the retailer says that it has ended, which is soon after ``expires``.
    """

    key: Name
    start: Time
    end: Time
    price: MicroPrice
    quantity: Wh
    accepted: Wh
    expires: Time


class Plan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The plan in force, and when it was made.

    ``left_out`` are the devices that cannot be planned as they were reported, by id, and what is wrong.
    ``curves`` and ``tenders`` are there where ``[trading] curve_hours`` asks for them.
    """

    made: Time
    devices: list[DevicePlan]
    left_out: dict[Name, str] = {}
    curves: list[Curve] = []
    tenders: list[OwnTender] = []


class Ledger(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far the gateway's ledger reaches: its last sequence number and its chain's head (hex)."""

    sequence: Annotated[int, Meta(ge=0)]
    head: str


class Transactions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many pairs the home has transacted beside its subscription, and the last of them."""

    count: Annotated[int, Meta(ge=0)]
    last: Transaction | None = None


class State(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything the gateway shows. ``positions`` are those of the ledger at ``ledger``.

    ``prices`` are in order of time, do not overlap, and are the finest that live tenders give; ``horizon``
    is the end of the last tender. ``import_limit`` is the most that the home may draw; null: not told.
    ``account`` is null until the ledger was added up, ``bill_guard`` where no limit is set. ``shadow``: the
    retailer only publishes prices, and the account says what would be owed at them. ``prices_wanted``: the
    gateway has its prices from ``report_prices``. ``tenders`` are those of the home's own that are open.
    """

    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$", description="ISO 4217")]
    zone: Annotated[str, Meta(min_length=1, description="IANA time zone of the home's market")]
    mode: Mode
    retailer: Retailer
    trading: Trading
    spot: Spot | None
    prices: list[PriceStep]
    horizon: Time | None
    positions: list[PositionStep]
    ledger: Ledger
    transactions: Transactions
    plan: Plan | None = None
    import_limit: Watt | None = None
    account: Account | None = None
    bill_guard: BillGuard | None = None
    limits: Limits | None = None
    mandate: Mandate | None = None
    shadow: bool = False
    prices_wanted: bool = False
    tenders: list[OpenTender] = []


class Snapshot(Struct, frozen=True, kw_only=True, tag="snapshot", tag_field="kind"):
    """The whole state after event ``number``: the result of ``start_listening`` and ``get_state``."""

    number: Annotated[int, Meta(ge=0)]
    state: State


class Preview(Struct, frozen=True, kw_only=True, tag="preview", tag_field="kind"):
    """What a device would do, and what its energy (Wh) would cost: the result of ``preview_plan``."""

    plan: DevicePlan
    energy: Wh
    cost: MoneyText


class Hello(Struct, frozen=True, kw_only=True, tag="hello"):
    """The gateway's first message: who it is, and which schemas it speaks."""

    gateway_id: Name
    name: Name
    version: str
    min_schema: int = MIN_SCHEMA
    max_schema: int = MAX_SCHEMA


class Result(Struct, frozen=True, kw_only=True, tag="result"):
    """The one result of the command with this id: what was asked for, null where nothing was."""

    id: CommandId
    result: (
        Snapshot
        | Preview
        | Statement
        | TransactionPage
        | SettledHours
        | PairingPoint
        | Paired
        | Token
        | PairingWindow
        | Access
        | CommissioningState
        | StepOutcome
        | None
    ) = None


class Failure(Struct, frozen=True, kw_only=True, tag="error"):
    """Why the command with this id has no result; ``id`` is null where none could be read."""

    id: CommandId | None
    code: ErrorCode
    message: str


class Event(Struct, frozen=True, kw_only=True, tag="event"):
    """Sections of the state that changed, each whole; after a gap in the numbers ask for a new snapshot."""

    number: Annotated[int, Meta(ge=1)]
    changes: dict[str, Any]


type ServerMessage = Hello | Result | Failure | Event
"""What the gateway sends."""


class Authenticate(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="authenticate"):
    """The first command: the token, and the schema that will be spoken."""

    id: CommandId
    token: Annotated[str, Meta(max_length=200)]
    schema: int


class StartListening(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="start_listening"):
    """Ask for a snapshot, and for every event after it."""

    id: CommandId


class GetState(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="get_state"):
    """Ask for a snapshot alone."""

    id: CommandId


class PauseTrading(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="pause_trading"):
    """Stop making transactions, or go on; orders under way still get their definite answer."""

    id: CommandId
    paused: bool


class PlanAgain(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="plan_again"):
    """Plan at once, whether or not anything has changed; the new plan comes with an event."""

    id: CommandId


class SetMode(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="set_mode"):
    """Choose what the gateway does with its plans."""

    id: CommandId
    mode: Mode


class SetLimits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="set_limits"):
    """Move the limits of trade, at once and for good; null: as it is. Refused above the ceilings."""

    id: CommandId
    money_a_day: MoneyText | None = None
    highest_price: MicroPrice | None = None


class SignMandate(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="sign_mandate"):
    """Hand over a mandate: the owner's signed message (JWS), and the public key (base64url) of its signature.

    Refused where another key signed the one before it.
    """

    id: CommandId
    signed: Annotated[str, Meta(max_length=4_000)]
    owner: Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{43}$")]


class RevokeMandate(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="revoke_mandate"):
    """End the mandate: no trade from now on; what was bought is delivered and settled as ever."""

    id: CommandId


class Reading(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Net import over one interval of whole 5 minutes on the clock."""

    start: Time
    end: Time
    energy: Wh


class ReportReadings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="report_readings"):
    """Report what the grid meter saw; a later report for an interval wins."""

    id: CommandId
    readings: Annotated[list[Reading], Meta(min_length=1, max_length=600)]


class RoomHistory(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Past whole hours from ``start`` on of what one thermostat heats or cools; null: unknown.

    ``device`` is the thermostat's id. ``indoor`` is the temperature at the beginning of each hour,
    ``outdoor`` the mean of the hour, ``drawn`` what the thermostat's device drew in it; ``cooling`` says
    which way.
    """

    device: Name
    cooling: bool
    start: Time
    indoor: Annotated[list[MilliCelsius | None], Meta(max_length=1_400)]
    outdoor: Annotated[list[MilliCelsius | None], Meta(max_length=1_400)]
    drawn: Annotated[list[Wh | None], Meta(max_length=1_400)]


class ReportHistory(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="report_history"):
    """Report past whole hours from ``start`` on, for the forecasts; it replaces the earlier report.

    ``load`` is what the home used beside the devices reported, ``sun`` what its roof gave; null: unknown.
    From ``rooms`` is learned how the building keeps its warmth.
    """

    id: CommandId
    start: Time
    load: Annotated[list[Wh | None], Meta(max_length=1_400)]
    sun: Annotated[list[Wh | None], Meta(max_length=1_400)]
    rooms: Annotated[list[RoomHistory], Meta(max_length=16)] = []


def encode(message: ServerMessage) -> str:
    """Write a message as JSON text."""
    return msgspec.json.encode(message).decode()
