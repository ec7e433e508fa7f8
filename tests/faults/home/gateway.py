"""A gateway led by the test, in place of the client's connection: no socket, so virtual time runs."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from homeassistant.util import dt as dt_util
from temix_gateway.home.devices import ReportHome

from custom_components.temix.client import CannotConnect, CommandFailed, ConnectionLost, GatewayState, Hello
from custom_components.temix.client.models import DevicePlan, Plan, PlanStep
from custom_components.temix.client.wire import to_ms
from tests.gateway.home.fake_core import GATEWAY_ID, state

QUARTER: Final = timedelta(minutes=15)

type Course = Mapping[datetime, float]
"""Power (W) from an instant on, until the next."""


class ScriptedGateway:
    """What the integration's client would be, with the test on the other end.

    Its state follows ``say``; ``gone`` cuts the connection and refuses new ones.
    """

    def __init__(self) -> None:
        """Be there, with a price for everything and no plan."""
        self.hello = Hello(gateway_id=GATEWAY_ID, version="0.1.0", min_schema=1, max_schema=1)
        self.reported: Mapping[str, Any] = {}
        """The devices of the last report; those before are forgotten, as days bring thousands."""
        self.readings: list[Any] = []
        self.connected = False
        self.gone = False
        self._on_state: Callable[[GatewayState], None] | None = None
        self._lost: asyncio.Event | None = None
        now = dt_util.utcnow()
        whole = now.replace(minute=0, second=0, microsecond=0)
        self._state = GatewayState.from_message(msgspec.to_builtins(state(round(whole.timestamp() * 1000))))

    @property
    def state(self) -> GatewayState:
        """What it shows."""
        return self._state

    def say(self, **sections: Any) -> None:
        """Change sections of the state and tell whoever listens."""
        self._state = replace(self._state, **sections)
        if self._on_state is not None and not self.gone:
            self._on_state(self._state)

    def plan(
        self, courses: Mapping[str, Course], end: datetime, left_out: Mapping[str, str] | None = None
    ) -> None:
        """Say a plan: for each device its power from given instants on, until ``end``.

        ``left_out`` says of devices why they cannot be planned.
        """
        devices = tuple(
            DevicePlan(device=device, steps=tuple(steps(course, end))) for device, course in courses.items()
        )
        self.say(plan=Plan(made=dt_util.utcnow(), devices=devices, left_out=left_out or {}))

    def leave(self) -> None:
        """Go away without a word."""
        self.gone = True
        self.connected = False
        if self._lost is not None:
            self._lost.set()

    def come_back(self) -> None:
        """Answer again, to the next that tries."""
        self.gone = False

    async def connect(self) -> GatewayState:
        """As the client's."""
        if self.gone:
            raise CannotConnect("nobody answers")
        self.connected = True
        return self._state

    async def listen(self, on_state: Callable[[GatewayState], None]) -> None:
        """As the client's."""
        self._on_state, self._lost = on_state, asyncio.Event()
        await self._lost.wait()
        self._on_state = None
        raise ConnectionLost("the connection ended")

    async def close(self) -> None:
        """As the client's."""
        self.connected = False

    async def report_home(self, at: datetime, devices: Iterable[Any], base_load: Iterable[Any] = ()) -> None:
        """Remember what was reported; as the gateway's own, refuse all of it for one thing that cannot be."""
        self._open()
        self.reported = {device.id: device for device in devices}
        message = {"type": "report_home", "id": 1, "at": to_ms(at), "base_load": []}
        message["devices"] = [device.to_message() for device in self.reported.values()]
        try:
            msgspec.convert(message, ReportHome)
        except msgspec.ValidationError as error:
            self.reported = {}
            raise CommandFailed("invalid_message", str(error)) from None

    async def report_history(self, start: datetime, load: Sequence[Any], sun: Sequence[Any]) -> None:
        """Take past hours and leave them."""
        self._open()

    async def report_readings(self, readings: Iterable[Any]) -> None:
        """Remember what was read."""
        self._open()
        self.readings += readings

    async def set_mode(self, mode: str) -> None:
        """Change the mode, and say so."""
        self._open()
        self.say(mode=mode)

    async def pause_trading(self, paused: bool) -> None:
        """Take the command and leave it."""
        self._open()

    def _open(self) -> None:
        if self.gone:
            raise ConnectionLost("not connected to the gateway")


def steps(course: Course, end: datetime) -> Iterable[PlanStep]:
    """A plan's steps of a quarter of an hour, as a gateway gives them."""
    starts = sorted(course)
    for start, until in zip(starts, [*starts[1:], end], strict=True):
        at = start
        while at < until:
            yield PlanStep(start=at, end=min(at + QUARTER, until), power=int(course[start]))
            at += QUARTER
