"""What stands in a response's way that a person has to see to: found at every look, told as repair issues."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from homeassistant.components.climate.const import ATTR_CURRENT_TEMPERATURE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN
from .commands import Commands
from .home import Home, entity_id
from .model import Adapter, Demand, as_number

TOLD_AFTER: Final = 4
"""Tries without success after which a repair issue says so."""
MISSING_AFTER: Final = timedelta(minutes=2)
"""An integration that is still starting has its entities by then."""
SILENT_AFTER: Final = timedelta(minutes=15)
WRONG_AFTER: Final = timedelta(minutes=1)

MEASURES: Final = frozenset({"sensor", "number", "input_number"})
"""Where a response reads a number."""
WARM: Final = frozenset({"climate", "water_heater"})
"""What measures a temperature by itself, without which it cannot be planned."""
FAR: Final = 5.0
"""Degrees; a set-point so far out of a device's bounds is in the wrong unit, a nearer one is cut to fit."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One trouble: the key of its issue, for how long it has to last, and what is told of it."""

    key: str
    after: timedelta
    entity: str = ""
    reason: str = "-"


def found(adapter: Adapter, view: Home, commands: Commands, unplannable: str = "") -> Iterator[Trouble]:
    """Everything that is wrong now; ``unplannable``: why the gateway cannot plan it."""
    yield from _missing(adapter, view.hass)
    for entity in adapter.read:
        yield from _of_sensor(entity, view)
    for entity in adapter.controlled:
        yield from _of_temperature(entity, view)
    yield from _of_settings(adapter, view)
    if commands.tries >= TOLD_AFTER and not commands.done:
        yield Trouble("device_ignores", timedelta(), reason=commands.failed or "-")
    if unplannable:
        yield Trouble("unplannable", timedelta(), reason=unplannable)


def _missing(adapter: Adapter, hass: HomeAssistant) -> Iterator[Trouble]:
    """Entities that are gone."""
    for entity in (*adapter.controlled, *adapter.read):
        known = entity_id(hass, entity)
        if known is None or hass.states.get(known) is None:
            yield Trouble("entity_missing", MISSING_AFTER, known or entity)


def _of_settings(adapter: Adapter, view: Home) -> Iterator[Trouble]:
    """What the owner wants and the device, or the clock, cannot do."""
    hass = view.hass
    if adapter.out_of_reach(view) == "wrong_mode":
        yield Trouble("wrong_mode", WRONG_AFTER, entity_id(hass, adapter.controlled[0]) or "")
    for demand in (*adapter.default(), *adapter.run_now()):
        if (bounds := out_of_bounds(hass, demand)) is not None:
            reason = f"{demand.value:g} is not between {bounds[0]:g} and {bounds[1]:g}"
            yield Trouble("out_of_bounds", timedelta(), entity_id(hass, demand.entity) or "", reason)
    if (change := view.clock_change(adapter.ready_times)) is not None:
        yield Trouble(f"ready_by_{change[0]}", timedelta(), reason=f"{change[1]:%H:%M}")


def _of_sensor(entity: str, view: Home) -> Iterator[Trouble]:
    """What is wrong with an entity that is only read."""
    state, known = view.state(entity), entity_id(view.hass, entity)
    if known is None:
        return
    if state is None:
        yield Trouble("sensor_silent", SILENT_AFTER, known)
    elif state.domain in MEASURES and view.number(entity) is None:
        yield Trouble("sensor_nonsense", WRONG_AFTER, known, state.state)
    if view.jumps(entity):
        yield Trouble("level_jumps", timedelta(), known)


def _of_temperature(entity: str, view: Home) -> Iterator[Trouble]:
    """What is wrong with the temperature that a thermostat or a water heater measures."""
    state = view.state(entity)
    if state is None or state.domain not in WARM or view.temperature(entity) is not None:
        return
    shown = state.attributes.get(ATTR_CURRENT_TEMPERATURE)
    if shown is None:
        yield Trouble("no_temperature", SILENT_AFTER, state.entity_id)
    else:
        yield Trouble("sensor_nonsense", WRONG_AFTER, state.entity_id, str(shown))


def out_of_bounds(hass: HomeAssistant, demand: Demand) -> tuple[float, float] | None:
    """The bounds of an entity that cannot take a temperature; none where it can, or says nothing of it."""
    state = hass.states.get(entity_id(hass, demand.entity) or "")
    if state is None or demand.action != "set_temperature" or isinstance(demand.value, str):
        return None
    low, high = (as_number(state.attributes.get(name)) for name in ("min_temp", "max_temp"))
    if low is None or high is None or low - FAR <= demand.value <= high + FAR:
        return None
    return low, high


class Issues:
    """A response's repair issues: made when a trouble has lasted, gone as soon as it is over."""

    def __init__(self, hass: HomeAssistant, response_id: str, clock: Callable[[], float]) -> None:
        """Show none; ``clock`` is the monotonic one, in seconds."""
        self._hass = hass
        self._id = response_id
        self._clock = clock
        self._since: dict[str, float] = {}
        self._shown: dict[str, Trouble] = {}

    def show(self, troubles: Iterable[Trouble], title: str) -> None:
        """Show these, and no others."""
        now = self._clock()
        present = {each.key: each for each in reversed(tuple(troubles))}  # of each key the first
        for key in [known for known in self._since if known not in present]:
            del self._since[key]
            if self._shown.pop(key, None) is not None:
                ir.async_delete_issue(self._hass, DOMAIN, self._name(key))
        for key, trouble in present.items():
            lasted = now - self._since.setdefault(key, now) >= trouble.after.total_seconds()
            if lasted and self._shown.get(key) != trouble:
                self._shown[key] = trouble
                self._tell(trouble, title)

    def _tell(self, trouble: Trouble, title: str) -> None:
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self._name(trouble.key),
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key=trouble.key,
            translation_placeholders={
                "name": title,
                "entity": trouble.entity,
                "reason": trouble.reason,
            },
        )

    def _name(self, key: str) -> str:
        return f"{key}_{self._id}"
