"""The service of systemd: installed as an installer does it, and as closed as promised."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.packages.releases import Releases

DEPLOY = Path(__file__).parents[2] / "gateway" / "deploy"
UNIT = DEPLOY / "temix-gateway.service"


def test_the_unit_is_closed_to_nearly_everything() -> None:
    """``systemd-analyze`` fails where the exposure is above 2.0 (the threshold is in tenths)."""
    subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", UNIT],
        check=True,
        capture_output=True,
    )


@pytest.mark.timeout(300)
def test_it_is_installed_and_runs_from_there(tmp_path: Path) -> None:
    """The folder is copied first: nothing else of the repository may be needed. Then it is upgraded."""
    shutil.copytree(DEPLOY.parent, tmp_path / "gateway")
    places = {name: str(tmp_path / name.lower()) for name in ("PREFIX", "CONFIGURATION", "UNITS")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = (
        os.environ
        | places
        | {
            "PYTHON": sys.executable,
            "PATH": path,
            "UV_OFFLINE": "1",  # script/test has put what it needs into the cache
        }
    )
    releases = Releases(tmp_path / "releases", tmp_path / "keys")
    signers = tmp_path / "gateway" / "deploy" / "signers"
    signers.write_text(releases.signer("maintainer"))
    shutil.copytree(tmp_path / "gateway", releases.folder / "gateway")
    project = releases.folder / "gateway" / "pyproject.toml"
    project.write_text(project.read_text().replace('\nversion = "', '\nversion = "99.'))
    releases.release("v99.0.1.0", "maintainer")
    environment |= releases.environment | {"SOURCE": str(releases.folder)}
    for step in (tmp_path / "gateway" / "deploy" / "install", tmp_path / "prefix" / "upgrade"):
        subprocess.run([step], env=environment, check=True)
        with (tmp_path / "configuration" / "temix-gateway.toml").open("a") as mine:
            mine.write("\n# mine\n")
    python = [
        tmp_path / "prefix" / "bin" / "python",
        "-c",
        "import importlib.metadata as m; print(m.version('temix-gateway'))",
    ]
    assert subprocess.run(python, capture_output=True, check=True).stdout == b"99.0.1.0\n"
    assert (tmp_path / "units" / "temix-gateway.service").read_text() == UNIT.read_text()
    written = (tmp_path / "configuration" / "temix-gateway.toml").read_text()
    assert written.endswith("\n# mine\n\n# mine\n")
    assert 'data = "/var/lib/temix-gateway"' in written
    program = tmp_path / "prefix" / "bin" / "temix-gateway"
    missing = subprocess.run(
        [program, "run", "--config", tmp_path / "none.toml"], capture_output=True, text=True, check=False
    )
    assert missing.returncode == 1
    assert "does not exist" in missing.stderr
    example = subprocess.run([program, "plan", "--example"], capture_output=True, text=True, check=True)
    planned = subprocess.run(
        [program, "plan", "-", "--json"], input=example.stdout, capture_output=True, text=True, check=True
    )
    assert '"level"' in planned.stdout
