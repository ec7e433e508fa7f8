"""Response codes: each refusal has one, and it comes back as that refusal."""

import pytest
from temix_market import errors
from temix_market.errors import (
    BeyondDepth,
    InvalidField,
    KeyReused,
    KeyVoided,
    MarketError,
    OutOfSequence,
    Refused,
    TenderExpired,
    TenderSuperseded,
    TermsDiffer,
    UnknownTender,
)
from temix_market.instants import parse_instant
from temix_market.wire.base import decode, encode
from temix_market.wire.response import INVALID, OK, REFUSALS, EiResponse, failed, ok, reason

NOW = parse_instant("2026-11-24T08:00:00Z")

ERRORS = [
    UnknownTender("t"),
    TermsDiffer("other price"),
    TenderSuperseded("t", "t2"),
    TenderExpired("t", "2026-11-24T08:00:00Z"),
    BeyondDepth("t", 24, 12),
    KeyReused("k"),
    KeyVoided("k"),
    OutOfSequence("h", 2, 4),
]


def test_every_refusal_has_a_code_of_its_own() -> None:
    refusals = {
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Refused)
    }
    assert set(REFUSALS.values()) == refusals - {Refused}
    assert {type(error) for error in ERRORS} == refusals - {Refused}
    assert all(code == kind.code and 400 <= code < 500 for code, kind in REFUSALS.items())
    assert len({kind.key for kind in REFUSALS.values()}) == len(REFUSALS)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.key)
def test_a_refusal_goes_over_the_wire(error: Refused) -> None:
    response = failed("k", NOW, error)
    assert decode(encode(response), EiResponse) == response
    assert (response.response_code, response.ref_id) == (error.code, "k")
    assert response.response_description == str(error)
    assert reason(response.response_code) == error.key


def test_a_refusal_says_what_to_do_instead() -> None:
    assert failed("k", NOW, TenderSuperseded("t", "t2")).newer_tender_id == "t2"
    assert failed("k", NOW, BeyondDepth("t", 24, 12)).remaining_quantity == 12


def test_an_invalid_field_is_named() -> None:
    response = failed("k", NOW, InvalidField("tenders[3].price", "is not a number"))
    assert (response.response_code, response.attribute_violated) == (INVALID, "tenders[3].price")
    assert failed("k", NOW, MarketError("trouble")).response_code == INVALID
    assert reason(INVALID) == "refused"


def test_the_longest_description_still_fits() -> None:
    response = failed("k", NOW, InvalidField("x" * 5000, "y" * 5000))
    assert decode(encode(response), EiResponse) == response


def test_all_well() -> None:
    response = ok("k", NOW)
    assert (response.response_code, response.created_date_time) == (OK, "2026-11-24T08:00:00Z")
    assert encode(response) == b'{"responseCode":200,"refId":"k","createdDateTime":"2026-11-24T08:00:00Z"}'
