"""What can go wrong, and how much of it a seed has."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING, Any, Final

from temix_gateway.retailer.voice import Voice
from temix_market.instants import HOUR, MINUTE, SECOND, Instant
from temix_market.transactions import Order
from temix_market.units import Energy

from tests.faults.trouble.machines import Machine
from tests.faults.trouble.owner import back_up
from tests.faults.trouble.parties import HOME
from tests.faults.trouble.points import GATEWAY, GATEWAY_TENDERING, RETAILER, RETAILER_TENDERING
from tests.faults.trouble.seen import VOID

if TYPE_CHECKING:
    from tests.faults.trouble.run import Run

_SIGN: Final = Voice.order
"""Signs, unobserved."""


@dataclass(frozen=True, slots=True)
class Climate:
    """How much of each trouble a seed has: drawn once, much of it nothing at all."""

    loss: float
    repeat: float
    delay: float
    slow_disk: float
    refusing: float
    missing: float
    pause: float
    """Mean time between two troubles (s)."""
    troubles: tuple[str, ...]

    @classmethod
    def of(cls, chance: Random) -> Climate:
        """Draw one."""

        def some(most: float) -> float:
            return chance.choice((0.0, 0.2, 1.0)) * chance.random() * most

        count = chance.randrange(2, len(TROUBLES) + 1)
        return cls(
            loss=some(0.3),
            repeat=some(0.5),
            delay=chance.choice((0.01, 0.05, 0.5, 2.0)),
            slow_disk=some(0.1),
            refusing=some(0.2),
            missing=some(0.3),
            pause=chance.uniform(15, 120),
            troubles=tuple(sorted(chance.sample(sorted(TROUBLES), count))),
        )


type Trouble = Callable[[Run], Any]


async def _kill(run: Run, machine: Machine, *, power: bool) -> None:
    if machine.running:
        machine.die(power=power)


async def _kill_gateway(run: Run) -> None:
    await _kill(run, run.gateway_machine, power=True)


async def _cut_gateway(run: Run) -> None:
    await _kill(run, run.gateway_machine, power=False)


async def _kill_retailer(run: Run) -> None:
    await _kill(run, run.retailer_machine, power=True)


async def _cut_retailer(run: Run) -> None:
    await _kill(run, run.retailer_machine, power=False)


async def _arm_gateway(run: Run) -> None:
    run.gateway_machine.armed = run.chance.choice(GATEWAY).label
    if run.tenders and run.tender_chance.random() < 0.6:
        run.gateway_machine.armed = run.tender_chance.choice(GATEWAY_TENDERING).label
    run.gateway_machine.by_power_cut = run.chance.random() < 0.5


async def _arm_retailer(run: Run) -> None:
    run.retailer_machine.armed = run.chance.choice(RETAILER).label
    if run.tenders and run.tender_chance.random() < 0.6:
        run.retailer_machine.armed = run.tender_chance.choice(RETAILER_TENDERING).label
    run.retailer_machine.by_power_cut = run.chance.random() < 0.5


async def _part(run: Run) -> None:
    sides = run.chance.choice((("gateway",), ("retailer",), ("gateway", "retailer")))
    run.loop.network.weather.apart = frozenset(sides)
    run.loop.call_later(run.chance.uniform(2, 400), _heal, run)


def _heal(run: Run) -> None:
    run.loop.network.weather.apart = frozenset()


async def _reset(run: Run) -> None:
    run.counts["connections reset"] += run.loop.network.break_all(silently=False)


async def _half_open(run: Run) -> None:
    run.counts["connections half-open"] += run.loop.network.break_all(silently=True)


async def _set_clock(run: Run) -> None:
    """Of one machine: two wrong clocks that agree are a right one."""
    machine, other = run.chance.sample((run.gateway_machine, run.retailer_machine), 2)
    if other.clock.offset:
        return
    sizes = (500, 1_900, 5 * SECOND, MINUTE, 10 * MINUTE, 3 * HOUR, 30 * HOUR)
    machine.clock.offset = run.chance.choice((-1, 1)) * run.chance.randrange(run.chance.choice(sizes))
    run.counts[f"clock set {'forwards' if machine.clock.offset > 0 else 'back'}"] += 1
    run.loop.call_later(run.chance.uniform(1, 600), setattr, machine.clock, "offset", 0)


async def _contradict(run: Run) -> None:
    """Only what the gateway has taken in: who is told a lie first cannot know."""
    retailer = run.retailer.retailer
    told = retailer.in_force if retailer is not None else ()
    if retailer is not None and told and all((p.author, p.sequence) in run.seen.accepted for p in told):
        retailer.contradict()


async def _impersonate(run: Run) -> None:
    """A copy of the gateway uses a key of the past for another order."""
    retailer, link = run.retailer.retailer, run.gateway.link
    known = [key for key in run.seen.book.decided if key in run.seen.sealed]
    if retailer is None or link is None or not known:
        return
    key = run.chance.choice(known)
    order = run.seen.sealed[key].order
    legs = [
        replace(leg, quantity=Energy(2 * leg.quantity)) for leg in (order.pair.energy, order.pair.transport)
    ]
    other = Order(replace(order.pair, energy=legs[0], transport=legs[1]), Instant(order.not_after + HOUR))
    signed = _SIGN(link._voice, "market", other, 1, "00" * 32)
    life = run.retailer_machine.life
    assert life is not None

    async def send() -> None:
        answered = await retailer.order(HOME, signed)
        if answered.outcome.code not in {422, 423}:
            what = f"another order under {key} was answered {answered.outcome.code}"
            run.violate("a_key_stands_for_one_order", what)

    if run.retailer_machine.running:
        life.begin(send())


async def _other_limits(run: Run) -> None:
    """The owner changes the limits and starts the gateway anew."""
    run.rules = run.draw_rules()
    await _kill(run, run.gateway_machine, power=True)


async def _back_up(run: Run) -> None:
    if run.gateway_machine.running and run.gateway.ledger is not None:
        back_up(run)


async def _put_back(run: Run) -> None:
    """The owner puts the last backup back, or makes one: at its next start the ledger is an older one."""
    if not run.backup:
        await _back_up(run)
    elif run.gateway_machine.running:
        # By hand only where an order is lost with it: what else is lost nothing shows (trust.md).
        decided = run.seen.book.decided.items()
        noticed = any(key not in run.orders_in_backup for key, each in decided if each.code != VOID)
        run.puts_back = run.chance.choice(("restored", "copied")) if noticed else "restored"
        run.gateway_machine.die(power=True)


async def _pause(run: Run) -> None:
    core, life = run.gateway.core, run.gateway_machine.life
    if core is not None and life is not None and life.alive:
        await core.owner.pause_trading(True)
        run.loop.call_later(run.chance.uniform(1, 200), _trade_on, run)


def _trade_on(run: Run) -> None:
    """The owner ends the pause, and again while nothing answers: a gateway remembers it over restarts."""
    core, life = run.gateway.core, run.gateway_machine.life
    if core is not None and life is not None and life.alive:
        life.begin(core.owner.pause_trading(False))
    else:
        run.loop.call_later(5, _trade_on, run)


TROUBLES: Final[dict[str, Trouble]] = {
    "kill gateway": _kill_gateway,
    "cut power of gateway": _cut_gateway,
    "kill retailer": _kill_retailer,
    "cut power of retailer": _cut_retailer,
    "gateway dies at a point": _arm_gateway,
    "retailer dies at a point": _arm_retailer,
    "partition": _part,
    "reset": _reset,
    "half-open": _half_open,
    "clock set": _set_clock,
    "retailer contradicts itself": _contradict,
    "key used again": _impersonate,
    "other limits": _other_limits,
    "paused": _pause,
    "backup made": _back_up,
    "backup put back": _put_back,
}
