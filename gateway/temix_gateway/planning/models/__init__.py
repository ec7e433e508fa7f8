"""The devices on the steps of a problem, one file a kind: arrays, and each one's cheapest schedule."""

from collections.abc import Callable
from typing import Any, Final

from temix_gateway.planning.devices import (
    Battery,
    Climate,
    Curtailable,
    DailyRun,
    Device,
    EvCharger,
    PvCurtailment,
    SingleRun,
    WaterHeater,
)
from temix_gateway.planning.models.battery import BatteryModel
from temix_gateway.planning.models.climate import ClimateModel
from temix_gateway.planning.models.curtailable import CurtailableModel
from temix_gateway.planning.models.daily_run import DailyModel
from temix_gateway.planning.models.ev_charger import EvModel
from temix_gateway.planning.models.model import Floats, Grid
from temix_gateway.planning.models.pv_curtailment import PvModel
from temix_gateway.planning.models.single_run import SingleModel
from temix_gateway.planning.models.water_heater import WaterModel

type Stored = EvModel | WaterModel | ClimateModel | DailyModel | CurtailableModel
type Model = Stored | BatteryModel | SingleModel | PvModel
"""A device on the steps of a problem: ``best`` finds its cheapest schedule at a cost of power."""


def model(device: Device, grid: Grid, usual: float, pv: Floats) -> Model:
    """Put a device on a grid.

    Args:
        device: any kind.
        grid: the problem's steps.
        usual: the median price to buy, currency units per kWh.
        pv: the forecast of each step, W.
    """
    if isinstance(device, Battery):
        return BatteryModel(device, grid, usual)
    if isinstance(device, PvCurtailment):
        return PvModel(device, grid, pv)
    return _MODELS[type(device)](device, grid)


_MODELS: Final[dict[type[Device], Callable[[Any, Grid], Model]]] = {
    Climate: ClimateModel,
    Curtailable: CurtailableModel,
    DailyRun: DailyModel,
    EvCharger: EvModel,
    SingleRun: SingleModel,
    WaterHeater: WaterModel,
}
