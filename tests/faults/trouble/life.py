"""A process's life between two starts: what it began ends with it, and nothing of it has an effect later."""

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import ContextVar, copy_context
from dataclasses import dataclass, field
from typing import Any, Final


@dataclass(eq=False)
class Life:
    """One life of the ``side`` (gateway or retailer). ``context`` is that of all its tasks and callbacks."""

    side: str
    number: int
    alive: bool = True
    powered: bool = True
    """False: the whole machine is off, and nothing answers for it."""
    ends: list[Callable[[], None]] = field(default_factory=list)
    """What closes its files."""
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context = copy_context()
        self.context.run(LIFE.set, self)

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Run ``work`` as a task of this process."""
        task = asyncio.get_running_loop().create_task(work, context=self.context)
        self.tasks = [other for other in self.tasks if not other.done()] + [task]

    async def reap(self) -> None:
        """Take away what a dead process leaves in this one: its tasks, its open files."""
        assert not self.alive
        self.tasks.clear()
        while tasks := [task for task in asyncio.all_tasks() if task.get_context().get(LIFE) is self]:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=60)
        for end in self.ends:
            end()


LIFE: Final[ContextVar[Life | None]] = ContextVar("life", default=None)
"""Whose code is running: tasks and callbacks inherit it."""
