"""What bounds the gateway's trade: the installer's configuration, the owner's mandate and own limits."""

from dataclasses import dataclass, replace
from fractions import Fraction
from zoneinfo import ZoneInfo

from temix_market.instants import SECOND, Duration
from temix_market.mandates import Mandate
from temix_market.tariffs import Extras, Tariff
from temix_market.tenders import PartyId, PriceBounds
from temix_market.units import Money, Power, Price
from temix_market.wire.seal import canonical

from temix_gateway.accounts import NO_EXTRAS
from temix_gateway.guard import NO_GUARD, Guard
from temix_gateway.own_limits import OwnLimits


@dataclass(frozen=True, slots=True)
class Rules:
    """What is configured: ceilings, eagerness, and how long at most a turn waits so that homes do not herd.

    ``money_a_day`` and ``highest_price`` are the installer's ceilings; ``within`` and ``under`` give what is
    in force beneath them. ``cautious``: what is covered ahead follows from what is feared at spot, see
    ``trading.cover``; else what is planned is covered. ``curve_hours``: of how many
    coming hours the price curve is told. ``own_tenders``: tenders are made from it.
    """

    home: PartyId
    zone: ZoneInfo
    bounds: PriceBounds
    money_a_day: Money
    highest_price: Price
    import_power: Power
    export_power: Power
    minimum_gain: Money
    certainty: Price
    extras: Extras = NO_EXTRAS
    tariffs: tuple[Tariff, ...] = ()
    guard: Guard = NO_GUARD
    share: Fraction = Fraction(1, 2)
    jitter: Duration = Duration(5 * SECOND)
    cautious: bool = False
    curve_hours: int = 0
    own_tenders: bool = False

    def within(self, mandate: Mandate) -> Rules:
        """The rules with the owner's mandate, where it is beneath the ceilings."""
        return replace(
            self,
            money_a_day=min(mandate.money_a_day, self.money_a_day),
            highest_price=min(mandate.highest_price, self.highest_price),
            import_power=min(mandate.import_power, self.import_power),
            export_power=min(mandate.export_power, self.export_power),
        )

    def under(self, own: OwnLimits) -> Rules:
        """The rules with the owner's own limits, where they are beneath the ceilings."""
        money, price = own.money_a_day, own.highest_price
        return replace(
            self,
            money_a_day=self.money_a_day if money is None else min(money, self.money_a_day),
            highest_price=self.highest_price if price is None else min(price, self.highest_price),
        )

    @property
    def terms(self) -> str:
        """The limits of trade as canonical text, for the record."""
        return canonical(
            {
                "exportPower": self.export_power,
                "highestPrice": self.highest_price,
                "importPower": self.import_power,
                "minimumGain": self.minimum_gain,
                "moneyADay": self.money_a_day,
            }
        ).decode()
