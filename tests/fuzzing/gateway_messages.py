"""The integration's reading of what a gateway sends: whatever it takes, every entity and action can show.

A gateway may be newer than the integration, or in somebody else's hands.
"""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any, Final, override
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson

from custom_components.temix import account_sensors, news, parts, price_sensors, shapes
from custom_components.temix.client import (
    Client,
    Endpoint,
    GatewayState,
    Hello,
    Preview,
    Statement,
    TemixError,
)
from custom_components.temix.client.account import SettledHours, TransactionPage
from custom_components.temix.client.connection import decode, read
from custom_components.temix.client.pairing import _bytes
from custom_components.temix.curve.history import History
from custom_components.temix.curve.revisions import Revisions
from custom_components.temix.curve.segments import to_buy
from custom_components.temix.now import Now
from custom_components.temix.options import settings
from custom_components.temix.outlook import Moment, Outlook, Windows, whole_curve
from custom_components.temix.update import Software
from tests.fuzzing.parser import Parser
from tests.fuzzing.samples import Sampler
from tests.gateway.home.fake_core import NOON

REFERENCE: Final = Path(__file__).parents[2] / "docs" / "reference"
DRAWN: Final = 30
STEPS: Final = 40
LATEST_MS: Final = 253_402_300_799_999
"""The greatest time of the documents: by this a time is known from another number."""

_NOW: Final = datetime.fromtimestamp(NOON / 1000, UTC) + timedelta(minutes=7)
_ZONE: Final = ZoneInfo("America/Chicago")
_ANSWERS: Final[dict[str, Callable[[Any], object]]] = {
    "Preview": Preview.from_message,
    "Statement": Statement.from_message,
    "TransactionPage": TransactionPage.from_message,
    "SettledHours": SettledHours.from_message,
}


class _InOrder(Sampler):
    """Draws messages in which one thing comes after the other, from noon on, as a gateway has it."""

    def __init__(self, document: dict[str, Any], random: Random) -> None:
        super().__init__(document, random)
        self._at = NOON

    @override
    def _integer(self, schema: dict[str, Any]) -> int:
        if schema.get("maximum") != LATEST_MS:
            return super()._integer(schema)
        self._at += 300_000 * self._random.choice((1, 1, 1, 3, 12))
        return self._at

    @override
    def _array(self, schema: dict[str, Any], depth: int) -> list[Any]:
        """Prices and positions of some hours; of anything else a few."""
        if schema["items"].get("$ref", "").endswith(("/PriceStep", "/PositionStep")):
            return [self.value(schema["items"], depth) for _ in range(STEPS)]
        return super()._array(schema, depth)

    def message(self, name: str) -> dict[str, Any]:
        """A message, or a part of one."""
        self._at = NOON
        value: dict[str, Any] = self.value({"$ref": f"#/$defs/{name}"})
        return value


def gateway_messages(_: Path) -> Parser:
    """Hello, snapshot, event, the answers, and the messages of pairing."""
    document = json.loads((REFERENCE / "local-api.schema.json").read_text())
    sampler = _InOrder(document, Random(3))
    runner = asyncio.Runner()
    endpoint = Endpoint("127.0.0.1", 1, "gw-5f2c", bytes(32))

    def state() -> dict[str, Any]:
        return sampler.message("State") | {"zone": "America/Chicago"}

    def hello() -> dict[str, Any]:
        return sampler.message("Hello") | {"min_schema": 1, "max_schema": sampler._random.choice((1, 7))}

    def event() -> dict[str, Any]:
        whole = state()
        kept = {name: value for name, value in whole.items() if sampler._random.random() < 0.3}
        return {"type": "event", "number": 8, "changes": kept or {"mode": "advise"}}

    first = GatewayState.from_message(state())

    async def heard(message: dict[str, Any], number: int) -> list[GatewayState]:
        client = Client(None, endpoint, "token")  # type: ignore[arg-type]  # it connects nowhere
        client._number, client._state, client._resync_id = number, first, None if number else 5
        shown: list[GatewayState] = []
        await client._handle(_Silent(), message, shown.append)  # type: ignore[arg-type]
        return shown

    def read_one(form: str, content: bytes) -> object:
        message = decode(content)
        match form:
            case "Hello":
                hello = read(Hello.from_message, message)
                return hello.schema(), _software(hello.version).latest_version
            case "Paired":
                return [_bytes(message, name) for name in ("proof", "sealed")]
            case "snapshot" | "event":
                for each in runner.run(heard(message, 7 if form == "event" else 0)):
                    show(first, each)
                return message
            case _:
                return orjson.dumps(shapes.plain(read(_ANSWERS[form], message)))

    samples = {name: [sampler.message(name) for _ in range(DRAWN)] for name in _ANSWERS}
    samples["Hello"] = [hello() for _ in range(DRAWN)]
    samples["Paired"] = [sampler.message("Paired") | {"proof": "ab" * 32, "sealed": "cd" * 60}]
    samples["event"] = [event() for _ in range(3 * DRAWN)]
    samples["snapshot"] = [
        {"type": "result", "id": 5, "result": {"kind": "snapshot", "number": 1, "state": state()}}
        for _ in range(3 * DRAWN)
    ]
    texts = {form: [json.dumps(each).encode() for each in drawn] for form, drawn in samples.items()}
    return Parser(texts, read_one, (TemixError,))


def _software(version: str) -> Software:
    """The entity that tells of a gateway of this version."""
    entity = Software.__new__(Software)
    entity.coordinator = SimpleNamespace(version=version)  # type: ignore[assignment]
    entity._known = "0.1.0"
    return entity


class _Silent:
    """A connection over which nothing is said."""

    async def send(self, message: dict[str, Any]) -> None:
        """Say nothing."""


def show(before: GatewayState, state: GatewayState) -> None:
    """Work out everything that the integration shows of a state, as at a look, and write it as JSON."""
    looks = [_look(each) for each in (before, state)]
    coordinator = looks[1]
    seen = [news.Look(_NOW, each.data, each.outlook, each.now.buy) for each in looks]
    revisions = Revisions(1.0)
    revisions.look(to_buy(before.prices), _NOW)
    written: list[Any] = [piece.data for piece in news.between(*seen)]
    written += [news.revised(moved).data for moved in revisions.look(to_buy(state.prices), _NOW)]
    written += list(_sensors(coordinator))
    written += [shapes.plan(state.plan, {}), shapes.positions(state.positions), shapes.prices(state.prices)]
    view = parts.View(None, coordinator, ())  # type: ignore[arg-type]  # neither is asked here
    for name in ("now", "prices", "positions", "account"):
        shape = parts.SHAPES[name]
        written.append(shape.write(shape.source(view)))
    with suppress(ZoneInfoNotFoundError):  # as Home Assistant takes it
        ZoneInfo(state.zone)
    orjson.dumps(written)


def _look(state: GatewayState) -> Any:
    """What a coordinator has after a look at a state."""
    now, moment = Now.of(state, _NOW, None), Moment.at(_NOW, _ZONE)
    curve = whole_curve(state, History().seen(now.price, _NOW))
    outlook = Outlook(to_buy(curve), now.buy, moment, settings({}), (Windows(), Windows()))
    return SimpleNamespace(
        data=state, now=now, moment=moment, curve=curve, outlook=outlook, zone=_ZONE, connected=True
    )


def _sensors(coordinator: Any) -> Iterator[Any]:
    for description in (*price_sensors.PRICE_SENSORS, *account_sensors.ACCOUNT_SENSORS):
        description.available_fn(coordinator)
        value: Any = description.value_fn(coordinator)
        yield float(value) if isinstance(value, Decimal) else value
        if description.attributes_fn is not None:
            yield description.attributes_fn(coordinator)
