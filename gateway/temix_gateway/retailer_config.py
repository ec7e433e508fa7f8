"""The retailer in the configuration: one section, whose ``service`` says which other keys it has."""

from typing import Annotated, ClassVar, Final, Literal

from msgspec import Meta, Struct

type Filled = Annotated[str, Meta(min_length=1, max_length=200)]

GRIDX: Final = "https://pe-api.gridx.com/v1"
MIDAS: Final = "https://midasapi.energy.ca.gov/api"


class Retailer(Struct, frozen=True, forbid_unknown_fields=True, tag_field="service", tag="temix"):
    """The retailer's TeMIX service; without an address the gateway waits to be commissioned."""

    url: Annotated[str, Meta(description="Address of the service, beginning with `https://`.")] = ""
    client_id: Annotated[str, Meta(description="Name of this home's account.")] = ""
    client_secret_file: Annotated[
        Filled | None,
        Meta(description="File that holds the account's secret; relative to this file."),
    ] = None
    client_secret: Annotated[
        Filled | None,
        Meta(description="The secret itself, in place of its file: for Home Assistant's app."),
    ] = None
    client_certificate: Annotated[
        Filled | None,
        Meta(
            description="PEM file with the certificate and the key that the account comes with; "
            "relative to this file."
        ),
    ] = None
    ca_file: Annotated[
        str | None,
        Meta(
            description="Certificate authority to trust instead of the system's: for a service of your own."
        ),
    ] = None


class GridXSection(Struct, frozen=True, forbid_unknown_fields=True, tag_field="service", tag="gridx"):
    """Prices of SCE's Flexible Pricing or PG&E's Hourly Flex Pricing, which GridX publishes: no trade."""

    utility: Annotated[Literal["SCE", "PGE"], Meta(description="`SCE` or `PGE`.")]
    rate: Annotated[Filled, Meta(description="Rate, as on the bill; `temix-gateway services` lists them.")]
    circuit: Annotated[
        Filled,
        Meta(description="Substation (SCE, listed by `temix-gateway services`) or nine digits (PG&E)."),
    ]
    cca: Annotated[
        Filled | None, Meta(description="Community choice aggregator, where one supplies the energy (PG&E).")
    ] = None
    url: Annotated[str, Meta(description="Address of the service.")] = GRIDX


class MidasSection(Struct, frozen=True, forbid_unknown_fields=True, tag_field="service", tag="midas"):
    """Prices of a Californian rate as the state's MIDAS publishes them: no trade."""

    rin: Annotated[
        Filled, Meta(description="Rate identification number on the bill, like `USCA-PGPG-ETOU-0000`.")
    ]
    export_rin: Annotated[
        Filled | None, Meta(description="The number of the rate for export, where that has its own.")
    ] = None
    emissions_rin: Annotated[
        Filled | None,
        Meta(description="The number of the signal of emissions, like `USCA-SGIP-MOER-SCE`: for show."),
    ] = None
    url: Annotated[str, Meta(description="Address of the service.")] = MIDAS


class OpenAdrSection(Struct, frozen=True, forbid_unknown_fields=True, tag_field="service", tag="openadr"):
    """Prices of a program on an OpenADR 3.1 server (VTN): no trade."""

    url: Annotated[str, Meta(description="Address of the server, beginning with `https://`.")]
    program: Annotated[Filled, Meta(description="Name of the program (`programName`).")]
    currency: Annotated[str, Meta(description="Currency of its prices where they name none, like `USD`.")] = (
        "USD"
    )
    client_id: Annotated[Filled | None, Meta(description="Name of the account; empty: without one.")] = None
    client_secret_file: Annotated[
        Filled | None, Meta(description="File that holds the account's secret; relative to this file.")
    ] = None
    client_secret: Annotated[
        Filled | None,
        Meta(description="The secret itself, in place of its file: for Home Assistant's app."),
    ] = None
    reports: Annotated[
        bool,
        Meta(
            description="Tell the server what the home drew and expects to draw, where its events ask for "
            "it. Whoever runs it then sees when you are at home; it needs an account."
        ),
    ] = False
    notifications: Annotated[
        bool,
        Meta(description="Hear over MQTT, where the server offers it, that something changed, and ask soon."),
    ] = False


class HomeAssistantSection(
    Struct, frozen=True, forbid_unknown_fields=True, tag_field="service", tag="home_assistant"
):
    """Prices of an entity in Home Assistant (Nord Pool, Tibber, Amber, Octopus, ENTSO-E, EPEX): no trade."""

    currency: Annotated[str, Meta(description="Currency of the entity's prices, like `EUR`.")]
    url: ClassVar[str] = "https://www.home-assistant.io"
    """Shown as where the prices come from; nothing is asked there."""


type Asked = GridXSection | MidasSection | OpenAdrSection
"""Services that the gateway asks by itself."""
type PricesOnly = Asked | HomeAssistantSection
type AnyRetailer = Retailer | PricesOnly
PUBLISHED: Final[tuple[type[Struct], ...]] = (
    GridXSection,
    MidasSection,
    OpenAdrSection,
    HomeAssistantSection,
)
"""Sections of services that publish prices and take no orders."""
