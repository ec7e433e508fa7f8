"""Changes a valid input a little: by its bytes, by its words, and where it is JSON by its values."""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from random import Random
from typing import Any, Final

WORDS: Final = (
    b"0", b"-0", b"-1", b"1", b"12", b"2147483648", b"9007199254740993", b"9223372036854775808", b"-1e400",
    b"18446744073709551616", b"1e308", b"0.1", b"1" * 400, b"9" * 5_000, b"NaN", b"Infinity", b"-inf", b"nan",
    b"null", b"true", b"false", b'""', b'"\\ud800"', b'"\\u0000"', b"\x00", b"\xff\xfe", b"\xc0\x80",
    b"[" * 2_000, b'{"a":' * 1_000, b"{}", b"[]", b"a" * 10_000, b"..", b"../../etc/passwd",
    b"\xf0\x9f\x94\x8c", b"1970-01-01T00:00:00Z", b"9999-12-31T23:59:59Z", b"07:32:00",
    b"[[tariff]]", b"\n", b"=", b'"""', b"\\",
)  # fmt: skip
"""Words that a parser may trip over."""

VALUES: Final[tuple[Any, ...]] = (
    0, -1, 1, 12, 2**31, 2**53 + 1, 2**63, -(2**63), 10**30, 0.5, 1e300, None, True, False, "", "\x00",
    "é" * 300, "1", "-1", "1e5", "NaN", "x" * 5_000, [], {}, [[]], [None], {"": {}}, "PT5M",
    "2026-03-29T02:30:00Z",
)  # fmt: skip
"""Values that fit nowhere, or just beyond."""

_WORD: Final = re.compile(rb"[\w.+-]+|\s+|.", re.DOTALL)
_MOST: Final = 200_000


def changed(sample: bytes, random: Random) -> bytes:
    """Change ``sample``: a few times in one of the three ways, or seldom not at all."""
    way = random.random()
    if way < 0.02:
        return sample
    if way < 0.5 and sample[:1] in (b"{", b"["):
        tree = json.loads(sample)
        for _ in range(random.randint(1, 3)):
            tree = _values(tree, random)
        return json.dumps(tree, ensure_ascii=random.random() < 0.5).encode(errors="surrogatepass")
    change = _words if way < 0.75 else _bytes
    for _ in range(random.randint(1, 4)):
        sample = change(sample, random)
    return sample[:_MOST]


def _values(tree: Any, random: Random) -> Any:
    """Replace, remove, repeat or rename one value somewhere in the tree."""
    places = list(_places(tree))
    if not places:
        return deepcopy(random.choice(VALUES))
    holder, key = random.choice(places)
    match random.randrange(5):
        case 0 | 1:
            holder[key] = deepcopy(random.choice(VALUES))
        case 2:
            del holder[key]
        case 3:
            other, at = random.choice(places)
            holder[key] = deepcopy(other[at])
        case _ if isinstance(holder, dict):
            holder[random.choice(("type", "id", "kind", "", "é", f"{key}x"))] = holder.pop(key)
        case _:
            holder.extend([holder[key]] * random.choice((1, 20, 300)))
    return tree


def _places(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Every value's holder, and its place there."""
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in items:
        yield tree, key
        yield from _places(value)


def _words(sample: bytes, random: Random) -> bytes:
    """Put a word in the place of another, before it, or leave it out."""
    here = _WORD.search(sample, random.randrange(len(sample) + 1))
    start, end = here.span() if here else (len(sample), len(sample))
    word = random.choice(WORDS) if random.random() < 0.8 else b""
    return sample[:start] + word + sample[random.choice((start, end)) :]


def _bytes(sample: bytes, random: Random) -> bytes:
    """Change, cut or repeat some bytes."""
    if not sample:
        return random.randbytes(8)
    at = random.randrange(len(sample))
    match random.randrange(5):
        case 0:
            return sample[:at] + bytes([sample[at] ^ (1 << random.randrange(8))]) + sample[at + 1 :]
        case 1:
            return sample[:at] + random.randbytes(random.randint(1, 8)) + sample[at + 1 :]
        case 2:
            return sample[:at]
        case 3:
            return sample[:at] + sample[at + random.randint(1, 50) :]
        case _:
            end = at + random.randint(1, 50)
            return sample[:at] + sample[at:end] * random.choice((2, 3, 50)) + sample[end:]
