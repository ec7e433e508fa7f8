"""What each integration of prices offers: rows in attributes of entities, or as answers to its actions."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util

from ..response.home import entity_id
from .days import Days, Prices, Question, spread
from .rows import Shape, read

type Read = Callable[[datetime], Awaitable[Prices | None]]

_KWH: Final = {"kwh": 1, "mwh": 1000}
AWAY: Final = frozenset({STATE_UNAVAILABLE, STATE_UNKNOWN})
_SYMBOLS: Final = {"€": "EUR", "£": "GBP"}


class Unsuitable(Exception):
    """An entity from which no prices can be had; its text is the key of an error's translation."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Prices of an entity: their currency (ISO 4217), and how to read them; none while they are not there."""

    currency: str
    read: Read


def offer(hass: HomeAssistant, entity: str, days: Days) -> Offer:
    """What an entity, by its registry id or entity id, offers now; what actions answered is in ``days``.

    Raises:
        Unsuitable: its integration is none of those that are known, or it has no prices to come.
    """
    known = er.async_get(hass).async_get(entity_id(hass, entity) or "")
    make = None if known is None else _MAKERS.get(known.platform)
    if known is None or make is None:
        raise Unsuitable("unknown_integration")
    return make(hass, known, days)


def _unit(hass: HomeAssistant, known: er.RegistryEntry) -> tuple[str, int]:
    """The currency and the kWh of an entity's unit, like ``EUR/kWh``."""
    state = hass.states.get(known.entity_id)
    shown = None if state is None or state.state in AWAY else state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
    unit = shown or known.unit_of_measurement
    currency, _, energy = str(unit).partition("/")
    currency = _SYMBOLS.get(currency, currency)
    if energy.lower() not in _KWH or len(currency) != 3 or not currency.isupper():
        raise Unsuitable("no_price_unit")
    return currency, _KWH[energy.lower()]


@dataclass(frozen=True, slots=True)
class _Attributes:
    """Rows in attributes; every part is an entity (its registry id), and how to find rows of which shape."""

    hass: HomeAssistant
    parts: tuple[tuple[str, Callable[[State], Iterable[Any]], Shape], ...]

    async def read(self, now: datetime) -> Prices | None:
        """Read those that are there; none while no part has any rows."""
        found = [
            (list(rows(state)), shape)
            for entity, rows, shape in self.parts
            if (state := self.hass.states.get(entity_id(self.hass, entity) or "")) is not None
            and state.state not in AWAY
        ]
        if not any(rows for rows, _ in found):
            return None
        return sorted(price for rows, shape in found for price in read(rows, shape))


def _list(name: str) -> Callable[[State], Iterable[Any]]:
    def rows(state: State) -> Iterable[Any]:
        given = state.attributes.get(name)
        return given if isinstance(given, list | tuple) else ()

    return rows


async def _call(hass: HomeAssistant, domain: str, action: str, data: Mapping[str, Any]) -> Mapping[str, Any]:
    answer = await hass.services.async_call(domain, action, dict(data), blocking=True, return_response=True)
    return answer if isinstance(answer, Mapping) else {}


def _device(hass: HomeAssistant, known: er.RegistryEntry) -> dr.DeviceEntry:
    device = dr.async_get(hass).async_get(known.device_id or "")
    if not isinstance(device, dr.DeviceEntry):
        raise Unsuitable("no_forecast")
    return device


def _nordpool(hass: HomeAssistant, known: er.RegistryEntry, days: Days) -> Offer:
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
    shape = Shape("start", "end", "price", 1000)
    return _asked(
        days, currency, Question("nordpool", f"{area} {currency}", zone, shape, spread(known.id), ask)
    )


def _asked(days: Days, currency: str, question: Question) -> Offer:
    return Offer(currency, lambda now: days.read(question, now))


def _tibber(hass: HomeAssistant, known: er.RegistryEntry, days: Days) -> Offer:
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

    shape = Shape("start_time", None, "price", energy)
    about = f"{known.device_id} {currency} {energy} {zone}"
    return _asked(days, currency, Question("tibber", about, zone, shape, spread(known.id), ask))


def _amber(hass: HomeAssistant, known: er.RegistryEntry, _: Days) -> Offer:
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


def _octopus(hass: HomeAssistant, known: er.RegistryEntry, _: Days) -> Offer:
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
    """The registry id of another entity of the same integration."""
    registry = er.async_get(hass)
    found = registry.async_get(registry.async_get_entity_id(domain, known.platform, unique_id) or "")
    return None if found is None else found.id


def _entsoe(hass: HomeAssistant, known: er.RegistryEntry, _: Days) -> Offer:
    """The average price's attributes; yesterday's are among them until tomorrow's are there."""
    currency, energy = _unit(hass, known)
    shape = Shape("time", None, "price", energy)
    return _of_attributes(hass, known, currency, ("prices_today", "prices_tomorrow"), shape)


def _epex(hass: HomeAssistant, known: er.RegistryEntry, _: Days) -> Offer:
    """The attributes of the market's price, or of the total price with what the owner added to it."""
    currency, energy = _unit(hass, known)
    return _of_attributes(
        hass, known, currency, ("data",), Shape("start_time", "end_time", "price_per_kwh", energy)
    )


def _of_attributes(
    hass: HomeAssistant, known: er.RegistryEntry, currency: str, names: tuple[str, ...], shape: Shape
) -> Offer:
    state = hass.states.get(known.entity_id)
    if state is not None and state.state not in AWAY and not any(name in state.attributes for name in names):
        raise Unsuitable("no_forecast")

    def rows(state: State) -> Iterable[Any]:
        return [row for name in names for row in _rows(state.attributes.get(name))]

    return Offer(currency, _Attributes(hass, ((known.id, rows, shape),)).read)


def _rows(given: Any) -> Iterable[Any]:
    return given if isinstance(given, list | tuple) else ()


_MAKERS: Final[dict[str, Callable[[HomeAssistant, er.RegistryEntry, Days], Offer]]] = {
    "amberelectric": _amber,
    "entsoe": _entsoe,
    "epex_spot": _epex,
    "nordpool": _nordpool,
    "octopus_energy": _octopus,
    "tibber": _tibber,
}
INTEGRATIONS: Final = tuple(_MAKERS)
