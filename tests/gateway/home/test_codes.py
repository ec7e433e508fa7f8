"""The code that people carry: what is given out is read back, and what is mistyped is noticed."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temix_gateway.home.codes import ALPHABET, new_code, pairing_uri, secret_of, spaced

from custom_components.temix.client import MistypedCode, read_code

CODES = st.integers().map(lambda seed: new_code(random.Random(seed).randrange))


@given(CODES)
def test_a_code_is_read_as_people_write_it(code: str) -> None:
    for written in (code, spaced(code), f" {code.lower()} ", "-".join(code), pairing_uri("gw-1", code)):
        assert read_code(written) == code
    assert secret_of(code) == code[:8].encode()


@given(CODES)
def test_letters_that_look_like_digits_are_taken_for_them(code: str) -> None:
    assert read_code(code.replace("0", "o").replace("1", "l")) == code


@given(CODES, st.integers(0, 8), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_noticed(code: str, place: int, wrong: str) -> None:
    mistyped = code[:place] + wrong + code[place + 1 :]
    if mistyped == code:
        return
    with pytest.raises(MistypedCode):
        read_code(mistyped)


@given(CODES, st.integers(0, 7))
def test_two_exchanged_characters_are_noticed(code: str, place: int) -> None:
    mistyped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    if mistyped == code:
        return
    with pytest.raises(MistypedCode):
        read_code(mistyped)


@pytest.mark.parametrize(
    "text",
    ["", "4K7", "4K7M2XQ9C4", "4K7 M2X Q9€", "temix:gw?code=", "teg_" + "x" * 43],
)
def test_what_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(MistypedCode):
        read_code(text)


def test_codes_are_random() -> None:
    assert len({new_code() for _ in range(1_000)}) == 1_000
