"""Integrations of prices as Home Assistant sees them: entities and actions, made from their documentation.

Their packages are not installed here. What an action is asked is checked against the description that Home
Assistant ships for it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import homeassistant.components
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.util.yaml import load_yaml_dict
from pytest_homeassistant_custom_component.common import MockConfigEntry

type Span = tuple[datetime, datetime]
type Rows = list[dict[str, Any]]

EUROPE = ZoneInfo("Europe/Brussels")


def truth(start: datetime) -> int:
    """What a kWh costs from ``start`` on, in units of 0.00001; no two intervals near each other are alike."""
    return int(start.timestamp()) // 300 * 7_919 % 60_000 - 5_000


def spans(zone: ZoneInfo, day: date, minutes: int) -> list[Span]:
    """The intervals of a local day, which has 23 to 25 hours."""
    first, last = (
        datetime.combine(each, time(), zone).astimezone(UTC) for each in (day, day + timedelta(days=1))
    )
    step = timedelta(minutes=minutes)
    return [(first + number * step, first + (number + 1) * step) for number in range((last - first) // step)]


@dataclass
class Market:
    """What is published: by default every interval of two days, in local time."""

    zone: ZoneInfo = EUROPE
    minutes: int = 15
    published: Callable[[date], Sequence[Span]] | None = None
    price: Callable[[datetime], Any] = lambda start: truth(start) / 100_000
    bend: Callable[[Rows], Any] = lambda rows: rows
    """What becomes of rows, of the first day at least, before they are given."""
    asked: list[Mapping[str, Any]] = field(default_factory=list)

    def of(self, *days: date) -> list[Span]:
        """The intervals of local days that are published."""
        give = self.published or (lambda day: spans(self.zone, day, self.minutes))
        return [span for day in days for span in give(day)]

    def local(self, when: datetime) -> datetime:
        """A time as the integrations write it."""
        return when.astimezone(self.zone)


def entity(
    hass: HomeAssistant,
    platform: str,
    unique_id: str,
    unit: str | None,
    *,
    state: Any = "0.1",
    domain: str = "sensor",
    device: str | None = None,
    attributes: Mapping[str, Any] | None = None,
) -> str:
    """An entity of an integration, with its config entry, in the registry and with a state."""
    known = hass.config_entries.async_entries(platform)
    entry = known[0] if known else MockConfigEntry(domain=platform, entry_id=f"entry_{platform}")
    if not known:
        entry.add_to_hass(hass)  # type: ignore[attr-defined]
    made = er.async_get(hass).async_get_or_create(
        domain,
        platform,
        unique_id,
        config_entry=entry,
        unit_of_measurement=unit,
        device_id=None
        if device is None
        else dr.async_get(hass)
        .async_get_or_create(config_entry_id=entry.entry_id, identifiers={(platform, device)}, name=device)
        .id,
    )
    shown = {} if unit is None else {"unit_of_measurement": unit}
    hass.states.async_set(made.entity_id, str(state), {**shown, **(attributes or {})})
    return made.entity_id


def action(
    hass: HomeAssistant, domain: str, name: str, answer: Callable[[Mapping[str, Any]], ServiceResponse]
) -> None:
    """An action that answers; it takes the fields of the integration's own description, and no others."""
    described = Path(homeassistant.components.__path__[0]) / domain / "services.yaml"
    fields = load_yaml_dict(described)[name]["fields"]

    async def carry_out(call: ServiceCall) -> ServiceResponse:
        unknown = set(call.data) - set(fields)
        missing = {each for each, about in fields.items() if about.get("required")} - set(call.data)
        assert not unknown | missing, f"{domain}.{name}: {unknown} is unknown, {missing} is missing"
        return answer(call.data)

    hass.services.async_register(domain, name, carry_out, supports_response=SupportsResponse.ONLY)


def nordpool(hass: HomeAssistant, market: Market, day: date) -> str:
    """The action gives a day of Central Europe, in currency for a MWh; of one without prices nothing."""

    def answer(data: Mapping[str, Any]) -> ServiceResponse:
        market.asked.append(data)
        assert data["currency"] == "EUR"
        rows = [
            {"start": start.isoformat(), "end": end.isoformat(), "price": mega(market.price(start))}
            for start, end in market.of(date.fromisoformat(data["date"]))
        ]
        return dict.fromkeys(data["areas"], market.bend(rows))  # type: ignore[dict-item]

    action(hass, "nordpool", "get_prices_for_date", answer)
    return entity(hass, "nordpool", "BE-current_price", "EUR/kWh", device="BE")


def mega(price: Any) -> Any:
    """What is for a kWh, for a MWh."""
    return round(price * 1000, 5) if isinstance(price, float) else price


def tibber(hass: HomeAssistant, market: Market, day: date) -> str:
    """The action gives what begins in a time, of every home by its name."""

    def answer(data: Mapping[str, Any]) -> ServiceResponse:
        market.asked.append(data)
        first, last = (datetime.fromisoformat(data[name]) for name in ("start", "end"))
        days = [first.date() + timedelta(days=number) for number in range((last.date() - first.date()).days)]
        rows = [
            {
                "start_time": market.local(start).isoformat(timespec="milliseconds"),
                "price": market.price(start),
            }
            for start, _ in market.of(*days)
        ]
        return {"prices": {"Elsewhere": [], "Home": market.bend(rows)}}  # type: ignore[dict-item]

    action(hass, "tibber", "get_prices", answer)
    return entity(hass, "tibber", "a-home", "EUR/kWh", device="Home")


def entsoe(hass: HomeAssistant, market: Market, day: date) -> str:
    """The average's attributes; times without a T, no ends."""
    attributes = {
        name: market.bend(
            [{"time": str(market.local(start)), "price": market.price(start)} for start, _ in market.of(each)]
        )
        for name, each in (("prices_today", day), ("prices_tomorrow", day + timedelta(days=1)))
    }
    return entity(hass, "entsoe", "entsoe.avg_price", "EUR/kWh", attributes=attributes)


def epex_spot(hass: HomeAssistant, market: Market, day: date) -> str:
    """One list of both days, with the sign of the currency in the unit."""
    data = [
        {
            "start_time": market.local(start).isoformat(),
            "end_time": market.local(end).isoformat(),
            "price_per_kwh": market.price(start),
        }
        for start, end in market.of(day, day + timedelta(days=1))
    ]
    return entity(hass, "epex_spot", "area MarketPrice", "€/kWh", attributes={"data": market.bend(data)})


def octopus_energy(hass: HomeAssistant, market: Market, day: date) -> str:
    """Two events of a meter, whose rates are times, not text; and the sensor that a person would choose."""
    for name, each in (("current", day), ("next", day + timedelta(days=1))):
        rates = [
            {
                "start": market.local(start),
                "end": market.local(end),
                "value_inc_vat": market.price(start),
                "is_capped": False,
            }
            for start, end in market.of(each)
        ]
        entity(
            hass,
            "octopus_energy",
            f"octopus_energy_electricity_s1_m1_{name}_day_rates",
            None,
            domain="event",
            attributes={"rates": market.bend(rates), "mpan": "m1", "serial_number": "s1"},
        )
    return entity(hass, "octopus_energy", "octopus_energy_electricity_s1_m1_current_rate", "GBP/kWh")


def amberelectric(hass: HomeAssistant, market: Market, day: date) -> str:
    """A channel's present interval and its forecasts: both begin a second late."""
    rows = [
        {
            "duration": (end - start) // timedelta(minutes=1),
            "start_time": (start + timedelta(seconds=1)).isoformat(),
            "end_time": end.isoformat(),
            "per_kwh": market.price(start),
            "spike_status": "none",
        }
        for start, end in market.of(day, day + timedelta(days=1))
    ]
    entity(
        hass,
        "amberelectric",
        "site-forecasts-general",
        "$/kWh",
        attributes={"forecasts": market.bend(rows[1:]), "channel_type": "general"},
    )
    present = {**rows[0], "estimate": True} if rows else {}
    return entity(hass, "amberelectric", "site-current-general", "$/kWh", attributes=present)


SERVICES: dict[str, Callable[[HomeAssistant, Market, date], str]] = {
    "amberelectric": amberelectric,
    "entsoe": entsoe,
    "epex_spot": epex_spot,
    "nordpool": nordpool,
    "octopus_energy": octopus_energy,
    "tibber": tibber,
}


def broken(hass: HomeAssistant, domain: str, name: str) -> None:
    """An action with a fault of its own."""

    def answer(_: Mapping[str, Any]) -> ServiceResponse:
        raise KeyError("its fault")

    action(hass, domain, name, answer)


def refuse(hass: HomeAssistant, domain: str, name: str) -> None:
    """An action whose service is away."""

    def answer(_: Mapping[str, Any]) -> ServiceResponse:
        raise ServiceValidationError("away")

    action(hass, domain, name, answer)
