"""What a response has saved: its energy at what it cost, against the same energy at the day's mean price."""

from dataclasses import dataclass


@dataclass(slots=True)
class Tally:
    """Sums of one day, and what the days before it brought; money in the tender's currency.

    Attributes:
        saved: of all days that are over.
        energy: drawn today, kWh; negative where more was given, or a pause left it out.
        cost: of that energy.
        priced: seconds of today with a price.
        prices: integral of the price over them.
    """

    saved: float = 0.0
    energy: float = 0.0
    cost: float = 0.0
    priced: float = 0.0
    prices: float = 0.0

    @property
    def total(self) -> float:
        """All that was saved, today included as far as it went."""
        mean = self.prices / self.priced if self.priced else 0.0
        return self.saved + self.energy * mean - self.cost

    def add(self, power: float, price: float | None, seconds: float) -> None:
        """Count ``power`` (W) over some seconds at a price per kWh; without one nothing is counted."""
        if price is None or seconds <= 0:
            return
        energy = power / 1000 * seconds / 3600
        self.energy += energy
        self.cost += energy * price
        self.priced += seconds
        self.prices += seconds * price

    def begin_day(self) -> None:
        """Close the day: later prices say nothing of what it saved."""
        self.saved, self.energy, self.cost, self.priced, self.prices = self.total, 0.0, 0.0, 0.0, 0.0
