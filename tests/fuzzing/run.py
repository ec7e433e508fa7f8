"""Gives one parser many inputs, in this process alone: `python -m tests.fuzzing.run PARSER COUNT SEED`.

Prints as JSON how many it took and how many it refused, the processor time of the slowest (s), and the most
that was resident (MB). What a parser may not raise ends it, with the input.
"""

import json
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from tests.fuzzing.all_parsers import PARSERS
from tests.fuzzing.changing import changed


def run(name: str, count: int, seed: int, folder: Path) -> dict[str, float]:
    """Read ``count`` inputs.

    Raises:
        AssertionError: one of them was neither taken nor refused in the parser's own words.
    """
    parser, random = PARSERS[name](folder), Random(seed)
    forms = sorted(parser.samples)
    slowest, refused = 0.0, 0
    for number in range(count):
        form = random.choice(forms)
        content = changed(random.choice(parser.samples[form]), random)
        began = time.process_time()
        try:
            parser.read(form, content)
        except parser.refusals:
            refused += 1
        except BaseException as error:
            raise AssertionError(f"seed {seed}, input {number}, {form}: {content[:2_000]!r}") from error
        slowest = max(slowest, time.process_time() - began)
    return {"taken": count - refused, "refused": refused, "slowest": slowest, "resident": _resident()}


def _resident() -> float:
    """The most that was resident; ``getrusage`` counts the program that started this one, too."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line)
    return int(line.split()[1]) * 1024 / 1e6


if __name__ == "__main__":
    # In memory where that can be: a ledger waits for its disk at every step.
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as made:
        print(json.dumps(run(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(made))))  # noqa: T201
