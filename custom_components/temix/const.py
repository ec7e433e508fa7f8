"""Constants of the TeMIX integration."""

from datetime import timedelta
from typing import Final

DOMAIN: Final = "temix"

CONF_FINGERPRINT: Final = "fingerprint"
CONF_APP: Final = "app"
"""The slug of the Supervisor's app that the gateway is; absent where it is a machine of its own."""

DEFAULT_PORT: Final = 8741

INTERVAL: Final = timedelta(minutes=5)
"""The shortest interval of the market; all others are made of whole ones."""

LOST_AFTER: Final = timedelta(seconds=90)
"""How long the gateway may be away before its connection entity says so."""

MICRO: Final = 1_000_000
"""Prices on the wire are in millionths of the currency unit."""
