"""``script/demo``: everything on this machine, until Ctrl-C; with ``--check``, until there is evidence."""

import asyncio
import contextlib
import fcntl
import shutil
import signal
import sys
import tempfile
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from demo import check
from demo.processes import DemoError
from demo.running import Demo, Ports, started

FOLDER = Path(__file__).resolve().parent.parent / ".run" / "demo"

console = Console()


def demo(
    *,
    check_only: Annotated[
        bool,
        typer.Option("--check", help="Without a window, on free ports: wait for evidence, print it, end."),
    ] = False,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Home Assistant's port (0: any free one).")
    ] = 8123,
    gateway_port: Annotated[int, typer.Option(min=0, max=65535, help="The gateway's port (0: any).")] = 0,
    retailer_port: Annotated[int, typer.Option(min=0, max=65535, help="The retailer's port (0: any).")] = 0,
) -> None:
    """Start retailer, gateway and Home Assistant with a simulated home; Ctrl-C ends them all."""
    run("script/demo", checked() if check_only else shown(port, gateway_port, retailer_port))


def run(name: str, work: Coroutine[None, None, bool]) -> None:
    """Do the work of the script ``name`` and end the program: with 0 where all is well."""
    ok = False
    try:
        ok = asyncio.run(until_signal(work))
    except* DemoError as errors:
        for error in leaves(errors):
            print(f"{name}: {error}", file=sys.stderr)
    sys.exit(0 if ok else 1)


def leaves(errors: BaseExceptionGroup[DemoError]) -> Iterator[DemoError]:
    """The errors of a group, however deep they lie."""
    for error in errors.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from leaves(error)
        else:
            yield error


async def until_signal(work: Coroutine[None, None, bool]) -> bool:
    """Run ``work``; the first Ctrl-C, SIGTERM or closed terminal ends it in order, others change nothing."""
    task = asyncio.ensure_future(work)
    asked = False

    def end() -> None:
        nonlocal asked
        if not asked:
            asked = True
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, end)
    try:
        return await task
    except asyncio.CancelledError:
        if not asked:
            raise
        return False


async def shown(*wanted: int) -> bool:
    """Keep everything running and say where to look."""
    ports = Ports.chosen(*wanted)
    with own_folder(FOLDER):
        async with started(FOLDER, ports, console) as running:
            say_where_to_look(running)
            with contextlib.suppress(asyncio.CancelledError):
                await running.watch()
            console.print("Ending Home Assistant, gateway and retailer ...")
    console.print("Nothing is left running.")
    return True


async def checked() -> bool:
    """Wait for the evidence and print it."""
    with tempfile.TemporaryDirectory(prefix="temix-demo-") as folder:
        async with started(Path(folder), Ports.chosen(0, 0, 0), console) as running:
            findings = await check.check(running)
        return check.report([*findings, check.quiet(running)], console)


def say_where_to_look(running: Demo) -> None:
    """Print the addresses."""
    console.print(
        f"\n[bold green]Home Assistant[/]  {running.url}/transactive-home   (no log-in from this machine)"
    )
    console.print(f"Energy         {running.url}/energy")
    console.print(f"Logs, ledger   {running.folder}")
    console.print("[bold]Ctrl-C[/] ends everything.\n")


@contextlib.contextmanager
def own_folder(folder: Path) -> Iterator[None]:
    """Empty ``folder`` and keep it to ourselves; what was there is kept no longer than until the next start.

    Raises:
        DemoError: another demo has it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DemoError(f"a demo already runs in {folder}: end it with Ctrl-C in its window") from error
        shutil.rmtree(folder)
        folder.mkdir()
        yield


if __name__ == "__main__":
    typer.run(demo)
