"""How a page is shown, and the frame that every page has."""

from dataclasses import dataclass
from html import escape
from typing import Final

from temix_market.errors import InvalidField
from temix_market.instants import Instant

from temix_gateway.commissioning.steps import Finding
from temix_gateway.commissioning.words import finding_text, when
from temix_gateway.home.roles import PAGES
from temix_gateway.texts import has, say
from temix_gateway.web.html import form, paragraph, tag, text
from temix_gateway.web.sessions import Session

_MENU: Final = ("commission", "hand-over", "owner", "statement", "record", "pairing", "log")


@dataclass(frozen=True, slots=True)
class View:
    """How a page is shown: its language, the path before ours, where it is, to whom, and by whose clock."""

    language: str
    prefix: str
    path: str
    session: Session | None
    zone: str

    def say(self, key: str, /, **about: str) -> str:
        """A text in the page's language."""
        return say(self.language, key, **about)

    def url(self, path: str) -> str:
        """A path of ours as the browser needs it."""
        return self.prefix + path

    def finding(self, found: Finding) -> str:
        """A finding in the page's language, by the home's clock."""
        return finding_text(self.language, found, self.zone)

    def refusal(self, error: Exception) -> str:
        """Why answers were refused; a field is called as the form calls it."""
        wrong = error.__cause__ if isinstance(error.__cause__, InvalidField) else error
        if isinstance(wrong, InvalidField) and has(key := f"field.{wrong.field}"):
            return self.say("error.answer", field=self.say(key), reason=wrong.reason)
        return str(error)

    @property
    def csrf(self) -> str:
        """What forms must carry."""
        return "" if self.session is None else self.session.csrf

    def when(self, instant: int, shape: str = "%Y-%m-%d %H:%M") -> str:
        """An instant by the home's clock."""
        return when(Instant(instant), self.zone, shape)


def page(view: View, title: str, *body: str) -> str:
    """A whole page around its content."""
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        + tag("title", text(f"{title} · {view.say('app')}"))
        + tag("link", rel="stylesheet", href=view.url("/page.css"))
        + tag("link", rel="icon", href="data:,")
        + tag("script", src=view.url("/page.js"), defer=True)
    )
    main = tag("main", tag("h1", text(title)), *body, id="main")
    return (
        "<!doctype html>"
        f'<html lang="{escape(view.language, quote=True)}"><head>{head}</head><body>'
        + tag("a", text(view.say("skip")), href="#main", class_="skip")
        + tag(
            "header", tag("div", paragraph(view.say("app"), "app"), _way_out(view), class_="bar"), _menu(view)
        )
        + main
        + "</body></html>"
    )


def _way_out(view: View) -> str:
    if view.session is None:
        return ""
    return form(view.url("/sign-out"), view.csrf, button=view.say("menu.sign-out"), class_="plain")


def _menu(view: View) -> str:
    if view.session is None:
        return ""
    items = []
    for name in _MENU:
        if view.session.role not in PAGES[f"GET /{name}"]:
            continue
        here = "page" if view.path.startswith(f"/{name}") else None
        link = tag("a", text(view.say(f"menu.{name}")), href=view.url(f"/{name}"), aria_current=here)
        items.append(tag("li", link))
    return tag("nav", tag("ul", *items), aria_label=view.say("menu"))
