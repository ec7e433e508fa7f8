"""Pairing with a gateway that runs as a process, by the integration's own client in a process of its own.

Its TLS says goodbye after the WebSocket has; a loop of the test that ends at once would leave that open.
"""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Final

import aiohttp

from custom_components.temix.client import Endpoint, Identity, pair, probe

ROOT: Final = Path(__file__).parents[1]


def paired(data: Path, code: str, label: str = "Kitchen") -> str:
    """Pair with the gateway of this data folder, and return the token."""
    command = [sys.executable, "-m", "tests.pairing", data.absolute(), code, label]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


async def _pair(data: Path, code: str, label: str) -> str:
    here = json.loads((data / "listening.json").read_text())
    async with aiohttp.ClientSession() as http:
        hello, fingerprint = await probe(http, "127.0.0.1", here["port"])
        assert fingerprint.hex() == here["fingerprint"]
        endpoint = Endpoint("127.0.0.1", here["port"], hello.gateway_id, fingerprint)
        return await pair(http, endpoint, code, Identity(label, label))


if __name__ == "__main__":
    sys.stdout.write(asyncio.run(_pair(Path(sys.argv[1]), *sys.argv[2:4])))
