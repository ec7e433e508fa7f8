"""Which broker of an OpenADR 3.1 server is heard: one that is safe, or none."""

from typing import Any

import msgspec
import pytest
from temix_gateway.retailer.published.openadr_notices import Broker, Notifiers, NotOffered, Topics, broker_of

TOPICS = {
    "CREATE": "events/programs/44/create",
    "UPDATE": "events/programs/44/update",
    "DELETE": "events/programs/44/delete",
}
BEARER = {"method": "OAUTH2_BEARER_TOKEN", "username": "{clientID}"}


def broker(mqtt: object, topics: dict[str, Any] | None = None, client: str = "home") -> Broker:
    notifiers = msgspec.convert({"WEBHOOK": True, "MQTT": mqtt}, Notifiers)
    return broker_of(notifiers, Topics(TOPICS if topics is None else topics), client)


def test_the_documented_answer_is_understood() -> None:
    mqtt = {
        "URIS": ["mqtts://broker.vtn.example"],
        "authentication": {"method": "ANONYMOUS"},
        "serialization": "JSON",
    }
    every = {"ALL": "events/programs/44/+"}
    assert broker(mqtt, TOPICS | every) == Broker(
        "broker.vtn.example", 8883, True, "", ("events/programs/44/+",)
    )
    assert broker(mqtt).topics == tuple(TOPICS.values())


def test_the_token_is_given_under_the_name_that_the_server_wants() -> None:
    mqtt = {"URIS": ["mqtts://broker.vtn.example:9001"], "authentication": BEARER}
    assert broker(mqtt) == Broker("broker.vtn.example", 9001, True, "home", tuple(TOPICS.values()))
    assert broker(mqtt | {"authentication": BEARER | {"username": "oauth2"}}).user == "oauth2"


def test_without_tls_only_this_machine_is_heard() -> None:
    both = {"URIS": ["mqtt://broker.vtn.example:1883", "tcp://[", "mqtts://broker.vtn.example"]}
    assert broker(both).tls
    assert broker({"URIS": ["mqtt://127.0.0.1"]}) == Broker(
        "127.0.0.1", 1883, False, "", tuple(TOPICS.values())
    )


@pytest.mark.parametrize(
    "mqtt, topics, reason",
    [
        (None, TOPICS, "no notifications"),
        ({"URIS": ["mqtt://broker.vtn.example"]}, TOPICS, "mqtts"),
        ({"URIS": []}, TOPICS, "mqtts"),
        ({"URIS": ["mqtts://b"], "authentication": {"method": "CERTIFICATE"}}, TOPICS, "CERTIFICATE"),
        ({"URIS": ["mqtts://b"], "authentication": {"method": BEARER["method"]}}, TOPICS, "BEARER"),
        ({"URIS": ["mqtts://b"]}, {"ALL": None}, "topic"),
    ],
)
def test_what_cannot_be_heard_is_said(mqtt: object, topics: dict[str, Any], reason: str) -> None:
    with pytest.raises(NotOffered, match=reason):
        broker(mqtt, topics)


def test_a_home_without_an_account_has_no_token_to_give() -> None:
    with pytest.raises(NotOffered, match="BEARER"):
        broker({"URIS": ["mqtts://b"], "authentication": BEARER}, client="")
