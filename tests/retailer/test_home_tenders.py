"""Tenders of a home's own in the book: accepted where they cross, once, until they end."""

import uuid
from dataclasses import replace

import msgspec
import pytest
from temix_market.errors import InvalidField
from temix_market.home_tenders import HomeTender, How, OpenTender
from temix_market.instants import HOUR, MINUTE, Instant
from temix_market.intervals import Interval, first_after
from temix_market.ports import NotBooked, Opened
from temix_market.products import Side
from temix_market.tenders import DEMO_BOUNDS, PartyId, Publication
from temix_market.transactions import Order, PairKey
from temix_market.units import Energy, Power, Price
from temix_market.wire.codec import order_payload
from temix_market.wire.home_tender import EiCancelTender
from temix_retailer.book import Book
from temix_retailer.home_tenders import Attended
from temix_retailer.news import Accepted, Ended
from temix_retailer.outcome import Answered
from temix_retailer.publications import Circuit
from temix_retailer.retailer import Retailer
from temix_retailer.store import Store

from tests.retailer.conftest import HOME, START, HandClock, PlainVoice, Reopen
from tests.retailer.homes import SigningHome, randomness, terms
from tests.retailer.orders import find, issued, key, order, send

HOUR_AHEAD = Interval(Instant(first_after(START, HOUR).start + HOUR), HOUR)
DEPTH = Power(3_000)
_PARTIES = (PartyId("lse"), PartyId("do"))
DEAR, CHEAP = DEMO_BOUNDS.highest, DEMO_BOUNDS.lowest


@pytest.fixture
def shallow(circuit: Circuit) -> Circuit:
    return replace(circuit, depth=DEPTH)


@pytest.fixture
def book(store: Store, shallow: Circuit, clock: HandClock) -> Book:
    return Book(store, shallow, clock, PlainVoice())


def tender(number: int, price: int, quantity: int, side: Side = Side.BUY) -> Order:
    """The order that makes a tender, a minute before whose hour it lapses."""
    expires = Instant(HOUR_AHEAD.start - MINUTE)
    made = HomeTender(key(number), HOME, HOUR_AHEAD, side, Price(price), Energy(quantity), expires)
    return Order(made.pair(made.quantity, *_PARTIES), expires, made)


def opened(book: Book, *made: Order) -> None:
    for each in made:
        assert isinstance(send(book, each, f"signed {each.pair.key}").for_home(), Opened)


def ask_price(publications: tuple[Publication, Publication], side: Side = Side.SELL) -> int:
    return sum(find(each, HOUR_AHEAD.start, side, HOUR).price for each in publications)


def test_what_crosses_is_accepted_at_the_published_price_and_no_more_than_there_is(book: Book) -> None:
    price = ask_price(issued(book, START))
    opened(book, tender(1, price - 1, 1_200), tender(2, price, 1_200), tender(3, DEAR, 2_400))
    told = book.home_tenders.attend().told
    whole, end, part = told
    assert isinstance(whole, Accepted)
    assert (whole.acceptance.tender, whole.acceptance.pair.quantity) == (key(2), 1_200)
    assert isinstance(end, Ended)
    assert (end.ending.tender, end.ending.how, end.ending.accepted) == (key(2), How.FILLED, 1_200)
    assert isinstance(part, Accepted)
    assert (part.acceptance.tender, part.acceptance.pair.quantity) == (key(3), DEPTH - 1_200)
    assert part.acceptance.pair.price == price, "not at what the home would have paid"
    assert book.home_tenders.attend().told == (), "nothing is left of the depth"


def test_to_sell_is_accepted_where_the_retailer_buys(book: Book) -> None:
    price = ask_price(issued(book, START), Side.BUY)
    opened(book, tender(1, price + 1, 1_200, Side.SELL), tender(2, price, 1_200, Side.SELL))
    (accepted, _) = book.home_tenders.attend().told
    assert isinstance(accepted, Accepted)
    assert accepted.acceptance.pair.quantity == -1_200


def test_it_lapses_by_the_retailers_clock_and_not_before(book: Book, clock: HandClock) -> None:
    issued(book, START)
    opened(book, tender(1, CHEAP, 1_200))
    ends = HOUR_AHEAD.start - MINUTE
    clock.pass_by(ends - START - 1)
    assert book.home_tenders.attend() == Attended((), Instant(ends))
    clock.pass_by(1)
    (ended,) = book.home_tenders.attend().told
    assert isinstance(ended, Ended)
    assert (ended.ending.how, ended.ending.accepted, ended.ending.places) == (How.LAPSED, 0, 0)
    late = send(book, tender(2, CHEAP, 1_200), "late").for_home()
    assert isinstance(late, NotBooked)
    assert late.reason == "expired"


def test_cancelling_ends_it_once_and_says_what_was_accepted(book: Book) -> None:
    issued(book, START)
    opened(book, tender(1, DEAR, 4_800))
    book.home_tenders.attend()
    first = book.home_tenders.cancel(HOME, key(1))
    assert first is not None
    assert first.ended is not None
    assert (first.accepted, first.ended.ending.how) == (DEPTH, How.CANCELED)
    again = book.home_tenders.cancel(HOME, key(1))
    assert again == replace(first, ended=None)
    assert book.home_tenders.cancel(HOME, key(2)) is None
    assert book.home_tenders.attend().told == ()


def test_everything_is_as_before_after_a_restart(
    book: Book, reopen: Reopen, shallow: Circuit, clock: HandClock
) -> None:
    issued(book, START)
    opened(book, tender(1, DEAR, 4_800), tender(2, CHEAP, 1_200), tender(3, CHEAP, 600))
    book.home_tenders.attend()
    book.home_tenders.cancel(HOME, key(3))
    before = book.home_tenders._open
    again = Book(reopen(), shallow, clock, PlainVoice())
    assert again.home_tenders._open == before
    assert list(before) == [(HOME, key(1)), (HOME, key(2))]
    assert isinstance(before[HOME, key(1)], OpenTender)
    assert (before[HOME, key(1)].accepted, before[HOME, key(1)].places) == (DEPTH, 1)


def test_the_same_message_gets_the_same_answer_and_another_is_an_alarm(book: Book) -> None:
    issued(book, START)
    made = tender(1, CHEAP, 1_200)
    first = send(book, made, "signed")
    assert send(book, made, "signed") == first
    other = send(book, tender(1, CHEAP, 2_400), "other").for_home()
    assert isinstance(other, NotBooked)
    assert other.reason == "key_reused"
    assert len(book.home_tenders._open) == 1


def test_a_taken_depth_is_not_accepted_again(book: Book) -> None:
    publications = issued(book, START)
    send(book, order(publications, HOUR_AHEAD.start, DEPTH, duration=HOUR, number=7), "signed")
    opened(book, tender(1, DEAR, 1_200))
    assert book.home_tenders.attend().told == ()


# At the edge.


@pytest.fixture
async def market(store: Store, shallow: Circuit, clock: HandClock) -> Retailer:
    retailer = Retailer(clock, store, replace(terms(shallow), home_tenders=True), randomness=randomness())
    await retailer.turn()
    return retailer


async def registered(retailer: Retailer) -> SigningHome:
    home = SigningHome()
    await retailer.homes.enroll(HOME, HOUR)
    context = (await retailer.homes.register(HOME, home.registration())).market_context
    assert context.home_tenders is retailer.terms.home_tenders
    return home


def real(number: int, price: int, quantity: int) -> Order:
    """With a key as the wire has them."""
    made = tender(number, price, quantity)
    assert made.tender is not None
    name = PairKey(str(uuid.UUID(int=(START << 80) | (7 << 76) | (2 << 62) | number)))
    mine = replace(made.tender, key=name)
    return Order(mine.pair(mine.quantity, *_PARTIES), made.not_after, mine)


async def test_a_home_hears_of_its_tender(market: Retailer) -> None:
    home = await registered(market)
    heard: list[object] = []
    await market.listen(HOME, heard.append)
    made = real(1, DEAR, 4_800)
    answered: Answered = await market.tender(HOME, home.order(made))
    assert answered.outcome.code == 201
    await market.attend()
    wish = EiCancelTender(party_id=HOME, counter_party_id="lse", request_id="c1", tender_id=made.pair.key)
    ended = await market.cancel_tender(HOME, home._sign(wish, START))
    assert (ended.response.response_code, ended.accepted_quantity) == (200, DEPTH)
    assert [type(each) for each in heard[-2:]] == [Accepted, Ended]
    unknown = EiCancelTender(
        party_id=HOME, counter_party_id="lse", request_id="c2", tender_id=real(2, 0, 12).pair.key
    )
    assert (await market.cancel_tender(HOME, home._sign(unknown, START))).response.response_code == 404


@pytest.mark.parametrize(
    "field, change",
    [
        ("counterPartyId", {"counter_party_id": "do"}),
        ("partyId", {"party_id": "home-2"}),
        ("notAfter", {"not_after": "2026-02-30T00:00:00Z"}),
    ],
)
async def test_bad_input_is_refused_with_its_field(
    market: Retailer, field: str, change: dict[str, str]
) -> None:
    home = await registered(market)
    payload = msgspec.structs.replace(order_payload(real(1, DEAR, 1_200)), **change)
    with pytest.raises(InvalidField) as error:
        await market.tender(HOME, home._sign(payload, START, 1))
    assert error.value.field == field


async def test_a_market_that_takes_none_says_so(store: Store, shallow: Circuit, clock: HandClock) -> None:
    market = Retailer(clock, store, terms(shallow), randomness=randomness())
    home = await registered(market)
    with pytest.raises(InvalidField, match="takes no tenders"):
        await market.tender(HOME, home.order(real(1, DEAR, 1_200)))


def test_a_book_of_schema_3_keeps_its_messages(
    book: Book, store: Store, reopen: Reopen, shallow: Circuit, clock: HandClock
) -> None:
    publications = issued(book, START)
    send(book, order(publications, HOUR_AHEAD.start, 1_200, duration=HOUR), "signed")
    rows = store.reading
    told = rows.execute("SELECT * FROM messages").fetchall()
    rows.execute("PRAGMA foreign_keys = OFF")
    for table in ("endings", "acceptances", "home_tenders"):
        rows.execute(f"DROP TABLE {table}")
    rows.execute("PRAGMA user_version = 3")
    again = reopen()
    assert again.reading.execute("SELECT * FROM messages").fetchall() == told
    assert again.reading.execute("PRAGMA foreign_keys").fetchone() == (1,)
    book = Book(again, shallow, clock, PlainVoice())
    opened(book, tender(2, CHEAP, 1_200))
