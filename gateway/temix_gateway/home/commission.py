"""Messages about commissioning, for the command line; the pages do the same without them."""

from typing import Any

from msgspec import Struct

from temix_gateway.commissioning.answers import StepName
from temix_gateway.commissioning.steps import Finding
from temix_gateway.home.units import CommandId, Time


class GetCommissioning(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="get_commissioning"
):
    """Ask how far commissioning is."""

    id: CommandId


class Commission(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="commission"):
    """Carry one step out, with its answers as the answers file has them."""

    id: CommandId
    step: StepName
    answers: dict[str, Any] = {}


class StepState(Struct, frozen=True, kw_only=True):
    """A step as it was last carried out; ``at`` is null where it never was."""

    step: StepName
    done: bool
    at: Time | None
    findings: list[Finding]


class CommissioningState(Struct, frozen=True, kw_only=True, tag="commissioning", tag_field="kind"):
    """Every step in its order, and the signed record (JWS) where it holds: what ``get_commissioning`` gives.

    ``locked`` says why nothing is traded until there is a new record; empty: that is not what it waits for.
    """

    language: str
    steps: list[StepState]
    locked: str
    record: str | None


class StepOutcome(Struct, frozen=True, kw_only=True, tag="step_outcome", tag_field="kind"):
    """What came of a step: the result of ``commission``. It is done where no finding is ``wrong``."""

    done: bool
    findings: list[Finding]
