"""The clients of the local API: their tokens, stored as hashes only."""

import fcntl
import hashlib
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain, count
from pathlib import Path
from typing import Final

import msgspec

from temix_gateway.home.errors import LabelTaken, TooManyClients, UnknownLabel, UnreadableStore
from temix_gateway.home.roles import INSTALLER_LASTS_S, Role

PREFIX: Final = "teg_"
CLIENTS: Final = 16
"""The most clients that a gateway has."""


class Client(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One client; times are milliseconds since 1970-01-01T00:00Z, ``last_used`` null before the first use.

    ``identity`` is what a paired client calls itself for good; the command line has none.
    """

    hash: str
    label: str
    role: Role
    created: int
    last_used: int | None = None
    identity: str = ""


class TokenStore:
    """A small file of clients that a running gateway and its command line share.

    Every call reads it and may rewrite it whole, in one step and under a lock, so it blocks for a moment.
    All raise ``UnreadableStore`` where the file is there and is not such a file.
    """

    def __init__(self, path: Path, now: Callable[[], int]) -> None:
        """Keep the clients in ``path``; ``now`` gives milliseconds since 1970."""
        self._path = path
        self._now = now

    def clients(self) -> list[Client]:
        """Every client, in the order in which they were added."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=list[Client])
        except FileNotFoundError:
            return []
        except (OSError, ValueError) as error:
            hint = "restore it from a backup, or remove it and give every client a new token"
            raise UnreadableStore(self._path, f"{error}; {hint}") from error

    def create(self, label: str, role: Role) -> str:
        """Add a client and return its token, which cannot be read again.

        Raises:
            LabelTaken: a client with this label exists.
        """
        token = PREFIX + secrets.token_urlsafe(32)
        with self._locked():
            clients = self.clients()
            if any(client.label == label for client in clients):
                raise LabelTaken(label)
            self._write([*clients, Client(hash=_hash(token), label=label, role=role, created=self._now())])
        return token

    def pair(self, identity: str, label: str, role: Role) -> str:
        """Add a client that paired, in place of an earlier one of its identity; return its token.

        A label that another client has gets a number.

        Raises:
            TooManyClients: there are as many as there may be.
        """
        token = PREFIX + secrets.token_urlsafe(32)
        with self._locked():
            others = [client for client in self.clients() if client.identity != identity]
            if len(others) >= CLIENTS:
                raise TooManyClients(CLIENTS)
            taken = {client.label for client in others}
            names = chain((label,), (f"{label} {number}" for number in count(2)))
            free = next(name for name in names if name not in taken)
            made = Client(hash=_hash(token), label=free, role=role, created=self._now(), identity=identity)
            self._write([*others, made])
        return token

    def revoke(self, label: str) -> None:
        """Remove a client; its token opens no connection from now on.

        Raises:
            UnknownLabel: there is none.
        """
        with self._locked():
            clients = self.clients()
            kept = [client for client in clients if client.label != label]
            if len(kept) == len(clients):
                raise UnknownLabel(label)
            self._write(kept)

    def authenticate(self, token: str) -> Client | None:
        """The client whose token this is, its use noted; none where the token is not known or has ended."""
        digest = _hash(token)
        with self._locked():
            clients = self.clients()
            found = next((client for client in clients if client.hash == digest), None)
            if found is not None and self.ended(found):
                return None
            if found is not None:
                used = msgspec.structs.replace(found, last_used=self._now())
                self._write([used if client is found else client for client in clients])
        return found

    def ended(self, client: Client) -> bool:
        """Whether its time is over, as an installer's is after half an hour."""
        return client.role is Role.INSTALLER and self._now() - client.created >= INSTALLER_LASTS_S * 1000

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.with_name(self._path.name + ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _write(self, clients: list[Client]) -> None:
        private_file(self._path, msgspec.json.format(msgspec.json.encode(clients), indent=2))


def private_file(path: Path, content: bytes) -> None:
    """Replace a file in one step; nobody but the owner of the process can read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def _hash(token: str) -> str:
    """A token has 256 random bits: a plain hash is enough, and quick."""
    return hashlib.sha256(token.encode()).hexdigest()
