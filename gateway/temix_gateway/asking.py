"""Asks the planner: what is asked is made of live prices, past hours and what Home Assistant reports."""

import asyncio
from collections.abc import Sequence
from typing import Final

from temix_market.instants import HOUR, Duration, Instant
from temix_market.intervals import Interval
from temix_market.ladder import Rung
from temix_market.positions import Positions

from temix_gateway.contact import Contact
from temix_gateway.home.devices import Device, Load, Thermostat
from temix_gateway.home.messages import ReportHistory
from temix_gateway.learned import Buildings, Learned
from temix_gateway.market import Market
from temix_gateway.outside import Outside
from temix_gateway.owner import Owner
from temix_gateway.planning import Plan, Problem
from temix_gateway.planning.horizon import Prices, tapering
from temix_gateway.planning.past import Building, Foreseen, PastRoom
from temix_gateway.question import (
    DAY,
    Margins,
    base_load,
    held_load,
    known_devices,
    margins,
    past_hours,
    past_prices,
    past_room,
)
from temix_gateway.trading.cover import fear

HORIZON: Final = Duration(36 * HOUR)


class Asking:
    """One question after the other, as the planner's process answers them.

    ``history`` are past hours, from which is foreseen and learned, until Home Assistant brings others.
    """

    def __init__(self, outside: Outside, owner: Owner, market: Market, contact: Contact) -> None:
        """Without any past hours."""
        self.history: ReportHistory | None = None
        self._outside = outside
        self._owner = owner
        self._market = market
        self._contact = contact
        self._buildings = Buildings(self._building, outside.buildings)
        self._one_at_a_time = asyncio.Lock()

    async def problem(
        self, now: Instant, rungs: Sequence[Rung], loads: Sequence[Load], reported: Sequence[Device]
    ) -> Problem:
        """What to plan: devices beside a load, at the prices of live tenders and what is expected after."""
        intervals = tapering(now, HORIZON)
        others = await self._rest(loads, now, intervals)
        load = [rest + held for rest, held in zip(others, held_load(reported, intervals), strict=True)]
        rules, terms = self._owner.rules, self._contact.terms
        prices = Prices(rungs, past_prices(self._market), rules.zone, unpaid=terms.indicative)
        return Problem(
            now=now,
            steps=prices.steps(
                intervals,
                Positions()
                if terms.indicative
                else self._market.positions,  # where the kink is: see ``Spot``
                [max(0.0, power) for power in load],
                [max(0.0, -power) for power in load],
            ),
            import_limit=rules.import_power,
            export_limit=rules.export_power,
            devices=known_devices(reported, intervals, now, await self._learned(reported)),
            zone=terms.zone,
            currency=terms.currency,
        )

    async def margins(self, problem: Problem) -> Margins:
        """How far the position may be beside the plan.

        Nothing where the owner covers what is expected, or the home's past is not asked.
        """
        rules = self._owner.rules
        if not rules.cautious or self._contact.terms.indicative:
            return {}
        foreseen = await self._foreseen(problem.now, problem.intervals)
        if foreseen is None:
            return {}
        day = Instant(problem.now - DAY)
        spots = [shown.buy for start, shown in past_prices(self._market).items() if start >= day]
        return margins(problem, foreseen, fear(spots, rules.certainty), rules.certainty)

    async def plan(self, problem: Problem, previous: Plan | None) -> Plan:
        """The planner's answer."""
        async with self._one_at_a_time:
            return await asyncio.to_thread(self._outside.planner, problem, previous)

    async def _rest(self, loads: Sequence[Load], now: Instant, intervals: Sequence[Interval]) -> list[float]:
        """The load that no device makes (W): as Home Assistant expects it, else by the home's past days.

        Before anything is known of these, it is a usual home's.
        """
        foreseen = None if loads else await self._foreseen(now, intervals)
        return base_load(loads, intervals) if foreseen is None else list(foreseen.expected)

    async def _foreseen(self, now: Instant, intervals: Sequence[Interval]) -> Foreseen | None:
        foresee = self._outside.foresee
        if foresee is None:
            return None
        past = past_hours(self.history, self._owner.rules.zone, now, intervals)
        async with self._one_at_a_time:
            return await asyncio.to_thread(foresee, past)

    async def _learned(self, reported: Sequence[Device]) -> Learned:
        """What the home's past has taught of the devices reported."""
        zone, rooms = self._owner.rules.zone, [] if self.history is None else self.history.rooms
        cops = {each.id: each.cop for each in reported if isinstance(each, Thermostat)}
        pasts = {
            each.device: past_room(each, cops[each.device], zone) for each in rooms if each.device in cops
        }
        return Learned(zone, await self._buildings.learn(pasts), self._outside.cars.known)

    async def _building(self, past: PastRoom) -> Building | None:
        learn = self._outside.learn
        if learn is None:
            return None
        async with self._one_at_a_time:
            return await asyncio.to_thread(learn, past)
