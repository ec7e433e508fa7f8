"""What holds in the current 5 minutes: a pure function of the gateway's state and the time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from .client import GatewayState, PositionStep, PriceStep, Spot


@dataclass(frozen=True, slots=True)
class Now:
    """Price and position of the current interval, and the next price that is known."""

    price: Spot | None
    next_price: PriceStep | None
    position: PositionStep | None
    parts: PriceStep | None = None
    """The last tender for just this interval, which has the price's parts."""

    @property
    def buy(self) -> int | None:
        """What a kWh costs now (millionths)."""
        return None if self.price is None else self.price.buy

    @property
    def sell(self) -> int | None:
        """What a kWh brings now (millionths)."""
        return None if self.price is None else self.price.sell

    @property
    def next_buy(self) -> int | None:
        """What a kWh costs in the next interval (millionths)."""
        return None if self.next_price is None else self.next_price.buy

    @property
    def next_sell(self) -> int | None:
        """What a kWh brings in the next interval (millionths)."""
        return None if self.next_price is None else self.next_price.sell

    @property
    def carbon_intensity(self) -> int | None:
        """What a kWh emits now (g of CO₂ equivalent); none where that is not published."""
        known = (step.carbon_intensity for step in (self.price, self.parts) if step is not None)
        return next((carbon for carbon in known if carbon is not None), None)

    @property
    def subscribed_power(self) -> int:
        """The subscription's part of the position's rate of delivery now (W)."""
        return 0 if self.position is None else self.position.subscribed_power

    @property
    def power(self) -> int:
        """The position's rate of delivery now (W); none is a position of nothing."""
        return 0 if self.position is None else self.position.power

    @classmethod
    def of(cls, state: GatewayState, instant: datetime, before: Self | None) -> Self:
        """Look at ``instant``; a price that was shown for this interval is shown until its end.

        A tender expires when its interval begins, and a gateway that has just started may not know the spot
        yet: neither takes away what a person has seen.
        """
        price = state.spot_at(instant)
        if price is None and before is not None and before.price is not None and instant in before.price:
            price = before.price
        parts = state.tender_at(instant)
        if parts is None and before is not None and before.parts is not None and instant in before.parts:
            parts = before.parts
        return cls(price, state.price_after(instant), state.position_at(instant), parts)
