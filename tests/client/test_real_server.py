"""The client and the gateway's own server, over real TLS: neither is tested against itself alone."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import aiohttp
import msgspec
import pytest
from temix_gateway.home import devices as served
from temix_gateway.home.account import (
    Account,
    BillGuard,
    Charge,
    Energies,
    LegAccount,
    MissingSpan,
    SettledHour,
    SettledHours,
    ShedDevice,
    Statement,
    StatementLine,
    TariffCost,
    Transaction,
    TransactionPage,
)
from temix_gateway.home.messages import Ledger, ReportHistory, ReportReadings
from temix_gateway.home.roles import Role

from custom_components.temix.client import (
    Battery,
    Client,
    Comfort,
    CommandFailed,
    Device,
    Endpoint,
    EvCharger,
    GatewayState,
    InvalidAuth,
    Limits,
    Load,
    Reading,
    RunTime,
    Thermostat,
    WaterHeater,
)
from custom_components.temix.client.wire import from_ms
from tests.client.test_client import listening
from tests.gateway.home.fake_core import GATEWAY_ID, NOON, Gateway, state

NOW = from_ms(NOON)
STEP = Energies(start=NOON, end=NOON + 300_000, subscribed=1, position=2, delivered=-1, deviation=-3)
GUARD = BillGuard(
    limit_today="5",
    limit_month=None,
    forecast_today="6.5",
    forecast_month=None,
    warning="today is expected to cost 6.5",
    shed=[ShedDevice(device="pool", saved="0.25")],
)
ACCOUNT = Account(
    day=NOON,
    cost_today="1.5",
    cost_month="20",
    forecast_today="3",
    forecast_month=None,
    tariff=None,
    savings_today=None,
    savings_month=None,
    latest=None,
    now=STEP,
    rest_of_today=STEP,
    tomorrow=STEP,
    since=None,
    bought=1,
    sold=2,
    imported=3,
    exported=4,
    cost="5",
    compensation="6",
    revision=7,
    missing_today=0,
)
SIX = NOW + timedelta(hours=6)

DEVICES: list[Device] = [
    EvCharger(id="car", connected=True, needed=12_345.6, min_power=1_380, max_power=7_360, ready_by=SIX),
    EvCharger(id="no car", connected=False, needed=0, max_power=7_360),
    Battery(
        id="battery", capacity=10_000, stored=4_200, max_charge=5_000, max_discharge=5_000, reserve=1_000
    ),
    WaterHeater(id="tank", power=4_500, volume=189.3, temperature=52.25, minimum=45, maximum=60),
    Thermostat(
        id="hall",
        power=3_000,
        temperature=20.75,
        outdoor=-5.5,
        minimum=19.5,
        maximum=22,
        cooling=False,
        comfort=(Comfort(start=SIX, minimum=16.5, maximum=23),),
    ),
    RunTime(id="pool", power=1_100, remaining=timedelta(hours=4), finish_by=SIX),
]


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    """A running local API over a fake core."""
    gateway = await Gateway(tmp_path).start()
    yield gateway
    await gateway.stop()


def make(session: aiohttp.ClientSession, gateway: Gateway, token: str = "") -> Client:
    """A client of the gateway."""
    endpoint = Endpoint(gateway.host, gateway.port, GATEWAY_ID, gateway.certificate.fingerprint)
    return Client(session, endpoint, token or gateway.token)


async def test_every_section_arrives(gateway: Gateway, session: aiohttp.ClientSession) -> None:
    client = make(session, gateway)
    shown = await client.connect()
    await client.close()
    assert shown == GatewayState.from_message(msgspec.to_builtins(state()))
    assert shown.prices[0].components == {"wholesale": 56_111, "losses": 5_000}
    assert shown.horizon == shown.prices[-1].end


async def test_carbon_intensity_arrives_where_it_is_published(
    gateway: Gateway, session: aiohttp.ClientSession
) -> None:
    served = gateway.core.current
    assert served.spot
    gateway.update(
        spot=msgspec.structs.replace(served.spot, carbon_intensity=205),
        prices=[msgspec.structs.replace(served.prices[0], carbon_intensity=0), *served.prices[1:]],
    )
    client = make(session, gateway)
    shown = await client.connect()
    await client.close()
    assert shown.spot
    assert shown.spot.carbon_intensity == 205
    assert [step.carbon_intensity for step in shown.prices[:2]] == [0, None]  # nothing emitted; nothing said


async def test_changes_arrive_and_a_command_shows_its_effect(
    gateway: Gateway, session: aiohttp.ClientSession
) -> None:
    client = make(session, gateway)
    async with listening(client) as states:
        gateway.update(ledger=Ledger(sequence=42, head="cd"))
        assert (await states.get()).ledger.sequence == 42
        await client.pause_trading(True)
        assert gateway.api is not None
        gateway.api.changed()
        assert (await states.get()).trading.paused


async def test_limits_arrive_and_are_moved(gateway: Gateway, session: aiohttp.ClientSession) -> None:
    client = make(session, gateway)
    async with listening(client) as states:
        await client.set_limits(money_a_day=Decimal("1E+1"))
        await client.set_limits(highest_price=287_000)
        assert gateway.api is not None
        gateway.api.changed()
        limits = (await states.get()).limits
    assert gateway.core.commands == [("set_limits", "10", None), ("set_limits", None, 287_000)]
    assert limits == Limits(
        money_a_day=Decimal(10),
        highest_price=287_000,
        money_a_day_ceiling=Decimal(20),
        highest_price_ceiling=2_000_000,
    )


async def test_reports_arrive_as_typed_devices(gateway: Gateway, session: aiohttp.ClientSession) -> None:
    client = make(session, gateway)
    load = Load(start=NOW, end=SIX, power=412.4)
    reading = Reading(start=NOW - timedelta(minutes=5), end=NOW, energy=-41.6)
    async with listening(client):
        await client.report_home(NOW, DEVICES, [load])
        await client.report_readings([reading])
    home, readings = gateway.core.commands
    assert isinstance(home, served.ReportHome)
    assert isinstance(readings, ReportReadings)
    car, no_car, battery, tank, hall, pool = home.devices
    assert isinstance(car, served.EvCharger)
    assert (car.needed, from_ms(car.ready_by or 0)) == (12_346, SIX)
    assert isinstance(no_car, served.EvCharger)
    assert (no_car.connected, no_car.ready_by) == (False, None)
    assert isinstance(battery, served.Battery)
    assert battery.stored == 4_200
    assert isinstance(tank, served.WaterHeater)
    assert (tank.volume, tank.temperature) == (189_300, 52_250)
    assert isinstance(hall, served.Thermostat)
    assert (hall.outdoor, hall.temperature, hall.loss) == (-5_500, 20_750, None)
    assert [(from_ms(each.start), each.minimum) for each in hall.comfort] == [(SIX, 16_500)]
    assert isinstance(pool, served.RunTime)
    assert pool.remaining == 4 * 3_600_000
    assert home.base_load[0].power == 412
    assert readings.readings[0].energy == -42


async def test_past_hours_arrive_with_their_gaps(gateway: Gateway, session: aiohttp.ClientSession) -> None:
    client = make(session, gateway)
    async with listening(client):
        await client.report_history(NOW, [800, None], [0, 2_000])
    await client.close()
    (report,) = gateway.core.commands
    assert isinstance(report, ReportHistory)
    assert (report.start, report.load, report.sun) == (NOON, [800, None], [0, 2_000])


async def test_a_preview_comes_back_typed(gateway: Gateway, session: aiohttp.ClientSession) -> None:
    client = make(session, gateway)
    async with listening(client):
        told = await client.preview_plan(DEVICES[-1])
    assert (told.energy, told.cost, told.plan.saved) == (2_000, Decimal("0.2"), Decimal("0.05"))
    (run,) = told.plan.steps
    assert (run.why, run.until, told.plan.done) == ("runs", None, run.end)


async def test_the_account_and_what_is_looked_up_come_back_typed(
    gateway: Gateway, session: aiohttp.ClientSession
) -> None:
    client = make(session, gateway, gateway.tokens.create("Tablet", Role.VIEWER))
    leg = LegAccount(subscription="0.1", transactions="-0.02", deviation="0.000000001", total="0.080000001")
    charge = Charge(name="vat", money="0.1", energy=12)
    line = StatementLine(
        id="total",
        start=NOON,
        end=NOON + 300_000,
        energy=leg,
        transport=leg,
        market="0.160000002",
        total="0.260000002",
        subscribed=1,
        transacted=2,
        position=3,
        imported=4,
        exported=0,
        deviation=1,
        settled=1,
        missing=[MissingSpan(start=NOON, end=NOON + 300_000, why="no meter reading")],
        charges=[charge],
        tariffs=[TariffCost(name="flat", total="1.5", charges=[charge])],
    )
    page = TransactionPage(
        transactions=[Transaction(key="k", at=NOON, start=NOON, end=NOON + 1, quantity=-12, price=-5)], next=9
    )
    hour = SettledHour(
        start=NOON, imported=5, exported=6, cost="0.000000001", compensation="-0.5", revision=7
    )
    async with listening(client) as states:
        gateway.update(account=ACCOUNT, bill_guard=GUARD)
        state = await states.get()
        account, guarded = state.account, state.bill_guard
        gateway.core.found = Statement(
            currency="USD", zone="UTC", made=NOON, level="day", lines=[line], total=line, revision=8
        )
        statement = await client.get_statement(NOW, SIX, "day")
        gateway.core.found = page
        transactions = await client.get_transactions(NOW, SIX, after=3, limit=2)
        gateway.core.found = SettledHours(hours=[hour], revision=7)
        hours = await client.get_settled_hours(NOW, SIX, 5)
    assert guarded is not None
    assert (guarded.limit_today, guarded.forecast_month) == (Decimal(5), None)
    assert guarded.shed[0].saved == Decimal("0.25")
    assert account is not None
    assert (account.day, account.cost_today, account.forecast_month) == (NOW, Decimal("1.5"), None)
    assert account.latest is None
    assert (account.now.end, account.now.deviation) == (NOW + timedelta(minutes=5), -3)
    assert account.since is None
    [told] = statement.lines
    assert told == statement.total
    assert told.energy.deviation == Decimal("0.000000001")
    assert (told.start, told.missing[0].why) == (NOW, "no meter reading")
    assert told.tariffs[0].charges == told.charges
    assert told.charges[0].energy == 12
    assert (transactions.next, transactions.transactions[0].at) == (9, NOW)
    assert (hours.revision, hours.hours[0].start) == (7, NOW)
    assert hours.hours[0].compensation == Decimal("-0.5")
    assert [type(command).__name__ for command in gateway.core.commands] == [
        "GetStatement",
        "GetTransactions",
        "GetSettledHours",
    ]


async def test_a_viewer_may_look_only(gateway: Gateway, session: aiohttp.ClientSession) -> None:
    client = make(session, gateway, gateway.tokens.create("Tablet", Role.VIEWER))
    async with listening(client):
        with pytest.raises(CommandFailed, match="viewer") as failed:
            await client.set_mode("automatic")
    assert failed.value.code == "not_allowed"


async def test_a_wrong_token(gateway: Gateway, session: aiohttp.ClientSession) -> None:
    with pytest.raises(InvalidAuth):
        await make(session, gateway, "teg_wrong").connect()


async def test_device_out_of_bounds_is_named(gateway: Gateway, session: aiohttp.ClientSession) -> None:
    client = make(session, gateway)
    async with listening(client):
        with pytest.raises(CommandFailed, match=r"devices\[0\].efficiency") as failed:
            await client.report_home(
                NOW, [Battery(id="b", capacity=1, stored=1, max_charge=1, max_discharge=1, efficiency=0)]
            )
    assert failed.value.code == "invalid_message"


async def test_many_clients_see_the_same(gateway: Gateway, session: aiohttp.ClientSession) -> None:
    clients = [make(session, gateway) for _ in range(8)]
    for client in clients:
        await client.connect()
    heard: list[asyncio.Queue[GatewayState]] = [asyncio.Queue() for _ in clients]
    tasks = [
        asyncio.create_task(client.listen(queue.put_nowait))
        for client, queue in zip(clients, heard, strict=True)
    ]
    for number in range(20):
        gateway.update(ledger=Ledger(sequence=100 + number, head=""))
    for queue in heard:
        assert [(await queue.get()).ledger.sequence for _ in range(20)] == list(range(100, 120))
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
