"""What can go wrong between a client and its gateway."""


class TemixError(Exception):
    """Root of everything the client raises."""


class CannotConnect(TemixError):
    """No gateway answers at the address."""


class ConnectionLost(CannotConnect):
    """The connection ended, or there is none."""


class CertificateMismatch(TemixError):
    """Whoever answers at the address shows another certificate than the pinned one; no token was sent."""


class WrongGateway(TemixError):
    """Another gateway answers at the address; no token was sent."""


class InvalidAuth(TemixError):
    """The gateway does not know the token."""


class MistypedCode(TemixError):
    """The text is no pairing code; nothing was sent."""


class PairingClosed(TemixError):
    """The gateway pairs nobody now: no window is open, or what was given has been used."""


class WrongCode(TemixError):
    """The code is not the one that the gateway shows, or somebody sits between."""


class UnsupportedSchema(TemixError):
    """Client and gateway have no schema in common; ``gateway_is_newer`` says who is behind."""

    def __init__(self, gateway_is_newer: bool, gateway_version: str) -> None:
        """Name the gateway's version, and whether it is ahead of this client."""
        behind = "the integration" if gateway_is_newer else "the gateway"
        super().__init__(
            f"gateway {gateway_version} and this client have no schema in common: update {behind}"
        )
        self.gateway_is_newer = gateway_is_newer
        self.gateway_version = gateway_version


class ProtocolError(TemixError):
    """The gateway sent what its schema does not allow."""


class CommandFailed(TemixError):
    """The gateway answered a command with an error ``code``; ``reason`` is its text."""

    def __init__(self, code: str, reason: str) -> None:
        """Carry the gateway's code and text."""
        super().__init__(f"{reason} ({code})")
        self.code = code
        self.reason = reason
