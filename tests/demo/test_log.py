"""Home Assistant's log is read as it is written: records with their tracebacks, those of others named."""

from pathlib import Path

import pytest

from demo.log import FOREIGN, trouble

FINE = """\
2026-11-29 06:56:37.585 WARNING (MainThread) [homeassistant.bootstrap] Skipping pip installation of modules.
2026-11-29 06:56:37.605 WARNING (SyncWorker_0) [homeassistant.loader] We found a custom integration temix
2026-11-29 06:56:38.000 INFO (MainThread) [custom_components.temix.coordinator] Connected to gateway Home
2026-11-29 06:56:52.560 ERROR (MainThread) [haffmpeg.core] FFmpeg fails
Traceback (most recent call last):
FileNotFoundError: [Errno 2] No such file or directory: 'ffmpeg'
"""
OURS = "2026-11-29 06:57:00.000 WARNING (MainThread) [custom_components.temix.response] switch.turn_on failed"
LATER = "2026-11-29 06:57:01.000 INFO (MainThread) [homeassistant.core] going on"
TRACED = """\
2026-11-29 06:57:02.000 DEBUG (MainThread) [asyncio] a task ended
Traceback (most recent call last):
  File "/config/custom_components/temix/coordinator.py", line 1, in on_state"""


@pytest.mark.parametrize(
    "said,found",
    [
        pytest.param([FINE], [], id="of others, and known"),
        pytest.param([FINE, OURS, LATER], [OURS], id="a warning of ours"),
        pytest.param([FINE, TRACED, LATER], [TRACED], id="a traceback through us, however it is called"),
        pytest.param(["no record at all"], [], id="what a program prints before"),
    ],
)
def test_only_what_is_not_known_is_trouble(tmp_path: Path, said: list[str], found: list[str]) -> None:
    log = tmp_path / "home-assistant.log"
    log.write_text("\n".join(text.rstrip("\n") for text in said))
    assert trouble(log) == found


def test_every_allowance_says_why() -> None:
    assert all(FOREIGN.values())
