"""Who is let in: tokens, the pairing window, and the Supervisor's secret."""

import asyncio
from collections.abc import Callable, Collection

import structlog

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
from temix_gateway.home.pairing import Attempt, Bootstrap, Pairing, PairingClosed, WrongCode
from temix_gateway.home.roles import Role
from temix_gateway.home.tokens import Client, TokenStore

_LOG = structlog.get_logger("temix_gateway.security")


class Door:
    """Lets clients of the local API in, and says in the log whom it let in and whom not."""

    def __init__(
        self,
        tokens: TokenStore,
        gateway_id: str,
        fingerprint: bytes,
        monotonic: Callable[[], float],
        bootstrap: Bootstrap | None = None,
    ) -> None:
        """Guard the gateway of this id and certificate; ``monotonic`` gives seconds."""
        self._tokens = tokens
        self._gateway_id = gateway_id
        self._bootstrap = bootstrap or Bootstrap()
        self._pairing = Pairing(pairing.identity(fingerprint, gateway_id), monotonic)

    async def authenticate(self, token: str) -> Client | None:
        """The client whose token this is, its use noted."""
        client = await asyncio.to_thread(self._tokens.authenticate, token)
        if client is None:
            _LOG.warning("a client gave a token that is not known")
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
            _LOG.warning("pairing refused", client=asked.label, reason=str(error))
            raise
        role = tried.window.role
        token = await asyncio.to_thread(self._tokens.pair, asked.client, asked.label, role)
        _LOG.info("client paired", client=asked.label, role=role.value)
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
            _LOG.warning("a Supervisor's secret was refused", client=asked.label)
            raise
        token = await asyncio.to_thread(self._tokens.pair, asked.client, asked.label, Role.CONTROLLER)
        _LOG.info("client paired by the Supervisor", client=asked.label)
        return Token(token=token)

    def open_pairing(self, role: Role) -> PairingWindow:
        """Open the window for a client of this role.

        Raises:
            PairingClosed: too many wrong codes came.
        """
        window = self._pairing.open(role)
        _LOG.info("pairing window opened", role=role.value)
        uri = pairing_uri(self._gateway_id, window.code)
        return PairingWindow(code=window.code, uri=uri, seconds=self._pairing.open_seconds)

    def close_pairing(self) -> None:
        """Close the window."""
        self._pairing.close()
        _LOG.info("pairing window closed")

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
        _LOG.info("client revoked", client=label)
