"""What the gateway tells the network of its addresses; nothing is sent."""

import socket
from typing import Any

import pytest
from temix_gateway import announce
from temix_gateway.announce import announced, reachable
from temix_reception.reception import EVERYWHERE
from zeroconf import IPVersion

WAYS = {socket.AF_INET: "192.168.1.20", socket.AF_INET6: "2001:db8:1::20"}


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> dict[socket.AddressFamily, str]:
    """The machine's addresses by family."""
    held = dict(WAYS)
    monkeypatch.setattr(announce, "_way", lambda family, _: held.get(family, ""))
    return held


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_what_only_this_machine_reaches_is_not_announced(host: str) -> None:
    assert reachable(host) == []


def test_of_everywhere_both_families_are_announced(ways: dict[socket.AddressFamily, str]) -> None:
    assert reachable(EVERYWHERE) == ["192.168.1.20", "2001:db8:1::20"]
    assert reachable("0.0.0.0") == ["192.168.1.20"]
    del ways[socket.AF_INET]
    assert reachable(EVERYWHERE) == ["2001:db8:1::20"]
    assert reachable("0.0.0.0") == []


@pytest.mark.parametrize("host", ["192.168.7.7", "fd00::7"])
def test_a_chosen_address_is_the_one(host: str) -> None:
    assert reachable(host) == [host]


def test_a_way_that_is_none_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: Any) -> socket.socket:
        raise OSError("no such family")

    monkeypatch.setattr(socket, "socket", none)
    assert reachable(EVERYWHERE) == []


@pytest.mark.parametrize(
    "host, version",
    [(EVERYWHERE, IPVersion.All), ("fd00::7", IPVersion.All), ("192.168.7.7", IPVersion.V4Only)],
)
async def test_it_is_announced_over_what_it_is_reached_by(
    ways: dict[socket.AddressFamily, str], monkeypatch: pytest.MonkeyPatch, host: str, version: IPVersion
) -> None:
    told: list[tuple[IPVersion, list[str], int]] = []

    class Zeroconf:
        def __init__(self, ip_version: IPVersion) -> None:
            self._version = ip_version

        async def async_register_service(self, info: Any, allow_name_change: bool) -> Any:
            async def done() -> None:
                told.append((self._version, info.parsed_addresses(), info.port))

            return done()

        async def async_close(self) -> None:
            told.append((self._version, [], 0))

    monkeypatch.setattr(announce, "AsyncZeroconf", Zeroconf)
    async with announced("Home", "temix-1", host, 8741):
        assert told == [(version, reachable(host), 8741)]
    assert len(told) == 2
