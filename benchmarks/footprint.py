"""A gateway's start and memory: `benchmarks/footprint.py [--times 5] [--idle 10]`.

Starts real `temix-gateway run` processes whose retailer is away, in one and the same data folder; measures
until the local API listens, and what is resident after some idle seconds. A bare Python and one that has
loaded nothing but the libraries are measured in the same run, for comparison.
"""

import argparse
import platform
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


def start(folder: Path, idle_s: float) -> tuple[float, float]:
    """Seconds to serving, and MB resident when idle."""
    began = time.perf_counter()
    with subprocess.Popen([PROGRAM, "run"], cwd=folder, stderr=subprocess.PIPE, text=True) as gateway:
        assert gateway.stderr
        for line in gateway.stderr:
            if "local API listens" in line:
                break
        took = time.perf_counter() - began
        time.sleep(idle_s)
        resident = psutil.Process(gateway.pid).memory_info().rss / 1e6
        gateway.send_signal(signal.SIGTERM)
        gateway.communicate()
    return took, resident


def loaded(code: str) -> tuple[float, float]:
    """Seconds and MB resident of a Python that has run ``code``."""
    tell = "; import psutil; print(psutil.Process().memory_info().rss)"
    began = time.perf_counter()
    out = subprocess.run([sys.executable, "-c", code + tell], capture_output=True, check=True, text=True)
    return time.perf_counter() - began, int(out.stdout) / 1e6


def main() -> None:
    """Run it."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--idle", type=float, default=10.0)
    asked = parser.parse_args()
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "secret").write_text("secret")
        (folder / "temix-gateway.toml").write_text(CONFIG)
        start(folder, 0)  # makes keys, certificate and ledger
        runs = [start(folder, asked.idle) for _ in track(range(asked.times), "starts", console=console)]
    rows = [("gateway: serving, then idle", median(t for t, _ in runs), median(m for _, m in runs))]
    rows.append(("Python with nothing", *loaded("pass")))
    rows.append(("Python with the libraries", *loaded(f"import {LIBRARIES}")))
    rows.append(("Python with numpy and HiGHS", *loaded("import numpy, highspy")))
    title = f"{platform.machine()}, {psutil.cpu_count()} CPUs, {datetime.now(tz=UTC):%Y-%m-%d}"
    table = Table(title=f"{title}, load {psutil.getloadavg()[0]:.1f}")
    for column in ("what", "seconds", "MB resident"):
        table.add_column(column, justify="left" if column == "what" else "right")
    for what, seconds, megabytes in rows:
        table.add_row(what, f"{seconds:.2f}", f"{megabytes:.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
