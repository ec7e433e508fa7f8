"""When homes ask: few times a day in the worst of weeks, soon after publication, and not all at once."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from math import sqrt
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest
from temix_gateway.retailer.errors import Busy, LinkError, NothingPublished, Unreachable
from temix_gateway.retailer.published import gridx, midas, openadr
from temix_gateway.retailer.published.http import Http
from temix_gateway.retailer.published.link import PublishedLink
from temix_gateway.retailer.published.prices import Direction, Published
from temix_gateway.retailer.published.schedule import (
    AT_START,
    BETWEEN,
    NOTIFIED,
    QUIET,
    REQUESTS_A_DAY,
    SPREAD,
    Allowance,
    Rhythm,
    Schedule,
)
from temix_gateway.retailer.published.store import Store
from temix_market.calendar import local_date, local_day
from temix_market.instants import HOUR, MINUTE, SECOND, Duration, Instant, from_datetime
from temix_market.intervals import Interval
from temix_market.tenders import DEMO_BOUNDS
from temix_market.units import Price
from temix_replay.virtual_time import VirtualClock, VirtualLoop

from tests.gateway.retailer.published.services import PACIFIC
from tests.gateway.retailer.published.test_link import Listener

RHYTHM = Rhythm(PACIFIC, (time(18, 15),))
MONDAY = local_day(PACIFIC, date(2026, 3, 2)).start
"""The week ends with a day of 23 hours."""
DAY = Duration(24 * HOUR)


def test_what_should_be_there_follows_the_local_clock() -> None:
    for day in (date(2026, 3, 7), date(2026, 3, 8), date(2026, 6, 1), date(2026, 11, 1)):
        evening = from_datetime(datetime.combine(day, time(18, 15), PACIFIC))
        assert RHYTHM.due_until(Instant(evening - 1)) == local_day(PACIFIC, day).end
        tomorrow = local_day(PACIFIC, date.fromordinal(day.toordinal() + 1))
        assert RHYTHM.due_until(evening) == tomorrow.end
        assert RHYTHM.next_after(Instant(evening - 1)) == evening


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Europe/Berlin", "Australia/Lord_Howe", "UTC"])
def test_the_next_time_is_within_a_day_and_an_hour(zone: str) -> None:
    rhythm = Rhythm(ZoneInfo(zone), (time(16, 30), time(18, 30)))
    at = local_day(ZoneInfo(zone), date(2026, 3, 2)).start
    for _ in range(400):
        following = rhythm.next_after(at)
        assert following is not None
        assert 0 < following - at <= 25 * HOUR
        at = following
    assert local_date(ZoneInfo(zone), at) == date(2026, 9, 17)  # two a day, every day


def test_an_allowance_counts_any_24_hours_and_survives_a_clock_set_back() -> None:
    allowance = Allowance()
    waits = [allowance.take(Instant(MONDAY + number * MINUTE)) for number in range(REQUESTS_A_DAY + 1)]
    assert waits[:-1] == [0] * REQUESTS_A_DAY
    assert waits[-1] == DAY - REQUESTS_A_DAY * MINUTE
    assert allowance.take(Instant(MONDAY + DAY)) == 0
    assert allowance.take(Instant(MONDAY - 30 * DAY)) == 0


type Behaviour = Callable[[Instant], LinkError | None]


@dataclass
class Feed:
    """A service in virtual time; each question is so many requests."""

    fails: Behaviour
    name: str = "gridx:SCE"
    question: str = "prices"
    currency: str = "USD"
    zone: ZoneInfo = PACIFIC
    rhythm: Rhythm = RHYTHM
    requests: int = 1
    asked: list[Instant] = field(default_factory=list)

    async def read(self, http: Http, wanted: Interval) -> Sequence[Published]:
        now = http.clock.now()
        for _ in range(self.requests):
            if wait := http.allowance.take(now):
                raise Busy("as often as allowed", wait / SECOND)
            self.asked.append(now)
            if error := self.fails(now):
                raise error
        end = self.rhythm.due_until(now)
        today = local_day(PACIFIC, local_date(PACIFIC, now))
        return [
            Published(Direction.IMPORT, hour, Price(1))
            for hour in Interval(today.start, Duration(end - today.start)).split(HOUR)
        ]


def well(now: Instant) -> LinkError | None:
    return None


def down(now: Instant) -> LinkError | None:
    return Unreachable("down")


def empty(now: Instant) -> LinkError | None:
    return NothingPublished("204")


def busy(now: Instant) -> LinkError | None:
    return Busy("429", 1)


def late(now: Instant) -> LinkError | None:
    """Tomorrow's prices come three hours late, and nothing is answered until then."""
    local = datetime.fromtimestamp(now / 1000, PACIFIC)
    return NothingPublished("204") if time(18, 15) <= local.time() <= time(21, 15) else None


def flapping(now: Instant) -> LinkError | None:
    return Unreachable("down") if now // (20 * MINUTE) % 2 else None


WEEKS = {"well": well, "down": down, "empty": empty, "busy": busy, "late": late, "flapping": flapping}


SERVICES: dict[str, tuple[Rhythm, int]] = {
    "SCE": (Rhythm(PACIFIC, gridx.PUBLISHED_AT["SCE"]), 1),
    "PGE": (Rhythm(PACIFIC, gridx.PUBLISHED_AT["PGE"]), 1),
    "MIDAS": (Rhythm(PACIFIC, midas.PUBLISHED_AT), 3),
    "OpenADR": (Rhythm(ZoneInfo("Europe/Berlin")), 2 + openadr.MOST_PAGES),
}
"""When each publishes, and how many requests a question takes at the most."""


def week(
    folder: Path,
    fails: Behaviour,
    seed: int,
    days: int = 7,
    *,
    restart_every: Duration | None = None,
    service: str = "SCE",
) -> list[Instant]:
    """The moments at which a home asks in a week, restarted now and then."""
    loop = VirtualLoop()
    clock = VirtualClock(loop, MONDAY)
    rhythm, requests = SERVICES[service]
    feed = Feed(fails, rhythm=rhythm, requests=requests)
    random = Random(seed)

    async def live() -> None:
        end = Instant(MONDAY + days * DAY)
        while clock.now() < end:
            link = PublishedLink(feed, DEMO_BOUNDS, Store(folder / "prices.json"), clock, random)
            until = end if restart_every is None else min(end, clock.now() + restart_every)
            task = asyncio.ensure_future(link.run(Listener()))
            await asyncio.sleep((until - clock.now()) / SECOND)
            task.cancel()
            await asyncio.wait([task])

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(live())
    return feed.asked


@pytest.mark.timeout(60)
@pytest.mark.parametrize("restart_every", [None, Duration(7 * MINUTE)], ids=["steady", "restarting"])
@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("name", WEEKS)
def test_a_home_asks_less_than_forty_times_in_any_day_of_the_worst_week(
    tmp_path: Path, name: str, service: str, restart_every: Duration | None
) -> None:
    days = 7 if restart_every is None else 2
    asked = week(tmp_path, WEEKS[name], seed=1, days=days, restart_every=restart_every, service=service)
    most = max(sum(at <= other < at + DAY for other in asked) for at in asked)
    assert most < 40
    if name == "well":
        assert len(asked) <= 12 * days * SERVICES[service][1]


def test_a_good_week_asks_within_the_hour_of_each_publication(tmp_path: Path) -> None:
    asked = week(tmp_path, well, seed=3)
    for number in range(7):
        day = local_day(PACIFIC, date.fromordinal(date(2026, 3, 2).toordinal() + number))
        published = RHYTHM.next_after(day.start)
        assert published is not None
        assert any(published <= at <= published + HOUR for at in asked)


@pytest.mark.parametrize("service", SERVICES)
def test_ten_thousand_homes_do_not_ask_in_step(tell: Callable[[str], None], service: str) -> None:
    """After a publication, a common start, word of a change: no second sees more than chance would bring."""
    homes, rhythm = 10_000, SERVICES[service][0]
    published = rhythm.next_after(MONDAY)
    evening = MONDAY if published is None else published
    schedules = [Schedule(rhythm, Random(seed)) for seed in range(homes)]
    before = Instant(evening - HOUR)
    after = [schedule.after(before, rhythm.due_until(before)) for schedule in schedules]
    starts = [schedule.first(evening, None, evening) for schedule in schedules]
    told = [schedule.notified(evening, Instant(evening - QUIET)) for schedule in schedules]
    regular = SPREAD if published is not None else BETWEEN // 2  # without a time of publication
    for moments, spread in ((after, regular), (starts, AT_START), (told, NOTIFIED)):
        each = Counter(at // SECOND for at in moments)
        expected = homes * SECOND / spread
        assert max(each.values()) <= expected + 6 * sqrt(expected)
        assert max(moments) - min(moments) > 0.9 * spread
    failing = [Schedule(rhythm, Random(seed)) for seed in range(homes)]
    at = [evening] * homes
    for _ in range(4):  # all fail at once: the next tries are further apart each time
        at = [schedule.in_vain(moment) for schedule, moment in zip(failing, at, strict=True)]
    each = Counter(moment // SECOND for moment in at)
    expected = homes * SECOND / (max(at) - min(at))
    tell(f"{service}: 10,000 homes after four failures: at most {max(each.values())} ask in one second")
    assert max(each.values()) <= 4 * expected + 6 * sqrt(4 * expected)
