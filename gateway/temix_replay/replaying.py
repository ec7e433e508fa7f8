"""A whole replay: the year without control, the days with TeMIX, and those with foresight where wanted."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from temix_market.instants import HOUR, Instant
from temix_retailer.errors import RetailerError

from temix_replay.calibration import make_baseline
from temix_replay.errors import ReplayError
from temix_replay.hindsight import relive
from temix_replay.result import Replay
from temix_replay.run import run
from temix_replay.scene import Scene

type Lived = Callable[[str, float], None]
"""Told which part is lived, and how much of it (0 … 1)."""


def parts(scene: Scene, *, regret: bool) -> list[str]:
    """What a replay is made of, in order."""
    known = [f"{scene.count} days with foresight"] if regret else []
    return [f"{scene.first.year} without control", f"{scene.count} days with TeMIX", *known]


def replayed(scene: Scene, folder: Path, lived: Lived, *, regret: bool = False) -> Replay:
    """Replay a scene; ledger and book are made in ``folder``. ``regret``: live it with foresight, too.

    Raises:
        ReplayError: it cannot be replayed, or gateway and retailer do not agree afterwards.
        GatewayError: a file cannot be made in ``folder``.
    """
    began, market, span = time.monotonic(), scene.terms(), scene.days
    free, controlled, *known = parts(scene, regret=regret)

    def passing(part: str) -> Callable[[Instant], None]:
        def passed(now: Instant) -> None:
            if now % HOUR == 0:
                lived(part, (now - span.start) / span.duration)

        return passed

    baseline = make_baseline(market.circuit, scene.place, scene.model, span, lambda share: lived(free, share))
    try:
        done = run(scene, market, baseline, folder, passing(controlled))
    except RetailerError as error:
        raise ReplayError(str(error)) from error
    if known:
        done = replace(done, foresight=relive(scene, market.circuit, baseline, passing(known[0])))
    return replace(done, seconds=time.monotonic() - began)
