"""Actions with responses, and the diagnostics."""

from typing import Any, cast

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.json import json_dumps
from homeassistant.setup import async_setup_component
from homeassistant.util.json import json_loads_object
from pytest_homeassistant_custom_component.common import MockConfigEntry
from syrupy.assertion import SnapshotAssertion
from syrupy.filters import props
from temix_gateway.home import account
from temix_gateway.home.messages import DevicePlan, Plan, PlanStep, PriceStep

from custom_components.temix.const import DOMAIN
from custom_components.temix.diagnostics import async_get_config_entry_diagnostics
from tests.gateway.home.fake_core import FIVE_MINUTES, HOUR, NOON, Gateway
from tests.integration.conftest import pushed


async def call(hass: HomeAssistant, action: str, **fields: Any) -> Any:
    """Call an action and return its response."""
    return await hass.services.async_call(DOMAIN, action, fields, blocking=True, return_response=True)


async def test_prices(hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry) -> None:
    response = await call(hass, "get_prices")
    assert response["currency"] == "USD"
    assert response["prices"][0] == {
        "start": "2021-11-24T18:05:00+00:00",
        "end": "2021-11-24T18:10:00+00:00",
        "buy": 0.091111,
        "sell": 0.0245,
        "buy_energy": 0.061111,
        "buy_transport": 0.03,
        "sell_energy": 0.0295,
        "sell_transport": -0.005,
        "components": {"wholesale": 0.056111, "losses": 0.005},
        "carbon_intensity": None,
    }
    assert len(response["prices"]) == len(gateway.core.current.prices)


async def test_positions_and_the_ledger_that_they_follow_from(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry
) -> None:
    response = await call(hass, "get_positions", config_entry_id=loaded.entry_id)
    assert response["ledger"] == {"sequence": 41, "head": "ab" * 32}
    assert response["positions"][1] == {
        "start": "2021-11-24T19:00:00+00:00",
        "end": "2021-11-24T20:00:00+00:00",
        "quantity": 612,
        "subscribed": 600,
    }
    served = gateway.core.current.positions
    assert [step["quantity"] for step in response["positions"]] == [step.quantity for step in served]


@pytest.mark.parametrize(
    "start, end, count",
    [
        ("2021-11-24T19:30:00+00:00", "2021-11-24T20:00:01+00:00", 2),
        ("2021-11-24 11:30:00", "2021-11-24 12:00:00", 1),  # Home Assistant's own zone, US/Pacific
        ("2021-12-24T00:00:00+00:00", "2021-12-25T00:00:00+00:00", 0),
    ],
)
async def test_between(
    hass: HomeAssistant, loaded: MockConfigEntry, start: str, end: str, count: int
) -> None:
    response = await call(hass, "get_positions", start=start, end=end)
    assert len(response["positions"]) == count


async def test_from_a_time_on_and_until_a_time(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    middle = "2021-11-25T00:00:00+00:00"
    until, since = (
        await call(hass, "get_positions", end=middle),
        await call(hass, "get_positions", start=middle),
    )
    whole = await call(hass, "get_positions")
    assert until["positions"] + since["positions"] == whole["positions"]


async def test_end_before_start_is_refused(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await call(hass, "get_prices", start="2021-11-24T20:00:00+00:00", end="2021-11-24T20:00:00+00:00")
    assert refused.value.translation_key == "end_before_start"


async def test_the_field_that_is_wrong_is_named(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    run = {"length": "01:00:00"}
    soon = {"earliest": "2021-11-24T19:00:00+00:00", "latest": "2021-11-24T19:30:00+00:00"}
    for action, fields, key, field in (
        ("find_window", {"length": "00:07:00"}, "wrong_length", "length"),
        ("find_window", {"length": "49:00:00"}, "wrong_length", "length"),
        ("find_window", {"length": "00:00:00"}, "wrong_length", "length"),
        ("find_window", run | {"power_profile": ["much"]}, "wrong_profile", "power_profile"),
        ("find_window", run | {"power_profile": [-1]}, "wrong_profile", "power_profile"),
        ("find_window", run | {"power_profile": ["nan"]}, "wrong_profile", "power_profile"),
        ("find_window", run | {"power_profile": [0, 0]}, "wrong_profile", "power_profile"),
        ("find_window", run | {"power_profile": [1] * 97}, "wrong_profile", "power_profile"),
        ("find_window", run | {"power_profile": [1, 2], "split": True}, "split_profile", "power_profile"),
        ("find_window", run | {"by": "carbon"}, "no_carbon", "by"),
        ("cost_of_run", run | {"by": "carbon", "energy": 1}, "no_carbon", "by"),
        ("find_window", run | soon, "no_room", "latest"),
        ("find_window", run | {"latest": "2020-01-01T00:00:00+00:00"}, "no_room", "latest"),
        ("find_window", run | {"earliest": "2022-01-01", "latest": "2022-01-03"}, "no_prices", "latest"),
        ("cost_of_run", run, "profile_or_energy", "energy"),
        ("cost_of_run", run | {"energy": 1, "power_profile": [1]}, "profile_or_energy", "energy"),
        ("cost_of_run", run | {"energy": 1, "start": "2022-01-01"}, "no_prices", "start"),
    ):
        with pytest.raises(ServiceValidationError) as refused:
            await call(hass, action, **fields)
        assert refused.value.translation_key == key, fields
        assert refused.value.translation_placeholders is not None
        assert refused.value.translation_placeholders["field"] == field
        assert field in str(refused.value)


async def test_find_window(hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry) -> None:
    # From 18:05 on prices rise with every interval: hourly from 22:00 on.
    cheapest = await call(hass, "find_window", length={"hours": 1}, power_profile=[2, 1])
    assert [cheapest[key] for key in ("currency", "energy")] == ["USD", 1.5]
    assert cheapest["windows"][0]["start"] == "2021-11-24T18:00:00+00:00"
    assert cheapest["cost"] == pytest.approx(cheapest["mean_price"] * 1.5)
    dearest = await call(hass, "find_window", length={"hours": 1}, search="dearest")
    last = gateway.core.current.prices[-1]
    assert last.buy is not None
    assert dearest["mean_price"] == pytest.approx(last.buy / 1e6)
    assert "cost" not in dearest
    assert dearest["windows"][0]["end"] == "2021-11-26T10:00:00+00:00"


async def test_find_window_in_pieces(hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry) -> None:
    start = NOON + FIVE_MINUTES
    cents = (5, 30, 5, 30)
    prices = [
        PriceStep(start=start + n * FIVE_MINUTES, end=start + (n + 1) * FIVE_MINUTES, buy=10_000 * c)
        for n, c in enumerate(cents)
    ]
    gateway.update(prices=prices, horizon=prices[-1].end)
    await pushed(loaded, lambda: len(loaded.runtime_data.data.prices) == 4)
    found = await call(hass, "find_window", length={"minutes": 10}, split=True, power_profile=["1.2"])
    assert found["windows"] == [
        {"start": "2021-11-24T18:05:00+00:00", "end": "2021-11-24T18:10:00+00:00", "mean_price": 0.05},
        {"start": "2021-11-24T18:15:00+00:00", "end": "2021-11-24T18:20:00+00:00", "mean_price": 0.05},
    ]
    assert (found["energy"], found["cost"]) == (0.2, pytest.approx(0.01))


async def test_by_carbon(hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry) -> None:
    """The cheapest hour is the first; that of the least carbon is the third."""
    start = NOON + HOUR
    prices = [
        PriceStep(
            start=start + n * HOUR, end=start + (n + 1) * HOUR, buy=100_000 * (n + 1), carbon_intensity=grams
        )
        for n, grams in enumerate((400, 300, 120, 500, None))
    ]
    gateway.update(prices=prices, horizon=prices[-1].end)
    await pushed(loaded, lambda: len(loaded.runtime_data.data.prices) == 5)
    listed = await call(hass, "get_prices")
    assert [step["carbon_intensity"] for step in listed["prices"]] == [400, 300, 120, 500, None]
    found = await call(hass, "find_window", length={"hours": 1}, by="carbon", power_profile=[2, 1])
    assert found == {
        "windows": [
            {
                "start": "2021-11-24T21:00:00+00:00",
                "end": "2021-11-24T22:00:00+00:00",
                "mean_carbon_intensity": 120.0,
            }
        ],
        "mean_carbon_intensity": 120.0,
        "carbon": 180.0,
        "energy": 1.5,
    }
    most = await call(hass, "find_window", length={"hours": 1}, by="carbon", search="dearest")
    assert most["windows"][0]["start"] == "2021-11-24T22:00:00+00:00"
    assert (await call(hass, "find_window", length={"hours": 1}))["mean_price"] == pytest.approx(0.1)
    run = {"start": "2021-11-24T19:30:00+00:00", "length": {"hours": 1}, "energy": 2}
    emitted = await call(hass, "cost_of_run", by="carbon", **run)
    assert (emitted["carbon"], emitted["mean_carbon_intensity"]) == (700.0, 350.0)
    assert "currency" not in emitted
    beyond = {"start": "2021-11-24T22:30:00+00:00", "length": {"hours": 1}, "energy": 2, "by": "carbon"}
    with pytest.raises(ServiceValidationError) as refused:
        await call(hass, "cost_of_run", **beyond)
    assert refused.value.translation_key == "carbon_unknown"


async def test_cost_of_run(hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry) -> None:
    last = gateway.core.current.prices[-1]
    assert last.buy is not None
    fields = {"start": "2021-11-26T09:00:00+00:00", "length": {"hours": 1}}
    by_energy = await call(hass, "cost_of_run", energy=2.4, **fields)
    assert by_energy["cost"] == pytest.approx(2.4 * last.buy / 1e6)
    by_profile = await call(hass, "cost_of_run", power_profile=["4.8", 0], **fields)
    assert by_profile == by_energy
    at_once = await call(hass, "cost_of_run", length={"minutes": 5}, energy=1)
    assert at_once["cost"] == pytest.approx(0.08125)  # the spot of now


async def test_plan(hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry) -> None:
    assert (await call(hass, "get_plan"))["plan"] is None
    step = PlanStep(start=NOON, end=NOON + HOUR, power=2_000, why="cheapest", reason="cheapest hour")
    gateway.update(plan=Plan(made=NOON, devices=[DevicePlan(device="car", steps=[step], saved="0.31")]))
    await pushed(loaded, lambda: loaded.runtime_data.data.plan is not None)
    response = await call(hass, "get_plan")
    assert response["mode"] == "automatic"
    assert response["plan"]["made"] == "2021-11-24T18:00:00+00:00"
    (device,) = response["plan"]["devices"]
    assert (device["device"], device["name"], device["saved"]) == ("car", None, 0.31)
    assert device["steps"] == [
        {
            "start": "2021-11-24T18:00:00+00:00",
            "end": "2021-11-24T19:00:00+00:00",
            "power": 2_000,
            "why": "cheapest",
            "reason": "cheapest hour",
            "until": None,
        }
    ]


async def test_transactions_of_all_pages(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry
) -> None:
    pages = [
        account.TransactionPage(transactions=[transaction(number)], next=number if number < 3 else None)
        for number in (1, 2, 3)
    ]

    async def look_up(query: account.GetTransactions) -> account.TransactionPage:
        gateway.core.commands.append(query)
        return pages[query.after]

    gateway.core.look_up = look_up  # type: ignore[method-assign, assignment]
    response = await call(hass, "get_transactions")
    assert [one["key"] for one in response["transactions"]] == ["t1", "t2", "t3"]
    assert (response["complete"], response["transactions"][0]["price"]) == (True, 0.085)
    first = gateway.core.commands[0]
    assert isinstance(first, account.GetTransactions)
    assert (first.start, first.end) == (1_635_742_800_000, 1_637_820_000_000)  # midnights in Chicago


async def test_statement(hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry) -> None:
    gateway.core.refusal = "a period of at most 400 days"
    with pytest.raises(HomeAssistantError, match="at most 400 days"):
        await call(hass, "get_statement", start="2001-01-01")
    gateway.core.refusal = None
    gateway.core.found = statement()
    response = await call(hass, "get_statement", level="day")
    told = response["statement"]
    assert told["total"]["total"] == -0.123456789
    assert told["lines"][0]["energy"]["transactions"] == 0.5
    assert told["lines"][0]["start"] == "2021-11-24T18:00:00+00:00"


def transaction(number: int) -> account.Transaction:
    """A bought pair."""
    return account.Transaction(
        key=f"t{number}", at=NOON, start=NOON, end=NOON + HOUR, quantity=120, price=85_000
    )


def statement() -> account.Statement:
    """A statement of one line."""
    leg = account.LegAccount(subscription="0", transactions="0.5", deviation="0", total="0.5")
    line = account.StatementLine(
        id="2021-11-24",
        start=NOON,
        end=NOON + HOUR,
        energy=leg,
        transport=leg,
        market="1",
        total="-0.123456789",
        subscribed=0,
        transacted=0,
        position=0,
        imported=0,
        exported=0,
        deviation=0,
        settled=1,
    )
    return account.Statement(
        currency="USD",
        zone="America/Chicago",
        made=NOON,
        level="day",
        lines=[line],
        total=line,
        revision=3,
    )


async def test_actions_are_there_without_an_entry_and_say_so(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, DOMAIN, {})
    with pytest.raises(ServiceValidationError) as refused:
        await call(hass, "get_prices", config_entry_id="gone")
    assert refused.value.translation_key == "service_config_entry_not_found"


async def test_diagnostics_tell_no_secret(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry, snapshot: SnapshotAssertion
) -> None:
    text = json_dumps(await async_get_config_entry_diagnostics(hass, loaded))
    for secret in (gateway.token, gateway.host, gateway.gateway_id, "Chicago"):
        assert secret not in text
    diagnostics = json_loads_object(text)
    state = cast("dict[str, Any]", diagnostics["state"])
    state["prices"], state["positions"] = state["prices"][:2], state["positions"][:2]
    changing = props("created_at", "modified_at", "entry_id", "port", "fingerprint")
    assert diagnostics == snapshot(exclude=changing)
