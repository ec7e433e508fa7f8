"""What each integration of prices offers: rows in attributes of entities, or as answers to its actions."""

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, tzinfo
from random import Random
from typing import Any, Final

from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant, State
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util

from ..client import ReportedPrice
from ..response.home import entity_id
from .rows import Shape, read, whole

_LOGGER = logging.getLogger(__name__)

type Prices = list[ReportedPrice]
type Read = Callable[[datetime], Awaitable[Prices | None]]

_KWH: Final = {"kwh": 1, "mwh": 1000}
_SYMBOLS: Final = {"€": "EUR", "£": "GBP"}
AGAIN: Final = timedelta(hours=1)
"""An action that had not all of a day is called again after this: at most 36 times in the worst of days."""
PUBLISHED_AT: Final = timedelta(hours=13)
"""Midday auctions are published by then, by the clock of Central Europe."""
SPREAD_S: Final = 600
"""Homes ask within so many seconds after it."""


class Unsuitable(Exception):
    """An entity from which no prices can be had; its text is the key of an error's translation."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Prices of an entity: their currency (ISO 4217), and how to read them; none while they are not there."""

    currency: str
    read: Read


def offer(hass: HomeAssistant, entity: str) -> Offer:
    """What an entity, by its registry id or entity id, offers.

    Raises:
        Unsuitable: its integration is none of those that are known, or it has no prices to come.
    """
    known = er.async_get(hass).async_get(entity_id(hass, entity) or "")
    make = None if known is None else _MAKERS.get(known.platform)
    if known is None or make is None:
        raise Unsuitable("unknown_integration")
    return make(hass, known)


def _unit(hass: HomeAssistant, known: er.RegistryEntry) -> tuple[str, int]:
    """The currency and the kWh of an entity's unit, like ``EUR/kWh``."""
    state = hass.states.get(known.entity_id)
    unit = known.unit_of_measurement if state is None else state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
    currency, _, energy = str(unit).partition("/")
    currency = _SYMBOLS.get(currency, currency)
    if energy.lower() not in _KWH or len(currency) != 3 or not currency.isupper():
        raise Unsuitable("no_price_unit")
    return currency, _KWH[energy.lower()]


@dataclass(frozen=True, slots=True)
class _Attributes:
    """Rows in attributes; every part is an entity, and how to find rows of which shape in its state."""

    hass: HomeAssistant
    parts: tuple[tuple[str, Callable[[State], Iterable[Any]], Shape], ...]

    async def read(self, now: datetime) -> Prices | None:
        """Read those that are there; none while no part has any rows."""
        found = [
            (list(rows(state)), shape)
            for entity, rows, shape in self.parts
            if (state := self.hass.states.get(entity)) is not None and state.state != STATE_UNAVAILABLE
        ]
        if not any(rows for rows, _ in found):
            return None
        return sorted(price for rows, shape in found for price in read(rows, shape))


def _list(name: str) -> Callable[[State], Iterable[Any]]:
    def rows(state: State) -> Iterable[Any]:
        given = state.attributes.get(name)
        return given if isinstance(given, list | tuple) else ()

    return rows


@dataclass(slots=True)
class _Days:
    """Rows as an action's answer, asked for day by day; a day that is whole is not asked for again."""

    zone: tzinfo
    shape: Shape
    ask: Callable[[date], Awaitable[Iterable[Any]]]
    spread: timedelta
    _known: dict[date, Prices] = field(default_factory=dict)
    _asked: dict[date, datetime] = field(default_factory=dict)

    async def read(self, now: datetime) -> Prices | None:
        """Today's prices, and tomorrow's once they should be there; none where nothing is known yet."""
        local = now.astimezone(self.zone)
        today, tomorrow = local.date(), local.date() + timedelta(days=1)
        self._known = {day: prices for day, prices in self._known.items() if day >= today}
        self._asked = {day: at for day, at in self._asked.items() if day >= today}
        since_midnight = local - datetime.combine(today, datetime.min.time(), self.zone)
        published = since_midnight >= PUBLISHED_AT + self.spread
        for day in (today, tomorrow) if published else (today,):
            asked = self._asked.get(day)
            if not self._whole(day) and (asked is None or now - asked >= AGAIN):
                self._asked[day] = now
                await self._ask(day)
        found = [price for prices in self._known.values() for price in prices]
        return sorted(set(found)) or None

    async def _ask(self, day: date) -> None:
        try:
            rows = await self.ask(day)
        except HomeAssistantError as error:
            _LOGGER.debug("There are no prices of %s: %s", day, error)
            return
        except Exception:  # another integration's code may raise anything: it costs no more than its prices
            _LOGGER.warning("The action for prices of %s failed", day, exc_info=True)
            return
        if found := read(rows, self.shape):
            self._known[day] = found

    def _whole(self, day: date) -> bool:
        first, last = (
            dt_util.as_utc(datetime.combine(each, datetime.min.time(), self.zone))
            for each in (day, day + timedelta(days=1))
        )
        return whole(self._known.get(day, ()), first, last)


async def _call(hass: HomeAssistant, domain: str, action: str, data: Mapping[str, Any]) -> Mapping[str, Any]:
    answer = await hass.services.async_call(domain, action, dict(data), blocking=True, return_response=True)
    return answer if isinstance(answer, Mapping) else {}


def _spread(known: er.RegistryEntry) -> timedelta:
    """The same for a home from day to day, another one for each home."""
    return timedelta(seconds=Random(known.id).uniform(0, SPREAD_S))  # noqa: S311 - no secret


def _device(hass: HomeAssistant, known: er.RegistryEntry) -> dr.DeviceEntry:
    device = dr.async_get(hass).async_get(known.device_id or "")
    if not isinstance(device, dr.DeviceEntry):
        raise Unsuitable("no_forecast")
    return device


def _nordpool(hass: HomeAssistant, known: er.RegistryEntry) -> Offer:
    """The action gives a delivery day of Central Europe; its prices are for a MWh whatever entities show."""
    currency, _ = _unit(hass, known)
    area = next((name for domain, name in _device(hass, known).identifiers if domain == "nordpool"), None)
    if area is None:
        raise Unsuitable("no_forecast")

    async def ask(day: date) -> Iterable[Any]:
        data = {
            "config_entry": known.config_entry_id,
            "date": day.isoformat(),
            "areas": [area],
            "currency": currency,
        }
        answer = await _call(hass, "nordpool", "get_prices_for_date", data)
        return _rows(answer.get(area))

    zone = dt_util.get_time_zone("Europe/Brussels")
    assert zone is not None
    return Offer(currency, _Days(zone, Shape("start", "end", "price", 1000), ask, _spread(known)).read)


def _tibber(hass: HomeAssistant, known: er.RegistryEntry) -> Offer:
    """The action gives a local day of every home, by the name that its device has."""
    currency, energy = _unit(hass, known)
    home, zone = _device(hass, known).name, dt_util.get_default_time_zone()

    async def ask(day: date) -> Iterable[Any]:
        first, last = (
            datetime.combine(each, datetime.min.time(), zone).isoformat()
            for each in (day, day + timedelta(days=1))
        )
        answer = await _call(hass, "tibber", "get_prices", {"start": first, "end": last})
        homes = answer.get("prices")
        return _rows(homes.get(home)) if isinstance(homes, Mapping) else ()

    return Offer(currency, _Days(zone, Shape("start_time", None, "price", energy), ask, _spread(known)).read)


def _amber(hass: HomeAssistant, known: er.RegistryEntry) -> Offer:
    """One channel's present price and its forecasts; both say a second after the true start."""
    site, kind, channel = [*known.unique_id.rsplit("-", 2), "", ""][:3]
    if kind not in {"current", "forecasts"}:
        raise Unsuitable("no_forecast")
    shape = Shape("start_time", "end_time", "per_kwh", late=timedelta(seconds=1))
    parts = (
        ("current", lambda state: [state.attributes], _present(shape)),
        ("forecasts", _list("forecasts"), _preliminary(shape)),
    )
    found = [
        (entity, rows, how)
        for key, rows, how in parts
        if (entity := _sibling(hass, known, "sensor", f"{site}-{key}-{channel}")) is not None
    ]
    return Offer("AUD", _Attributes(hass, tuple(found)).read)


def _present(shape: Shape) -> Shape:
    return replace(shape, final=lambda row: row.get("estimate") is False)


def _preliminary(shape: Shape) -> Shape:
    return replace(shape, final=lambda _: False)


_OCTOPUS: Final = ("_current_rate", "_next_rate", "_previous_rate", "_current_day_rates", "_next_day_rates")


def _octopus(hass: HomeAssistant, known: er.RegistryEntry) -> Offer:
    """A meter's events of today's and tomorrow's rates; one made cheap by a charge to come may not hold."""
    meter = next(
        (known.unique_id.removesuffix(name) for name in _OCTOPUS if known.unique_id.endswith(name)), None
    )
    if meter is None or "_electricity_" not in meter:
        raise Unsuitable("no_forecast")
    shape = Shape("start", "end", "value_inc_vat", final=lambda row: not row.get("is_intelligent_adjusted"))
    found = [
        (entity, _list("rates"), shape)
        for day in ("current", "next")
        if (entity := _sibling(hass, known, "event", f"{meter}_{day}_day_rates")) is not None
    ]
    if not found:
        raise Unsuitable("no_forecast")
    return Offer("GBP", _Attributes(hass, tuple(found)).read)


def _sibling(hass: HomeAssistant, known: er.RegistryEntry, domain: str, unique_id: str) -> str | None:
    return er.async_get(hass).async_get_entity_id(domain, known.platform, unique_id)


def _entsoe(hass: HomeAssistant, known: er.RegistryEntry) -> Offer:
    """The average price's attributes; yesterday's are among them until tomorrow's are there."""
    currency, energy = _unit(hass, known)
    shape = Shape("time", None, "price", energy)
    return _of_attributes(hass, known, currency, ("prices_today", "prices_tomorrow"), shape)


def _epex(hass: HomeAssistant, known: er.RegistryEntry) -> Offer:
    """The attributes of the market's price, or of the total price with what the owner added to it."""
    currency, energy = _unit(hass, known)
    return _of_attributes(
        hass, known, currency, ("data",), Shape("start_time", "end_time", "price_per_kwh", energy)
    )


def _of_attributes(
    hass: HomeAssistant, known: er.RegistryEntry, currency: str, names: tuple[str, ...], shape: Shape
) -> Offer:
    state = hass.states.get(known.entity_id)
    if state is not None and state.state != STATE_UNAVAILABLE and not any(map(state.attributes.get, names)):
        raise Unsuitable("no_forecast")

    def rows(state: State) -> Iterable[Any]:
        return [row for name in names for row in _rows(state.attributes.get(name))]

    return Offer(currency, _Attributes(hass, ((known.entity_id, rows, shape),)).read)


def _rows(given: Any) -> Iterable[Any]:
    return given if isinstance(given, list | tuple) else ()


_MAKERS: Final[dict[str, Callable[[HomeAssistant, er.RegistryEntry], Offer]]] = {
    "amberelectric": _amber,
    "entsoe": _entsoe,
    "epex_spot": _epex,
    "nordpool": _nordpool,
    "octopus_energy": _octopus,
    "tibber": _tibber,
}
INTEGRATIONS: Final = tuple(_MAKERS)
