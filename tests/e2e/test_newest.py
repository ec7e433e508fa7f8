"""The integration in the newest Home Assistant, of which the test plugin has no version yet."""

import asyncio
import os
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
HASS = REPOSITORY / ".tools" / "ha-newest" / "bin" / "hass"


async def test_everything_with_the_newest_home_assistant() -> None:
    assert HASS.exists(), "run script/newest --install"
    newest = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "demo.newest", HASS),
        cwd=REPOSITORY,
        env={**os.environ, "COLUMNS": "200"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    output, _ = await newest.communicate()
    assert newest.returncode == 0, output.decode()
    assert b"2026.11" in output, output.decode()
