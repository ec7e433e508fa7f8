"""Between which quantiles of an uncertain load to cover it ahead, and to leave the rest to spot.

A kWh too little is bought at spot, where its price is not known: a cautious owner fears that it comes dearer
by as much as spot has lately moved about. A kWh too much is sold back, and loses the spread. So more is
bought only up to the share of days ``fear / (fear + spread)``: the newsvendor's critical ratio. What is held
already was paid for: to sell a kWh of it brings no more than certainty, and loses spread and fear where it is
needed after all, so it is sold only beyond the share ``(spread + fear) / (spread + fear + certainty)``.
Between the two nothing is traded.

That price moves are feared by their standard deviation follows the bidding of TESS
(https://tess.readthedocs.io); the rest is our choice. Pure: no I/O, no clock.
"""

from collections.abc import Sequence
from statistics import pstdev

from temix_market.units import Price


def fear(spots: Sequence[Price], certainty: Price) -> Price:
    """What a kWh bought ahead is worth beyond the price expected at spot (µ).

    The standard deviation of recent spot prices, and at least what the owner said that certainty is worth.
    """
    return max(certainty, Price(round(pstdev(spots)))) if spots else certainty


def shares_to_hold(fear: Price, certainty: Price, spread: Price) -> tuple[float, float]:
    """The shares of days (0 to 1) up to which to buy, and down to which to sell; the first is never above.

    ``fear`` and ``certainty`` as in ``fear``; ``spread`` between the price to buy and that to sell (µ).
    """
    buy = critical_share(fear, spread)
    return buy, max(buy, critical_share(Price(spread + fear), certainty))


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
