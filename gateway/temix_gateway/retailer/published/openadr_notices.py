"""Notifications of an OpenADR 3.1 server over MQTT: that its events changed, and no more.

Source: OpenADR 3.1 definition, notifications via additional protocols. What a message says is not read: the
events are asked for, as always. The client is imported where notifications are wanted, so that a gateway
without them does not carry it.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from random import Random
from typing import Final
from urllib.parse import urlsplit

import msgspec
import structlog
from msgspec import Struct
from temix_market.instants import HOUR, MINUTE, SECOND, Duration

from temix_gateway.retailer.errors import CredentialsRefused, LinkError, NotTaken, Unreachable
from temix_gateway.retailer.published.http import Http
from temix_gateway.retailer.published.openadr import OpenAdr
from temix_gateway.retailer.published.schedule import AT_START, SPARED

FIRST_WAIT: Final = Duration(MINUTE)
LONGEST_WAIT: Final = Duration(4 * HOUR)
"""Until the broker is tried again; each time twice as long. Prices are asked for by the clock meanwhile."""
ANSWER_WITHIN_S: Final = 15.0
_BEARER: Final = "OAUTH2_BEARER_TOKEN"
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_PORTS: Final = {"mqtts": 8883, "mqtt": 1883}
_LOG: Final = structlog.get_logger(__name__)


class _Authentication(Struct, frozen=True):
    method: str = "ANONYMOUS"
    username: str = ""


class _Mqtt(Struct, frozen=True):
    uris: list[str] = msgspec.field(name="URIS")
    authentication: _Authentication = _Authentication()


class Notifiers(Struct, frozen=True):
    """What the server offers."""

    mqtt: _Mqtt | None = msgspec.field(default=None, name="MQTT")


class Topics(Struct, frozen=True):
    """Where it tells of what happens to a program's events, by the operation."""

    topics: dict[str, str | None]


class NotOffered(NotTaken):
    """The server has no notifications that this home can hear."""


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the server's words are heard; ``user`` is empty where nobody has to say who it is."""

    host: str
    port: int
    tls: bool
    user: str
    topics: tuple[str, ...]


def broker_of(notifiers: Notifiers, topics: Topics, client: str) -> Broker:
    """The first broker that can be heard safely.

    Raises:
        NotOffered: there is none; why.
    """
    mqtt = notifiers.mqtt
    if mqtt is None:
        raise NotOffered("the server offers no notifications over MQTT")
    method, user = mqtt.authentication.method, ""
    if method == _BEARER:
        user = mqtt.authentication.username.replace("{clientID}", client)
    if method not in {"ANONYMOUS", _BEARER} or (method == _BEARER and not (user and client)):
        raise NotOffered(f"the server's broker wants {method}, which this gateway cannot do")
    wanted = [topics.topics.get("ALL")] if topics.topics.get("ALL") else list(topics.topics.values())
    named = tuple(topic for topic in wanted if topic)
    if not named:
        raise NotOffered("the server names no topic for its program's events")
    for uri in mqtt.uris:
        try:
            url = urlsplit(uri)
            host, port = url.hostname or "", url.port or _PORTS.get(url.scheme, 0)
        except ValueError:
            continue
        if host and (url.scheme == "mqtts" or (url.scheme == "mqtt" and host in _LOOPBACK)):
            return Broker(host, port, url.scheme == "mqtts", user, named)
    raise NotOffered(f"the server names no broker with TLS (mqtts://): {', '.join(mqtt.uris)}")


class OpenAdrNotices:
    """Hears the words of one server on one program (``Notices``)."""

    def __init__(self, feed: OpenAdr, random: Random) -> None:
        """Hear of what ``feed`` asks for."""
        self._feed = feed
        self._random = random
        self._failures = 0

    async def watch(self, http: Http, changed: Callable[[], None]) -> None:
        """Find the broker, and call ``changed`` at each of its words; ends where the server offers none."""
        broker: Broker | None = None
        await asyncio.sleep(self._random.randint(0, AT_START) / SECOND)
        while True:
            try:
                if http.allowance.left(http.clock.now()) > SPARED:
                    token = await self._feed.log_in(http)
                    broker = broker or await self._broker(http, token)
                    async for _ in self._heard(broker, token):
                        changed()
            except NotOffered as error:
                _LOG.warning("prices are asked for by the clock only", reason=str(error))
                return
            except LinkError as error:
                _LOG.warning("prices are asked for by the clock until notifications come", reason=str(error))
            await asyncio.sleep(self._wait() / SECOND)

    async def _broker(self, http: Http, token: str) -> Broker:
        feed = self._feed
        notifiers = feed.decode((await http.get(f"{feed.url}/notifiers", {}, token)).body, Notifiers)
        program = await feed.program_id(http, token)
        path = f"{feed.url}/notifiers/mqtt/topics/programs/{program}/events"
        topics = feed.decode((await http.get(path, {}, token)).body, Topics)
        return broker_of(notifiers, topics, feed.client_id)

    async def _heard(self, broker: Broker, token: str) -> AsyncIterator[None]:
        """Each word from now on: what the broker retained is older than the question that begins a link."""
        import aiomqtt  # noqa: PLC0415

        context = await asyncio.to_thread(ssl.create_default_context) if broker.tls else None
        try:
            async with aiomqtt.Client(
                broker.host,
                broker.port,
                username=broker.user or None,
                password=token if broker.user else None,
                tls_context=context,
                timeout=ANSWER_WITHIN_S,
            ) as client:
                for topic in broker.topics:
                    await client.subscribe(topic, qos=1)
                self._failures = 0
                _LOG.info("notifications heard", host=broker.host, topics=broker.topics)
                async for message in client.messages:
                    if not message.retain:
                        yield None
        except aiomqtt.exceptions.MqttConnectError as error:
            who = repr(broker.user) if broker.user else "a home without a name"
            raise CredentialsRefused(
                f"the broker {broker.host}:{broker.port} does not let {who} in ({error}): ask whoever runs it"
            ) from error
        except (aiomqtt.MqttError, OSError, ValueError) as error:
            raise Unreachable(f"the broker {broker.host}:{broker.port} does not answer: {error}") from error

    def _wait(self) -> Duration:
        longest = min(LONGEST_WAIT, FIRST_WAIT * 2**self._failures)
        self._failures = min(self._failures + 1, 16)
        return Duration(self._random.randint(longest // 2, longest))
