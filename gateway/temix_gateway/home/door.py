"""Who is let in: tokens, the pairing window, and the Supervisor's secret."""

import asyncio
from collections.abc import Callable, Collection

from msgspec import Struct

from temix_gateway.home import pairing
from temix_gateway.home.access import (
    Access,
    ConfirmPairing,
    KnownClient,
    Pair,
    Paired,
    PairingPoint,
    PairingWindow,
    RedeemSecret,
    Token,
)
from temix_gateway.home.codes import pairing_uri
from temix_gateway.home.errors import CommandRefused
from temix_gateway.home.journal import Journal
from temix_gateway.home.messages import PauseTrading
from temix_gateway.home.pairing import Attempt, Bootstrap, Pairing, PairingClosed, WrongCode
from temix_gateway.home.roles import NOTED, Role
from temix_gateway.home.tokens import Client, TokenStore


class Door:
    """Lets clients of the local API in, and says in the security log whom it let in and whom not."""

    def __init__(  # noqa: PLR0913, PLR0917 (each is something else that it guards with)
        self,
        tokens: TokenStore,
        gateway_id: str,
        fingerprint: bytes,
        monotonic: Callable[[], float],
        bootstrap: Bootstrap | None = None,
        journal: Journal | None = None,
    ) -> None:
        """Guard the gateway of this id and certificate; ``monotonic`` gives seconds."""
        self.journal = journal or Journal(None, lambda: 0)
        self._tokens = tokens
        self._gateway_id = gateway_id
        self._bootstrap = bootstrap or Bootstrap()
        self._pairing = Pairing(pairing.identity(fingerprint, gateway_id), monotonic)

    async def authenticate(self, token: str) -> Client | None:
        """The client whose token this is, its use noted."""
        client = await asyncio.to_thread(self._tokens.authenticate, token)
        if client is None:
            self.journal.note("token_refused")
        return client

    async def answer(self, asked: Pair) -> tuple[Attempt, PairingPoint]:
        """Take the first half of a pairing.

        Raises:
            PairingClosed: no window is open.
            WrongCode: the client's point is none.
        """
        window = self._pairing.window()
        point = bytes.fromhex(asked.point)
        tried = await asyncio.to_thread(pairing.attempt, window, asked.client, self._pairing.gateway, point)
        return tried, PairingPoint(point=tried.gateway_point.hex())

    async def confirm(self, asked: Pair, tried: Attempt, confirmed: ConfirmPairing) -> Paired:
        """Take the second half; a right proof makes a client of it.

        Raises:
            PairingClosed: the window closed meanwhile.
            WrongCode: the proof is wrong.
            TooManyClients: there are as many as there may be.
        """
        try:
            proof = self._pairing.confirm(tried, bytes.fromhex(confirmed.proof))
        except (PairingClosed, WrongCode) as error:
            self.journal.note("pairing_refused", asked.label, reason=str(error))
            raise
        role = tried.window.role
        token = await asyncio.to_thread(self._tokens.pair, asked.client, asked.label, role)
        self.journal.note("paired", asked.label, role=role.value)
        return Paired(proof=proof.hex(), sealed=tried.sealed(token).hex())

    async def redeem(self, asked: RedeemSecret) -> Token:
        """Take the Supervisor's secret for a controller's token.

        Raises:
            PairingClosed: it is not the secret, or was used.
            TooManyClients: there are as many as there may be.
        """
        try:
            self._bootstrap.redeem(asked.secret)
        except PairingClosed:
            self.journal.note("pairing_refused", asked.label, reason="not the Supervisor's secret")
            raise
        token = await asyncio.to_thread(self._tokens.pair, asked.client, asked.label, Role.CONTROLLER)
        self.journal.note("paired", asked.label, role=Role.CONTROLLER.value)
        return Token(token=token)

    def open_pairing(self, role: Role) -> PairingWindow:
        """Open the window for a client of this role.

        Raises:
            PairingClosed: too many wrong codes came.
        """
        window = self._pairing.open(role)
        self.journal.note("pairing_opened", role=role.value)
        uri = pairing_uri(self._gateway_id, window.code)
        return PairingWindow(code=window.code, uri=uri, seconds=self._pairing.open_seconds)

    def close_pairing(self) -> None:
        """Close the window."""
        self._pairing.close()
        self.journal.note("pairing_closed")

    async def access(self, connected: Collection[str]) -> Access:
        """Who is paired, given the labels of those ``connected``, and how the window stands."""
        clients = await asyncio.to_thread(self._tokens.clients)
        return Access(
            clients=[
                KnownClient(
                    label=client.label,
                    role=client.role,
                    created=client.created,
                    last_used=client.last_used,
                    connected=client.label in connected,
                )
                for client in clients
            ],
            open_seconds=self._pairing.open_seconds,
            cooling_seconds=self._pairing.cooling_seconds,
        )

    def check(self, client: Client) -> None:
        """Whether a client that was let in may still be here.

        Raises:
            CommandRefused: its time is over.
        """
        if self._tokens.ended(client):
            raise CommandRefused("the installer's half hour is over: sign in again")

    def refused(self, client: Client, command: str) -> None:
        """A client asked for what its role may not do."""
        self.journal.note("refused", client.label, command=command)

    def done(self, client: Client, command: Struct) -> None:
        """A client's command was carried out."""
        name = str(command.__struct_config__.tag)
        if isinstance(command, PauseTrading):
            self.traded(client.label, paused=command.paused)
        elif name in NOTED:
            self.journal.note(name, client.label)

    def traded(self, who: str, *, paused: bool) -> None:
        """Somebody stopped trading, or let it go on."""
        self.journal.note("stopped" if paused else "resumed", who)

    async def has_controller(self) -> bool:
        """Whether a Home Assistant has paired."""
        clients = await asyncio.to_thread(self._tokens.clients)
        return any(client.role is Role.CONTROLLER for client in clients)

    async def revoke(self, label: str) -> None:
        """End a client's token.

        Raises:
            UnknownLabel: there is none.
        """
        await asyncio.to_thread(self._tokens.revoke, label)
        self.journal.note("revoked", label)
