"""Errors of the retailer: each says what happened, where, and what to do."""

from temix_market.instants import Duration


class RetailerError(Exception):
    """Root of everything this package raises for its operator."""


class SeriesError(RetailerError):
    """A series of prices or carbon intensities that cannot be used."""

    def __init__(self, where: str, reason: str) -> None:
        """Name the file and what is wrong with it."""
        super().__init__(f"series {where}: {reason}")
        self.reason = reason


class StoreError(RetailerError):
    """The book's file cannot be opened, or did not take what was to be written."""


class AccessDenied(RetailerError):
    """Credentials or a token that are not accepted."""


class RegistrationError(RetailerError):
    """A home that has registered no key, or another one."""


class TooManyRequests(RetailerError):
    """More than is served; ``retry_after`` (ms) says when to come again."""

    def __init__(self, what: str, retry_after: Duration) -> None:
        """Say of what there was too much."""
        super().__init__(f"{what}: try again in {-(-retry_after // 1000)} s")
        self.retry_after = retry_after


class ConfigError(RetailerError):
    """A configuration that cannot be; the key is named."""


class CredentialError(RetailerError):
    """Keys or a certificate that cannot be used."""


class ServiceError(RetailerError):
    """The service cannot start."""


class HistoryError(RetailerError):
    """A home's history that cannot be used; the line is named."""
