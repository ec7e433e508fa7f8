"""Where the meter is found, what may be named instead, and what past hours say."""

from datetime import UTC, datetime

import pytest
from homeassistant.core import HomeAssistant

from custom_components.temix.meter import flow, history
from custom_components.temix.meter.sources import Sources, of

START = datetime(2026, 11, 24, tzinfo=UTC)


def test_the_energy_dashboards_grid_and_sun() -> None:
    found = of(
        {
            "energy_sources": [
                {"type": "grid", "stat_energy_from": "sensor.in", "stat_energy_to": "sensor.out"},
                {"type": "grid", "stat_energy_from": "sensor.night", "stat_energy_to": None},
                {"type": "solar", "stat_energy_from": "sensor.roof"},
                {"type": "battery", "stat_energy_from": "sensor.b", "stat_energy_to": "sensor.c"},
            ],
            "device_consumption": [{"stat_consumption": "sensor.car"}, {"stat_consumption": "opower:x"}],
        }
    )
    assert found == Sources(
        imported=("sensor.in", "sensor.night"),
        exported=("sensor.out",),
        produced=("sensor.roof",),
        devices=("sensor.car",),
        charged=("sensor.c",),
        discharged=("sensor.b",),
    )


def test_the_settings_of_before_2026() -> None:
    old = {
        "type": "grid",
        "flow_from": [{"stat_energy_from": "sensor.t1"}, {"stat_energy_from": "sensor.t2"}],
        "flow_to": [{"stat_energy_to": "sensor.back"}],
    }
    found = of({"energy_sources": [old]})
    assert (found.imported, found.exported) == (("sensor.t1", "sensor.t2"), ("sensor.back",))


@pytest.mark.parametrize(
    "given,errors",
    [
        ({"imported": ["sensor.in"], "exported": ["sensor.out"]}, {}),
        ({"imported": []}, {"imported": "no_register"}),
        ({"imported": ["sensor.power"]}, {"imported": "is_power"}),
        ({"imported": ["sensor.in"], "produced": ["sensor.gas"]}, {"produced": "no_energy"}),
        ({"imported": ["sensor.in"], "exported": ["sensor.gone"]}, {"exported": "no_energy"}),
        ({"imported": ["sensor.in"], "exported": ["sensor.in"]}, {"exported": "both_ways"}),
    ],
)
async def test_what_cannot_be_the_meter_is_refused(
    hass: HomeAssistant, given: dict[str, list[str]], errors: dict[str, str]
) -> None:
    for name, unit in {"in": "kWh", "out": "Wh", "power": "kW", "gas": "m³"}.items():
        hass.states.async_set(f"sensor.{name}", "1", {"unit_of_measurement": unit})
    assert flow.mistakes(hass, given) == errors


def test_past_hours_are_summed_and_gaps_stay_gaps() -> None:
    def rows(*changes: float | None) -> dict[int, float]:
        return {hour: change for hour, change in enumerate(changes) if change is not None}

    found = {
        "sensor.in": rows(800, 900, 0, 500),
        "sensor.out": rows(0, 100, 1_500, None),
        "sensor.roof": rows(0, 400, 2_000, 0),
        "sensor.car": rows(300, None, None, None),
        "sensor.charged": rows(0, 200, 0, 0),
        "sensor.given": rows(0, 0, 100, 0),
    }
    sources = Sources(("sensor.in",), ("sensor.out",), ("sensor.roof",))
    led = history.Led(("sensor.car", "sensor.charged"), ("sensor.given",))
    hours = history.together(found, sources, led, START, 4)
    assert hours.load == (500, 1_000, 600, None)
    assert hours.sun == (0, 400, 2_000, 0)
