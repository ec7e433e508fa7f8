"""Triggers, conditions and blueprints, in real automations."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import translation
from homeassistant.helpers.condition import async_get_all_descriptions as condition_descriptions
from homeassistant.helpers.trigger import async_get_all_descriptions as trigger_descriptions
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service
from temix_gateway.home.messages import PositionStep, PriceStep, Spot, Transaction, Transactions

from custom_components.temix.condition import CONDITIONS
from custom_components.temix.const import DOMAIN
from custom_components.temix.trigger import TRIGGERS
from tests.gateway.home.fake_core import FIVE_MINUTES, HOUR, NOON, Gateway
from tests.integration.conftest import BUY, Advance, pushed

BLUEPRINTS = Path(__file__).parents[2] / "blueprints"
LEVEL = "sensor.electricity_prices_price_level"


@pytest.fixture
def calls(hass: HomeAssistant) -> list[ServiceCall]:
    """What automations did."""
    return async_mock_service(hass, "test", "ran")


@pytest.fixture
def prices_device(loaded: MockConfigEntry, device_registry: dr.DeviceRegistry) -> str:
    """The device *Electricity prices*."""
    device = device_registry.async_get_device_by_identifier(
        (DOMAIN, f"{loaded.unique_id}_electricity_prices"), loaded.entry_id
    )
    assert device is not None
    return device.id


async def automate(hass: HomeAssistant, *triggers: dict[str, Any], **more: Any) -> None:
    """Set up an automation."""
    data = {"trigger": "{{ trigger }}"}
    config = {"id": "one", "triggers": list(triggers), "actions": [{"action": "test.ran", "data": data}]}
    assert await async_setup_component(hass, "automation", {"automation": [config | more]})
    await hass.async_block_till_done()
    state = hass.states.get("automation.automation_0") or hass.states.async_all("automation")[0]
    assert state.state == "on"


async def cost(gateway: Gateway, entry: MockConfigEntry, cents: float, hours: list[int]) -> None:
    """Let a kWh cost so many cents now, and in the hours ahead."""
    edges = [NOON + FIVE_MINUTES, *(NOON + (1 + number) * HOUR for number in range(len(hours)))]
    steps = [
        PriceStep(start=start, end=end, buy=10_000 * cent, sell=0)
        for start, end, cent in zip(edges[:-1], edges[1:], hours, strict=True)
    ]
    spot = Spot(start=NOON, end=NOON + FIVE_MINUTES, buy=round(10_000 * cents), sell=5_000)
    gateway.update(spot=spot, prices=steps)
    coordinator = entry.runtime_data
    await pushed(
        entry,
        lambda: (
            coordinator.now.buy == spot.buy
            and [step.buy for step in coordinator.data.prices] == [10_000 * cent for cent in hours]
        ),
    )


FLAT = [10] * 12


@pytest.mark.parametrize(
    "case",
    [
        ("price_crossed_threshold", {"threshold": {"type": "above", "value": {"number": 0.3}}}, 10, 31),
        ("price_became_low", {}, 10, 5),
        ("price_became_high", {}, 10, 15),
        ("spike_started", {}, 10, 90),
        ("spike_ended", {}, 90, 10),
    ],
)
async def test_triggers_of_the_device_fire_once(
    gateway: Gateway,
    loaded: MockConfigEntry,
    prices_device: str,
    calls: list[ServiceCall],
    case: tuple[str, dict[str, Any], float, float],
) -> None:
    hass = loaded.runtime_data.hass
    trigger, options, before, after = case
    await cost(gateway, loaded, before, FLAT)
    await automate(
        hass,
        {"trigger": f"temix.{trigger}", "target": {ATTR_DEVICE_ID: prices_device}, "options": options},
    )
    await cost(gateway, loaded, after, FLAT)
    await hass.async_block_till_done()
    assert len(calls) == 1
    await cost(gateway, loaded, after + 0.1, FLAT)
    await hass.async_block_till_done()
    assert len(calls) == 1


async def test_tomorrow_known(
    hass: HomeAssistant,
    gateway: Gateway,
    loaded: MockConfigEntry,
    prices_device: str,
    calls: list[ServiceCall],
) -> None:
    await cost(gateway, loaded, 10, FLAT)
    await automate(hass, {"trigger": "temix.tomorrow_known", "target": {ATTR_DEVICE_ID: prices_device}})
    await cost(gateway, loaded, 10, FLAT * 3)
    await hass.async_block_till_done()
    assert len(calls) == 1


async def test_transactions_and_hours_that_move_are_told_with_what_they_are(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry, calls: list[ServiceCall]
) -> None:
    await automate(
        hass,
        {"trigger": "temix.transaction_made"},
        {"trigger": "temix.published_hour_moved", "options": {"percent": 15}},
        {"trigger": "temix.published_hour_moved", "options": {"percent": 90}},
        {"trigger": "temix.transaction_made", "options": {"config_entry_id": "another"}},
        {"trigger": "temix.published_hour_moved", "options": {"config_entry_id": "another"}},
        mode="queued",
    )
    await cost(gateway, loaded, 10, FLAT)
    await hass.async_block_till_done()
    calls.clear()
    await cost(gateway, loaded, 10, [*FLAT[:-1], 12])
    await hass.async_block_till_done()
    assert [call.data["trigger"]["percent"] for call in calls] == [20.0]
    last = Transaction(key="k", at=NOON, start=NOON, end=NOON + HOUR, quantity=120, price=1)
    gateway.update(transactions=Transactions(count=13, last=last))
    await pushed(loaded, lambda: loaded.runtime_data.data.transactions.count == 13)
    await hass.async_block_till_done()
    assert [call.data["trigger"].get("quantity") for call in calls[1:]] == [0.12]


async def test_the_cheapest_window_starts_at_its_minute(
    hass: HomeAssistant,
    gateway: Gateway,
    loaded: MockConfigEntry,
    calls: list[ServiceCall],
    advance: Advance,
) -> None:
    await cost(gateway, loaded, 10, [10, 10, 4, *[10] * 9])
    loaded.runtime_data.memory.windows = type(loaded.runtime_data.memory)(hass, "x").windows
    loaded.runtime_data.look_again()
    await automate(hass, {"trigger": "temix.cheapest_window_started"})
    for _ in range(40):
        advance(minutes=5)
        await hass.async_block_till_done()
    assert [call.data["trigger"]["start"] for call in calls] == ["2021-11-24T20:00:00+00:00"]


async def test_conditions(
    hass: HomeAssistant,
    gateway: Gateway,
    loaded: MockConfigEntry,
    prices_device: str,
    calls: list[ServiceCall],
) -> None:
    target = {"target": {ATTR_DEVICE_ID: prices_device}}
    options: Callable[..., dict[str, Any]] = lambda **given: {"options": given}  # noqa: E731
    conditions = {
        "low": {"condition": "temix.is_price_low"} | target,
        "high": {"condition": "temix.is_price_high"} | target,
        "within_2": {"condition": "temix.is_within_cheapest_hours"} | options(hours=2),
        "within_6": {"condition": "temix.is_within_cheapest_hours"} | options(hours=6),
        "long": {"condition": "temix.is_position_long"},
        "short": {"condition": "temix.is_position_short"},
        "another": {"condition": "temix.is_position_short"} | options(config_entry_id="another"),
    }
    actions = [
        {"if": [condition], "then": [{"action": "test.ran", "data": {"name": name}}]}
        for name, condition in conditions.items()
    ]
    trigger = {"trigger": "event", "event_type": "go"}
    await automate(hass, trigger, actions=actions, mode="queued")

    async def hold() -> set[str]:
        calls.clear()
        hass.bus.async_fire("go")
        await hass.async_block_till_done()
        return {call.data["name"] for call in calls}

    await cost(gateway, loaded, 4, FLAT)
    assert await hold() == {"low", "within_2", "within_6", "long"}
    gateway.update(positions=[PositionStep(start=NOON, end=NOON + HOUR, quantity=-120)])
    await cost(gateway, loaded, 60, [3, 3, 3, *[60] * 9])
    assert await hold() == {"within_6", "short"}
    await cost(gateway, loaded, 50, FLAT)
    assert await hold() == {"high", "short"}


async def test_a_wrong_option_is_refused(
    hass: HomeAssistant, loaded: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    trigger = {"trigger": "temix.published_hour_moved", "options": {"percent": 0}}
    config = {"triggers": [trigger], "actions": []}
    assert await async_setup_component(hass, "automation", {"automation": [config]})
    assert "value must be at least 1" in caplog.text


async def test_everything_is_described_and_translated(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    for name, keys, described in (
        ("triggers", TRIGGERS, await trigger_descriptions(hass)),
        ("conditions", CONDITIONS, await condition_descriptions(hass)),
    ):
        texts = await translation.async_get_translations(hass, "en", name, {DOMAIN})
        for key in keys:
            description = described[f"{DOMAIN}.{key}"]
            assert description is not None
            for field in description["fields"]:
                for text in ("name", "description"):
                    assert texts[f"component.{DOMAIN}.{name}.{key}.fields.{field}.{text}"]
        assert {key.removeprefix(f"{DOMAIN}.") for key in described if key.startswith(DOMAIN)} == set(keys)


@pytest.fixture
def blueprints(hass: HomeAssistant, tmp_path: Path) -> Path:
    """A configuration folder with our blueprints."""
    hass.config.config_dir = str(tmp_path)
    shutil.copytree(BLUEPRINTS, tmp_path / "blueprints")
    return tmp_path


async def settle() -> None:
    """Let everything happen that waits for nothing; an automation that waits is not waited for."""
    for _ in range(50):
        await asyncio.sleep(0)


async def use(hass: HomeAssistant, name: str, **inputs: Any) -> None:
    """Make an automation from a blueprint."""
    config = {"id": "b", "use_blueprint": {"path": f"temix/{name}.yaml", "input": inputs}}
    assert await async_setup_component(hass, "automation", {"automation": [config]})
    await hass.async_block_till_done()
    (state,) = hass.states.async_all("automation")
    assert state.state == "on"


async def test_blueprint_price_notification(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry, prices_device: str, blueprints: Path
) -> None:
    told = async_mock_service(hass, "notify", "send_message")
    await cost(gateway, loaded, 10, FLAT)
    await use(
        hass, "price_notification", prices=prices_device, buy_price=BUY, notify="notify.phone", high=False
    )
    await cost(gateway, loaded, 15, FLAT)
    await hass.async_block_till_done()
    assert told == []
    await cost(gateway, loaded, 4, FLAT)
    await hass.async_block_till_done()
    assert told[0].data["message"].strip() == "Electricity is cheap: 0.0400 USD/kWh"


async def test_blueprint_run_cheapest(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry, advance: Advance, blueprints: Path
) -> None:
    ran = async_mock_service(hass, "switch", "turn_on")
    hass.states.async_set("input_button.ready", "2021-11-24T00:00:00+00:00")
    await cost(gateway, loaded, 10, [10, 10, 4, 4, *[10] * 8])
    await use(hass, "run_cheapest", ready="input_button.ready", machine="switch.plug", ready_by="18:00:00")
    hass.states.async_set("input_button.ready", "2021-11-24T18:00:00+00:00")
    await settle()
    for minutes in (115, 4, 1):
        assert ran == []
        advance(minutes=minutes)
        await settle()
    assert ran[0].data["entity_id"] == ["switch.plug"]


async def test_blueprint_export_when_dear(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry, calls: list[ServiceCall], blueprints: Path
) -> None:
    begin, finish = ([{"action": "test.ran", "data": {"do": do}}] for do in ("begin", "finish"))
    await use(
        hass,
        "export_when_dear",
        sell_price="sensor.electricity_prices_sell_price",
        begin=begin,
        finish=finish,
    )
    for sell in (600_000, 700_000, 10_000):
        gateway.update(spot=Spot(start=NOON, end=NOON + FIVE_MINUTES, buy=800_000, sell=sell))
        await pushed(loaded, lambda sell=sell: loaded.runtime_data.now.sell == sell)  # type: ignore[misc]
        await hass.async_block_till_done()
    assert [call.data["do"] for call in calls] == ["begin", "finish"]


async def test_blueprint_morning_briefing(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry, advance: Advance, blueprints: Path
) -> None:
    told = async_mock_service(hass, "notify", "send_message")
    await cost(gateway, loaded, 10, [10, 10, 4, 20, *[10] * 12])
    await use(hass, "morning_briefing", at="10:05:00", notify="notify.phone")
    advance(minutes=5)
    await hass.async_block_till_done()
    message = " ".join(told[0].data["message"].split())
    assert message == "Cheapest hour today: 12:00 at 0.04 USD/kWh. Dearest: 13:00 at 0.2."
    await hass.services.async_call("automation", "turn_off", {"entity_id": "all"}, blocking=True)


def test_blueprints_name_where_they_come_from() -> None:
    found = sorted((BLUEPRINTS / "automation" / "temix").glob("*.yaml"))
    assert len(found) == 4
    for path in found:
        text = path.read_text().replace("!input", "")
        assert yaml.safe_load(text)["blueprint"]["domain"] == "automation"
