"""The labelled points at which a process may die: seams of the real code, named here and nowhere in it.

Nothing of this is in the product, so no setting of it can be obeyed by accident. A test puts a hook around a
function of the product for as long as it runs: in the simulator, and in processes that are then really killed
(``tests/faults/killing``).
"""

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final
from unittest.mock import patch

import aiohttp
from temix_gateway.books import Books
from temix_gateway.ledger import chain, file, schema
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.retailer.service import Service
from temix_gateway.retailer.temix import TemixLink
from temix_gateway.retailer.voice import Voice
from temix_retailer import book
from temix_retailer.accounts import Accounts
from temix_retailer.book import Book
from temix_retailer.commits import Commits
from temix_retailer.home_tenders import HomeTenders
from temix_retailer.quotes import Quotes

type Reached = Callable[[str], None]
"""Told the name of a point when it is reached; it may not return."""

type About = Callable[[Sequence[Any]], bool]
"""Says of a call's arguments whether it is meant."""


def _every(_: Sequence[Any]) -> bool:
    return True


def _record(kind: str) -> About:
    return lambda arguments: arguments[2] == kind


def _event(event: str) -> About:
    return lambda arguments: arguments[2] == "tenders" and arguments[3][1] == event


def _order(arguments: Sequence[Any]) -> bool:
    return str(arguments[1]).startswith(("/transactions", "/tenders"))


def _order_answer(arguments: Sequence[Any]) -> bool:
    return any(path in str(arguments[0].url) for path in ("/transactions", "/tenders"))


def _of_a_file(arguments: Sequence[Any]) -> bool:
    return bool(arguments[0].execute("PRAGMA database_list").fetchone()[2])


@dataclass(frozen=True, slots=True)
class Point:
    """Before or after the calls of ``owner.name`` that ``about`` means, or at the end of a context of it."""

    label: str
    owner: Any
    name: str
    about: About = _every

    @property
    def after(self) -> bool:
        """Whether the call is over."""
        return self.label.startswith("after")


GATEWAY: Final = (
    Point("before reserve", Ledger, "place"),
    Point("after sign", Voice, "order"),
    Point("after reserve, before commit", chain, "append", _record("orders")),
    Point("after commit", Ledger, "place"),
    Point("before send", TemixLink, "order"),
    Point("before receive", aiohttp.ClientResponse, "start", _order_answer),
    Point("after receive", Service, "post", _order),
    Point("after answer, before commit", chain, "append", _record("answers")),
    Point("after answer commit, before apply", Ledger, "resolve"),
    Point("after apply", Books, "answered"),
    Point("after inbox, before commit", chain, "append", _record("publications")),
    Point("after inbox commit", Ledger, "file_publication"),
    Point("before report", TemixLink, "report"),
    Point("after report", TemixLink, "report"),
    Point("before readings are settled", Books, "_take_readings"),
    Point("before settle", Ledger, "settle"),
    Point("after settle, before commit", chain, "append", _record("settlements")),
    Point("after settle", Ledger, "settle"),
)
AT_START: Final = (
    Point("before backup", file, "backup"),
    Point("after backup", file, "backup"),
    Point("within migrate", schema, "transaction", _of_a_file),
    Point("after migrate", file, "migrate"),
)
RETAILER: Final = (
    Point("before booking", Book, "order"),
    Point("after booking, before commit", book, "add_pair"),
    Point("after booking", Book, "order"),
    Point("after group commit", Commits, "commit"),
    Point("before reconcile", Book, "reconcile"),
    Point("after reconcile", Book, "reconcile"),
    Point("before publishing", Quotes, "freeze"),
    Point("after publishing", Book, "issue"),
    Point("after delivery", Accounts, "report"),
    Point("before reading", Book, "read"),
    Point("after reading", Book, "read"),
)
GATEWAY_TENDERING: Final = (
    Point("after tender, before commit", chain, "append", _event("made")),
    Point("after acceptance, before commit", chain, "append", _event("accepted")),
    Point("before acceptance is applied", Books, "_accepted"),
    Point("after acceptance", Books, "_accepted"),
    Point("after ending, before commit", chain, "append", _event("ended")),
    Point("before cancelling", TemixLink, "cancel_tender"),
    Point("after cancelling", TemixLink, "cancel_tender"),
)
RETAILER_TENDERING: Final = (
    Point("before attending", HomeTenders, "attend"),
    Point("after accepting, before commit", HomeTenders, "_accept"),
    Point("after end, before commit", HomeTenders, "_end"),
    Point("after attending", HomeTenders, "attend"),
    Point("after cancel", HomeTenders, "cancel"),
)
"""Beside the others where the home makes tenders of its own."""


@contextmanager
def hooked(points: Sequence[Point], reached: Reached) -> Iterator[None]:
    """Tell ``reached`` of each of ``points``, until the block ends."""
    with ExitStack() as stack:
        for point in points:
            usual = getattr(point.owner, point.name)
            stack.enter_context(patch.object(point.owner, point.name, _around(point, usual, reached)))
        yield


def _around(point: Point, usual: Any, reached: Reached) -> Any:
    def tell(after: bool, arguments: Sequence[Any]) -> None:
        if after == point.after and point.about(arguments):
            reached(point.label)

    if point.label.startswith("within"):

        @contextmanager
        def within(*args: Any) -> Iterator[Any]:
            with usual(*args) as value:
                yield value
                tell(False, args)

        return within
    if inspect.iscoroutinefunction(usual):

        @wraps(usual)
        async def waiting(*args: Any, **kwargs: Any) -> Any:
            tell(False, args)
            result = await usual(*args, **kwargs)
            tell(True, args)
            return result

        return waiting

    @wraps(usual)
    def calling(*args: Any, **kwargs: Any) -> Any:
        tell(False, args)
        result = usual(*args, **kwargs)
        tell(True, args)
        return result

    return calling
