"""What Home Assistant's own validator and HACS look at, as far as it can be looked at here."""

import json
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

ROOT: Final = Path(__file__).parents[2]
INTEGRATION: Final = ROOT / "custom_components" / "temix"


def texts() -> Any:
    """The English ones, from which the others are translated."""
    return json.loads((INTEGRATION / "translations" / "en.json").read_text())


def described(name: str) -> dict[str, Any]:
    """What a file of actions, triggers or conditions describes; keys with a dot are YAML anchors."""
    found = yaml.safe_load((INTEGRATION / f"{name}.yaml").read_text())
    return {key: schema or {} for key, schema in found.items() if not key.startswith(".")}


def test_the_manifest_says_what_it_must_in_the_order_that_is_wanted() -> None:
    manifest = json.loads((INTEGRATION / "manifest.json").read_text())
    assert list(manifest) == ["domain", "name", *sorted(set(manifest) - {"domain", "name"})]
    assert manifest["domain"] == INTEGRATION.name
    needed = {"codeowners", "documentation", "integration_type", "iot_class", "issue_tracker", "version"}
    assert all(manifest[key] for key in needed)
    assert all("==" in requirement for requirement in manifest["requirements"])
    hacs = json.loads((ROOT / "hacs.json").read_text())
    assert hacs["name"] == manifest["name"]


@pytest.mark.parametrize("name", ["services", "triggers", "conditions"])
def test_everything_that_is_described_has_words_and_an_icon(name: str) -> None:
    said, icons = texts()[name], json.loads((INTEGRATION / "icons.json").read_text())[name]
    found = described(name)
    assert sorted(found) == sorted(said) == sorted(icons)
    for key, schema in found.items():
        assert said[key]["name"], key
        assert said[key]["description"], key
        fields = {
            field
            for names in (schema.get("fields", {}), *_sections(schema))
            for field, told in names.items()
            if "fields" not in (told or {})
        }
        assert fields <= set(said[key].get("fields", {})), key


def _sections(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return [told["fields"] for told in schema.get("fields", {}).values() if "fields" in (told or {})]


def test_every_field_of_every_dialog_is_explained() -> None:
    def steps(tree: Any, path: str = "") -> list[str]:
        if not isinstance(tree, dict):
            return []
        lacking = [
            f"{path}.{field}"
            for field in tree.get("data", {})
            if field not in tree.get("data_description", {})
        ]
        return lacking + [one for key, value in tree.items() for one in steps(value, f"{path}.{key}")]

    said = texts()
    assert [*steps(said["config"]), *steps(said["options"]), *steps(said["config_subentries"])] == []


def test_brand_images_are_there() -> None:
    kinds = {
        f"{dark}{kind}{size}.png"
        for dark in ("", "dark_")
        for kind in ("icon", "logo")
        for size in ("", "@2x")
    }
    assert {image.name for image in (INTEGRATION / "brand").glob("*.png")} == kinds
