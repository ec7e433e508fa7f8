"""What systemd hears: over a real datagram socket, and only while the process lives."""

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from temix_gateway.notify import Notifier
from temix_gateway.pulse import Pulse
from temix_gateway.upkeep import show_life


class Manager:
    """A service manager's end of the socket."""

    def __init__(self, name: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + name[1:] if name.startswith("@") else name)
        self._socket.setblocking(False)
        self.environment = {"NOTIFY_SOCKET": name}

    def heard(self) -> list[str]:
        """Every message since it was asked last."""
        messages = []
        with suppress(BlockingIOError):
            while True:
                messages.append(self._socket.recv(4096).decode())
        return messages

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Manager]:
    name = str(tmp_path / "notify") if request.param == "path" else f"@temix-{os.getpid()}-{tmp_path.name}"
    listening = Manager(name)
    yield listening
    listening.close()


def test_it_is_told_by_datagrams(manager: Manager) -> None:
    notifier = Notifier(manager.environment)
    notifier.tell(ready=1, status="all is well")
    notifier.tell(stopping=1)
    assert manager.heard() == ["READY=1\nSTATUS=all is well", "STOPPING=1"]


def test_without_a_manager_nothing_happens(manager: Manager) -> None:
    Notifier({}).tell(ready=1)
    manager.close()
    Notifier(manager.environment).tell(ready=1)


@pytest.mark.parametrize(
    "environment, seconds",
    [
        ({}, 0.0),
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, 0.0),
        ({"WATCHDOG_USEC": "soon"}, 0.0),
    ],
)
def test_the_watchdog_is_that_of_this_process(environment: dict[str, str], seconds: float) -> None:
    assert Notifier(environment).watchdog_s == seconds


class Life:
    """A process in a time of its own, whose writer answers or hangs."""

    def __init__(self) -> None:
        self.time = 0.0
        self.hangs = False
        self.pulse = Pulse(self.answer, lambda: self.time)

    async def answer(self) -> None:
        if self.hangs:
            await asyncio.Event().wait()

    async def pass_by(self, seconds: float) -> None:
        """Let some time pass, in steps in which everybody has a turn."""
        for _ in range(int(seconds / 5)):
            self.time += 5
            for _ in range(10):
                await asyncio.sleep(0)


@pytest.fixture
async def life(manager: Manager, monkeypatch: pytest.MonkeyPatch) -> Life:
    life, real = Life(), asyncio.sleep
    monkeypatch.setattr("temix_gateway.pulse.asyncio.sleep", lambda _s: real(0))
    return life


async def test_a_sign_of_life_comes_only_while_the_writer_answers(manager: Manager, life: Life) -> None:
    notifier = Notifier(manager.environment | {"WATCHDOG_USEC": "60000000"})
    locked = ["there is no valid price"]
    showing = asyncio.create_task(show_life(life.pulse, notifier, lambda: locked))
    await life.pass_by(10)
    heard = manager.heard()
    assert "WATCHDOG=1" in heard
    assert heard.count("STATUS=there is no valid price") == 1
    locked.clear()
    await life.pass_by(5)
    assert "STATUS=trading is possible" in manager.heard()
    life.hangs = True
    await life.pass_by(60)
    manager.heard()
    await life.pass_by(20)
    assert manager.heard() == []
    showing.cancel()
    with suppress(asyncio.CancelledError):
        await showing


async def test_without_a_watchdog_only_the_status_is_told(manager: Manager, life: Life) -> None:
    showing = asyncio.create_task(show_life(life.pulse, Notifier(manager.environment), list))
    await life.pass_by(20)
    assert manager.heard() == ["STATUS=trading is possible"]
    showing.cancel()
    with suppress(asyncio.CancelledError):
        await showing
