"""TLS at fault at the gateway's server: no answer, no trace, and the others are served."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from random import Random

import pytest
import trustme

from tests.gateway.home.conftest import Connect
from tests.gateway.home.fake_core import Gateway
from tests.tls_faults import OLD, RECORD, only

GIVEN_UP_S = 20
REQUEST = b"GET /nothing HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"


def client_context() -> ssl.SSLContext:
    """A client that believes any certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


class Wire:
    """A TLS client that sees every byte of its connection."""

    def __init__(self, context: ssl.SSLContext, name: str | None = None) -> None:
        """Speak as ``context`` does, and ask for the server's ``name``."""
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname=name)
        self.hello = self._begun()

    def _begun(self) -> bytes:
        with suppress(ssl.SSLWantReadError):
            self.tls.do_handshake()
        return self.outgoing.read()

    async def connect(self, port: int) -> None:
        """Shake hands."""
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)
        self.writer.write(self.hello)
        while True:
            try:
                self.tls.do_handshake()
            except ssl.SSLWantReadError:
                self.incoming.write(await self.reader.read(65_536))
            else:
                break
            finally:
                self.writer.write(self.outgoing.read())

    def sealed(self, plain: bytes) -> bytes:
        """What goes over the wire for these bytes."""
        self.tls.write(plain)
        return self.outgoing.read()

    async def read(self) -> bytes:
        """What the server says next."""
        while True:
            try:
                return self.tls.read()
            except ssl.SSLWantReadError:
                self.incoming.write(await asyncio.wait_for(self.reader.read(65_536), GIVEN_UP_S))

    async def close(self) -> None:
        """Be gone."""
        self.writer.transport.abort()
        with suppress(OSError):
            await self.writer.wait_closed()


HELLO = Wire(client_context(), "gateway.example").hello


def altered(number: int) -> bytes:
    """A ClientHello with a few bytes changed, left out or doubled."""
    random, hello = Random(number), bytearray(HELLO)
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(hello))
        match random.randrange(3):
            case 0:
                hello[at] = random.randrange(256)
            case 1:
                del hello[at : at + random.randint(1, 20)]
            case _:
                hello[at:at] = random.randbytes(random.randint(1, 20))
    return bytes(hello)


NONSENSE = {
    "plain HTTP": REQUEST,
    "an SSL 2 hello": b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10" + bytes(37),
    "an SSL 3 hello": HELLO[:1] + b"\x03\x00" + HELLO[3:9] + b"\x03\x00" + HELLO[11:20],
    "garbage": Random(1).randbytes(4_096),
    "an oversized record": RECORD + b"\xff\xff" + bytes(65_535),
    "an empty record": RECORD + b"\x00\x00",
    "half a hello": HELLO[: len(HELLO) // 2],
    "a heartbeat": b"\x18\x03\x02\x00\x03\x01\x40\x00",
    "an alert": b"\x15\x03\x03\x00\x02\x02\x28",
    "data before the handshake": b"\x17\x03\x03\x00\x20" + bytes(32),
    "nothing": b"",
}


@pytest.fixture(autouse=True)
async def unmoved(
    gateway: Gateway, connect: Connect, caplog: pytest.LogCaptureFixture
) -> AsyncIterator[None]:
    """A paired client is served before and after, another is let in, and the log has nothing of it."""
    client = await connect(gateway.token)
    yield
    assert (await client.call(id=2, type="get_state"))["type"] == "result"
    await connect(gateway.token)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def outcome(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """What the gateway says until it hangs up, or until it was given up."""
    said = b""
    with suppress(ConnectionError):
        said = await asyncio.wait_for(reader.read(), GIVEN_UP_S)
    writer.transport.abort()
    with suppress(OSError):
        await writer.wait_closed()
    return said


@pytest.mark.parametrize("sent", NONSENSE)
@pytest.mark.parametrize("then", ["waits", "leaves"])
async def test_nonsense_gets_no_answer(gateway: Gateway, sent: str, then: str) -> None:
    """Whether the stranger waits for one, or is gone in the middle of it."""
    gateway.bound(handshake_s=0.2)
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(NONSENSE[sent])
    if then == "leaves":
        writer.write_eof()
    assert b"HTTP/" not in await outcome(reader, writer)


@pytest.mark.timeout(30)
async def test_an_altered_hello_gets_no_answer(gateway: Gateway) -> None:
    for number in range(100):
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        writer.write(altered(number))
        writer.write_eof()
        assert b"HTTP/" not in await outcome(reader, writer), number


@pytest.mark.parametrize("version", OLD)
async def test_what_is_older_than_tls_1_3_is_not_spoken(gateway: Gateway, version: str) -> None:
    with pytest.raises(OSError):  # noqa: PT011  (TLS alert or reset, whichever comes first)
        await asyncio.open_connection("127.0.0.1", gateway.port, ssl=only(client_context(), OLD[version]))


def naming(name: str) -> Callable[[ssl.SSLContext], str]:
    """A client that asks for a name."""
    return lambda _: name


def h2_alone(context: ssl.SSLContext) -> None:
    """A client that speaks HTTP/2 alone."""
    context.set_alpn_protocols(["h2"])


def strange_certificate(context: ssl.SSLContext) -> None:
    """A client that has a certificate, which nobody asks for."""
    trustme.CA().issue_cert("somebody").configure_cert(context)


@pytest.mark.parametrize(
    "peculiar",
    [
        pytest.param(lambda _: None, id="no name"),
        pytest.param(naming("bank.example"), id="another name"),
        pytest.param(h2_alone, id="another protocol"),
        pytest.param(strange_certificate, id="a client's certificate"),
    ],
)
async def test_what_is_only_peculiar_is_served(
    gateway: Gateway, peculiar: Callable[[ssl.SSLContext], str | None]
) -> None:
    """With the gateway's one certificate, in HTTP/1.1; who the client is says its token alone."""
    context = client_context()
    wire = Wire(context, peculiar(context))
    await wire.connect(gateway.port)
    assert wire.tls.version() == "TLSv1.3"
    assert wire.tls.selected_alpn_protocol() is None
    shown = wire.tls.getpeercert(binary_form=True)
    assert shown is not None
    assert shown == ssl.PEM_cert_to_DER_cert(pem(gateway))
    wire.writer.write(wire.sealed(REQUEST))
    assert (await wire.read()).startswith(b"HTTP/1.1 404")
    await wire.close()


def pem(gateway: Gateway) -> str:
    """The gateway's certificate, which stands after its key."""
    _, begin, rest = gateway.certificate.path.read_text().partition("-----BEGIN CERTIFICATE-----")
    return begin + rest


@pytest.mark.parametrize("sent", ["a second hello", "a changed record", "a record again", "a cut record"])
async def test_an_altered_connection_ends(gateway: Gateway, sent: str) -> None:
    """Renegotiation, which TLS 1.3 does not have; a record that somebody changed, repeated or cut short."""
    wire = Wire(client_context())
    await wire.connect(gateway.port)
    record = wire.sealed(REQUEST)
    match sent:
        case "a second hello":
            wire.writer.write(HELLO)
        case "a changed record":
            wire.writer.write(record[:-1] + bytes([record[-1] ^ 1]))
        case "a record again":
            first = wire.sealed(b"GET /")  # numbered after `record`, which is left out: as if repeated
            wire.writer.write(first + first)
        case "a cut record":
            wire.writer.write(record[:-4])
            wire.writer.write_eof()
    wire.incoming.write(await outcome(wire.reader, wire.writer))
    with pytest.raises(ssl.SSLError):
        wire.tls.read()


async def test_who_leaves_after_the_handshake_leaves_no_trace(gateway: Gateway) -> None:
    wire = Wire(client_context())
    await wire.connect(gateway.port)
    await wire.close()
