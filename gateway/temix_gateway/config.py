"""The configuration file: TOML, every key documented here, everything checked at start."""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta, Struct
from temix_market.errors import InvalidField
from temix_market.tariffs import Extras, Tariff
from temix_market.tenders import PartyId, PriceBounds
from temix_market.units import Money, Price, parse_money
from temix_reception.reception import EVERYWHERE

from temix_gateway.errors import GatewayError
from temix_gateway.files import Files
from temix_gateway.retailer.published.services import check
from temix_gateway.retailer_config import AnyRetailer, Retailer
from temix_gateway.subscription import SubscriptionSection
from temix_gateway.tariff_config import Charges, TariffSection, extras, tariff

DEFAULT: Final = "temix-gateway.toml"
ENVIRONMENT: Final = "TEMIX_CONFIG"
"""The variable that names another file."""

type Mode = Literal["monitor", "advise", "automatic"]
type Cover = Literal["expected", "cautious"]
type Decimal = Annotated[str, Meta(pattern=r"^-?\d+(\.\d+)?$")]


class ConfigError(GatewayError):
    """The configuration cannot be used; ``key`` says where."""

    def __init__(self, path: Path, key: str, reason: str) -> None:
        """Name the file, the key (dotted) and what is wrong with it."""
        super().__init__(
            f"configuration {path}: {key}: {reason}" if key else f"configuration {path}: {reason}"
        )
        self.key = key


class Gateway(Struct, frozen=True, forbid_unknown_fields=True):
    """This box."""

    name: Annotated[
        str, Meta(min_length=1, max_length=63, description="What Home Assistant shows it as.")
    ] = "Home"
    data: Annotated[
        str,
        Meta(min_length=1, description="Folder of the ledger, keys and certificate; relative to this file."),
    ] = "data"
    host: Annotated[
        str,
        Meta(
            description="Address to listen on: `::` is every one of this machine, those of IPv4 too, "
            "`0.0.0.0` every one of IPv4, `127.0.0.1` or `::1` this machine only."
        ),
    ] = EVERYWHERE  # Home Assistant is another machine in most homes
    port: Annotated[int, Meta(ge=0, le=65535, description="Port of the local API; 0 takes a free one.")] = (
        8741
    )
    names: Annotated[
        list[str],
        Meta(description="Host names by which its pages may be called, beside its addresses and `ID.local`."),
    ] = []
    announce: Annotated[bool, Meta(description="Announce itself on the network by zeroconf.")] = True
    time_zone: Annotated[str, Meta(description="The home's time zone: when its days begin.")] = "UTC"
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="How much is written to the log.")
    ] = "info"
    log_format: Annotated[
        Literal["auto", "console", "json"],
        Meta(description="`json` is one object a line, `console` for people; `auto` looks for a terminal."),
    ] = "auto"


class Operations(Struct, frozen=True, forbid_unknown_fields=True):
    """Health and metrics for programs on this machine: `/health` and `/metrics` at `127.0.0.1`."""

    listen: Annotated[bool, Meta(description="Serve them.")] = False
    port: Annotated[int, Meta(ge=0, le=65535, description="Their port; 0 takes a free one.")] = 8742


class Home(Struct, frozen=True, forbid_unknown_fields=True):
    """The home as a party of the market."""

    party: Annotated[
        str, Meta(max_length=100, description="Its unique name at the retailer; prices alone need none.")
    ] = ""
    import_limit: Annotated[int, Meta(ge=0, description="Most it may draw from the grid (W).")] = 12_000
    export_limit: Annotated[int, Meta(ge=0, description="Most it may feed into the grid (W).")] = 12_000


class Trading(Struct, frozen=True, forbid_unknown_fields=True):
    """How it trades; money in the retailer's currency, as decimal text."""

    mode: Annotated[
        Mode,
        Meta(
            description="`monitor` shows prices only, `advise` plans without trading, `automatic` trades. "
            "A later choice in Home Assistant wins over this."
        ),
    ] = "monitor"
    money_a_day: Annotated[
        Decimal,
        Meta(description="Most that purchases may cost in one day; in Home Assistant you can go below."),
    ] = "20"
    highest_price: Annotated[
        Decimal,
        Meta(description="Never buy a kWh ahead for more than this; in Home Assistant you can go below."),
    ] = "2"
    minimum_gain: Annotated[Decimal, Meta(description="Least that one trade must save against spot.")] = (
        "0.0005"
    )
    certainty: Annotated[Decimal, Meta(description="What a price known ahead is worth for each kWh.")] = (
        "0.002"
    )
    share: Annotated[
        int, Meta(ge=1, le=100, description="Percent of a gap that is closed in one turn, at the most.")
    ] = 50
    cover: Annotated[
        Cover,
        Meta(
            description="How much of the load to buy ahead: `expected`, what is planned; `cautious`, more "
            "where spot has lately moved much and the spread is small, else less."
        ),
    ] = "expected"
    curve_hours: Annotated[
        int,
        Meta(
            ge=0,
            le=24,
            description="Of so many coming hours, tell what the home would trade at which price, and the "
            "tenders that it could make.",
        ),
    ] = 0
    own_tenders: Annotated[
        bool,
        Meta(
            description="Make those tenders, where the retailer takes any: it may accept each in parts until "
            "a minute before its hour. Needs `curve_hours`."
        ),
    ] = False
    lowest_tender: Annotated[
        Decimal, Meta(description="Prices for a kWh below this are refused as mistakes.")
    ] = "-5"
    highest_tender: Annotated[
        Decimal, Meta(description="Prices for a kWh above this are refused as mistakes.")
    ] = "25"

    @property
    def bounds(self) -> PriceBounds:
        """The signed bounds within which a tender is believed."""
        return PriceBounds(price(self.lowest_tender), price(self.highest_tender))


class BillGuard(Struct, frozen=True, forbid_unknown_fields=True):
    """What use may cost, whoever caused it: a warning beyond it, and devices that may be told off."""

    money_a_day: Annotated[
        Decimal | None, Meta(description="Warn where a day is expected to cost more; empty: never.")
    ] = None
    money_a_month: Annotated[Decimal | None, Meta(description="The same for a month.")] = None
    sheddable: Annotated[
        list[str],
        Meta(description="Devices that are then told off until midnight, by their ids, first to go first."),
    ] = []


class Config(Struct, frozen=True, forbid_unknown_fields=True):
    """A whole configuration file."""

    retailer: AnyRetailer = Retailer()
    home: Home = Home()
    gateway: Gateway = Gateway()
    trading: Trading = Trading()
    operations: Operations = Operations()
    charges: Charges = Charges()
    bill_guard: BillGuard = BillGuard()
    tariff: list[TariffSection] = []
    subscription: SubscriptionSection = SubscriptionSection()

    @property
    def enrolled(self) -> bool:
        """Whether it has a retailer; without one it waits to be commissioned."""
        return bool(self.retailer.url)

    @property
    def party(self) -> PartyId:
        """The home's name as a party of the market; of one that trades nothing a stand-in."""
        return PartyId(self.home.party or "home")

    @property
    def extras(self) -> Extras:
        """What the retailer's bill has beside what was bought in its market."""
        return extras(self.charges)

    @property
    def tariffs(self) -> tuple[Tariff, ...]:
        """The tariffs to compare with."""
        return tuple(map(tariff, self.tariff))

    @property
    def zone(self) -> ZoneInfo:
        """The home's time zone."""
        return ZoneInfo(self.gateway.time_zone)


def price(text: str) -> Price:
    """Read a decimal price per kWh into µ/kWh; digits beyond the sixth are cut off."""
    return Price(parse_money(text) // 1_000)


def money(text: str) -> Money:
    """Read decimal money."""
    return parse_money(text)


def load(path: Path) -> Config:
    """Read and check a configuration file: TOML, or the options of Home Assistant's app (``.json``).

    What was set at commissioning lies in the data folder and wins over it.

    Raises:
        ConfigError: missing, unreadable, not of its form, an unknown key, or a value that cannot be.
    """
    try:
        text = path.read_text(encoding="utf-8")
        raw = msgspec.json.decode(text) if path.suffix == ".json" else tomllib.loads(text)
    except FileNotFoundError:
        raise ConfigError(path, "", "does not exist: make one with `temix-gateway config > FILE`") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(path, "", f"cannot be read: {error}") from error
    except (ValueError, RecursionError) as error:
        form = path.suffix.removeprefix(".").upper()
        raise ConfigError(path, "", f"is not valid {form}: {error}") from error
    try:
        # First as a whole, so that what is wrong is named in full.
        data = msgspec.convert(_with_service(raw), Config).gateway.data
        config = msgspec.convert(_with_service(commissioned(raw, path.parent / data)), Config)
    except msgspec.ValidationError as error:
        raise ConfigError(path, *_explain(str(error))) from error
    _check(path, config)
    try:
        check_retailer(config)
    except InvalidField as error:
        raise ConfigError(path, error.field, error.reason) from error
    return _resolved(config, path.parent.absolute())


def commissioned(raw: dict[str, Any], data: Path) -> dict[str, Any]:
    """A configuration, as it was read, with what was set at commissioning in its place.

    Raises:
        ConfigError: the file of commissioning cannot be used.
    """
    path = Files(data).settings
    try:
        settings = msgspec.json.decode(path.read_bytes(), type=Settings)
    except FileNotFoundError:
        return raw
    except (OSError, ValueError) as error:
        raise ConfigError(path, "", f"cannot be used ({error}): restore it, or commission anew") from error
    made = dict(raw)
    if settings.retailer:
        made["retailer"] = settings.retailer
    if settings.tariff is not None:
        made["tariff"] = settings.tariff
    for name in ("gateway", "home", "trading"):
        if changes := getattr(settings, name):
            made[name] = {**raw.get(name, {}), **changes}
    return made


class Settings(Struct, frozen=True):
    """What was set at commissioning: keys of the configuration by section, and the language of the pages."""

    language: str = "en"
    gateway: dict[str, Any] = {}
    retailer: dict[str, Any] = {}
    home: dict[str, Any] = {}
    trading: dict[str, Any] = {}
    tariff: list[Any] | None = None


def _resolved(config: Config, folder: Path) -> Config:
    """Make the paths in the file absolute: they are relative to the file, not to where the gateway runs."""
    paths = {
        key: str(folder / path)
        for key in ("client_secret_file", "client_certificate", "ca_file")
        if (path := getattr(config.retailer, key, None))
    }
    retailer = msgspec.structs.replace(config.retailer, **paths)
    gateway = msgspec.structs.replace(config.gateway, data=str(folder / config.gateway.data))
    subscription = config.subscription
    if subscription.file:
        subscription = msgspec.structs.replace(subscription, file=str(folder / subscription.file))
    return msgspec.structs.replace(config, retailer=retailer, gateway=gateway, subscription=subscription)


def _check(path: Path, config: Config) -> None:
    """Refuse what types cannot."""
    try:
        ZoneInfo(config.gateway.time_zone)
    except ZoneInfoNotFoundError, ValueError, OSError:
        raise ConfigError(
            path,
            "gateway.time_zone",
            f"{config.gateway.time_zone!r} is no time zone: use a name like America/Chicago",
        ) from None
    for key in (
        "money_a_day",
        "highest_price",
        "minimum_gain",
        "certainty",
        "lowest_tender",
        "highest_tender",
    ):
        try:
            parse_money(getattr(config.trading, key))
        except InvalidField as error:
            raise ConfigError(path, f"trading.{key}", error.reason) from error
    if money(config.trading.money_a_day) < 0:
        raise ConfigError(path, "trading.money_a_day", "is negative")
    if config.trading.own_tenders and not config.trading.curve_hours:
        raise ConfigError(path, "trading.own_tenders", "needs hours to tender for: set trading.curve_hours")
    _check_tariffs(path, config)
    _check_subscription(path, config)
    for key in ("money_a_day", "money_a_month"):
        text = getattr(config.bill_guard, key)
        try:
            if text is not None and parse_money(text) < 0:
                raise ConfigError(path, f"bill_guard.{key}", "is negative")
        except InvalidField as error:
            raise ConfigError(path, f"bill_guard.{key}", error.reason) from error
    if config.trading.bounds.lowest >= config.trading.bounds.highest:
        raise ConfigError(path, "trading.lowest_tender", "is not below trading.highest_tender")


def _with_service(raw: Any) -> Any:
    """The retailer's service is TeMIX where the file names none: so it was before there were others.

    The app's form has TeMIX's keys in any case: for another service they are left empty.
    """
    retailer = raw.get("retailer") if isinstance(raw, dict) else None
    if not isinstance(retailer, dict):
        return raw
    service = retailer.get("service", "temix")
    given = {key: value for key, value in retailer.items() if value or service == "temix"}
    return raw | {"retailer": given | {"service": service}}


def check_retailer(config: Config) -> None:
    """Refuse an address without TLS (but of this machine, where nobody listens), and what is missing.

    Raises:
        InvalidField: ``field`` is the key, dotted.
    """
    retailer = config.retailer
    if retailer == Retailer() and not config.home.party:
        return  # it waits to be commissioned
    try:
        url = urlsplit(retailer.url)
    except ValueError as error:  # brackets without an IPv6 address in them
        raise InvalidField("retailer.url", f"{retailer.url!r} is no address: {error}") from None
    own = not isinstance(retailer, Retailer) and url.hostname in {"127.0.0.1", "localhost"}
    if not url.hostname or (url.scheme != "https" and not own):
        raise InvalidField("retailer.url", f"{retailer.url!r} does not begin with https://")
    if not isinstance(retailer, Retailer):
        try:
            check(retailer)
        except InvalidField as error:
            raise InvalidField(f"retailer.{error.field}", error.reason) from error
        return
    if not config.home.party:
        raise InvalidField("home.party", "is missing: it is the home's name at the retailer")
    if not retailer.client_id:
        raise InvalidField("retailer.client_id", "is missing: it is the name of the home's account")
    if (retailer.client_secret_file is None) == (retailer.client_secret is None):
        raise InvalidField("retailer.client_secret_file", "is missing: name the file of the secret")


def _check_subscription(path: Path, config: Config) -> None:
    """Refuse one of a home whose retailer books it itself, two at once, and one without a price."""
    file, own_use = config.subscription.file, config.subscription.own_use
    if (file or own_use) and isinstance(config.retailer, Retailer):
        raise ConfigError(path, "subscription", "is for a retailer that publishes prices: TeMIX has its own")
    if file and own_use:
        raise ConfigError(path, "subscription.own_use", "is there beside a file: a home has one subscription")
    if own_use and not config.tariff:
        raise ConfigError(path, "subscription.own_use", "has no price: describe your tariff in [[tariff]]")


def _check_tariffs(path: Path, config: Config) -> None:
    """Refuse a charge or tariff whose numbers are none, and two tariffs of one name."""
    place = "charges"
    try:
        extras(config.charges)
        for index, section in enumerate(config.tariff):
            place = f"tariff[{index}]"
            tariff(section)
    except InvalidField as error:
        raise ConfigError(path, f"{place}.{error.field}", error.reason) from error
    names = [section.name for section in config.tariff]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise ConfigError(path, f"tariff[{index}].name", f"{name!r} is there twice")


def _explain(message: str) -> tuple[str, str]:
    """Turn msgspec's message into a key and a reason."""
    reason, _, place = message.partition(" - at `$")
    section = place.removesuffix("`").removeprefix(".")
    if "`" in reason and ("unknown field" in reason or "required field" in reason):
        field = reason.split("`")[1]
        key = f"{section}.{field}" if section else field
        if "unknown" in reason:
            return key, "unknown key: see `temix-gateway config` for those that exist"
        return key, "is missing: it has no default"
    if "matching regex" in reason:
        return section, 'is not a decimal number in quotes, like "12.5"'
    return section, reason[:1].lower() + reason[1:]
