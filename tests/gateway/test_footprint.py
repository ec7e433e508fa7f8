"""What a gateway that runs has in memory: neither numpy nor a solver, which are its planner's."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.gateway.test_cli import CONFIG

CODE = """
import asyncio, json, os, signal, sys
from temix_gateway import app
from temix_gateway.cli import main

async def serving(core):
    print(json.dumps(sorted(name for name in sys.modules if "." not in name)), flush=True)
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.sleep(3600)

app.Core.run = serving
sys.argv = ["temix-gateway", "run"]
main()
"""
"""A gateway that tells, once it serves, what it has loaded, and ends."""


@pytest.mark.timeout(60)
def test_a_started_gateway_has_loaded_no_numpy_and_no_solver(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("topsecret\n")
    (tmp_path / "temix-gateway.toml").write_text(CONFIG)
    run = [sys.executable, "-c", CODE]
    found = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    loaded = set(json.loads(found.stdout))
    assert {"aiohttp", "sqlite3", "msgspec"} <= loaded
    assert not loaded & {"numpy", "highspy", "typer", "prometheus_client", "aiomqtt", "paho"}
