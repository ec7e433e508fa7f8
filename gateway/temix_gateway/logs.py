"""Logs: one event a line, for people or as JSON, and never with a secret in it."""

import logging
import re
import sys
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any, Final, Literal

import structlog

type Format = Literal["auto", "console", "json"]

HIDDEN: Final = "[hidden]"

_NAMES: Final = frozenset(
    {"token", "secret", "client_secret", "password", "passphrase", "authorization", "signed", "private_key"}
)
"""Fields whose values are hidden whatever they are."""

_PATTERNS: Final = re.compile(
    r"eyJ[\w-]{8,}\.[\w-]+\.[\w-]*"  # a signed message or token: compact JWS
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|(?i:\b(?:bearer|basic) [\w+/=.~-]{8,})"
    r'|"d" ?: ?"[\w-]{43}"'  # the private half of a JWK
    r"|\bteg_[\w-]{20,}"  # a client's token of the local API
)
_SHORTEST: Final = 6
"""A secret shorter than this is no secret, and hiding it would hide words."""


class Redaction:
    """A processor that hides secrets: by the field's name, by their form, and those it was told of."""

    def __init__(self) -> None:
        """Know of none yet."""
        self._known: list[str] = []

    def learn(self, secrets: Iterable[str]) -> None:
        """Hide these wherever they occur."""
        self._known += [secret for secret in secrets if len(secret) >= _SHORTEST]

    def text(self, text: str) -> str:
        """``text`` without what is secret in it."""
        for secret in self._known:
            text = text.replace(secret, HIDDEN)
        return _PATTERNS.sub(HIDDEN, text)

    def __call__(
        self, _logger: Any, _method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        """Hide what is secret in an event."""
        return {
            name: HIDDEN if name.lower() in _NAMES else self._hidden(value) for name, value in event.items()
        }

    def _hidden(self, value: Any) -> Any:
        match value:
            case bool() | int() | float() | None:
                return value
            case Mapping():
                return self(None, "", dict(value))
            case list() | tuple():
                return [self._hidden(one) for one in value]
            case _:
                return self.text(str(value))


redaction: Final = Redaction()
"""The one of this process."""


def set_up_logging(level: str, form: Format = "auto") -> None:
    """Write to standard error: for people on a terminal, one JSON object a line elsewhere, unless told so.

    What libraries log by the standard library comes in the same form, from warnings up.
    """
    readable = sys.stderr.isatty() if form == "auto" else form == "console"
    shown: Any = structlog.dev.ConsoleRenderer() if readable else structlog.processors.JSONRenderer()
    before: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*before, redaction, shown],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    theirs = logging.StreamHandler(sys.stderr)
    theirs.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, redaction, shown],
        )
    )
    logging.basicConfig(handlers=[theirs], level=logging.WARNING, force=True)
