"""What is told of the configuration: the commented example and the reference page, made from its sections."""

from typing import Any, Final, get_args, get_type_hints

import msgspec
from msgspec import Meta, Struct

from temix_gateway.config import Config
from temix_gateway.retailer_config import PUBLISHED, Retailer
from temix_gateway.tariff_config import EXAMPLE, TariffBand, TariffSection

_SECTIONS: Final = (
    *("gateway", "retailer", "home", "trading", "charges", "bill_guard", "subscription", "operations"),
)


def example() -> str:
    """A complete configuration file with every key, its meaning and its default."""
    lines = ["# Configuration of temix-gateway. Keys are commented out: they show defaults, or an example."]
    for name, section in sections():
        lines += ["", f"# {_first_line(section)}", f"[{name}]"]
        for key, text, default in keys(section):
            lines.append(f"# {text}")
            lines.append(f"# {key} = {_EXAMPLES.get(key) or _toml(default)}")
    return "\n".join(lines) + "\n" + EXAMPLE


def reference() -> str:
    """The reference page of the configuration, in Markdown."""
    lines = [
        "# Configuration of the gateway",
        "",
        "Generated from the code. One TOML file; `temix-gateway config` prints a commented one.",
        "It is checked at every start: an unknown key or an impossible value stops it and is named.",
    ]
    parts = [(f"`[{name}]`", section) for name, section in sections()]
    parts += [(f"`[retailer]` with `service = {_toml(_tag(section))}`", section) for section in PUBLISHED]
    parts += [("`[[tariff]]`", TariffSection), ("`[[tariff.bands]]`", TariffBand)]
    for heading, section in parts:
        lines += [
            "",
            f"## {heading}",
            "",
            _first_line(section),
            "",
            "| key | default | meaning |",
            "|---|---|---|",
        ]
        for key, text, default in keys(section):
            shown = "*required*" if default is msgspec.NODEFAULT else f"`{_toml(default)}`"
            lines.append(f"| `{key}` | {shown} | {text} |")
    return "\n".join(lines) + "\n"


_EXAMPLES: Final = {
    "url": '"https://temix.example:8750"',
    "client_id": '"home-1"',
    "client_secret_file": '"retailer.secret"',
    "party": '"home-1"',
}


def sections() -> list[tuple[str, type[Struct]]]:
    """Name and type of each section, in the order of the file; the retailer's is TeMIX's."""
    hints = get_type_hints(Config)
    return [(name, Retailer if name == "retailer" else hints[name]) for name in _SECTIONS]


def _tag(section: type[Struct]) -> Any:
    return section.__struct_config__.tag


def keys(section: type[Struct]) -> list[tuple[str, str, Any]]:
    """Name, meaning and default of each key of a section."""
    hints = get_type_hints(section, include_extras=True)
    tag = _tag(section)
    service = [("service", "Who this section is about.", tag)] if tag else []
    return service + [
        (field.encode_name, _description(hints[field.name]), _default(field))
        for field in msgspec.structs.fields(section)
    ]


def _default(field: msgspec.structs.FieldInfo) -> Any:
    made = field.default_factory
    return field.default if made is msgspec.NODEFAULT else made()


def _description(hint: Any) -> str:
    return next(part.description for part in get_args(hint) if isinstance(part, Meta) and part.description)


def _first_line(section: type[Struct]) -> str:
    assert section.__doc__, "every section says what it is"
    return section.__doc__.splitlines()[0]


def _toml(value: Any) -> str:
    match value:
        case None:
            return '""'
        case bool():
            return str(value).lower()
        case int() | dict() | list():
            return str(value)
        case _:
            return f'"{value}"'
