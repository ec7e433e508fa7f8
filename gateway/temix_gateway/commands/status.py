"""What the ``status`` command shows."""

from collections.abc import Iterable

from temix_market.instants import Instant, iso

from temix_gateway.home.messages import State


def rows(state: State) -> Iterable[tuple[str, str]]:
    """The state for people, line by line."""
    retailer, trading = state.retailer, state.trading
    yield "mode", state.mode
    link = "connected" if retailer.connected else f"not connected: {retailer.reason}"
    yield "retailer", f"{link} (since {iso(Instant(retailer.since))})"
    if state.mandate:
        yield "mandate", state.mandate.state
    yield "trading", "paused" if trading.paused else "; ".join(trading.locked) or "ready"
    if state.spot:
        yield "price now", f"buy {_price(state.spot.buy, state)}, sell {_price(state.spot.sell, state)}"
    yield "tenders until", iso(Instant(state.horizon)) if state.horizon else "there is none"
    yield "position", f"{sum(step.quantity for step in state.positions) / 1000:.3f} kWh from this hour on"
    yield "transactions", str(state.transactions.count)
    yield "ledger", f"{state.ledger.sequence} records, head {state.ledger.head[:16]}"


def _price(price: int | None, state: State) -> str:
    return "unknown" if price is None else f"{price / 1_000_000:.5f} {state.currency}/kWh"
