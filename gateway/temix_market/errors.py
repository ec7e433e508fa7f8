"""Errors of the market: each says what happened, where, and what to do."""


class MarketError(Exception):
    """Root of everything this package raises."""


class InvalidField(MarketError):
    """A value that cannot enter the market; ``field`` names where it stood."""

    def __init__(self, field: str, reason: str) -> None:
        """Name the ``field`` (dotted path) and the ``reason`` in words."""
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class Refused(MarketError):
    """A well-formed order that the book does not take; ``code`` is its response code on the wire."""

    code = 400
    key = "refused"


class UnknownTender(Refused):
    """The order repeats a tender that was never published."""

    code = 404
    key = "unknown_tender"

    def __init__(self, tender_id: str) -> None:
        """Name the tender that is not in the book."""
        super().__init__(f"tender {tender_id} is not in the book: take one from the latest publication")
        self.tender_id = tender_id


class TenderExpired(Refused):
    """The tender's expiry, or the order's own ``notAfter``, had passed at commit."""

    code = 410
    key = "expired"

    def __init__(self, tender_id: str, expired_at: str) -> None:
        """Name the tender and the instant (ISO 8601) at which it lapsed."""
        super().__init__(f"tender {tender_id} expired at {expired_at}: take one from the latest publication")
        self.tender_id = tender_id


class TenderSuperseded(Refused):
    """A newer revision of the tender is in force; ``newer_id`` is its id."""

    code = 409
    key = "superseded"

    def __init__(self, tender_id: str, newer_id: str) -> None:
        """Name both tenders."""
        super().__init__(f"tender {tender_id} was superseded by {newer_id}: order from that one")
        self.tender_id = tender_id
        self.newer_id = newer_id


class BeyondDepth(Refused):
    """More was asked than remains; nothing was filled. ``remaining`` is in Wh."""

    code = 416
    key = "beyond_depth"

    def __init__(self, tender_id: str, asked: int, remaining: int) -> None:
        """Name the tender, the quantity asked and what remains (Wh)."""
        super().__init__(
            f"tender {tender_id}: {asked} Wh asked, {remaining} Wh remain: ask for no more than that"
        )
        self.tender_id = tender_id
        self.remaining = remaining


class TermsDiffer(Refused):
    """The order does not repeat the tender as published (price, side, instrument or author)."""

    code = 406
    key = "terms_differ"


class KeyReused(Refused):
    """The same key came again with other content: an alarm, not a retry."""

    code = 422
    key = "key_reused"

    def __init__(self, order_key: str) -> None:
        """Name the key."""
        super().__init__(f"key {order_key} was used before with other content: use a new key for a new order")
        self.order_key = order_key


class KeyVoided(Refused):
    """The key was voided by a reconcile query before its order arrived."""

    code = 423
    key = "voided"

    def __init__(self, order_key: str) -> None:
        """Name the key."""
        super().__init__(f"key {order_key} was voided: its order can no longer take effect")
        self.order_key = order_key


class OutOfSequence(Refused):
    """The order does not follow the last one that the book has of this home: nothing happened."""

    code = 412
    key = "out_of_sequence"

    def __init__(self, home: str, known: int, came: int) -> None:
        """Name the home, the last order that is known of it, and the number that came."""
        super().__init__(
            f"order {came} of {home} does not follow order {known}, the last in the book: "
            "compare the heads of both records before any further trade"
        )
