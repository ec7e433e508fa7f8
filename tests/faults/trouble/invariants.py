"""What must hold, whatever happens, at every step and once all is quiet. Written from the promises alone.

Each is a pure function of what was seen; it yields what is wrong, in words.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from temix_market.calendar import local_date
from temix_market.deliveries import Delivery
from temix_market.errors import MarketError
from temix_market.home_tenders import acceptance_key
from temix_market.instants import FIVE_MINUTES, HOUR, MINUTE, Instant
from temix_market.intervals import Interval
from temix_market.positions import Positions
from temix_market.products import Side
from temix_market.settlement import Spot, settle
from temix_market.tenders import PartyId
from temix_market.transactions import Kind, Pair
from temix_market.units import Energy, Price
from temix_market.wire.seal import GENESIS, chain_hash

from tests.faults.trouble.seen import BOOKED, OPENED, Placed, Seen

type Faults = Iterator[str]

_EFFECTS: Final = {"booked": BOOKED, "opened": OPENED}


# At every step.


def one_effect_per_key(seen: Seen) -> Faults:
    """What is booked as a trade was ordered so, under this key, and decided so."""
    if seen.sealed_twice:
        yield f"two orders were signed under one key: {seen.sealed_twice}"
    for key in seen.new_pairs:
        booked = seen.book.booked[key].pair
        if booked.kind is not Kind.TRADE or key in seen.book.parts:
            continue
        sealed = seen.sealed.get(key)
        if sealed is None or sealed.order.pair != booked or sealed.order.tender is not None:
            yield f"{key} is booked as nobody ordered it: {booked}"
        if seen.book.decided[key].code != BOOKED:
            yield f"{key} is booked and was answered {seen.book.decided[key].code}"


def ledger_says_what_the_book_says(seen: Seen) -> Faults:
    """An answer or a trade in the ledger is that of the book: nothing is believed that did not happen."""
    for key in seen.new.answers:
        told, decided = seen.ledger.answers[key], seen.book.decided.get(key)
        if decided is None:
            yield f"{key} is {told.outcome} in the ledger and unknown in the book"
        elif _EFFECTS.get(told.outcome) != (decided.code if decided.code in _EFFECTS.values() else None):
            yield f"{key} is {told.outcome} in the ledger and {decided.code} in the book"
        elif told.receipts != seen.book.messages[decided.sequence - 1][1:]:
            yield f"the receipts of {key} are not what the retailer signed"
    for key in seen.new.pairs:
        booked = seen.book.booked.get(key)
        if booked is None or booked.pair != seen.ledger.pairs[key][1]:
            yield f"{key} is a transaction of the ledger and not of the book"
    for key in seen.new.ended:
        if key not in seen.book.ended:
            yield f"the tender {key} has ended in the ledger and not in the book"


def nothing_is_lost_within_the_ledger(seen: Seen) -> Faults:
    """A booked answer comes with its transaction; a transaction of a trade with its order and answer."""
    for key in seen.new.answers:
        told = seen.ledger.answers[key]
        if (told.outcome == "booked") != (key in seen.ledger.pairs):
            yield f"{key} is {told.outcome} but its transaction says otherwise"
    parts = {key for made in seen.ledger.tenders.values() for key in made.accepted}
    for key in seen.new.pairs:
        _, pair = seen.ledger.pairs[key]
        if (
            pair.kind is Kind.TRADE
            and key not in parts
            and (key not in seen.ledger.answers or key not in seen.ledger.orders)
        ):
            yield f"the trade {key} has no order or no answer"


def what_is_sent_is_stored_first(seen: Seen) -> Faults:
    """The retailer decided on exactly the bytes that the ledger holds, unless an older one was put back."""
    if seen.behind is not False:  # or one of which nobody knows yet, for no gateway has opened it
        return
    for key in seen.lacking():
        yield f"the retailer knows the order {key}, which the ledger does not hold"
    for key, decided in seen.book.decided.items():
        placed = seen.ledger.orders.get(key)
        if placed is not None and decided.signed is not None and decided.signed != placed.signed:
            yield f"the retailer decided on other bytes for {key} than are stored"


def no_trade_where_an_outcome_is_open(seen: Seen) -> Faults:
    """Nothing is ordered in an interval that overlaps one whose order has no definite answer."""
    for key in seen.new.orders:
        order = seen.ledger.orders[key]
        for other in seen.ledger.orders.values():
            answer = seen.ledger.answers.get(other.pair.key)
            is_open = other.number < order.number and (answer is None or answer.number > order.number)
            if is_open and other.pair.interval.overlaps(order.pair.interval):
                yield f"{key} was ordered while {other.pair.key} was open in the same time"


def no_order_where_a_tender_is_open(seen: Seen) -> Faults:
    """While a tender is open its time is not traded otherwise, but by tenders for just the same time."""
    for key in seen.new.orders:
        order = seen.ledger.orders[key]
        for other in _standing(seen, order.number):
            alike = key in seen.ledger.tenders and other.interval == order.pair.interval
            if other.key != key and other.interval.overlaps(order.pair.interval) and not alike:
                yield f"{key} was ordered while the tender {other.key} was open in the same time"


def only_on_valid_prices_and_a_proven_clock(seen: Seen) -> Faults:
    """An order takes tenders that were heard and live, over a live link, with a proof of the clock."""
    for key in seen.new.orders:
        sealed, placed = seen.sealed[key], seen.ledger.orders[key]
        if not sealed.proven:
            yield f"{key} was ordered without a proof of the clock"
        if not sealed.connected:
            yield f"{key} was ordered without a link"
        if sealed.order.tender is not None:
            continue
        for leg in (placed.pair.energy, placed.pair.transport):
            tender = seen.offered.get(leg.tender_id)
            if tender is None or (leg.author, tender.revision) not in seen.accepted:
                yield f"{key} takes {leg.tender_id}, which was never heard"
            elif tender.price != leg.price:
                yield f"{key} takes {leg.tender_id} at {leg.price}, not at {tender.price}"
            elif (
                min(placed.not_after, tender.expires_at) <= sealed.at or placed.not_after > tender.expires_at
            ):
                yield f"{key} takes {leg.tender_id}, which expires at {tender.expires_at}, at {sealed.at}"


def no_trade_on_an_older_ledger(seen: Seen) -> Faults:
    """Where a backup was put back nothing is ordered until it is resynchronised."""
    if seen.behind:
        for key in seen.new.orders:
            yield f"{key} was ordered on a ledger that lacks what the retailer may have"


def never_too_late(seen: Seen) -> Faults:
    """By the retailer's clock nothing is booked at or after ``notAfter``, expiry, or supersession."""
    for key in seen.new_pairs:
        booked = seen.book.booked[key]
        if booked.pair.kind is not Kind.TRADE:
            continue
        part = seen.book.parts.get(key)
        order = seen.sealed[key if part is None else part.tender].order
        lapses = order.not_after if order.tender is None else order.tender.expires_at
        if booked.at >= lapses:
            yield f"{key} was booked at {booked.at}, not before {lapses}"
        for leg in (booked.pair.energy, booked.pair.transport):
            if booked.at >= seen.offered[leg.tender_id].expires_at:
                yield f"{key} was booked at {booked.at}, after {leg.tender_id} expired"
            if seen.superseded.get(leg.tender_id, booked.sequence) < booked.sequence:
                yield f"{key} was booked from {leg.tender_id}, which was superseded before"


def never_beyond_depth(seen: Seen) -> Faults:
    """No line is taken beyond its depth."""
    if not seen.new_pairs:
        return
    taken: Counter[object] = Counter()
    for booked in seen.book.booked.values():
        if booked.pair.kind is Kind.TRADE:
            for leg in (booked.pair.energy, booked.pair.transport):
                tender = seen.offered[leg.tender_id]
                taken[tender.line] += leg.quantity
                if taken[tender.line] > tender.quantity:
                    yield f"{taken[tender.line]} Wh were taken of {tender.id}, {tender.quantity} are there"


def acceptances_keep_the_tender(seen: Seen) -> Faults:
    """What is accepted of a tender is within its terms, once, and before its end."""
    for key in seen.new_pairs:
        part = seen.book.parts.get(key)
        if part is None:
            continue
        order, booked = seen.sealed[part.tender].order, seen.book.booked[key]
        tender, pair = order.tender, booked.pair
        if tender is None or seen.book.decided[part.tender].code != OPENED:
            yield f"{key} was accepted of {part.tender}, which is no open tender"
            continue
        if key != acceptance_key(tender.key, part.place):
            yield f"{key} is not the key of acceptance {part.place} of {tender.key}"
        if (pair.interval, pair.energy.side) != (order.pair.interval, order.pair.energy.side):
            yield f"{key} is not what was tendered: {pair}"
        worse = pair.price > tender.price if tender.side is Side.BUY else pair.price < tender.price
        if worse:
            yield f"{key} was accepted at {pair.price}, tendered at {tender.price}"
        parts = [other for other, its in seen.book.parts.items() if its.tender == tender.key]
        total = sum(seen.book.booked[other].pair.energy.quantity for other in parts)
        if total > tender.quantity:
            yield f"{total} Wh were accepted of {tender.key}, which is for {tender.quantity}"
        if seen.book.ended.get(tender.key, ("", booked.sequence + 1))[1] < booked.sequence:
            yield f"{key} was accepted after {tender.key} had ended"


def within_limits(seen: Seen) -> Faults:
    """Each order keeps price, power and the day's money, with all that may be booked or accepted.

    The day's money is for purchases: what a sale at a negative price costs is none of it.
    """
    for key in seen.new.orders:
        sealed, placed = seen.sealed[key], seen.ledger.orders[key]
        rules, pair = sealed.rules, placed.pair
        buying = pair.energy.side is Side.SELL
        if buying and pair.price > rules.highest_price:
            yield f"{key} pays {pair.price}, above {rules.highest_price}"
        parts = _parts(seen, placed.number)
        before = [
            order
            for order in seen.ledger.orders.values()
            if order.number < placed.number and _may_count(seen, order, placed.number)
        ]
        if buying and pair.cost > 0:
            day = local_date(rules.zone, placed.at)
            same = [o for o in before if local_date(rules.zone, o.at) == day and o.pair.quantity > 0]
            spent = sum(max(0, order.pair.cost) for order in same) + pair.cost
            others = [rest for rest in _standing(seen, placed.number) if rest.key != key]
            others += [part for part, at in parts if local_date(rules.zone, at) == day]
            spent += sum(max(0, other.cost) for other in others if other.quantity > 0)
            if spent > rules.money_a_day:
                yield f"with {key} {spent} are spent on {day}, above {rules.money_a_day}"
        held = [p for n, p in seen.ledger.pairs.values() if n < placed.number and p.kind is not Kind.TRADE]
        tendered = [rest for rest in _standing(seen, placed.number) if rest.key != key]
        others = [*held, *(order.pair for order in before), *(part for part, _ in parts)]
        others += [rest for rest in tendered if rest.energy.side is pair.energy.side]
        positions = Positions(other for other in others if other.interval.overlaps(pair.interval))
        sign, most = (1, rules.import_power) if buying else (-1, rules.export_power)
        for step, quantity in pair.steps():
            if sign * (positions.at(step) + quantity) > most * FIVE_MINUTES // HOUR:
                yield f"with {key} the position in {step} is beyond {sign * most} W"


def _may_count(seen: Seen, order: Placed, at: int) -> bool:
    """Whether an order, or tender, was booked, or still could be answered when record ``at`` was written."""
    answer = seen.ledger.answers.get(order.pair.key)
    return answer is None or answer.outcome == "booked" or answer.number > at


def _parts(seen: Seen, at: int) -> list[tuple[Pair, Instant]]:
    """What was accepted of tenders before record ``at``, and when that was recorded."""
    ledger = seen.ledger
    return [
        (ledger.pairs[key][1], ledger.booked_at[key])
        for made in ledger.tenders.values()
        for key, number in made.accepted.items()
        if number < at
    ]


def _standing(seen: Seen, at: int) -> list[Pair]:
    """What was left of each tender that was open at record ``at``, as the pair that it may become."""
    ledger, found = seen.ledger, []
    for key, made in ledger.tenders.items():
        answer = ledger.answers.get(key)
        if answer is None or answer.outcome != "opened" or answer.number > at:
            continue
        if any(number < at for number in made.ended):
            continue
        whole = ledger.orders[key].pair
        taken = sum(
            ledger.pairs[part][1].energy.quantity for part, number in made.accepted.items() if number < at
        )
        if left := whole.energy.quantity - taken:
            legs = [replace(leg, quantity=Energy(left)) for leg in (whole.energy, whole.transport)]
            found.append(replace(whole, energy=legs[0], transport=legs[1]))
    return found


def spots_are_the_same(seen: Seen) -> Faults:
    """A spot frozen in the ledger is that of the book, once that has frozen it."""
    for place, prices in seen.ledger.spots.items():
        if seen.book.spots.get(place, prices) != prices:
            yield f"the spot of {place} is {prices} in the ledger and {seen.book.spots[place]} in the book"


def readings_are_those_of_the_book(seen: Seen) -> Faults:
    """A reading of the retailer's in the ledger is one that its book has, or had before a correction."""
    for start, reading in seen.ledger.readings.items():
        if reading not in seen.book.readings.get(start, ()):
            there = seen.book.readings.get(start)
            yield f"the reading of {start} is {reading} in the ledger, {there} in the book"


def a_late_report_undoes_nothing(seen: Seen) -> Faults:
    """What the home reported last counts, whatever comes late or again."""
    for start in seen.book.undone:
        yield f"an older report of {start} took the place of a newer one"


def chains_link(seen: Seen) -> Faults:
    """Numbers have no gaps."""
    if len(seen.ledger.heads) != seen.ledger.number:
        yield "the ledger's chain has gaps"


AT_EVERY_STEP: Final = (
    one_effect_per_key,
    ledger_says_what_the_book_says,
    nothing_is_lost_within_the_ledger,
    what_is_sent_is_stored_first,
    no_trade_where_an_outcome_is_open,
    no_order_where_a_tender_is_open,
    only_on_valid_prices_and_a_proven_clock,
    no_trade_on_an_older_ledger,
    never_too_late,
    never_beyond_depth,
    acceptances_keep_the_tender,
    within_limits,
    spots_are_the_same,
    readings_are_those_of_the_book,
    a_late_report_undoes_nothing,
    chains_link,
)


# Once all is quiet.


def every_order_has_its_answer(seen: Seen) -> Faults:
    """No outcome is open, and the answer is that of the book."""
    for key in seen.ledger.orders:
        if key not in seen.ledger.answers:
            yield f"{key} has no definite answer"


def both_hold_the_same_pairs(seen: Seen) -> Faults:
    """Every pair of the book is in the ledger."""
    for key, booked in seen.book.booked.items():
        if key not in seen.ledger.pairs:
            yield f"{key} is in the book and not in the ledger: {booked.pair.interval}"


def both_hold_the_same_tenders(seen: Seen) -> Faults:
    """What is open, and what has ended, is so on both sides; what was accepted is among the pairs."""
    opened = {key for key, decided in seen.book.decided.items() if decided.code == OPENED}
    there = opened - seen.book.ended.keys()
    made = {
        key for key in seen.ledger.tenders if (a := seen.ledger.answers.get(key)) and a.outcome == "opened"
    }
    here = {key for key in made if not seen.ledger.tenders[key].ended}
    if here != there:
        yield f"open in the ledger are {here - there}, in the book {there - here}"


def nothing_is_open_beyond_its_time(seen: Seen) -> Faults:
    """A tender has ended two minutes after it lapsed: the retailer looks every minute."""
    last = seen.paused_at - 2 * MINUTE
    for key, sealed in seen.sealed.items():
        tender = sealed.order.tender
        opened = key in seen.book.decided and seen.book.decided[key].code == OPENED
        if tender is not None and opened and key not in seen.book.ended and tender.expires_at <= last:
            yield f"the tender {key} was to lapse at {tender.expires_at} and is open at {seen.paused_at}"


def both_hold_the_same_deliveries(seen: Seen) -> Faults:
    """What the meter read is known to the retailer."""
    for start, energy in seen.ledger.deliveries.items():
        there = seen.book.deliveries.get(start)
        if there != energy:
            yield f"delivery of {start}: {energy} in the ledger, {there} in the book"


def both_hold_the_same_readings(seen: Seen) -> Faults:
    """What the retailer's meter read last is known to the home."""
    for start, read in seen.book.readings.items():
        if seen.ledger.readings.get(start) != read[-1]:
            yield f"reading of {start}: {seen.ledger.readings.get(start)} in the ledger, {read} in the book"


def money_is_conserved(seen: Seen) -> Faults:
    """What the home owes, by its ledger, is to the last nano what the parties get, by the book."""
    pairs = Positions(booked.pair for booked in seen.book.booked.values())
    for start in sorted({start for start, _ in seen.ledger.settlements}):
        step = Interval(Instant(start), FIVE_MINUTES)
        spots = [
            Spot(PartyId(author), step, Price(sell), Price(buy))
            for (author, at), (sell, buy) in seen.book.spots.items()
            if at == start
        ]
        rows = {party: row for (at, party), row in seen.ledger.settlements.items() if at == start}
        try:
            read = seen.book.readings.get(start)
            energy, estimated = read[-1] if read else (seen.book.deliveries[start], False)
            delivery = Delivery(step, Energy(energy), estimated)
            there = settle(delivery, pairs.enclosing(step), spots)
        except (KeyError, MarketError) as error:
            yield f"the retailer cannot settle {step}: {error!r}"
            continue
        gets = {account.party: account.total for account in there.accounts}
        owes = {party: sum(row[2:]) for party, row in rows.items()}
        if owes != gets:
            yield f"in {step} the home owes {owes}, the parties get {gets}"


def what_can_be_settled_is(seen: Seen) -> Faults:
    """Where a reading and both spots are known, there is a settlement."""
    for start in seen.ledger.deliveries | seen.ledger.readings:
        frozen = [author for author, at in seen.ledger.spots if at == start]
        if len(frozen) == 2 and not all((start, author) in seen.ledger.settlements for author in frozen):
            yield f"{start} can be settled and is not"


def books_chain_verifies(seen: Seen) -> Faults:
    """Each head of the retailer's chain follows from the one before and the messages."""
    head = GENESIS
    for number, (recorded, energy, transport) in enumerate(seen.book.messages, start=1):
        head = chain_hash(head, [energy, transport])
        if head.hex() != recorded:
            yield f"message {number} of the retailer does not follow the one before"
            return


BEFORE_THE_PAUSE: Final = (nothing_is_open_beyond_its_time,)
"""When all has been quiet for a while and the home still trades: a pause ends its tenders, lapsed or not."""
WHEN_QUIET: Final = (
    every_order_has_its_answer,
    both_hold_the_same_pairs,
    both_hold_the_same_tenders,
    both_hold_the_same_deliveries,
    both_hold_the_same_readings,
    money_is_conserved,
    what_can_be_settled_is,
    books_chain_verifies,
)
