"""Ports on loopback: the wanted one if it is free, or any."""

import socket

from demo.processes import DemoError


def choose(wanted: int, what: str, option: str) -> int:
    """``wanted``, or a free port where it is 0.

    Raises:
        DemoError: somebody uses it.
    """
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", wanted))
        except OSError as error:
            raise DemoError(
                f"{what} cannot listen on 127.0.0.1:{wanted}: {error.strerror}. "
                f"End what uses that port, or choose another: {option} PORT (0: any free one)"
            ) from error
        return int(listener.getsockname()[1])
