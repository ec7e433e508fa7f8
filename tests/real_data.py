"""Real series that may not be part of this repository: where they are, and the mark of tests that read them.

They lie in the folder that TEMIX_DATA names; else in ``shared/data`` beside the repository, or beside a
folder that it is in. Where that is not, what needs them is skipped, also in CI.
"""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ABSENT = "real series that are no part of this repository are not there"
"""How every reason begins for which a test of them is skipped: no mistake, so CI allows it."""


def folder() -> Path | None:
    """The folder of the series; None where there is none."""
    if told := os.environ.get("TEMIX_DATA"):
        return Path(told) if Path(told).is_dir() else None
    places = (above / "shared" / "data" for above in ROOT.parents)
    return next((place for place in places if place.is_dir()), None)


def file(name: str) -> Path:
    """A series' file, which need not be there."""
    return (folder() or ROOT.parent / "shared" / "data") / name


def needs(*names: str) -> pytest.MarkDecorator:
    """Skip a test where one of these files is absent."""
    missing = [name for name in names if not file(name).is_file()]
    return pytest.mark.skipif(bool(missing), reason=f"{ABSENT}: {', '.join(missing)} (see TEMIX_DATA)")
