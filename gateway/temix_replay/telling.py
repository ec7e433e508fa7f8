"""A replay's result in words and figures: a table for people, JSON for programs."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, Final

import msgspec
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from temix_gateway.home.account import Audit
from temix_market.instants import iso
from temix_market.units import Money, Price, money_text

from temix_replay.result import Replay, Service

WITHIN_THE_HOUR: Final = (
    "The prices are hourly. Their course within the hour is made: its shape is that of CAISO's marginal "
    "CO2 signal, in proportion to the price. No real 5-minute price enters; --even-hours leaves it out."
)
EVEN_HOURS: Final = "Prices are even within the hour: nothing but the hourly series enters."
COLD_SNAP: Final = (
    "The cold snap of 13 to 20 February is synthetic: 18 K below the season, not the storm's weather."
)


CASES: Final[dict[str, Callable[[Audit], str | None]]] = {
    "A": lambda audit: audit.executed,
    "B": lambda audit: audit.exact,
    "C": lambda audit: audit.perfect,
    "D": lambda audit: audit.optimum,
    "A−B": lambda audit: audit.execution_regret,
    "B−C": lambda audit: audit.forecast_regret,
    "C−D": lambda audit: audit.plan_regret,
}
FORESIGHT: Final = (
    "The audit's cases start each day as the home then was, end it with other charges and temperatures, and "
    "price what differs from the subscription at the frozen spot: what trading ahead brought is in A and B "
    "alone. Plans with perfect foresight depend on how fast the machine searches."
)


def within_the_hour(replay: Replay) -> str:
    """What to say of 5-minute prices."""
    return EVEN_HOURS if replay.even_hours else WITHIN_THE_HOUR


def as_json(replay: Replay) -> dict[str, Any]:
    """Everything as JSON: money and prices as decimal text in currency units, energies in Wh."""
    calibration = replay.calibration
    return {
        "currency": replay.currency,
        "zone": replay.zone,
        "seed": replay.seed,
        "cold_snap": replay.cold_snap,
        "total": {
            "paid": money_text(replay.paid),
            "flat_tariff": money_text(replay.flat),
            "without_control": money_text(replay.without_control),
            "same_use_without_trading_ahead": money_text(replay.spot_only),
        },
        "days": [
            {
                "date": day.date.isoformat(),
                "hours": day.hours,
                "paid": money_text(day.paid),
                "flat_tariff": money_text(day.flat),
                "without_control": money_text(day.uncontrolled),
                "net_import_wh": day.energy,
                "net_import_without_control_wh": day.uncontrolled_energy,
                "plans": day.plans,
                "transactions": day.trades,
            }
            for day in replay.days
        ],
        "calibration": {
            "year": replay.year,
            "flat_price_per_kwh": _price(calibration.flat),
            "subscription_price_per_kwh": _price(calibration.subscription),
            "net_import_wh": calibration.year_energy,
            "cost_at_spot": money_text(calibration.year_dynamic),
            "cost_on_flat_tariff": money_text(calibration.year_flat),
            "cost_with_subscription": money_text(calibration.year_subscribed),
        },
        "plans": {"hourly": replay.hourly_plans, "on_material_change": replay.material_plans},
        "transactions": replay.trades,
        "service": {"controlled": asdict(replay.controlled), "without_control": asdict(replay.uncontrolled)},
        **_regret(replay),
        **({"audits": msgspec.to_builtins(replay.audits)} if replay.audits else {}),
        "ledger_head": replay.head,
        "prices": {"source": replay.attribution, "within_the_hour": within_the_hour(replay)},
        "seconds": round(replay.seconds, 1),
        "samples": [
            {
                "start": iso(sample.start),
                "buy": _price(sample.buy),
                "sell": _price(sample.sell),
                "position_wh": sample.position,
                "delivery_wh": sample.delivery,
                "without_control_wh": sample.uncontrolled,
                "power_w": dict(sample.devices),
            }
            for sample in replay.samples
        ],
    }


def _regret(replay: Replay) -> dict[str, Any]:
    known, regret = replay.foresight, replay.regret
    if known is None or regret is None:
        return {}
    return {
        "foresight": {
            "paid": money_text(known.paid),
            "by_day": {day.isoformat(): money_text(paid) for day, paid in known.days.items()},
            "more_left_with_temix": money_text(known.left(replay.controlled)),
            "left_counts_per_kwh": _price(known.stored_at),
            "regret": money_text(regret),
            "plans": known.plans,
            "service": asdict(known.service),
        }
    }


def as_text(replay: Replay) -> RenderableType:
    """The table of days, the calibration, and what else a sceptic asks."""
    found: list[RenderableType] = [_audits(replay), Text()] if replay.audits else []
    return Group(_days(replay), Text(), *found, *(Text(f"· {line}") for line in _notes(replay)))


def _days(replay: Replay) -> Table:
    first, last = replay.days[0].date, replay.days[-1].date
    table = Table(
        title=f"What the home pays, {first} to {last} ({replay.currency}): with TeMIX,\n"
        "on a flat tariff, on dynamic prices without control. Then its net import.",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        show_footer=len(replay.days) > 1,
        title_justify="left",
    )
    totals = (
        ("TeMIX", _amount(replay.paid)),
        ("flat", _amount(replay.flat)),
        ("no control", _amount(replay.without_control)),
        ("kWh", _kwh([day.energy for day in replay.days])),
        ("no control", _kwh([day.uncontrolled_energy for day in replay.days])),
        ("plans", str(sum(day.plans for day in replay.days))),
        ("trades", str(sum(day.trades for day in replay.days))),
    )
    table.add_column("day", "total", no_wrap=True)
    for name, total in totals:
        table.add_column(name, total, justify="right", no_wrap=True)
    for day in replay.days:
        label = f"{day.date:%a %d %b}" + ("" if day.hours == 24 else f" {day.hours:g} h")
        energies = _kwh([day.energy]), _kwh([day.uncontrolled_energy])
        amounts = (_amount(money) for money in (day.paid, day.flat, day.uncontrolled))
        table.add_row(label, *amounts, *energies, str(day.plans), str(day.trades))
    return table


def _audits(replay: Replay) -> Table:
    """What the days would have cost as planned and with perfect foresight; no total where a case lacks."""
    table = Table(
        title=f"What the days cost ({replay.currency}): A as executed, B exactly as planned,\n"
        "C with a perfect forecast, D at the optimum; lost in execution, forecast, planning.",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        show_footer=len(replay.audits) > 1,
        title_justify="left",
    )
    table.add_column("day", "total", no_wrap=True)
    for name, case in CASES.items():
        found = [case(audit) for audit in replay.audits]
        known = [float(value) for value in found if value is not None]
        total = f"{sum(known):,.2f}" if len(known) == len(found) else ""
        table.add_column(name, total, justify="right", no_wrap=True)
    for audit in replay.audits:
        values = (case(audit) for case in CASES.values())
        table.add_row(audit.day, *("" if value is None else f"{float(value):,.2f}" for value in values))
    return table


def _notes(replay: Replay) -> list[str]:
    found = replay.calibration
    at_spot, flat, subscribed = (
        _amount(total) for total in (found.year_dynamic, found.year_flat, found.year_subscribed)
    )
    return [
        (
            f"With TeMIX: as executed, settled from the ledger (head {replay.head[:12]}). It re-planned "
            f"{replay.hourly_plans} times on the hour and {replay.material_plans} times on material change, "
            f"and made {replay.trades} transactions beside the subscription. No clock ended its searches: "
            "what they find does not depend on the machine."
        ),
        (
            f"Calibration on {replay.year} without control, {_kwh([found.year_energy])} kWh: at spot alone "
            f"{at_spot}; flat tariff at {_price(found.flat)} a kWh {flat}; subscription at "
            f"{_price(found.subscription)} a kWh with the rest at spot {subscribed}. With and without "
            "control carry the same subscription."
        ),
        (
            "With the same use and nothing traded ahead, only subscription and spot, it would have paid "
            f"{_amount(replay.spot_only)}."
        ),
        *_known(replay),
        f"Missed with TeMIX: {_missed(replay.controlled)}.",
        f"Missed without control: {_missed(replay.uncontrolled)}.",
        f"Stored at the end with TeMIX: {_stored(replay.controlled)}.",
        f"Stored at the end without control: {_stored(replay.uncontrolled)}.",
        f"The home, its people and its weather are simulated from seed {replay.seed}.",
        *([COLD_SNAP] if replay.cold_snap else []),
        replay.attribution,
        within_the_hour(replay),
        *([FORESIGHT] if replay.audits else []),
        f"Took {replay.seconds:.1f} s.",
    ]


def _known(replay: Replay) -> list[str]:
    """What the same home would have paid that knew what came."""
    known, regret = replay.foresight, replay.regret
    if known is None or regret is None:
        return []
    left = known.left(replay.controlled)
    return [
        (
            "Had it known prices, load, sun, weather, trips and hot water beforehand, the same home would "
            f"have paid {_amount(known.paid)}, with nothing traded ahead. With TeMIX more is left in car and "
            f"battery, worth {_amount(left)} at {_price(known.stored_at)} a kWh: a regret of "
            f"{_amount(regret)}."
        ),
        f"Missed with foresight: {_missed(known.service)}.",
    ]


def _missed(service: Service) -> str:
    return (
        f"{service.road_charging_kwh:.1f} kWh charged on the road, "
        f"{service.cold_water_litres:.0f} l of water too cold, "
        f"{service.discomfort_kelvin_hours:.1f} K·h beyond 18.5 … 26.5 °C, "
        f"{service.filtering_missed_hours:.1f} h of pool filtering"
    )


def _stored(service: Service) -> str:
    return (
        f"car {service.car_kwh:.1f} kWh, battery {service.battery_kwh:.1f} kWh, "
        f"tank {service.tank_celsius:.0f} °C, air {service.air_celsius:.1f} °C"
    )


def _amount(money: Money) -> str:
    return f"{money / 1e9:,.2f}"


def _price(price: Price) -> str:
    return money_text(Money(price * 1000))


def _kwh(energies: Sequence[int]) -> str:
    return f"{sum(energies) / 1000:,.1f}"
