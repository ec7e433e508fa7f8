"""What every request for a page has to pass, and what every answer carries."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from ipaddress import ip_address
from typing import Final

from aiohttp import hdrs, web

FORM_WITHIN_S: Final = 10.0
"""A form that takes longer to come is not read on."""

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; "
    "img-src 'self' data:; form-action 'self'; frame-ancestors 'self'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def host_fits(host: str, names: Collection[str]) -> bool:
    """Whether the gateway is called by an address or by a name of its own.

    A name that somebody else pointed here (DNS rebinding) is neither.
    """
    bare = host.removesuffix(".")
    if bare.startswith("["):
        bare, closed, rest = bare[1:].partition("]")
        if not closed or (rest and not rest.startswith(":")):
            return False
    elif bare.count(":") == 1:
        bare, _, port = bare.partition(":")
        if not port.isdecimal():
            return False
    bare = bare.lower().removesuffix(".")
    if bare in names:
        return True
    try:
        ip_address(bare)
    except ValueError:
        return False
    return True


def write_fits(request: web.Request, scheme: str = "https") -> bool:
    """Whether a form was sent from a page of this very origin: browsers say so, and others need no form."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        return False
    return request.headers.get(hdrs.ORIGIN) == f"{scheme}://{request.host}"


async def form_of(request: web.Request) -> dict[str, str]:
    """The fields of a form, all of them text, each there once.

    Raises:
        web.HTTPException: it is none, too large, or takes too long.
    """
    if request.content_type != "application/x-www-form-urlencoded":
        raise web.HTTPUnsupportedMediaType(text="send a form")
    try:
        async with asyncio.timeout(FORM_WITHIN_S):
            sent = await request.post()
    except TimeoutError:
        raise web.HTTPRequestTimeout(text="the form took too long") from None
    except (ValueError, LookupError) as error:  # no text, or in an alphabet that is none
        raise web.HTTPBadRequest(text=f"this is no form: {error}") from None
    form: dict[str, str] = {}
    for name, value in sent.items():
        if not isinstance(value, str) or name in form:
            raise web.HTTPBadRequest(text="a field is there twice, or is none")
        form[name] = value
    return form
