"""Replayed days that several tests look at: each is run once.

One of them plans as a home does; what the others show does not depend on how good a plan is.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from unittest.mock import patch

import pytest
from temix_replay.calibration import Baseline, make_baseline
from temix_replay.result import Replay
from temix_replay.run import run
from temix_replay.scene import Scene


@dataclass(frozen=True)
class Done:
    """A replay that was run, and the folder of its ledger and book."""

    scene: Scene
    baseline: Baseline
    replay: Replay
    folder: Path


STORM = "2021-02-15"


def simplest_plans() -> AbstractContextManager[object]:
    """No search: each plan is the first that answers."""
    return patch("temix_replay.run.UNHURRIED", 0.0)


type Replayed = Callable[[str, int], Done]


@pytest.fixture(scope="session")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    """Replay so many days from a date, once a session."""

    @cache
    def replay(first: str, count: int) -> Done:
        scene = Scene(date.fromisoformat(first), count, seed=3)
        market, folder = scene.terms(), tmp_path_factory.mktemp("replay")
        baseline = make_baseline(market.circuit, scene.place, scene.model, scene.days, lambda _: None)
        with simplest_plans() if first != STORM else nullcontext():
            return Done(scene, baseline, run(scene, market, baseline, folder, lambda _: None), folder)

    return replay


@pytest.fixture
def storm(replayed: Replayed) -> Done:
    """A day of dear hours."""
    return replayed(STORM, 1)
