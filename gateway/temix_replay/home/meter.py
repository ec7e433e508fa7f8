"""The grid meter: two registers that only grow."""

from temix_market.units import Energy

from temix_replay.home.quantities import WattHours, Watts


class Meter:
    """Counts import and export in whole Wh, as a revenue meter shows them."""

    def __init__(self) -> None:
        self.power: Watts = 0.0
        self._imported: WattHours = 0.0
        self._exported: WattHours = 0.0

    @property
    def imported(self) -> Energy:
        """The import register (Wh)."""
        return Energy(int(self._imported))

    @property
    def exported(self) -> Energy:
        """The export register (Wh)."""
        return Energy(int(self._exported))

    @property
    def net(self) -> Energy:
        """Import less export (Wh): the difference of two readings is a delivery."""
        return Energy(self.imported - self.exported)

    def count(self, power: Watts, seconds: float) -> None:
        """Let ``power`` pass for a moment."""
        self.power = power
        if power > 0:
            self._imported += power * seconds / 3600
        else:
            self._exported -= power * seconds / 3600
