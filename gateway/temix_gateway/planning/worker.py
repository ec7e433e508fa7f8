"""The planner in a process of its own, which can be killed: whoever asks gets an answer in time.

Only that process loads numpy and the solver: they are half of what a gateway would have in memory.
"""

import contextlib
import multiprocessing
import os
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Final

import msgspec

from temix_gateway.errors import GatewayError
from temix_gateway.planning.past import Building, Foreseen, Past, PastRoom
from temix_gateway.planning.problem import Problem, check
from temix_gateway.planning.result import Level, Plan

START_S: Final = 20.0
"""Seconds that the process may take to start on a slow machine."""
GRACE_S: Final = 2.0
"""Seconds beyond its budget that an answer may take, on its way and on a busy machine."""
SIMPLE_S: Final = 10.0
"""Seconds that an answer may take that takes milliseconds of work."""
NICER: Final = 5
"""Planning gives way to everything else."""


class PlannerLost(GatewayError):
    """The planner's process died or hung."""

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(
            "the planner's process died or hung, also when it was started anew: is there memory left?"
        )


class Question(msgspec.Struct, frozen=True, tag="plan"):
    """What goes to the process; a plan comes back."""

    problem: Problem
    previous: Plan | None
    budget: float


class PlannerProcess:
    """Asks the planner, in another process. Calls block: make them from a thread, one at a time."""

    def __init__(self, budget: float = 1.0, patience: float | None = None) -> None:
        """Give each plan ``budget`` seconds; after ``patience`` the process is killed."""
        self._budget = budget
        self._patience = budget + GRACE_S if patience is None else patience
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None
        self.lost = 0
        """How many processes died or hung."""

    def __call__(self, problem: Problem, previous: Plan | None) -> Plan:
        """A plan: the process's; where it died or hung, the previous one if that still fits, else the greedy.

        Raises:
            InvalidField: the problem contradicts itself.
            PlannerLost: another process, asked for the greedy one, died or hung as well.
        """
        check(problem)
        try:
            found = self._ask(Question(problem, previous, self._budget), self._patience)
        except PlannerLost:
            if previous is not None and _fits(problem, previous):
                return msgspec.structs.replace(previous, level=Level.PREVIOUS)
            found = self._ask(Question(problem, None, 0.0), SIMPLE_S)
        return msgspec.msgpack.decode(found, type=Plan)

    def foresee(self, past: Past) -> Foreseen:
        """The load in each of the intervals asked of, by past hours.

        Raises:
            PlannerLost: the process died or hung; the next call starts another.
        """
        return msgspec.msgpack.decode(self._ask(past, SIMPLE_S), type=Foreseen)

    def learn(self, past: PastRoom) -> Building | None:
        """How a building keeps its warmth; none where its past tells too little.

        Raises:
            PlannerLost: the process died or hung; the next call starts another.
        """
        return msgspec.msgpack.decode(self._ask(past, SIMPLE_S), type=Building | None)

    def _ask(self, question: Question | Past | PastRoom, patience: float) -> bytes:
        try:
            pipe = self._running()
            pipe.send_bytes(msgspec.msgpack.encode(question))
            if pipe.poll(patience):
                return pipe.recv_bytes()
        except EOFError, OSError:
            pass  # it died
        self.lost += 1
        self.close()
        raise PlannerLost

    @property
    def pid(self) -> int | None:
        """The process's id while it runs."""
        return None if self._process is None else self._process.pid

    def close(self) -> None:
        """Kill the process."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process.close()
        if self._pipe is not None:
            self._pipe.close()
        self._process = self._pipe = None

    def _running(self) -> Connection:
        if self._pipe is not None and self._process is not None and self._process.is_alive():
            return self._pipe
        self.close()
        context = multiprocessing.get_context("spawn")
        self._pipe, there = context.Pipe()
        self._process = context.Process(target=_serve, args=(there,), name="temix-planner", daemon=True)
        self._process.start()
        there.close()
        if not self._pipe.poll(START_S):
            raise TimeoutError(f"the planner's process did not start within {START_S} s")
        self._pipe.recv_bytes()
        return self._pipe


def _fits(problem: Problem, previous: Plan) -> bool:
    same = [device.id for device in problem.devices] == [device.id for device in previous.devices]
    return same and previous.steps[0].start <= problem.now < previous.steps[-1].end


def _serve(pipe: Connection) -> None:
    """Answer questions until the pipe closes."""
    from temix_gateway.planning.building import learn  # noqa: PLC0415 - see above
    from temix_gateway.planning.explain import explain  # noqa: PLC0415
    from temix_gateway.planning.forecast import foresee  # noqa: PLC0415
    from temix_gateway.planning.planner import plan  # noqa: PLC0415

    def answer(asked: Question | Past | PastRoom) -> Plan | Foreseen | Building | None:
        match asked:
            case Past():
                return foresee(asked)
            case PastRoom():
                return learn(asked)
            case _:
                found = plan(asked.problem, asked.previous, asked.budget)
                return explain(asked.problem, found) if asked.budget else found

    with contextlib.suppress(OSError):
        os.nice(NICER)
    pipe.send_bytes(b"ready")
    with contextlib.suppress(EOFError, KeyboardInterrupt):
        while True:
            asked = msgspec.msgpack.decode(pipe.recv_bytes(), type=Question | Past | PastRoom)
            pipe.send_bytes(msgspec.msgpack.encode(answer(asked)))
