"""What a home learns at its registration: who signs what, and under which terms."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from temix_market.errors import InvalidField
from temix_market.ports import Terms
from temix_market.tenders import PartyId, PriceBounds
from temix_market.transactions import Pair
from temix_market.units import Price
from temix_market.wire.keys import VerifyKey
from temix_market.wire.registration import MarketContext


@dataclass(frozen=True, slots=True)
class Registered:
    """The market of this home: its id, terms, both parties and their keys."""

    market_id: str
    terms: Terms
    energy: PartyId
    transport: PartyId
    keys: Mapping[str, VerifyKey]

    def check_pairs(self, pairs: Iterable[Pair], home: PartyId) -> None:
        """Refuse pairs of another home or with other parties.

        Raises:
            InvalidField: naming the pair.
        """
        for index, pair in enumerate(pairs):
            if pair.home != home:
                raise InvalidField(f"pairs[{index}].energy.partyId", f"{pair.home} is not this home, {home}")
            if (pair.energy.author, pair.transport.author) != (self.energy, self.transport):
                raise InvalidField(f"pairs[{index}]", "it is not with the parties of this market")


def registered(context: MarketContext) -> Registered:
    """Read the market context.

    Raises:
        InvalidField: not one party for each resource, or a key that is none.
    """
    parties = {party.resource_designator: PartyId(party.party_id) for party in context.parties}
    if set(parties) != {"ENERGY", "TRANSPORT"} or len(set(parties.values())) < 2:
        raise InvalidField("marketContext.parties", "there must be one for energy and another for transport")
    keys = {
        party.party_id: VerifyKey.from_jwk(party.key, f"marketContext.parties[{index}].key")
        for index, party in enumerate(context.parties)
    }
    bounds = PriceBounds(Price(context.lowest_price), Price(context.highest_price))
    energy, transport = parties["ENERGY"], parties["TRANSPORT"]
    tenders_to = (energy, transport) if context.home_tenders else None
    terms = Terms(context.currency, context.time_zone, bounds, tenders_to=tenders_to)
    return Registered(context.market_id, terms, energy, transport, keys)
