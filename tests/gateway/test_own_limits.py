"""What is kept of the owner's choices over a restart, also by versions before limits could be moved."""

import msgspec
import pytest
from temix_gateway.own_limits import Choices, OwnLimits
from temix_market.units import Money, Price


@pytest.mark.parametrize(
    "limits",
    [OwnLimits(), OwnLimits(Money(0)), OwnLimits(Money(7_250_000_000), Price(-1)), OwnLimits(None, Price(0))],
)
def test_choices_are_read_as_they_were_kept(limits: OwnLimits) -> None:
    chosen = Choices("advise", paused=True, limits=limits)
    assert msgspec.json.decode(msgspec.json.encode(chosen), type=Choices) == chosen


def test_choices_from_before_there_were_limits() -> None:
    assert msgspec.json.decode(b'{"mode":"automatic","paused":true}', type=Choices) == Choices(
        "automatic", paused=True
    )
