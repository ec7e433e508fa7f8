"""Tells what a person did from an echo of our own command: a pure decision on one change of an entity.

A person's is a change by a context with a user, or with a parent that is not ours; once our value was
confirmed, any change away from it; before that, a different value outside the confirmation window. An entity
keeps the context of the last action for some seconds, so the context alone would mislead.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from homeassistant.helpers.typing import StateType

from .model import Demand

WINDOW: Final = timedelta(seconds=30)
"""How long a device may take to show what it was told."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a controlled value.

    Attributes:
        before, after: the value; none where the entity was or is unavailable.
        user: whether a person stands behind its context.
        context, parent: ids of its context and of that one's parent.
    """

    before: StateType
    after: StateType
    user: bool
    context: str
    parent: str | None


@dataclass(frozen=True, slots=True)
class Command:
    """What we last wanted of the entity: whether it was seen so, and how long ago we first said so.

    ``before`` is what we wanted shortly before: a slow device may still show it.
    """

    demand: Demand
    confirmed: bool
    age: timedelta
    before: tuple[Demand, ...] = ()


def is_manual(  # noqa: PLR0911 - the rule's cases, one after the other
    change: Change, command: Command | None, ours: Collection[str], *, finished: bool, programme: bool = True
) -> bool:
    """Whether a person made a change.

    ``finished``: the device may stop by itself (a full car); ``programme``: what the device does by itself
    counts as a person's, as of a thermostat whose own programme the owner wants to stand.
    """
    if change.before is None or change.after is None or change.before == change.after:
        return False
    if command is not None and command.demand.met_by(change.after):
        return False
    if change.context not in ours:
        if change.user:
            return True
        if change.parent is not None and change.parent not in ours:
            return True
    if command is None or finished or not programme or command.demand.momentary:
        return False
    if not command.confirmed and any(demand.met_by(change.after) for demand in command.before):
        return False
    return command.confirmed or command.age > WINDOW
