"""The answers file's JSON Schema and reference page, made from what the steps ask."""

from collections.abc import Iterator
from typing import Any, Final, Union

import msgspec

from temix_gateway.commissioning.answers import ASKS, NOT_ASKED, RETAILERS, SECRET, Installer
from temix_gateway.commissioning.steps import NEEDS, TRADING

_INTRODUCTION: Final = """# Answers of `temix-gateway commission`

Generated from the code. One TOML file a home, a section a step, in any order; steps that ask nothing may
be left out. Which keys `[retailer]` has depends on its `service`: `temix` where it names none. With a
service that only publishes prices the steps TRADING are left out, and the record says so.
`KEY_file = "PATH"` in place of `KEY` takes the content of that file, relative to the answers file: for
secrets and certificates. Every section is checked before the first step is carried out; an unknown key
is refused by its name. What is done already is left alone, so that the same command goes on after
something was mended.
The JSON Schema is [commissioning-answers.json](schemas/commissioning-answers.json).

    temix-gateway commission --config temix-gateway.toml --answers home-42.toml --record home-42.jws

It ends with 0 where the record is made, else with 1 and what has to be mended. A gateway must be running
with that configuration, which needs no retailer yet.

| step | after |
| --- | --- |
"""


def schema() -> dict[str, Any]:
    """The JSON Schema of an answers file."""
    kinds: dict[str, Any] = {"installer": Installer} | ASKS
    shapes = kinds | {"retailer": Union[*RETAILERS.values()]}
    references, defs = msgspec.json.schema_components(shapes.values(), ref_template="#/$defs/{name}")
    defs["Enrolment"]["required"].remove("service")  # it is this one where none is named
    needed = [
        name
        for name, kind in kinds.items()
        if name not in TRADING and any(field.required for field in msgspec.structs.fields(kind))
    ]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Answers of temix-gateway commission",
        "type": "object",
        "properties": dict(zip(kinds, references, strict=True)),
        "required": needed,
        "additionalProperties": False,
        "$defs": defs,
    }


def page() -> str:
    """The reference page, in Markdown."""
    steps = "".join(f"| `{step}` | {', '.join(f'`{name}`' for name in NEEDS[step])} |\n" for step in ASKS)
    sections: list[tuple[str, type[msgspec.Struct]]] = [("`[installer]`", Installer)]
    for step, kind in ASKS.items():
        sections.append((f"`[{step}]`", kind))
        if step == "retailer":
            others = [(name, other) for name, other in RETAILERS.items() if other is not kind]
            sections += [(f'`[retailer]` with `service = "{name}"`', other) for name, other in others]
    lines = [line for heading, kind in sections for line in _section(heading, kind)]
    introduction = _INTRODUCTION.replace("TRADING", ", ".join(f"`{step}`" for step in TRADING))
    return introduction + steps + "\n" + "\n".join(lines) + "\n"


def _section(heading: str, kind: type[msgspec.Struct]) -> Iterator[str]:
    told = " ".join((kind.__doc__ or "").split()).replace("``", "`")
    yield f"## {heading}\n"
    yield told + "\n"
    fields = [field for field in msgspec.structs.fields(kind) if field.name not in NOT_ASKED]
    if not fields:
        return
    described = msgspec.json.schema(kind)["$defs"][kind.__name__]["properties"]
    yield "| key | default | meaning |"
    yield "| --- | --- | --- |"
    for field in fields:
        default = "*required*" if field.required else f"`{msgspec.json.encode(field.default).decode()}`"
        secret = " Not kept." if field.name in SECRET else ""
        yield f"| `{field.name}` | {default} | {described[field.name].get('description', '')}{secret} |"
    yield ""
