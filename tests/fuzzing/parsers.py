"""Parsers of gateway and retailer: inputs that are valid, and how each is read."""

import asyncio
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from random import Random
from typing import Any, Final

from aiohttp import WSMessage, WSMsgType
from temix_gateway import config, config_reference
from temix_gateway.errors import GatewayError
from temix_gateway.files import Files
from temix_gateway.home import session
from temix_gateway.home.messages import Failure, encode
from temix_gateway.ledger import disk
from temix_gateway.ledger.backup import restore
from temix_gateway.ledger.ledger import Ledger
from temix_gateway.ledger.packing import pack, unpack
from temix_gateway.ledger.writer import InlineWriter
from temix_market.errors import MarketError
from temix_market.tenders import DEMO_BOUNDS
from temix_market.wire import codec, records, seal
from temix_market.wire.base import decode
from temix_market.wire.keys import SigningKey
from temix_market.wire.schema import FAMILIES, HOME, SIGNED, schemas

from tests.fuzzing.changing import VALUES, WORDS, changed
from tests.fuzzing.parser import Parser
from tests.fuzzing.samples import Sampler
from tests.gateway.ledger.test_ledger import fill
from tests.gateway.market import NOW, FakeClock

REFERENCE: Final = Path(__file__).parents[2] / "docs" / "reference"
DRAWN: Final = 40
"""So many samples of each message."""


def wire(_: Path) -> Parser:
    """Payloads as they come, those in a signed envelope, and signed messages as texts."""
    random = Random(1)
    documents = schemas()
    kinds: dict[str, Any] = {kind.__name__: kind for family in (*FAMILIES, HOME) for kind in family.messages}
    signed = {f"Envelope.{kind.__name__}": kind for kind in SIGNED}
    key = SigningKey.from_seed(bytes(32))
    keys = {"lse": key.public}
    objects: dict[str, Callable[[Any], object]] = {
        "EiDistributeTender": lambda payload: codec.read_publication(payload, DEMO_BOUNDS),
        "CreateTransactionPair": lambda payload: codec.read_order(payload, DEMO_BOUNDS),
        "DistributeSubscription": lambda payload: codec.read_subscription(payload, DEMO_BOUNDS),
        "DistributeReadings": codec.read_deliveries,
        "EiCreateDelivery": codec.read_deliveries,
        "EiReplyDelivery": codec.read_deliveries,
        "FrozenSpots": lambda payload: records.read_spots(payload, DEMO_BOUNDS),
        "CompareHeads": records.read_heads,
        "ComparedHeads": records.read_heads,
        "HeartbeatFrame": records.read_heads,
    }

    def draw(name: str) -> bytes:
        value = Sampler(documents[name], random).value(documents[name])
        if name in signed:
            value |= {"iss": "lse", "typ": signed[name].__name__}
        return json.dumps(value).encode()

    def sealed(content: bytes, name: str) -> str:
        header = {"alg": seal.ALGORITHM, "kid": key.kid, "typ": name}
        return seal.jws.serialize_compact(header, content, key.key, registry=seal._REGISTRY)

    def read(form: str, content: bytes) -> object:
        if form == "signed":
            return seal.open_sealed(content.decode(errors="replace"), SIGNED[0], keys, None)
        if form in signed and len(content) > seal.MAX_BYTES:
            return decode(content, seal.Envelope[signed[form]])  # type: ignore[misc]
        if form in signed:
            body = signed[form]
            payload = seal.open_sealed(sealed(content, body.__name__), body, keys, None).body
        else:
            payload = decode(content, kinds[form])
        as_object = objects.get(type(payload).__name__)
        return payload if as_object is None else as_object(payload)

    samples = {name: [draw(name) for _ in range(DRAWN)] for name in (*kinds, *signed)}
    name = f"Envelope.{SIGNED[0].__name__}"
    samples["signed"] = [sealed(content, SIGNED[0].__name__).encode() for content in samples[name]]
    return Parser(samples, read, (MarketError,))


def local_api(_: Path) -> Parser:
    """A client's commands; what is none is answered in words that can be sent."""
    document = json.loads((REFERENCE / "local-api.schema.json").read_text())
    random = Random(2)
    samples: dict[str, list[bytes]] = {}
    for reference in leaves(document, document["$defs"]["ClientMessage"]):
        drawn = (Sampler(document, random).value({"$ref": reference}) for _ in range(DRAWN))
        samples[reference.rpartition("/")[2]] = [json.dumps(value).encode() for value in drawn]

    def read(_: str, content: bytes) -> object:
        kind = WSMsgType.BINARY if len(content) % 2 else WSMsgType.TEXT
        data = content if kind is WSMsgType.BINARY else content.decode(errors="replace")
        command = session._decode(WSMessage(kind, data, None))  # type: ignore[arg-type]
        if isinstance(command, Failure):
            encode(command)
            raise _Answered(command.message)
        return command

    return Parser(samples, read, (_Answered,))


class _Answered(Exception):
    """It was refused, as an answer that the client gets."""


def leaves(document: dict[str, Any], schema: dict[str, Any]) -> list[str]:
    if "anyOf" in schema:
        return [leaf for inner in schema["anyOf"] for leaf in leaves(document, inner)]
    inner = document["$defs"][schema["$ref"].rpartition("/")[2]]
    return leaves(document, inner) if "anyOf" in inner else [schema["$ref"]]


_TARIFF: Final = """
[[tariff]]
name = "time of use"
price = "0.11"
fixed_a_month = "9.95"
taxes = { "sales tax" = "8.25" }
[[tariff.bands]]
from = "14:00"
to = "20:00"
price = "0.3"
"""


def configuration(folder: Path) -> Parser:
    """The file, the options of Home Assistant's app, and what commissioning has set."""
    whole = "\n".join(
        line.removeprefix("# ") if " = " in line else line for line in config_reference.example().splitlines()
    )
    options = {
        "gateway": {"name": "Home", "time_zone": "America/Chicago", "port": 8745},
        "retailer": {"url": "https://retailer.example", "client_id": "home-1", "client_secret": "secret"},
        "home": {"party": "home-1", "import_limit": 11_000},
        "trading": {"money_a_day": "5", "highest_price": "0.5", "share": 50},
        "bill_guard": {"money_a_day": "9", "sheddable": ["heating"]},
        "tariff": [{"name": "flat", "price": "0.13"}],
    }
    settings = {
        "language": "de",
        **{name: options[name] for name in ("gateway", "retailer", "home", "tariff")},
    }
    paths = {"toml": folder / "a.toml", "json": folder / "a.json", "settings": folder / "b.toml"}
    paths["settings"].write_text('[gateway]\ndata = "there"\n')
    set_there = Files(folder / "there").settings
    set_there.parent.mkdir(parents=True)

    def read(form: str, content: bytes) -> object:
        (set_there if form == "settings" else paths[form]).write_bytes(content)
        loaded = config.load(paths[form])
        return loaded.extras, loaded.tariffs, loaded.zone, loaded.trading.bounds

    samples = {
        "toml": [
            whole.encode(),
            config_reference.example().encode(),
            (config_reference.EXAMPLE + _TARIFF).encode(),
            b"",
        ],
        "json": [json.dumps(options).encode(), b"{}"],
        "settings": [json.dumps(settings).encode(), b"{}"],
    }
    return Parser(samples, read, (GatewayError,))


def backup(folder: Path) -> Parser:
    """A copy of a ledger that is put back, and read as the gateway reads it then."""
    disk.sync = lambda _: None  # type: ignore[assignment]  # what is durable is not asked here
    made = folder / "made.db"

    async def make() -> None:
        ledger = Ledger(made, FakeClock(), InlineWriter())
        await fill(ledger)
        ledger.close()

    asyncio.run(make())
    with closing(sqlite3.connect(made)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    source, target = folder / "backup.db", folder / "back" / "ledger.db"

    whole = made.read_bytes()

    def read(form: str, content: bytes) -> object:
        source.write_bytes(content if form == "file" else _edited(whole, Random(content)))
        try:
            restore(source, target, NOW)
            ledger = Ledger(target, FakeClock(), InlineWriter())
            ledger.close()
            return ledger.head
        finally:
            for left in target.parent.glob("*") if target.parent.exists() else ():
                left.unlink()

    return Parser({"file": [whole], "cells": [b"any"]}, read, (GatewayError,))


def _edited(ledger: bytes, random: Random) -> bytes:
    """The ledger with one cell changed, as somebody who knows SQLite would; its triggers are there."""
    with closing(sqlite3.connect(":memory:", autocommit=True)) as file:
        file.deserialize(ledger)
        file.create_function("pack", 1, pack)
        file.create_function("unpack", 1, unpack)
        triggers = file.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        tables = file.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        for name, _ in triggers:
            file.execute(f"DROP TRIGGER {name}")
        (table,) = random.choice(tables)
        columns = [row[1] for row in file.execute(f"PRAGMA table_info({table})")]
        rows = file.execute(f"SELECT * FROM {table}").fetchall()
        if rows:
            column = random.randrange(len(columns))
            old = random.choice(rows)[column]
            with suppress(sqlite3.Error, OverflowError):  # a constraint holds
                change = f"UPDATE {table} SET {columns[column]} = ? WHERE {columns[column]} IS ?"
                file.execute(change, (_cell(old, random), old))
        for _, statement in triggers:
            file.execute(statement)
        return file.serialize()


def _cell(old: Any, random: Random) -> Any:
    value = random.choice((*VALUES, *WORDS))
    match old:
        case str() if random.random() < 0.6:
            return changed(old.encode(), random).decode(errors="replace")
        case bytes() if random.random() < 0.6:
            return changed(old, random)
        case int() if random.random() < 0.6:
            return old + random.choice((-1, 1, 300_000, -(2**40)))
    return value if isinstance(value, int | float | str | bytes | None) else json.dumps(value)
