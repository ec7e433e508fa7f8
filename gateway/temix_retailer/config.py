"""What a retailer is run with: ``retailer.toml`` in its folder, every key optional, checked at start."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta
from temix_market.instants import MINUTE, Duration
from temix_market.tenders import PartyId

from temix_retailer.carbon import SHIPPED, CarbonSeries, load_carbon
from temix_retailer.errors import ConfigError
from temix_retailer.metering import Metering
from temix_retailer.prices import DEFAULT_POINT, load_wholesale
from temix_retailer.publications import Circuit

FILE: Final = "retailer.toml"

type PerMille = Annotated[int, Meta(ge=0, le=1000)]
type Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,64}\Z")]


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The settings of one retailer; relative paths start at its folder."""

    market: Annotated[Name, Meta(description="name of the market: one circuit of this retailer")] = "demo"
    circuit: Annotated[Name, Meta(description="name of the distribution circuit")] = "circuit-1"
    energy_party: Annotated[Name, Meta(description="name of the load-serving entity")] = "demo-lse"
    transport_party: Annotated[Name, Meta(description="name of the distribution operator")] = "demo-do"
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z", description="ISO 4217")] = "USD"
    time_zone: Annotated[str, Meta(description="IANA zone whose days and clock hours the market has")] = (
        "America/Chicago"
    )
    seed: Annotated[int, Meta(ge=0, le=2**53, description="of the forecast errors in its prices")] = 1
    prices: Annotated[str, Meta(description="CSV of hourly prices; empty: the shipped ERCOT 2021")] = ""
    settlement_point: Annotated[str, Meta(description="column of the price file")] = DEFAULT_POINT
    carbon_intensity: Annotated[
        str,
        Meta(
            description="CSV of carbon intensities, or `caiso-sce-2021`, the shipped one; empty: publish none"
        ),
    ] = ""
    readings: Annotated[
        Literal["none", "hourly", "daily"],
        Meta(description="when its own meters are read, simulated from what homes report"),
    ] = "daily"
    reading_delay: Annotated[
        int, Meta(ge=0, le=20_000, description="minutes until readings come, and corrections after those")
    ] = 360
    reading_gaps: Annotated[PerMille, Meta(description="so many steps in a thousand are never read")] = 0
    reading_estimates: Annotated[
        PerMille, Meta(description="so many in a thousand are told as estimated first, and corrected later")
    ] = 0
    reading_error: Annotated[
        PerMille, Meta(description="by so much in a thousand its meter differs from the home's, up or down")
    ] = 0
    home_tenders: Annotated[
        bool,
        Meta(
            description="take tenders that homes make of their own, and accept what crosses the retailer's; "
            "gateways older than these do not register where this is on"
        ),
    ] = False
    host: Annotated[str, Meta(description="address to listen on")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="port to listen on; 0: any that is free")] = 8750
    metrics_port: Annotated[
        int, Meta(ge=0, le=65535, description="port of `GET /metrics` on loopback, without TLS; 0: none")
    ] = 0
    certificate: Annotated[str, Meta(description="PEM file; empty: a self-signed one is made")] = ""
    private_key: Annotated[str, Meta(description="PEM file of the certificate's key")] = ""
    names: Annotated[
        tuple[str, ...], Meta(description="host names and addresses of the self-signed certificate")
    ] = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Folder:
    """Where a retailer keeps its book, keys and certificate."""

    path: Path

    @property
    def book(self) -> Path:
        """The book."""
        return self.path / "book.db"

    @property
    def keys(self) -> Path:
        """Both parties' private keys."""
        return self.path / "keys.json"

    @property
    def certificate(self) -> Path:
        """The certificate that homes are to trust, where it is self-signed."""
        return self.path / "certificate.pem"

    @property
    def private_key(self) -> Path:
        """The self-signed certificate's key."""
        return self.path / "certificate.key"

    @property
    def authority(self) -> Path:
        """The authority that signs the certificates of homes."""
        return self.path / "homes-ca.pem"

    @property
    def authority_key(self) -> Path:
        """Its key."""
        return self.path / "homes-ca.key"

    def beside(self, name: str) -> Path:
        """A file that the configuration names."""
        return self.path / name


def load_config(folder: Folder) -> Config:
    """Read the folder's configuration; where there is none, everything has its default.

    Raises:
        ConfigError: unreadable, no TOML, an unknown key or an impossible value; the key is named.
    """
    path = folder.path / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Config()
    except (OSError, UnicodeDecodeError) as err:
        raise ConfigError(f"{path} cannot be read: {err}") from None
    try:
        return msgspec.convert(tomllib.loads(text), Config)
    except tomllib.TOMLDecodeError as err:
        raise ConfigError(f"{path} is no TOML: {err}") from None
    except msgspec.ValidationError as err:
        known = ", ".join(Config.__struct_fields__)
        raise ConfigError(f"{path}: {err}; keys are {known}") from None


def metering(config: Config) -> Metering | None:
    """How the meters are read as configured; nothing where they are not."""
    if config.readings == "none":
        return None
    return Metering(
        Duration(config.reading_delay * MINUTE),
        hourly=config.readings == "hourly",
        gaps=config.reading_gaps,
        estimates=config.reading_estimates,
        error=config.reading_error,
    )


def circuit(config: Config, folder: Folder) -> Circuit:
    """The circuit's market as configured.

    Raises:
        ConfigError: no such time zone, or one name for both parties.
        SeriesError: the file of prices or of carbon intensities cannot be used.
    """
    try:
        zone = ZoneInfo(config.time_zone)
    except ZoneInfoNotFoundError, ValueError, OSError:
        raise ConfigError(
            f"time_zone: {config.time_zone!r} is unknown: give an IANA name such as America/Chicago"
        ) from None
    if config.energy_party == config.transport_party:
        raise ConfigError(f"transport_party: {config.transport_party} is the energy party, too: name another")
    path = folder.beside(config.prices) if config.prices else None
    return Circuit(
        PartyId(config.energy_party),
        PartyId(config.transport_party),
        load_wholesale(zone, path, config.settlement_point),
        config.seed,
        carbon=_carbon(config.carbon_intensity, zone, folder),
    )


def _carbon(named: str, zone: ZoneInfo, folder: Folder) -> CarbonSeries | None:
    if not named:
        return None
    return load_carbon(zone, None if named == SHIPPED else folder.beside(named))
