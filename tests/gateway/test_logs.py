"""No secret is logged: not by a field's name, not by its form, not in an error's text, not by a library."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from temix_gateway.logs import HIDDEN, Redaction, redaction, set_up_logging
from temix_market.wire.keys import SigningKey

JWS = "eyJhbGciOiJFZDI1NTE5In0.eyJpc3MiOiJob21lLTEifQ.c2lnbmF0dXJl"
JWK = json.dumps(SigningKey.from_seed(bytes(32)).private_jwk)


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:], root.level = handlers, level


@pytest.mark.parametrize(
    "text, secret",
    [
        (f"message {JWS} refused", JWS),
        (f"key {JWK}", SigningKey.from_seed(bytes(32)).private_jwk["d"]),
        ("Authorization: Bearer abcdefgh12345678", "abcdefgh12345678"),
        ("authorization: basic aG9tZS0xOnRvcHNlY3JldA==", "aG9tZS0xOnRvcHNlY3JldA=="),
        ("token teg_0123456789abcdefghijklmnopq", "teg_0123456789abcdefghijklmnopq"),
        ("-----BEGIN PRIVATE KEY-----\nMIGHAgEA\n-----END PRIVATE KEY-----", "MIGHAgEA"),
        ("-----BEGIN EC PRIVATE KEY-----\nMIGHAgEA", "MIGHAgEA"),
        ("the secret is correct horse battery", "correct horse battery"),
    ],
)
def test_a_secret_is_hidden_wherever_it_stands(text: str, secret: str) -> None:
    hiding = Redaction()
    hiding.learn(["correct horse battery", "abc"])
    for event in (
        {"event": text},
        {"event": "x", "reason": ValueError(text)},
        {"event": "x", "all": [{"a": text}]},
    ):
        told = json.dumps(hiding(None, "info", dict(event)))
        assert secret not in told
        assert HIDDEN in told


def test_what_is_no_secret_stays() -> None:
    event = {
        "event": "order refused",
        "key": "017a766a-1a66-7362-ba9e-3492460508df",
        "count": 3,
        "up": True,
        "abc": "abc",
    }
    assert Redaction()(None, "info", dict(event)) == event


@pytest.mark.parametrize("field", ["token", "Secret", "signed", "passphrase"])
def test_a_field_is_hidden_by_its_name(field: str) -> None:
    assert Redaction()(None, "info", {"event": "x", field: "anything"})[field] == HIDDEN


@pytest.mark.parametrize("form", ["json", "console"])
def test_nothing_gets_past_it(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("debug", form)  # type: ignore[arg-type]
    redaction.learn(["correct horse battery"])
    log = structlog.get_logger("test")
    try:
        int("correct horse battery")
    except ValueError:
        log.exception("it failed", signed=JWS)
    logging.getLogger("aiohttp").warning("a library says %s", JWS)
    said = capsys.readouterr().err
    assert "correct horse" not in said
    assert JWS not in said
    assert "a library says" in said
    if form == "json":
        assert [json.loads(line)["level"] for line in said.splitlines()] == ["error", "warning"]


def test_the_level_decides(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("warning", "json")
    structlog.get_logger().info("not told")
    structlog.get_logger().warning("told")
    assert capsys.readouterr().err.count("\n") == 1
