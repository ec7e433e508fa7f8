"""What prices mean, as entities: days, levels, windows, news, and the owner's settings."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events
from temix_gateway.home.messages import (
    DevicePlan,
    Plan,
    PlanStep,
    PositionStep,
    PriceStep,
    Spot,
    Trading,
    Transaction,
    Transactions,
)

from custom_components.temix.news import EVENT
from custom_components.temix.options import main_fuse
from custom_components.temix.outlook import Windows
from tests.gateway.home.fake_core import FIVE_MINUTES, HOUR, MINUTE, NOON, Gateway
from tests.integration.conftest import BUY, Advance, cut, pushed, restore, value
from tests.integration.day import turns

P = "sensor.electricity_prices_"
B = "binary_sensor.electricity_prices_"
EVENT_ENTITY = "event.electricity_prices_market"
CALENDAR = "calendar.electricity_prices_calendar"


def attributes(hass: HomeAssistant, entity_id: str) -> dict[str, Any]:
    """An entity's attributes."""
    state = hass.states.get(entity_id)
    assert state is not None, entity_id
    return dict(state.attributes)


def prices(*cents: int, start: int = NOON + FIVE_MINUTES, first: int = FIVE_MINUTES) -> list[PriceStep]:
    """Tenders from ``start`` on: one of ``first`` milliseconds up to the hour, then hours."""
    edges = [start, NOON + HOUR, *(NOON + (2 + number) * HOUR for number in range(len(cents) - 1))]
    return [
        PriceStep(start=begin, end=end, buy=10_000 * cent, sell=5_000 * cent)
        for begin, end, cent in zip(edges[:-1], edges[1:], cents, strict=True)
    ]


async def show(gateway: Gateway, entry: MockConfigEntry, spot: int, *cents: int) -> None:
    """Let the spot of now and the hours ahead be these."""
    gateway.update(
        spot=Spot(start=NOON, end=NOON + FIVE_MINUTES, buy=10_000 * spot, sell=0), prices=prices(*cents)
    )
    coordinator = entry.runtime_data
    await pushed(
        entry,
        lambda: (
            [step.buy for step in coordinator.data.prices] == [10_000 * cent for cent in cents]
            and coordinator.now.buy == 10_000 * spot
        ),
    )


async def test_days_as_far_as_they_are_known(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry
) -> None:
    # Noon in Chicago: twelve hours of today are left; the first lasts 55 minutes and the spot 5.
    await show(gateway, loaded, 8, 8, *[5, 20, 10, 10, 10, 10, 10, 10, 10, 10, 10], *[3] * 20)
    assert value(hass, f"{P}lowest_price_today") == "0.05"
    assert attributes(hass, f"{P}lowest_price_today")["start"] == "2021-11-24T19:00:00+00:00"
    assert attributes(hass, f"{P}lowest_price_today")["complete"] is False
    assert value(hass, f"{P}highest_price_today") == "0.2"
    assert float(value(hass, f"{P}mean_price_today")) == pytest.approx((0.08 + 0.05 + 0.2 + 0.9) / 12)
    assert value(hass, f"{P}lowest_price_tomorrow") == "0.03"
    assert value(hass, f"{B}tomorrow_known") == "off"
    assert (value(hass, f"{P}price_rank"), value(hass, f"{P}price_level")) == ("2", "normal")


async def test_the_morning_is_remembered_over_a_restart(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry, advance: Advance
) -> None:
    for number in range(3):
        start = NOON + number * FIVE_MINUTES
        gateway.update(
            spot=Spot(start=start, end=start + FIVE_MINUTES, buy=-20_000 * (number + 1), sell=-30_000)
        )
        await pushed(loaded, lambda: float(value(hass, BUY)) < 0)
        advance(minutes=5)
        await hass.async_block_till_done()
    lowest = attributes(hass, f"{P}lowest_price_today")
    assert (value(hass, f"{P}lowest_price_today"), lowest["start"]) == ("-0.06", "2021-11-24T18:10:00+00:00")
    assert await hass.config_entries.async_reload(loaded.entry_id)
    assert value(hass, f"{P}lowest_price_today") == "-0.06"
    assert attributes(hass, f"{P}lowest_price_today") == lowest


async def test_level_and_spike_follow_the_owners_thresholds(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry
) -> None:
    assert value(hass, f"{P}price_level") == "very_low"
    flow = await hass.config_entries.options.async_init(loaded.entry_id)
    own = {"very_low": 0.0, "low": 0.05, "high": 0.07, "very_high": 0.09, "spike": 0.08}
    answers = {"window_hours": 2, "revision_percent": 10, "main_fuse": {"amperes": 63, "volts": 120}}
    for wrong, error in (
        ({name: own[name] for name in ("low", "high")}, "some_thresholds"),
        (own | {"low": 0.2}, "thresholds_must_rise"),
    ):
        flow = await hass.config_entries.options.async_configure(
            flow["flow_id"], answers | {"thresholds": wrong}
        )
        assert flow["errors"] == {"base": error}
    flow = await hass.config_entries.options.async_configure(flow["flow_id"], answers | {"thresholds": own})
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert main_fuse(loaded.options) == (63, 120)
    assert (value(hass, f"{P}price_level"), value(hass, f"{B}price_spike")) == ("high", "on")
    assert (value(hass, f"{B}price_high"), value(hass, f"{B}price_low")) == ("on", "off")
    start, end = (
        datetime.fromisoformat(text)
        for text in (value(hass, f"{P}cheapest_window"), attributes(hass, f"{P}cheapest_window")["end"])
    )
    assert end - start == timedelta(hours=1)  # it has begun, and stays as it is
    dearest = datetime.fromisoformat(value(hass, f"{P}dearest_window"))
    ends = datetime.fromisoformat(attributes(hass, f"{P}dearest_window")["end"])
    assert ends - dearest == timedelta(hours=2)
    flow = await hass.config_entries.options.async_init(loaded.entry_id)
    await hass.config_entries.options.async_configure(flow["flow_id"], answers | {"thresholds": {}})
    await hass.async_block_till_done()
    assert value(hass, f"{P}price_level") == "very_low"


async def test_news_are_told_once_and_as_events(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry, advance: Advance
) -> None:
    told = async_capture_events(hass, EVENT)
    await show(gateway, loaded, 8, 8, *[10] * 20)
    told.clear()
    await show(gateway, loaded, 8, 8, *[10] * 35)
    assert [event.data["type"] for event in told] == ["tomorrow_known"]
    told.clear()

    last = Transaction(
        key="k", at=NOON, start=NOON + HOUR, end=NOON + 2 * HOUR, quantity=-1_200, price=95_000
    )
    gateway.update(transactions=Transactions(count=14, last=last))
    await pushed(loaded, lambda: bool(told))
    assert told[0].data == {
        "type": "transaction",
        "config_entry_id": loaded.entry_id,
        "start": "2021-11-24T19:00:00+00:00",
        "end": "2021-11-24T20:00:00+00:00",
        "count": 2,
        "quantity": -1.2,
        "price": 0.095,
        "currency": "USD",
    }
    assert attributes(hass, EVENT_ENTITY)["event_type"] == "transaction"
    assert value(hass, "sensor.account_last_transaction") == "2021-11-24T18:00:00+00:00"
    told.clear()

    await show(gateway, loaded, 8, 8, *[10] * 34, 13)
    assert [(event.data["type"], event.data["percent"]) for event in told] == [("tender_revised", 30.0)]
    told.clear()

    await show(gateway, loaded, 90, 8, *[10] * 34, 13)
    spikes = [event.data["price"] for event in told if event.data["type"] == "spike_started"]
    assert spikes == [0.9]
    assert value(hass, f"{B}price_spike") == "on"
    told.clear()
    gateway.update(
        spot=Spot(start=NOON + FIVE_MINUTES, end=NOON + 2 * FIVE_MINUTES, buy=70_000, sell=0),
    )
    advance(minutes=5)
    await pushed(loaded, lambda: value(hass, BUY) == "0.07")
    assert "spike_ended" in [event.data["type"] for event in told]


async def test_the_cheapest_window_starts_once(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry, advance: Advance
) -> None:
    await show(gateway, loaded, 10, 10, 4, *[10] * 10)
    loaded.runtime_data.memory.windows = (Windows(), Windows())
    loaded.runtime_data.look_again()
    told = async_capture_events(hass, EVENT)
    assert value(hass, f"{P}cheapest_window") == "2021-11-24T19:00:00+00:00"
    for _ in range(24):
        advance(minutes=5)
        await hass.async_block_till_done()
    starts = [event for event in told if event.data["type"] == "cheapest_window_started"]
    assert [(event.data["start"], event.data["mean"]) for event in starts] == [
        ("2021-11-24T19:00:00+00:00", 0.04)
    ]
    assert starts[0].time_fired.isoformat() == "2021-11-24T19:00:00+00:00"


async def test_an_outage_tells_no_news_twice(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry, advance: Advance
) -> None:
    told = async_capture_events(hass, EVENT)
    await cut(gateway, loaded)
    advance(seconds=100)
    await restore(gateway, loaded)
    await hass.async_block_till_done()
    assert told == []


async def test_calendar_of_prices_and_runs(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry
) -> None:
    run = [
        PlanStep(start=NOON + HOUR, end=NOON + 2 * HOUR, power=2_000, reason="cheapest"),
        PlanStep(start=NOON + 2 * HOUR, end=NOON + 3 * HOUR, power=1_000, reason="still cheap"),
        PlanStep(start=NOON + 3 * HOUR, end=NOON + 4 * HOUR, power=0),
        PlanStep(start=NOON + 5 * HOUR, end=NOON + 6 * HOUR, power=2_000, reason="again"),
    ]
    gateway.update(plan=Plan(made=NOON, devices=[DevicePlan(device="car", steps=run)]))
    await show(gateway, loaded, 10, 10, 10, 10, 4, 4, 10, 10, 30, *[10] * 28)
    response = await hass.services.async_call(
        "calendar",
        "get_events",
        {"entity_id": CALENDAR, "start_date_time": "2021-11-24T10:00:00", "duration": {"hours": 40}},
        blocking=True,
        return_response=True,
    )
    assert response is not None
    events = response[CALENDAR]["events"]  # type: ignore[index, call-overload]
    assert [(event["summary"], event["start"][11:16], event["end"][11:16]) for event in events] == [  # type: ignore[union-attr, index, call-overload]
        ("car", "11:00", "13:00"),
        ("Low price", "13:00", "15:00"),
        ("car", "15:00", "16:00"),
        ("High price", "17:00", "18:00"),
    ]
    assert attributes(hass, CALENDAR)["message"] == "car"
    assert value(hass, CALENDAR) == "off"


async def test_position_and_subscription_ahead(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry, advance: Advance
) -> None:
    midnight = NOON + 12 * HOUR
    gateway.update(
        positions=[
            PositionStep(start=NOON, end=NOON + HOUR, quantity=1_200, subscribed=600),
            PositionStep(start=midnight - HOUR, end=midnight + HOUR, quantity=-2_400, subscribed=0),
            PositionStep(start=midnight + HOUR, end=midnight + 2 * HOUR, quantity=600, subscribed=600),
        ]
    )
    await pushed(loaded, lambda: value(hass, "sensor.account_position") == "1.2")
    shown = {
        name: float(value(hass, f"sensor.account_{name}"))
        for name in ("position_rest_of_today", "position_tomorrow", "subscription_tomorrow")
    }
    assert shown == {
        "position_rest_of_today": 0.0,
        "position_tomorrow": -0.6,
        "subscription_tomorrow": 0.6,
    }
    assert value(hass, "sensor.account_subscription") == "0.6"
    advance(minutes=30)
    await hass.async_block_till_done()
    assert float(value(hass, "sensor.account_position_rest_of_today")) == pytest.approx(-0.6)


async def test_mode_is_the_gateways(hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry) -> None:
    async def choose(option: str) -> None:
        target = {"entity_id": "select.gateway_mode", "option": option}
        await hass.services.async_call("select", "select_option", target, blocking=True)

    assert value(hass, "binary_sensor.gateway_trading") == "on"
    await choose("advise")
    gateway.update()
    await pushed(loaded, lambda: value(hass, "select.gateway_mode") == "advise")
    assert value(hass, "binary_sensor.gateway_trading") == "off"
    gateway.core.refusal = "there is no mandate"
    with pytest.raises(HomeAssistantError, match="there is no mandate"):
        await choose("automatic")
    await cut(gateway, loaded)
    with pytest.raises(HomeAssistantError, match="not connected"):
        await choose("automatic")


async def test_problem_says_why(hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry) -> None:
    assert value(hass, "binary_sensor.gateway_problem") == "off"
    gateway.update(trading=Trading(paused=False, locked=["the ledger is damaged"] * 9 + ["x" * 3_000]))
    await pushed(loaded, lambda: value(hass, "binary_sensor.gateway_problem") == "on")
    assert attributes(hass, "binary_sensor.gateway_problem")["reasons"][0] == "the ledger is damaged"
    assert value(hass, "binary_sensor.gateway_trading") == "off"


async def test_attributes_stay_small(hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry) -> None:
    many = {f"component number {number}": 24_123_457 for number in range(60)}
    gateway.update(
        prices=[
            PriceStep(start=NOON, end=NOON + 5 * MINUTE, buy=1, buy_energy=1, components=many),
            *prices(*[7] * 36),
        ],
        trading=Trading(paused=False, locked=["y" * 5_000] * 90),
    )
    await pushed(loaded, lambda: value(hass, "binary_sensor.gateway_problem") == "on")
    for state in hass.states.async_all():
        told = {key: told for key, told in state.attributes.items() if key != "forecast"}
        assert len(json.dumps(told, default=str)) <= 2048, state.entity_id


@pytest.mark.timeout(120)
@pytest.mark.parametrize("count", [48, pytest.param(288, marks=pytest.mark.long)])
async def test_a_default_home_records_less_than_its_budget(
    hass: HomeAssistant,
    gateway: Gateway,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    count: int,
) -> None:
    """A day of 5-minute turns: at each the retailer publishes anew, and everything else moves with it."""
    assert await hass.config_entries.async_setup(entry.entry_id)
    changes = async_capture_events(hass, "state_changed")
    await turns(hass, gateway, entry, freezer, count)
    assert 2 * count <= len(changes) <= 3_000 * count / 288
    await hass.config_entries.async_unload(entry.entry_id)
