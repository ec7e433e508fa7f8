"""Options that many commands have."""

from pathlib import Path
from typing import Annotated, Final

import typer

ConfigPath = Annotated[
    Path, typer.Option("--config", "-c", envvar="TEMIX_CONFIG", help="The configuration file.")
]
DEFAULT: Final = Path("temix-gateway.toml")
