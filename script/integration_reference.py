"""The reference page of entities, actions, triggers and conditions, from the integration's code and texts."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from homeassistant.helpers.entity import EntityDescription
from homeassistant.util.yaml import load_yaml_dict

from custom_components.temix.account_sensors import ACCOUNT_SENSORS
from custom_components.temix.binary_sensor import BINARY_SENSORS
from custom_components.temix.button import PLAN_AGAIN
from custom_components.temix.calendar import CALENDAR
from custom_components.temix.entity import GATEWAY, PRICES
from custom_components.temix.event import MARKET
from custom_components.temix.number import LIMITS
from custom_components.temix.price_sensors import PRICE_SENSORS
from custom_components.temix.response import entities as responses
from custom_components.temix.select import GATEWAY_MODE
from custom_components.temix.update import SOFTWARE

INTEGRATION: Final = Path(__file__).parent.parent / "custom_components" / "temix"

MEANINGS: Final = {
    "buy_price": "What a kWh costs now: the spot of the current 5 minutes; attribute `forecast`",
    "sell_price": "What a kWh brings now; below zero: what it costs to export",
    "next_buy_price": "What a kWh will cost in the next interval",
    "next_sell_price": "What a kWh will bring in the next interval",
    "buy_energy_price": "The energy part of the buy price; attribute `components`, where they are published",
    "buy_transport_price": "The transport part of the buy price",
    "sell_energy_price": "The energy part of the sell price",
    "sell_transport_price": "The transport part of the sell price; below zero: a charge for export",
    "lowest_price_today": "The lowest buy price of the local day, and when; `complete`: all of it is known",
    "mean_price_today": "The mean buy price over the known time of the local day",
    "highest_price_today": "The highest buy price of the local day, and when",
    "lowest_price_tomorrow": "The lowest buy price known of tomorrow, and when",
    "mean_price_tomorrow": "The mean buy price known of tomorrow",
    "highest_price_tomorrow": "The highest buy price known of tomorrow, and when",
    "price_rank": "1: less than an hour of today is cheaper than now; 2: less than two hours are; and so on",
    "carbon_intensity": "What a kWh drawn emits now; unavailable where unpublished; attribute `forecast`",
    "price_percentile": "The share of today's known time that is cheaper than now, and half of the equal",
    "price_level": "Very low, low, normal, high or very high: see *Levels and spikes*",
    "cheapest_window": "When the cheapest window of the day starts, or has, while it lasts; then tomorrow's",
    "dearest_window": "When the dearest window of the day starts, or has, while it lasts; then tomorrow's",
    "tender_horizon": "When the last tender ends",
    "position": "The power now committed to, bought above and sold below zero; 0 without transactions",
    "subscription": "The subscription's part of the position now",
    "position_rest_of_today": "The position's energy from the current interval to local midnight",
    "position_tomorrow": "The position's energy of tomorrow",
    "subscription_rest_of_today": "The subscription's energy from the current interval to local midnight",
    "subscription_tomorrow": "The subscription's energy of tomorrow",
    "last_transaction": "When the last pair was transacted; attributes say which, and how many there are",
    "delivery": "What the meter saw in the last settled interval, as power; import above zero",
    "deviation": "Delivery less position in the last settled interval, as power",
    "delivery_rest_of_today": "What the plan expects the meter to see until local midnight",
    "delivery_tomorrow": "What the plan expects the meter to see tomorrow",
    "deviation_rest_of_today": "That less the position, until local midnight",
    "deviation_tomorrow": "That less the position, of tomorrow",
    "software": "Whether the gateway is older than this integration; its app has the Supervisor's instead",
    "bought": "All energy that was bought in transactions, beside the subscription",
    "sold": "All energy that was sold in transactions",
    "cost_today": "What the settled part of today cost, below zero: brought; fixed charges included",
    "cost_this_month": "What the settled part of the month cost",
    "cost_forecast_today": "What all of today is expected to cost; unknown without a plan",
    "cost_forecast_this_month": "What all of the month is expected to cost",
    "savings_today": "What the configured old tariff would have cost today, less the cost",
    "savings_this_month": "The same for this month; unknown where no tariff is configured",
    "money_a_day": "Most that purchases may cost in one day; at most the installer's `[trading] money_a_day`",
    "highest_price": "Never buy a kWh ahead for more; at most the installer's `[trading] highest_price`",
    "plan_again": "Makes the gateway plan now, whatever has changed",
    "price_low": "Whether the level is low or very low",
    "price_high": "Whether the level is high or very high",
    "spike": "Whether the buy price is a spike: see *Levels and spikes*",
    "tomorrow_known": "Whether tenders reach to the end of tomorrow",
    "gateway_connected": "Off when the gateway has been away for 90 seconds",
    "retailer_connected": "Whether the gateway reaches the retailer's service; off while the gateway is away",
    "trading": "Whether the gateway makes transactions by itself: mode automatic, not paused, not locked",
    "problem": "Whether something keeps the gateway from trading; attribute `reasons`",
    "calendar": "Low and high prices as far as tenders reach, and the planned runs of devices",
    "market": "News: a transaction, a published hour that moved, a spike, a window, tomorrow's prices",
    "mode": "Monitor (prices only), advise (plans are shown), automatic (the gateway trades)",
}

RESPONSE_MEANINGS: Final = {
    "state": "What it does now; attributes `reason` and `held_until`",
    "why": "Why; attribute `sentence` says it in Home Assistant's language, with prices and times",
    "next_start": "When the device starts next by the plan",
    "saved": "What was saved so far against the day's mean price",
    "expected_saving": "What the plan in force is expected to save",
    "held_until": "Until when a person, or an action, has it rest",
    "run_time": "How long the device has run, led or not",
    "ready_by": "When it has to be done; where the device is asked for that",
    "mode": "Automatic, run now, or off; actions on a response are aimed at this entity",
    "target": "What it aims at: a state of charge, a temperature, hours or a price; where the kind has one",
    "good_time": "Whether now is a good time; of *just tell me*",
    "skip": "Leaves out the next run",
    "release": "Ends a hold",
    "ready": "Says that a machine is filled and may run; of *run once*",
}


def page() -> str:
    """The whole page."""
    texts = json.loads((INTEGRATION / "translations" / "en.json").read_text())
    lines = [
        "# Entities, actions, triggers and conditions",
        "",
        "Made from the code by `script/generate`; [the integration](home-assistant.md) says how they work.",
        "",
        "## Entities",
        "",
        "Unique ids are the gateway's id, `_`, and the key. They and the names never change.",
        "Entities with a mark in the column *on* are enabled by default.",
        "",
        "| device | entity | key | on | state |",
        "| --- | --- | --- | --- | --- |",
        *_entities(texts),
        "",
        "## Entities of a price response",
        "",
        "Each [response](../how-to/let-a-device-respond.md) is a device of its own;",
        "unique ids are the response's id, `_`, and the key.",
        "",
        "| entity | key | on | state |",
        "| --- | --- | --- | --- |",
        *_of_responses(texts),
    ]
    for title, name, section in (
        ("Actions", "services.yaml", "services"),
        ("Triggers", "triggers.yaml", "triggers"),
        ("Conditions", "conditions.yaml", "conditions"),
    ):
        if (INTEGRATION / name).exists():
            lines += ["", f"## {title}", *_described(load_yaml_dict(str(INTEGRATION / name)), texts[section])]
    lines += ["", "## Settings", "", "What the dialogs ask, and what each answer does."]
    subentries = texts["config_subentries"]
    for title, steps in (
        ("Adding a gateway", texts["config"]["step"]),
        ("Options of a gateway", texts["options"]["step"]),
        ("Price responses", subentries["response"]["step"]),
        ("The meter", subentries["meter"]["step"]),
    ):
        lines += ["", f"### {title}", *_asked(steps)]
    return "\n".join(lines) + "\n"


def _entities(texts: Mapping[str, Any]) -> Iterator[str]:
    for platform, device, description in _descriptions():
        name = texts["entity"][platform][description.translation_key]["name"]
        where = texts["device"][device]["name"]
        on = "●" if description.entity_registry_enabled_default else ""
        yield f"| {where} | {name} | `{description.key}` | {on} | {MEANINGS[description.key]} |"


def _of_responses(texts: Mapping[str, Any]) -> Iterator[str]:
    for platform, description in (
        *(("sensor", sensor) for sensor in (*responses.SENSORS, responses.READY_BY)),
        ("select", responses.MODE),
        ("number", responses.TARGET),
        ("binary_sensor", responses.GOOD_TIME),
        *(("button", button) for button in (responses.SKIP, responses.RELEASE, responses.READY)),
    ):
        name = texts["entity"][platform][description.translation_key]["name"]
        on = "●" if description.entity_registry_enabled_default else ""
        yield f"| {name} | `{description.key}` | {on} | {RESPONSE_MEANINGS[description.key]} |"


def _descriptions() -> Iterator[tuple[str, str, EntityDescription]]:
    for sensor in (*PRICE_SENSORS, *ACCOUNT_SENSORS):
        yield "sensor", sensor.device, sensor
    for binary in BINARY_SENSORS:
        yield "binary_sensor", binary.device, binary
    yield "calendar", PRICES, CALENDAR
    yield "event", PRICES, MARKET
    yield "select", GATEWAY, GATEWAY_MODE
    for limit in LIMITS:
        yield "number", GATEWAY, limit
    yield "button", GATEWAY, PLAN_AGAIN
    yield "update", GATEWAY, SOFTWARE


def _asked(steps: Mapping[str, Any]) -> Iterator[str]:
    """The fields of each page of a dialog; a page that asks what another one asks is left out."""
    known: set[tuple[str, ...]] = set()
    for key, step in steps.items():
        parts = [step, *step.get("sections", {}).values()]
        fields = [
            f"| `{name}` | {label} | {part['data_description'][name]} |"
            for part in parts
            for name, label in part.get("data", {}).items()
        ]
        if not fields or tuple(fields) in known:
            continue
        known.add(tuple(fields))
        title = (step.get("title") or key).replace("{name}", "the gateway")
        yield from ("", f"**{title}**", "", "| field | name | meaning |", "| --- | --- | --- |", *fields)


def _described(schemas: Mapping[str, Any], texts: Mapping[str, Any]) -> Iterator[str]:
    """What each of them does, and its fields; keys that begin with a dot are YAML anchors."""
    for key, schema in schemas.items():
        if key.startswith("."):
            continue
        text = texts[key]
        yield from ("", f"### `temix.{key}`", "", f"{text['name']}. {text['description']}")
        fields = (schema or {}).get("fields", {})
        if fields:
            yield from ("", "| field | required | meaning |", "| --- | --- | --- |")
        for name, field in fields.items():
            required = "yes" if (field or {}).get("required") else ""
            told = text["fields"][name]
            yield f"| `{name}` | {required} | {told['name']}. {told['description']} |"
