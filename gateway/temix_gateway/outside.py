"""What the core does not make itself: everything that differs between a live home, a test and a replay."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random

from temix_market.ports import Clock, RetailerLink, Seal

from temix_gateway.cars import Cars
from temix_gateway.learned import Kept
from temix_gateway.own_limits import Choices
from temix_gateway.planning import Plan, Problem
from temix_gateway.planning.past import Building, Foreseen, Past, PastRoom
from temix_gateway.retailer.published.prices import Reported
from temix_gateway.subscription import Subscription

type Planner = Callable[[Problem, Plan | None], Plan]


@dataclass(frozen=True, slots=True)
class Outside:
    """Clock, randomness, the retailer's link, the signature, the planner.

    ``foresee`` forecasts from past hours; without it only what Home Assistant expects is planned with.
    ``learn`` learns from them how a building keeps its warmth; without it every one is a usual one, unless
    ``buildings`` has it from before.
    ``remember`` keeps the owner's choices over a restart; ``note_plan`` keeps each plan; ``uncommissioned``
    says why trade waits for an installer, or nothing; ``take_prices`` takes what Home Assistant reports of
    prices, where they come from there; ``cars`` watches them come and go; ``subscription`` is that of a home
    which nobody else books.
    """

    clock: Clock
    random: Random
    link: RetailerLink
    seal: Seal
    planner: Planner
    remember: Callable[[Choices], Awaitable[None]] | None = None
    note_plan: Callable[[Problem, Plan], Awaitable[None]] | None = None
    foresee: Callable[[Past], Foreseen] | None = None
    uncommissioned: Callable[[], str] = str
    take_prices: Callable[[Reported], Awaitable[None]] | None = None
    learn: Callable[[PastRoom], Building | None] | None = None
    cars: Cars = field(default_factory=Cars)
    subscription: Subscription | None = None
    buildings: Kept = field(default_factory=Kept)
