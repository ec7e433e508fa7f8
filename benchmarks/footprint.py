"""A gateway's start and memory: `benchmarks/footprint.py [--times 5] [--idle 10] [--program FILE]`.

Starts real `temix-gateway run` processes whose retailer is away, in one and the same data folder; measures
until the local API listens, and what is resident after some idle seconds, and how much of that no other
process shares. A bare Python and one that has loaded nothing but the libraries are measured in the same run,
for comparison. `--program` is another installation's `temix-gateway`: beside development's libraries some
of the gateway's load more. All have the environment that the gateway's service gives it.
"""

import argparse
import os
import platform
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import psutil
from rich.console import Console
from rich.progress import track
from rich.table import Table

PROGRAM = Path(sys.executable).with_name("temix-gateway")
SERVICE = Path(__file__).parents[1] / "gateway" / "deploy" / "temix-gateway.service"
CONFIG = """[retailer]
url = "https://127.0.0.1:9"
client_id = "client"
client_secret_file = "secret"
[home]
party = "home-1"
[gateway]
host = "127.0.0.1"
port = 0
announce = false
log_format = "json"
"""
LIBRARIES = "aiohttp.web, cryptography.x509, joserfc.jws, structlog, zeroconf.asyncio, typer, msgspec"


def as_a_service() -> dict[str, str]:
    """This process's environment with what the service sets."""
    lines = SERVICE.read_text(encoding="utf-8").splitlines()
    given = [line.removeprefix("Environment=") for line in lines if line.startswith("Environment=")]
    return dict(os.environ) | dict(each.split("=", 1) for line in given for each in shlex.split(line))


ENVIRONMENT = as_a_service()


def start(program: Path, folder: Path, idle_s: float) -> tuple[float, float, float]:
    """Seconds to serving, and MB resident and private when idle."""
    began = time.perf_counter()
    with subprocess.Popen(
        [program, "run"], cwd=folder, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True
    ) as gateway:
        assert gateway.stderr
        for line in gateway.stderr:
            if "local API listens" in line:
                break
        took = time.perf_counter() - began
        time.sleep(idle_s)
        memory = psutil.Process(gateway.pid).memory_full_info()
        gateway.send_signal(signal.SIGTERM)
        gateway.communicate()
    return took, memory.rss / 1e6, memory.uss / 1e6


def loaded(code: str) -> tuple[float, float, float]:
    """Seconds, and MB resident and private, of a Python that has run ``code``."""
    tell = "; import psutil; m = psutil.Process().memory_full_info(); print(m.rss, m.uss)"
    began = time.perf_counter()
    run = [sys.executable, "-c", code + tell]
    out = subprocess.run(run, env=ENVIRONMENT, capture_output=True, check=True, text=True)
    resident, private = map(int, out.stdout.split())
    return time.perf_counter() - began, resident / 1e6, private / 1e6


def main() -> None:
    """Run it."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--idle", type=float, default=10.0)
    parser.add_argument("--program", type=Path, default=PROGRAM)
    asked = parser.parse_args()
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "secret").write_text("secret")
        (folder / "temix-gateway.toml").write_text(CONFIG)
        start(asked.program, folder, 0)  # makes keys, certificate and ledger
        runs = [
            start(asked.program, folder, asked.idle)
            for _ in track(range(asked.times), "starts", console=console)
        ]
    rows = [("gateway: serving, then idle", *(median(each) for each in zip(*runs, strict=True)))]
    rows.append(("Python with nothing", *loaded("pass")))
    rows.append(("Python with the libraries", *loaded(f"import {LIBRARIES}")))
    rows.append(("Python with numpy and HiGHS", *loaded("import numpy, highspy")))
    title = f"{platform.machine()}, {psutil.cpu_count()} CPUs, {datetime.now(tz=UTC):%Y-%m-%d}"
    table = Table(title=f"{title}, load {psutil.getloadavg()[0]:.1f}")
    for column in ("what", "seconds", "MB resident", "MB private"):
        table.add_column(column, justify="left" if column == "what" else "right")
    for what, seconds, resident, private in rows:
        table.add_row(what, f"{seconds:.2f}", f"{resident:.0f}", f"{private:.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
