"""What is said of a statement, on a page as on a terminal."""

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from temix_market.instants import FIVE_MINUTES, Instant, iso

from temix_gateway.home.account import Charge, MissingSpan, Statement, StatementLine

CENTS: Final = Decimal("0.01")


def remarks(statement: Statement) -> Iterable[str]:
    """What belongs below a statement, in sentences."""
    total = statement.total
    yield "Delivery charge: the transport leg. Negative is what the home is owed."
    if total.charges:
        yield f"Charges: {items(total.charges)}."
    for tariff in total.tariffs:
        saved = Decimal(tariff.total) - Decimal(total.total)
        word = "more" if saved >= 0 else "less"
        yield (
            f"On {tariff.name} the same deliveries would have cost {amount(tariff.total)}: "
            f"{amount(abs(saved))} {word}. {items(tariff.charges)}."
        )
    if total.shadow:
        yield (
            f"Shadow account: {total.shadow} of {total.settled} intervals say what would be owed at "
            "published prices, not what is."
        )
    if total.settled:
        home = total.settled - total.by_retailer
        yield f"Readings: {total.by_retailer} by the retailer's meter, which win (R), {home} by the home's."
    if total.provisional:
        yield (
            f"Provisional (~): {total.provisional} of {total.settled} intervals can still change, until the "
            "retailer has measured their whole day, or for ten days."
        )
    if total.estimated:
        yield f"Estimated: {total.estimated} intervals were not measured as such."
    for gap in total.missing:
        yield f"Missing, in no sum: {span(gap)}: {gap.why}."


def span(gap: MissingSpan) -> str:
    """When something is missing."""
    count = (gap.end - gap.start) // FIVE_MINUTES
    return f"{iso(Instant(gap.start))} to {iso(Instant(gap.end))} ({count} intervals)"


def items(charges: Iterable[Charge]) -> str:
    """The items of a bill in one line."""
    return ", ".join(
        f"{charge.name} {amount(charge.money)}"
        + ("" if charge.energy is None else f" ({charge.energy / 1000:.3f} kWh)")
        for charge in charges
    )


def amount(money: str | Decimal, places: Decimal = CENTS) -> str:
    """Money rounded half to even, for the eye; JSON and CSV have all of it."""
    return f"{Decimal(money).quantize(places, ROUND_HALF_EVEN):,f}"


def mark(line: StatementLine) -> str:
    """What is to be known of a line: provisional, read by the retailer, estimated, incomplete."""
    read = "" if not line.by_retailer else "R" if line.by_retailer == line.settled else "r"
    return "~" * bool(line.provisional) + read + "e" * bool(line.estimated) + "!" * bool(line.missing)
