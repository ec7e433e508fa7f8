"""The app of Home Assistant: what its store reads fits the gateway that is in it."""

import json
import re
import struct
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from temix_gateway import config
from temix_gateway.texts import LANGUAGES

ROOT = Path(__file__).parents[2]
APP = ROOT / "gateway"
ABOUT: dict[str, Any] = yaml.safe_load((APP / "config.yaml").read_text())
ACCOUNT = {
    "retailer": {"url": "https://retailer.test", "client_id": "home-1", "client_secret": "letter"},
    "home": {"party": "home-1"},
}


def filled(account: dict[str, dict[str, str]]) -> dict[str, Any]:
    """The options as the Supervisor writes them."""
    return {name: section | account.get(name, {}) for name, section in ABOUT["options"].items()}


def test_its_options_are_a_configuration(tmp_path: Path) -> None:
    path = tmp_path / "options.json"
    path.write_bytes(msgspec.json.encode(filled(ACCOUNT)))
    loaded = config.load(path)
    assert loaded.retailer.client_secret == "letter"
    assert loaded.home.party == "home-1"
    assert loaded.gateway.data == str(tmp_path / "data")
    assert loaded.trading == config.Trading()
    assert loaded.home == config.Home(party="home-1")


@pytest.mark.parametrize(
    "retailer",
    [
        {"service": "gridx", "utility": "SCE", "rate": "TOU-D-49", "circuit": "Moorpark"},
        {"service": "midas", "rin": "USCA-PGPG-ETOU-0000"},
        {"service": "openadr", "url": "https://vtn.test", "program": "prices"},
    ],
)
def test_its_form_takes_every_service_of_prices(tmp_path: Path, retailer: dict[str, str]) -> None:
    path = tmp_path / "options.json"
    form = filled(ACCOUNT) | {
        "retailer": {"url": "", "client_id": "", **retailer}
    }  # a field that was emptied
    path.write_bytes(msgspec.json.encode(form))
    loaded = config.load(path).retailer
    assert msgspec.to_builtins(loaded).items() >= retailer.items()
    assert ABOUT["schema"]["retailer"].keys() >= retailer.keys()


def test_as_installed_it_waits_to_be_commissioned(tmp_path: Path) -> None:
    path = tmp_path / "options.json"
    path.write_bytes(msgspec.json.encode(filled({})))
    assert not config.load(path).enrolled


def test_options_that_were_filled_in_by_half_are_named(tmp_path: Path) -> None:
    path = tmp_path / "options.json"
    path.write_bytes(msgspec.json.encode(filled({**ACCOUNT, "retailer": {"url": "https://retailer.test"}})))
    with pytest.raises(config.ConfigError, match=r"options\.json: retailer\.client_id"):
        config.load(path)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_option_has_a_schema_and_words(language: str) -> None:
    words = yaml.safe_load((APP / "translations" / f"{language}.yaml").read_text())
    needed = {
        name: {key for key, kind in section.items() if not kind.endswith("?")}
        for name, section in ABOUT["schema"].items()
    }
    assert {name: set(section) for name, section in ABOUT["options"].items()} == needed
    assert set(words["configuration"]) == set(ABOUT["options"])
    assert set(words["network"]) == set(ABOUT["ports"])


def test_versions_agree() -> None:
    project = tomllib.loads((APP / "pyproject.toml").read_text())["project"]
    label = re.search(r'io\.hass\.version="([^"]*)"', (APP / "Dockerfile").read_text())
    assert label is not None
    integration = json.loads((ROOT / "custom_components" / "temix" / "manifest.json").read_text())
    # By the last one Home Assistant tells that a gateway is older than its newest release.
    assert ABOUT["version"] == project["version"] == label[1] == integration["version"]
    assert f"## {ABOUT['version']}" in (APP / "CHANGELOG.md").read_text()


def test_the_supervisor_finds_one_app() -> None:
    """It takes every file of these names in the repository for an app's."""
    cloned = ["git", "-C", ROOT, "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(cloned, capture_output=True, text=True, check=True).stdout.splitlines()
    names = {"config.yaml", "config.yml", "config.json"}
    assert [path for path in listed if Path(path).name in names] == ["gateway/config.yaml"]
    assert yaml.safe_load((ROOT / "repository.yaml").read_text()).keys() == {"name", "url", "maintainer"}


def test_it_is_built_from_its_folder_alone() -> None:
    sources = re.findall(r"^COPY (\S+) ", (APP / "Dockerfile").read_text(), re.MULTILINE)
    assert all((APP / source).exists() for source in sources)
    packages = tomllib.loads((APP / "pyproject.toml").read_text())["tool"]["uv"]["build-backend"]
    assert {"requirements.lock", "pyproject.toml", *packages["module-name"]} == set(sources)


@pytest.mark.parametrize("name, size", [("icon", (128, 128)), ("logo", (250, 100))])
def test_the_store_has_pictures_of_it(name: str, size: tuple[int, int]) -> None:
    header = (APP / f"{name}.png").read_bytes()[:24]
    assert header[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", header[16:]) == size


def test_it_announces_the_integrations_domain() -> None:
    assert ABOUT["discovery"] == ["temix"]
    assert set(ABOUT["arch"]) == {"aarch64", "amd64"}
