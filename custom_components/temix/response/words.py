"""Sentences in Home Assistant's language, with times and money as people write them."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations
from homeassistant.util import dt as dt_util

from ..client.models import DevicePlan
from ..const import DOMAIN, MICRO

SIGNS: Final = {"USD": "${}", "EUR": "{} €", "GBP": "£{}"}
"""How an amount is written where that is shorter than its currency's code."""
LEAST_TOLD: Final = Decimal("0.005")
"""Less than that is not told."""
EVENING: Final = 18
MORNING: Final = 6


@callback
def say(hass: HomeAssistant, group: str, key: str, **numbers: str) -> str:
    """One of the translated sentences of a group; the key itself where there is none."""
    texts = async_get_cached_translations(hass, hass.config.language, "selector", DOMAIN)
    text = texts.get(f"component.{DOMAIN}.selector.{group}.options.{key}")
    return key if text is None else text.format(**numbers)


@callback
def why(hass: HomeAssistant, reason: str, **numbers: str) -> str:
    """The sentence that says why a response does what it does; empty for a reason that nobody knows."""
    texts = async_get_cached_translations(hass, hass.config.language, "entity", DOMAIN)
    where = f"component.{DOMAIN}.entity.sensor.response_why.state_attributes.sentence.state"
    text = texts.get(f"{where}.{reason}")
    return "" if text is None else text.format(**numbers)


@callback
def beside(hass: HomeAssistant, sentence: str, plan: DevicePlan, currency: str) -> str:
    """A sentence with what the plan says beside: done, saved, next best, binding."""
    parts = [sentence.rstrip(".")]
    if plan.done is not None and plan.ready_by is not None:
        parts.append(say(hass, "beside", "done", done=clock(plan.done), ready_by=clock(plan.ready_by)))
    if plan.saved is not None and plan.saved >= LEAST_TOLD:
        parts.append(say(hass, "beside", "saved", amount=money(plan.saved, currency)))
    instead = plan.instead
    if instead is not None and instead.dearer >= LEAST_TOLD:
        told = {"at": clock(instead.start), "amount": money(instead.dearer, currency)}
        parts.append(say(hass, "beside", "instead", price=price(instead.price, currency), **told))
    if plan.binds:
        names = ", ".join(say(hass, "binds", name) for name in plan.binds)
        parts.append(say(hass, "beside", "binds", names=names))
    return "; ".join(parts) + "."


def money(amount: float | Decimal, currency: str, places: int = 2) -> str:
    """An amount of money, never minus nothing."""
    text = f"{amount:z.{places}f}"
    return text[: text.startswith("-")] + SIGNS.get(currency, f"{{}} {currency}").format(text.lstrip("-"))


def price(micro: int | None, currency: str) -> str:
    """A price per kWh, from the millionths of the wire."""
    return "–" if micro is None else f"{money(micro / MICRO, currency, 3)}/kWh"


def clock(instant: datetime) -> str:
    """The local time of day; with the date where the clock shows that time earlier, too."""
    local, now = (dt_util.as_local(each).replace(tzinfo=None) for each in (instant, dt_util.utcnow()))
    return f"{local:%d.%m. %H:%M}" if local - now >= timedelta(days=1) else f"{local:%H:%M}"


@callback
def day(hass: HomeAssistant, instant: datetime, now: datetime) -> str:
    """Today, tonight, tomorrow, or the date."""
    local, today = dt_util.as_local(instant), dt_util.as_local(now)
    apart = (local.date() - today.date()).days
    night = local.hour >= EVENING if apart == 0 else local.hour < MORNING and today.hour >= MORNING
    if apart == 0 and not night:
        return say(hass, "preview", "today")
    if night and apart in {0, 1}:
        return say(hass, "preview", "tonight")
    if apart == 1:
        return say(hass, "preview", "tomorrow")
    return f"{local:%d.%m.}"


def span(start: datetime, end: datetime) -> str:
    """From a time of day to another."""
    return f"{dt_util.as_local(start):%H:%M}–{dt_util.as_local(end):%H:%M}"
