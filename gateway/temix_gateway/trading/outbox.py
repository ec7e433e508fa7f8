"""The outbox: every order happens once, or not at all, whatever breaks in between."""

from typing import Final

import structlog
from temix_market.ports import Answer, Clock, OrderStore, OutcomeUnknown, Pending, RetailerLink, Seal
from temix_market.transactions import Order

_LOG: Final = structlog.get_logger(__name__)


class Outbox:
    """Places orders in the ledger, sends exactly what was stored, and asks until there is a definite answer.

    Before ``not_after`` the same bytes are sent again (the retailer answers a known key as before); after it
    the key is only asked for, which voids it where the order never arrived.
    """

    def __init__(self, store: OrderStore, link: RetailerLink, clock: Clock) -> None:
        """Run over ``store`` and ``link``."""
        self._store = store
        self._link = link
        self._clock = clock

    async def submit(self, order: Order, seal: Seal) -> Answer | None:
        """Place and send an order; ``None`` where its outcome is unknown: it stays pending."""
        return await self._deliver(await self._store.place(order, seal))

    async def chase(self) -> list[Answer]:
        """Seek a definite answer for every pending order, oldest first; return those that came.

        The retailer takes orders in their sequence: after one without an answer the others wait.
        """
        answers: list[Answer] = []
        for pending in await self._store.pending():
            answer = await self._deliver(pending)
            if answer is None:
                break
            answers.append(answer)
        return answers

    async def waiting(self) -> bool:
        """Whether an order has no definite answer yet: until then none is placed."""
        return bool(await self._store.pending())

    async def _deliver(self, pending: Pending) -> Answer | None:
        try:
            if self._clock.now() < pending.not_after:
                answer = await self._link.order(pending.key, pending.signed)
            else:
                answer = await self._link.reconcile(pending.key, pending.signed)
        except OutcomeUnknown as error:
            _LOG.warning("order without a definite answer", key=pending.key, reason=str(error))
            return None
        assert answer.key == pending.key, f"answer for {answer.key} to order {pending.key}"
        await self._store.resolve(answer)
        return answer
