"""Who may do what: one table, from which checks, tests and the reference page are made."""

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What somebody is to the home."""

    VIEWER = "viewer"
    CONTROLLER = "controller"
    OWNER = "owner"
    INSTALLER = "installer"


INSTALLER_LASTS_S: Final = 30 * 60
"""How long a session or a token of the installer's is good for, whatever happens in it."""

OWNER_LASTS_S: Final = 12 * 60 * 60
"""How long the owner stays signed in to the pages."""

_READERS: Final = frozenset(Role)
_HOME: Final = frozenset({Role.CONTROLLER})
_STEERING: Final = frozenset({Role.CONTROLLER, Role.OWNER, Role.INSTALLER})
_LIMITING: Final = frozenset({Role.CONTROLLER, Role.OWNER})
_OWNER: Final = frozenset({Role.OWNER})
_INSTALLER: Final = frozenset({Role.INSTALLER})
_LIVING: Final = frozenset({Role.OWNER, Role.INSTALLER})
"""Who sees to the gateway itself: who lives there, and who installs it."""

COMMANDS: Final[dict[str, frozenset[Role]]] = {
    "start_listening": _READERS,
    "get_state": _READERS,
    "get_statement": _READERS,
    "get_transactions": _READERS,
    "get_settled_hours": _READERS,
    "pause_trading": _STEERING,
    "plan_again": _STEERING,
    "set_mode": _STEERING,
    "set_limits": _LIMITING,
    "sign_mandate": _OWNER,
    "revoke_mandate": _OWNER,
    "report_home": _HOME,
    "report_history": _HOME,
    "report_readings": _HOME,
    "report_prices": _HOME,
    "preview_plan": _HOME,
    "open_pairing": _LIVING,
    "close_pairing": _LIVING,
    "get_access": _LIVING,
    "revoke_client": _LIVING,
    "get_commissioning": _LIVING,
    "commission": _INSTALLER,
}
"""The commands of the local API; Home Assistant is the controller."""

PAIRS: Final[dict[Role, frozenset[Role]]] = {
    Role.VIEWER: _LIVING,
    Role.CONTROLLER: _LIVING,
    Role.OWNER: _OWNER,
    Role.INSTALLER: frozenset(),
}
"""Who may open the pairing window for a client of which role: nobody gives more than they have, and an
installer nothing of the owner's that would outlast the visit. An installer signs in, or is at the box."""

PAGES: Final[dict[str, frozenset[Role]]] = {
    "GET /commission": _INSTALLER,
    "GET /commission/{step}": _INSTALLER,
    "POST /commission/{step}": _INSTALLER,
    "GET /hand-over": _INSTALLER,
    "POST /hand-over": _INSTALLER,
    "GET /pairing": _LIVING,
    "POST /pairing": _LIVING,
    "GET /record": _LIVING,
    "GET /record.json": _LIVING,
    "GET /owner": _OWNER,
    "GET /statement": _OWNER,
    "GET /log": _LIVING,
    "POST /trading": _LIVING,
    "POST /sign-out": _LIVING,
}
"""The gateway's pages, for who is signed in; a viewer and Home Assistant have no way to sign in."""

OPEN_PAGES: Final = frozenset(
    {
        "GET /",
        "GET /sign-in",
        "POST /sign-in",
        "GET /welcome",
        "POST /welcome",
        "GET /page.css",
        "GET /page.js",
    }
)
"""The pages for everybody: they tell nothing of the home."""

NOTED: Final = frozenset(
    {
        "set_mode",
        "set_limits",
        "sign_mandate",
        "revoke_mandate",
        "commission",
    }
)
"""Commands in the security log under their own names; those about access, and a stop, have other words."""
