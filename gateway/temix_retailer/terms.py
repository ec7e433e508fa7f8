"""The terms of a market, and how a home learns them."""

from dataclasses import dataclass

from temix_market.tenders import DEMO_BOUNDS, PriceBounds
from temix_market.wire.keys import SigningKey
from temix_market.wire.registration import MarketContext, MarketParty

from temix_retailer.metering import Metering
from temix_retailer.publications import Circuit


@dataclass(frozen=True, slots=True)
class Terms:
    """What a market is: its name, its money, its circuit, and the keys with which its parties sign."""

    market_id: str
    currency: str
    circuit: Circuit
    energy_key: SigningKey
    transport_key: SigningKey
    bounds: PriceBounds = DEMO_BOUNDS
    circuit_name: str = "circuit-1"
    metering: Metering | None = None
    """How its own meters are read; none: the homes' readings are all there is."""
    home_tenders: bool = False
    """Whether homes may make tenders of their own."""

    def context(self) -> MarketContext:
        """The terms of the market as a home learns them."""
        circuit = self.circuit
        return MarketContext(
            market_id=self.market_id,
            currency=self.currency,
            price_scale=6,
            quantity_scale=3,
            lowest_price=self.bounds.lowest,
            highest_price=self.bounds.highest,
            time_zone=circuit.wholesale.zone.key,
            circuit=self.circuit_name,
            parties=(
                MarketParty(
                    party_id=circuit.energy,
                    resource_designator="ENERGY",
                    key=self.energy_key.public.jwk,
                ),
                MarketParty(
                    party_id=circuit.transport,
                    resource_designator="TRANSPORT",
                    key=self.transport_key.public.jwk,
                ),
            ),
            home_tenders=self.home_tenders,
        )
