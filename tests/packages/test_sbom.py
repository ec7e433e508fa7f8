"""The bill of materials names every package that the gateway's lock installs."""

import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(60)
def test_every_locked_package_is_in_it(tmp_path: Path) -> None:
    subprocess.run([ROOT / "script" / "sbom", tmp_path / "sbom.json"], check=True, capture_output=True)
    bill = json.loads((tmp_path / "sbom.json").read_text())
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    named = {(part["name"], part["version"]) for part in bill["components"]}
    lock = (ROOT / "gateway" / "requirements.lock").read_text()
    locked = set(re.findall(r"^([\w.-]+)==([\w.]+)", lock, re.MULTILINE))
    assert locked
    assert locked <= named
