"""The devices that a planner knows, one file a kind."""

from temix_gateway.planning.devices.battery import Battery, BatteryModel
from temix_gateway.planning.devices.climate import Climate, ClimateModel
from temix_gateway.planning.devices.curtailable import Curtailable, CurtailableModel
from temix_gateway.planning.devices.daily_run import DailyModel, DailyRun, Window
from temix_gateway.planning.devices.ev_charger import EvCharger, EvModel
from temix_gateway.planning.devices.pv_curtailment import PvCurtailment, PvModel
from temix_gateway.planning.devices.single_run import SingleModel, SingleRun
from temix_gateway.planning.devices.water_heater import WaterHeater, WaterModel

type Device = EvCharger | Battery | WaterHeater | Climate | DailyRun | SingleRun | Curtailable | PvCurtailment
type Stored = EvModel | WaterModel | ClimateModel | DailyModel | CurtailableModel
type Model = Stored | BatteryModel | SingleModel | PvModel
"""A device on the steps of a problem: ``best`` finds its cheapest schedule at a cost of power."""

__all__ = [
    "Battery",
    "Climate",
    "Curtailable",
    "DailyRun",
    "Device",
    "EvCharger",
    "Model",
    "PvCurtailment",
    "SingleRun",
    "WaterHeater",
    "Window",
]
