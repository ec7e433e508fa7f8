"""OpenADR 3.1: a virtual end node that reads the prices of one program; with or without an account.

Source: OpenADR 3.1 definition (schemas oadr3-org/openadr3-schemas). Objects used: program, event, report.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from msgspec import Struct
from temix_market.errors import InvalidField
from temix_market.intervals import Interval

from temix_gateway.retailer.errors import CredentialsRefused, Misunderstood, NothingPublished
from temix_gateway.retailer.published.http import Http
from temix_gateway.retailer.published.openadr_events import Event, read_events
from temix_gateway.retailer.published.openadr_reports import Reports, Server
from temix_gateway.retailer.published.prices import Published, decoded
from temix_gateway.retailer.published.schedule import Rhythm

NAME: Final = "OpenADR 3.1"
PAGE: Final = 50
"""Events of one answer, the most that servers give."""
MOST_PAGES: Final = 4
"""A program with more events than these has not been tidied up; what is not read could count more."""


class _Program(Struct, frozen=True, rename="camel"):
    id: str
    program_name: str = ""


class _Token(Struct, frozen=True):
    access_token: str


@dataclass(frozen=True, slots=True)
class OpenAdr:
    """One program of a virtual top node: a ``Feed``. ``secret`` never shows itself."""

    url: str
    program: str
    currency: str
    zone: ZoneInfo
    client_id: str = ""
    secret: str = field(default="", repr=False)
    reports: Reports | None = field(default=None, repr=False)
    """Tells the server of the home's use, where the owner wants that."""

    @property
    def name(self) -> str:
        """What its parties are called after."""
        return f"openadr:{self.program}"

    @property
    def question(self) -> str:
        """What it is asked for."""
        return f"{self.url} {self.program} {self.currency}"

    @property
    def rhythm(self) -> Rhythm:
        """The standard has no publication time."""
        return Rhythm(self.zone)

    async def read(self, http: Http, wanted: Interval) -> Sequence[Published]:
        """Log in where there is an account, find the program, and ask for its events.

        Raises:
            LinkError: no answer that can be used; what to do about it.
        """
        token = await self.log_in(http)
        program = await self.program_id(http, token)
        events = await self._events(http, program, token)
        if self.reports is not None:
            await self.reports.send(Server(http, self.url, token), events, program)
        return [
            price for price in read_events(events, program, self.currency) if price.interval.overlaps(wanted)
        ]

    async def program_id(self, http: Http, token: str) -> str:
        """What the server calls the program; errors as with ``read``."""
        asked = {"programName": self.program, "limit": str(PAGE)}
        reply = await http.get(f"{self.url}/programs", asked, token)
        for each in self.decode(reply.body, list[_Program]):
            if each.program_name == self.program:
                return each.id
        raise NothingPublished(f"{self.url} has no program {self.program!r}: check retailer.program")

    async def _events(self, http: Http, program: str, token: str) -> list[Event]:
        """All of a program, page by page."""
        found: list[Event] = []
        for page in range(MOST_PAGES):
            asked = {"programID": program, "skip": str(page * PAGE), "limit": str(PAGE)}
            reply = await http.get(f"{self.url}/events", asked, token)
            events = self.decode(reply.body, list[Event])
            found += events
            if len(events) < PAGE:
                return found
        raise Misunderstood(
            f"{self.url} has more than {MOST_PAGES * PAGE} events of {self.program!r}: "
            "its operator has to remove old ones"
        )

    async def log_in(self, http: Http) -> str:
        """A token, or nothing where there is no account; errors as with ``read``."""
        if not self.client_id:
            return ""
        asked = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.secret,
        }
        kind = "application/x-www-form-urlencoded"
        try:
            reply = await http.post(f"{self.url}/auth/token", urlencode(asked).encode(), kind)
        except CredentialsRefused as error:
            raise CredentialsRefused(
                f"{self.url} refused the account {self.client_id!r}: check retailer.client_id and its secret"
            ) from error
        return self.decode(reply.body, _Token).access_token

    def decode[T](self, body: bytes, kind: type[T]) -> T:
        """Read an answer.

        Raises:
            Misunderstood: it is of another form.
        """
        try:
            return decoded(body, kind, "answer")
        except InvalidField as error:
            raise Misunderstood(f"{self.url} does not answer as OpenADR 3 does: {error.reason}") from error
