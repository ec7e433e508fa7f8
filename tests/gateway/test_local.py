"""The command line finds the gateway of its own machine, whatever that listens on."""

import asyncio
from pathlib import Path

import msgspec
import pytest
from temix_gateway.files import Files, Listening
from temix_gateway.home.access import GetAccess
from temix_gateway.local import LABEL, Asker, _ask

from tests.gateway.home.fake_core import Gateway


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "::", "0.0.0.0"])
async def test_it_asks_where_the_gateway_listens(tmp_path: Path, host: str) -> None:
    gateway = await Gateway(tmp_path, host=host).start()
    files = Files(tmp_path)
    here = Listening(gateway.port, gateway.certificate.fingerprint.hex(), host=host)
    files.listening.write_bytes(msgspec.json.encode(here))
    try:
        asker = await asyncio.to_thread(Asker, files)
        access = await _ask(asker._here, asker._token, GetAccess(id=2))
        assert LABEL in {client.label for client in access.clients}
    finally:
        await gateway.stop()
