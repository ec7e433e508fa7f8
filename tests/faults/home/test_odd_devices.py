"""Devices that are not the usual: buttons that show nothing, a faulty integration, a plug that measures."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final, override

from homeassistant.components.button import ButtonEntity
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er

from tests.faults.home.clock import run
from tests.faults.home.test_bad_input import told
from tests.faults.home.test_safety import BOUNDARY, END, START, planned, pump_response, switched_at
from tests.faults.home.things import POWER, Switch, Thing, View, switch
from tests.faults.home.world import ENTRY_ID, World

MINUTE: Final = timedelta(minutes=1)


class Button(View, ButtonEntity):
    """Starts or stops, and shows nothing of it."""

    @override
    async def async_press(self) -> None:
        self.thing.command(self.key, True)


class Broken(Switch):
    """A switch whose integration has a fault of its own."""

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        await super().async_turn_on()
        if self.thing.deaf:
            raise ValueError("invalid literal for int(): 'OK'")


def alone(thing: Thing, response: ConfigSubentryData, case: Callable[[World], Awaitable[None]]) -> None:
    """Run a case with one device, which is to run from the boundary on."""

    async def whole() -> None:
        async with World([thing], {"pump": response}) as world:
            await planned(world)
            await case(world)

    run(START, whole())


def test_buttons_are_pressed_once_for_each_change() -> None:
    sauna = Thing(
        "sauna",
        {},
        tuple(lambda thing, key=key: Button(thing, "button", key) for key in ("start", "stop")),
    )
    settings = pump_response(switch="button.sauna_start", stop="button.sauna_stop")

    async def case(world: World) -> None:
        assert len(switched_at(sauna, "stop")) == 1, "nobody can see how it was before"
        await world.after(hours=3)
        assert [value for _, value in switched_at(sauna, "start")] == [True]
        assert switched_at(sauna, "start")[0][0] - BOUNDARY < MINUTE
        assert world.shown("sensor.pump_state") == "running"
        world.gateway.plan({"pump": {START: 0}}, END)
        await world.after(hours=1)
        assert len(switched_at(sauna, "stop")) == 2
        assert world.issues() == set()

    alone(sauna, settings, case)


def test_an_integration_that_raises_whatever_is_told_again_and_then_by_an_issue() -> None:
    pump = Thing("pump", {"relay": False}, (lambda thing: Broken(thing, "switch", "relay"),))
    pump.deaf = True

    async def case(world: World) -> None:
        await world.until(BOUNDARY + 4 * MINUTE)
        reason = told(world, "device_ignores_pump")["reason"]
        assert reason == "ValueError: invalid literal for int(): 'OK'"
        pump.deaf = False
        await world.after(minutes=1)
        assert pump.values["relay"]
        assert world.issues() == set()

    alone(pump, pump_response(), case)


def test_a_response_that_is_off_lets_its_device_go_and_asks_for_nothing() -> None:
    pump = switch("pump")

    async def case(world: World) -> None:
        await world.until(BOUNDARY + MINUTE)
        assert pump.values["relay"]
        await world.act("select.select_option", "select.pump_mode", option="off")
        await world.after(seconds=5)
        assert not pump.values["relay"]
        assert (world.shown("sensor.pump_state"), world.shown("sensor.pump_why")) == ("off", "off")
        pump.change("relay", True)
        await world.after(hours=1)
        assert (pump.values["relay"], world.shown("sensor.pump_state")) == (True, "off")
        assert "pump" not in world.gateway.reported

    alone(pump, pump_response(), case)


def test_what_a_device_that_a_person_leads_draws_is_read_from_its_own_meter() -> None:
    pump = Thing("pump", {"relay": False, "power": 0.0}, (lambda one: Switch(one, "switch", "relay"), POWER))

    async def case(world: World) -> None:
        device = dr.async_get(world.hass).async_get_or_create(
            config_entry_id=ENTRY_ID, identifiers={("things", "pump")}
        )
        for entity in ("switch.pump_relay", "sensor.pump_power"):
            er.async_get(world.hass).async_update_entity(entity, device_id=device.id)
        pump.values["power"] = 1_240.0
        await world.act("switch.turn_on", "switch.pump_relay")
        await world.after(minutes=2)
        held = world.gateway.reported["pump"]
        assert (held.kind, held.power) == ("held", 1_200), "in hundreds of watts"

    alone(pump, pump_response(), case)
