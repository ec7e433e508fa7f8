"""What nmap and testssl.sh find of a real gateway: `script/attack`, which gives it a network of its own."""

import json
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

ADDRESS: Final = "192.0.2.1"
"""An address for documents; nothing but this program's own network has it."""
PORT: Final = 8745
GATEWAY: Final = Path(sys.executable).with_name("temix-gateway")
CONFIG: Final = f"""[gateway]
port = {PORT}
announce = false
"""
STARTS_WITHIN_S: Final = 90

HARMLESS: Final = {"OK", "INFO", "LOW"}
EXPECTED: Final = {
    # What comes of signing the certificate oneself.
    "cert_chain_of_trust": "it is signed by itself: clients pin its SHA-256, which pairing proves to them",
    "cert_trust": "its address is given by a router and changes: the pin is what counts, not a name",
    "cert_validityPeriod": "a box without a battery for its clock may believe any year: dates do not matter",
    "cert_revocation": "nobody else signs it, so nobody else revokes it: it is replaced and paired with anew",
    # What testssl.sh did not try.
    "engine_problem": "the system's OpenSSL has no GOST, and TLS 1.3 would not speak it",
    "HTTP_status_code": "the first page leads to another one, and is not looked at further",
    "sessionresumption_ticket": "given up where the machine is busy: no weakness by itself",
}
"""What may be found beside what is harmless, and why it is right so."""


@contextmanager
def gateway(folder: Path) -> Iterator[None]:
    """Run one that nobody has commissioned, on every address of this network."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["ip", "address", "add", f"{ADDRESS}/32", "dev", "lo"], check=True)
    (folder / "temix-gateway.toml").write_text(CONFIG)
    with (folder / "log").open("w") as log, subprocess.Popen([GATEWAY, "run"], cwd=folder, stderr=log) as run:
        try:
            end = time.monotonic() + STARTS_WITHIN_S
            while not (folder / "data" / "listening.json").exists():
                if run.poll() is not None or time.monotonic() > end:
                    sys.exit(f"the gateway does not start:\n{(folder / 'log').read_text()}")
                time.sleep(0.2)
            yield
            if run.poll() is not None:
                sys.exit(f"the gateway fell:\n{(folder / 'log').read_text()[-4000:]}")
        finally:
            run.send_signal(signal.SIGTERM)


def ports() -> list[int]:
    """The open ones of all."""
    scan = ["nmap", "-n", "-Pn", "-p-", "-oG", "-", ADDRESS]
    found = subprocess.run(scan, check=True, capture_output=True, text=True).stdout
    return [int(port) for port in re.findall(r"(\d+)/open/", found)]


def weaknesses(folder: Path) -> dict[str, tuple[str, str]]:
    """Severity and words of what testssl.sh tells that is not harmless."""
    told = folder / "testssl.json"
    scan: list[str | Path] = ["testssl", "--quiet", "--color", "0", "--warnings", "batch", "--ip", ADDRESS]
    scan += ["--jsonfile", told, f"{ADDRESS}:{PORT}"]
    subprocess.run(scan, check=False, stdout=subprocess.DEVNULL)  # its status counts what it found
    findings = json.loads(told.read_text())
    if len(findings) < 50:
        sys.exit(f"testssl.sh did not come to its end:\n{told.read_text()}")
    return {
        each["id"]: (each["severity"], each["finding"])
        for each in findings
        if each["severity"] not in HARMLESS
    }


def main() -> int:
    """Look; 1: something was found that should not be."""
    with tempfile.TemporaryDirectory() as name, gateway(Path(name)):
        open_ports = ports()
        print(f"open ports: {open_ports}")
        found = weaknesses(Path(name))
    unexpected = open_ports != [PORT]
    for place, (severity, words) in found.items():
        unexpected |= place not in EXPECTED
        print(f"{severity:8} {place}: {words} -- {EXPECTED.get(place, 'NOT EXPECTED')}")
    return int(unexpected)


if __name__ == "__main__":
    sys.exit(main())
