"""Findings in words, with the times of the home's own clock."""

from typing import Final
from zoneinfo import ZoneInfo

from temix_market.instants import Instant, parse_instant, to_datetime

from temix_gateway.commissioning.steps import Finding
from temix_gateway.texts import has, say

MOMENTS: Final = ("at", "start", "until")
"""What of a finding's particulars are instants."""


def when(instant: Instant, zone: str, shape: str = "%Y-%m-%d %H:%M") -> str:
    """An instant by the clock of a time zone."""
    return to_datetime(instant).astimezone(ZoneInfo(zone)).strftime(shape)


def finding_text(language: str, finding: Finding, zone: str) -> str:
    """What was found, and how to mend it; ``zone`` is the home's."""
    about = dict(finding.about)
    about |= {name: when(parse_instant(about[name]), zone) for name in MOMENTS if name in about}
    if "right" in about:
        about["right"] = say(language, f"right.{about['right']}")
    if "step" in about:
        about["step"] = say(language, f"step.{about['step']}.title")
    if has(key := f"field.{about.get('field')}"):
        about["field"] = say(language, key)
    return say(language, f"finding.{finding.code}", **about)
