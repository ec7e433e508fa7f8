"""``temix-gateway run``, apart from the other commands: it runs for years, and loads only what it needs.

So it reads its arguments by itself: typer and what it brings would be a tenth of its memory.
"""

import argparse
import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from temix_gateway import app as live
from temix_gateway import config as configuration
from temix_gateway.logs import set_up_logging


def main(arguments: Sequence[str]) -> None:
    """Run with these arguments of the command line."""
    parser = argparse.ArgumentParser(prog="temix-gateway run", description=run.__doc__)
    default = Path(os.environ.get(configuration.ENVIRONMENT, configuration.DEFAULT))
    told = f"The configuration file (or {configuration.ENVIRONMENT}); by itself {configuration.DEFAULT}."
    parser.add_argument("--config", "-c", type=Path, default=default, help=told)
    run(parser.parse_args(arguments).config)


def run(config: Path) -> None:
    """Run the gateway until Ctrl-C."""
    loaded = configuration.load(config)
    set_up_logging(loaded.gateway.log_level, loaded.gateway.log_format)
    asyncio.run(live.serve(loaded, lambda: configuration.load(config)))
