"""Pieces of pages: everything that comes from outside is escaped here, and nowhere else."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from html import escape
from io import BytesIO
from typing import Any, Final

import msgspec

from temix_gateway.commissioning.answers import SECRET, StepName, questions, shape
from temix_gateway.commissioning.steps import Finding
from temix_gateway.texts import LANGUAGES

type Say = Callable[..., str]
"""``say(key, **about)`` in the language of the page."""

_VOID: Final = frozenset({"input", "img", "meta", "link", "br"})
CHOSEN: Final = ("service", "utility")
"""What of a step was chosen before its questions are asked."""
_CODED: Final = frozenset({"rin", "export_rin"})
"""What a bill has as a QR code, too."""
_LONG: Final = frozenset({"ca", "remarks"})
_DECIMALS: Final = frozenset({"money_a_day", "highest_price", "price", "export_credit", "fixed_a_month"})


def tag(element: str, /, *inner: str, **attributes: str | bool | int | None) -> str:
    """An element around HTML. An underscore at an attribute's end is dropped, one within is a hyphen."""
    shown = []
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        label = key.rstrip("_").replace("_", "-")
        shown.append(label if value is True else f'{label}="{escape(str(value), quote=True)}"')
    start = " ".join((element, *shown))
    return f"<{start}>" if element in _VOID else f"<{start}>{''.join(inner)}</{element}>"


def text(plain: str) -> str:
    """Text as HTML."""
    return escape(plain)


def paragraph(plain: str, class_: str | None = None) -> str:
    """A paragraph."""
    return tag("p", text(plain), class_=class_)


def field(label: str, name: str, **attributes: str | bool | int | None) -> str:
    """A labelled input."""
    given: dict[str, str | bool | int | None] = {"type": "text", "autocomplete": "off", "required": True}
    given |= attributes
    return tag(
        "p", tag("label", text(label), for_=name), tag("input", id=name, name=name, **given), class_="field"
    )


def form(action: str, csrf: str, *inner: str, button: str, class_: str | None = None) -> str:
    """A form that is posted, with the session's token in it."""
    hidden = tag("input", type="hidden", name="csrf", value=csrf)
    return tag(
        "form",
        hidden,
        *inner,
        tag("p", tag("button", text(button), type="submit", class_=class_)),
        method="post",
        action=action,
    )


def findings(say: Say, found: Iterable[tuple[Finding, str]]) -> str:
    """What a step found, each with its text."""
    items = [
        tag("li", tag("b", text(say(f"kind.{finding.kind}"))), " ", text(words), class_=finding.kind)
        for finding, words in found
    ]
    return tag("div", tag("ul", *items, class_="findings"), role="status") if items else ""


type Known = Mapping[str, Iterable[str]]
"""Answers that a field is known to take, by its name; it takes others, too."""


@dataclass(frozen=True, slots=True)
class Filling:
    """What a step's form shows: answers that are ``held``, what is ``known``, and the currency of amounts.

    Questions ``without`` which the home does are left out.
    """

    held: Mapping[str, str]
    known: Known
    without: Collection[str]
    currency: str


def step_fields(say: Say, step: StepName, filling: Filling) -> list[str]:
    """The questions of a step; what was chosen already is sent along."""
    held = filling.held
    chosen = [hidden(name, held[name]) for name in CHOSEN if name in held]
    asked = [each for each in questions(step, held) if each.name not in {*CHOSEN, *filling.without}]
    return chosen + [_question(say, step, each, filling) for each in asked]


def hidden(name: str, value: str) -> str:
    """Something that a form sends along."""
    return tag("input", type="hidden", name=name, value=value)


def _question(say: Say, step: StepName, each: msgspec.structs.FieldInfo, filling: Filling) -> str:
    name, label = each.name, _label(say, step, each.name, filling.currency)
    default = "" if each.default is msgspec.NODEFAULT or each.default is None else str(each.default)
    value = filling.held.get(name, default)
    kind = shape(each)
    if isinstance(kind, msgspec.inspect.BoolType):
        box = tag("input", type="checkbox", id=name, name=name, value="true", checked=value.lower() == "true")
        return tag("p", box, tag("label", text(label), for_=name), class_="choice")
    if isinstance(kind, msgspec.inspect.LiteralType):
        options = [
            tag("option", text(own), value=code, selected=code == value) for code, own in LANGUAGES.items()
        ]
        chosen = tag("select", *options, id=name, name=name)
        return tag("p", tag("label", text(label), for_=name), chosen, class_="field")
    if name in _LONG:
        area = tag("textarea", text(value), id=name, name=name, rows=3)
        return tag("p", tag("label", text(label), for_=name), area, class_="field")
    attributes: dict[str, Any] = {"required": each.required, "value": value}
    if name == "passphrase":
        attributes |= {"type": "password", "value": "", "autocomplete": "new-password", "minlength": 14}
    elif name == "client_secret":
        attributes |= {"type": "password", "value": ""}
    elif name in SECRET:
        attributes |= {"value": "", "autocapitalize": "characters"}
    elif isinstance(kind, msgspec.inspect.IntType):
        attributes |= {"inputmode": "numeric", "pattern": "[0-9]+"}
    elif name in _DECIMALS:
        attributes |= {"inputmode": "decimal", "pattern": r"[0-9]+([.,][0-9]+)?"}
    if names := tuple(filling.known.get(name, ())):
        attributes["list"] = f"{name}-known"
        listed = tag("datalist", *(tag("option", value=each) for each in names), id=f"{name}-known")
        return field(label, name, **attributes) + listed
    return field(label, name, **attributes) + (_photo(say, name) if name in _CODED else "")


def _label(say: Say, step: StepName, name: str, currency: str) -> str:
    label = say(f"field.{step}.{name}")
    return f"{label} ({currency})" if currency and name in _DECIMALS else label


def _photo(say: Say, name: str) -> str:
    """A field's text from a photo of a QR code, where the browser can read one; else how to go on without."""
    label = tag("label", text(say("qr.photo")), for_=f"{name}-photo")
    taken = tag("input", type="file", id=f"{name}-photo", accept="image/*", capture="environment")
    told = tag("span", role="status", class_="faint")
    return tag(
        "div",
        tag("p", text(say("qr.none")), class_="faint"),
        tag("p", label, taken, told, class_="field", hidden=True),
        data_photo_for=name,
        data_unread=say("qr.unread"),
    )


def qr(content: str, label: str) -> str:
    """A QR code, with a label for who does not see it."""
    import segno  # noqa: PLC0415 - few pages have one

    drawn = BytesIO()
    segno.make(content, error="m").save(drawn, kind="svg", scale=5, xmldecl=False, svgns=True, nl=False)
    return tag("div", drawn.getvalue().decode(), class_="qr", role="img", aria_label=label)


def answers(step: StepName, sent: Mapping[str, str]) -> dict[str, Any]:
    """What a form sent, as the types that the step asks for; what cannot be stays text, and is refused."""
    found: dict[str, Any] = {"service": sent["service"]} if "service" in sent else {}
    for each in questions(step, sent):
        kind = shape(each)
        value = sent.get(each.name, "")
        value = value if each.name == "passphrase" else value.strip()
        if isinstance(kind, msgspec.inspect.BoolType):
            found[each.name] = value == "true"
        elif isinstance(kind, msgspec.inspect.IntType):
            found[each.name] = int(value) if value.isascii() and value.isdecimal() else value
        elif value:
            # A phone's keyboard has the comma only, where people write decimals with it.
            found[each.name] = value.replace(",", ".") if each.name in _DECIMALS else value
    return found
