"""What a release consists of: it is whole, and its wheel runs where nothing else is installed."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest

from demo.processes import Service
from tests.home_processes import until

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).parent / "uv"

EVERY_MODULE = """
import importlib, pkgutil
for name in ("temix_market", "temix_gateway", "temix_reception", "temix_retailer", "temix_replay"):
    for module in pkgutil.walk_packages(importlib.import_module(name).__path__, name + "."):
        importlib.import_module(module.name)
"""


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a release, as CI makes them; script/test has put what is needed into uv's cache."""
    folder = tmp_path_factory.mktemp("release") / "dist"
    made = [ROOT / "script" / "release", folder]
    subprocess.run(made, env=os.environ | {"UV_OFFLINE": "1"}, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def tools(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel and the packages of its lock alone, by the command of the how-to page."""
    page = (ROOT / "docs" / "how-to" / "install-the-gateway.md").read_text()
    found = re.search(r"^ +uv (tool install .*)$", page, re.MULTILINE)
    assert found is not None
    tools = tmp_path_factory.mktemp("tools")
    wheel = next(release.glob("*.whl"))
    words = found[1].replace("3.14", sys.executable).replace("temix_gateway-*.whl", str(wheel)).split()
    places = {"UV_TOOL_DIR": str(tools), "UV_TOOL_BIN_DIR": str(tools / "bin"), "UV_OFFLINE": "1"}
    subprocess.run([UV, *words], cwd=release, env=os.environ | places, check=True, capture_output=True)
    return tools


@pytest.mark.timeout(120)
def test_a_release_is_whole(release: Path) -> None:
    checked = ["sha256sum", "--check", "--strict", "SHA256SUMS"]
    told = subprocess.run(checked, cwd=release, capture_output=True, text=True, check=True).stdout
    files = {path.name for path in release.iterdir()} - {"SHA256SUMS"}
    assert set(re.findall(r"^(\S+): OK$", told, re.MULTILINE)) == files
    assert {"requirements.lock", "sbom.cdx.json"} < files
    (release / "requirements.lock").open("a").close()
    again = subprocess.run(
        [ROOT / "script" / "release", release], capture_output=True, text=True, check=False
    )
    assert again.returncode == 1
    assert "is there already" in again.stderr


@pytest.mark.timeout(120)
def test_no_module_of_the_wheel_needs_more_than_its_lock_names(tools: Path, tmp_path: Path) -> None:
    python = tools / "temix-gateway" / "bin" / "python"
    subprocess.run([python, "-I", "-c", EVERY_MODULE], cwd=tmp_path, check=True)


@pytest.mark.timeout(120)
async def test_the_wheel_runs_where_nothing_else_is_installed(tools: Path, tmp_path: Path) -> None:
    (tmp_path / "temix-gateway.toml").write_text(
        '[gateway]\nhost = "127.0.0.1"\nport = 0\nannounce = false\n[operations]\nlisten = true\nport = 0\n'
    )
    command: list[str | Path] = ["env", "-i", tools / "bin" / "temix-gateway", "run"]
    service = await Service.start("gateway", command, tmp_path / "gateway.log", folder=tmp_path)
    listening = tmp_path / "data" / "listening.json"
    try:
        await until(listening.exists, service)
        port = json.loads(listening.read_text())["operations"]
        async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{port}/health") as answer:
            assert (answer.status, await answer.json()) == (200, {"status": "ok", "faults": []})
    finally:
        await service.stop()
    assert service.process.returncode == 0, service.tail()
