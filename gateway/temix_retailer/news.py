"""What a home is told without having asked: publications, its subscription, its meter, its own tenders."""

from collections.abc import Callable
from dataclasses import dataclass, field

from temix_market.deliveries import Delivery
from temix_market.home_tenders import Acceptance, Ending
from temix_market.tenders import PartyId, Publication
from temix_market.transactions import Pair


@dataclass(slots=True)
class Published:
    """A publication; its signed message is made when it is first asked for, the same for every home."""

    publication: Publication
    _sign: Callable[[Publication], str]
    _message: str = field(default="", init=False)

    @property
    def message(self) -> str:
        """The author's signed message."""
        self._message = self._message or self._sign(self.publication)
        return self._message


@dataclass(frozen=True, slots=True)
class Subscribed:
    """Hours of a home's subscription that were just booked, and the message that tells the home."""

    home: PartyId
    pairs: tuple[Pair, ...]
    message: str


@dataclass(frozen=True, slots=True)
class MeterRead:
    """What the retailer's own meter saw at a home, as it was booked, and the message that tells the home."""

    home: PartyId
    steps: tuple[Delivery, ...]
    message: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """A part of a home's tender that was just accepted, and each party's message that tells the home."""

    home: PartyId
    acceptance: Acceptance
    messages: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Ended:
    """A home's tender that has ended, and the message that tells the home."""

    home: PartyId
    ending: Ending
    message: str


type News = Published | Subscribed | MeterRead | Accepted | Ended
"""What a home is told: a publication, hours of its subscription that were booked, what its meter read, or
what became of its own tender."""

type Hear = Callable[[News], None]
"""Takes news at once, without waiting."""
