"""Canonical JSON and hash chains: how what matters is written so that it can be checked byte by byte."""

import hashlib

import rfc8785

type Canonical = str | int | bool | list[Canonical] | tuple[Canonical, ...] | dict[str, Canonical] | None
"""What may be signed or chained: no floats, whose text would differ between programs."""


def canonical(content: Canonical) -> bytes:
    """Write ``content`` by RFC 8785, so that equal content has equal bytes."""
    return rfc8785.dumps(content)


def chain_hash(previous: bytes, content: Canonical) -> bytes:
    """The head of a chain after ``content``: SHA-256 over the head before it and the canonical bytes."""
    return hashlib.sha256(previous + canonical(content)).digest()
