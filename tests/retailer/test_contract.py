"""The retailer answers as its OpenAPI document says, whatever it is asked: no 5xx, no other form."""

import asyncio
import json
import re
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest

from demo.processes import output
from demo.running import BIN
from tests.home_processes import Retailer, retailer

DOCUMENT = Path(__file__).parents[2] / "docs" / "reference" / "retailer-api.openapi.json"
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
LEFT_OUT = ("/stream", "/registrations/cancel")
"""What is no answer but a WebSocket, and what would end the account."""

JOSE = """
import schemathesis

@schemathesis.serializer("application/jose")
def jose(context, value):
    return {"data": str(value).encode(errors="replace")}
"""
"""Signed messages go over the wire as they are; what is in them is tested elsewhere."""


async def log_in(serving: Retailer, account: dict[str, str]) -> str:
    """A token of this account."""
    trust = await asyncio.to_thread(ssl.create_default_context, cafile=str(serving.certificate))
    basic = aiohttp.encode_basic_auth(account["client_id"], account["client_secret"])
    form = {"grant_type": "client_credentials"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{serving.url}/oauth/token", data=form, headers={"Authorization": basic}, ssl=trust
        ) as answer,
    ):
        return str((await answer.json())["access_token"])


async def asked(folder: Path, phases: str, examples: int) -> str:
    """What schemathesis tells after it asked a retailer's process everything."""
    enroll = [BIN / "temix-retailer", "enroll", "home-1", "--data", folder / "retailer", "--json"]
    account = json.loads(await output(enroll, folder))
    (folder / "jose.py").write_text(JOSE)
    (folder / "schemathesis.toml").write_text('hooks = "jose.py"\n')
    left_out = [option for path in LEFT_OUT for option in ("--exclude-path", path)]
    async with retailer(folder, []) as serving:
        command: list[str | Path] = [
            BIN / "schemathesis", "run", DOCUMENT, "--url", serving.url, "--tls-verify", serving.certificate,
            "-H", f"Authorization: Bearer {await log_in(serving, account)}", "--checks", CHECKS,
            "--phases", phases, "--max-examples", str(examples), "--seed", "1", "--no-color", *left_out,
            "--generation-database", "none",
        ]  # fmt: skip
        run = await asyncio.to_thread(
            subprocess.run, command, cwd=folder, capture_output=True, text=True, check=False
        )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


@pytest.mark.timeout(240)  # a start of the retailer and one of schemathesis
async def test_some_of_what_can_be_asked_is_answered_as_documented(tmp_path: Path) -> None:
    assert "14 passed" in await asked(tmp_path, "fuzzing", 5)


@pytest.mark.long
async def test_everything_is_answered_as_documented(tmp_path: Path, tell: Callable[[object], None]) -> None:
    told = await asked(tmp_path, "coverage,fuzzing", 200)
    tell(re.findall(r"\d+ generated.*", told)[-1])
