"""The devices that a planner knows, one file a kind."""

from temix_gateway.planning.devices.battery import Battery
from temix_gateway.planning.devices.climate import Climate
from temix_gateway.planning.devices.curtailable import Curtailable
from temix_gateway.planning.devices.daily_run import DailyRun, Window
from temix_gateway.planning.devices.ev_charger import EvCharger
from temix_gateway.planning.devices.pv_curtailment import PvCurtailment
from temix_gateway.planning.devices.single_run import SingleRun
from temix_gateway.planning.devices.water_heater import WaterHeater

type Device = EvCharger | Battery | WaterHeater | Climate | DailyRun | SingleRun | Curtailable | PvCurtailment

__all__ = [
    "Battery",
    "Climate",
    "Curtailable",
    "DailyRun",
    "Device",
    "EvCharger",
    "PvCurtailment",
    "SingleRun",
    "WaterHeater",
    "Window",
]
