"""Adding and changing a response in the UI: a menu of what people ask, then one page of plain questions."""

from collections.abc import Mapping
from typing import Any, Final

import probatio as vol
from homeassistant.config_entries import ConfigSubentryFlow, SubentryFlowResult
from homeassistant.data_entry_flow import section
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import selector as select

from .home import entity_id
from .kinds import read
from .model import Kind, Unusable

NAME: Final = "name"
MORE: Final = "more"


def _entity(domains: list[str], device_class: str | None = None) -> select.EntitySelector:
    config = select.EntitySelectorConfig(domain=domains)
    if device_class is not None:
        config["device_class"] = device_class
    return select.EntitySelector(config)


def _number(least: float, most: float, unit: str, step: float | None = None) -> select.NumberSelector:
    config = select.NumberSelectorConfig(
        min=least, max=most, unit_of_measurement=unit, mode=select.NumberSelectorMode.BOX
    )
    config["step"] = "any" if step is None else step
    return select.NumberSelector(config)


def _choice(name: str, *options: str) -> select.SelectSelector:
    return select.SelectSelector(select.SelectSelectorConfig(options=list(options), translation_key=name))


SWITCH: Final = _entity(["switch", "input_boolean"])
SOC: Final = _entity(["sensor", "input_number"], "battery")
NUMBER: Final = _entity(["number", "input_number"])
TIME: Final = select.TimeSelector()
KILOWATT_HOURS: Final = _number(0.1, 1_000, "kWh")
WATTS: Final = _number(1, 50_000, "W", 1)
DEGREES: Final = _number(0, 200, "°")
PERCENT: Final = _number(0, 100, "%", 1)
STATE: Final = _choice("default", "on", "off")

type Questions = Mapping[vol.Marker, Any]

QUESTIONS: Final[dict[str, tuple[Questions, Questions]]] = {
    Kind.CHARGE_CAR: (
        {
            vol.Optional("switch"): SWITCH,
            vol.Optional("soc"): SOC,
            vol.Required("target", default=80): PERCENT,
            vol.Required("ready_by", default="07:00:00"): TIME,
        },
        {
            vol.Optional("current"): NUMBER,
            vol.Optional("plugged"): _entity(["binary_sensor", "device_tracker"]),
            vol.Required("capacity", default=60): KILOWATT_HOURS,
            vol.Required("amperes", default=16): _number(6, 80, "A", 1),
            vol.Required("volts", default=230): _number(100, 480, "V", 1),
            vol.Required("phases", default=1): _number(1, 3, "", 1),
            vol.Required("default", default="on"): STATE,
        },
    ),
    Kind.HEAT_WATER: (
        {
            vol.Required("heater"): _entity(["water_heater"]),
            vol.Required("lowest"): DEGREES,
            vol.Required("usual"): DEGREES,
            vol.Required("highest"): DEGREES,
        },
        {
            vol.Required("power", default=2_000): WATTS,
            vol.Required("volume", default=200): _number(5, 5_000, "L", 1),
        },
    ),
    Kind.HEAT_COOL: (
        {
            vol.Required("thermostat"): _entity(["climate"]),
            vol.Required("low"): DEGREES,
            vol.Required("usual"): DEGREES,
            vol.Required("high"): DEGREES,
        },
        {
            vol.Required("power", default=2_000): WATTS,
            vol.Required("season", default="heat"): _choice("season", "heat", "cool"),
            vol.Optional("outdoor"): _entity(["sensor"], "temperature"),
        },
    ),
    Kind.RUN_HOURS: (
        {
            vol.Required("switch"): SWITCH,
            vol.Required("hours", default=4): _number(0.25, 24, "h"),
            vol.Required("power", default=1_000): WATTS,
            vol.Required("ready_by", default="20:00:00"): TIME,
        },
        {vol.Required("default", default="off"): STATE},
    ),
    Kind.RUN_ONCE: (
        {
            vol.Required("switch"): SWITCH,
            vol.Required("hours", default=2): _number(0.25, 24, "h"),
            vol.Required("power", default=800): WATTS,
            vol.Required("ready_by", default="07:00:00"): TIME,
        },
        {vol.Required("default", default="on"): STATE},
    ),
    Kind.PAUSE_WHEN_DEAR: (
        {
            vol.Required("switch"): SWITCH,
            vol.Required("limit", default=0.4): _number(-5, 25, ""),
            vol.Required("longest_minutes", default=60): _number(5, 720, "min", 1),
        },
        {},
    ),
    Kind.HOME_BATTERY: (
        {
            vol.Required("setpoint"): NUMBER,
            vol.Required("soc"): SOC,
            vol.Required("capacity"): KILOWATT_HOURS,
            vol.Required("reserve", default=20): PERCENT,
        },
        {
            vol.Required("max_charge", default=3_000): WATTS,
            vol.Required("max_discharge", default=3_000): WATTS,
        },
    ),
}
EVERYWHERE: Final[Questions] = {
    vol.Required("hold_hours", default=2): _number(0.25, 48, "h"),
    vol.Required("advise", default=False): select.BooleanSelector(),
}


class ResponseFlow(ConfigSubentryFlow):
    """Every way to a response, and to a changed one."""

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask what shall respond to prices."""
        return self.async_show_menu(step_id="user", menu_options=[str(kind) for kind in QUESTIONS])

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the page of its kind again."""
        return await self._ask(str(self._get_reconfigure_subentry().data["kind"]), None)

    async def async_step_charge_car(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Charge my car."""
        return await self._ask(Kind.CHARGE_CAR, user_input)

    async def async_step_heat_water(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Heat water."""
        return await self._ask(Kind.HEAT_WATER, user_input)

    async def async_step_heat_cool(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Heat and cool."""
        return await self._ask(Kind.HEAT_COOL, user_input)

    async def async_step_run_hours(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Run for some hours a day."""
        return await self._ask(Kind.RUN_HOURS, user_input)

    async def async_step_run_once(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Run once before a time."""
        return await self._ask(Kind.RUN_ONCE, user_input)

    async def async_step_pause_when_dear(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Pause when dear."""
        return await self._ask(Kind.PAUSE_WHEN_DEAR, user_input)

    async def async_step_home_battery(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Home battery."""
        return await self._ask(Kind.HOME_BATTERY, user_input)

    async def _ask(self, kind: str, user_input: dict[str, Any] | None) -> SubentryFlowResult:
        errors: dict[str, str] = {}
        told: dict[str, str] = {}
        if user_input is not None:
            data = {"kind": kind} | self._stored(user_input)
            title = data.pop(NAME)
            try:
                adapter = read(data)
            except Unusable as error:
                errors["base"], told = "unusable", {"field": error.field, "reason": error.reason}
            else:
                taken = self._taken() & set(adapter.controlled)
                if not taken:
                    return self._finish(title, data)
                entity = entity_id(self.hass, next(iter(taken))) or ""
                errors["base"], told = "in_use", {"entity": entity}
        return self.async_show_form(
            step_id=kind,
            data_schema=self.add_suggested_values_to_schema(
                _page(kind), user_input if user_input is not None else self._before()
            ),
            errors=errors,
            description_placeholders=told,
        )

    def _finish(self, title: str, data: dict[str, Any]) -> SubentryFlowResult:
        if self.source == "reconfigure":
            return self.async_update_and_abort(
                self._get_entry(), self._get_reconfigure_subentry(), title=title, data=data
            )
        return self.async_create_entry(title=title, data=data)

    def _taken(self) -> set[str]:
        """Entities that other responses lead."""
        own = self._get_reconfigure_subentry().subentry_id if self.source == "reconfigure" else None
        taken: set[str] = set()
        for subentry in self._get_entry().subentries.values():
            if subentry.subentry_id != own:
                try:
                    taken |= set(read(subentry.data).controlled)
                except Unusable:
                    continue  # it runs nothing, and has a repair issue that says so
        return taken

    def _stored(self, user_input: Mapping[str, Any]) -> dict[str, Any]:
        """Flat, with entities by their registry ids: a renamed one stays the same."""
        flat: dict[str, Any] = {
            name: value for name, value in user_input.items() if name != MORE
        } | user_input.get(MORE, {})
        registry = er.async_get(self.hass)
        for name, value in flat.items():
            entry = registry.async_get(value) if isinstance(value, str) and "." in value else None
            if entry is not None and name != NAME:
                flat[name] = entry.id
        return flat

    def _before(self) -> dict[str, Any]:
        """The answers of the response that is being changed, as the page has them."""
        if self.source != "reconfigure":
            return {}
        subentry = self._get_reconfigure_subentry()
        shown = {
            name: entity_id(self.hass, value) if isinstance(value, str) and _is_id(value) else value
            for name, value in subentry.data.items()
        }
        return {NAME: subentry.title, **shown, MORE: shown}


def _is_id(value: str) -> bool:
    return len(value) == 32 and value.isalnum()


def _page(kind: str) -> vol.Schema:
    first, more = QUESTIONS[kind]
    return vol.Schema(
        {
            vol.Required(NAME): select.TextSelector(),
            **first,
            vol.Required(MORE): section(vol.Schema({**more, **EVERYWHERE}), {"collapsed": True}),
        }
    )
