"""Several homes' orders become durable in one commit, and each stands for itself."""

import asyncio
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer
from temix_market.instants import FIVE_MINUTES, HOUR, Duration, Instant
from temix_market.intervals import Interval
from temix_market.tenders import PartyId
from temix_retailer import commits
from temix_retailer.commits import Commits
from temix_retailer.errors import StoreError
from temix_retailer.metrics import application
from temix_retailer.outcome import BOOKED
from temix_retailer.publications import Circuit
from temix_retailer.retailer import Retailer
from temix_retailer.store import Store, open_store

from tests.retailer.conftest import START, HandClock
from tests.retailer.homes import SigningHome, randomness, terms
from tests.retailer.orders import order

HOMES = [PartyId(f"home-{number}") for number in range(5)]


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as executor:
        yield executor


@pytest.fixture
def store(path: Path, executor: ThreadPoolExecutor) -> Iterator[Store]:
    store = executor.submit(open_store, path).result()
    yield store
    executor.submit(store.close).result()


def note(store: Store, text: str) -> str:
    """A piece of work that writes a row."""
    with store.transaction() as rows:
        rows.execute("INSERT INTO alarms (home, text, raised_at) VALUES ('h', ?, 0)", (text,))
    return text


def fail(store: Store) -> None:
    """A piece of work that writes a row and then fails."""
    with store.transaction() as rows:
        rows.execute("INSERT INTO alarms (home, text, raised_at) VALUES ('h', 'never', 0)")
        raise ValueError("refused")


def noted(path: Path) -> list[str]:
    with sqlite3.connect(path) as file:
        found = [text for (text,) in file.execute("SELECT text FROM alarms ORDER BY id")]
    file.close()
    return found


async def test_what_comes_during_a_commit_goes_into_the_next_together(
    store: Store, path: Path, executor: ThreadPoolExecutor
) -> None:
    made = Commits(store, executor, lambda: None)
    results = await asyncio.gather(
        *(made.run(lambda text=str(number): note(store, text)) for number in range(10)),
        made.run(lambda: fail(store)),
        made.run(lambda: note(store, "last")),
        return_exceptions=True,
    )
    assert results[:10] == [str(number) for number in range(10)]
    assert isinstance(results[10], ValueError)
    assert noted(path) == [*(str(number) for number in range(10)), "last"]
    assert made.made <= 2
    assert (made.work, made.waiting) == (12, 0)


async def test_a_commit_takes_no_more_than_it_may(
    store: Store, path: Path, executor: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commits, "MOST", 4)
    made = Commits(store, executor, lambda: None)
    await asyncio.gather(*(made.run(lambda text=str(n): note(store, text)) for n in range(10)))
    assert made.largest == 4
    assert len(noted(path)) == 10


async def test_where_the_commit_fails_nothing_of_the_group_happened_and_memory_is_brought_back(
    store: Store, path: Path, executor: ThreadPoolExecutor
) -> None:
    undone: list[bool] = []
    made = Commits(store, executor, lambda: undone.append(True))
    executor.submit(store.reading.execute, "PRAGMA max_page_count = 1").result()
    results = await asyncio.gather(
        made.run(lambda: note(store, "small")),
        made.run(lambda: note(store, "x" * 1_000_000)),
        return_exceptions=True,
    )
    assert all(isinstance(result, StoreError) for result in results)
    assert undone
    executor.submit(store.reading.execute, "PRAGMA max_page_count = 100000").result()
    assert noted(path) == []
    assert await made.run(lambda: note(store, "again")) == "again"


@pytest.fixture
async def retailer(store: Store, circuit: Circuit, executor: ThreadPoolExecutor) -> Retailer:
    retailer = Retailer(HandClock(), store, terms(circuit), executor=executor, randomness=randomness())
    await retailer.turn()
    return retailer


async def homes(retailer: Retailer) -> list[SigningHome]:
    found = [SigningHome(home, bytes([number]) * 32) for number, home in enumerate(HOMES, 1)]
    for each in found:
        await retailer.homes.enroll(each.party, Duration(HOUR))
        await retailer.homes.register(each.party, each.registration())
    return found


async def test_orders_of_several_homes_are_booked_in_one_commit(retailer: Retailer, path: Path) -> None:
    signers = await homes(retailer)
    (energy, transport), start = retailer.in_force, START + 2 * FIVE_MINUTES
    assert retailer.desk.commits is not None
    answers = await asyncio.gather(
        *(
            retailer.order(home.party, home.order(order((energy, transport), start, 10, n, home=home.party)))
            for n, home in enumerate(signers)
        )
    )
    assert [answer.outcome.code for answer in answers] == [BOOKED] * 5
    assert retailer.desk.commits.made <= 2
    for home in signers:
        assert len(await retailer.inquiries.pairs(home.party, Interval(Instant(start), FIVE_MINUTES))) == 1


async def test_the_figures_are_told(retailer: Retailer) -> None:
    signers = await homes(retailer)
    both = retailer.in_force[0], retailer.in_force[1]
    made = order(both, START + 2 * FIVE_MINUTES, 10, 1, home=signers[0].party)
    await retailer.order(signers[0].party, signers[0].order(made))
    async with TestClient(TestServer(application(retailer))) as client:
        text = await (await client.get("/metrics")).text()
    for line in (
        'temix_retailer_orders_total{outcome="booked"} 1.0',
        "temix_retailer_pairs 1.0",
        "temix_retailer_homes 5.0",
        "temix_retailer_commits_total 1.0",
        "temix_retailer_work_waiting 0.0",
    ):
        assert line in text
