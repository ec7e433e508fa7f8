"""The schema says what both sides send, and refuses what they refuse."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator
from temix_gateway.home import reference
from temix_gateway.home.account import Found, SettledHours, Transaction, TransactionPage
from temix_gateway.home.messages import DevicePlan, Plan, PlanStep, Transactions

from custom_components.temix.client import Client, Load, Reading, ReportedPrice, RoomHistory
from tests.client.mock_server import MockServer, result
from tests.client.test_client import listening
from tests.client.test_real_server import ACCOUNT, DEVICES, GUARD, NOW, SIX
from tests.gateway.home.conftest import Connect
from tests.gateway.home.fake_core import NOON, Gateway

FOUND: list[Found] = [
    TransactionPage(transactions=[], next=3),
    SettledHours(hours=[], revision=3),
]

SCHEMA = reference.schema()


def check(side: str, message: Any) -> None:
    """Raise unless the message is one of that side's."""
    Draft202012Validator({"$ref": f"#/$defs/{side}", "$defs": SCHEMA["$defs"]}).validate(message)


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


async def test_what_the_gateway_sends(gateway: Gateway, connect: Connect) -> None:
    raw = await connect(gateway.token)
    gateway.core.current = msgspec.structs.replace(
        gateway.core.current,
        transactions=Transactions(
            count=1,
            last=Transaction(key="k", at=NOON, start=NOON, end=NOON + 1, quantity=-12, price=-5),
        ),
        plan=Plan(
            made=NOON,
            devices=[DevicePlan(device="car", steps=[PlanStep(start=NOON, end=NOON + 1, power=0)])],
            left_out={"tank": "power: it is negative"},
        ),
    )
    assert gateway.api is not None
    gateway.api.changed()
    check("ServerMessage", await raw.call(id=2, type="start_listening"))
    gateway.update(spot=None, horizon=None, mode="advise")
    event = await raw.read()
    assert event["type"] == "event"
    check("ServerMessage", event)
    check("ServerMessage", await raw.call(id=3, type="set_mode", mode="monitor"))
    gateway.update(account=ACCOUNT, bill_guard=GUARD)
    check("ServerMessage", await raw.read())
    for found in FOUND:
        gateway.core.found = found
        check("ServerMessage", await raw.call(id=9, type="get_transactions", start=0, end=1))
    check("ServerMessage", await raw.call(id=4, type="unknown"))
    check("ServerMessage", await raw.call(type="unknown"))


async def test_what_the_client_sends(mock: MockServer, client: Client) -> None:
    mock.answers |= dict.fromkeys(
        (
            "pause_trading",
            "plan_again",
            "set_mode",
            "set_limits",
            "report_home",
            "report_history",
            "report_prices",
            "report_readings",
        ),
        result,
    )
    mock.answers["get_settled_hours"] = lambda asked: result(asked, {"hours": [], "revision": 0})
    async with listening(client):
        await client.pause_trading(False)
        await client.plan_again()
        await client.set_mode("monitor")
        await client.set_limits(money_a_day=Decimal("7.25"))
        await client.set_limits(highest_price=-1)
        await client.report_home(NOW, DEVICES, [Load(start=NOW, end=SIX, power=-3)])
        room = RoomHistory(
            device="heat", cooling=False, start=NOW, indoor=(20.5, None), outdoor=(-3.25,), drawn=(410.4,)
        )
        await client.report_history(NOW, [410, None], [0, 1_200], [room])
        prices = [ReportedPrice(start=NOW, end=SIX, price=-1, final=final) for final in (True, False)]
        await client.report_prices("EUR", prices, None)
        await client.report_readings([Reading(start=NOW, end=SIX, energy=1)])
        await client.get_settled_hours(NOW, SIX)
    assert len(mock.received) == 12
    for message in mock.received:
        check("ClientMessage", message)


async def test_what_the_mock_gateway_sends(mock: MockServer) -> None:
    check("ServerMessage", mock.hello)
    check("ServerMessage", mock.snapshot({"id": 1}))


@pytest.mark.parametrize(
    "message",
    [
        {"id": 1, "type": "pause_trading"},
        {"id": 1, "type": "pause_trading", "paused": True, "extra": 1},
        {"id": 1, "type": "set_mode", "mode": "party"},
        {"id": -1, "type": "get_state"},
        {"id": 1, "type": "report_home", "at": 0, "devices": [{"kind": "toaster"}]},
    ],
)
async def test_what_the_gateway_refuses_the_schema_refuses(
    gateway: Gateway, connect: Connect, message: dict[str, Any]
) -> None:
    assert not Draft202012Validator({"$ref": "#/$defs/ClientMessage", "$defs": SCHEMA["$defs"]}).is_valid(
        message
    )
    raw = await connect(gateway.token)
    assert (await raw.call(**message))["code"] == "invalid_message"


def test_the_page_links_only_to_what_it_has() -> None:
    page = reference.page()
    headings = {line.lstrip("#").strip().lower() for line in page.splitlines() if line.startswith("##")}
    links = {part.split(")")[0] for part in page.split("](#")[1:]}
    assert links <= headings
    assert {"pausetrading", "state", "evcharger"} <= headings
