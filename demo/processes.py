"""Child processes, each with a group of its own, so that none outlives the demo."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

GRACE_S = 20.0
"""How long a process may take to end by itself."""

LAST_LINES = 12


class DemoError(Exception):
    """The demo cannot go on; the message says what happened, where, and what to do."""


@dataclass(frozen=True, slots=True)
class Service:
    """A running program: its name, its log, and the leader of its process group."""

    name: str
    log: Path
    process: asyncio.subprocess.Process

    @classmethod
    async def start(
        cls,
        name: str,
        command: Sequence[str | Path],
        log: Path,
        *,
        folder: Path,
        environment: Mapping[str, str] | None = None,
    ) -> Self:
        """Run ``command`` in ``folder``, its output in ``log``.

        Raises:
            DemoError: the program is not there.
        """
        with log.open("ab") as output:
            try:
                process = await asyncio.create_subprocess_exec(
                    *command,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    cwd=folder,
                    env={**os.environ, **(environment or {})},
                    start_new_session=True,
                )
            except FileNotFoundError as error:
                raise DemoError(
                    f"{name} cannot start: {error.filename} is missing; run script/setup"
                ) from error
        return cls(name, log, process)

    async def stop(self) -> None:
        """Ask the group to end, then make it; returns when its leader has ended and nothing is left of it."""
        if self.process.returncode is None:
            self._signal(signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(GRACE_S):
                    await self.process.wait()
        self._signal(signal.SIGKILL)
        await self.process.wait()

    async def watch(self) -> None:
        """Return never; raise when the program ends by itself.

        Raises:
            DemoError: with the end of its log.
        """
        code = await self.process.wait()
        raise DemoError(
            f"{self.name} ended by itself (exit code {code}). The end of {self.log}:\n{self.tail()}"
        )

    def tail(self) -> str:
        """The last lines of the log."""
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(f"  {line}" for line in lines[-LAST_LINES:])

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)


async def output(command: Sequence[str | Path], folder: Path) -> bytes:
    """Run a short program to its end and return what it printed.

    Raises:
        DemoError: it failed; with what it said.
    """
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        printed, said = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        words = " ".join(map(str, command))
        raise DemoError(f"{words} failed (exit code {process.returncode}):\n{said.decode(errors='replace')}")
    return printed
