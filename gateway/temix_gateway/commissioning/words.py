"""Findings in words."""

from temix_gateway.commissioning.steps import Finding
from temix_gateway.texts import say


def finding_text(language: str, finding: Finding) -> str:
    """What was found, and how to mend it."""
    about = dict(finding.about)
    if "right" in about:
        about["right"] = say(language, f"right.{about['right']}")
    if "step" in about:
        about["step"] = say(language, f"step.{about['step']}.title")
    return say(language, f"finding.{finding.code}", **about)
