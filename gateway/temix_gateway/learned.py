"""What the past of the home has taught, and the asking for it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from temix_gateway.cars import Car
from temix_gateway.errors import GatewayError
from temix_gateway.planning.past import Building, PastRoom

_LOG: Final = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Learned:
    """How each building keeps its warmth, and when each car comes and goes, by the ids of their devices.

    ``zone`` is the home's.
    """

    zone: ZoneInfo
    buildings: Mapping[str, Building] = field(default_factory=dict)
    cars: Mapping[str, Car] = field(default_factory=dict)


NOTHING_LEARNED: Final = Learned(ZoneInfo("UTC"))


@dataclass(frozen=True, slots=True)
class Kept:
    """What was learned of buildings before a restart, by id, and what keeps it over the next."""

    known: Mapping[str, Building] = field(default_factory=dict)
    keep: Callable[[Mapping[str, Building]], Awaitable[None]] | None = None


class Buildings:
    """Learns each building anew when its past is another one; in between it is known."""

    def __init__(self, ask: Callable[[PastRoom], Awaitable[Building | None]], kept: Kept) -> None:
        """Go on with what is kept; ``ask`` learns one."""
        self._ask = ask
        self._keep = kept.keep
        self._asked: dict[str, PastRoom] = {}
        self._known: dict[str, Building] = dict(kept.known)

    async def learn(self, pasts: Mapping[str, PastRoom]) -> Mapping[str, Building]:
        """What is known of the buildings, by id, once their pasts were looked at.

        Where too little was seen this time, what was learned before still holds; a planner that is lost costs
        no plan.
        """
        for name, past in pasts.items():
            if self._asked.get(name) == past:
                continue
            self._asked[name] = past
            try:
                found = await self._ask(past)
            except GatewayError as error:
                _LOG.warning("building not learned", device=name, reason=str(error))
                continue
            if found is None:
                _LOG.info("building not learned", device=name, reason="its past tells too little")
            else:
                self._known[name] = found
                _LOG.info("building learned", device=name, what=found.words)
                if self._keep is not None:
                    await self._keep(self._known)
        return self._known
