"""Who may do what: one table."""

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What a client is to the home."""

    VIEWER = "viewer"
    CONTROLLER = "controller"
    OWNER = "owner"
    INSTALLER = "installer"


_READ: Final = frozenset(
    {"start_listening", "get_state", "get_statement", "get_transactions", "get_settled_hours"}
)
_STEER: Final = frozenset({"pause_trading", "plan_again", "set_mode"})
_LIMIT: Final = frozenset({"set_limits"})
_ACCESS: Final = frozenset({"open_pairing", "close_pairing", "get_access", "revoke_client"})
_MANDATE: Final = frozenset({"sign_mandate", "revoke_mandate"})
_REPORT: Final = frozenset({"report_home", "report_history", "report_readings", "preview_plan"})

ALLOWED: Final[dict[Role, frozenset[str]]] = {
    Role.VIEWER: _READ,
    Role.CONTROLLER: _READ | _STEER | _LIMIT | _REPORT,
    Role.OWNER: _READ | _STEER | _LIMIT | _MANDATE | _ACCESS,
    Role.INSTALLER: _READ | _STEER | _ACCESS,
}
"""The commands of each role; Home Assistant is the controller."""
