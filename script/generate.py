"""Writes the reference documents that are made from the code, or checks that they are up to date."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
from temix_gateway import config_reference
from temix_gateway.commissioning import reference as commissioning_answers
from temix_gateway.home import reference as local
from temix_gateway.planning import Plan, Problem
from temix_gateway.retailer.published import services
from temix_market.wire.openapi import openapi
from temix_market.wire.schema import DIALECT, field_table, schemas

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))  # the integration is no package that is installed

from script import integration_reference  # noqa: E402

REFERENCE = ROOT / "docs" / "reference"

type Documents = dict[str, str]
"""Text by path within docs/reference."""


def retailer_wire() -> Documents:
    """The retailer's service: a schema for each message, the OpenAPI document, the table of fields."""
    documents = {f"schemas/{name}.json": _json(schema) for name, schema in schemas().items()}
    return documents | {"retailer-api.openapi.json": _json(openapi()), "wire-fields.md": field_table()}


def local_api() -> Documents:
    """The gateway's local API for Home Assistant: its schema and its page."""
    return {"local-api.schema.json": _json(local.schema()), "local-api.md": local.page()}


def configuration() -> Documents:
    """The gateway's configuration file, and the services of prices that it can name."""
    return {"configuration.md": config_reference.reference(), "published-prices.md": services.reference()}


def commissioning() -> Documents:
    """The answers file of commissioning: its schema and its page."""
    answers = _json(commissioning_answers.schema())
    return {"schemas/commissioning-answers.json": answers, "commissioning.md": commissioning_answers.page()}


def planner() -> Documents:
    """The planner: what it is asked, and what it answers."""
    documents = {}
    for name, kind in (("problem", Problem), ("plan", Plan)):
        documents[f"schemas/planner-{name}.json"] = _json({"$schema": DIALECT} | msgspec.json.schema(kind))
    return documents


def integration() -> Documents:
    """What the integration has: entities, actions, triggers and conditions."""
    return {"home-assistant-entities.md": integration_reference.page()}


def gateway_lock() -> Documents:
    """The packages that the gateway needs, with hashes: its folder is built without the rest."""
    uv = str(Path(sys.executable).with_name("uv"))
    which = ["--frozen", "--package", "temix-gateway", "--no-dev", "--no-emit-project"]
    command = [uv, "export", "--quiet", *which, "--no-annotate", "--no-header"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return {"../../gateway/requirements.lock": done.stdout}


GENERATORS: tuple[Callable[[], Documents], ...] = (
    retailer_wire,
    local_api,
    configuration,
    commissioning,
    planner,
    integration,
    gateway_lock,
)
"""Whoever has a document to generate adds a function here."""

OWNED = ("schemas/*.json",)
"""Files of these patterns that no generator makes are stale."""


def stale(reference: Path, documents: Documents) -> dict[str, str]:
    """What is wrong, by path: missing, changed, or no longer made."""
    found = {}
    for name, text in documents.items():
        path = reference / name
        if not path.exists():
            found[name] = "missing"
        elif path.read_text(encoding="utf-8") != text:
            found[name] = "not what the code makes"
    left = {path.relative_to(reference).as_posix() for pattern in OWNED for path in reference.glob(pattern)}
    return found | dict.fromkeys(sorted(left - documents.keys()), "no longer made")


def write(reference: Path, documents: Documents) -> None:
    """Bring the folder up to date."""
    for name in stale(reference, documents):
        path = reference / name
        if name in documents:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(documents[name], encoding="utf-8")
        else:
            path.unlink()


def main(arguments: list[str]) -> int:
    """Run with the command line's ``arguments``; return the exit status."""
    if arguments not in ([], ["--check"]):
        print("usage: script/generate [--check]", file=sys.stderr)
        return 2
    documents = {name: text for generate in GENERATORS for name, text in generate().items()}
    if not arguments:
        write(REFERENCE, documents)
        return 0
    wrong = stale(REFERENCE, documents)
    for name, reason in wrong.items():
        print(f"docs/reference/{name}: {reason}; run script/generate", file=sys.stderr)
    return 1 if wrong else 0


def _json(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
