"""Faulty feeds of MIDAS 2.0: the price of every hour is right or absent."""

from collections.abc import Callable, Sequence

import pytest
from aiohttp import web
from temix_gateway.retailer.errors import Misunderstood, NothingPublished
from temix_gateway.retailer.published.midas import Midas

from tests.gateway.retailer.published.faults import (
    DAY,
    FIFTH,
    NONE,
    Answer,
    Fault,
    expected,
    prices,
    reply,
)
from tests.gateway.retailer.published.services import RIN, Document, midas_rate

type Change = Callable[[Document], Answer]


def values(document: Document) -> list[Document]:
    """The day's hours; the fifth begins at 12:00 UTC."""
    found: list[Document] = document["ValueInformation"]
    return found


def fifth(**changed: object) -> Change:
    """Something else about the fifth hour."""

    def change(document: Document) -> None:
        values(document)[5].update(changed)

    return change


def without(key: str) -> Change:
    """One key fewer in the fifth hour."""

    def change(document: Document) -> None:
        del values(document)[5][key]

    return change


def more(**changed: object) -> Change:
    """The fifth hour once more, but for what is named."""

    def change(document: Document) -> None:
        values(document).append(values(document)[5] | changed)

    return change


def all_hours(**changed: object) -> Change:
    """Something else about each hour."""

    def change(document: Document) -> None:
        for value in values(document):
            value.update(changed)

    return change


def whole(**changed: object) -> Change:
    """Something else about the answer."""
    return lambda document: document | changed


def missing(document: Document) -> None:
    del values(document)[5]


def turned_round(document: Document) -> None:
    values(document).reverse()


def by_quarters(document: Document) -> None:
    document["ValueInformation"] += midas_rate(DAY, 15, price=lambda start: 1)["ValueInformation"]


def a_day_early(document: Document) -> None:
    """The fifth hour has the date of the day before: there it is, and not here."""
    values(document)[5].update(DateStart="2026-06-09", DateEnd="2026-06-09")


def deep(document: Document) -> bytes:
    """A value that is a list in a list in a list."""
    return f'{{"RateID":"{RIN}","ValueInformation":[{{"Value":{"[" * 50_000}'.encode()


FAULTS: Sequence[Fault] = (
    Fault("no value", without("Value"), FIFTH),
    Fault("null", fifth(Value=None), FIFTH),
    Fault("a word", fifth(Value="n/a"), FIFTH),
    Fault("empty text", fifth(Value=""), FIFTH),
    Fault("not a number", fifth(Value="NaN"), FIFTH),
    Fault("infinite", fifth(Value="Infinity"), FIFTH),
    Fault("a truth", fifth(Value=True), FIFTH),
    Fault("a list", fifth(Value=[0.1]), FIFTH),
    Fault("an object", fifth(Value={"amount": 0.1}), FIFTH),
    Fault("a decimal comma", fifth(Value="0,14"), FIFTH),
    Fault("a dollar sign", fifth(Value="$0.14"), FIFTH),
    Fault("an exponent as text", fifth(Value="1.4e-1"), FIFTH),
    Fault("immense", fifth(Value=1e12), FIFTH),
    Fault("immensely negative", fifth(Value=-1e12), FIFTH),
    Fault("forty digits", fifth(Value=int("1" * 40)), FIFTH),
    Fault("text in place of a number", fifth(Value="0.5"), NONE, 500_000),
    Fault("negative, as prices may be", fifth(Value=-0.0127), NONE, -12_700),
    Fault("hour 25", fifth(TimeStart="25:00:00"), FIFTH),
    Fault("three minutes late", fifth(TimeStart="12:03:00"), FIFTH),
    Fault("without seconds", fifth(TimeStart="12:00"), FIFTH),
    Fault("twelve-hour clock", fifth(TimeStart="12:00:00 PM"), FIFTH),
    Fault("ends before it begins", fifth(TimeEnd="08:00:00"), FIFTH),
    Fault("ends when it begins", fifth(TimeEnd="12:00:00"), FIFTH),
    Fault("ends a minute early", fifth(TimeEnd="12:59:00"), FIFTH),
    Fault("its end is the next one's start", fifth(TimeEnd="13:00:00"), NONE),
    Fault("lasts two hours", fifth(TimeEnd="13:59:59"), frozenset({5, 6})),
    Fault("half an hour late", fifth(TimeStart="12:30:00", TimeEnd="13:29:59"), frozenset({5, 6})),
    Fault("an hour late", fifth(TimeStart="13:00:00", TimeEnd="13:59:59"), frozenset({5, 6})),
    Fault("a day early", a_day_early, FIFTH),
    Fault("lasts two days", fifth(DateEnd="2026-06-12"), FIFTH),
    Fault("the date is a word", fifth(DateStart="yesterday"), FIFTH),
    Fault("the date is American", fifth(DateStart="06/10/2026"), FIFTH),
    Fault("a day that is none", fifth(DateStart="2026-06-31"), FIFTH),
    Fault("the date is null", fifth(DateStart=None), Misunderstood),
    Fault("no end", without("TimeEnd"), Misunderstood),
    Fault("no unit", without("Unit"), Misunderstood),
    Fault("for a megawatt-hour", fifth(Unit="$/MWh"), FIFTH),
    Fault("for a kilowatt", fifth(Unit="$/kW"), FIFTH),
    Fault("in another currency", fifth(Unit="€/kWh"), FIFTH),
    Fault("of export", fifth(Unit="export $/kWh"), FIFTH),
    Fault("of nothing", fifth(Unit=""), FIFTH),
    Fault("the unit in capitals, with spaces", all_hours(Unit=" $/KWH "), NONE),
    Fault("twice the same", more(), NONE),
    Fault("twice, and different", more(Value=9.0), FIFTH),
    Fault("twice, once empty", more(Value=None), NONE),
    Fault("one missing", missing, FIFTH),
    Fault("out of order", turned_round, NONE),
    Fault("hours, and quarters of them", by_quarters, NothingPublished),
    Fault("all of them events", all_hours(Unit="Event"), NothingPublished),
    Fault("no hours", whole(ValueInformation=[]), NothingPublished),
    Fault("hours are null", whole(ValueInformation=None), Misunderstood),
    Fault("hours are an object", whole(ValueInformation={}), Misunderstood),
    Fault("an hour is null", whole(ValueInformation=[None]), Misunderstood),
    Fault("another rate", whole(RateID="USCA-TSTS-OTHR-TEST"), Misunderstood),
    Fault("the rate is null", whole(RateID=None), Misunderstood),
    Fault("the rate in small letters", whole(RateID=RIN.lower()), NONE),
    Fault("a list of rates", lambda document: {"Rates": [document]}, Misunderstood),
    Fault("deeper than anybody reads", deep, Misunderstood),
)


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
async def test_a_faulty_feed_costs_its_hours_and_bends_none(fault: Fault) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        document = midas_rate(DAY)
        return await reply(fault.answer(document), document)

    if isinstance(fault.lost, type):
        with pytest.raises(fault.lost):
            await prices(lambda url: Midas(url, RIN), answer)
    else:
        found = await prices(lambda url: Midas(url, RIN), answer)
        assert found == expected(fault.lost, fault.fifth)


def test_there_are_enough_of_them() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 32
