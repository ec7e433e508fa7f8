"""Adding, copying and changing a response in the UI: what people ask, which device, how, and a preview."""

from collections.abc import Mapping
from typing import Any, Final

import probatio as vol
from homeassistant.config_entries import ConfigSubentry, ConfigSubentryFlow, SubentryFlowResult
from homeassistant.data_entry_flow import section
from homeassistant.helpers import selector as select

from . import checks
from .checks import Wrong
from .guess import guess, name_of
from .home import entity_id, registry_id
from .kinds import read
from .model import Kind
from .phases import options_of
from .preview import preview
from .questions import MORE, NAME, PAGES, Degrees, Preset, Questions, SetPoint, number

COPY: Final = "copy"
COPIED: Final = "response"
LED: Final = (
    "switch",
    "stop",
    "on_option",
    "off_option",
    "current",
    "phase_switch",
    "one_phase",
    "three_phases",
    "thermostat",
    "heater",
    "setpoint",
)
"""Answers that a copy leaves out: two responses cannot lead one entity."""
BUTTONS: Final = ("button", "input_button", "script")
CHOICES: Final = ("select", "input_select")
OPTIONAL_WITH_BUTTON: Final = select.EntitySelector(select.EntitySelectorConfig(domain=list(BUTTONS)))


class ResponseFlow(ConfigSubentryFlow):
    """Every way to a response, and to a changed one."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._kind = ""
        self._before: dict[str, Any] = {}
        self._guessed: dict[str, Any] = {}
        self._device: dict[str, Any] = {}
        self._lever: dict[str, Any] = {}
        self._settings: dict[str, Any] = {}
        self._title = ""

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask what shall respond to prices."""
        copy = [COPY] if self._others() else []
        return self.async_show_menu(step_id="user", menu_options=[*map(str, PAGES), *copy])

    async def async_step_copy(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Take the answers of another response, all but its device and its name."""
        others = self._others()
        if user_input is not None:
            taken = others[user_input[COPIED]].data
            self._before = {name: value for name, value in taken.items() if name not in LED}
            return await self._ask_device(str(taken["kind"]), None)
        options = [
            select.SelectOptionDict(value=subentry_id, label=subentry.title)
            for subentry_id, subentry in others.items()
        ]
        config = select.SelectSelectorConfig(options=options, mode=select.SelectSelectorMode.LIST)
        schema = vol.Schema({vol.Required(COPIED): select.SelectSelector(config)})
        return self.async_show_form(step_id="copy", data_schema=schema)

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show the pages of its kind again, with its answers."""
        subentry = self._get_reconfigure_subentry()
        self._before = {NAME: subentry.title, **subentry.data}
        return await self._ask_device(str(subentry.data["kind"]), None)

    async def async_step_lever(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask how a choice, a button or a script turns the device on and off."""
        found = entity_id(self.hass, self._device.get("switch")) or ""
        if user_input is not None:
            self._lever = self._stored(user_input)
            wrong = self._wrong_lever()
            if wrong is None:
                return await self._ask_settings(None)
            return self._page("lever", self._lever_page(found), user_input, wrong, entity=found)
        return self._page("lever", self._lever_page(found), self._shown(), entity=found)

    async def async_step_preview(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show what it would do at today's prices; the yes to it makes it."""
        data = self._data
        if user_input is not None:
            if self.source == "reconfigure":
                entry, subentry = self._get_entry(), self._get_reconfigure_subentry()
                return self.async_update_and_abort(entry, subentry, title=self._title, data=data)
            return self.async_create_entry(title=self._title, data=data)
        coordinator = getattr(self._get_entry(), "runtime_data", None)
        notes = await checks.notes(self.hass, read(data), data)
        told = {
            "name": self._title,
            "preview": await preview(self.hass, coordinator, data, self._own),
            "notes": "\n\n".join(notes),
        }
        return self.async_show_form(
            step_id="preview", data_schema=vol.Schema({}), description_placeholders=told
        )

    @property
    def _own(self) -> str:
        """The id of the response that is being changed; none while one is added."""
        return self._get_reconfigure_subentry().subentry_id if self.source == "reconfigure" else ""

    def _others(self) -> dict[str, ConfigSubentry]:
        """The responses that there are, by their ids; meter and price entities are subentries, too."""
        subentries = self._get_entry().subentries
        return {name: each for name, each in subentries.items() if each.subentry_type == self._subentry_type}

    @property
    def _data(self) -> dict[str, Any]:
        return {"kind": self._kind, **self._device, **self._lever, **self._settings}

    async def _ask_device(self, kind: str, user_input: dict[str, Any] | None) -> SubentryFlowResult:
        """Which device."""
        self._kind = kind
        questions = PAGES[kind].device
        if not questions:
            return await self._ask_settings(None)
        if user_input is None:
            return self._page(kind, questions, self._shown())
        self._device = self._stored(user_input)
        wrong = checks.wrong_device(self.hass, {"kind": kind, **self._device}, self._own)
        if wrong is not None:
            return self._page(kind, questions, user_input, wrong)
        phases = self.hass.states.get(entity_id(self.hass, self._device.get("phase_switch")) or "")
        self._device |= options_of(phases) or {}
        self._guessed = await guess(self.hass, kind, self._device)
        self._lever = {}
        found = entity_id(self.hass, self._device.get("switch")) or ""
        if found.startswith((*BUTTONS, *CHOICES)):
            return await self.async_step_lever()
        return await self._ask_settings(None)

    async def _ask_settings(self, user_input: dict[str, Any] | None) -> SubentryFlowResult:
        """How."""
        step = f"{self._kind}_settings"
        wrong = None
        if user_input is not None:
            flat = {name: value for name, value in user_input.items() if name != MORE}
            self._settings = self._stored(flat | user_input.get(MORE, {}))
            self._title = self._settings.pop(NAME)
            wrong = checks.wrong_settings(self.hass, self._data)
            if wrong is None:
                return await self.async_step_preview()
        known = self._shown() if user_input is None else {**user_input, **user_input.get(MORE, {})}
        pages = PAGES[self._kind]
        return self._page(
            step, {vol.Required(NAME): select.TextSelector(), **pages.first}, known, wrong, pages.more
        )

    def _wrong_lever(self) -> Wrong | None:
        lever = self._lever
        if lever.get("on_option") is not None and lever["on_option"] == lever.get("off_option"):
            return Wrong("off_option", "same_option")
        if lever.get("stop") is not None and lever["stop"] == self._device["switch"]:
            return Wrong("stop", "same_button")
        data = {"kind": self._kind, **self._device, **lever}
        return checks.wrong_device(self.hass, data, self._own)

    def _lever_page(self, found: str) -> Questions:
        if found.startswith(BUTTONS):
            return {vol.Required("stop"): OPTIONAL_WITH_BUTTON}
        state = self.hass.states.get(found)
        options = [] if state is None else [str(option) for option in state.attributes.get("options", [])]
        choice = select.SelectSelector(select.SelectSelectorConfig(options=options))
        return {vol.Required("on_option"): choice, vol.Required("off_option"): choice}

    def _shown(self) -> dict[str, Any]:
        """What is known before anybody answers: by entity ids, as pages have it."""
        known = {**self._guessed, **self._before}
        return {
            name: entity_id(self.hass, value) or value if isinstance(value, str) and _is_id(value) else value
            for name, value in known.items()
        }

    def _stored(self, user_input: Mapping[str, Any]) -> dict[str, Any]:
        """Entities by their registry ids: a renamed one stays the same."""
        return {
            name: registry_id(self.hass, value)
            if isinstance(value, str) and "." in value and name != NAME
            else value
            for name, value in user_input.items()
        }

    def _page(  # noqa: PLR0913, PLR0917 - what a page is made of, each of them once
        self,
        step: str,
        first: Questions,
        known: Mapping[str, Any],
        wrong: Wrong | None = None,
        more: Questions | None = None,
        entity: str = "",
    ) -> SubentryFlowResult:
        visible = self._asked(first, known)
        hidden = self._asked(more or {}, known)
        schema: dict[vol.Marker, Any] = dict(visible)
        at_fault = wrong is not None and wrong.field in hidden
        if hidden:
            schema[vol.Required(MORE)] = section(vol.Schema(hidden), {"collapsed": not at_fault})
        errors = {}
        if wrong is not None:
            errors = {wrong.field if wrong.field in visible else "base": wrong.key}
        return self.async_show_form(
            step_id=step,
            data_schema=vol.Schema(schema),
            errors=errors,
            description_placeholders={
                "entity": entity,
                "device": self._device_name(),
                **(wrong.told if wrong is not None else {}),
            },
        )

    def _asked(self, questions: Questions, known: Mapping[str, Any]) -> dict[vol.Marker, Any]:
        """The questions as they are asked here, with what is known for an answer."""
        asked = {}
        for marker, how in questions.items():
            selector = self._selector(how)
            if selector is not None:
                asked[_answered(marker, known.get(str(marker)))] = selector
        return asked

    def _selector(self, how: Any) -> Any:
        if how not in (Degrees, SetPoint, Preset):
            return how
        if how is SetPoint and not self._device.get("heater"):
            return None
        led = entity_id(self.hass, self._device.get("thermostat") or self._device.get("heater"))
        state = self.hass.states.get(led or "")
        shown: Mapping[str, Any] = {} if state is None else state.attributes
        if how is Preset:
            presets = [str(preset) for preset in shown.get("preset_modes") or []]
            return select.SelectSelector(select.SelectSelectorConfig(options=presets)) if presets else None
        least, most = shown.get("min_temp", 0), shown.get("max_temp", 212)
        return number(float(least), float(most), self.hass.config.units.temperature_unit)

    def _device_name(self) -> str:
        chosen = next((self._device[name] for name in LED if self._device.get(name)), None)
        return "" if chosen is None else name_of(self.hass, chosen)


def _answered(marker: vol.Marker, value: Any) -> vol.Marker:
    """A question with an answer to start from; an optional one can still be left empty."""
    if value is None:
        return marker
    if isinstance(marker, vol.Required):
        return vol.Required(str(marker), default=value)
    return vol.Optional(str(marker), description={"suggested_value": value})


def _is_id(value: str) -> bool:
    return len(value) == 32 and value.isalnum()


def _add_steps(kind: str) -> None:
    """Give the flow the two steps of a kind; Home Assistant finds them by their names."""

    async def device(self: ResponseFlow, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        return await self._ask_device(kind, user_input)

    async def settings(self: ResponseFlow, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        return await self._ask_settings(user_input)

    setattr(ResponseFlow, f"async_step_{kind}", device)
    setattr(ResponseFlow, f"async_step_{kind}_settings", settings)


for _kind in Kind:
    _add_steps(_kind)
