"""Real processes on a clock that runs faster than the world's: a day in minutes.

Debian's ``faketime`` lies to a process about every clock that the C library knows. Processes that share the
start of the lie agree on the time.
"""

import asyncio
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

from demo.processes import DemoError

_TOLD: Final = ("LD_PRELOAD", "FAKETIME", "FAKETIME_SHARED")
_KEEPER: Final = "".join(f'printf "%s\\n" "${name}"; ' for name in _TOLD) + "exec cat"


@asynccontextmanager
async def faster(times: int) -> AsyncIterator[Mapping[str, str]]:
    """What a process needs in its environment to live ``times`` as fast, from now on, until the block ends.

    Raises:
        DemoError: the program is missing.
    """
    command = ("faketime", "-m", "-f", f"+0 x{times}", "sh", "-c", _KEEPER)
    try:
        keeper = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    except FileNotFoundError as error:
        raise DemoError("a faster clock needs faketime: run script/test, which installs it") from error
    assert keeper.stdin is not None
    assert keeper.stdout is not None
    try:
        yield {name: (await keeper.stdout.readline()).decode().strip() for name in _TOLD}
    finally:
        keeper.stdin.close()
        await keeper.wait()
