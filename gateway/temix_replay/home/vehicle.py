"""An electric car and its charger: away on trips, slower near full."""

from dataclasses import dataclass

from temix_market.instants import Instant

from temix_replay.home.quantities import WattHours, Watts
from temix_replay.home.world.day import Day


@dataclass(frozen=True, slots=True)
class VehicleModel:
    """A car of usual size on a 240 V, 30 A charger; ``limit`` is what the owner lets it charge to."""

    capacity: WattHours = 60_000.0
    least: Watts = 1_440.0
    most: Watts = 7_200.0
    limit: float = 0.9
    taper_from: float = 0.85
    loss_fixed: Watts = 60.0
    loss_share: float = 0.06


class Vehicle:
    """Charges at plug-in as fast as it can, unless ``set_point`` (W; below ``least`` is off) differs."""

    def __init__(self, model: VehicleModel, charge: float = 0.6) -> None:
        self.model = model
        self.energy: WattHours = charge * model.capacity
        self.set_point: Watts | None = None
        self.plugged = True
        self.missed: WattHours = 0.0
        """Energy of trips that the battery did not hold: charged on the road."""
        self._returns: Instant | None = None
        self._trip: WattHours = 0.0

    @property
    def charge(self) -> float:
        """The share of its capacity that is full."""
        return self.energy / self.model.capacity

    def advance(self, day: Day, now: Instant, seconds: float) -> Watts:
        """Drive or charge for a moment and return the charger's power."""
        self._come_and_go(day, now)
        power = self._power()
        if power:
            stored = power * (1 - self.model.loss_share) - self.model.loss_fixed
            self.energy = min(self.model.capacity, self.energy + stored * seconds / 3600)
        return power

    def _come_and_go(self, day: Day, now: Instant) -> None:
        if self._returns is not None:
            if now >= self._returns:
                short = max(0.0, self._trip - self.energy)
                self.missed += short
                self.energy = max(0.0, self.energy - self._trip)
                self.plugged, self._returns = True, None
            return
        for trip in day.trips:
            if trip.start <= now < trip.end:
                self.plugged, self._returns, self._trip = False, trip.end, trip.energy

    def _power(self) -> Watts:
        model, charge = self.model, self.charge
        wanted = model.most if self.set_point is None else min(self.set_point, model.most)
        if not self.plugged or wanted < model.least or charge >= model.limit:
            return 0.0
        taper = min(1.0, 1 - 0.8 * (charge - model.taper_from) / (1 - model.taper_from))
        return max(model.least, min(wanted, model.most * taper))
