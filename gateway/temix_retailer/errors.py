"""Errors of the retailer: each says what happened, where, and what to do."""


class RetailerError(Exception):
    """Root of everything this package raises for its operator."""


class PriceFileError(RetailerError):
    """A price series that cannot be used."""

    def __init__(self, where: str, reason: str) -> None:
        """Name the file and what is wrong with it."""
        super().__init__(f"price series {where}: {reason}")
        self.reason = reason


class StoreError(RetailerError):
    """The book's file cannot be opened, or did not take what was to be written."""
