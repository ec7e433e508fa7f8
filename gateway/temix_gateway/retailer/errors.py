"""Why there is no link: each kind says what happened, where, and what to do."""

from temix_gateway.errors import GatewayError


class LinkError(GatewayError):
    """The link failed; ``retry_after`` (s) is how long the retailer asked to be left alone."""

    def __init__(self, text: str, retry_after: float = 0) -> None:
        """Give the text that the owner sees."""
        super().__init__(text)
        self.retry_after = retry_after


class Unreachable(LinkError):
    """Nothing answers at the address."""


class CertificateRefused(LinkError):
    """The service's certificate is expired, of another name or of an unknown authority."""


class CredentialsRefused(LinkError):
    """The retailer does not accept the account."""


class Busy(LinkError):
    """The retailer asked to come back later."""


class Misunderstood(LinkError):
    """Something answered, but not as this service does."""


class NotTaken(Misunderstood):
    """It refused what it was asked or sent (HTTP 4xx): the same again would be refused again."""


class Silent(LinkError):
    """The connection ended, or nothing was heard for too long."""


class NothingPublished(LinkError):
    """A service of published prices answered that it has none."""
