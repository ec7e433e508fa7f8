"""A day of storm Uri with the bill guard and without: it costs no more, and it is said what was shed."""

from dataclasses import replace
from pathlib import Path
from typing import override

import pytest
import structlog
from temix_gateway.guard import Guard
from temix_gateway.rules import Rules
from temix_market.units import Money
from temix_replay.run import run
from temix_replay.scene import Scene

from tests.replay.conftest import Replayed


class Guarded(Scene):
    """A scene whose owner set a limit of the bill and allows all but the battery to be shed."""

    limit = Money(0)

    @override
    def rules(self) -> Rules:
        guard = Guard(a_day=self.limit, sheddable=("pool", "car", "water", "climate"))
        return replace(super().rules(), guard=guard)


@pytest.mark.long
def test_with_the_guard_a_day_of_the_storm_costs_no_more(replayed: Replayed, tmp_path: Path) -> None:
    free = replayed("2021-02-15", 1)
    Guarded.limit = Money(free.replay.paid // 2)
    scene = Guarded(free.scene.first, 1, seed=free.scene.seed)
    with structlog.testing.capture_logs() as logs:
        guarded = run(scene, scene.terms(), free.baseline, tmp_path, lambda _: None)
    told = [log["reason"] for log in logs if log["event"] == "bill guard"]
    assert guarded.paid <= free.replay.paid
    assert any("above the limit" in reason and "off until midnight" in reason for reason in told)
    assert any("(saves" in reason for reason in told)

    def drawn(name: str, samples: object) -> int:
        return sum(sample.devices[name] for sample in samples)  # type: ignore[attr-defined]

    print(f"without {free.replay.paid / 1e9:.2f}, with {guarded.paid / 1e9:.2f}, told {told}")  # noqa: T201
    names = ("pool", "car", "water", "climate")
    print({name: (drawn(name, guarded.samples), drawn(name, free.replay.samples)) for name in names})  # noqa: T201
    assert sum(drawn(name, guarded.samples) for name in names) < sum(
        drawn(name, free.replay.samples) for name in names
    )
