"""Every language says everything, with the same placeholders; and every code that is shown has its words."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from temix_gateway.planning import Why
from temix_gateway.planning.explain import WISHES

from custom_components.temix.response.questions import PAGES
from custom_components.temix.response.status import REASONS, Doing, Mode

FOLDER: Final = Path(__file__).parents[2] / "custom_components" / "temix" / "translations"
LANGUAGES: Final = ("de", "es", "fr")


def texts(language: str) -> dict[str, str]:
    """Every text of a language, by its path."""

    def flat(tree: dict[str, Any], path: str) -> Iterator[tuple[str, str]]:
        for key, value in tree.items():
            if isinstance(value, dict):
                yield from flat(value, f"{path}{key}.")
            else:
                yield f"{path}{key}", value

    return dict(flat(json.loads((FOLDER / f"{language}.json").read_text(encoding="utf-8")), ""))


def placeholders(text: str) -> list[str]:
    """What is filled in, in alphabetical order."""
    return sorted(re.findall(r"\{(\w*)\}", text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_says_everything_with_the_same_placeholders(language: str) -> None:
    english, other = texts("en"), texts(language)
    assert sorted(english) == sorted(other)
    wrong = [path for path, text in english.items() if placeholders(text) != placeholders(other[path])]
    assert not wrong
    assert all(text.strip() for text in other.values())


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_every_answer_reason_and_state_has_its_words(language: str) -> None:
    said = texts(language)
    step = "config_subentries.response.step."
    for kind, pages in PAGES.items():
        for name, questions in ((kind, pages.device), (f"{kind}_settings", pages.first)):
            for question in questions:
                assert f"{step}{name}.data.{question}" in said
                assert f"{step}{name}.data_description.{question}" in said
        for question in pages.more:
            assert f"{step}{kind}_settings.sections.more.data.{question}" in said
            assert f"{step}{kind}_settings.sections.more.data_description.{question}" in said
        assert f"{step}user.menu_options.{kind}" in said
    for why in Why:
        assert why.value in REASONS, "the planner's words are known"
    for wish in WISHES:
        assert f"selector.binds.options.{wish}" in said
    for reason in REASONS:
        assert f"entity.sensor.response_why.state.{reason}" in said
        assert f"entity.sensor.response_why.state_attributes.sentence.state.{reason}" in said
    for doing in Doing:
        assert f"entity.sensor.response_state.state.{doing}" in said
    for mode in Mode:
        assert f"entity.select.response_mode.state.{mode}" in said
