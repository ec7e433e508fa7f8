"""The published documents are what the code makes, and say of the payloads what is so."""

import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest
import schemathesis
from hypothesis import given
from jsonschema import Draft202012Validator
from temix_market.errors import InvalidField
from temix_market.tenders import DEMO_BOUNDS, Publication
from temix_market.transactions import Order
from temix_market.wire import codec
from temix_market.wire.base import Payload, decode, encode
from temix_market.wire.openapi import openapi
from temix_market.wire.response import OK, OPENED, REFUSALS
from temix_market.wire.schema import FAMILIES, HOME, components, field_table, schemas
from temix_market.wire.seal import Envelope

from tests.market import strategies as draw

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
LISTED = {kind for family in (*FAMILIES, HOME) for kind in (*family.messages, *family.parts)} | {Envelope}


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "script" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# -- freshness


def test_the_reference_is_what_the_code_makes(
    generate: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert generate.main(["--check"]) == 0, capsys.readouterr().err


def test_stale_documents_are_noticed_and_mended(generate: ModuleType, tmp_path: Path) -> None:
    documents = {"schemas/a.json": "1\n", "b.md": "2\n"}
    assert generate.stale(tmp_path, documents) == {"schemas/a.json": "missing", "b.md": "missing"}
    generate.write(tmp_path, documents)
    assert generate.stale(tmp_path, documents) == {}
    (tmp_path / "b.md").write_text("3\n")
    (tmp_path / "by-hand.md").write_text("not ours\n")
    (tmp_path / "schemas" / "old.json").write_text("4\n")
    assert generate.stale(tmp_path, documents) == {
        "b.md": "not what the code makes",
        "schemas/old.json": "no longer made",
    }
    generate.write(tmp_path, documents)
    assert generate.stale(tmp_path, documents) == {}
    assert (tmp_path / "by-hand.md").exists()


def test_an_unknown_option_is_refused(generate: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main(["--chekc"]) == 2
    assert "usage" in capsys.readouterr().err


# -- completeness


def payloads(kind: type = Payload) -> Iterator[type]:
    for below in kind.__subclasses__():
        yield below
        yield from payloads(below)


def test_every_payload_is_documented() -> None:
    ours = {kind for kind in payloads() if kind.__module__.startswith("temix_market.wire")}
    assert ours == LISTED


ROW = re.compile(r"^\| \*?`(\w+)`\*? \| [^|]+ \| (?:CTS 1\.0|EI 1\.0|ours) \| [^|]+ \|$", re.MULTILINE)


def test_every_field_is_in_the_table_with_its_origin() -> None:
    sections = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##|\Z)", field_table(), re.MULTILINE | re.DOTALL))
    for kind in LISTED:
        rows = ROW.findall(sections[kind.__name__])
        fields = [field.encode_name for field in msgspec.structs.fields(kind)]
        assert [name for name in rows if name != "type"] == fields, kind


# What CTS 1.0 and EI 1.0 with EMIX name so; a field that claims one of them must be among these.
CTS = {
    "partyId",
    "counterPartyId",
    "requestId",
    "transaction",
    "marketTransactionId",
    "tender",
    "transactionId",
    "response",
    "tenderId",
    "resourceDesignator",
    "side",
    "priceScale",
    "quantityScale",
    "tenderDetail",
    "expirationTime",
    "interval",
    "price",
    "quantity",
    "dtStart",
    "duration",
    "boundingInterval",
    "marketId",
    "positionParty",
    "requestor",
    "positions",
    "streamStart",
    "streamIntervalDuration",
    "streamIntervals",
    "streamUid",
    "streamIntervalQuantity",
    "responseCode",
    "responseDescription",
    "refId",
    "createdDateTime",
    "attributeViolated",
    "subscriptionActionRequested",
    "subscriptionActionTaken",
    "subscriptionId",
    "subscriptionRequestId",
    "tickerType",
    "currency",
}
EI = {
    "partyId": "partyID",
    "tenders": "eiTender",
    "requestId": "requestID",
    "requestorPartyId": "requestorPartyID",
    "registreePartyId": "registreePartyID",
    "registrarPartyId": "registrarPartyID",
    "registrationId": "registrationID",
    "registrationInfo": "eiRegistrationInfo",
    "response": "eiResponse",
    "deliveries": "delivery",
    "injection": "injection",
    "interval": "interval",
    "quantity": "quantity",
    "readingType": "readingType",
}


def test_a_field_claims_a_standard_only_where_the_standard_has_it() -> None:
    for name, schema in components("{name}").items():
        for field, described in schema["properties"].items():
            match described.get("x-origin"):
                case "CTS 1.0":
                    assert field in CTS, f"{name}.{field}"
                case "EI 1.0":
                    assert field in EI, f"{name}.{field}"
                case "ours":
                    pass
                case None:
                    assert field == "type", f"{name}.{field} says not where it is from"


def test_the_page_lists_every_response_code() -> None:
    page = (REFERENCE / "wire.md").read_text()
    rows = dict(re.findall(r"^\| (\d{3}) \| (?:`(\w+)`)? ?\|", page, re.MULTILINE))
    done = {str(OK): "", str(OPENED): "", "400": "refused"}
    assert rows == done | {str(code): kind.key for code, kind in REFUSALS.items()}
    assert "aligned" in page
    assert not re.search(r"\bconformant\b", page + field_table())


# -- truth


@pytest.mark.parametrize("name", schemas())
def test_a_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(schemas()[name])


VALIDATORS = {name: Draft202012Validator(schema) for name, schema in schemas().items()}


@given(draw.publications(), draw.orders)
def test_what_the_code_writes_fits_the_schema(publication: Publication, order: Order) -> None:
    for payload in (codec.publication_payload(publication), codec.order_payload(order)):
        VALIDATORS[type(payload).__name__].validate(json.loads(encode(payload)))


@pytest.mark.parametrize(
    "old, new",
    [
        ('"side":"SELL"', '"side":"BID"'),
        ('"side":"SELL",', ""),
        ('"side":"SELL"', '"side":"SELL","colour":"red"'),
        ('"price":1', '"price":1.5'),
        ('"price":1', '"price":"1"'),
        ('"quantity":5', '"quantity":0'),
        ('"priceScale":6', '"priceScale":3'),
        ('"duration":"PT5M"', '"duration":"-PT5M"'),
        ('"dtStart":"2026-03-29T00:00:00Z"', '"dtStart":"2026-03-29T00:00:00"'),
        ('"type":"interval"', '"type":"stream"'),
        ("-7000-", "-4000-"),
    ],
)
def test_schema_and_code_refuse_the_same(old: str, new: str) -> None:
    step = draw.Interval(draw.MIDNIGHT, draw.FIVE_MINUTES)
    key = "00000000-0000-7000-8000-000000000000"
    order = codec.order_payload(Order(draw.pair(step, draw.Side.SELL, 5, key), draw.MIDNIGHT))
    text = encode(order).decode()
    assert old in text
    changed = text.replace(old, new)
    assert not VALIDATORS["CreateTransactionPair"].is_valid(json.loads(changed))
    with pytest.raises(InvalidField):
        codec.read_order(decode(changed, type(order)), DEMO_BOUNDS)


def test_an_empty_publication_is_a_publication() -> None:
    payload = codec.publication_payload(Publication(draw.LSE, 0, draw.MIDNIGHT, ()))
    VALIDATORS["EiDistributeTender"].validate(json.loads(encode(payload)))


# -- OpenAPI


def test_the_openapi_document_is_valid() -> None:
    schemathesis.openapi.from_dict(openapi()).validate()


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_every_reference_leads_somewhere() -> None:
    document = openapi()
    found = set(references(document))
    assert found
    for reference in found:
        place: Any = document
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]


def test_what_never_leaves_the_home_is_not_the_retailers() -> None:
    assert "OwnerMandate" not in openapi()["components"]["schemas"]
    assert "OwnerMandate" in schemas()
    assert "### OwnerMandate" in field_table()


def test_the_document_has_the_services_resources() -> None:
    methods = {(path, method) for path, item in openapi()["paths"].items() for method in item}
    assert methods == {
        ("/oauth/token", "post"),
        ("/enrollments", "post"),
        ("/registrations", "post"),
        ("/registrations/cancel", "post"),
        ("/tenders", "post"),
        ("/tenders/cancel", "post"),
        ("/stream", "get"),
        ("/transactions", "post"),
        ("/transactions/{key}/reconcile", "post"),
        ("/positions", "post"),
        ("/deliveries", "post"),
        ("/deliveries/requests", "post"),
        ("/heads", "post"),
        ("/messages", "post"),
        ("/spots", "post"),
        ("/health", "get"),
    }
