"""The services that publish prices: what is known of each, and how a configured one becomes a feed."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final
from zoneinfo import ZoneInfo

from temix_market.errors import InvalidField

from temix_gateway.retailer.published import gridx, midas, openadr
from temix_gateway.retailer.published.link import Feed
from temix_gateway.retailer.published.openadr_reports import Reports
from temix_gateway.retailer_config import (
    Asked,
    GridXSection,
    HomeAssistantSection,
    MidasSection,
    OpenAdrSection,
    PricesOnly,
)

_NINE_DIGITS: Final = re.compile(r"[0-9]{9}")


@dataclass(frozen=True, slots=True)
class Service:
    """A row of the table: what a service gives, and what its configuration has to say."""

    service: str
    name: str
    region: str
    works: str
    lacks: str
    verified: str
    utility: str = ""
    """Which of the service's utilities, where it has several: what its configuration then says."""
    rates: tuple[str, ...] = ()
    circuits: tuple[str, ...] = ()

    @property
    def chosen(self) -> dict[str, str]:
        """What the configuration says once this one is chosen."""
        return {"service": self.service} | ({"utility": self.utility} if self.utility else {})


SERVICES: Final = (
    Service(
        "gridx",
        gridx.NAMES["SCE"],
        "California, SCE",
        "prices to buy and their parts, preliminary and final; plan, price response, shadow account",
        "no price for export; no subscription from GridX, whose usage profiles have no published form: from "
        "a file, or as you used energy before",
        "fake service",
        "SCE",
        gridx.RATES["SCE"],
        gridx.SUBSTATIONS,
    ),
    Service(
        "gridx",
        gridx.NAMES["PGE"],
        "California, PG&E and its community choice aggregators",
        "prices to buy and their parts, preliminary and final; plan, price response, shadow account",
        "no price for export; no subscription from GridX, whose usage profiles have no published form: from "
        "a file, or as you used energy before",
        "fake service",
        "PGE",
        gridx.RATES["PGE"],
    ),
    Service(
        "midas",
        midas.NAME,
        "California, every utility and community choice aggregator that uploads its rates",
        "prices to buy, to sell where a rate for export has its own number, emissions; plan, price response, "
        "shadow account",
        "no parts of prices; no flex alerts",
        "fake service",
    ),
    Service(
        "openadr",
        openadr.NAME,
        "wherever a retailer runs an OpenADR 3.1 server",
        "prices to buy and to sell and emissions of one program, with or without an account; plan, "
        "price response, shadow account; reports of `USAGE` and `USAGE_FORECAST` where an event asks for "
        "them and you choose it (`reports`); notifications over MQTT (`notifications`)",
        "reports only in kWh, of the event's intervals, and at most so many a day as requests allow; no "
        "webhooks, and no broker that wants a certificate of the home",
        "fake service; a real Mosquitto as its broker, with TLS and login",
    ),
    Service(
        "home_assistant",
        "Price entities of Home Assistant: Nord Pool, Tibber, ENTSO-E, EPEX Spot",
        "Europe",
        "prices to buy of one entity, and to sell of another one, final as day-ahead prices are; plan, price "
        "response, shadow account",
        "no parts of prices; taxes and grid fees only where the entity has them",
        "fake entities in a real Home Assistant",
    ),
    Service(
        "home_assistant",
        "Price entities of Home Assistant: Octopus Energy",
        "Great Britain",
        "prices to buy, and to sell of the export meter; those that a planned charge makes cheap are "
        "preliminary; plan, price response, shadow account",
        "no parts of prices",
        "fake entities in a real Home Assistant",
    ),
    Service(
        "home_assistant",
        "Price entities of Home Assistant: Amber Electric",
        "Australia",
        "prices to buy, and to sell of the feed-in channel; forecasts are preliminary; plan, price response",
        "settled is only what the entity no longer calls an estimate; no parts of prices",
        "fake entities in a real Home Assistant",
    ),
)


def feed(section: Asked, zone: ZoneInfo, secret: str = "", reports: Reports | None = None) -> Feed:
    """The feed that a section of the configuration names, with the home's zone and the account's secret.

    ``reports`` are sent where the owner wants them, and the service takes them.
    """
    url = section.url.rstrip("/")
    match section:
        case GridXSection():
            return gridx.GridX(url, section.utility, section.rate, section.circuit, section.cca)
        case MidasSection():
            numbers = (section.export_rin, section.emissions_rin)
            return midas.Midas(url, midas.rin(section.rin), *(each and midas.rin(each) for each in numbers))
        case OpenAdrSection():
            account = section.client_id or ""
            return openadr.OpenAdr(url, section.program, section.currency, zone, account, secret, reports)


def named(configured: Mapping[str, Any]) -> Service | None:
    """The service that keys of a configuration name, if it is one of prices."""
    return next((each for each in SERVICES if each.chosen.items() <= configured.items()), None)


def check(section: PricesOnly) -> None:
    """Refuse what cannot be meant. A rate or circuit that is new is let through: the service knows it or not.

    Raises:
        InvalidField: ``field`` is the key.
    """
    match section:
        case GridXSection():
            _check_gridx(section)
        case MidasSection():
            midas.rin(section.rin)
            for key in ("export_rin", "emissions_rin"):
                if (number := getattr(section, key)) is not None:
                    _check_rin(key, number)
        case OpenAdrSection():
            _check_currency(section.currency)
            given = [section.client_secret_file is not None, section.client_secret is not None]
            if sum(given) != (section.client_id is not None):
                raise InvalidField(
                    "client_secret_file", "an account has a name and one secret, or there is none"
                )
            if section.reports and section.client_id is None:
                raise InvalidField("reports", "the server has to know whose they are: set client_id")
        case HomeAssistantSection():
            _check_currency(section.currency)


def _check_currency(currency: str) -> None:
    if len(currency) != 3 or not currency.isupper():
        raise InvalidField("currency", f"{currency!r} is not three capital letters")


def _check_rin(field: str, text: str) -> None:
    try:
        midas.rin(text)
    except InvalidField as error:
        raise InvalidField(field, error.reason) from error


def _check_gridx(section: GridXSection) -> None:
    _meant("rate", section.rate, gridx.RATES[section.utility])
    if section.utility == "SCE":
        _meant("circuit", section.circuit, gridx.SUBSTATIONS)
        if section.cca is not None:
            raise InvalidField("cca", "only PG&E's prices differ by it")
    elif not _NINE_DIGITS.fullmatch(section.circuit):
        raise InvalidField("circuit", f"{section.circuit!r} is not nine digits, as PG&E's circuits are")


def _meant(field: str, given: str, known: Iterable[str]) -> None:
    """Refuse what is nearly, but not quite, a known name."""
    names = {name.lower(): name for name in known}
    if given in names.values():
        return
    close = get_close_matches(given.lower(), names, n=1, cutoff=0.75)
    if close:
        raise InvalidField(field, f"{given!r} is not known: write {names[close[0]]!r}")


def _row(each: Service) -> str:
    cells = (f"`{each.service}`", each.name, each.region, each.works, each.lacks, each.verified)
    return f"| {' | '.join(cells)} |"


def reference() -> str:
    """The reference page of the services, in Markdown."""
    lines = [
        "# Services of published prices",
        "",
        "Generated from the code. For homes whose retailer publishes prices and takes no tenders.",
        "How to set one up: [Use a retailer that only publishes prices](../how-to/use-published-prices.md).",
        "",
        "| `service` | name | region | works | does not | verified with |",
        "|---|---|---|---|---|---|",
        *map(_row, SERVICES),
        "",
        "*Fake service*: a server of the tests, made from the service's documentation and examples.",
        "*Fake entities*: entities and actions of the tests with the attributes and answers that the",
        "integration documents.",
        "None was verified against the real service, nor OpenADR against another one's server: no package",
        "registry has one.",
    ]
    for each in SERVICES:
        for kind, names in (("rates", each.rates), ("circuits", each.circuits)):
            if names:
                lines += [
                    "",
                    f"{each.name}, {kind} that are known: {', '.join(f'`{name}`' for name in names)}.",
                ]
    return "\n".join(lines) + "\n"
