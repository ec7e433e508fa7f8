"""What an installer answers: one struct a step, from which forms, schema and reference page are made."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import FieldInfo
from temix_market.errors import InvalidField

from temix_gateway.retailer_config import PUBLISHED

type Language = Literal["en", "es", "de", "fr"]
type Decimal = Annotated[str, Meta(pattern=r"^\d{1,9}(\.\d{1,9})?$")]
type Power = Annotated[int, Meta(ge=0, le=1_000_000)]


class Basics(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The home's name, the language of the pages, and the time zone whose days it has."""

    name: Annotated[
        str, Meta(min_length=1, max_length=63, description="What Home Assistant shows it as.")
    ] = "Home"
    language: Annotated[Language, Meta(description="Of the pages: `en`, `es`, `de` or `fr`.")] = "en"
    time_zone: Annotated[
        str, Meta(min_length=1, max_length=64, description="IANA name, like `America/Chicago`.")
    ]


class Enrolment(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="service", tag="temix"
):
    """The retailer's TeMIX service. Where the home is enrolled already, an empty code only tests its rights.

    A retailer that only publishes prices has another ``service``, and the keys of that one.
    """

    url: Annotated[
        str, Meta(max_length=300, pattern="^https://", description="Address of the retailer's service.")
    ]
    code: Annotated[
        str, Meta(max_length=64, description="The enrolment code of the retailer's letter; it works once.")
    ] = ""
    ca: Annotated[
        str,
        Meta(
            max_length=20_000, description="PEM of a certificate authority to trust instead of the system's."
        ),
    ] = ""


class Clock(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing is asked: the retailer's clock proves the gateway's."""


class Ceilings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the connection bears, and ceilings of money that the owner cannot pass."""

    import_power: Annotated[Power, Meta(description="Most that the home may draw from the grid (W).")]
    export_power: Annotated[Power, Meta(description="Most that it may feed into the grid (W).")]
    money_a_day: Annotated[Decimal, Meta(description="Most that purchases of one day may cost.")] = "20"
    highest_price: Annotated[Decimal, Meta(description="Most that a kWh bought ahead may cost.")] = "2"


class Comparison(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The tariff that the home would have otherwise; without a name none is compared with."""

    name: Annotated[str, Meta(max_length=60, description="What the statement calls it; empty: none.")] = ""
    price: Annotated[Decimal, Meta(description="Price of an imported kWh.")] = "0"
    export_credit: Annotated[Decimal, Meta(description="What an exported kWh brings.")] = "0"
    fixed_a_month: Annotated[Decimal, Meta(description="Fixed charge of a month.")] = "0"


class HomeAssistant(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Home Assistant is paired by a code; ``later`` goes on without it."""

    later: Annotated[bool, Meta(description="Pair it another time; the record says so.")] = False


class Meter(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The grid meter, whose readings come through Home Assistant; ``later`` goes on without one."""

    serial: Annotated[str, Meta(min_length=1, max_length=60, description="Serial number on the meter.")]
    later: Annotated[bool, Meta(description="Check readings another time; the record says so.")] = False


class OwnerMandate(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The owner signs what the gateway may trade, with a key that only their passphrase opens."""

    money_a_day: Annotated[Decimal, Meta(description="Most that purchases of one day may cost.")]
    highest_price: Annotated[Decimal, Meta(description="Most that a kWh bought ahead may cost.")]
    passphrase: Annotated[
        str,
        Meta(
            min_length=14,
            max_length=200,
            description="The owner's own, 14 characters at least: it opens the key. Not stored.",
        ),
    ]
    agreed: Annotated[bool, Meta(description="The owner agrees that the gateway trades so.")] = False


class TestTrade(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing is asked: the smallest lot is bought and sold back, and both sides' records are compared."""


class Finish(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who has done it; the record is signed with it."""

    company: Annotated[str, Meta(max_length=100, description="The installer's company.")] = ""
    remarks: Annotated[str, Meta(max_length=1_000, description="Anything to note.")] = ""


type StepName = Literal[
    "basics",
    "retailer",
    "clock",
    "limits",
    "tariff",
    "home_assistant",
    "meter",
    "mandate",
    "test_trade",
    "record",
]

ASKS: Final[dict[StepName, type[Struct]]] = {
    "basics": Basics,
    "retailer": Enrolment,
    "clock": Clock,
    "limits": Ceilings,
    "tariff": Comparison,
    "home_assistant": HomeAssistant,
    "meter": Meter,
    "mandate": OwnerMandate,
    "test_trade": TestTrade,
    "record": Finish,
}
"""The steps in their order, and what each asks: of a retailer, what TeMIX's service asks."""

_SERVICES: Final[tuple[type[Struct], ...]] = (Enrolment, *PUBLISHED)
RETAILERS: Final = {str(kind.__struct_config__.tag): kind for kind in _SERVICES}
"""What a retailer's service asks, by its name: those that publish prices ask what they are configured by."""

SECRET: Final = frozenset({"code", "passphrase", "client_secret"})
"""Answers that are not kept."""

NOT_ASKED: Final = frozenset({"client_secret_file", "reports", "notifications"})
"""Keys of the configuration that have no place in an installer's form: in an answers file the content stands
for a file, and who is told of the home's use the owner chooses."""


class Installer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who commissions; at the gateway's first start the passphrase is set, later it must be the same."""

    name: Annotated[str, Meta(min_length=1, max_length=100, description="The installer's name.")]
    passphrase: Annotated[
        str,
        Meta(
            min_length=12, max_length=200, description="The installer's passphrase, 12 characters at least."
        ),
    ]


MONEY: Final = frozenset({"money_a_day", "highest_price"})
"""Limits that only trade has."""


def asks(step: StepName, given: Mapping[str, Any]) -> type[Struct]:
    """What a step asks, where a part of its answers is ``given``: each retailer's service has its own.

    Raises:
        InvalidField: there is no such service.
    """
    if step != "retailer":
        return ASKS[step]
    service = str(given.get("service", "temix"))
    if service not in RETAILERS:
        raise InvalidField("retailer.service", f"{service!r} is none of {', '.join(RETAILERS)}")
    return RETAILERS[service]


def questions(step: StepName, given: Mapping[str, Any]) -> list[FieldInfo]:
    """The questions of a step; ``given`` and errors as with ``asks``."""
    return [each for each in msgspec.structs.fields(asks(step, given)) if each.name not in NOT_ASKED]


def shape(field: FieldInfo) -> msgspec.inspect.Type:
    """What kind of value a question asks for, without its description."""
    found = msgspec.inspect.type_info(field.type)
    if isinstance(found, msgspec.inspect.UnionType):  # what may be left out
        found = next(each for each in found.types if not isinstance(each, msgspec.inspect.NoneType))
    return found.type if isinstance(found, msgspec.inspect.Metadata) else found


def read(step: StepName, raw: dict[str, Any]) -> Struct:
    """The answers of one step, checked.

    Raises:
        InvalidField: unknown, missing, or not of its form; it names the field.
    """
    return read_as(asks(step, raw), raw, step)


def read_as[T](kind: type[T], raw: Any, place: str) -> T:
    """A struct from what a file or a form holds.

    Raises:
        InvalidField: as above.
    """
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `$.")
        field = path.removesuffix("`")
        if not field and "field `" in reason:
            field = reason.split("`")[1]
            reason = "it is missing" if "missing" in reason else "there is no such key"
        raise InvalidField(f"{place}.{field}" if field else place, reason) from None
