"""Follows the entities of a response, also after they were renamed, and tells whose changes are."""

from collections.abc import Callable, Collection, Sequence

from homeassistant.core import Event, EventStateChangedData, HomeAssistant, State, callback
from homeassistant.helpers.event import async_track_state_change_event

from .commands import Commands
from .home import entity_id
from .manual import Change, Command, is_manual
from .model import Adapter, Demand


class Watch:
    """Calls ``seen`` at every change of the entities that it follows."""

    def __init__(self, hass: HomeAssistant, seen: Callable[[Event[EventStateChangedData]], None]) -> None:
        """Follow none."""
        self._hass = hass
        self._seen = seen
        self._ids: frozenset[str] = frozenset()
        self._end: Callable[[], None] | None = None

    @callback
    def follow(self, entities: Collection[str]) -> None:
        """Follow these, by their registry ids or entity ids."""
        ids = frozenset(found for each in entities if (found := entity_id(self._hass, each)) is not None)
        if ids != self._ids or self._end is None:
            self.end()
            self._ids, self._end = ids, async_track_state_change_event(self._hass, ids, self._seen)

    @callback
    def end(self) -> None:
        """Follow none."""
        if self._end is not None:
            self._end()
            self._end = None


def by_hand(  # noqa: PLR0913 - who, what of it, and the change
    adapter: Adapter, commands: Commands, old: State | None, new: State, *, finished: bool, done: bool
) -> bool:
    """Whether a person made a change of one of the adapter's entities.

    ``finished``: the device may stop by itself, as a full car does; it does not start by itself.
    ``done``: the response has nothing to do, so that whoever starts what was told nothing is a person.
    """
    starts = any(
        demand.met_by(demand.shown(new)) and not demand.met_by(demand.shown(old))
        for demand in (each.fitted(new) for each in adapter.run_now())
        if entity_id(commands.hass, demand.entity) == new.entity_id
    )
    if starts and done and old is not None and not commands.demands:
        return new.context.id not in commands.contexts
    known: Sequence[tuple[Demand, Command | None]] = commands.to(new.entity_id) or [
        (demand, None)
        for demand in adapter.run_now()
        if entity_id(commands.hass, demand.entity) == new.entity_id
    ]
    return any(
        is_manual(
            Change(
                demand.shown(old),
                demand.shown(new),
                user=new.context.user_id is not None,
                context=new.context.id,
                parent=new.context.parent_id,
            ),
            command,
            commands.contexts,
            finished=finished and not starts,
            programme=adapter.programme,
        )
        for demand, command in known
    )
