"""The five parsers of what comes from outside."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.fuzzing.parser import Parser
from tests.fuzzing.parsers import backup, configuration, local_api, wire


def _gateway_messages(folder: Path) -> Parser:
    from tests.fuzzing.gateway_messages import gateway_messages  # noqa: PLC0415 - Home Assistant is 130 MB

    return gateway_messages(folder)


PARSERS: Final[dict[str, Callable[[Path], Parser]]] = {
    "wire": wire,
    "local API": local_api,
    "configuration": configuration,
    "backup": backup,
    "gateway's messages": _gateway_messages,
}
