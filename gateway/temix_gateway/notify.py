"""What the gateway tells systemd (sd_notify): that it is ready, alive, stopping, and how it is.

The protocol is that of sd_notify(3): datagrams of ``NAME=value`` lines to the socket in ``NOTIFY_SOCKET``.
"""

import os
import socket
from collections.abc import Mapping
from typing import Final

import structlog

_MICROSECONDS: Final = 1_000_000

_LOG: Final = structlog.get_logger(__name__)


class Notifier:
    """Speaks to the service manager that started this process; without one it says nothing."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        """Find the manager's socket."""
        name = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + name[1:] if name.startswith("@") else name
        self.watchdog_s = _watchdog(environment)
        """A sign of life is due before so many seconds have passed; 0: nobody waits for one."""

    def tell(self, **values: str | int) -> None:
        """Send values; names are written in capitals. A manager that is not there is no trouble of ours."""
        if not self._address:
            return
        text = "\n".join(f"{name.upper()}={value}" for name, value in values.items())
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as to:
                to.setblocking(False)  # the event loop waits for nobody
                to.sendto(text.encode(), self._address)
        except OSError as error:
            _LOG.debug("service manager not told", reason=error.strerror)


def _watchdog(environment: Mapping[str, str]) -> float:
    """The interval that was set for this process."""
    if environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return 0.0
    text = environment.get("WATCHDOG_USEC", "")
    return int(text) / _MICROSECONDS if text.isascii() and text.isdecimal() else 0.0
