"""Files that only other programs run, a container's and CI's: what they name is there."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from temix_gateway.commands.finding import command
from typer.main import get_command

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "gateway" / "deploy" / "compose.yaml"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def test_the_compose_file_runs_the_gateway_as_the_image_is_made() -> None:
    service: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())["services"]["gateway"]
    image = (COMPOSE.parent / service["build"] / "Dockerfile").read_text()
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    (folder,) = (volume.partition(":")[2] for volume in service["volumes"])
    assert f"VOLUME {folder}\n" in image
    program, name, option, config = service["command"]
    run = get_command(command([name])).commands[name]  # type: ignore[attr-defined]
    assert (program, Path(config).parent) == ("temix-gateway", Path(folder))
    assert option in {each for parameter in run.params for each in parameter.opts}


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_runs_scripts_that_are_there_and_may_read_only(workflow: Path) -> None:
    """What a job may do beyond reading, it says itself."""
    read: dict[str, Any] = yaml.safe_load(workflow.read_text())
    assert read["permissions"] == {"contents": "read"}
    runs = [step["run"] for job in read["jobs"].values() for step in job["steps"] if "run" in step]
    for script in re.findall(r"\./(script/\S+)", "\n".join(runs)):
        assert os.access(ROOT / script, os.X_OK), script
    # Whoever makes a tag chooses its name: it must not be put into a script as text.
    assert not [run for run in runs if "${{" in run]
