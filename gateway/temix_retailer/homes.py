"""The homes of a market: how they come in, log in, register their keys and go."""

from temix_market.errors import InvalidField
from temix_market.instants import Duration, iso
from temix_market.ports import Clock
from temix_market.tenders import PartyId
from temix_market.wire.keys import VerifyKey
from temix_market.wire.registration import (
    CreatedEnrollment,
    CreateEnrollment,
    EiCanceledPartyRegistration,
    EiCancelPartyRegistration,
    EiCreatedPartyRegistration,
    EiCreatePartyRegistration,
)
from temix_market.wire.response import ok

from temix_retailer.access import Enrollment, Enrollments
from temix_retailer.desk import Desk
from temix_retailer.enrolment import Invitations
from temix_retailer.errors import RegistrationError
from temix_retailer.terms import Terms


class Homes:
    """Credentials and keys of the homes."""

    def __init__(
        self, desk: Desk, clock: Clock, terms: Terms, enrollments: Enrollments, invitations: Invitations
    ) -> None:
        """Over what the store has of them."""
        self._desk = desk
        self._clock = clock
        self._terms = terms
        self._enrollments = enrollments
        self._invitations = invitations
        self._keys: dict[PartyId, VerifyKey] = {}

    async def enroll(self, home: PartyId, life: Duration) -> Enrollment:
        """Give a home credentials."""
        return await self._desk.run(self._enrollments.enroll, home, life)

    async def redeem(self, request: CreateEnrollment) -> CreatedEnrollment:
        """Enrol a home by its code.

        Raises:
            AccessDenied: the code is not accepted.
            InvalidField: the certificate request is none.
        """
        made = await self._desk.run(self._invitations.redeem, request.code, request.certificate_request)
        return CreatedEnrollment(
            party_id=made.home,
            client_id=made.client_id,
            client_secret=made.client_secret,
            certificate=made.certificate,
            expires=iso(made.expires_at),
        )

    async def authenticate(self, client_id: str, secret: str, certificate: bytes | None = None) -> PartyId:
        """The home that logs in, with the certificate (DER) that it shows.

        Raises:
            AccessDenied: the credentials are not accepted.
        """

        def check() -> PartyId:
            home = self._enrollments.home_of(client_id, secret)
            self._invitations.check(client_id, certificate)
            return home

        return await self._desk.run(check)

    async def cancel(self, home: PartyId, request: EiCancelPartyRegistration) -> EiCanceledPartyRegistration:
        """End a home's account; its transactions stay.

        Raises:
            InvalidField: it is another registration than its own.
        """
        if request.registration_id != self._registration_id(home):
            raise InvalidField("registrationId", f"{request.registration_id} is none of {home}")
        await self._desk.run(self._enrollments.cancel, home)
        return EiCanceledPartyRegistration(response=ok(request.request_id, self._clock.now()))

    async def register(self, home: PartyId, request: EiCreatePartyRegistration) -> EiCreatedPartyRegistration:
        """Remember a home's key and tell it the terms of the market.

        Raises:
            InvalidField: it registers another home than itself, or no Ed25519 key.
            RegistrationError: it registered another key since it was enrolled.
        """
        if request.registree_party_id != home:
            raise InvalidField(
                "registreePartyId", f"{request.registree_party_id} is not {home}, who logged in"
            )
        key = VerifyKey.from_jwk(request.registration_info.key, "registrationInfo.key")
        await self._desk.run(self._enrollments.register, home, key)
        self._keys[home] = key
        return EiCreatedPartyRegistration(
            response=ok(request.request_id, self._clock.now()),
            registrar_party_id=self._terms.circuit.energy,
            registree_party_id=home,
            registration_id=self._registration_id(home),
            market_context=self._terms.context(),
        )

    async def signers(self, home: PartyId) -> dict[str, VerifyKey]:
        """Whose signature counts in the name of a home.

        Raises:
            RegistrationError: it has registered no key.
        """
        if home not in self._keys:
            key = await self._desk.run(self._enrollments.key_of, home)
            if key is None:
                raise RegistrationError(f"{home} has no key here: register first")
            self._keys[home] = key
        return {home: self._keys[home]}

    def _registration_id(self, home: PartyId) -> str:
        return f"{self._terms.market_id}/{home}"
