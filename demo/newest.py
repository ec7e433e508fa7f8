"""``script/newest``: everything with another Home Assistant, and what must be true of it there."""

import re
import tempfile
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from demo import check
from demo.check import Finding
from demo.run import run
from demo.running import Demo, Ports, started

AUTOMATION: Final = "newest"
TRIGGER: Final = "temix.transaction_made"

TROUBLE: Final = re.compile(r" (WARNING|ERROR|CRITICAL) .*temix", re.IGNORECASE)
EXPECTED: Final = "[homeassistant.loader] We found a custom integration temix"
"""What Home Assistant says of every custom integration."""

console = Console()


def newest(hass: Annotated[Path, typer.Argument(help="Home Assistant's program.")]) -> None:
    """Set up the integration in the Home Assistant of HASS, use it, and read its log."""
    run("script/newest", smoke(hass))


async def smoke(hass: Path) -> bool:
    """Wait for the evidence and print it."""
    with tempfile.TemporaryDirectory(prefix="temix-newest-") as folder:
        async with started(Path(folder), Ports.chosen(0, 0, 0), console, hass=hass) as running:
            version = (await running.home_assistant.get("/api/config"))["version"]
            findings = [
                Finding("Home Assistant", version, ok=True),
                *await check.values(running),
                await automation(running),
            ]
        log = running.log("home-assistant").read_text(errors="replace")
        return check.report([*findings, quiet(log)], console)


async def automation(demo: Demo) -> Finding:
    """An automation with a trigger of the integration, made as Home Assistant's editor makes it, runs."""
    made = {
        "alias": "Newest",
        "triggers": [{"trigger": TRIGGER}],
        "actions": [{"event": "newest_ran"}],
    }
    await demo.home_assistant.send("POST", f"/api/config/automation/config/{AUTOMATION}", json=made)

    async def look() -> str:
        state = (await demo.home_assistant.states()).get(f"automation.{AUTOMATION}")
        return str((state["attributes"].get("last_triggered") if state else None) or "never")

    ran = await check.while_wishing(demo, look, lambda ran: ran != "never")
    return Finding(f"automation with {TRIGGER} ran", ran, ok=ran != "never")


def quiet(log: str) -> Finding:
    """Home Assistant's log names the integration in no warning and no error, from its start to its end."""
    lines = [line for line in log.splitlines() if TROUBLE.search(line) and EXPECTED not in line]
    traced = log.count("custom_components/temix/")
    ok = not lines and not traced
    told = "none" if ok else "\n".join(lines) or f"{traced} lines of tracebacks"
    return Finding("warnings and errors about temix", told, ok=ok)


if __name__ == "__main__":
    typer.run(newest)
