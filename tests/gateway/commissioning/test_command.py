"""Commissioning by the command line: one home after the other from answers files, without a person."""

import asyncio
import base64
import json
import re
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from temix_gateway import keys
from temix_gateway.commissioning.record import open_record
from temix_gateway.files import Files

from demo.processes import DemoError
from tests.gateway.retailer.published.services import gridx_server
from tests.home_processes import Gateway, Retailer, gateway, retailer, told
from tests.pairing import paired

A_HOME_S: Final = 60.0

ANSWERS: Final = """
[installer]
name = "Ida Installer"
passphrase_file = "installer.txt"

[basics]
name = "{home}"
time_zone = "America/Chicago"

[retailer]
url = "{url}"
code = "{code}"
ca_file = "{certificate}"

[limits]
import_power = 12000
export_power = 5000
money_a_day = "20"
highest_price = "2"

[tariff]
name = "flat"
price = "0.14"

[home_assistant]
later = true

[meter]
serial = "4711"
later = true

[mandate]
money_a_day = "12"
highest_price = "2"
passphrase = "paper boat on the lake"
agreed = true

[record]
company = "Lake Solar"
"""


PRICES: Final = """
[installer]
name = "Ida Installer"
passphrase_file = "installer.txt"

[basics]
name = "Price house"
time_zone = "America/Los_Angeles"

[retailer]
service = "gridx"
url = "{url}"
utility = "SCE"
rate = "TOU-D-49"
circuit = "Moorpark"

[limits]
import_power = 12000
export_power = 5000

[home_assistant]
later = true

[meter]
serial = "4711"
later = true
"""


def answers(folder: Path, market: Retailer, number: int, home: str) -> Path:
    """The answers file of one home."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "installer.txt").write_text("ladder van drill 2026\n")
    file = folder / "answers.toml"
    file.write_text(
        ANSWERS.format(
            home=home, url=market.url, code=market.codes[number], certificate=market.certificate.absolute()
        )
    )
    return file


async def commissioned(box: Gateway, file: Path) -> float:
    """Commission; the seconds that it took. The record is checked."""
    begun = time.monotonic()
    target = file.with_name("record.jws")
    await box.command("commission", "--answers", file, "--record", target)
    took = time.monotonic() - begun
    own = await asyncio.to_thread(keys.load_or_make, Files(box.data).key)
    signed = target.read_text()
    identity = json.loads((box.data / "commissioning.json").read_text())
    assert identity["records"] == [signed]
    record = open_record(signed, own.public, _issuer(signed))
    assert {check.code for check in record.checks} >= {"enrolled", "traded", "records_alike"}
    return took


async def buys_ahead(box: Gateway) -> None:
    """Expect a load for the next hours, of which the gateway buys some."""
    code = json.loads(await box.command("pair", "--json"))["code"]
    token = await asyncio.to_thread(paired, box.data, code)
    now = time.time_ns() // 1_000_000
    load = {"start": now, "end": now + 6 * 3_600_000, "power": 2_400}
    told_home = await told(box, token, type="report_home", at=now, devices=[], base_load=[load])
    assert told_home["type"] == "result"
    for _ in range(100):
        if json.loads(await box.command("status", "--json"))["transactions"]["count"] > 2:
            return
        await asyncio.sleep(1)
    raise AssertionError("nothing was bought")


@pytest.mark.timeout(400)
async def test_a_home_from_an_answers_file_until_its_account_is_closed(
    tmp_path: Path, tell: Callable[[object], None]
) -> None:
    async with retailer(tmp_path, ["home-1"]) as market:
        folder = tmp_path / "gateway"
        async with gateway(folder) as box:
            file = answers(folder, market, 0, "home-1")
            wrong = file.with_name("wrong.toml")
            wrong.write_text(file.read_text().replace("America/Chicago", "America/Nowhere"))
            with pytest.raises(DemoError, match="basics is not done"):
                await box.command("commission", "--answers", wrong)
            tell(f"a home from an answers file: {await commissioned(box, file):.1f} s")
            state = json.loads(await box.command("status", "--json"))
            assert (state["mode"], state["trading"]["locked"]) == ("automatic", [])
            assert state["transactions"]["count"] == 2

            assert "choose a passphrase" in await box.command("reset", "--yes")
            state = json.loads(await box.command("status", "--json"))
            assert state["trading"]["codes"] == ["commissioning"]
            assert state["transactions"]["count"] == 2
            other = file.with_name("other.toml")
            other.write_text(file.read_text().replace("Ida", "Iris"))
            await box.command("commission", "--answers", other)
            state = json.loads(await box.command("status", "--json"))
            assert state["trading"]["locked"] == []
            await buys_ahead(box)

        archive = tmp_path / "everything.tar.gz"
        closed = await box.command("decommission", "--yes", "--export", archive)
        assert "open: " in closed  # of the next 5 minutes the tenders may expire meanwhile
        assert re.search(r"^[01] intervals are still to be delivered", closed, re.MULTILINE)
        assert "nobody has access" in closed
        assert archive.stat().st_size
        assert tomllib.loads(box.config.read_text())["gateway"]["port"] == 0
        async with gateway(folder) as again:
            state = json.loads(await again.command("status", "--json"))
            assert "commissioning" in state["trading"]["codes"]
            assert state["mandate"]["state"] == "revoked"
            assert not state["retailer"]["connected"]
        await again.command("decommission", "--yes", "--offline", "--erase")
        assert not again.data.exists()


@pytest.mark.timeout(200)
async def test_commissioning_goes_on_after_the_gateway_was_killed(tmp_path: Path) -> None:
    """What was done stays done; the retailer's code, which works once, is not asked for again."""
    async with retailer(tmp_path, ["home-1"]) as market:
        folder = tmp_path / "gateway"
        file = answers(folder, market, 0, "home-1")
        stopped = file.with_name("stopped.toml")
        stopped.write_text(
            file.read_text().replace("later = true\n\n[mandate]", "later = false\n\n[mandate]")
        )
        async with gateway(folder) as box:
            with pytest.raises(DemoError, match="meter is not done"):
                await box.command("commission", "--answers", stopped)
            box.service.process.kill()
            await box.service.process.wait()
        async with gateway(folder) as again:
            told = await again.command("commission", "--answers", file)
            assert re.findall(r"^[A-Z].*$", told, re.MULTILINE) == [
                "Meter",
                "The owner's mandate",
                "Test trade",
                "Record",
            ]
            state = json.loads(await again.command("status", "--json"))
            assert (state["mode"], state["trading"]["locked"]) == ("automatic", [])


@pytest.mark.timeout(200)
async def test_a_home_whose_retailer_only_publishes_prices(tmp_path: Path) -> None:
    with gridx_server() as service:
        async with gateway(tmp_path / "gateway") as box:
            (tmp_path / "installer.txt").write_text("ladder van drill 2026\n")
            file = tmp_path / "answers.toml"
            file.write_text(PRICES.format(url=service.url).replace("TOU-D-49", "TOU-D49"))
            with pytest.raises(DemoError, match="retailer is not done"):
                await box.command("commission", "--answers", file)
            file.write_text(PRICES.format(url=service.url))
            told = await box.command("commission", "--answers", file, "--record", tmp_path / "record.jws")
            assert "SCE Flexible Pricing has answered" in told
            assert "Test trade" not in told
            signed = (tmp_path / "record.jws").read_text()
            own = await asyncio.to_thread(keys.load_or_make, Files(box.data).key)
            record = open_record(signed, own.public, _issuer(signed))
            assert (record.home, record.market, record.currency) == ("", service.url, "USD")
            assert {check.code for check in record.checks} >= {
                "price_now",
                "no_clock_needed",
                "nothing_traded",
            }
            state = json.loads(await box.command("status", "--json"))
            assert (state["mode"], state["shadow"], state["trading"]["codes"]) == (
                "automatic",
                True,
                ["published"],
            )
            assert state["spot"]["buy"] > 0
        closed = await box.command("decommission", "--yes")
        assert "nobody has access" in closed
        assert service.asked == 1  # the answer of the test is what the gateway goes on with


@pytest.mark.long
async def test_fifty_homes_one_after_the_other(tmp_path: Path, tell: Callable[[object], None]) -> None:
    """Without a person, start of the gateway and all: at most a minute for each."""
    homes = [f"home-{number}" for number in range(1, 51)]
    async with retailer(tmp_path, homes) as market:
        took = []
        for number, home in enumerate(homes):
            begun = time.monotonic()
            folder = tmp_path / home
            async with gateway(folder) as box:
                await commissioned(box, answers(folder, market, number, home))
                took.append(time.monotonic() - begun)
            assert took[-1] <= A_HOME_S
        ordered = sorted(took)
        tell(f"50 homes: median {ordered[25]:.1f} s, slowest {ordered[-1]:.1f} s, with the gateway's start")


def _issuer(signed: str) -> str:

    middle = signed.split(".")[1]
    return str(json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))["iss"])
