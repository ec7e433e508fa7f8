"""What any server may answer in place of prices: told in a word, short, and never taken for prices."""

from collections.abc import Callable

import pytest
from aiohttp import web
from temix_gateway.retailer.errors import NothingPublished
from temix_gateway.retailer.published.gridx import GridX
from temix_gateway.retailer.published.link import Feed
from temix_gateway.retailer.published.midas import Midas
from temix_gateway.retailer.published.openadr import OpenAdr

from tests.gateway.retailer.published.faults import SERVERS, Fault, prices, reply
from tests.gateway.retailer.published.services import PACIFIC, PROGRAM, RIN

FEEDS: dict[str, Callable[[str], Feed]] = {
    "gridx": lambda url: GridX(url, "SCE", "TOU-D-49", "Moorpark"),
    "midas": lambda url: Midas(url, RIN),
    "openadr": lambda url: OpenAdr(url, "prices", "USD", PACIFIC),
}


@pytest.mark.parametrize("fault", SERVERS, ids=[fault.name for fault in SERVERS])
@pytest.mark.parametrize("service", FEEDS)
async def test_what_is_no_answer_is_no_price_and_says_what_it_is(service: str, fault: Fault) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path.endswith("/programs"):
            return web.json_response([{"id": PROGRAM, "programName": "prices"}])
        return await reply(fault.answer({}), {})

    assert isinstance(fault.lost, type)
    with pytest.raises(fault.lost) as refused:
        await prices(FEEDS[service], answer)
    assert type(refused.value) is fault.lost
    assert len(str(refused.value)) < 500
    assert "127.0.0.1" in str(refused.value)


@pytest.mark.parametrize("service", ["gridx", "midas"])
@pytest.mark.parametrize("status", [200, 204])
async def test_an_empty_answer_means_that_there_is_nothing_yet(service: str, status: int) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status)

    with pytest.raises(NothingPublished):
        await prices(FEEDS[service], answer)


@pytest.mark.parametrize("service", FEEDS)
async def test_a_server_that_hangs_up_says_so(service: str) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    with pytest.raises(Exception, match="broke"):
        await prices(FEEDS[service], answer)
