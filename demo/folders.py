"""The folders that Home Assistant and the gateway run in."""

import json
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from temix_retailer.carbon import SHIPPED as CARBON

DEMO = Path(__file__).resolve().parent
REPOSITORY = DEMO.parent
PASSPHRASE: Final = "owner.passphrase"  # noqa: S105 - the name of a file
"""Of the key with which the demo's owner signs the mandate; in a real home nobody writes it down here."""
ZONE: Final = "America/Chicago"
"""As in configuration.yaml, and the retailer's default."""


@dataclass(frozen=True, slots=True)
class Retailer:
    """What a home needs to know of its retailer: the enrolment."""

    url: str
    certificate: Path
    home: str
    client_id: str
    client_secret: str


def make_home_assistant(folder: Path, port: int) -> None:
    """Fill ``folder`` from what lies beside this file; both integrations are links into the repository."""
    storage = folder / ".storage"
    storage.mkdir(parents=True)
    for name in ("configuration.yaml", "dashboard.yaml", "strategy.yaml"):
        shutil.copyfile(DEMO / name, folder / name)
    (folder / "automations.yaml").touch()
    for stored in (DEMO / "storage").iterdir():
        shutil.copyfile(stored, storage / stored.name)
    (storage / "http").write_text(json.dumps(http_settings(port)))

    integrations = folder / "custom_components"
    integrations.mkdir()
    (integrations / "temix").symlink_to(REPOSITORY / "custom_components" / "temix")
    (integrations / "simulated_home").symlink_to(DEMO / "custom_components" / "simulated_home")


def http_settings(port: int) -> dict[str, object]:
    """The server's settings as already confirmed: those in YAML would be on trial for five minutes."""
    stable = {
        "server_host": ["127.0.0.1"],
        "server_port": port,
        "cors_allowed_origins": [],
        "login_attempts_threshold": -1,
        "ip_ban_enabled": True,
        "ssl_profile": "modern",
        "use_x_frame_options": True,
        "created_at": "2026-01-01T00:00:00+00:00",
        "error": None,
        "error_message": None,
    }
    data = {"stable": stable, "pending": None, "yaml_migration_done": True}
    return {"version": 2, "minor_version": 2, "key": "http", "data": data}


def make_retailer(folder: Path) -> None:
    """Fill ``folder``: the retailer's configuration, which has it publish carbon intensities."""
    folder.mkdir()
    (folder / "retailer.toml").write_text(f'carbon_intensity = "{CARBON}"\n')


def make_gateway(folder: Path, port: int, retailer: Retailer) -> None:
    """Fill ``folder``: the gateway's configuration, the secret of its account, the owner's passphrase."""
    folder.mkdir()
    secret = folder / "retailer.secret"
    secret.touch(mode=0o600)
    secret.write_text(retailer.client_secret)
    passphrase = folder / PASSPHRASE
    passphrase.touch(mode=0o600)
    passphrase.write_text(secrets.token_urlsafe(24))
    (folder / "temix-gateway.toml").write_text(
        f"""[gateway]
name = "Demo home"
host = "127.0.0.1"
port = {port}
announce = false
time_zone = "{ZONE}"

[retailer]
url = "{retailer.url}"
client_id = "{retailer.client_id}"
client_secret_file = "{secret.name}"
ca_file = "{retailer.certificate}"

[home]
party = "{retailer.home}"

[trading]
mode = "automatic"
minimum_gain = "0"

[[tariff]]
name = "the old tariff"
price = "0.1325"
"""
    )
