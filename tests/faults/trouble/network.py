"""A network in virtual time: the event loop's own connections, which lose, delay, repeat and break.

Bytes of one connection arrive in order, as TCP has it. So a lost message is a connection that has gone
silent in one direction: its bytes never come, or come long after the sender gave up, or the connection is
reset. A request may come twice, as from a proxy that tries again: the same bytes on a connection of their
own, seconds or minutes later, whose answer nobody reads.
"""

import asyncio
import socket
from collections import Counter
from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass
from itertools import count
from random import Random
from typing import Any, Final, override
from weakref import WeakKeyDictionary

from temix_replay.virtual_time import VirtualLoop

from tests.faults.trouble.life import LIFE, Life

PORT: Final = 443
_ORDERS: Final = (b"POST /transactions", b"POST /tenders")
_REPEATABLE: Final = (*_ORDERS, b"POST /deliveries")


@dataclass
class Weather:
    """How bad the network is now: chances between 0 and 1, delays in seconds."""

    loss: float = 0.0
    repeat: float = 0.0
    delay: float = 0.05
    apart: frozenset[str] = frozenset()
    """Sides whose messages do not get through: both are a partition, one is a one-way partition."""
    slow_disk: float = 0.0
    """The chance that a piece of work on a disk takes seconds."""


class End(asyncio.Transport):
    """One end of a connection."""

    def __init__(self, network: Network, life: Life | None, context: Context) -> None:
        super().__init__()
        self.network = network
        self.life = life
        self.context = context
        self.peer: End
        self.protocol: Any = None
        self.closed = False
        self.stuck = False
        self.late = False
        """What is sent while it is stuck comes in the end, long after."""
        self.request: list[bytes] = []
        """What was last asked on this connection."""
        self._arrives = 0.0

    # What a protocol uses of a transport.

    @override
    def write(self, data: Any) -> None:
        if not self.closed and self.network.alive(self):
            self.network.send(self, bytes(data))

    @override
    def close(self) -> None:
        self._end(None)

    @override
    def abort(self) -> None:
        self._end(None)

    @override
    def is_closing(self) -> bool:
        return self.closed

    @override
    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.protocol = protocol

    @override
    def get_protocol(self) -> asyncio.BaseProtocol:
        return self.protocol  # type: ignore[no-any-return]

    @override
    def pause_reading(self) -> None:
        """What comes is taken all the same: memory is no matter here."""

    @override
    def resume_reading(self) -> None:
        """See ``pause_reading``."""

    # What the network does with it.

    def at(self, when: float, work: Callable[..., object], *args: Any) -> float:
        """Do ``work`` at this end, later, after what is on its way there already; when."""
        self._arrives = max(self._arrives + 1e-6, when)  # what comes at the same time keeps its order
        self.network.loop.call_at(self._arrives, work, *args, context=self.context)
        return self._arrives

    def receive(self, data: bytes) -> None:
        """Take bytes that arrive."""
        if not self.closed and self.network.alive(self):
            self.protocol.data_received(data)

    def lose(self, error: Exception | None) -> None:
        """Learn that the connection has ended."""
        if not self.closed and self.network.alive(self):
            self.closed = True
            self.protocol.connection_lost(error)

    def _end(self, error: Exception | None) -> None:
        if self.closed:
            return
        self.closed = True
        self.network.loop.call_soon(self.protocol.connection_lost, error, context=self.context)
        if self.network.alive(self):
            self.network.ended(self)


class _Deaf(asyncio.Protocol):
    """Reads the answer to a repeated request: nobody does."""


class Network:
    """Every connection of the simulation, and its weather."""

    def __init__(self, loop: TroubleLoop, chance: Random) -> None:
        self.loop = loop
        self.weather = Weather()
        self.seen: Counter[str] = Counter()
        self.ends: list[End] = []
        self._chance = chance
        self._listening: tuple[Callable[[], Any], Life] | None = None
        self._last_arrival: dict[str, float] = {}
        """Of all that is on its way to a side."""

    def listen(self, factory: Callable[[], Any], life: Life) -> None:
        """Let ``life`` take connections."""
        self._listening = factory, life

    def alive(self, end: End) -> bool:
        """Whether an end has a process; a repeater always has."""
        return end.life is None or end.life.alive

    async def reach(self) -> None:
        """Try to connect, as SYN and its answer do."""
        await asyncio.sleep(self._latency())
        listening = self._listening
        if self.weather.apart or (listening is not None and not listening[1].powered):
            await asyncio.sleep(3600)  # until the caller gives up
        if listening is None or not listening[1].alive:
            raise ConnectionRefusedError(111, "nothing listens there")

    def connect(self, protocol: Any, life: Life | None, context: Context) -> End:
        """Make a connection to whoever listens."""
        near = End(self, life, context)
        if self._listening is None or not self._listening[1].alive:
            raise ConnectionRefusedError(111, "nothing listens there")
        factory, server = self._listening
        far = End(self, server, server.context)
        near.peer, far.peer = far, near
        self.ends = [end for end in self.ends if not end.closed and self.alive(end)] + [near, far]
        far.protocol, near.protocol = server.context.run(factory), protocol
        server.context.run(far.protocol.connection_made, far)
        protocol.connection_made(near)
        return near

    def send(self, end: End, data: bytes) -> None:
        """Carry bytes, as the weather lets them."""
        if data.startswith(b"POST"):
            end.request = []
            if data.startswith(_REPEATABLE) and self._chance.random() < self.weather.repeat:
                later = self._chance.uniform(0.2, 150)
                self.loop.call_later(later, self._repeat, end.request, context=Context())
        end.request.append(data)
        asked = end.peer.request if end.life and end.life.side == "retailer" else end.request
        about_orders = bool(asked) and asked[0].startswith(_ORDERS)
        lost = self._chance.random() < (self.weather.loss if about_orders else self.weather.loss / 8)
        apart = end.life is not None and end.life.side in self.weather.apart
        now = self.loop.time()
        if lost or apart:
            self._go_silent(end, about_orders and lost)
        if not self.alive(end.peer) and self._listening and self._listening[1].powered:
            end.at(now + self._latency(), end.lose, ConnectionResetError(104, "the peer has died"))
            return
        if not end.stuck:
            self._deliver(end.peer, now + self._latency(), data)
        elif end.late:
            self._deliver(end.peer, now + self._chance.uniform(5, 200), data)

    def _deliver(self, to: End, when: float, data: bytes) -> None:
        arrives, side = to.at(when, to.receive, data), to.life.side if to.life else ""
        self.seen["message overtook another"] += arrives < self._last_arrival.get(side, 0.0)
        self._last_arrival[side] = max(arrives, self._last_arrival.get(side, 0.0))

    def ended(self, end: End) -> None:
        """Tell the other end of a close, unless that is lost too."""
        if not end.stuck and not (end.life and end.life.side in self.weather.apart):
            end.peer.at(self.loop.time() + self._latency(), end.peer.lose, None)

    def died(self, life: Life) -> None:
        """A process has died: its kernel resets its connections, if it still has power."""
        for end in self.ends:
            if end.life is life and life.powered:
                reset = ConnectionResetError(104, "the peer has died")
                end.peer.at(self.loop.time() + self._latency(), end.peer.lose, reset)

    def break_all(self, silently: bool) -> int:
        """Break every connection: with a reset, or half-open, so that nobody learns of it; how many."""
        whole = [end for end in self.ends if not end.closed and not end.stuck and self.alive(end)]
        for end in self.ends:
            end.stuck = True
            if not silently and self.alive(end):
                end.at(self.loop.time() + self._latency(), end.lose, ConnectionResetError(104, "reset"))
        return len(whole) // 2

    def _go_silent(self, end: End, order: bool) -> None:
        if end.stuck:
            return
        end.stuck = True
        end.late = self._chance.random() < 0.5
        from_home = end.life is None or end.life.side == "gateway"
        self.seen["lost " + ("order" if from_home else "answer") if order else "lost message"] += 1
        if self._chance.random() < 0.5:
            when = self.loop.time() + self._chance.uniform(0.1, 30)
            for each in (end, end.peer):
                self.loop.call_at(when, each.lose, ConnectionResetError(104, "reset"), context=each.context)

    def _repeat(self, request: list[bytes]) -> None:
        if self._listening is None or not self._listening[1].alive:
            return
        self.seen["repeated request"] += 1
        end = self.connect(_Deaf(), None, Context())
        end.peer.at(self.loop.time(), end.peer.receive, b"".join(request))
        self.loop.call_later(30, end.close)

    def _latency(self) -> float:
        return self._chance.uniform(0.2, 1.8) * self.weather.delay


class _Task(asyncio.Task[Any]):
    """A task whose place in a set is that of its making; its address is another in every run."""

    def __init__(self, number: int, *args: Any, **options: Any) -> None:
        self._number = number
        super().__init__(*args, **options)

    @override
    def __hash__(self) -> int:
        return self._number


class TroubleLoop(VirtualLoop):
    """A virtual loop with a network and disks of its own: sockets lead into it, executors take their time."""

    def __init__(self, chance: Random) -> None:
        super().__init__()
        self._chance = chance
        self.network = Network(self, chance)
        self.worked: Callable[[Life], None] = lambda _life: None
        """Called after each piece of work of a live process: what it did is acknowledged from now on."""
        self._busy: WeakKeyDictionary[Any, float] = WeakKeyDictionary()
        numbers = count()
        self.set_task_factory(lambda loop, work, **options: _Task(next(numbers), work, loop=loop, **options))

    @override
    def run_in_executor[*Ts, T](
        self, executor: object, func: Callable[[*Ts], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """Do it later, one after the other in each executor, and not at all where the process has died."""
        future: asyncio.Future[T] = self.create_future()
        life = LIFE.get()
        slow = self._chance.random() < self.network.weather.slow_disk
        takes = self._chance.uniform(1, 20) if slow else self._chance.uniform(0.001, 0.05)
        when = max((self._busy.get(executor, 0.0) if executor else 0.0), self.time()) + takes
        if executor is not None:
            self._busy[executor] = when

        def work() -> None:
            if future.cancelled() or (life is not None and not life.alive):
                return
            try:
                result = func(*args)
            except Exception as error:  # noqa: BLE001 - it goes to whoever awaits
                future.set_exception(error)
            else:
                future.set_result(result)
            if life is not None and life.alive:
                self.worked(life)

        self.call_at(when, work)
        return future

    @override
    async def sock_connect(self, sock: socket.socket, address: Any) -> None:
        await self.network.reach()

    @override
    async def create_connection(  # type: ignore[override]
        self, protocol_factory: Callable[[], Any], *_: Any, sock: socket.socket, **__: Any
    ) -> tuple[asyncio.Transport, Any]:
        sock.close()
        protocol, life = protocol_factory(), LIFE.get()
        assert life is not None
        return self.network.connect(protocol, life, life.context), protocol
