"""Which retailer a home has: one that trades, or one that publishes its prices, by region and utility."""

from urllib.parse import urlencode

from temix_gateway.choosing import Choice, publishing, trading
from temix_gateway.retailer.published.services import Service
from temix_gateway.web.html import Known, paragraph, tag, text
from temix_gateway.web.view import View, page


def choice(view: View) -> str:
    """The page on which the retailer's service is chosen."""
    return page(
        view,
        view.say("step.retailer.title"),
        paragraph(view.say("retailer.choose")),
        tag("h2", text(view.say("retailer.trades"))),
        tag("ul", _item(view, trading(view.language)), class_="steps"),
        tag("h2", text(view.say("retailer.publishes"))),
        paragraph(view.say("retailer.publishes.about")),
        tag("ul", *(_item(view, each) for each in publishing(view.language)), class_="steps"),
    )


def known(service: Service | None) -> Known:
    """The rates and circuits that a service is known to have."""
    return {} if service is None else {"rate": service.rates, "circuit": service.circuits}


def _item(view: View, one: Choice) -> str:
    told = tag("span", tag("b", text(one.name)), tag("br"), tag("span", text(one.about), class_="faint"))
    return tag("li", tag("a", told, href=view.url(f"/commission/retailer?{urlencode(one.chosen)}")))
