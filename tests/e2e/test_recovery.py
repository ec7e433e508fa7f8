"""The integration recovers by itself after any side has restarted, and a homeowner sees what it shows."""

import psutil
import pytest
from playwright.async_api import Browser

from demo import check
from demo.browser import Dashboard
from demo.running import Demo

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def numbers(demo: Demo) -> None:
    """Wait until the integration's entities have values."""
    findings = await check.values(demo)
    assert all(finding.ok for finding in findings), findings


async def agree(demo: Demo) -> None:
    """Wait for trades; book, ledger and Home Assistant hold the same."""
    await check.traded(demo, least=1)
    findings = await check.agreement(demo, least=1)
    assert all(finding.ok for finding in findings), [finding for finding in findings if not finding.ok]


async def test_gateway_restarts(demo: Demo) -> None:
    await numbers(demo)
    await demo.stop("gateway")
    await demo.start_gateway()
    await check.until(lambda: check.evidence.shown(demo.home_assistant), lambda look: bool(look.curve))
    await numbers(demo)
    await agree(demo)


async def test_home_assistant_restarts(demo: Demo) -> None:
    await numbers(demo)
    await demo.stop("home-assistant")
    await demo.start_home_assistant()
    await numbers(demo)
    await agree(demo)


async def test_retailer_restarts(demo: Demo) -> None:
    await check.traded(demo, least=1)
    await demo.stop("retailer")
    await demo.start_retailer()

    async def connected() -> str:
        states = await demo.home_assistant.states()
        return str(states["binary_sensor.gateway_retailer_connection"]["state"])

    assert await check.until(connected, lambda state: state == "on") == "on"
    await agree(demo)


async def test_homeowner_turns_the_thermostat_and_wins(demo: Demo, browser: Browser) -> None:
    await numbers(demo)
    async with Dashboard.opened(browser, demo.url) as dashboard:
        await dashboard.shown("Planned runs")
        await dashboard.warmer()

        async def response() -> str:
            return str((await demo.home_assistant.states())["sensor.heat_pump_state"]["state"])

        assert await check.until(response, lambda state: state == "held") == "held"


async def test_only_loopback_is_spoken_to(demo: Demo) -> None:
    await numbers(demo)
    for service in demo.services.values():
        connections = psutil.Process(service.process.pid).net_connections()
        peers = {connection.raddr.ip for connection in connections if connection.raddr}
        assert peers, "each talks to one of the others"
        assert peers <= {"127.0.0.1", "::1"}, service.name


async def test_disagreement_fails_the_check(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = check.evidence.shown

    async def wrong(home_assistant: object) -> check.Look:
        look = await shown(demo.home_assistant)
        start = max(look.curve)
        return check.Look({**look.curve, start: look.curve[start] + 1}, head=look.head)

    monkeypatch.setattr(check.evidence, "shown", wrong)
    findings = {finding.what: finding for finding in await check.agreement(demo)}
    assert findings["book and ledger"].ok
    assert not findings["Home Assistant and ledger"].ok
