"""From a subentry's data to a response of its kind."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from .charge_car import ChargeCar
from .heat_cool import HeatCool
from .heat_water import HeatWater
from .home_battery import HomeBattery
from .just_tell import JustTell
from .model import Adapter, Kind, Unusable
from .pause_when_dear import PauseWhenDear
from .run_hours import RunHours, RunOnce

READ: Final[dict[str, Callable[[Mapping[str, Any]], Adapter]]] = {
    Kind.CHARGE_CAR: ChargeCar.from_data,
    Kind.HEAT_WATER: HeatWater.from_data,
    Kind.HEAT_COOL: HeatCool.from_data,
    Kind.RUN_HOURS: RunHours.from_data,
    Kind.RUN_ONCE: RunOnce.from_data,
    Kind.PAUSE_WHEN_DEAR: PauseWhenDear.from_data,
    Kind.HOME_BATTERY: HomeBattery.from_data,
    Kind.JUST_TELL: JustTell.from_data,
}


def read(data: Mapping[str, Any]) -> Adapter:
    """Read a response's settings.

    Raises:
        Unusable: naming the field that is missing or wrong.
    """
    kind = data.get("kind")
    if kind not in READ:
        raise Unusable("kind", f"{kind!r} is no kind of response")
    return READ[kind](data)
