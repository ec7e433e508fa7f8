"""Home Assistant finds the demo's own integration beside the real one."""

from pathlib import Path

import custom_components

DEMO = Path(__file__).parents[2] / "demo" / "custom_components"

if str(DEMO) not in custom_components.__path__:
    custom_components.__path__.append(str(DEMO))
