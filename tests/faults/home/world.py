"""One home in virtual time: things, a gateway, and a Home Assistant that starts, stops and crashes."""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Any, Final, Self
from unittest.mock import patch

from homeassistant import loader
from homeassistant.config_entries import ConfigEntry, ConfigSubentryData
from homeassistant.const import CONF_HOST, CONF_PORT, CONF_TOKEN
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import area_registry as ar
from homeassistant.helpers import category_registry as cr
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import floor_registry as fr
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers import label_registry as lr
from homeassistant.helpers import restore_state as rs
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import (
    INSTANCES,
    MockConfigEntry,
    MockUser,
    async_test_home_assistant,
)

from custom_components import temix
from custom_components.temix.const import CONF_FINGERPRINT, DOMAIN
from tests.faults.home.disk import stored_in
from tests.faults.home.gateway import ScriptedGateway
from tests.faults.home.things import Thing
from tests.gateway.home.fake_core import GATEWAY_ID

ENTRY_ID: Final = "01JTEMIX"
OWNER: Final = "a1b2c3d4e5f60718293a4b5c6d7e8f90"
"""The user who acts in Home Assistant."""

MARKET_ISSUES: Final = ("currency_differs_", "prices_stale_")

SETTLED_S: Final = 20.0
"""Registries write themselves 10 s after a change; a home that runs for longer has them stored."""


class World:
    """Everything of one home; ``responses`` are subentries by their id."""

    def __init__(
        self,
        things: Iterable[Thing],
        responses: Mapping[str, ConfigSubentryData],
        gateway: ScriptedGateway | None = None,
    ) -> None:
        """Nothing runs yet."""
        self.things = tuple(things)
        self.responses = dict(responses)
        self.gateway = gateway or ScriptedGateway()
        self.spared: set[asyncio.Task[Any]] = set()
        """What goes on in the world while Home Assistant crashes."""
        self.storage: dict[str, Any] = {}
        self.zone = "US/Pacific"
        self.options: dict[str, Any] = {}
        self._home_assistant: HomeAssistant | None = None
        self._stack = AsyncExitStack()

    @property
    def hass(self) -> HomeAssistant:
        """The Home Assistant that runs."""
        assert self._home_assistant is not None
        return self._home_assistant

    @property
    def entry(self) -> ConfigEntry[Any]:
        """The integration's entry."""
        entry = self.hass.config_entries.async_get_entry(ENTRY_ID)
        assert entry is not None
        return entry

    async def __aenter__(self) -> Self:
        """Start Home Assistant."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop it, if it runs."""
        if self._home_assistant is not None:
            await self.stop()
        await self._stack.aclose()

    async def start(self) -> None:
        """Start Home Assistant, with what it stored before."""
        self._stack.enter_context(stored_in(self.storage))
        loop = asyncio.get_running_loop()
        hass = await self._stack.enter_async_context(async_test_home_assistant(loop, load_registries=False))
        self._home_assistant = hass
        for registry in (dr, er, ar, cr, fr, ir, lr):
            if registry is dr:
                dr.async_setup(hass)
            await registry.async_load(hass)
        await rs.async_load(hass)
        hass.data.pop(loader.DATA_CUSTOM_COMPONENTS)
        await hass.config.async_set_time_zone(self.zone)
        MockUser(id=OWNER, is_owner=True).add_to_hass(hass)
        for thing in self.things:
            for view in thing.enter():
                await self._add(hass, view)
        entry = MockConfigEntry(
            domain=DOMAIN,
            title="Home",
            unique_id=GATEWAY_ID,
            entry_id=ENTRY_ID,
            data={CONF_HOST: "gateway", CONF_PORT: 1, CONF_TOKEN: "t", CONF_FINGERPRINT: "00"},
            options=self.options,
            subentries_data=[*self.responses.values()],
        )
        entry.add_to_hass(hass)
        self._stack.enter_context(patch.object(temix, "make_client", lambda *_: self.gateway))
        await hass.config_entries.async_setup(ENTRY_ID)
        await asyncio.sleep(0)

    async def stop(self) -> None:
        """Stop Home Assistant in order; its process ends, and its timers with it."""
        await self.hass.async_stop(force=True)
        await asyncio.sleep(0)
        self._end_timers()
        await self._leave()

    async def crash(self) -> None:
        """End Home Assistant without a word: nothing that it would still do reaches a device."""
        for thing in self.things:
            for view in thing.views:
                view.thing = Thing(thing.name, dict(thing.values), ())
            thing.views.clear()
        others = asyncio.all_tasks() - self.spared - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        self._end_timers()
        INSTANCES.remove(self.hass)
        await self._leave()

    async def until(self, when: datetime) -> None:
        """Let time pass."""
        await asyncio.sleep((when - dt_util.utcnow()).total_seconds())

    async def after(self, **duration: float) -> None:
        """Let time pass."""
        await asyncio.sleep(timedelta(**duration).total_seconds())

    async def act(self, action: str, entity_id: str, **data: Any) -> None:
        """Let the owner act in Home Assistant's pages."""
        domain, name = action.split(".")
        target = {"entity_id": entity_id}
        await self.hass.services.async_call(
            domain, name, data, blocking=True, context=Context(user_id=OWNER), target=target
        )

    def shown(self, entity_id: str) -> str:
        """An entity's state."""
        state = self.hass.states.get(entity_id)
        return "missing" if state is None else state.state

    def issues(self) -> set[str]:
        """The integration's open repair issues about devices and the meter, not those about the market."""
        registry = ir.async_get(self.hass)
        keys = {key for (domain, key), issue in registry.issues.items() if domain == DOMAIN and issue.active}
        return {key for key in keys if not key.startswith(MARKET_ISSUES)}

    def _end_timers(self) -> None:
        """Cancel every timer but those of the world: who waits in it, and devices that obey late."""
        waits = [task._fut_waiter for task in self.spared]  # type: ignore[attr-defined]
        for handle in _timers():
            late = getattr(handle._callback, "__func__", None) is Thing.change
            if not late and not any(argument in waits for argument in handle._args):
                handle.cancel()

    async def _add(self, hass: HomeAssistant, view: Any) -> None:
        domain = view.entity_id.partition(".")[0]
        assert await async_setup_component(hass, domain, {})
        await hass.data["entity_components"][domain].async_add_entities([view])

    async def _leave(self) -> None:
        self._home_assistant = None
        await self._stack.aclose()


def _timers() -> list[asyncio.TimerHandle]:
    scheduled: list[asyncio.TimerHandle] = asyncio.get_running_loop()._scheduled  # type: ignore[attr-defined]
    return [handle for handle in scheduled if not handle.cancelled()]
