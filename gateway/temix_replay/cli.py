"""The command ``temix-gateway replay``: past days in seconds."""

import json
import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import structlog
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from temix_gateway.config import Cover
from temix_retailer.prices import DEFAULT_POINT

from temix_replay.errors import ReplayError
from temix_replay.foresight import audits
from temix_replay.picture import draw
from temix_replay.replaying import parts, replayed
from temix_replay.result import Replay
from temix_replay.run import BOOK, LEDGER
from temix_replay.scene import Scene
from temix_replay.telling import as_json, as_text

_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - files that nobody keeps need no disk


def replay(  # noqa: PLR0913, PLR0917 - the options of a command
    first: Annotated[
        datetime,
        typer.Option("--from", formats=["%Y-%m-%d"], help="The first day, a local date such as 2021-02-13."),
    ],
    days: Annotated[int, typer.Option(help="How many days.")] = 7,
    seed: Annotated[int, typer.Option(help="Another one: other people, weather and forecast errors.")] = 1,
    prices: Annotated[
        Path | None, typer.Option(help="CSV file: another year of prices, in the format of ERCOT's report.")
    ] = None,
    point: Annotated[str, typer.Option(help="Settlement point: which column of prices.")] = DEFAULT_POINT,
    even_hours: Annotated[
        bool, typer.Option("--even-hours", help="Leave prices even within the hour: no made course.")
    ] = False,
    cold_snap: Annotated[
        bool, typer.Option("--cold-snap", help="Make 13 to 20 February Arctic: synthetic, not measured.")
    ] = False,
    cover: Annotated[
        Cover, typer.Option(help="How much of the load is bought ahead: expected or cautious.")
    ] = "expected",
    audit: Annotated[
        bool, typer.Option("--audit", help="Hold each day against no control and perfect foresight; slow.")
    ] = False,
    regret: Annotated[
        bool,
        typer.Option("--regret", help="Let the same home live the days once more, knowing all beforehand."),
    ] = False,
    json_text: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    svg: Annotated[Path | None, typer.Option(help="Draw prices, position and devices into a file.")] = None,
    keep: Annotated[
        Path | None,
        typer.Option(help="Folder in which to leave ledger and retailer's book."),
    ] = None,
) -> None:
    """Let a simulated home trade on past prices, and tell what it would have paid."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    scene = Scene(first.date(), days, seed, prices, point, even_hours, cold_snap, cover=cover)
    if svg is not None and not svg.absolute().parent.is_dir():
        raise ReplayError(f"--svg: {svg.parent} is no folder: make it first")
    if svg is not None and svg.is_dir():
        raise ReplayError(f"--svg: {svg} is a folder: give the name of a file")
    with _folder(keep) as folder:
        done = _run(scene, folder, regret=regret)
        if audit:
            done = replace(done, audits=audits(scene, done, folder))
    if svg is not None:
        svg.write_text(draw(done), encoding="utf-8")
    if json_text:
        print(json.dumps(as_json(done), indent=1))
    else:
        Console().print(as_text(done))


def _run(scene: Scene, folder: Path, *, regret: bool) -> Replay:
    bar = BarColumn(), TextColumn("{task.percentage:>3.0f} %"), TimeElapsedColumn()
    with Progress(
        TextColumn("{task.description}"), *bar, console=Console(stderr=True), auto_refresh=False
    ) as progress:
        tasks = {part: progress.add_task(part, start=False, total=1) for part in parts(scene, regret=regret)}

        def lived(part: str, share: float) -> None:
            progress.start_task(tasks[part])
            progress.update(tasks[part], completed=share, refresh=True)

        return replayed(scene, folder, lived, regret=regret)


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """Where ledger and book are made.

    Raises:
        ReplayError: the folder to keep cannot be made, or holds another replay.
    """
    if keep is None:
        with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
            yield Path(folder)
        return
    for name in (LEDGER, BOOK):
        if (keep / name).exists():
            raise ReplayError(f"--keep: {keep / name} is there already: choose an empty folder")
    try:
        keep.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ReplayError(f"--keep: {keep} cannot be made ({error.strerror})") from error
    yield keep
