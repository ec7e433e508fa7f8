"""The command line: finds the command that is asked for, and imports no more than that one needs."""

import os
import sys
from importlib import import_module

from temix_gateway.errors import GatewayError
from temix_gateway.home.errors import HomeError


def main() -> None:
    """Run a command; what goes wrong is one message and an exit code, never a traceback."""
    # numpy's library would begin a thread for each processor, which small arrays never use: a twentieth of
    # a second for each process, and memory.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        if sys.argv[1:2] == ["plan"]:
            import_module("temix_gateway.planning.cli").main(sys.argv[2:])
        elif sys.argv[1:2] == ["run"]:
            # structlog would load rich, with its highlighter of a hundred languages, to colour tracebacks.
            sys.modules.setdefault("rich", None)  # type: ignore[arg-type]
            import_module("temix_gateway.commands.run").main(sys.argv[2:])
        else:
            import_module("temix_gateway.commands.finding").command(sys.argv[1:2])()
    except (GatewayError, HomeError) as error:
        sys.exit(f"temix-gateway: {error}")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
