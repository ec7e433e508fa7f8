"""The retailers that an installer chooses among, on the page and at the terminal, in the home's language."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from temix_gateway.retailer.published.services import SERVICES, Service
from temix_gateway.texts import has, say

TEMIX: Final[Mapping[str, str]] = {"service": "temix"}


@dataclass(frozen=True, slots=True)
class Choice:
    """A retailer's service: what its configuration then says, its name, and for whom it is."""

    chosen: Mapping[str, str]
    name: str
    about: str


def trading(language: str) -> Choice:
    """The retailer that trades."""
    return Choice(TEMIX, say(language, "retailer.temix"), say(language, "retailer.temix.about"))


def publishing(language: str) -> list[Choice]:
    """The services of published prices; what is configured the same way is one choice."""
    once = {tuple(each.chosen.items()): each for each in reversed(SERVICES)}
    return [_choice(language, each) for each in reversed(once.values())]


def service_name(language: str, service: Service) -> str:
    """A service's own name, or of prices that come from Home Assistant what they are."""
    return _own(language, f"service.{service.service}.name", service.name)


def told_of(service: Service) -> str:
    """The text that says what the gateway does with a service: it asks it, or Home Assistant tells."""
    return "retailer.told" if service.service == "home_assistant" else "retailer.asked"


def _choice(language: str, service: Service) -> Choice:
    key = f"service.{'-'.join(service.chosen.values())}"
    return Choice(service.chosen, service_name(language, service), _own(language, key, service.region))


def _own(language: str, key: str, otherwise: str) -> str:
    return say(language, key) if has(key) else otherwise
