"""``temix-gateway plan``: the planner by itself, for whoever wants to compare, to try or to look into it.

Who asks for many plans starts it as often. So it reads its arguments by itself, and what draws or shows is
loaded only for that: most of the time that a small plan took was for loading them.
"""

import argparse
import math
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import NoReturn

import msgspec
from temix_market.errors import InvalidField
from temix_market.instants import Instant

from temix_gateway.planning.explain import explain
from temix_gateway.planning.planner import plan as find
from temix_gateway.planning.problem import read_problem

EXAMPLE_BEGINS = Instant(1_763_964_000_000)
"""2025-11-24T06:00Z, midnight in Chicago; fixed, so that the example is the same every day."""


def main(arguments: Sequence[str]) -> None:
    """Plan with these arguments of the command line."""
    parser = argparse.ArgumentParser(prog="temix-gateway plan", description=plan.__doc__)
    parser.add_argument("problem", nargs="?", help="The problem as JSON; - reads standard input.")
    parser.add_argument("--json", action="store_true", help="The whole plan, for programs.")
    parser.add_argument("--svg", type=Path, help="Draw the plan into this file.")
    parser.add_argument("--budget", type=_seconds, default=1.0, help="Seconds that it may take; by itself 1.")
    said = "Print a complete problem and do nothing else."
    parser.add_argument("--example", action="store_true", help=said)
    plan(**vars(parser.parse_args(arguments)))


def plan(
    problem: str | None = None,
    *,
    json: bool = False,
    svg: Path | None = None,
    budget: float = 1.0,
    example: bool = False,
) -> None:
    """Plan the devices of a problem (docs/reference/schemas/planner-problem.json)."""
    if example:
        complete = _of("example").example(EXAMPLE_BEGINS)
        print(msgspec.json.format(msgspec.json.encode(complete), indent=1).decode())
        return
    if problem is None:
        _refuse("name a problem: a file, or - for standard input; --example prints one")
    try:
        asked = read_problem(sys.stdin.buffer.read() if problem == "-" else Path(problem).read_bytes())
    except OSError as error:
        _refuse(f"{problem}: {error.strerror}")
    except InvalidField as error:
        _refuse(f"{problem}: {error}")
    found = explain(asked, find(asked, budget=budget))
    if svg is not None:
        try:
            svg.write_text(_of("drawing").draw(asked, found), encoding="utf-8")
        except OSError as error:
            _refuse(f"{svg}: {error.strerror}")
    if json:
        print(msgspec.json.encode(found).decode())
    else:
        _of("showing").show(asked, found)


def _of(room: str) -> ModuleType:
    return import_module(f"temix_gateway.planning.{room}")


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds from 0 on")
    return seconds


def _refuse(reason: str) -> NoReturn:
    print(f"temix-gateway plan: {reason}", file=sys.stderr)
    sys.exit(2)
