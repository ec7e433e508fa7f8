"""The house rules of the tests, as a pytest plugin.

- Sockets reach loopback and nothing else.
- A folder's tests have that folder's mark and time limit.
- ``long`` tests run only with ``--long``.
- Where CI is set, a skipped test is a failed one, unless it needs data that are none of the
  repository's; and hypothesis repeats its examples.
- What a test tells that it measured (``tell``) stands at the end of the run.
"""

import os
from collections.abc import Callable, Generator
from unittest.mock import patch

import hypothesis
import pytest
import pytest_socket

from tests.real_data import ABSENT

LIMITS_S = {"integration": 20, "demo": 20, "replay": 240, "faults": 60, "e2e": 300}
LONG_LIMIT_S = 3600
_TOLD = "told"

hypothesis.settings.register_profile(
    "dev",
    deadline=None,  # the machine may be busy; pytest-timeout bounds a test
    print_blob=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.register_profile("ci", hypothesis.settings.get_profile("dev"), derandomize=True)


def in_ci() -> bool:
    """Say whether this is a run in continuous integration."""
    return bool(os.environ.get("CI"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --long."""
    parser.addoption("--long", action="store_true", help="run the tests marked long, too")


def pytest_configure(config: pytest.Config) -> None:
    """Choose hypothesis's profile, unless the command line did."""
    if not config.getoption("--hypothesis-profile", default=None):
        hypothesis.settings.load_profile("ci" if in_ci() else "dev")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give each test its folder's mark and limit; leave the long ones out."""
    tests = config.rootpath / "tests"
    for item in items:
        room = item.path.relative_to(tests).parts[0] if item.path.is_relative_to(tests) else ""
        if room in {"e2e", "faults"}:
            item.add_marker(room)
        limit_s = LONG_LIMIT_S if item.get_closest_marker("long") else LIMITS_S.get(room)
        if limit_s and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(limit_s))
    if config.getoption("--long"):
        return
    long = [item for item in items if item.get_closest_marker("long")]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Generator[None]:
    """Allow loopback to tests and their fixtures, which Home Assistant's plugin closes; no other host."""
    pytest_socket.enable_socket()
    pytest_socket.socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)
    with patch.object(pytest_socket, "disable_socket"), patch.object(pytest_socket, "socket_allow_hosts"):
        return (yield)


def fail_skip[T: pytest.TestReport | pytest.CollectReport](report: T) -> T:
    """Turn a skip into a failure in CI; an expected failure is none."""
    if in_ci() and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        if ABSENT in str(reason):
            return report
        report.outcome = "failed"
        report.longrepr = f"Skipped, which CI does not allow: {reason}"
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Refuse a skipped test in CI."""
    return fail_skip((yield))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Refuse a skipped module in CI."""
    return fail_skip((yield))


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Callable[[object], None]:
    """Say what was measured."""
    return lambda what: record_property(_TOLD, str(what))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was measured, whatever process measured it."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    told = [(r.nodeid, what) for r in reports for name, what in r.user_properties if name == _TOLD]
    if told:
        terminalreporter.section("measured")
    for test, what in told:
        terminalreporter.write_line(f"{test}: {what}")


def pytest_report_header(config: pytest.Config) -> str:
    """Say which rules are in force."""
    profile = hypothesis.settings.get_current_profile_name()
    return f"rules: {'no skips (CI)' if in_ci() else 'skips allowed'}, hypothesis profile {profile}"
