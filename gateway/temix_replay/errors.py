"""Errors of a replay."""

from temix_gateway.errors import GatewayError


class ReplayError(GatewayError):
    """A replay that cannot be run as asked, or whose books do not agree afterwards."""
