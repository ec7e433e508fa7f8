"""What a parser is to whoever gives it inputs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Parser:
    """Valid inputs by form; how one of a form is read; what may be raised."""

    samples: Mapping[str, Sequence[bytes]]
    read: Callable[[str, bytes], object]
    refusals: tuple[type[Exception], ...]
