"""The outlook: a day's figures, and a window that starts once a day."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from custom_components.temix.curve.segments import FIVE_MINUTES, HOUR, Segment
from custom_components.temix.outlook import Moment, Outlook, Settings, Window, Windows
from tests.curve.builder import curve

ZONE = ZoneInfo("America/Chicago")
MIDNIGHT = datetime(2021, 11, 24, 6, tzinfo=UTC)
NONE = (Windows(), Windows())


def looks(prices: list[Segment], hours: int, horizon: timedelta) -> Iterator[tuple[datetime, Outlook]]:
    """Look every 5 minutes; prices are known so far ahead."""
    before = NONE
    for number in range(hours * 12):
        instant = MIDNIGHT + number * FIVE_MINUTES
        known = [segment for segment in prices if segment.start < instant + horizon]
        price = next(segment.value for segment in prices if segment.end > instant)
        outlook = Outlook(known, price, Moment.at(instant, ZONE), Settings(), before)
        before = (outlook.cheapest, outlook.dearest)
        yield instant, outlook


def test_a_day_has_one_cheapest_window_and_one_dearest() -> None:
    day = [50, 40, 10, 10, 40, *[60] * 12, 90, 80, *[50] * 5]
    prices = curve(*(10_000 * cents for cents in day * 2), start=MIDNIGHT)
    begun: dict[str, set[datetime]] = {"cheapest": set(), "dearest": set()}
    for instant, outlook in looks(prices, 48, timedelta(hours=48)):
        for name, windows in (("cheapest", outlook.cheapest), ("dearest", outlook.dearest)):
            if windows.begun is not None:
                begun[name].add(windows.begun.start)
            if windows.shown is not None:
                assert windows.shown.end > instant
    assert begun["cheapest"] == {MIDNIGHT + 2 * HOUR, MIDNIGHT + 26 * HOUR}
    assert begun["dearest"] == {MIDNIGHT + 17 * HOUR, MIDNIGHT + 41 * HOUR}


def test_after_todays_window_nothing_is_shown_until_tomorrow_is_known() -> None:
    prices = curve(*[10_000, *[50_000] * 47], start=MIDNIGHT)
    shown = {instant: outlook.cheapest.shown for instant, outlook in looks(prices, 8, 23 * HOUR)}
    first = Window(MIDNIGHT, MIDNIGHT + HOUR, 10_000)
    assert [shown[MIDNIGHT + number * HOUR / 2] for number in range(2)] == [first, first]
    assert shown[MIDNIGHT + HOUR] is None
    assert shown[MIDNIGHT + HOUR + FIVE_MINUTES] == Window(MIDNIGHT + 24 * HOUR, MIDNIGHT + 25 * HOUR, 50_000)


def test_tomorrow_is_known_when_its_last_interval_is() -> None:
    prices = curve(*range(48), start=MIDNIGHT)
    for count, known in ((47, False), (48, True)):
        outlook = Outlook(prices[:count], 0, Moment.at(MIDNIGHT, ZONE), Settings(), NONE)
        assert outlook.tomorrow_known is known
        assert outlook.tomorrow is not None
        assert outlook.tomorrow.complete is known


def test_an_unknown_price_has_no_level_and_no_rank() -> None:
    outlook = Outlook(curve(1, 2, start=MIDNIGHT), None, Moment.at(MIDNIGHT, ZONE), Settings(), NONE)
    assert (outlook.level, outlook.spike, outlook.rank, outlook.percentile) == (None,) * 4
    nothing = Outlook([], 5, Moment.at(MIDNIGHT, ZONE), Settings(), NONE)
    assert (nothing.level, nothing.today, nothing.cheapest.shown) == (None, None, None)
