"""GridX's answers, right and wrong: the price of every interval is right or absent, never of another hour."""

import copy
import json
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temix_gateway.retailer.published.gridx import read_pricing
from temix_gateway.retailer.published.prices import Direction, PriceBook
from temix_market.calendar import local_day
from temix_market.errors import InvalidField
from temix_market.instants import FIVE_MINUTES, HOUR, MINUTE, Instant

from tests.gateway.retailer.published.services import (
    PACIFIC,
    Document,
    decimal,
    gridx_answer,
    gridx_curve,
    local_text,
    true_price,
)

ORDINARY = date(2026, 6, 10)
SPRING, AUTUMN = date(2026, 3, 8), date(2026, 11, 1)
DAYS = [day + timedelta(days=off) for day in (SPRING, AUTUMN) for off in range(-8, 8)] + [
    ORDINARY + timedelta(days=off) for off in range(16)
]


def book_of(document: Document) -> PriceBook:
    book = PriceBook()
    book.merge(read_pricing(json.dumps(document).encode()))
    return book


def shown(book: PriceBook) -> dict[Instant, int]:
    return {start: price.price for start, price in book.steps(Direction.IMPORT).items()}


def expected(day: date, minutes: int) -> dict[Instant, int]:
    """What is right: each 5 minutes has the price of the interval that holds it."""
    return {
        step.start: true_price(Instant(step.start - step.start % (minutes * MINUTE)))
        for step in local_day(PACIFIC, day).split(FIVE_MINUTES)
    }


@pytest.mark.parametrize("minutes", [15, 60])
@pytest.mark.parametrize("day", DAYS)
def test_every_step_of_a_day_has_its_price(day: date, minutes: int) -> None:
    found = shown(book_of(gridx_answer(gridx_curve(day, minutes))))
    assert found == expected(day, minutes)
    assert len(found) == {SPRING: 23, AUTUMN: 25}.get(day, 24) * 12


def test_parts_stand_apart_by_leg_and_add_up() -> None:
    book = book_of(gridx_answer(gridx_curve(ORDINARY)))
    for start, price in book.steps(Direction.IMPORT).items():
        hour = Instant(start - start % HOUR)
        assert price.transport == sum(
            part for part in (true_price(hour) * share // 100 for share in (20, 5, 10))
        )
        assert price.energy == sum(part.price for part in price.parts)
        assert [part.name for part in price.parts] == ["mec", "ppf", "ramp"]


def test_there_is_no_price_for_export() -> None:
    assert book_of(gridx_answer(gridx_curve(ORDINARY))).steps(Direction.EXPORT) == {}


def _details(document: Document) -> list[Document]:
    return document["data"][0]["priceDetails"]


def _set(number: int, **values: object) -> Callable[[Document], None]:
    return lambda document: _details(document)[number].update(values)


def _shift_clock(document: Document) -> None:
    """A server whose clock never left winter time writes every offset wrong."""
    for detail in _details(document):
        detail["startIntervalTimeStamp"] = detail["startIntervalTimeStamp"].replace("-0700", "-0800")


def _double(price: str) -> Callable[[Document], None]:
    def fault(document: Document) -> None:
        _details(document).append(
            copy.deepcopy(_details(document)[5]) | {"intervalPrice": price, "priceComponents": []}
        )

    return fault


def _overlap(document: Document) -> None:
    document["data"].append(gridx_curve(ORDINARY, 15, price=lambda start: 1))


def _header(**values: object) -> Callable[[Document], None]:
    return lambda document: document["data"][0]["priceHeader"].update(values)


def _drop(number: int) -> Callable[[Document], None]:
    return lambda document: _details(document).pop(number)


def _wrong_part(document: Document) -> None:
    _details(document)[5]["priceComponents"][0]["intervalPrice"] = "0.9"


def _bad_part(document: Document) -> None:
    _details(document)[5]["priceComponents"][0]["intervalPrice"] = "n/a"


FIVE = Instant(local_day(PACIFIC, ORDINARY).start + 5 * HOUR)
ALL, NONE_LOST, FIFTH = set(range(24)), set(), {5}

FAULTS: list[tuple[str, Callable[[Document], None], set[int]]] = [
    ("empty price", _set(5, intervalPrice=""), FIFTH),
    ("null", _set(5, intervalPrice=None), FIFTH),
    ("word", _set(5, intervalPrice="null"), FIFTH),
    ("not a number", _set(5, intervalPrice="NaN"), FIFTH),
    ("infinite", _set(5, intervalPrice="Infinity"), FIFTH),
    ("exponent", _set(5, intervalPrice="1.4e-1"), FIFTH),
    ("comma", _set(5, intervalPrice="0,139976"), FIFTH),
    ("thousands", _set(5, intervalPrice="1,139.9"), FIFTH),
    ("sign twice", _set(5, intervalPrice="--0.1"), FIFTH),
    ("dollar sign", _set(5, intervalPrice="$0.1"), FIFTH),
    ("immense", _set(5, intervalPrice="1" * 40), FIFTH),
    ("a number beside strings", _set(5, intervalPrice=0.5, priceComponents=[]), NONE_LOST),
    ("status unknown", _set(5, priceStatus="Estimated"), FIFTH),
    ("status empty", _set(5, priceStatus=""), FIFTH),
    ("no offset", _set(5, startIntervalTimeStamp="2026-06-10T05:00:00"), FIFTH),
    ("winter's offset", _set(5, startIntervalTimeStamp="2026-06-10T05:00:00-0800"), FIFTH),
    ("east coast", _set(5, startIntervalTimeStamp="2026-06-10T05:00:00-0400"), FIFTH),
    ("UTC by name", _set(5, startIntervalTimeStamp="2026-06-10T12:00:00Z"), FIFTH),
    ("no time at all", _set(5, startIntervalTimeStamp="today"), FIFTH),
    ("empty time", _set(5, startIntervalTimeStamp=""), FIFTH),
    ("a minute late", _set(5, startIntervalTimeStamp="2026-06-10T05:01:00-0700"), FIFTH),
    ("half an hour late", _set(5, startIntervalTimeStamp="2026-06-10T05:30:00-0700"), FIFTH),
    ("a day that is none", _set(5, startIntervalTimeStamp="2026-06-31T05:00:00-0700"), FIFTH),
    ("whole day in winter time", _shift_clock, ALL),
    ("parts do not add up", _wrong_part, FIFTH),
    ("a part is no number", _bad_part, FIFTH),
    ("one missing", _drop(5), FIFTH),
    ("twice, once without its parts", _double(decimal(true_price(FIVE))), FIFTH),
    ("twice, different", _double("0.111111"), FIFTH),
    ("hours and quarters of one day", _overlap, ALL),
    ("another currency", _header(settlementCurrency="MXN"), ALL),
    ("another unit", _header(settlementUnit="MWh"), ALL),
]


@pytest.mark.parametrize("fault, lost", [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS])
def test_a_faulty_feed_costs_its_intervals_and_bends_none(
    fault: Callable[[Document], None], lost: set[int]
) -> None:
    document = gridx_answer(gridx_curve(ORDINARY))
    fault(document)
    found, right = shown(book_of(document)), expected(ORDINARY, 60)
    midnight = local_day(PACIFIC, ORDINARY).start
    if fault is FAULTS[11][1]:
        right |= {Instant(midnight + 5 * HOUR + step * FIVE_MINUTES): 500_000 for step in range(12)}
    gone = {start for start in right if (start - midnight) // HOUR in lost}
    assert found == {start: price for start, price in right.items() if start not in gone}


def test_there_are_32_faults() -> None:
    assert len(FAULTS) == 32


@pytest.mark.parametrize(
    "body, where",
    [
        (b"", "getPricing"),
        (b"<html>busy</html>", "getPricing"),
        (b'{"meta":{"code":200},"data":null}', "getPricing"),
        (b'{"meta":{"code":500,"response":"upstream"},"data":[]}', "meta.code"),
        (b'{"data":[]}', "getPricing"),
        (b'{"meta":{"code":200},"data":' + b"[" * 50_000, "getPricing"),
        (b'{"meta":{"code":200},"data":[{"priceDetails":[{"intervalPrice":' + b"[" * 50_000, "getPricing"),
    ],
)
def test_an_answer_of_another_form_is_refused_whole(body: bytes, where: str) -> None:
    with pytest.raises(InvalidField) as refused:
        read_pricing(body)
    assert refused.value.field == where


def test_a_wrong_offset_in_the_hour_that_comes_twice_costs_both() -> None:
    document = gridx_answer(gridx_curve(AUTUMN))
    details = _details(document)
    second = details.pop(2)["startIntervalTimeStamp"]
    assert (details[1]["startIntervalTimeStamp"], second) == (
        "2026-11-01T01:00:00-0700",
        "2026-11-01T01:00:00-0800",
    )
    details[1]["startIntervalTimeStamp"] = second
    found = shown(book_of(document))
    lost = range(local_day(PACIFIC, AUTUMN).start + HOUR, local_day(PACIFIC, AUTUMN).start + 3 * HOUR)
    assert found == {start: price for start, price in expected(AUTUMN, 60).items() if start not in lost}


@pytest.mark.timeout(30)
@given(st.data())
def test_whatever_is_cut_swapped_or_repeated_no_step_gets_a_wrong_price(data: st.DataObject) -> None:
    day = data.draw(st.sampled_from([SPRING, AUTUMN, ORDINARY]))
    minutes = data.draw(st.sampled_from([15, 60]))
    document = gridx_answer(gridx_curve(day, minutes))
    details = _details(document)
    for _ in range(data.draw(st.integers(0, 6))):
        one, other = (data.draw(st.integers(0, len(details) - 1)) for _ in range(2))
        match data.draw(st.sampled_from(["drop", "repeat", "offset", "garbage", "swap"])):
            case "drop" if len(details) > 1:
                details.pop(one)
            case "repeat":
                details.append(copy.deepcopy(details[one]))
            case "offset":
                offset = data.draw(st.sampled_from(["-0700", "-0800", "+0000", ""]))
                stamp = details[one]["startIntervalTimeStamp"]
                details[one]["startIntervalTimeStamp"] = stamp[:19] + offset
            case "garbage":
                details[one]["intervalPrice"] = data.draw(st.text(max_size=5))
                details[one]["priceComponents"] = []
            case _:
                details[one], details[other] = details[other], details[one]
    right = expected(day, minutes)
    for start, price in shown(book_of(document)).items():
        if price != right.get(start):  # only text that happens to be a number is another price
            assert not _untouched(document, start, minutes)


def _untouched(document: Document, start: Instant, minutes: int) -> bool:
    whole = Instant(start - start % (minutes * MINUTE))
    same = [each for each in _details(document) if each["startIntervalTimeStamp"] == local_text(whole)]
    return len(same) == 1 and bool(same[0]["priceComponents"])
