"""Is this process alive? Its event loop turns and its ledger's writer answers; nobody else's fault counts."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

EVERY_S: Final = 1.0
ANSWERS_WITHIN_S: Final = 30.0
"""A writer that needs longer than this for nothing at all hangs."""

type Seconds = Callable[[], float]
type Beat = Callable[[], None]


class Pulse:
    """Measures the loop's lag, and asks the writer for a sign of life."""

    def __init__(self, writer: Callable[[], Awaitable[None]], monotonic: Seconds) -> None:
        """``writer`` returns once the ledger's writer has answered."""
        self._writer = writer
        self._monotonic = monotonic
        self._answered = self._turned = monotonic()
        self.lag_s = 0.0
        """How late the loop was last."""
        self.worst_lag_s = 0.0
        """How late it was at most since the start."""

    @property
    def faults(self) -> list[str]:
        """What is wrong with this process; empty where it is alive."""
        now, found = self._monotonic(), []
        if now - self._turned > ANSWERS_WITHIN_S:
            found.append(f"the event loop stood still for {now - self._turned:.0f} s")
        if now - self._answered > ANSWERS_WITHIN_S:
            found.append(f"the ledger's writer has not answered for {now - self._answered:.0f} s")
        return found

    async def run(self, beat: Beat, every_s: float = EVERY_S) -> None:
        """Feel the pulse until cancelled; ``beat`` is called while all is well."""
        asking: asyncio.Task[None] | None = None
        try:
            while True:
                due = self._monotonic() + every_s
                await asyncio.sleep(every_s)
                self._turned = self._monotonic()
                self.lag_s = max(0.0, self._turned - due)
                self.worst_lag_s = max(self.worst_lag_s, self.lag_s)
                if asking is None or asking.done():
                    asking = asyncio.create_task(self._ask())
                if not self.faults:
                    beat()
        finally:
            if asking is not None:
                asking.cancel()

    async def _ask(self) -> None:
        await self._writer()
        self._answered = self._monotonic()
