"""A real gateway answers as its schema says, whatever fits the schema: every role, no fault inside."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
import pytest
from jsonschema import Draft202012Validator
from temix_gateway.clock import SystemClock
from temix_gateway.files import Files
from temix_gateway.home import limits
from temix_gateway.home.roles import COMMANDS, Role
from temix_gateway.home.tokens import TokenStore

from tests.fuzzing.samples import Sampler
from tests.gateway.commissioning.test_command import answers, commissioned
from tests.home_processes import Gateway, gateway, retailer

DOCUMENT = json.loads(
    (Path(__file__).parents[3] / "docs" / "reference" / "local-api.schema.json").read_text()
)
SERVER = Draft202012Validator({**DOCUMENT, "oneOf": [{"$ref": "#/$defs/ServerMessage"}]})
LEFT_OUT = "commission"
"""It would call a retailer at any address; `tests/gateway/commissioning` has its steps."""


def commands(random: Random) -> dict[str, Callable[[], dict[str, Any]]]:
    """For each command of the table, what draws one that fits the schema."""
    kinds = {
        kind["properties"]["type"]["enum"][0]: kind
        for kind in DOCUMENT["$defs"].values()
        if "type" in kind.get("properties", {}) and "id" in kind["properties"]
    }
    sampler = Sampler(DOCUMENT, random)
    return {name: partial(sampler.value, kinds[name]) for name in COMMANDS if name != LEFT_OUT}


async def answered(door: Gateway, role: Role, random: Random, count: int) -> int:
    """Send so many commands as this role; how many were carried out."""
    token = TokenStore(Files(door.data).clients, SystemClock().now).create(f"{role} {random.random()}", role)
    pinned = aiohttp.Fingerprint(bytes.fromhex(door.fingerprint))
    drawn, done = commands(random), 0
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"wss://127.0.0.1:{door.port}/api", ssl=pinned) as socket,
    ):
        SERVER.validate(await socket.receive_json())
        await socket.send_json({"id": 1, "type": "authenticate", "token": token, "schema": 1})
        SERVER.validate(await socket.receive_json())
        for number in range(2, count + 2):
            command = drawn[random.choice(sorted(drawn))]() | {"id": number}
            await socket.send_json(command)
            answer = {"type": "event"}
            while answer["type"] == "event":
                answer = await socket.receive_json(timeout=30)
                SERVER.validate(answer)
            assert answer["id"] == number, command
            assert answer.get("code") != "internal", command
            done += answer["type"] == "result"
    return done


async def asked(door: Gateway, connections: int) -> int:
    """Ask over so many connections of each role, as much as each may at once; how much was carried out."""
    random = Random(1)
    done = 0
    for _ in range(connections):
        for role in Role:
            done += await answered(door, role, random, limits.BURST - 1)
    assert door.service.process.returncode is None
    # A device that cannot be planned is told of as an error, in words; a fault inside leaves a traceback.
    assert '"exception": ' not in door.service.log.read_text()
    return done


@pytest.mark.timeout(120)  # a start of the gateway
async def test_what_fits_the_schema_is_answered_by_the_schema(tmp_path: Path) -> None:
    async with gateway(tmp_path) as door:
        assert await asked(door, 1) > 50


@pytest.mark.timeout(300)  # and one of the retailer, and all steps of commissioning
async def test_a_commissioned_gateway_answers_by_the_schema_too(tmp_path: Path) -> None:
    async with retailer(tmp_path, ["home-1"]) as market, gateway(tmp_path / "gateway") as door:
        await commissioned(door, answers(tmp_path / "gateway", market, 0, "home-1"))
        assert await asked(door, 2) > 100


@pytest.mark.long
async def test_much_that_fits_the_schema_is_answered_by_the_schema(
    tmp_path: Path, tell: Callable[[object], None]
) -> None:
    async with gateway(tmp_path) as door:
        done = await asked(door, 50)
    tell(f"{50 * len(Role) * (limits.BURST - 1)} commands, {done} carried out")
