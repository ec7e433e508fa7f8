"""Each step: what it finds, how it is resumed, and the record that comes of it."""

import base64
import hashlib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from temix_gateway.commissioning.answers import ASKS, RETAILERS, StepName, questions
from temix_gateway.commissioning.commissioning import STEPS, Commissioning, Unreadable
from temix_gateway.commissioning.record import open_record
from temix_gateway.commissioning.site import CannotDo
from temix_gateway.commissioning.steps import NEEDS, plausible
from temix_gateway.commissioning.words import finding_text
from temix_gateway.home.tokens import private_file
from temix_gateway.texts import LANGUAGES, has, places, texts
from temix_market.errors import InvalidField
from temix_market.instants import HOUR, iso
from temix_market.wire.keys import SigningKey
from temix_market.wire.seal import SealBroken

from tests.gateway.commissioning.fake_site import ANSWERS, MIDAS, NOW, FakeSite, hourly, reading

KEY = SigningKey.from_seed(bytes(32))


PRICES = ["price_now", "price_lowest", "price_highest"]


@pytest.fixture
def site() -> FakeSite:
    return FakeSite()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "commissioning.json"


def begin(path: Path, site: FakeSite) -> Commissioning:
    return Commissioning(path, site, KEY, bytes, private_file)


async def found(work: Commissioning, step: StepName, **changes: Any) -> list[str]:
    """The codes of a step's findings, the wrong ones marked."""
    return await found_with(work, step, {**ANSWERS[step], **changes})


async def found_with(work: Commissioning, step: StepName, answers: dict[str, Any]) -> list[str]:
    """The same with answers of one's own."""
    outcome = await work.carry_out(step, answers, "Ida")
    return [("!" if each.kind == "wrong" else "") + each.code for each in outcome.findings]


async def all_done(work: Commissioning, *, until: StepName | None = None) -> None:
    for step in STEPS:
        if step == until:
            return
        assert (await work.carry_out(step, ANSWERS[step], "Ida")).done, step


async def test_from_the_first_step_to_the_record(path: Path, site: FakeSite) -> None:
    work = begin(path, site)
    assert work.lock == ""  # a gateway that was set up by hand waits for nobody
    await all_done(work, until="record")
    assert (work.next_step(), work.lock) == ("record", "unfinished")
    await all_done(work)
    assert (work.next_step(), work.lock) == (None, "")

    record = open_record(work.signed(), KEY.public, "temix-1")
    assert (record.installer, record.company, record.home) == ("Ida", "Lake Solar", "home-1")
    assert record.answers["limits"]["import_power"] == "12000"
    assert {check.step for check in record.checks} == set(STEPS) - {"record"}
    assert "paper boat" not in path.read_text()
    assert "ABCD" not in path.read_text()
    with pytest.raises(SealBroken):
        open_record(work.signed(), SigningKey.from_seed(b"x" * 32).public, "temix-1")


async def test_it_is_resumed_after_a_restart(path: Path, site: FakeSite) -> None:
    await all_done(begin(path, site), until="limits")
    work = begin(path, site)
    assert work.next_step() == "limits"
    await all_done(work)
    again = begin(path, site)
    assert again.record() == work.record()


async def test_what_is_done_again_ends_what_follows_and_the_record(path: Path, site: FakeSite) -> None:
    work = begin(path, site)
    await all_done(work)
    await found(work, "limits", money_a_day="5")
    assert work.record() is None
    assert work.lock == "unfinished"
    assert [step for step in STEPS if step not in work.progress.steps] == ["mandate", "test_trade", "record"]
    await all_done(work)
    first, second = work.progress.records
    assert msgspec.json.decode(_payload(second))["prev"] == _digest(first)


async def test_steps_that_are_needed_come_first(path: Path, site: FakeSite) -> None:
    work = begin(path, site)
    assert await found(work, "test_trade") == ["!step_needed", "!step_needed"]
    assert site.calls == []
    assert {needed for before in NEEDS.values() for needed in before} <= set(STEPS)


@pytest.mark.parametrize(
    "step, changes, site, codes",
    [
        ("basics", {"time_zone": "Mars/Base"}, {}, ["!zone_unknown"]),
        ("basics", {"time_zone": "../etc/passwd"}, {}, ["!zone_unknown"]),
        ("retailer", {"code": ""}, {}, ["!code_missing"]),
        ("retailer", {"code": ""}, {"url": "https://retailer.test"}, ["enrolled"] + 3 * ["right_granted"]),
        (
            "retailer",
            {},
            {"refused": {"tenders": "none"}},
            ["enrolled", "right_granted", "!right_refused", "right_granted"],
        ),
        ("retailer", {}, {"fails": {"enrol": CannotDo("not_enrolled", reason="used")}}, ["!not_enrolled"]),
        ("clock", {}, {"apart": 2_000}, ["clock_right"]),
        ("clock", {}, {"apart": -2_001}, ["!clock_wrong"]),
        ("limits", {"import_power": 0}, {}, ["!no_import"]),
        ("limits", {"money_a_day": "0.0"}, {}, ["!no_money"]),
        ("limits", {"highest_price": "0.2"}, {}, ["ceilings_taken", "price_ceiling_low"]),
        ("limits", {"highest_price": "0.3"}, {}, ["ceilings_taken"]),
        ("limits", {"highest_price": "0.2"}, {"highest": None}, ["ceilings_taken"]),
        ("tariff", {"price": "0"}, {}, ["!tariff_without_price"]),
        ("tariff", {"name": ""}, {}, ["no_tariff"]),
        ("home_assistant", {}, {"paired": ()}, ["!not_paired"]),
        ("home_assistant", {"later": True}, {"paired": ()}, ["paired_later"]),
        ("meter", {}, {"metered": ()}, ["!no_reading"]),
        ("meter", {"later": True}, {"metered": ()}, ["read_later"]),
        ("mandate", {"agreed": False}, {}, ["!not_agreed"]),
        (
            "test_trade",
            {},
            {"fails": {"test_trade": CannotDo("trade_half", start=iso(NOW), reason="gone")}},
            ["!trade_half"],
        ),
    ],
)
async def test_what_a_step_finds(
    path: Path, step: StepName, changes: dict[str, Any], site: dict[str, Any], codes: list[str]
) -> None:
    work = begin(path, FakeSite())
    await all_done(work, until=step)
    work._site = FakeSite(**site)
    assert await found(work, step, **changes) == codes


@pytest.mark.parametrize(
    "readings, codes",
    [
        ([reading(120)], ["reading"]),
        ([reading(-120)], ["reading"]),
        ([reading(120, 20)], ["reading"]),
        ([reading(120, 21)], ["reading_old"]),
        ([reading(8_334)], ["reading", "reading_too_large"]),
        ([reading(0, 15), reading(0, 10), reading(0)], ["reading", "reading_zero"]),
        ([reading(0, 15), reading(1, 10), reading(0)], ["reading"]),
        ([reading(120, 15), reading(120)], ["reading", "reading_gaps"]),
    ],
)
def test_what_readings_say(readings: list[Any], codes: list[str]) -> None:
    assert [each.code for each in plausible(readings, NOW)] == codes


@pytest.mark.parametrize(
    "step, raw, field",
    [
        ("basics", {}, "basics.time_zone"),
        ("basics", {"time_zone": "UTC", "language": "tlh"}, "basics.language"),
        ("retailer", {"url": "http://plain.test"}, "retailer.url"),
        ("limits", ANSWERS["limits"] | {"import_power": -1}, "limits.import_power"),
        ("limits", ANSWERS["limits"] | {"money_a_day": "NaN"}, "limits.money_a_day"),
        ("limits", ANSWERS["limits"] | {"money_a_day": "-1"}, "limits.money_a_day"),
        ("mandate", ANSWERS["mandate"] | {"passphrase": "short"}, "mandate.passphrase"),
        ("meter", {"serial": "1", "more": "x"}, "meter.more"),
        ("retailer", {"service": "gird"}, "retailer.service"),
        ("retailer", {"service": "midas"}, "retailer.rin"),
        ("retailer", MIDAS | {"code": "ABCD"}, "retailer.code"),
    ],
)
async def test_an_answer_that_is_none_is_named_and_nothing_done(
    path: Path, site: FakeSite, step: StepName, raw: dict[str, Any], field: str
) -> None:
    work = begin(path, site)
    await all_done(work, until=step)
    calls = list(site.calls)
    with pytest.raises(InvalidField) as refused:
        await work.carry_out(step, raw, "Ida")
    assert refused.value.field == field
    assert site.calls == calls


async def test_a_reset_locks_until_a_new_record(path: Path, site: FakeSite) -> None:
    work = begin(path, site)
    await all_done(work)
    await work.reset()
    assert (work.lock, work.record()) == ("reset", None)
    again = begin(path, site)
    assert (again.lock, again.next_step()) == ("reset", "record")
    await again.carry_out("record", {}, "Iris")
    assert (again.lock, again.record().installer) == ("", "Iris")  # type: ignore[union-attr]


def test_a_file_that_is_none_is_named(path: Path, site: FakeSite) -> None:
    path.write_text("{")
    with pytest.raises(Unreadable, match="commission the gateway anew"):
        begin(path, site)


def test_every_language_has_every_text_with_the_same_places() -> None:
    english = texts("en")
    for language in LANGUAGES:
        other = texts(language)
        assert other.keys() == english.keys()
        assert {key: places(text) for key, text in other.items()} == {
            key: places(text) for key, text in english.items()
        }


async def test_every_step_question_and_finding_has_a_text(path: Path) -> None:
    for step in ASKS:
        for name in (f"step.{step}.title", f"step.{step}.intro"):
            assert has(name)
        for service in RETAILERS if step == "retailer" else ("",):
            asked = questions(step, {"service": service})
            assert [each.name for each in asked if not has(f"field.{step}.{each.name}")] == []
    work = begin(path, FakeSite())
    await all_done(work)
    for outcome in work.progress.steps.values():
        for finding in outcome.findings:
            assert finding_text("de", finding, "Europe/Berlin")


async def test_a_home_whose_retailer_only_publishes_prices(path: Path, site: FakeSite) -> None:
    """Nothing of trade is asked or done; the record says so, and holds."""
    site.prices = hourly(300_000, 100_000, 200_000)
    work = begin(path, site)
    await work.carry_out("basics", ANSWERS["basics"], "Ida")
    assert await found_with(work, "retailer", MIDAS) == ["prices_heard", *PRICES, "sells_not"]
    assert work.next_step() == "limits"
    assert [step for step in STEPS if step in work.progress.steps] == [
        "basics",
        "retailer",
        "clock",
        "mandate",
        "test_trade",
    ]
    assert await found_with(work, "limits", {"import_power": 12_000, "export_power": 0}) == ["powers_taken"]
    assert await found_with(work, "mandate", {"whatever": "is sent"}) == ["nothing_traded"]
    for step in STEPS:
        if step not in work.progress.steps:
            assert (await work.carry_out(step, ANSWERS[step], "Ida")).done, step
    assert not {"enrol", "sign_mandate", "test_trade"} & set(site.calls)
    record = work.record()
    assert record is not None
    assert record.answers["limits"] == {"import_power": "12000", "export_power": "0"}
    assert record.answers["retailer"] == {**MIDAS, "url": "https://midasapi.energy.ca.gov/api"}
    untraded = {check.step for check in record.checks if check.code in {"no_clock_needed", "nothing_traded"}}
    assert untraded == {"clock", "mandate", "test_trade"}


async def test_once_the_retailer_trades_the_steps_of_trade_are_open(path: Path, site: FakeSite) -> None:
    site.prices = hourly(300_000)
    work = begin(path, site)
    for step in STEPS:
        await work.carry_out(step, MIDAS if step == "retailer" else ANSWERS[step], "Ida")
    assert (work.next_step(), work.lock) == (None, "")
    await work.carry_out("retailer", ANSWERS["retailer"], "Ida")
    assert (work.next_step(), work.lock) == ("clock", "unfinished")
    assert await found(work, "mandate", agreed=False) == ["!step_needed"]


@pytest.mark.parametrize(
    "site, codes",
    [
        ({"prices": hourly(1, 2), "sells": True}, ["prices_heard", *PRICES, "sells"]),
        ({"prices": ()}, ["!no_price_now"]),
        ({"prices": hourly(1, first=NOW - HOUR)}, ["!no_price_now"]),
        ({"prices": hourly(1, first=NOW + HOUR)}, ["!no_price_now"]),
        ({"fails": {"hear": CannotDo("service_silent", reason="away")}}, ["!service_silent"]),
        ({"fails": {"hear": CannotDo("service_wrong", field="rate", reason="no")}}, ["!service_wrong"]),
    ],
)
async def test_what_a_service_of_prices_says(path: Path, site: dict[str, Any], codes: list[str]) -> None:
    asked = FakeSite(**site)
    work = begin(path, asked)
    assert await found_with(work, "retailer", MIDAS) == codes
    usable = not codes[0].startswith("!")
    assert ("take" in asked.calls, asked.trades()) == (usable, not usable)
    assert ("clock" in work.progress.steps) is usable


async def test_prices_of_home_assistant_come_later(path: Path, site: FakeSite) -> None:
    work = begin(path, site)
    asked = {"service": "home_assistant", "currency": "EUR"}
    assert await found_with(work, "retailer", asked) == ["prices_from_home_assistant"]
    assert (site.trades(), "mandate" in work.progress.steps) == (False, True)


async def test_prices_are_told_by_the_homes_own_clock_up_to_the_first_gap(path: Path) -> None:
    prices = hourly(300_000, 100_000) + hourly(900_000, first=NOW + 5 * HOUR)
    work = begin(path, FakeSite(prices=prices))
    outcome = await work.carry_out("retailer", MIDAS, "Ida")
    texts = [finding_text("en", each, "America/Los_Angeles") for each in outcome.findings]
    assert texts[:4] == [
        "Service has answered: 3 prices, without a gap until 2021-11-24 12:00.",
        "A kWh costs 0.3 USD now, until 2021-11-24 11:00.",
        "The lowest price to come is 0.1 USD, from 2021-11-24 11:00.",
        "The highest is 0.9 USD, from 2021-11-24 15:00.",
    ]


def _payload(signed: str) -> bytes:

    middle = signed.split(".")[1]
    return base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4))


def _digest(signed: str) -> str:

    return hashlib.sha256(signed.encode()).hexdigest()
