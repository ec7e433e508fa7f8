"""What Home Assistant's log says that it should not: every warning and error but those named here."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

_BEGINS: Final = re.compile(r"^\d{4}-\d\d-\d\d [\d:.]+ (?P<level>[A-Z]+) \(.*?\) (?P<said>\[.*)")
_LEVELS: Final = {"WARNING", "ERROR", "CRITICAL"}
OURS: Final = "custom_components/temix/"
"""In a traceback: whatever it is about, we had a part in it."""

FOREIGN: Final[Mapping[str, str]] = {
    "[homeassistant.bootstrap] Skipping pip installation": "it is started so: everything it loads is there",
    "[homeassistant.loader] We found a custom integration": "said of every custom integration",
    "[homeassistant.bootstrap] Waiting ": "a busy machine is slow",
    "[homeassistant.setup] Setup of ": "the same: it is taking over 10 seconds",
    "[haffmpeg.": "a machine without cameras needs no ffmpeg",
    "[homeassistant.components.camera.img_util] Error loading libturbojpeg": "nor their decoder",
}
"""How records of others begin that say nothing about the integration, and why they may be there."""


def trouble(log: Path, allowed: Mapping[str, str] = FOREIGN) -> list[str]:
    """The records above the level INFO, with their tracebacks, that do not begin as one of ``allowed``."""
    return [
        record
        for level, said, record in _records(log.read_text(errors="replace"))
        if OURS in record or (level in _LEVELS and not said.startswith(tuple(allowed)))
    ]


def _records(text: str) -> Iterator[tuple[str, str, str]]:
    """Level, what follows it, and the whole of each record; lines without a time belong to the one before."""
    level, said, lines = "", "", list[str]()
    for line in text.splitlines():
        begins = _BEGINS.match(line)
        if begins is None:
            lines.append(line)
            continue
        if lines:
            yield level, said, "\n".join(lines)
        level, said, lines = begins["level"], begins["said"], [line]
    if lines:
        yield level, said, "\n".join(lines)
