"""Errors of the gateway: each says what happened, where, and what to do."""

from pathlib import Path


class GatewayError(Exception):
    """Root of everything the gateway raises about itself; its text is fit for the owner's eyes."""


class LedgerError(GatewayError):
    """The ledger file cannot be used as it is."""


class LedgerUnreadable(LedgerError):
    """The file is no ledger, or cannot be read at all."""

    def __init__(self, path: Path, reason: str) -> None:
        """Name the file and what is wrong with it."""
        super().__init__(f"ledger {path} cannot be read ({reason}): put back a backup, or move the file away")
        self.path = path
        self.reason = reason


class LedgerTooNew(LedgerError):
    """A newer version of the gateway wrote the file."""

    def __init__(self, path: Path, found: int, known: int) -> None:
        """Name both schema versions."""
        super().__init__(
            f"ledger {path} has schema {found}, this version knows up to {known}: "
            "install the version that wrote it, or a later one; nothing was changed"
        )


class LedgerInUse(LedgerError):
    """Another process writes the file."""

    def __init__(self, path: Path) -> None:
        """Name the file."""
        super().__init__(f"ledger {path} is in use by another gateway: stop that one first")


class LedgerNotCopied(LedgerError):
    """No copy was made; whatever had the copy's name before is as it was."""

    def __init__(self, source: Path, target: Path, reason: str) -> None:
        """Name both files and what stood in the way."""
        super().__init__(f"ledger {source} was not copied to {target} ({reason}): nothing was changed")


class LedgerNotArchived(LedgerError):
    """Old months stay in the live file for now."""

    def __init__(self, path: Path, reason: str) -> None:
        """Name the file and what stood in the way."""
        super().__init__(
            f"old months of {path} were not archived ({reason}): nothing was lost, it is tried again tomorrow"
        )


class LedgerNotWritten(LedgerError):
    """The disk failed: what was to be recorded counts as not recorded."""

    def __init__(self, path: Path, reason: str) -> None:
        """Name the file and what the disk said."""
        super().__init__(f"ledger {path} cannot be written ({reason}): look at the disk and its free space")


class LedgerLocked(LedgerError):
    """The file failed its check: what can be read is served, nothing is written."""

    def __init__(self, reason: str) -> None:
        """Give the reason of the failed check."""
        super().__init__(f"the ledger is locked: {reason}")
        self.reason = reason


class MandateRefused(LedgerError):
    """A mandate that does not count: nothing was recorded."""

    def __init__(self, reason: str) -> None:
        """Say why."""
        super().__init__(f"the mandate was refused: {reason}")


class MessageReused(LedgerError):
    """A message id of the retailer came again with other content: refused, and an alarm."""

    def __init__(self, peer: str, message_id: str) -> None:
        """Name the sender and the id."""
        super().__init__(f"{peer} sent {message_id} twice with different content: the second was refused")


class PartyUnknown(LedgerError):
    """The ledger has accounts of a party, but nothing says what that party trades."""

    def __init__(self, party: str) -> None:
        """Name the party."""
        super().__init__(
            f"nothing says whether {party} trades energy or transport: the ledger has no trade with it, "
            "and tenders.db beside it no tender; put the copy of tenders.db beside the ledger"
        )


class TenderBroken(LedgerError):
    """The retailer accepted or ended a tender of the home's otherwise than it was made: refused."""

    def __init__(self, key: str, reason: str) -> None:
        """Name the tender and what is wrong."""
        super().__init__(f"the retailer's word on tender {key} does not count ({reason}): ask the retailer")


class OrderLost(LedgerError):
    """The retailer answered an order that the ledger does not have: its newest part is missing."""

    def __init__(self, sequence: int) -> None:
        """Name the order's number."""
        super().__init__(
            f"the retailer answered order {sequence}, which this ledger does not have: an older ledger was "
            "put back, or its newest part is lost; stop the gateway and run `temix-gateway resync`"
        )
