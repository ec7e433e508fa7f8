"""The local API's JSON Schema and reference page, made from the message types."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final, get_args

import msgspec

from temix_gateway.home import limits, messages, pairing
from temix_gateway.home.messages import ErrorCode, ServerMessage
from temix_gateway.home.roles import COMMANDS, INSTALLER_LASTS_S, OPEN_PAGES, PAGES, PAIRS, Role
from temix_gateway.home.session import Command, Order

_HANDSHAKE: Final = """# Local API

The gateway serves Home Assistant over one WebSocket, `wss://HOST:PORT/api`, TLS 1.3, with a certificate that
it signs itself: a client pins the certificate's SHA-256 and sends nothing before it matches. Every message is
one JSON object as text. Times are milliseconds since 1970-01-01T00:00Z, energy is Wh (buying and import
positive), prices are millionths of the currency unit per kWh, power is W: whole numbers all.

1. The gateway says `hello`: who it is, and the schemas that it speaks.
2. The client sends `authenticate` with its token and one of those schemas. A client without a token pairs
   instead, on a connection of its own: [see below](#pairing).
3. It sends `start_listening`; the result is a snapshot of the whole state, and the last event's number.
4. Each `event` after it carries the next number and the sections of the state that changed, each whole.
   After a gap in the numbers, or on a new connection, the client asks for a snapshot again.

Every command has an id and gets one `result` or one `error` with that id. A field that a newer gateway adds
to what it sends leaves the schema's number as it is: clients pass over what they do not know. The gateway
refuses what it does not know. Whoever hears nothing for a while sends a WebSocket ping, and gives up when
that is not answered. The JSON Schema is [local-api.schema.json](local-api.schema.json).
"""

_PAIRING: Final = """## Pairing

A person opens the pairing window on the gateway and carries the code to the client. The window is open for
{minutes:.0f} minutes and for one client.

1. The client sends `pair` with the first message of SPAKE2 as its side A: the code's first eight characters
   are the password, `client` is identity A; identity B is the SHA-256 of the certificate that the client
   sees, followed by the gateway's id in UTF-8. Group and constants are those of the Python package `spake2`
   (Ed25519).
2. The gateway answers with its own message. Both derive 96 bytes from the shared key by HKDF-SHA-256 with no
   salt, info `temix pairing 1`: a key for the client's proof, one for the gateway's, one to seal the token.
3. The client sends `confirm_pairing` with the HMAC-SHA-256 of both points, its own first, by the first key.
4. Only if that is right, the gateway answers with its own proof under the second key, and the token sealed by
   AES-256-GCM under the third (nonce of zeros, as the key seals nothing else). The connection ends; the
   client checks the proof, pins the certificate, and authenticates with the token from then on.

After {failures} wrong codes the window closes and cannot be opened for {cool:.0f} minute, then for twice as
long, up to {most:.0f} minutes. Clients that are paired notice nothing. Pairing anew with the same `client`
replaces its token.
"""


def schema() -> dict[str, Any]:
    """The JSON Schema: ``ClientMessage`` is what a client sends, ``ServerMessage`` what the gateway sends."""
    (client, server), defs = msgspec.json.schema_components(
        (Command.__value__, ServerMessage.__value__), ref_template="#/$defs/{name}"
    )
    changes = {key: value for key, value in defs["State"].items() if key != "required"}
    defs["Changes"] = changes | {"title": "Changes", "description": "Any sections of the state, each whole."}
    defs["Event"]["properties"]["changes"] = {"$ref": "#/$defs/Changes"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "TeMIX local API",
        "oneOf": [{"$ref": "#/$defs/ClientMessage"}, {"$ref": "#/$defs/ServerMessage"}],
        "$defs": {"ClientMessage": client, "ServerMessage": server} | defs,
    }


def page() -> str:
    """The reference page, in Markdown."""
    defs = schema()["$defs"]
    sent = [kind.__name__ for kind in _members(Command.__value__)]
    heard = [kind.__name__ for kind in _members(ServerMessage.__value__)]
    parts = sorted(defs.keys() - {*sent, *heard, "ClientMessage", "ServerMessage"})
    chapters = (
        ("What a client sends", sent),
        ("What the gateway sends", heard),
        ("Parts of messages", parts),
    )
    told = _PAIRING.format(
        minutes=pairing.OPEN_S / 60,
        failures=pairing.FAILURES,
        cool=pairing.COOL_S / 60,
        most=pairing.COOL_AT_MOST_S / 60,
    )
    lines = [_HANDSHAKE, told]
    for chapter, names in chapters:
        lines.append(f"## {chapter}\n")
        for name in names:
            lines += _section(name, defs[name])
    return "\n".join([*lines, *_roles(), *_errors(), *_limits()])


def _section(name: str, definition: dict[str, Any]) -> Iterator[str]:
    yield f"### {name}\n"
    yield definition["description"].replace("``", "`") + "\n"
    if "enum" in definition:
        yield "One of " + ", ".join(f"`{value}`" for value in definition["enum"]) + ".\n"
        return
    required = definition.get("required", [])
    yield "| field | type | needed | default |"
    yield "| --- | --- | --- | --- |"
    for field, of in definition["properties"].items():
        needed = "yes" if field in required else "no"
        default = f"`{msgspec.json.encode(of['default']).decode()}`" if "default" in of else ""
        yield f"| `{field}` | {_type(of)} | {needed} | {default} |"
    yield ""


def _type(of: dict[str, Any]) -> str:
    if "$ref" in of:
        name = of["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in of:
        return " or ".join(_type(option) for option in of["anyOf"])
    if "enum" in of:
        return ", ".join(f"`{value}`" for value in of["enum"])
    kind = str(of.get("type", "any"))
    if kind == "array":
        return f"list of {_type(of['items'])}"
    if kind == "object" and isinstance(of.get("additionalProperties"), dict):
        return f"object of {_type(of['additionalProperties'])}"
    return f"{kind} ({of['description']})" if "description" in of else kind


def _roles() -> Iterator[str]:
    commands = [str(kind.__struct_config__.tag) for kind in _members(Order.__value__)]
    yield "## Roles\n"
    yield "A token has one role. Home Assistant is the controller. An installer's token, like a session of"
    yield f"the installer's on the gateway's pages, ends after {INSTALLER_LASTS_S // 60} minutes.\n"
    yield from _table("command", {command: COMMANDS[command] for command in commands})
    yield "`open_pairing` is for clients of these roles:\n"
    yield from _table("role of the client", {role.value: PAIRS[role] for role in Role})
    yield "The gateway's pages, on the same port, ask the same table. Open to everybody, and telling"
    yield "nothing of the home, are " + ", ".join(f"`{page}`" for page in sorted(OPEN_PAGES)) + ".\n"
    yield from _table("page", PAGES)


def _table(what: str, allowed: Mapping[str, Collection[Role]]) -> Iterator[str]:
    yield f"| {what} | " + " | ".join(Role) + " |"
    yield "| --- |" + " --- |" * len(Role)
    for name, roles in allowed.items():
        yield f"| `{name}` | " + " | ".join("yes" if role in roles else "" for role in Role) + " |"
    yield ""


def _errors() -> Iterator[str]:
    meanings = {
        "invalid_message": "not JSON, or not as the schema says; the text names the field",
        "invalid_auth": "the token is not known; the connection is closed",
        "unsupported_schema": "the gateway does not speak this schema; the connection is closed",
        "not_allowed": "the role may not do this, or nobody has authenticated yet",
        "rate_limited": "too many messages; this one was not carried out",
        "refused": "the gateway does not do this now; the text says why",
        "pairing_closed": "no pairing window is open, or its code was used; the text says what to do",
        "wrong_code": "the client's proof is wrong: another code, or another certificate than the gateway's",
        "internal": "the gateway failed; its log says how",
    }
    yield "## Error codes\n"
    yield "| code | meaning |"
    yield "| --- | --- |"
    for code in get_args(ErrorCode.__value__):
        yield f"| `{code}` | {meanings[code]} |"
    yield ""


def _limits() -> Iterator[str]:
    yield "## Bounds\n"
    yield "| what | bound |"
    yield "| --- | --- |"
    yield f"| schemas | {messages.MIN_SCHEMA} to {messages.MAX_SCHEMA} |"
    yield f"| a message from a client | {limits.MESSAGE_BYTES // 1024} KiB, else close code 1009 |"
    yield f"| messages from a client | {limits.MESSAGES_A_SECOND} a second, {limits.BURST} at once |"
    yield f"| messages waiting for a client | {limits.QUEUED_MESSAGES}, else close code 1013 |"
    bounds = limits.RECEPTION
    room = "else the address with the most that have not authenticated loses the oldest of them"
    yield f"| connections | {bounds.connections}, {room} |"
    own = "else its oldest one is closed with code 1013"
    yield f"| connections of one client | {limits.CONNECTIONS_PER_CLIENT}, {own} |"
    yield f"| time for the TLS handshake | {bounds.handshake_s:.0f} s |"
    since = "since the connection or the last answer"
    yield f"| time for a request's headers | {bounds.headers_s:.0f} s {since} |"
    yield f"| time to authenticate | {limits.AUTHENTICATE_WITHIN_S:.0f} s, else close code 1008 |"
    yield f"| silence before a ping, and again after it | {limits.SILENT_S:.0f} s |"
    yield ""


def _members(union: Any) -> Iterator[type[msgspec.Struct]]:
    """The struct types of a union, aliases within it resolved."""
    for member in get_args(union):
        inner = getattr(member, "__value__", None)
        if inner is None:
            yield member
        else:
            yield from _members(inner)
