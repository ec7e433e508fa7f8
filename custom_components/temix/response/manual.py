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
    """What we last wanted of the entity: whether it was seen so, and how long ago we said so."""

    demand: Demand
    confirmed: bool
    age: timedelta


def is_manual(change: Change, command: Command | None, ours: Collection[str], *, finished: bool) -> bool:
    """Whether a person made a change; ``finished``: the device may stop by itself (a full car)."""
    if change.before is None or change.after is None or change.before == change.after:
        return False
    if command is not None and command.demand.met_by(change.after):
        return False
    if change.context not in ours:
        if change.user:
            return True
        if change.parent is not None and change.parent not in ours:
            return True
    if command is None or finished or command.demand.momentary:
        return False
    return command.confirmed or command.age > WINDOW
