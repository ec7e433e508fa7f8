"""Settled hours in a real recorder, and in the Energy dashboard."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from homeassistant.components.energy import data as energy_data
from homeassistant.components.energy.validate import async_validate
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.recorder import get_instance
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry
from temix_gateway.home.account import GetSettledHours, SettledHour, SettledHours
from temix_gateway.home.errors import CommandRefused

from custom_components.temix.statistics import KINDS, statistic_id
from tests.gateway.home.fake_core import GATEWAY_ID, HOUR, NOON, Gateway
from tests.integration.conftest import pushed
from tests.integration.test_account import account

FIRST = NOON - 40 * 24 * HOUR
IDS = {kind.key: statistic_id(GATEWAY_ID, kind) for kind in KINDS}


@pytest.fixture(autouse=True)
def _custom_integrations(recorder_mock: Any, enable_custom_integrations: None) -> None:
    """The recorder wants to be first."""


class Ledger:
    """Settled hours by number from ``FIRST`` on, as a gateway keeps them; every change has a revision."""

    def __init__(self, gateway: Gateway, numbers: Iterable[int]) -> None:
        self._gateway = gateway
        self.revision = 0
        self.hours: dict[int, SettledHour] = {}
        for number in numbers:
            self.settle(number, f"0.{number % 7}00000001", "0")
        gateway.core.look_up = self.look_up  # type: ignore[method-assign, assignment]
        self.asked: list[GetSettledHours] = []

    def settle(self, number: int, cost: str, compensation: str) -> None:
        """Settle or correct an hour."""
        self.revision += 1
        self.hours[number] = SettledHour(
            start=FIRST + number * HOUR,
            imported=100 + number % 50,
            exported=number % 3,
            cost=cost,
            compensation=compensation,
            revision=self.revision,
        )

    def tell(self) -> None:
        """Say that something was settled."""
        self._gateway.update(account=account(since=FIRST, revision=self.revision))

    async def look_up(self, query: GetSettledHours) -> SettledHours:
        """Answer as a gateway does."""
        assert query.end - query.start <= 31 * 24 * HOUR
        self.asked.append(query)
        hours = [
            hour
            for hour in self.hours.values()
            if query.start <= hour.start < query.end and hour.revision > query.changed_after
        ]
        return SettledHours(hours=hours, revision=self.revision)

    def owed(self) -> Decimal:
        """The statement's total."""
        return sum(
            (Decimal(hour.cost) - Decimal(hour.compensation) for hour in self.hours.values()), Decimal()
        )


async def imported(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Wait until everything has been imported and written."""
    statistics = entry.runtime_data.statistics
    while statistics._task is not None and not statistics._task.done():
        await statistics._task
    await get_instance(hass).async_block_till_done()


async def rows(hass: HomeAssistant) -> dict[str, Sequence[Any]]:
    """What the recorder has, by kind."""
    start = datetime.fromtimestamp(FIRST / 1000, UTC)
    found = await get_instance(hass).async_add_executor_job(
        statistics_during_period, hass, start, None, set(IDS.values()), "hour", None, {"sum", "state"}
    )
    return {key: found.get(name, []) for key, name in IDS.items()}


def total(series: Sequence[Any]) -> Decimal:
    """The last sum, to the billionth."""
    return Decimal(series[-1]["sum"]).quantize(Decimal("1e-9"))


def consistent(series: Sequence[Any]) -> bool:
    """Whether every sum is the one before and its hour."""
    before = Decimal()
    for row in series:
        before += Decimal(row["state"]).quantize(Decimal("1e-9"))
        if Decimal(row["sum"]).quantize(Decimal("1e-9")) != before:
            return False
    return True


async def test_backfilled_once_and_corrected_everywhere_after(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry
) -> None:
    ledger = Ledger(gateway, range(0, 39 * 24, 12))
    ledger.tell()
    await pushed(loaded, lambda: loaded.runtime_data.data.account is not None)
    await imported(hass, loaded)
    found = await rows(hass)
    assert {len(series) for series in found.values()} == {78}
    assert all(map(consistent, found.values()))
    assert total(found["cost"]) - total(found["compensation"]) == ledger.owed()
    assert total(found["imported"]) == Decimal(sum(hour.imported for hour in ledger.hours.values())) / 1000

    ledger.settle(39 * 24 + 1, "1.25", "0.000000003")  # an hour later than the next
    ledger.tell()
    await pushed(loaded, lambda: loaded.runtime_data.data.account.revision == ledger.revision)
    await imported(hass, loaded)
    ledger.settle(39 * 24 - 36, "-0.000000007", "2.5")  # a correction, and the gap is filled
    ledger.settle(39 * 24, "0.5", "0")
    ledger.tell()
    await pushed(loaded, lambda: loaded.runtime_data.data.account.revision == ledger.revision)
    await imported(hass, loaded)
    found = await rows(hass)
    assert {len(series) for series in found.values()} == {80}
    assert all(map(consistent, found.values()))
    assert total(found["cost"]) - total(found["compensation"]) == ledger.owed()


async def test_a_reload_writes_nothing_twice_and_what_has_not_changed_is_not_asked_for(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry
) -> None:
    ledger = Ledger(gateway, range(24))
    ledger.tell()
    await pushed(loaded, lambda: loaded.runtime_data.data.account is not None)
    await imported(hass, loaded)
    before = await rows(hass)
    asked = len(ledger.asked)
    gateway.update(mode="advise")
    await pushed(loaded, lambda: loaded.runtime_data.data.mode == "advise")
    assert len(ledger.asked) == asked
    assert await hass.config_entries.async_reload(loaded.entry_id)
    await imported(hass, loaded)
    assert len(ledger.asked) > asked
    assert await rows(hass) == before


async def test_home_assistants_energy_validation_accepts_them(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry
) -> None:
    hass.config.currency = "USD"
    Ledger(gateway, range(12)).tell()
    await pushed(loaded, lambda: loaded.runtime_data.data.account is not None)
    await imported(hass, loaded)
    assert await async_setup_component(hass, "energy", {})
    manager = await energy_data.async_get_manager(hass)
    grid = {
        "type": "grid",
        "stat_energy_from": IDS["imported"],
        "stat_energy_to": IDS["exported"],
        "stat_cost": IDS["cost"],
        "stat_compensation": IDS["compensation"],
        "entity_energy_price": None,
        "number_energy_price": None,
        "entity_energy_price_export": None,
        "number_energy_price_export": None,
        "cost_adjustment_day": 0,
    }
    await manager.async_update({"energy_sources": [grid]})  # type: ignore[typeddict-item, list-item]
    assert (await async_validate(hass)).as_dict() == {
        "energy_sources": [[]],
        "device_consumption": [],
        "device_consumption_water": [],
    }


async def test_another_currency_is_a_repair_issue(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry, issue_registry: ir.IssueRegistry
) -> None:
    issue = f"currency_differs_{loaded.entry_id}"
    hass.config.currency = "EUR"
    gateway.update()
    loaded.runtime_data.look_again()
    assert issue_registry.async_get_issue("temix", issue) is not None
    hass.config.currency = "USD"
    loaded.runtime_data.look_again()
    assert issue_registry.async_get_issue("temix", issue) is None


async def test_a_gateway_that_does_not_answer_is_asked_again_at_its_next_word(
    hass: HomeAssistant, gateway: Gateway, loaded: MockConfigEntry
) -> None:
    ledger = Ledger(gateway, range(3))
    answer = gateway.core.look_up

    async def refuse(_: GetSettledHours) -> SettledHours:
        raise CommandRefused("the ledger is being checked")

    gateway.core.look_up = refuse  # type: ignore[method-assign, assignment]
    ledger.tell()
    await pushed(loaded, lambda: loaded.runtime_data.data.account is not None)
    await imported(hass, loaded)
    assert not any((await rows(hass)).values())
    gateway.core.look_up = answer  # type: ignore[method-assign]
    gateway.update(mode="advise")
    await pushed(loaded, lambda: loaded.runtime_data.data.mode == "advise")
    await imported(hass, loaded)
    assert {len(series) for series in (await rows(hass)).values()} == {3}
