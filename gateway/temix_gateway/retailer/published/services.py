"""The services that publish prices: what is known of each, and how a configured one becomes a feed."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from temix_market.errors import InvalidField

from temix_gateway.retailer.published import gridx
from temix_gateway.retailer.published.link import Feed
from temix_gateway.retailer_config import GridXSection

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
    rates: tuple[str, ...] = ()
    circuits: tuple[str, ...] = ()


SERVICES: Final = (
    Service(
        "gridx",
        gridx.NAMES["SCE"],
        "California, SCE",
        "prices to buy and their parts, preliminary and final; plan, price response, shadow account",
        "no price for export; no subscription",
        "fake service",
        gridx.RATES["SCE"],
        gridx.SUBSTATIONS,
    ),
    Service(
        "gridx",
        gridx.NAMES["PGE"],
        "California, PG&E and its community choice aggregators",
        "prices to buy and their parts, preliminary and final; plan, price response, shadow account",
        "no price for export; no subscription",
        "fake service",
        gridx.RATES["PGE"],
    ),
)


def feed(section: GridXSection) -> Feed:
    """The feed that a section of the configuration names."""
    return gridx.GridX(section.url.rstrip("/"), section.utility, section.rate, section.circuit, section.cca)


def check(section: GridXSection) -> None:
    """Refuse what cannot be meant. A rate or circuit that is new is let through: the service knows it or not.

    Raises:
        InvalidField: ``field`` is the key.
    """
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
