"""Where everything lies in the gateway's data folder."""

from dataclasses import dataclass
from pathlib import Path

import msgspec
from temix_market.units import NO_CURRENCY
from temix_reception.reception import EVERYWHERE


@dataclass(frozen=True, slots=True)
class Files:
    """The files of one gateway."""

    folder: Path

    @property
    def ledger(self) -> Path:
        """The ledger."""
        return self.folder / "ledger.db"

    @property
    def audit(self) -> Path:
        """What was planned, for the audit."""
        return self.folder / "audit.db"

    @property
    def terms(self) -> Path:
        """The terms of the retailer's market, as last heard."""
        return self.folder / "terms.json"

    @property
    def prices(self) -> Path:
        """Published prices, until their intervals are over."""
        return self.folder / "prices.json"

    @property
    def reports(self) -> Path:
        """What was reported to a service that publishes prices."""
        return self.folder / "reports.json"

    @property
    def currency(self) -> str:
        """The market's currency, as last heard; ``NO_CURRENCY`` where no retailer was heard yet."""
        try:
            return msgspec.json.decode(self.terms.read_bytes(), type=_Currency).currency
        except OSError, ValueError:
            return NO_CURRENCY

    @property
    def bills(self) -> Path:
        """The folder of the bills that the owner entered."""
        return self.folder / "bills"

    @property
    def clients(self) -> Path:
        """The clients of the local API, their tokens hashed."""
        return self.folder / "clients.json"

    @property
    def certificate(self) -> Path:
        """The local API's certificate and its key."""
        return self.folder / "certificate.pem"

    @property
    def key(self) -> Path:
        """The key that signs orders."""
        return self.folder / "tender-key.json"

    @property
    def owner_key(self) -> Path:
        """The owner's key, encrypted, which the gateway itself does not read."""
        return self.folder / "owner-key.jwe"

    @property
    def cars(self) -> Path:
        """When cars came and went."""
        return self.folder / "cars.json"

    @property
    def buildings(self) -> Path:
        """What was learned of how buildings keep their warmth."""
        return self.folder / "buildings.json"

    @property
    def choices(self) -> Path:
        """What the owner chose in Home Assistant."""
        return self.folder / "choices.json"

    @property
    def settings(self) -> Path:
        """What was set at commissioning."""
        return self.folder / "settings.json"

    @property
    def commissioning(self) -> Path:
        """How far commissioning is, and its signed records."""
        return self.folder / "commissioning.json"

    @property
    def retailer_certificate(self) -> Path:
        """The certificate and key by which the retailer knows this home."""
        return self.folder / "retailer-client.pem"

    @property
    def retailer_ca(self) -> Path:
        """The authority that the retailer's certificate is checked with, where one was given."""
        return self.folder / "retailer-ca.pem"

    @property
    def passphrases(self) -> Path:
        """The passphrases of installer and owner, hashed."""
        return self.folder / "passphrases.json"

    @property
    def security_log(self) -> Path:
        """Who was let in, and who changed what."""
        return self.folder / "security-log.jsonl"

    @property
    def reset(self) -> Path:
        """A file of this name, which only somebody at the box can put there, replaces the installer."""
        return self.folder / "reset"

    @property
    def listening(self) -> Path:
        """Where the running gateway listens."""
        return self.folder / "listening.json"


class Listening(msgspec.Struct, frozen=True):
    """Where the gateway listens, the SHA-256 of its certificate (hex), and the port of health and metrics."""

    port: int
    fingerprint: str
    operations: int = 0
    host: str = EVERYWHERE


class _Currency(msgspec.Struct):
    currency: str
