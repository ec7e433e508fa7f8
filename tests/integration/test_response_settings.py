"""What a response is made of: settings that cannot be used name their field, and clocks leap."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from custom_components.temix.response.home import Home
from custom_components.temix.response.kinds import read
from custom_components.temix.response.model import Unusable
from custom_components.temix.response.pause_when_dear import PauseWhenDear

CAR: dict[str, Any] = {"kind": "charge_car", "switch": "switch.car", "ready_by": "07:00"}
TANK: dict[str, Any] = {
    "kind": "heat_water", "heater": "water_heater.tank", "power": 2_000,
    "lowest": 40, "usual": 50, "highest": 60,
}  # fmt: skip
STORE: dict[str, Any] = {
    "kind": "home_battery", "setpoint": "number.b", "soc": "sensor.b", "capacity": 10,
    "max_charge": 3_000, "max_discharge": 3_000,
}  # fmt: skip
PLUG: dict[str, Any] = {"kind": "pause_when_dear", "switch": "switch.freezer", "limit": 0.4}
CHICAGO = ZoneInfo("America/Chicago")


@pytest.mark.parametrize("settings", [CAR, TANK, STORE, PLUG], ids=lambda settings: settings["kind"])
def test_settings_that_are_right_are_read(settings: dict[str, Any]) -> None:
    assert read(settings).kind == settings["kind"]


@pytest.mark.parametrize(
    "settings,field",
    [
        ({"kind": "toaster"}, "kind"),
        (CAR | {"switch": None}, "switch"),
        (CAR | {"ready_by": "25:00"}, "ready_by"),
        (CAR | {"target": 101}, "target"),
        (CAR | {"amperes": 5}, "amperes"),
        (CAR | {"phases": 4}, "phases"),
        (CAR | {"capacity": 0}, "capacity"),
        (CAR | {"hold_hours": "long"}, "hold_hours"),
        (CAR | {"least_minutes": -1}, "least_minutes"),
        (CAR | {"volts": float("nan")}, "volts"),
        (TANK | {"usual": 61}, "usual"),
        (TANK | {"power": -1}, "power"),
        (STORE | {"reserve": "much"}, "reserve"),
        (STORE | {"soc": 55}, "soc"),
        (PLUG | {"limit": float("inf")}, "limit"),
    ],
)
def test_settings_that_are_wrong_name_their_field(settings: dict[str, Any], field: str) -> None:
    with pytest.raises(Unusable) as refused:
        read(settings)
    assert refused.value.field == field


@pytest.mark.parametrize(
    "now,clock,hours",
    [
        pytest.param("2026-03-07T22:00", time(7), 8, id="the night that is an hour short"),
        pytest.param("2026-10-31T22:00", time(7), 10, id="the night that is an hour long"),
        pytest.param("2026-03-08T00:00", time(2, 30), 2.5, id="a time that is skipped"),
        pytest.param("2026-11-01T00:00", time(1, 30), 1.5, id="a time that comes twice: the first"),
        pytest.param("2026-06-01T07:00", time(7), 24, id="now: tomorrow's"),
    ],
)
async def test_a_time_of_day_is_found_also_where_the_clock_leaps(
    hass: HomeAssistant, now: str, clock: time, hours: float
) -> None:
    await hass.config.async_set_time_zone("America/Chicago")
    moment = dt_util.as_utc(datetime.fromisoformat(now).replace(tzinfo=CHICAGO))
    found = Home(hass, moment, timedelta(), armed=False, price=None).next_at(clock)
    assert (found - moment).total_seconds() / 3600 == hours


def test_a_pause_ends_when_it_has_lasted_or_the_price_is_good() -> None:
    plug = read(PLUG | {"longest_minutes": 30})
    assert isinstance(plug, PauseWhenDear)
    assert plug.pauses(0.5, None, spent=False)
    assert plug.pauses(0.5, timedelta(minutes=29), spent=False)
    assert not plug.pauses(0.5, timedelta(minutes=30), spent=False)
    assert not plug.pauses(0.5, None, spent=True)
    assert not plug.pauses(0.4, timedelta(minutes=1), spent=False)
