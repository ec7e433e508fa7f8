"""What the gateway says to people on its pages and at its command line: a file of texts a language."""

import json
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Final

LANGUAGES: Final = {"en": "English", "es": "Español", "de": "Deutsch", "fr": "Français"}
"""Each by its own name."""


@cache
def texts(language: str) -> dict[str, str]:
    """Every text of a language by its key; an unknown language is English."""
    known = language if language in LANGUAGES else "en"
    found: dict[str, str] = json.loads((files(__name__) / f"{known}.json").read_text(encoding="utf-8"))
    return found


def say(language: str, key: str, /, **about: str) -> str:
    """A text with ``about`` put in; of what it has no place for, nothing is said."""
    return texts(language)[key].format_map(about)


def has(key: str) -> bool:
    """Whether there is such a text."""
    return key in texts("en")


def places(text: str) -> set[str]:
    """The names that a text has places for."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}
