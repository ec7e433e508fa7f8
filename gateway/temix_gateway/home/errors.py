"""Errors of the local API."""

from pathlib import Path


class HomeError(Exception):
    """Root of everything this package raises."""


class CommandRefused(HomeError):
    """The gateway does not carry out a well-formed command; the text says why and what to do."""


class UnreadableStore(HomeError):
    """A file of the local API cannot be used."""

    def __init__(self, path: Path, reason: str) -> None:
        """Name the ``path``, and in ``reason`` what is wrong and what to do."""
        super().__init__(f"{path}: {reason}")
        self.path = path


class UnknownLabel(HomeError):
    """No client has this label."""

    def __init__(self, label: str) -> None:
        """Name the label that was asked for."""
        super().__init__(f"no client is called {label!r}: list them to see which there are")
        self.label = label


class LabelTaken(HomeError):
    """A client with this label exists."""

    def __init__(self, label: str) -> None:
        """Name the label that is taken."""
        super().__init__(f"a client is called {label!r} already: choose another label, or revoke it first")
        self.label = label


class TooManyClients(HomeError):
    """Nobody else can be paired."""

    def __init__(self, most: int) -> None:
        """Name the most that there may be."""
        super().__init__(f"{most} clients are paired, and no more can be: revoke one first")


class PortUnavailable(HomeError):
    """The local API cannot listen where it was told to."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        """Name the address, and the system's ``reason``."""
        super().__init__(
            f"cannot listen on {host}:{port} ({reason}): stop what uses the port, or configure another"
        )
