"""``temix-gateway services``, and the configuration of a service of prices: what is wrong is said by key."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from temix_gateway import config
from temix_gateway.commands.services import services
from temix_gateway.errors import GatewayError
from temix_gateway.retailer_config import GridXSection, Retailer
from typer.testing import CliRunner

from tests.gateway.retailer.published.services import gridx_server
from tests.gateway.test_config import GOOD, write

GRIDX = """
[retailer]
service = "gridx"
utility = "SCE"
rate = "TOU-D-49"
circuit = "Moorpark"

[home]
party = "home-1"
"""
PGE = GRIDX.replace("SCE", "PGE").replace("TOU-D-49", "EELEC").replace("Moorpark", "013532223")
MIDAS = '[retailer]\nservice = "midas"\nrin = "usca-pgpg-etou-0000"\n[home]\n'  # no name: prices need none
OPENADR = (
    '[retailer]\nservice = "openadr"\nurl = "https://vtn.test"\nprogram = "p"\n[home]\nparty = "home-1"\n'
)


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer(pretty_exceptions_enable=False)
    made.command()(services)
    return made


@pytest.mark.parametrize("text", [GRIDX, PGE, MIDAS, OPENADR])
def test_a_service_of_prices_can_be_configured(tmp_path: Path, text: str) -> None:
    assert not isinstance(config.load(write(tmp_path, text)).retailer, Retailer)


def test_without_a_service_it_is_temix_as_ever(tmp_path: Path) -> None:
    assert isinstance(config.load(write(tmp_path, GOOD)).retailer, Retailer)


@pytest.mark.parametrize(
    "text, key, reason",
    [
        (GRIDX.replace('"gridx"', '"grid"'), "retailer.service", "grid"),
        (GRIDX.replace('rate = "TOU-D-49"', ""), "retailer.rate", "is missing"),
        (GRIDX.replace('"SCE"', '"SDGE"'), "retailer.utility", "invalid enum value"),
        (GRIDX.replace("TOU-D-49", "TOU-D49"), "retailer.rate", "write 'TOU-D-49'"),
        (GRIDX.replace("Moorpark", "moor park"), "retailer.circuit", "write 'Moorpark'"),
        (GRIDX.replace("[home]", 'cca = "AVA"\n[home]'), "retailer.cca", "only PG&E"),
        (GRIDX.replace("[home]", 'client_id = "x"\n[home]'), "retailer.client_id", "unknown key"),
        (PGE.replace("013532223", "13532223"), "retailer.circuit", "nine digits"),
        (GRIDX.replace("[home]", 'url = "http://elsewhere.test"\n[home]'), "retailer.url", "https://"),
        (MIDAS.replace("usca-pgpg-etou-0000", "12345"), "retailer.rin", "USCA-PGPG-ETOU-0000"),
        (MIDAS.replace("[home]", 'export_rin = "x"\n[home]'), "retailer.export_rin", "none"),
        (OPENADR.replace("[home]", 'client_id = "me"\n[home]'), "retailer.client_secret_file", "one secret"),
        (OPENADR.replace("[home]", 'currency = "euro"\n[home]'), "retailer.currency", "capital letters"),
    ],
)
def test_what_cannot_be_is_named(tmp_path: Path, text: str, key: str, reason: str) -> None:
    with pytest.raises(config.ConfigError, match=reason) as refused:
        config.load(write(tmp_path, text))
    assert refused.value.key == key


def test_a_rate_that_is_new_is_let_through(tmp_path: Path) -> None:
    retailer = config.load(write(tmp_path, GRIDX.replace("TOU-D-49", "WINTER-9"))).retailer
    assert isinstance(retailer, GridXSection)
    assert retailer.rate == "WINTER-9"


def test_the_table_and_the_lists(app: typer.Typer) -> None:
    shown = CliRunner().invoke(app, ["--lists"], env={"COLUMNS": "400"})
    assert shown.exit_code == 0
    for word in ("SCE Flexible Pricing", "midas", "openadr", "TOU-PRIME", "Eagle Rock", "EELEC"):
        assert word in shown.output


def test_the_rates_number_is_found_on_a_bill(app: typer.Typer) -> None:
    shown = CliRunner().invoke(app, ["--rin", "RIN usca-pgpg-etou-0000 (TOU)"])
    assert shown.output.strip() == "USCA-PGPG-ETOU-0000"
    failed = CliRunner().invoke(app, ["--rin", "account 12"])
    assert isinstance(failed.exception, GatewayError)


@pytest.fixture
def service() -> Iterator[str]:
    with gridx_server() as server:
        yield server.url


def test_the_configured_service_is_asked_once(app: typer.Typer, tmp_path: Path, service: str) -> None:
    path = write(tmp_path, GRIDX.replace("[home]", f'url = "{service}"\n[home]'))
    shown = CliRunner().invoke(app, ["--test", "--config", str(path)], env={"COLUMNS": "200"})
    assert shown.exit_code == 0, shown.exception
    assert "buying" in shown.output
    assert shown.output.strip().splitlines()[-1] in {"23 prices", "24 prices", "25 prices"}


def test_a_retailer_that_trades_is_not_tested(app: typer.Typer, tmp_path: Path) -> None:
    failed = CliRunner().invoke(app, ["--test", "--config", str(write(tmp_path, GOOD))])
    assert isinstance(failed.exception, GatewayError)
