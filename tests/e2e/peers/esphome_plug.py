"""A Wi-Fi plug that speaks ESPHome's native API, in plaintext: a relay and the power behind it.

The messages are the protocol's own classes, from the library of Home Assistant's ``esphome``; the frames are
those of https://esphome.io/components/api (a zero, length and type as varints, the message).
"""

import asyncio
from collections.abc import Iterator
from typing import Any, Final, Self

from aioesphomeapi import api_pb2 as pb
from aioesphomeapi.core import MESSAGE_TYPE_TO_PROTO

_NUMBER_OF: Final = {kind: number for number, kind in MESSAGE_TYPE_TO_PROTO.items()}
_RELAY: Final = 1
_POWER: Final = 2

_ABOUT: Final = pb.DeviceInfoResponse(
    name="heater-plug",
    friendly_name="Heater plug",
    mac_address="02:00:00:00:00:01",
    esphome_version="2026.10.0",
    model="plug",
    manufacturer="Tests",
)
_ENTITIES: Final = (
    pb.ListEntitiesSwitchResponse(object_id="relay", key=_RELAY, name="Relay", device_class="outlet"),
    pb.ListEntitiesSensorResponse(
        object_id="power",
        key=_POWER,
        name="Power",
        unit_of_measurement="W",
        device_class="power",
        state_class=1,
    ),
    pb.ListEntitiesDoneResponse(),
)


class EsphomePlug:
    """The plug; an asynchronous context manager that listens on loopback."""

    def __init__(self, port: int, load: float = 1_800) -> None:
        """Have a heater of ``load`` W behind it, switched off."""
        self.on = False
        self.commands = 0
        self._port = port
        self._load = load
        self._listeners: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Go off the air."""
        assert self._server is not None
        self._server.close()
        self._server.close_clients()
        await self._server.wait_closed()

    def press(self, *, on: bool) -> None:
        """Switch it, as its own button does."""
        self.on = on
        for writer in self._listeners:
            self._tell(writer)

    def _tell(self, writer: asyncio.StreamWriter) -> None:
        _send(writer, pb.SwitchStateResponse(key=_RELAY, state=self.on))
        _send(writer, pb.SensorStateResponse(key=_POWER, state=self._load if self.on else 0.0))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (message := await _receive(reader)) is not None:
                for answer in self._answers(message):
                    _send(writer, answer)
                if isinstance(message, pb.SubscribeStatesRequest):
                    self._listeners.add(writer)
                    self._tell(writer)
                if isinstance(message, pb.DisconnectRequest):
                    return
        except asyncio.IncompleteReadError, ConnectionError:
            pass  # Home Assistant has ended
        finally:
            self._listeners.discard(writer)
            writer.close()

    def _answers(self, message: Any) -> Iterator[Any]:
        match message:
            case pb.HelloRequest():
                yield pb.HelloResponse(
                    api_version_major=1, api_version_minor=12, name=_ABOUT.name, server_info="plug"
                )
            case pb.AuthenticationRequest():
                yield pb.AuthenticationResponse()
            case pb.PingRequest():
                yield pb.PingResponse()
            case pb.DeviceInfoRequest():
                yield _ABOUT
            case pb.ListEntitiesRequest():
                yield from _ENTITIES
            case pb.SwitchCommandRequest():
                self.commands += 1
                self.press(on=message.state)
            case pb.DisconnectRequest():
                yield pb.DisconnectResponse()


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def _send(writer: asyncio.StreamWriter, message: Any) -> None:
    body = message.SerializeToString()
    writer.write(b"\0" + _varint(len(body)) + _varint(_NUMBER_OF[type(message)]) + body)


async def _read_varint(reader: asyncio.StreamReader) -> int:
    number = shift = 0
    while True:
        byte = (await reader.readexactly(1))[0]
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return number


async def _receive(reader: asyncio.StreamReader) -> Any:
    """The next message of a kind we know; nothing where the other side asks for encryption."""
    while await reader.readexactly(1) == b"\0":
        length, kind = await _read_varint(reader), await _read_varint(reader)
        body = await reader.readexactly(length)
        if kind in MESSAGE_TYPE_TO_PROTO:
            return MESSAGE_TYPE_TO_PROTO[kind].FromString(body)
    return None
