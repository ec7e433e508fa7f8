"""Options that many commands have."""

from pathlib import Path
from typing import Annotated, Final

import typer

from temix_gateway import config

ConfigPath = Annotated[
    Path, typer.Option("--config", "-c", envvar=config.ENVIRONMENT, help="The configuration file.")
]
DEFAULT: Final = Path(config.DEFAULT)
