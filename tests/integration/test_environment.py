"""The environment is the one that Home Assistant wants, so that it starts without a network."""

import json
import tomllib
from importlib.metadata import version
from pathlib import Path

import homeassistant
import pytest
from homeassistant import bootstrap
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from packaging.requirements import Requirement

COMPONENTS = Path(homeassistant.__file__).parent / "components"
LOADED = (
    bootstrap.CORE_INTEGRATIONS
    | bootstrap.DEFAULT_INTEGRATIONS
    | bootstrap.LOGGING_AND_HTTP_DEPS_INTEGRATIONS
    | {"config", "energy", "history", "logbook", "mobile_app", "recorder", "zeroconf"}
    | {"esphome", "mqtt", "zwave_js"}  # the devices of tests/e2e
) - {"sentry"}  # loaded only where it is configured


def requirements() -> dict[str, str]:
    """Name every requirement of what a start loads, with the integration that has it."""
    found, seen, waiting = {}, set(), set(LOADED)
    while waiting:
        domain = waiting.pop()
        seen.add(domain)
        manifest_file = COMPONENTS / domain / "manifest.json"
        if not manifest_file.exists():  # a folder of entities only
            continue
        manifest = json.loads(manifest_file.read_text())
        found |= dict.fromkeys(manifest.get("requirements", []), domain)
        waiting |= set(manifest.get("dependencies", [])) - seen
    return found


def test_the_walk_finds_what_is_known_to_be_needed() -> None:
    assert {Requirement(line).name.lower() for line in requirements()} >= {"sqlalchemy", "zeroconf"}


@pytest.mark.parametrize("line", sorted(requirements()))
def test_requirement_is_pinned_and_present(line: str, request: pytest.FixtureRequest) -> None:
    project = tomllib.loads((request.config.rootpath / "pyproject.toml").read_text())
    assert line.lower() in project["dependency-groups"]["home-assistant"]
    wanted = Requirement(line)
    assert version(wanted.name) in wanted.specifier


async def test_home_assistant_runs(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, "input_number", {"input_number": {"load": {"min": 0, "max": 9}}})
    await hass.async_block_till_done()
    assert hass.states.get("input_number.load") is not None
