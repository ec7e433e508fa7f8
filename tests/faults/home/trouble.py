"""What can go wrong at any moment, and by when the device must be safe: written from the promises alone.

While Home Assistant runs and the device answers, the owner's default holds at most 10 s after a lease of
at most 15 minutes has expired; stopped in order, it is sent first; after a crash it holds at most a
minute after the device is there; and what a person did stays.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto
from typing import Final

from homeassistant.config_entries import ConfigEntryDisabler

from tests.faults.home.kinds import Kind
from tests.faults.home.things import Thing
from tests.faults.home.world import ENTRY_ID, World

LEASE: Final = timedelta(minutes=15)
GRACE: Final = timedelta(seconds=10)
AT_START: Final = timedelta(seconds=60)
NOTICED: Final = timedelta(seconds=5)
NOW: Final = timedelta()


class End(Enum):
    """How the device must end up."""

    SAFE = auto()
    """At the owner's default."""
    FOLLOWS = auto()
    """As the plan says: it went on without harm."""
    EITHER = auto()
    """As the plan says or at the default, and nothing between."""
    TOUCHED = auto()
    """As the person left it, with no command since."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One fault: what happens, and by when after it the device must be how."""

    name: str
    happens: Callable[[World, Thing, Kind], Awaitable[None]]
    end: End
    within: timedelta


async def _gateway_leaves(world: World, thing: Thing, kind: Kind) -> None:
    world.gateway.leave()


async def _gateway_restarts(world: World, thing: Thing, kind: Kind) -> None:
    world.gateway.leave()
    await world.after(seconds=20)
    world.gateway.come_back()


async def _retailer_is_gone(world: World, thing: Thing, kind: Kind) -> None:
    world.gateway.say(plan=None, prices=(), spot=None)


async def _monitor_only(world: World, thing: Thing, kind: Kind) -> None:
    world.gateway.say(mode="monitor")


async def _stops(world: World, thing: Thing, kind: Kind) -> None:
    await world.stop()


async def _crashes(world: World, thing: Thing, kind: Kind) -> None:
    await world.crash()
    await world.after(minutes=3)
    world.gateway.leave()
    await world.start()


async def _crashes_and_the_device_is_away(world: World, thing: Thing, kind: Kind) -> None:
    await world.crash()
    thing.available = False
    world.gateway.leave()
    await world.after(minutes=3)
    await world.start()
    await world.after(minutes=4)
    thing.set_available(available=True)


async def _disabled(world: World, thing: Thing, kind: Kind) -> None:
    assert await world.hass.config_entries.async_set_disabled_by(ENTRY_ID, ConfigEntryDisabler.USER)


async def _deleted(world: World, thing: Thing, kind: Kind) -> None:
    subentry = next(iter(world.entry.subentries))
    world.hass.config_entries.async_remove_subentry(world.entry, subentry)
    await world.after(seconds=1)


async def _removed(world: World, thing: Thing, kind: Kind) -> None:
    await world.hass.config_entries.async_remove(ENTRY_ID)


async def _away_while_the_gateway_leaves(world: World, thing: Thing, kind: Kind) -> None:
    world.gateway.leave()
    thing.set_available(available=False)
    await world.after(minutes=20)
    thing.set_available(available=True)


async def _deaf_while_the_gateway_leaves(world: World, thing: Thing, kind: Kind) -> None:
    world.gateway.leave()
    thing.deaf = True
    await world.after(minutes=20)
    thing.deaf = False


async def _refuses_while_the_gateway_leaves(world: World, thing: Thing, kind: Kind) -> None:
    world.gateway.leave()
    thing.refuses = True
    await world.after(minutes=20)
    thing.refuses = False


async def _late_and_the_gateway_leaves(world: World, thing: Thing, kind: Kind) -> None:
    thing.late = 5
    world.gateway.leave()


async def _away_for_a_while(world: World, thing: Thing, kind: Kind) -> None:
    thing.set_available(available=False)
    await world.after(minutes=4)
    thing.set_available(available=True)


async def _pressed(world: World, thing: Thing, kind: Kind) -> None:
    kind.touch(thing)


async def _acted(world: World, thing: Thing, kind: Kind) -> None:
    action, entity_id, data = kind.action(kind.touched(thing)[1])
    await world.act(action, entity_id, **data)


async def _switches_off_the_plug_at_the_wall(world: World, thing: Thing, kind: Kind) -> None:
    """Away, and back in another state than it went: no person, but no reason to harm it either."""
    thing.set_available(available=False)
    await world.after(minutes=2)
    thing.values.update(kind.off)
    thing.set_available(available=True)


RETRY: Final = timedelta(minutes=1)
"""How long after a device answers again a promise that was owed may take."""

TROUBLES: Final = (
    Trouble("gateway leaves", _gateway_leaves, End.SAFE, LEASE + GRACE),
    Trouble("gateway restarts", _gateway_restarts, End.FOLLOWS, 2 * RETRY),
    Trouble("plan and prices have ended", _retailer_is_gone, End.SAFE, LEASE + GRACE),
    Trouble("owner wants to monitor only", _monitor_only, End.SAFE, LEASE + GRACE),
    Trouble("Home Assistant stops", _stops, End.SAFE, NOW),
    Trouble("Home Assistant crashes", _crashes, End.SAFE, AT_START),
    Trouble("crashes, device away", _crashes_and_the_device_is_away, End.SAFE, AT_START),
    Trouble("entry disabled", _disabled, End.SAFE, NOW),
    Trouble("response deleted", _deleted, End.SAFE, GRACE),
    Trouble("entry removed", _removed, End.SAFE, NOW),
    Trouble("device away, gateway leaves", _away_while_the_gateway_leaves, End.SAFE, RETRY),
    Trouble("device deaf, gateway leaves", _deaf_while_the_gateway_leaves, End.SAFE, RETRY),
    Trouble("device refuses, gateway leaves", _refuses_while_the_gateway_leaves, End.SAFE, RETRY),
    Trouble("device late, gateway leaves", _late_and_the_gateway_leaves, End.SAFE, LEASE + GRACE),
    Trouble("device away for a while", _away_for_a_while, End.FOLLOWS, RETRY),
    Trouble("device restarts in its default", _switches_off_the_plug_at_the_wall, End.EITHER, RETRY),
    Trouble("pressed", _pressed, End.TOUCHED, NOTICED),
    Trouble("changed in Home Assistant", _acted, End.TOUCHED, NOTICED),
)
