"""The gateway as an app: announced to a Supervisor until a Home Assistant has paired."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from temix_gateway.home.errors import UnreadableStore
from temix_gateway.supervisor import AGAIN_S, Supervisor, from_environment

GATEWAY = {"port": 8741, "id": "temix-5f2c", "fingerprint": "ab" * 32}


class FakeSupervisor:
    """What the Supervisor answers, and what it heard."""

    def __init__(self) -> None:
        """Work well."""
        self.heard: list[Any] = []
        self.status = 200
        self.about: dict[str, Any] = {"data": {"hostname": "0a1b-temix-gateway"}}
        self.url = ""

    async def info(self, request: web.Request) -> web.Response:
        """Tell the app of itself."""
        assert request.headers["Authorization"] == "Bearer supervised"
        return web.json_response(self.about, status=self.status)

    async def discovery(self, request: web.Request) -> web.Response:
        """Take an announcement."""
        self.heard.append(await request.json())
        return web.json_response({"result": "ok", "data": {"uuid": "1"}})


@pytest.fixture
async def fake() -> AsyncIterator[FakeSupervisor]:
    """A Supervisor on loopback."""
    fake = FakeSupervisor()
    app = web.Application()
    app.router.add_get("/addons/self/info", fake.info)
    app.router.add_post("/discovery", fake.discovery)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    fake.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield fake
    await runner.cleanup()


async def told(fake: FakeSupervisor, times: int) -> tuple[Supervisor, list[float]]:
    """Announce until paired, after so many times; return the pauses between."""
    supervisor, pauses = Supervisor("supervised", fake.url), []

    async def paired() -> bool:
        return len(pauses) >= times

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    await supervisor.announce(GATEWAY, paired, sleep)
    return supervisor, pauses


async def test_it_is_announced_until_a_home_assistant_has_paired(fake: FakeSupervisor) -> None:
    supervisor, pauses = await told(fake, 2)
    config = {"host": "0a1b-temix-gateway", "secret": supervisor.secret, **GATEWAY}
    assert fake.heard == 2 * [{"service": "temix", "config": config}]
    assert pauses == [AGAIN_S, AGAIN_S]
    await told(fake, 0)
    assert len(fake.heard) == 2


@pytest.mark.parametrize("status, about", [(500, {}), (200, {"data": None}), (200, []), (403, {"data": {}})])
async def test_a_supervisor_that_fails_is_asked_again(fake: FakeSupervisor, status: int, about: Any) -> None:
    fake.status, fake.about = status, about
    _, pauses = await told(fake, 1)
    assert pauses == [AGAIN_S]
    assert fake.heard == []


def test_only_a_supervised_gateway_is_announced() -> None:
    assert from_environment({}) is None
    first, second = (from_environment({"SUPERVISOR_TOKEN": "x"}) for _ in range(2))
    assert first is not None
    assert second is not None
    assert len(first.secret) >= 43
    assert first.secret != second.secret


async def test_a_broken_list_of_clients_ends_nothing(fake: FakeSupervisor) -> None:
    """The gateway trades on without it."""
    answers = iter((UnreadableStore(Path("clients.json"), "no JSON"), True))

    async def paired() -> bool:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def sleep(_: float) -> None:
        pass

    await Supervisor("supervised", fake.url).announce(GATEWAY, paired, sleep)
    assert fake.heard == []
