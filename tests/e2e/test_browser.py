"""The browser of these tests is real: it loads a page from loopback and runs its script."""

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_page_from_loopback(browser: Browser) -> None:
    async def page(_: web.Request) -> web.Response:
        script = "<script>document.body.append(['price', 6 * 7].join(' '))</script>"
        return web.Response(text=f"<!doctype html><body>{script}", content_type="text/html")

    app = web.Application()
    app.router.add_get("/", page)
    async with TestServer(app) as server:
        tab = await browser.new_page()
        await tab.goto(str(server.make_url("/")), wait_until="domcontentloaded")
        assert await tab.inner_text("body") == "price 42"
