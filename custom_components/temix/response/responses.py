"""All responses of an entry: started, changed and stopped one by one, remembered, reported to the gateway.

They live longer than the connection: where the gateway is away when Home Assistant starts, what was led
before is still brought to its default.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final

from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    ConfigEntry,
    ConfigEntryChange,
    ConfigEntryState,
    ConfigSubentry,
)
from homeassistant.core import HassJob, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ..client import Client, CommandFailed, GatewayState, TemixError
from ..const import DOMAIN
from ..coordinator import TemixCoordinator
from ..meter.meter import Meter
from ..meter.telling import PastHours
from ..options import main_fuse
from ..price_entity.telling import PriceEntities
from .heat_cool import HeatCool
from .home import device_of, entity_id
from .kinds import read
from .model import Adapter, Kind, Unusable
from .room import Connection, Room
from .running import Running
from .status import Gateway, Memory
from .telling import Telling

_LOGGER = logging.getLogger(__name__)

SUBENTRY: Final = "response"
VERSION: Final = 1
SAVED_WITHIN_S: Final = 1.0
REPORT_EVERY_S: Final = 60.0

KEY: Final[HassKey[dict[str, Responses]]] = HassKey(f"{DOMAIN}_responses")


class Responses:
    """The running responses of one entry, by the ids of their subentries."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any], stored: dict[str, Any]) -> None:
        """Take up what was stored."""
        self.hass = hass
        self.entry = entry
        self.running: dict[str, Running] = {}
        self.room = Room(self._connection, hass.loop.time)
        self.meter = Meter(hass, entry, self.room, self._client, self._import_limit)
        self._prices = PriceEntities(hass, entry, hass.loop.time)
        self._store: Store[dict[str, Any]] = Store(hass, VERSION, f"{DOMAIN}.{entry.entry_id}")
        self._stored = stored
        self._known: dict[str, tuple[str, dict[str, Any]]] = {}
        self._coordinator: TemixCoordinator | None = None
        self._detach: list[Callable[[], None]] = []
        self._on_added: list[Callable[[Running], None]] = []
        self._lock = asyncio.Lock()
        self._report_soon = asyncio.Event()
        self._reporting: asyncio.Task[None] | None = None
        self._said: GatewayState | None = None
        self._forget = (
            hass.async_add_shutdown_job(HassJob(self.async_stop)),
            async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._entry_changed),
        )

    async def async_compare(self) -> None:
        """Start, change and stop those whose settings have changed; no other notices."""
        async with self._lock:
            wanted = {
                subentry_id: subentry
                for subentry_id, subentry in self.entry.subentries.items()
                if subentry.subentry_type == SUBENTRY
            }
            for response_id in [known for known in self._known if known not in wanted]:
                del self._known[response_id]
                await self._end(response_id)
            for response_id, subentry in wanted.items():
                settings = subentry.title, dict(subentry.data)  # Home Assistant changes a subentry in place
                # One that cannot run is tried again: whatever led its entity may be gone.
                if self._known.get(response_id) != settings or response_id not in self.running:
                    self._known[response_id] = settings
                    await self._begin(subentry)
            self._save()
            self._report_soon.set()

    @callback
    def follow(self, added: Callable[[Running], None]) -> Callable[[], None]:
        """Call ``added`` with every response, those to come included; returns what ends that."""
        told: set[str] = set()

        def once(running: Running) -> None:
            if running.id not in told:
                told.add(running.id)
                added(running)

        for running in self.running.values():
            once(running)
        self._on_added.append(once)
        return lambda: self._on_added.remove(once)

    @callback
    def attach(self, coordinator: TemixCoordinator) -> None:
        """Follow this connection's plan, and report over it."""
        self._coordinator = coordinator
        self._detach = [coordinator.async_add_listener(self._gateway_spoke)]
        self._reporting = self.hass.async_create_background_task(self._report(), f"{DOMAIN} report")
        self._gateway_spoke()

    async def async_detach(self) -> None:
        """The connection ends; leases run out, nothing else changes.

        What the gateway said last still holds: after a reload it says it again.
        """
        self._said = self._gateway().state
        for remove in self._detach:
            remove()
        self._detach = []
        if self._reporting is not None:
            self._reporting.cancel()
            await asyncio.gather(self._reporting, return_exceptions=True)
            self._reporting = None
        self._coordinator = None

    async def async_stop(self) -> None:
        """Leave every device at its default."""
        await self.async_detach()
        async with self._lock:
            await asyncio.gather(*(running.stop() for running in self.running.values()))
            for response_id, running in self.running.items():
                self._stored[response_id] = running.memory.stored()
            for response_id in self._known:
                ir.async_delete_issue(self.hass, DOMAIN, _unusable(response_id))
            self.running.clear()
            self._known.clear()
            await self._store.async_save(self._stored)
            await self.meter.async_stop()
            self._prices.forget()

    async def async_end(self) -> None:
        """Stop for good: the entry is disabled or removed."""
        self.hass.data[KEY].pop(self.entry.entry_id, None)
        for forget in self._forget:
            forget()
        await self.async_stop()

    async def async_forget(self) -> None:
        """Leave nothing behind on the disk."""
        await self._store.async_remove()
        await self.meter.async_forget()

    async def _begin(self, subentry: ConfigSubentry) -> None:
        """Start a response, or go on with other settings; its entities stay the same."""
        response_id = subentry.subentry_id
        running = self.running.get(response_id)
        changed = running is not None
        if running is not None:
            await running.stop()
        try:
            adapter = read(subentry.data)
            self._refuse_shared(response_id, adapter)
        except Unusable as error:
            self._tell_unusable(subentry, error)
            return
        ir.async_delete_issue(self.hass, DOMAIN, _unusable(response_id))
        if running is None:
            stored = self._stored.get(response_id)
            memory = Memory.of(stored) if stored else Memory()
            running = Running(
                self.hass,
                response_id,
                adapter,
                memory,
                room=self.room,
                gateway=self._gateway,
                remember=self._save,
                store=self._save_now,
            )
            self.running[response_id] = running
            if adapter.kind is Kind.JUST_TELL:
                running.listen(Telling(self.hass, running).look)
        if changed:
            running.memory.target = None
        target = running.memory.target
        running.adapter = adapter if target is None else adapter.aiming(target)
        running.title = subentry.title
        running.start(self.hass.async_create_background_task)
        for added in self._on_added:
            added(running)

    def _refuse_shared(self, response_id: str, adapter: Adapter) -> None:
        """Refuse a response on an entity that another one leads already, be it another gateway's.

        Raises:
            Unusable: naming the entity and the other response.
        """
        ours = {entity_id(self.hass, entity) or entity for entity in adapter.controlled}
        for other in (one for each in self.hass.data[KEY].values() for one in each.running.values()):
            if other.id == response_id:
                continue
            for entity in other.adapter.controlled:
                if (shared := entity_id(self.hass, entity) or entity) in ours:
                    raise Unusable(shared, f"{other.title} leads it already")

    async def _end(self, response_id: str) -> None:
        """Leave a deleted response's device at its default, and forget the response."""
        running = self.running.pop(response_id, None)
        if running is not None:
            await running.stop()
        self._stored.pop(response_id, None)
        ir.async_delete_issue(self.hass, DOMAIN, _unusable(response_id))

    def _tell_unusable(self, subentry: ConfigSubentry, error: Unusable) -> None:
        _LOGGER.error("Response %s cannot run: %s", subentry.title, error)
        ir.async_create_issue(
            self.hass,
            DOMAIN,
            _unusable(subentry.subentry_id),
            is_fixable=False,
            severity=ir.IssueSeverity.ERROR,
            translation_key="response_unusable",
            translation_placeholders={"name": subentry.title, "reason": str(error)},
        )

    def _gateway(self) -> Gateway:
        coordinator = self._coordinator
        if coordinator is None:
            return Gateway(self._said, connected=False)
        return Gateway(coordinator.data, connected=coordinator.client.connected)

    def _client(self) -> Client | None:
        return None if self._coordinator is None else self._coordinator.client

    def _connection(self) -> Connection:
        return Connection(self._import_limit(), *main_fuse(self.entry.options))

    def _import_limit(self) -> float | None:
        state = self._gateway().state
        return None if state is None else state.import_limit

    @callback
    def _entry_changed(self, change: ConfigEntryChange, entry: ConfigEntry[Any]) -> None:
        """End with an entry that is disabled while it waits for its gateway: nothing unloads that one."""
        if (
            entry is self.entry
            and entry.disabled_by is not None
            and entry.state is ConfigEntryState.NOT_LOADED
        ):
            _ = self.hass.async_create_task(self.async_end(), f"{DOMAIN} disabled")

    @callback
    def _gateway_spoke(self) -> None:
        for running in self.running.values():
            running.look()
        self._report_soon.set()

    @callback
    def _save(self) -> None:
        self._store.async_delay_save(self._to_store, SAVED_WITHIN_S)
        self._report_soon.set()

    async def _save_now(self) -> None:
        await self._store.async_save(self._to_store())

    def _to_store(self) -> dict[str, Any]:
        return self._stored | {
            response_id: running.memory.stored() for response_id, running in self.running.items()
        }

    async def _report(self) -> None:
        """Tell the gateway of past hours, prices and devices when something changed and every minute."""
        told, past = 0, PastHours(self.hass, self.entry)
        while True:
            try:
                async with asyncio.timeout(REPORT_EVERY_S):
                    await self._report_soon.wait()
            except TimeoutError:
                pass
            await asyncio.sleep(0.1)  # what changes together is told together
            self._report_soon.clear()
            coordinator = self._coordinator
            if coordinator is None or not coordinator.client.connected:
                continue
            await self._prices.tell(coordinator.client, coordinator.data)
            await past.tell(coordinator.client, self._led(), self._thermostats())
            devices = [device for each in self.running.values() if (device := each.device()) is not None]
            if not (devices or told):
                continue
            try:
                await coordinator.client.report_home(dt_util.utcnow(), devices)
                told = len(devices)
            except CommandFailed as error:
                _LOGGER.warning("The gateway does not take what it is told of the devices: %s", error)
            except TemixError as error:
                _LOGGER.debug("The gateway could not be told of the devices: %s", error)

    def _led(self) -> frozenset[str]:
        """The ids of the devices that responses lead."""
        entities = (entity for one in self.running.values() for entity in one.adapter.controlled)
        return frozenset(found for each in entities if (found := device_of(self.hass, each)) is not None)

    def _thermostats(self) -> dict[str, HeatCool]:
        """The responses that lead a thermostat, by their ids."""
        adapters = {one.id: one.adapter for one in self.running.values()}
        return {name: adapter for name, adapter in adapters.items() if isinstance(adapter, HeatCool)}


def _unusable(response_id: str) -> str:
    return f"response_unusable_{response_id}"


async def async_get_responses(hass: HomeAssistant, entry: ConfigEntry[Any]) -> Responses:
    """The responses of an entry; started where they are not."""
    known = hass.data.setdefault(KEY, {})
    if entry.entry_id not in known:
        store: Store[dict[str, Any]] = Store(hass, VERSION, f"{DOMAIN}.{entry.entry_id}")
        known[entry.entry_id] = Responses(hass, entry, await store.async_load() or {})
        await known[entry.entry_id].meter.async_start()
    responses = known[entry.entry_id]
    await responses.async_compare()
    return responses
