"""The house rules hold: loopback only, no skips in CI, long tests only when asked."""

import asyncio
import re
import socket
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

EXAMPLES = """
    import pytest
    from tests import real_data

    def test_passes():
        pass

    def test_skipped():
        pytest.skip("no reason")

    @real_data.needs("absent.csv")
    def test_of_real_data():
        assert False

    @pytest.mark.xfail(reason="known")
    def test_expected_to_fail():
        assert False

    @pytest.mark.long
    def test_long():
        pass
"""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest):
    """Run the examples in a pytest of their own, with the rules."""
    pytester.makepyfile(EXAMPLES)
    monkeypatch.setenv("PYTHONPATH", str(request.config.rootpath))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    alone = ("-p", "tests.rules", "-o", "markers=long:\ntimeout:")

    def run(*arguments: str, ci: bool) -> dict[str, int]:
        monkeypatch.setenv("CI", "true" if ci else "")
        # Shorter than the test's own limit, which would leave the process running.
        return pytester.runpytest_subprocess(*alone, *arguments, timeout=50).parseoutcomes()

    return run


@pytest.mark.timeout(120)
def test_skip_fails_in_ci_only(run) -> None:
    assert run(ci=False) == {"passed": 1, "skipped": 2, "xfailed": 1, "deselected": 1}
    assert run(ci=True) == {"passed": 1, "failed": 1, "skipped": 1, "xfailed": 1, "deselected": 1}


@pytest.mark.timeout(120)
def test_skipped_module_fails_in_ci(run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_module="import pytest; pytest.importorskip('absent_module')")
    assert run(ci=False)["skipped"] == 3
    assert run(ci=True)["errors"] == 1


@pytest.mark.timeout(120)
def test_what_was_measured_stands_at_the_end(run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_measuring="def test_speed(tell): tell('17 a minute')")
    run(ci=False)
    assert "test_measuring.py::test_speed: 17 a minute" in (pytester.path / "stdout").read_text()


@pytest.mark.timeout(120)
def test_long_runs_when_asked(run) -> None:
    assert run("--long", ci=False) == {"passed": 2, "skipped": 2, "xfailed": 1}


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_loopback_is_open(host: str) -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(greet, host, 0) as server:
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection(host, port)
        assert await reader.read() == b"hello"
        writer.close()
        await writer.wait_closed()


def test_other_hosts_are_closed() -> None:
    with socket.socket() as client, pytest.raises(RuntimeError, match=re.escape("192.0.2.1")):
        client.connect(("192.0.2.1", 80))


@given(st.integers())
def test_hypothesis_runs_beside_the_fixtures_of_all_tests(number: int) -> None:
    assert int(str(number)) == number


async def test_blocking_guard_spares_the_tests_themselves(no_blocking) -> None:
    time.sleep(0)  # noqa: ASYNC251


@pytest.mark.parametrize("room", ["integration", "client", "demo", "faults/home"])
def test_nothing_may_linger_in_tests_of_the_integration(request: pytest.FixtureRequest, room: str) -> None:
    """Home Assistant's plugin fails a test that leaves tasks or timers behind, unless the test allows it."""
    files = (request.config.rootpath / "tests" / room).rglob("*.py")
    assert [file.name for file in files if "expected_lingering" in file.read_text()] == []
