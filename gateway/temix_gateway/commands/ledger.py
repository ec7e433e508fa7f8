"""Commands on a ledger file: ``temix-gateway backup``, ``restore`` and ``verify``."""

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from temix_market.errors import InvalidField
from temix_market.wire.keys import VerifyKey
from temix_market.wire.registration import PublicJwk

from temix_gateway.clock import SystemClock
from temix_gateway.errors import GatewayError
from temix_gateway.ledger import backup as copies
from temix_gateway.ledger import verify as checks

LedgerPath = Annotated[Path, typer.Argument(help="The ledger: ledger.db in the gateway's data folder.")]


class KeysUnreadable(GatewayError):
    """The file of the parties' keys cannot be used."""

    def __init__(self, path: Path, reason: str) -> None:
        """Name the file and what is wrong with it."""
        super().__init__(
            f"keys {path} cannot be read ({reason}): a JSON object of party and public JWK is needed"
        )


def backup(
    ledger: LedgerPath,
    target: Annotated[Path, typer.Argument(help="The copy; an older one of that name is replaced.")],
) -> None:
    """Copy a ledger, also while the gateway runs; the copy is checked, and there only when complete."""
    copies.backup(ledger, target)
    print(f"{target} is a whole copy of {ledger}")


def restore(
    source: Annotated[Path, typer.Argument(metavar="BACKUP", help="The copy that backup made.")],
    ledger: LedgerPath,
) -> None:
    """Put a backup back in a ledger's place. Stop the gateway first; what was there is kept beside it."""
    copies.restore(source, ledger, SystemClock().now())
    print(f"{ledger} is restored from {source}; what came after that backup is missing in it")


def verify(
    ledger: LedgerPath,
    keys: Annotated[
        Path | None,
        typer.Option(help="JSON object of each party's public key (JWK); else no signature is checked."),
    ] = None,
) -> None:
    """Check a whole ledger: structure, chain, figures and signatures. Exit 1 names the first bad record."""
    verdict = checks.verify(ledger, None if keys is None else _read_keys(keys))
    if verdict.fault:
        sys.exit(f"temix-gateway: ledger {ledger}: {verdict.fault}")
    table = Table(show_header=False)
    table.add_row("records, each as it was written", str(verdict.sequence))
    table.add_row("head of the chain", verdict.head)
    table.add_row("settlements, done again with the same result", str(verdict.settlements))
    table.add_row(
        "signatures that hold", "not checked: no --keys" if keys is None else str(verdict.signatures)
    )
    Console().print(table)


def _read_keys(path: Path) -> dict[str, VerifyKey]:
    try:
        found = msgspec.json.decode(path.read_bytes(), type=dict[str, PublicJwk])
        return {party: VerifyKey.from_jwk(jwk, party) for party, jwk in found.items()}
    except (OSError, ValueError, InvalidField) as error:
        raise KeysUnreadable(path, str(error)) from error
