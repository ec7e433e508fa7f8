"""Which retailer a home has: one that trades, or one that publishes its prices, by region and utility."""

from collections.abc import Mapping
from urllib.parse import urlencode

from temix_gateway.retailer.published.services import SERVICES, Service
from temix_gateway.texts import has
from temix_gateway.web.html import Known, paragraph, tag, text
from temix_gateway.web.view import View, page


def choice(view: View) -> str:
    """The page on which the retailer's service is chosen."""
    trades = _item(view, {"service": "temix"}, view.say("retailer.temix"), view.say("retailer.temix.about"))
    services = {tuple(each.chosen.items()): each for each in reversed(SERVICES)}.values()
    prices = [_item(view, each.chosen, _name(view, each), _about(view, each)) for each in reversed(services)]
    return page(
        view,
        view.say("step.retailer.title"),
        paragraph(view.say("retailer.choose")),
        tag("h2", text(view.say("retailer.trades"))),
        tag("ul", trades, class_="steps"),
        tag("h2", text(view.say("retailer.publishes"))),
        paragraph(view.say("retailer.publishes.about")),
        tag("ul", *prices, class_="steps"),
    )


def known(service: Service | None) -> Known:
    """The rates and circuits that a service is known to have."""
    return {} if service is None else {"rate": service.rates, "circuit": service.circuits}


def _name(view: View, service: Service) -> str:
    return view.say("service.home_assistant.name") if service.service == "home_assistant" else service.name


def _about(view: View, service: Service) -> str:
    key = f"service.{'-'.join(service.chosen.values())}"
    return view.say(key) if has(key) else service.region


def _item(view: View, chosen: Mapping[str, str], name: str, about: str) -> str:
    told = tag("span", tag("b", text(name)), tag("br"), tag("span", text(about), class_="faint"))
    return tag("li", tag("a", told, href=view.url(f"/commission/retailer?{urlencode(chosen)}")))
