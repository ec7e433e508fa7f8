"""The state that Home Assistant sees, made from what the gateway knows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from temix_market.home_tenders import OpenTender
from temix_market.instants import FIVE_MINUTES, HOUR, Instant
from temix_market.intervals import Interval, enclosing
from temix_market.ladder import Rung, StepPrices, step_prices
from temix_market.ports import Head, Terms
from temix_market.products import Side
from temix_market.transactions import Pair
from temix_market.units import Energy, Power, money_text

from temix_gateway.contact import Link
from temix_gateway.home import messages
from temix_gateway.home.account import Account, BillGuard
from temix_gateway.home.messages import Mode, State
from temix_gateway.lookups import transaction_message
from temix_gateway.market import Market
from temix_gateway.own_tenders import Held, own_tenders
from temix_gateway.planning import DevicePlan, Plan
from temix_gateway.planning.result import Alternative, Curve, Reason
from temix_gateway.trading.tendering import OwnTender
from temix_gateway.trading.trader import Limits

POSITION_STEPS: Final = 49 * HOUR // FIVE_MINUTES
"""From the begun hour, as far as tenders can reach."""


class Lock(NamedTuple):
    """Something that keeps the gateway from trading: a code for programs, and words."""

    code: messages.LockCode
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the state shows beside the market."""

    now: Instant
    terms: Terms
    mode: Mode
    link: Link
    paused: bool
    locks: list[Lock]
    head: Head
    trades: int
    last: tuple[Pair, Instant] | None
    plan: Plan | None
    left_out: Mapping[str, str]
    trade: Limits
    import_limit: Power
    account: Account | None = None
    guard: BillGuard | None = None
    limits: messages.Limits | None = None
    mandate: messages.Mandate | None = None
    prices_wanted: bool = False
    held: Held
    open: list[OpenTender]


def state(facts: Facts, market: Market) -> State:
    """Everything as it is at ``facts.now``."""
    prices = step_prices(market.book.rungs(facts.now))
    return State(
        currency=facts.terms.currency,
        zone=facts.terms.zone,
        mode=facts.mode,
        retailer=messages.Retailer(
            connected=facts.link.up,
            since=facts.link.since,
            reason=facts.link.reason,
            refused=facts.link.refused,
        ),
        trading=messages.Trading(
            paused=facts.paused,
            locked=[lock.reason for lock in facts.locks],
            codes=[lock.code for lock in facts.locks],
        ),
        spot=_spot(facts.now, market),
        prices=list(_prices(prices)),
        horizon=prices[-1].step.end if prices else None,
        positions=list(_positions(facts.now, market)),
        ledger=messages.Ledger(sequence=facts.head.sequence, head=facts.head.head),
        transactions=messages.Transactions(
            count=facts.trades, last=facts.last and transaction_message(*facts.last)
        ),
        plan=_plan(facts, facts.plan, market) if facts.plan else None,
        import_limit=facts.import_limit,
        account=facts.account,
        bill_guard=facts.guard,
        limits=facts.limits,
        mandate=facts.mandate,
        shadow=facts.terms.indicative,
        prices_wanted=facts.prices_wanted,
        tenders=[_open(each) for each in facts.open],
    )


def _spot(now: Instant, market: Market) -> messages.Spot | None:
    step = enclosing(now, FIVE_MINUTES)
    buy, sell, provisional = market.shown(step.start)
    if buy is None and sell is None:
        return None
    return messages.Spot(
        start=step.start,
        end=step.end,
        buy=buy,
        sell=sell,
        provisional=provisional,
        carbon_intensity=market.carbon.get(step.start),
    )


def _prices(prices: Iterable[StepPrices]) -> Iterable[messages.PriceStep]:
    """Neighbouring steps of the same instruments, joined."""
    joined: list[tuple[Rung | None, Rung | None, Instant, Instant]] = []
    for step in prices:
        buying = step.buying[0] if step.buying else None
        selling = step.selling[0] if step.selling else None
        same = joined and joined[-1][0] is buying and joined[-1][1] is selling
        if same and joined[-1][3] == step.step.start:
            joined[-1] = (*joined[-1][:3], step.step.end)
        else:
            joined.append((buying, selling, step.step.start, step.step.end))
    for buying, selling, start, end in joined:
        yield messages.PriceStep(
            start=start,
            end=end,
            buy=None if buying is None else buying.price,
            sell=None if selling is None else selling.price,
            buy_energy=None if buying is None else buying.energy.price,
            buy_transport=None if buying is None else buying.transport.price,
            sell_energy=None if selling is None else selling.energy.price,
            sell_transport=None if selling is None else selling.transport.price,
            components={} if buying is None else {p.name: p.price for p in buying.energy.components},
            carbon_intensity=None if buying is None else buying.energy.carbon_intensity,
        )


def _positions(now: Instant, market: Market) -> Iterable[messages.PositionStep]:
    """Neighbouring steps of equal quantity, joined; steps without any position are left out."""
    first = enclosing(now, HOUR).start
    joined: list[tuple[Energy, Energy, Instant, Instant]] = []
    for number in range(POSITION_STEPS):
        step = Interval(Instant(first + number * FIVE_MINUTES), FIVE_MINUTES)
        quantity, subscribed = market.positions.at(step), market.positions.subscribed(step)
        if joined and joined[-1][:2] == (quantity, subscribed):
            joined[-1] = (*joined[-1][:3], step.end)
        else:
            joined.append((quantity, subscribed, step.start, step.end))
    for quantity, subscribed, start, end in joined:
        if quantity or subscribed:
            parts = (end - start) // FIVE_MINUTES
            yield messages.PositionStep(
                start=start, end=end, quantity=quantity * parts, subscribed=subscribed * parts
            )


def _plan(facts: Facts, plan: Plan, market: Market) -> messages.Plan:
    # Where the retailer only publishes prices there is nobody to tender to.
    own: list[OwnTender] = []
    if not facts.terms.indicative:
        own = own_tenders(plan, facts.held, market.positions, facts.trade, facts.now)
    return messages.Plan(
        made=plan.made_at,
        devices=[device_plan(plan, device.id) for device in plan.devices],
        left_out=dict(facts.left_out),
        curves=[_curve(curve) for curve in plan.curves],
        tenders=[_tender(tender) for tender in own],
    )


def _curve(curve: Curve) -> messages.Curve:
    points = [messages.CurvePoint(price=point.price, energy=point.energy) for point in curve.points]
    return messages.Curve(start=curve.interval.start, end=curve.interval.end, points=points)


def _tender(tender: OwnTender) -> messages.OwnTender:
    return messages.OwnTender(
        start=tender.interval.start,
        end=tender.interval.end,
        price=tender.price,
        quantity=tender.quantity if tender.side is Side.BUY else -tender.quantity,
        expires=tender.expires_at,
    )


def _open(standing: OpenTender) -> messages.OpenTender:
    tender = standing.tender
    sign = 1 if tender.side is Side.BUY else -1
    return messages.OpenTender(
        key=tender.key,
        start=tender.interval.start,
        end=tender.interval.end,
        price=tender.price,
        quantity=sign * tender.quantity,
        accepted=sign * standing.accepted,
        expires=tender.expires_at,
    )


def device_plan(plan: Plan, device_id: str) -> messages.DevicePlan:
    """The plan of one device: its steps of equal power and reason, joined."""
    device = plan.device(device_id)
    told = device.explanation
    return messages.DevicePlan(
        device=device_id,
        steps=list(_plan_steps(plan, device)),
        reason=device.reasons[0].sentence if told is None else told.sentence,
        saved=None if told is None else money_text(told.saved),
        done=None if told is None else told.done,
        ready_by=None if told is None else told.ready_by,
        instead=None if told is None or told.instead is None else _instead(told.instead),
        binds=[] if told is None else list(told.binds),
        unmet=[wish.wish for wish in plan.unmet if wish.device == device_id],
    )


def _instead(other: Alternative) -> messages.Instead:
    return messages.Instead(start=other.start, price=other.price, dearer=money_text(other.dearer))


def _plan_steps(plan: Plan, device: DevicePlan) -> Iterable[messages.PlanStep]:
    joined: list[tuple[Power, Reason, Instant, Instant]] = []
    for number, (step, power) in enumerate(zip(plan.steps, device.power, strict=True)):
        reason = device.reason(number)
        if joined and joined[-1][:2] == (power, reason):
            joined[-1] = (*joined[-1][:3], step.end)
        else:
            joined.append((power, reason, step.start, step.end))
    for power, reason, start, end in joined:
        yield messages.PlanStep(
            start=start,
            end=end,
            power=power,
            reason=reason.sentence,
            why=reason.why.value,
            price=reason.price,
            later=reason.later,
            until=reason.until,
        )
