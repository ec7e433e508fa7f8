"""Pairing with a gateway that runs as a process, by the integration's own client."""

import json
from pathlib import Path

import aiohttp

from custom_components.temix.client import Endpoint, Identity, pair, probe


async def paired(data: Path, code: str, label: str = "Kitchen") -> str:
    """Pair with the gateway of this data folder, and return the token."""
    here = json.loads((data / "listening.json").read_text())
    async with aiohttp.ClientSession() as http:
        hello, fingerprint = await probe(http, "127.0.0.1", here["port"])
        assert fingerprint.hex() == here["fingerprint"]
        endpoint = Endpoint("127.0.0.1", here["port"], hello.gateway_id, fingerprint)
        return await pair(http, endpoint, code, Identity(label, label))
