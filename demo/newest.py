"""``script/newest``: everything with another Home Assistant, and what must be true of it there."""

import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Final

import typer
import yaml  # type: ignore[import-untyped]
from rich.console import Console

from demo import check
from demo.check import Finding
from demo.folders import REPOSITORY
from demo.run import run
from demo.running import Demo, Ports, started

AUTOMATION: Final = "newest"
TRIGGER: Final = "temix.transaction_made"

OPTIONS: Final[Mapping[str, Mapping[str, object]]] = {
    "price_crossed_threshold": {"threshold": {"type": "above", "value": {"number": 0.3}}},
    "published_hour_moved": {"percent": 15},
    "is_within_cheapest_hours": {"hours": 24},
}
"""What some triggers and conditions cannot be without."""

TARGETS: Final = (
    "sensor.electricity_prices_buy_price",
    "sensor.electricity_prices_price_level",
    "binary_sensor.electricity_prices_spike",
    "binary_sensor.electricity_prices_tomorrow_known",
)
"""Entities that triggers and conditions with a target may be about."""

console = Console()


def newest(
    hass: Annotated[Path, typer.Argument(exists=True, resolve_path=True, help="Home Assistant's program.")],
) -> None:
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
                await attached(running),
                await evaluated(running),
                await automation(running),
            ]
        return check.report([*findings, check.quiet(running)], console)


def described(kind: str) -> Iterator[tuple[str, dict[str, object]]]:
    """Each trigger or condition that the integration describes, as an automation has it."""
    text = (REPOSITORY / "custom_components" / "temix" / f"{kind}s.yaml").read_text()
    for key, description in yaml.safe_load(text).items():
        if key.startswith("."):
            continue
        config: dict[str, object] = {kind: f"temix.{key}", "options": OPTIONS.get(key, {})}
        if "target" in description:
            config["target"] = {"entity_id": TARGETS}
        yield key, config


async def attached(demo: Demo) -> Finding:
    """Home Assistant attaches each of our triggers."""
    keys = [key async for key in _accepted(demo, "trigger", "subscribe_trigger")]
    return Finding("triggers attached", ", ".join(keys), ok=bool(keys))


async def evaluated(demo: Demo) -> Finding:
    """Home Assistant evaluates each of our conditions."""
    keys = [key async for key in _accepted(demo, "condition", "test_condition")]
    return Finding("conditions evaluated", ", ".join(keys), ok=bool(keys))


async def _accepted(demo: Demo, kind: str, command: str) -> AsyncIterator[str]:
    for key, config in described(kind):
        await demo.home_assistant.command(command, **{kind: config})
        yield key


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


if __name__ == "__main__":
    typer.run(newest)
