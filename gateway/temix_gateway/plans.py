"""The plan in force: made anew by the hour, on changes and surprises, and kept within the bill's limits."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
import structlog
from temix_market.calendar import day_at
from temix_market.errors import MarketError
from temix_market.instants import FIVE_MINUTES, HOUR, Duration, Instant
from temix_market.intervals import Interval, enclosing
from temix_market.units import Energy, Money, money_text

from temix_gateway.accounts import Accounts
from temix_gateway.asking import Asking
from temix_gateway.errors import GatewayError
from temix_gateway.forecast import Forecast
from temix_gateway.guard import Guarded, guard, with_plan
from temix_gateway.home.devices import Load, PreviewPlan, ReportHome
from temix_gateway.home.errors import CommandRefused
from temix_gateway.home.messages import Preview
from temix_gateway.market import Market
from temix_gateway.outside import Outside
from temix_gateway.owner import Owner
from temix_gateway.planning import Plan, Problem
from temix_gateway.planning.problem import plannable, unplannable
from temix_gateway.question import Margins, beside, covering, known_devices, loads_beside, targets
from temix_gateway.reckoning import Reckoning
from temix_gateway.replanning import Basis
from temix_gateway.shedding import around, joined
from temix_gateway.surprise import surprises
from temix_gateway.view import device_plan

PLAN_EVERY: Final = HOUR
AHEAD: Final = Duration(12 * HOUR)
"""How far ahead the position follows the plan. What a plan says of later hours serves those before: of what
a replayed home sold a day and more ahead, a third was bought back or used after all, and lost the spread."""

_LOG: Final = structlog.get_logger(__name__)


class Plans:
    """Makes plans of what Home Assistant reported last; ``made`` counts them.

    ``in_force`` is what is carried out and traded by, ``problem`` what it solves, ``guarded`` what the bill
    guard made of it; ``left_out`` are the devices that cannot be planned as reported, and what is wrong;
    ``margins`` is how far the position may be beside the plan; ``held`` is the position (Wh) of each coming
    hour when it was planned: a price curve is beside that.
    """

    def __init__(
        self, outside: Outside, owner: Owner, market: Market, reckoning: Reckoning, asking: Asking
    ) -> None:
        """Without a plan, until Home Assistant has reported."""
        self.in_force: Plan | None = None
        self.problem: Problem | None = None
        self.guarded: Guarded | None = None
        self.left_out: Mapping[str, str] = {}
        self.margins: Margins = {}
        self.held: Mapping[Interval, Energy] = {}
        self.made = 0
        self._clock = outside.clock
        self._note = outside.note_plan
        self._owner = owner
        self._market = market
        self._reckoning = reckoning
        self._asking = asking
        self._report: ReportHome | None = None
        self._basis: Basis | None = None
        self._planned_at: Duration | None = None
        self._unguarded: Plan | None = None
        self._around: tuple[Plan, Plan] | None = None
        """What was left by shedding, and what was made of it."""
        self._noted: Plan | None = None

    @property
    def advised(self) -> set[str]:
        """The devices that are only advised: the position leaves them out."""
        return set() if self._report is None else {each.id for each in self._report.devices if each.advise}

    @property
    def targets(self) -> dict[Instant, Energy]:
        """The position that is wanted in each 5-minute step of the next hours, by start (Wh).

        Nothing without a plan.
        """
        planned = {} if self.in_force is None else targets(self.in_force, self.advised)
        until = self._clock.now() + AHEAD
        near = {start: energy for start, energy in planned.items() if start < until}
        return covering(near, self._market.positions, self.margins)

    def again(self) -> None:
        """Plan in the next turn, whatever the last plan was based on."""
        self._basis = self._planned_at = None

    def report(self, report: ReportHome) -> bool:
        """Take devices and base load for the next plan; say whether the change is material."""
        self._report = report
        return self._basis is None or self._basis.home_changed(report)

    async def make_if_due(self) -> None:
        """Plan, where an hour is over or what the last plan was based on has changed.

        The plan is in force once ``guard_bill`` has seen it.
        """
        report, now = self._report, self._clock.now()
        if report is None or self._owner.mode == "monitor":
            return
        rungs = self._market.book.rungs(now)
        basis = Basis.of(report, rungs)
        if not rungs or not self._due(basis, report, now):
            return
        asked = await self._asking.problem(now, rungs, report.base_load, report.devices)
        asked = msgspec.structs.replace(asked, curve_hours=self._owner.rules.curve_hours)
        held = self._held(now)
        problem, left_out = plannable(asked)
        if left_out and left_out != self.left_out:
            _LOG.warning("devices left out of the plan", wrong=left_out)
        margins = await self._asking.margins(problem)
        asked = beside(problem, self._covered(margins))
        self._unguarded = await self._asking.plan(asked, self._unguarded)
        self.problem, self.left_out, self.margins, self.held = problem, left_out, margins, held
        self.made += 1
        self._basis, self._planned_at = basis, self._clock.monotonic()

    def _held(self, now: Instant) -> dict[Interval, Energy]:
        """The position in the hours whose curves are told."""
        first = enclosing(now, HOUR).end
        hours = [Interval(Instant(first + n * HOUR), HOUR) for n in range(self._owner.rules.curve_hours)]
        return {hour: self._market.positions.at(hour) for hour in hours}

    def _covered(self, margins: Margins) -> dict[Instant, Energy]:
        """What the position would cover beside the plan in force."""
        planned = {} if self.in_force is None else targets(self.in_force)
        wanted = covering(planned, self._market.positions, margins)
        return {start: Energy(wanted[start] - planned[start]) for start in planned if start in margins}

    def _due(self, basis: Basis, report: ReportHome, now: Instant) -> bool:
        """Whether the last plan is an hour old, or does not fit what is known now."""
        if self._planned_at is None or self._basis is None:
            return True
        age = self._clock.monotonic() - self._planned_at
        if age >= PLAN_EVERY or self._basis.changed(basis, now):
            return True
        # Whatever a sensor says meanwhile, a state changes a plan once a step at most.
        if age < FIVE_MINUTES or self.in_force is None or self.problem is None:
            return False
        present = known_devices(report.devices, self.problem.intervals, now)
        out = unplannable(present, self.problem.intervals)
        known = [device for device in present if device.id not in out]
        found = [
            *surprises(self.in_force, self.problem, known, now),
            *sorted(out.keys() ^ self.left_out.keys()),
        ]
        if found:
            _LOG.info("planning anew", surprised_by=found)
        return bool(found)

    async def guard_bill(self, accounts: Accounts) -> None:
        """Shed what the owner allowed where use would cost too much, and plan the rest anew around it.

        What is shed goes at once; the new plan follows, where it passes no limit further.
        """
        settings, unguarded, problem = self._owner.rules.guard, self._unguarded, self.problem
        if unguarded is None or problem is None:
            return
        if not settings.watches or accounts.stale:
            self.in_force = unguarded
            return
        midnight = day_at(self._owner.rules.zone, self._clock.now()).end
        already = [] if self.guarded is None else [shed.device for shed in self.guarded.shed]
        decided = guard(settings, unguarded, midnight, self._look_ahead, already)
        shed = [each.device for each in decided.shed]
        if shed != already:
            _LOG.warning("bill guard", reason=decided.warning or "within the limits again")
        if shed and (self._around is None or self._around[0] != decided.plan):
            self._take(decided)
            left = await self._asking.plan(around(problem, decided.plan, shed), unguarded)
            self._around = decided.plan, joined(left, decided.plan, shed)
        if shed and self._around is not None:
            decided = with_plan(settings, decided, self._around[1], self._look_ahead)
        self._take(decided)

    def _take(self, guarded: Guarded) -> None:
        self.guarded = guarded
        if guarded.plan != self.in_force:
            self.in_force = guarded.plan

    def _look_ahead(self, plan: Plan) -> Forecast:
        return self._reckoning.look_ahead(plan, self.problem)

    async def note(self) -> None:
        """Keep what was planned for the audit, once for each plan in force."""
        note, plan, problem = self._note, self.in_force, self.problem
        if note is None or plan is None or problem is None or plan is self._noted:
            return
        self._noted = plan
        await note(problem, plan)

    async def preview(self, asked: PreviewPlan) -> Preview:
        """Plan one device beside the plan in force; nothing changes.

        Raises:
            CommandRefused: there is no price, the device has nothing to do within the horizon, or it cannot
                be planned as it is described.
        """
        now, device = self._clock.now(), asked.device
        rungs = self._market.book.rungs(now)
        if not rungs:
            raise CommandRefused("there is no valid price to plan with")
        problem = await self._asking.problem(now, rungs, self._beside(device.id), [device])
        if not problem.devices:
            raise CommandRefused(f"{device.id} has nothing to do now: no car, or no time left")
        try:
            with_it = await self._asking.plan(problem, None)
            without = await self._asking.plan(msgspec.structs.replace(problem, devices=()), None)
        except (GatewayError, MarketError) as error:
            raise CommandRefused(f"{device.id} cannot be planned: {error}") from error
        drawn = zip(with_it.device(device.id).power, with_it.steps, strict=True)
        return Preview(
            plan=device_plan(with_it, device.id),
            energy=round(sum(power * step.duration / HOUR for power, step in drawn)),
            cost=money_text(Money(with_it.energy_cost - without.energy_cost)),
        )

    def _beside(self, device_id: str) -> Sequence[Load]:
        """What the home is expected to draw beside a device: by the plan, before one is made as reported."""
        if self.in_force is not None:
            return loads_beside(self.in_force, device_id)
        return [] if self._report is None else self._report.base_load
