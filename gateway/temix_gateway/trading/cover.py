"""How much of an uncertain load to cover ahead, and how much to leave to spot.

A kWh too little is bought at spot, where its price is not known: a cautious owner fears that it comes dearer
by as much as spot has lately moved about. A kWh too much is sold back, and loses the spread. So the load is
covered up to the share of days ``fear / (fear + spread)``: the newsvendor's critical ratio. That price moves
are feared by their standard deviation follows the bidding of TESS (https://tess.readthedocs.io); the rest is
our choice. Pure: no I/O, no clock.
"""

from collections.abc import Sequence
from statistics import pstdev

from temix_market.units import Price


def fear(spots: Sequence[Price], certainty: Price) -> Price:
    """What a kWh bought ahead is worth beyond the price expected at spot (µ).

    The standard deviation of recent spot prices, and at least what the owner said that certainty is worth.
    """
    return max(certainty, Price(round(pstdev(spots)))) if spots else certainty


def critical_share(short: Price, over: Price) -> float:
    """Up to which share of days (0 to 1) to cover, by what a kWh too little and one too much cost (µ).

    Where neither costs anything, half of them: there is no reason for either side.
    """
    short, over = Price(max(0, short)), Price(max(0, over))
    return 0.5 if short + over == 0 else short / (short + over)


def at_share(shares: Sequence[float], at_most: Sequence[float], share: float) -> float:
    """The load that is not passed on a share of days, between the known ones; beyond them the last one.

    ``shares`` rise, ``at_most`` never falls and is as long; neither is empty.
    """
    if share <= shares[0]:
        return at_most[0]
    for index in range(1, len(shares)):
        if share <= shares[index]:
            part = (share - shares[index - 1]) / (shares[index] - shares[index - 1])
            return at_most[index - 1] + part * (at_most[index] - at_most[index - 1])
    return at_most[-1]
