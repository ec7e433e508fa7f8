"""The book: all or none, once, within depth, and as it was after a restart."""

import sqlite3
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temix_market.deliveries import Delivery
from temix_market.errors import InvalidField
from temix_market.instants import FIVE_MINUTES, HOUR, MINUTE, QUARTER, SECOND, Duration, Instant
from temix_market.intervals import Interval, enclosing, first_after
from temix_market.ports import Booked, NotBooked, Voided
from temix_market.positions import Positions
from temix_market.products import Side
from temix_market.settlement import freeze
from temix_market.subscription import Profile
from temix_market.tenders import PartyId, TenderId
from temix_market.transactions import Kind, Order
from temix_market.units import Energy, Price
from temix_retailer.accounts import Accounts
from temix_retailer.book import Book
from temix_retailer.prices import load_wholesale
from temix_retailer.publications import PERIOD, Circuit
from temix_retailer.records import GENESIS
from temix_retailer.store import Store, open_store
from temix_retailer.subscriptions import Plan

from tests.retailer.conftest import HOME, START, HandClock, PlainVoice, Reopen
from tests.retailer.orders import ask, issued, key, order, send

SOON = Instant(START + 2 * FIVE_MINUTES)
CHICAGO = ZoneInfo("America/Chicago")
WHOLESALE = load_wholesale(CHICAGO)
DAY = Interval(Instant(START - 12 * HOUR), Duration(72 * HOUR))


@pytest.fixture
def accounts(store: Store, circuit: Circuit, clock: HandClock) -> Accounts:
    return Accounts(store, circuit, clock)


def test_a_pair_is_booked_with_both_answers(book: Book, accounts: Accounts) -> None:
    taken = order(issued(book, START), SOON, 100)
    answered = send(book, taken, "signed")
    assert answered.for_home() == Booked(taken.pair.key, (answered.energy, answered.transport))
    assert answered.energy.startswith("lse: ")
    assert answered.transport.startswith("do: ")
    assert list(accounts.pairs(HOME, DAY)) == [taken.pair]
    assert accounts.positions(HOME, DAY).at(enclosing(SOON, FIVE_MINUTES)) == 100


def test_the_same_message_gets_the_same_bytes_however_often_it_comes(
    book: Book, accounts: Accounts, clock: HandClock
) -> None:
    taken = order(issued(book, START), SOON, 100)
    first = send(book, taken, "signed")
    clock.pass_by(HOUR)  # long expired: what happened, happened
    assert send(book, taken, "signed") == first
    assert ask(book, HOME, taken.pair.key, "signed") == first
    assert len(accounts.pairs(HOME, DAY)) == 1


def test_a_key_is_kept_beyond_thirteen_months(
    book: Book, accounts: Accounts, clock: HandClock, reopen: Reopen, circuit: Circuit
) -> None:
    taken = order(issued(book, START), SOON, 100)
    first, void = send(book, taken, "signed"), ask(book, HOME, key(2), "lost")
    clock.pass_by(400 * 24 * HOUR)
    book = restarted(reopen, circuit, clock)
    assert send(book, taken, "signed") == first
    assert ask(book, HOME, key(2), "lost") == void
    other = replace(taken, pair=replace(taken.pair, key=taken.pair.key))
    assert refused(send(book, other, "other content").for_home()).reason == "key_reused"


def test_other_content_under_a_used_key_is_refused_and_alarmed(
    book: Book, store: Store, accounts: Accounts
) -> None:
    publications = issued(book, START)
    first = order(publications, SOON, 100)
    before = send(book, first, "signed")
    answer = send(book, order(publications, SOON, 200), "other").for_home()
    assert isinstance(answer, NotBooked)
    assert (answer.code, answer.reason) == (422, "key_reused")
    assert send(book, first, "signed") == before
    assert len(accounts.pairs(HOME, DAY)) == 1
    assert store.reading.execute("SELECT home FROM alarms").fetchall() == [(HOME,)]


def test_the_same_key_of_another_home_is_another_key(book: Book) -> None:
    publications = issued(book, START)
    assert send(book, order(publications, SOON, 100), "one").outcome.code == 200
    other = order(publications, SOON, 100, home=PartyId("home-2"))
    assert send(book, other, "two").outcome.code == 200


def refused(answer: object) -> NotBooked:
    assert isinstance(answer, NotBooked)
    return answer


def test_expired_by_the_retailers_clock(book: Book, clock: HandClock) -> None:
    publications = issued(book, START)
    taken = order(publications, SOON, 100)
    clock.instant = Instant(taken.not_after - 1)
    assert send(book, taken, "in time").outcome.code == 200
    clock.instant = taken.not_after
    late = refused(send(book, order(publications, SOON, 100, 2), "late").for_home())
    assert (late.code, late.reason) == (410, "expired")


def test_not_after_is_checked_though_the_tender_still_stands(book: Book, clock: HandClock) -> None:
    taken = order(issued(book, START), SOON, 100)
    hasty = replace(taken, not_after=Instant(START + MINUTE))
    clock.pass_by(MINUTE)
    assert refused(send(book, hasty, "late").for_home()).reason == "expired"


def test_superseded_names_the_tender_in_force(book: Book, clock: HandClock) -> None:
    old = order(issued(book, START), Instant(START + 6 * FIVE_MINUTES), 100)
    clock.pass_by(PERIOD)
    new = issued(book, clock.now())
    answer = refused(send(book, old, "old").for_home())
    assert answer.code == 409
    fresh = order(new, Instant(START + 6 * FIVE_MINUTES), 100, 2)
    assert answer.newer == fresh.pair.energy.tender_id
    assert send(book, fresh, "new").outcome.code == 200


def test_beyond_depth_tells_what_remains_and_fills_nothing(book: Book, clock: HandClock) -> None:
    publications = issued(book, START)
    start = Instant(START + 6 * FIVE_MINUTES)
    assert send(book, order(publications, start, 1_000), "a").outcome.code == 200
    answer = refused(send(book, order(publications, start, 251, 2), "b").for_home())
    assert (answer.code, answer.remaining) == (416, 250)
    clock.pass_by(PERIOD)  # depth taken carries over to the re-issue
    again = issued(book, clock.now())
    assert refused(send(book, order(again, start, 251, 3), "c").for_home()).remaining == 250
    assert send(book, order(again, start, 250, 4), "d").outcome.code == 200
    other = order(again, start, 1_250, 5, home=PartyId("home-2"))
    assert send(book, other, "e").outcome.code == 200  # depth is each home's own


def test_terms_must_be_the_tenders(book: Book) -> None:
    taken = order(issued(book, START), SOON, 100)
    cheaper = replace(taken.pair.energy, price=Price(taken.pair.energy.price - 1))
    answer = send(book, replace(taken, pair=replace(taken.pair, energy=cheaper)), "cheaper")
    assert refused(answer.for_home()).reason == "terms_differ"
    unknown = replace(taken.pair.transport, author=PartyId("nobody"))
    pair = replace(taken.pair, key=key(2), transport=unknown)
    assert refused(send(book, replace(taken, pair=pair), "unknown").for_home()).code == 404
    subscription = replace(taken.pair, key=key(3), kind=Kind.SUBSCRIPTION)
    assert refused(send(book, replace(taken, pair=subscription), "own").for_home()).reason == "terms_differ"


def test_if_one_leg_fails_neither_is_booked(book: Book, accounts: Accounts) -> None:
    taken = order(issued(book, START), SOON, 100)
    wrong = replace(taken.pair.transport, tender_id=TenderId("gone"))
    assert refused(send(book, replace(taken, pair=replace(taken.pair, transport=wrong)), "x").for_home())
    assert not accounts.pairs(HOME, DAY)
    full = order(issued(book, START), SOON, 1_250, 2)
    assert send(book, full, "all of it").outcome.code == 200  # the energy leg took nothing


def test_an_asked_for_key_is_void_for_ever(book: Book, accounts: Accounts) -> None:
    late = order(issued(book, START), SOON, 100)
    void = ask(book, HOME, late.pair.key, "late original")
    assert void.for_home() == Voided(late.pair.key, (void.energy, void.transport))
    assert void.outcome.code == 423
    assert send(book, late, "late original") == void
    assert ask(book, HOME, late.pair.key, "late original") == void
    assert not accounts.pairs(HOME, DAY)


def test_messages_form_one_chain_for_each_home(book: Book, store: Store) -> None:
    assert book.chain.last(HOME).previous == GENESIS
    publications = issued(book, START)
    send(book, order(publications, SOON, 100), "a")
    send(book, order(publications, SOON, 100_000, 2), "too much")
    ask(book, HOME, key(3), "lost")
    rows = store.reading.execute(
        "SELECT sequence, kind, energy, transport, head FROM messages ORDER BY sequence"
    ).fetchall()
    assert [(row[0], row[1]) for row in rows] == [(1, "answer"), (2, "answer"), (3, "void")]
    head = GENESIS
    for _, _, energy, transport, after in rows:
        head = PlainVoice().link(head, (energy, transport))
        assert head == after
    assert book.chain.last(HOME).previous == head


# --- restart


def restarted(reopen: Reopen, circuit: Circuit, clock: HandClock) -> Book:
    return Book(reopen(), circuit, clock, PlainVoice())


def test_after_a_restart_everything_is_as_before(
    book: Book, reopen: Reopen, circuit: Circuit, clock: HandClock
) -> None:
    publications = issued(book, START)
    start = Instant(START + 6 * FIVE_MINUTES)
    taken = order(publications, start, 1_000)
    answered = send(book, taken, "signed")
    place = book.chain.last(HOME)
    clock.pass_by(MINUTE)
    book = restarted(reopen, circuit, clock)
    assert (book.chain.last(HOME).sequence, book.chain.last(HOME).previous) == (
        place.sequence,
        place.previous,
    )
    assert send(book, taken, "signed") == answered
    assert issued(book, START) == publications  # the same turn again
    assert refused(send(book, order(publications, start, 251, 2), "b").for_home()).remaining == 250


def test_a_restart_with_other_prices_waits_for_the_next_turn(
    book: Book, reopen: Reopen, circuit: Circuit, clock: HandClock
) -> None:
    changed = restarted(reopen, replace(circuit, seed=circuit.seed + 1), clock)
    assert changed.issue(START) is None
    assert changed.issue(Instant(START + PERIOD)) is not None


def test_a_clock_set_back_publishes_nothing(book: Book) -> None:
    assert book.issue(Instant(START + PERIOD)) is not None
    assert book.issue(START) is None


def test_spots_are_frozen_as_published_even_over_a_stop(
    book: Book, reopen: Reopen, circuit: Circuit, clock: HandClock
) -> None:
    first = issued(book, START)
    clock.instant = Instant(START + PERIOD)
    second = issued(book, clock.now())
    book = restarted(reopen, circuit, clock)
    clock.instant = Instant(START + 4 * PERIOD)  # two turns missed
    assert book.issue(clock.now()) is not None
    rows = book._store.reading.execute("SELECT author, start, sell, buy FROM spots")
    frozen = {(author, start): prices for author, start, *prices in rows}
    for step in range(1, 5):
        interval = Interval(Instant(START + step * PERIOD), FIVE_MINUTES)
        for party in (0, 1):
            spot = freeze([first[party], second[party]], interval)
            assert spot is not None
            assert frozen[spot.author, interval.start] == [spot.sell, spot.buy]
    assert len(frozen) == 8


def test_the_file_is_append_only(book: Book, store: Store) -> None:
    send(book, order(issued(book, START), SOON, 100), "signed")
    tables = [
        name for (name,) in store.reading.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
    ]
    assert "pairs" in tables
    for table in ("pairs", "orders", "messages", "publications"):
        column = store.reading.execute(f"SELECT name FROM pragma_table_info('{table}')").fetchone()[0]
        for change in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"), store.transaction() as rows:
                rows.execute(change)
    triggers = {
        name for (name,) in store.reading.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
    }
    assert triggers == {f"{table}_no_{change}" for table in tables for change in ("update", "delete")}


# --- subscription

PROFILE = Profile(
    CHICAGO, {(weekend, hour): Energy(12 * (hour - 5)) for weekend in (False, True) for hour in range(24)}
)
PLAN = Plan(PROFILE, Price(60_000), Price(40_000))


def test_the_subscription_is_booked_once_for_each_hour_as_far_as_tenders_reach(
    book: Book, accounts: Accounts, clock: HandClock
) -> None:
    book.plan(HOME, PLAN)
    told = book.subscribe(HOME)
    assert told is not None
    assert book.subscribe(HOME) is None
    pairs = list(told.pairs)
    for _ in range(13 * 12):  # past local midnight, when tomorrow's hours come
        clock.pass_by(PERIOD)
        turn = book.issue(clock.now())
        assert turn is not None
        pairs += [pair for more in turn.subscribed for pair in more.pairs]
    starts = [pair.interval.start for pair in pairs]
    assert starts == sorted(set(starts))
    assert starts[0] == START + HOUR
    for pair in pairs:
        assert pair.quantity == PROFILE.quantity(pair.interval)
        assert pair.price == 100_000
    empty = set(range(starts[0], starts[-1], HOUR)) - set(starts)
    assert all(PROFILE.quantity(Interval(Instant(start), HOUR)) == 0 for start in empty)
    assert any(pair.quantity < 0 for pair in pairs)
    assert {pair.key for pair in accounts.pairs(HOME, DAY)} == {
        pair.key for pair in pairs if pair.interval.overlaps(DAY)
    }


def test_a_new_plan_leaves_booked_hours_alone(
    book: Book, reopen: Reopen, circuit: Circuit, clock: HandClock
) -> None:
    book.plan(HOME, PLAN)
    first = book.subscribe(HOME)
    assert first is not None
    book.plan(HOME, replace(PLAN, energy=Price(70_000)))
    book = restarted(reopen, circuit, clock)
    clock.pass_by(24 * HOUR)
    later = book.subscribe(HOME)
    assert later is not None
    assert {pair.price for pair in later.pairs} == {110_000}
    assert later.pairs[0].interval.start > first.pairs[-1].interval.start


# --- deliveries and settlement


def delivered(start: int, energy: int) -> Delivery:
    return Delivery(Interval(Instant(start), FIVE_MINUTES), Energy(energy))


def test_deliveries_are_idempotent_and_corrected_by_a_new_row(accounts: Accounts, store: Store) -> None:
    past = START - HOUR
    first, second, third = (Instant(START - number * SECOND) for number in (2, 1, 0))
    assert accounts.report(HOME, [delivered(past, 50), delivered(past + PERIOD, 60)], first) == 2
    assert accounts.report(HOME, [delivered(past, 50)], first) == 0
    assert accounts.report(HOME, [delivered(past, 55)], second) == 1
    step = Interval(Instant(past), FIVE_MINUTES)
    assert accounts.delivery(HOME, step) == delivered(past, 55)
    rows = store.reading.execute("SELECT energy, corrects FROM deliveries ORDER BY id").fetchall()
    assert rows == [(50, None), (60, None), (55, 1)]
    assert accounts.report(HOME, [delivered(past, 50)], third) == 1  # back to the first value: one, too


def test_a_report_that_comes_late_undoes_nothing(accounts: Accounts) -> None:
    past, step = START - HOUR, Interval(Instant(START - HOUR), FIVE_MINUTES)
    late, newer = Instant(START - 2 * SECOND), Instant(START - SECOND)
    accounts.report(HOME, [delivered(past, 55)], newer)
    with pytest.raises(InvalidField, match=r"iat: .* is not after the report"):
        accounts.report(HOME, [delivered(past + PERIOD, 60), delivered(past, 50)], late)
    assert accounts.delivery(HOME, step) == delivered(past, 55)
    assert accounts.reported(HOME, Interval(Instant(past), HOUR)) == [delivered(past, 55)]
    assert accounts.report(HOME, [delivered(past, 55)], late) == 0  # it says nothing else


def test_of_two_values_in_one_report_the_later_one_counts(accounts: Accounts) -> None:
    past, step = START - HOUR, Interval(Instant(START - HOUR), FIVE_MINUTES)
    assert accounts.report(HOME, [delivered(past, 50), delivered(past, 55)], START) == 1
    assert accounts.delivery(HOME, step) == delivered(past, 55)


def test_a_home_whose_clock_is_ahead_is_told_so(accounts: Accounts) -> None:
    with pytest.raises(InvalidField, match=r"iat: .* is ahead of this clock"):
        accounts.report(HOME, [delivered(START - HOUR, 50)], Instant(START + 3 * SECOND))


def test_coarse_deliveries_are_spread_and_future_ones_refused(accounts: Accounts) -> None:
    hour = Interval(Instant(START - HOUR), HOUR)
    assert accounts.report(HOME, [Delivery(hour, Energy(1_000))], START) == 12
    steps = [accounts.delivery(HOME, step) for step in hour.split(FIVE_MINUTES)]
    assert sum(step.energy for step in steps if step) == 1_000
    assert all(step.estimated for step in steps if step)
    with pytest.raises(InvalidField, match=r"deliveries\.interval"):
        accounts.report(HOME, [delivered(START - HOUR, 1), delivered(START, 1)], START)
    assert accounts.delivery(HOME, Interval(Instant(START - HOUR), FIVE_MINUTES)) == steps[0]


def test_an_interval_is_settled_from_the_book(book: Book, accounts: Accounts, clock: HandClock) -> None:
    publications = issued(book, START)
    taken = order(publications, SOON, 100)
    send(book, taken, "signed")
    clock.pass_by(PERIOD)
    last = issued(book, clock.now())
    step = enclosing(SOON, FIVE_MINUTES)
    clock.pass_by(PERIOD)
    book.issue(clock.now())
    clock.pass_by(PERIOD)
    assert accounts.settle(HOME, step) is None  # no reading yet
    accounts.report(HOME, [delivered(SOON, 130)], clock.now())
    settled = accounts.settle(HOME, step)
    assert settled is not None
    assert (settled.position, settled.deviation) == (100, 30)
    spots = [freeze([publication], step) for publication in last]
    expected = taken.pair.cost + 30 * sum(spot.sell for spot in spots if spot)
    assert settled.total == expected
    assert accounts.settle(HOME, Interval(Instant(START - HOUR), FIVE_MINUTES)) is None


# --- whatever comes, in whatever order

COMMANDS = st.lists(
    st.tuples(
        st.integers(0, 5),  # key
        st.sampled_from([Side.SELL, Side.BUY]),
        st.sampled_from([(FIVE_MINUTES, 1), (QUARTER, 3), (HOUR, 12)]),
        st.integers(1, 600),  # lots of the duration
        st.sampled_from(["order", "order", "order", "reconcile", "turn", "restart"]),
    ),
    max_size=25,
)


@pytest.mark.timeout(20)
@given(COMMANDS)
def test_each_key_happens_at_most_once_and_never_beyond_depth(
    commands: list[tuple[int, Side, tuple[Duration, int], int, str]],
) -> None:
    circuit = Circuit(PartyId("lse"), PartyId("do"), WHOLESALE, seed=1)
    clock, store, voice = HandClock(), open_store(None), PlainVoice()
    book, accounts = Book(store, circuit, clock, voice), Accounts(store, circuit, clock)
    turn = issued(book, START)
    sent: dict[str, Order] = {}
    answers: dict[str, set[str]] = {}
    for number, side, (duration, lot), lots, what in commands:
        name = key(number)
        if what == "turn":
            clock.pass_by(PERIOD)
            turn = issued(book, clock.now())
        elif what == "restart":
            book = Book(store, circuit, clock, voice)
            turn = issued(book, clock.now())
        elif what == "reconcile":
            answers.setdefault(name, set()).add(ask(book, HOME, name, f"{name} signed").energy)
        else:
            start = first_after(Instant(START + 4 * HOUR - 1), duration).start
            if duration == FIVE_MINUTES:
                start = first_after(Instant(clock.now() + 1), duration).start
            elif duration == QUARTER:
                start = first_after(Instant(clock.now() + 1), QUARTER).start
            made = sent.setdefault(name, order(turn, start, lots * lot, number, side=side, duration=duration))
            answers.setdefault(name, set()).add(send(book, made, f"{name} signed").energy)
    pairs = accounts.pairs(HOME, DAY)
    assert all(len(bytes_) == 1 for bytes_ in answers.values())
    assert len({pair.key for pair in pairs}) == len(pairs)
    taken: dict[tuple[Interval, Side], int] = {}
    for pair in pairs:
        assert pair == sent[pair.key].pair
        line = pair.interval, pair.energy.side
        taken[line] = taken.get(line, 0) + abs(pair.quantity)
    for (interval, _), quantity in taken.items():
        assert quantity <= 15_000 * interval.duration // HOUR
    assert Positions(pairs).at(DAY) == sum(pair.quantity for pair in pairs)
    store.close()
