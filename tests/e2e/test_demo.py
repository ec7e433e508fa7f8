"""``script/demo`` as a person has it: it proves itself, ends cleanly, and says what is wrong."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
DEMO = (sys.executable, "-m", "demo.run")


async def start(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *DEMO,
        *arguments,
        cwd=REPOSITORY,
        env={**os.environ, "COLUMNS": "200"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )


def descendants(pid: int) -> Iterator[int]:
    """Every process that a process started, and those started in turn."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for child in map(int, children):
        yield child
        yield from descendants(child)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


async def test_check_finds_the_evidence() -> None:
    demo = await start("--check")
    output, _ = await demo.communicate()
    assert demo.returncode == 0, output.decode()
    assert output.count(b"ok") >= 9, output.decode()


async def test_ctrl_c_ends_everything() -> None:
    demo = await start("--port", "0")
    assert demo.stdout is not None
    lines = []
    while b"Ctrl-C" not in (line := await demo.stdout.readline()):
        assert line, b"".join(lines).decode()
        lines.append(line)
    started = list(descendants(demo.pid))
    assert len(started) >= 3
    demo.send_signal(signal.SIGINT)
    output = await demo.stdout.read()
    assert await demo.wait() == 0
    assert b"Nothing is left running" in output
    assert not [pid for pid in started if alive(pid)]


async def test_signal_while_it_starts_leaves_nothing() -> None:
    demo = await start("--port", "0")
    while not (started := list(descendants(demo.pid))):  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    demo.send_signal(signal.SIGTERM)
    assert await demo.wait() == 1
    assert not [pid for pid in started if alive(pid)]


async def test_port_in_use_is_told() -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        demo = await start("--port", str(port))
        output, _ = await demo.communicate()
    assert demo.returncode == 1
    assert f"Home Assistant cannot listen on 127.0.0.1:{port}".encode() in output
    assert b"--port" in output
    assert b"Traceback" not in output
