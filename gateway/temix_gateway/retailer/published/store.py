"""Published prices on disk, so that a restart shows them at once and asks nobody."""

from pathlib import Path
from typing import Annotated, Final

import msgspec
import structlog
from msgspec import Meta, Struct
from temix_market.instants import Duration, Instant
from temix_market.intervals import Interval
from temix_market.tenders import Component
from temix_market.units import CarbonIntensity, Price

from temix_gateway.retailer.published.prices import Direction, Published

MODE: Final = 0o600

_LOG: Final = structlog.get_logger(__name__)


class _Price(Struct, frozen=True, array_like=True):
    direction: Direction
    start: int
    duration: Annotated[int, Meta(ge=300_000, multiple_of=300_000)]
    energy: int
    transport: int
    final: bool
    parts: tuple[tuple[str, int], ...] = ()
    carbon: int | None = None


class Kept(Struct, frozen=True):
    """What is kept of one ``service``: its prices, when it was asked, and the last good answer.

    ``question`` is what it was asked for: prices of one circuit are not those of another one.
    """

    service: str
    question: str = ""
    prices: tuple[_Price, ...] = ()
    requests: tuple[int, ...] = ()
    answered: int | None = None

    def published(self) -> list[Published]:
        """The prices."""
        return [
            Published(
                price.direction,
                Interval(Instant(price.start), Duration(price.duration)),
                Price(price.energy),
                Price(price.transport),
                tuple(Component(name, Price(value)) for name, value in price.parts),
                price.final,
                None if price.carbon is None else CarbonIntensity(price.carbon),
            )
            for price in self.prices
        ]


def packed(price: Published) -> _Price:
    """A price as it is kept."""
    return _Price(
        price.direction,
        price.interval.start,
        price.interval.duration,
        price.energy,
        price.transport,
        price.final,
        tuple((part.name, part.price) for part in price.parts),
        price.carbon,
    )


def replace(path: Path, content: bytes) -> None:
    """Write a file of the home's own (blocking): it is whole at every moment.

    Raises:
        OSError: it stays as it was.
    """
    beside = path.with_suffix(".new")
    beside.write_bytes(content)
    beside.chmod(MODE)
    beside.replace(path)


class Store:
    """One file; what cannot be read is begun anew, for all of it can be asked for again."""

    def __init__(self, path: Path) -> None:
        """Keep in the file at ``path``."""
        self._path = path

    def load(self, service: str, question: str) -> Kept:
        """What was kept of ``service`` (blocking); where another question was asked, only the requests."""
        try:
            kept = msgspec.json.decode(self._path.read_bytes(), type=Kept)
        except FileNotFoundError:
            return Kept(service, question)
        except (OSError, ValueError) as error:
            _LOG.warning("kept prices cannot be read", path=str(self._path), reason=str(error))
            return Kept(service, question)
        if (kept.service, kept.question) == (service, question):
            return kept
        return Kept(service, question, requests=kept.requests if kept.service == service else ())

    def save(self, kept: Kept) -> None:
        """Keep (blocking): the file is whole at every moment."""
        try:
            replace(self._path, msgspec.json.encode(kept))
        except OSError as error:
            _LOG.warning("prices cannot be kept", path=str(self._path), reason=str(error))
