"""The audit of replayed days: as ``temix-gateway audit`` makes it, from the replay's ledger and plans."""

from collections.abc import Sequence
from pathlib import Path

from temix_gateway.audit.auditor import Solver, stated_and_priced
from temix_gateway.audit.day import Evidence, Planned, audit
from temix_gateway.home.account import Audit
from temix_market.intervals import Interval

from temix_replay.result import Replay
from temix_replay.run import LEDGER
from temix_replay.scene import Scene


def audits(scene: Scene, done: Replay, folder: Path) -> list[Audit]:
    """Compare each day with no control and with perfect foresight.

    Plans with perfect foresight are searched for in real time: they depend on the machine.
    """
    solver, zone, found = Solver(), scene.place.zone, []
    try:
        for date, day in scene.dates:
            statement, prices = stated_and_priced(folder / LEDGER, day, zone, scene.days.end)
            evidence = Evidence(
                date.isoformat(), day, statement.settled, prices, _from_midnight(done.planned, day)
            )
            found.append(audit(evidence, solver))
    finally:
        solver.close()
    return found


def _from_midnight(planned: Sequence[Planned], day: Interval) -> list[Planned]:
    """The plans of a day, from the last one before midnight on."""
    before = [each for each in planned if each.plan.made_at <= day.start]
    return [*before[-1:], *(each for each in planned if day.start < each.plan.made_at < day.end)]
