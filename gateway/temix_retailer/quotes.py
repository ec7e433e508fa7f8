"""What was published, and the prices of it that become spots when their 5 minutes begin."""

import json
from collections.abc import Iterable
from hashlib import sha256
from sqlite3 import Connection

from temix_market.instants import HOUR, Instant
from temix_market.tenders import PartyId, Publication
from temix_market.units import Price

from temix_retailer.rows import quotes
from temix_retailer.store import Store


class Quotes:
    """Each party's 5-minute prices that no spot was made of yet; ``last`` is the latest turn (0: none)."""

    def __init__(self, store: Store) -> None:
        """Take up where the store stands."""
        self._store = store
        self._prices: dict[tuple[PartyId, Instant], tuple[Price, Price]] = {}
        rows = store.reading
        (last,) = rows.execute("SELECT coalesce(max(published_at), 0) FROM publications").fetchone()
        self.last = Instant(last)
        for author, offered in rows.execute(
            "SELECT author, quotes FROM publications WHERE published_at > ? ORDER BY sequence",
            (self.last - HOUR,),
        ):
            for start, sell, buy in json.loads(offered):
                self._prices[author, start] = sell, buy
        self._forget()

    def has(self, publications: Iterable[Publication]) -> bool:
        """Whether exactly these were published."""
        return all(self._digest(one) == _digest(one) for one in publications)

    def freeze(self, rows: Connection, issued: Instant) -> None:
        """Write the spots of what begins by ``issued``."""
        for (author, start), (sell, buy) in self._prices.items():
            if start <= issued:
                rows.execute("INSERT INTO spots VALUES (?, ?, ?, ?, ?)", (author, start, sell, buy, issued))

    def write(self, rows: Connection, publications: Iterable[Publication]) -> None:
        """Write what is published."""
        for one in publications:
            offered = json.dumps([[start, *prices] for start, prices in quotes(one).items()])
            rows.execute(
                "INSERT INTO publications VALUES (?, ?, ?, ?, ?)",
                (one.author, one.sequence, one.published_at, _digest(one), offered),
            )

    def take(self, publications: Iterable[Publication]) -> None:
        """Remember what was written."""
        for one in publications:
            self.last = one.published_at
            for start, prices in quotes(one).items():
                self._prices[one.author, start] = prices
        self._forget()

    def _forget(self) -> None:
        self._prices = {key: prices for key, prices in self._prices.items() if key[1] > self.last}

    def _digest(self, publication: Publication) -> str:
        found = self._store.reading.execute(
            "SELECT digest FROM publications WHERE author = ? AND sequence = ?",
            (publication.author, publication.sequence),
        ).fetchone()
        return "" if found is None else str(found[0])


def _digest(publication: Publication) -> str:
    terms = [(tender.id, tender.price, tender.quantity, tender.expires_at) for tender in publication.tenders]
    return sha256(json.dumps(terms).encode()).hexdigest()
