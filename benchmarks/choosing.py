"""What the command line of a benchmark names."""

import argparse
from collections.abc import Iterable


def chosen(about: str | None, names: Iterable[str]) -> list[str]:
    """Those of ``names`` that were asked for, or all; ends with a message where one is none of them."""
    raw, known = argparse.RawDescriptionHelpFormatter, list(names)
    parser = argparse.ArgumentParser(description=about, formatter_class=raw)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(known)}; or else all")
    asked: list[str] = parser.parse_args().names
    for name in asked:
        if name not in known:
            parser.error(f"{name} is none of {', '.join(known)}")
    return asked or known
