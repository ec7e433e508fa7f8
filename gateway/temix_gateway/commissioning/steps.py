"""What each step does with its answers, and what it finds. Findings are codes: the texts are elsewhere."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct
from temix_market.deliveries import Delivery
from temix_market.instants import FIVE_MINUTES, HOUR, MINUTE, Instant, iso
from temix_market.units import Money, Price, money_text, parse_money

from temix_gateway.commissioning.answers import (
    Basics,
    Ceilings,
    Clock,
    Comparison,
    Enrolment,
    Finish,
    HomeAssistant,
    Meter,
    OwnerMandate,
    StepName,
    TestTrade,
)
from temix_gateway.commissioning.site import CannotDo, Heard, Site
from temix_gateway.retailer_config import HomeAssistantSection, PricesOnly

CLOCK_ERROR_MS: Final = 2_000
READING_AGE: Final = 15 * MINUTE
"""A reading may be as old as this: it is of 5 minutes, and takes a while to come."""


class Finding(Struct, frozen=True):
    """What a check found: right, to be noted, or wrong; ``about`` fills the text of its ``code``."""

    kind: Literal["ok", "note", "wrong"]
    code: str
    about: dict[str, str] = {}


def ok(code: str, **about: str) -> Finding:
    """It is as it should be."""
    return Finding("ok", code, about)


def note(code: str, **about: str) -> Finding:
    """It can stay so, and the record says it."""
    return Finding("note", code, about)


def wrong(code: str, **about: str) -> Finding:
    """It has to be mended before the step is done."""
    return Finding("wrong", code, about)


async def basics(site: Site, asked: Basics) -> list[Finding]:
    """Take them, if the time zone exists."""
    try:
        ZoneInfo(asked.time_zone)
    except ZoneInfoNotFoundError, ValueError, OSError:
        return [wrong("zone_unknown", zone=asked.time_zone)]
    await site.set_basics(asked)
    return [ok("basics_taken", zone=asked.time_zone)]


async def retailer(site: Site, asked: Enrolment | PricesOnly) -> list[Finding]:
    """Enrol with a code, or stay enrolled; then try every right. A service of prices is asked once."""
    if not isinstance(asked, Enrolment):
        return await published(site, asked)
    if asked.code:
        home = await site.enrol(asked)
        found = [ok("enrolled", home=home)]
    elif site.retailer_url() != asked.url.rstrip("/"):
        return [wrong("code_missing")]
    else:
        found = [ok("enrolled", home=site.identity().home)]
    for right in await site.rights():
        found.append(
            wrong("right_refused", right=right.name, reason=right.fault)
            if right.fault
            else ok("right_granted", right=right.name)
        )
    return found


async def published(site: Site, asked: PricesOnly) -> list[Finding]:
    """Ask a service of prices, and take it for the retailer where it has a price for now."""
    heard = await site.hear(asked)
    if isinstance(asked, HomeAssistantSection):
        found = [note("prices_from_home_assistant", currency=asked.currency)]
    else:
        found = told(heard, site.now())
    if all(finding.kind != "wrong" for finding in found):
        await site.take(asked)
    return found


def told(heard: Heard, now: Instant) -> list[Finding]:
    """What a service of prices has for the time from ``now`` on."""
    ahead = [(interval, price) for interval, price in heard.prices if interval.end > now]
    if not ahead or ahead[0][0].start > now:
        return [wrong("no_price_now", service=heard.service)]
    (first, price), reach = ahead[0], ahead[0][0].end
    for interval, _ in ahead:
        reach = max(reach, interval.end) if interval.start <= reach else reach
    cheapest, dearest = (pick(ahead, key=lambda each: each[1]) for pick in (min, max))
    unit = {"currency": heard.currency}
    return [
        ok("prices_heard", service=heard.service, count=str(len(ahead)), until=iso(reach)),
        ok("price_now", price=a_kwh(price), until=iso(first.end), **unit),
        ok("price_lowest", price=a_kwh(cheapest[1]), start=iso(cheapest[0].start), **unit),
        ok("price_highest", price=a_kwh(dearest[1]), start=iso(dearest[0].start), **unit),
        ok("sells") if heard.sells else note("sells_not"),
    ]


def a_kwh(price: Price) -> str:
    """What a kWh costs, as decimal text."""
    return money_text(Money(price * 1_000))


async def clock(site: Site, _: Clock) -> list[Finding]:
    """Compare with the retailer's."""
    apart = await site.clock_apart()
    seconds = f"{apart / 1000:+.1f}"
    return [
        ok("clock_right", seconds=seconds)
        if abs(apart) <= CLOCK_ERROR_MS
        else wrong("clock_wrong", seconds=seconds)
    ]


async def limits(site: Site, asked: Ceilings) -> list[Finding]:
    """Take the ceilings, and look whether anything can be bought beneath them."""
    if not asked.import_power:
        return [wrong("no_import")]
    if not site.trades():
        await site.set_ceilings(asked)
        return [ok("powers_taken")]
    if not parse_money(asked.money_a_day):
        return [wrong("no_money")]
    await site.set_ceilings(asked)
    found = [ok("ceilings_taken")]
    highest = site.highest_tender()
    if highest is not None and parse_money(asked.highest_price) // 1_000 < highest:
        found.append(note("price_ceiling_low", highest=money_text(Money(highest * 1_000))))
    return found


async def tariff(site: Site, asked: Comparison) -> list[Finding]:
    """Take the tariff; without one no savings can be told."""
    if asked.name and not parse_money(asked.price):
        return [wrong("tariff_without_price")]
    await site.set_tariff(asked)
    return [ok("tariff_taken", name=asked.name) if asked.name else note("no_tariff")]


async def home_assistant(site: Site, asked: HomeAssistant) -> list[Finding]:
    """Look who has paired."""
    paired = await site.controllers()
    if paired:
        return [ok("paired", names=", ".join(paired))]
    return [note("paired_later") if asked.later else wrong("not_paired")]


async def meter(site: Site, asked: Meter) -> list[Finding]:
    """Look at the newest reading."""
    readings = await site.readings()
    if not readings:
        return [note("read_later", serial=asked.serial) if asked.later else wrong("no_reading")]
    return [ok("meter_bound", serial=asked.serial), *plausible(readings, site.now())]


def plausible(readings: Sequence[Delivery], now: Instant) -> list[Finding]:
    """What the newest readings say about the meter."""
    last = readings[-1]
    power = last.energy * HOUR // last.interval.duration
    if now - last.interval.end > READING_AGE:
        return [wrong("reading_old", minutes=str((now - last.interval.end) // MINUTE))]
    found = [ok("reading", power=str(power), at=iso(last.interval.end))]
    if abs(power) > 100_000:
        found.append(wrong("reading_too_large", power=str(power)))
    if len(readings) >= 3 and not any(reading.energy for reading in readings[-3:]):
        found.append(note("reading_zero"))
    gaps = (last.interval.end - readings[0].interval.start) // FIVE_MINUTES - len(readings)
    if gaps > 0:
        found.append(note("reading_gaps", count=str(gaps)))
    return found


async def mandate(site: Site, asked: OwnerMandate) -> list[Finding]:
    """Let the owner sign."""
    if not asked.agreed:
        return [wrong("not_agreed")]
    await site.sign_mandate(asked)
    return [ok("mandate_signed", money=asked.money_a_day, price=asked.highest_price)]


async def try_trading(site: Site, _asked: TestTrade) -> list[Finding]:
    """Trade."""
    made = await site.test_trade()
    what = {"start": iso(made.start), "cost": money_text(made.cost), "currency": made.currency}
    return [ok("traded", bought=made.bought, sold=made.sold, **what), ok("records_alike")]


async def record(_site: Site, _: Finish) -> list[Finding]:
    """Nothing is left to check: the record is made of what the steps found."""
    return [ok("record_made")]


type Run = Callable[[Site, Any], Awaitable[list[Finding]]]

RUN: Final[dict[StepName, Run]] = {
    "basics": basics,
    "retailer": retailer,
    "clock": clock,
    "limits": limits,
    "tariff": tariff,
    "home_assistant": home_assistant,
    "meter": meter,
    "mandate": mandate,
    "test_trade": try_trading,
    "record": record,
}

NEEDS: Final[dict[StepName, tuple[StepName, ...]]] = {
    "basics": (),
    "retailer": (),
    "clock": ("retailer",),
    "limits": ("retailer",),
    "tariff": (),
    "home_assistant": (),
    "meter": ("home_assistant",),
    "mandate": ("limits",),
    "test_trade": ("clock", "mandate"),
    "record": ("basics", "tariff", "meter", "test_trade"),
}
"""What must be done before; where one of these is done again, what follows from it is to be done, too."""


TRADING: Final[tuple[StepName, ...]] = ("clock", "mandate", "test_trade")
"""Steps that are about trade alone: with a service of prices there is nothing to answer and nothing to do."""


def untraded(step: StepName) -> Finding:
    """Why a step of trade is left out."""
    return note("no_clock_needed" if step == "clock" else "nothing_traded")


async def carry_out(step: StepName, site: Site, answers: Struct) -> list[Finding]:
    """Run one step; what cannot be done is a finding."""
    try:
        return await RUN[step](site, answers)
    except CannotDo as failed:
        return [wrong(failed.code, **failed.about)]
