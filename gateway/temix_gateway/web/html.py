"""Pieces of pages: everything that comes from outside is escaped here, and nowhere else."""

from collections.abc import Callable, Iterable, Mapping
from html import escape
from typing import Any, Final

import msgspec

from temix_gateway.commissioning.answers import ASKS, SECRET, StepName, shape
from temix_gateway.commissioning.steps import Finding
from temix_gateway.texts import LANGUAGES

type Say = Callable[..., str]
"""``say(key, **about)`` in the language of the page."""

_VOID: Final = frozenset({"input", "img", "meta", "link", "br"})
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
    return tag("ul", *items, class_="findings", role="status") if items else ""


def step_fields(say: Say, step: StepName, held: Mapping[str, str]) -> list[str]:
    """The questions of a step, filled with what was answered before."""
    return [_question(say, step, each, held) for each in msgspec.structs.fields(ASKS[step])]


def _question(say: Say, step: StepName, each: msgspec.structs.FieldInfo, held: Mapping[str, str]) -> str:
    name, label = each.name, say(f"field.{step}.{each.name}")
    default = "" if each.default is msgspec.NODEFAULT else str(each.default)
    value = held.get(name, default)
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
    elif name in SECRET:
        attributes |= {"value": "", "autocapitalize": "characters"}
    elif isinstance(kind, msgspec.inspect.IntType):
        attributes |= {"inputmode": "numeric", "pattern": "[0-9]+"}
    elif name in _DECIMALS:
        attributes |= {"inputmode": "decimal", "pattern": r"[0-9]+(\.[0-9]+)?"}
    return field(label, name, **attributes)


def answers(step: StepName, sent: Mapping[str, str]) -> dict[str, Any]:
    """What a form sent, as the types that the step asks for; what cannot be stays text, and is refused."""
    found: dict[str, Any] = {}
    for each in msgspec.structs.fields(ASKS[step]):
        kind = shape(each)
        value = sent.get(each.name, "")
        value = value if each.name == "passphrase" else value.strip()
        if isinstance(kind, msgspec.inspect.BoolType):
            found[each.name] = value == "true"
        elif isinstance(kind, msgspec.inspect.IntType):
            found[each.name] = int(value) if value.isascii() and value.isdecimal() else value
        elif value or each.required:
            found[each.name] = value
    return found
