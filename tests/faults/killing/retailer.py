"""The real retailer as a process, and what its book holds."""

import asyncio
import json
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from temix_market.transactions import Pair, PairKey
from temix_retailer.rows import PAIR, row_pair

BIN: Final = Path(sys.executable).parent
HOME: Final = "home-1"


@dataclass(frozen=True, slots=True)
class Served:
    """A running retailer, and a gateway's configuration for an account there."""

    folder: Path
    configuration: Path

    def pairs(self) -> dict[PairKey, Pair]:
        """Every pair of the book."""
        with closing(sqlite3.connect(self.folder / "book.db")) as rows:
            found = [row_pair(row) for row in rows.execute(f"SELECT {PAIR} FROM pairs")]
        return {pair.key: pair for pair in found}

    def receipts(self) -> dict[PairKey, tuple[str, str]]:
        """What the retailer answered to each key, as it is in its book."""
        query = "SELECT key, energy, transport FROM orders JOIN messages USING (home, sequence)"
        with closing(sqlite3.connect(self.folder / "book.db")) as rows:
            return {key: (energy, transport) for key, energy, transport in rows.execute(query)}

    def alarms(self) -> list[str]:
        """What must not happen."""
        with closing(sqlite3.connect(self.folder / "book.db")) as rows:
            return [text for (text,) in rows.execute("SELECT text FROM alarms")]


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[Served]:
    """Run a retailer with one home enrolled, until the block ends."""
    data, gateway = folder / "retailer", folder / "gateway"
    gateway.mkdir()
    told = json.loads(await _output("enroll", HOME, "--data", data, "--json"))
    (gateway / "secret").write_text(told["client_secret"])
    command = [BIN / "temix-retailer", "run", "--data", data, "--port", "0"]
    with (folder / "retailer.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, stderr=log)
    try:
        assert process.stdout is not None
        first = (await process.stdout.readline()).decode()
        assert " at https://" in first, first
        configuration = gateway / "temix-gateway.toml"
        configuration.write_text(f"""
[retailer]
url = "{first.split(" at ")[1].strip()}"
client_id = "{told["client_id"]}"
client_secret_file = "{gateway / "secret"}"
ca_file = "{data / "certificate.pem"}"

[home]
party = "{HOME}"

[gateway]
data = "{gateway / "data"}"
port = 0
announce = false
log_level = "error"

[trading]
mode = "automatic"
money_a_day = "100000"
""")
        await _sign(configuration)
        yield Served(data, configuration)
    finally:
        process.terminate()
        await process.wait()


async def _sign(configuration: Path) -> None:
    """Sign the configured ceilings, as the home's owner does."""
    passphrase = configuration.with_name("passphrase")
    passphrase.write_text("as long as it has to be")
    words = ["mandate", "sign", "--currency", "USD", "--yes", "--passphrase-file", passphrase]
    process = await asyncio.create_subprocess_exec(
        BIN / "temix-gateway", *words, "--config", configuration, stdout=asyncio.subprocess.DEVNULL
    )
    assert await process.wait() == 0


async def _output(*words: str | Path) -> bytes:
    process = await asyncio.create_subprocess_exec(
        BIN / "temix-retailer", *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    printed, _ = await process.communicate()
    assert process.returncode == 0, printed
    return printed
