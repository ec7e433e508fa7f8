"""Talks to a TeMIX gateway over its local API; knows nothing of Home Assistant."""

from .account import (
    Account,
    Energies,
    SettledHour,
    SettledHours,
    Statement,
    StatementLine,
    Transaction,
    TransactionPage,
)
from .client import Client
from .connection import Endpoint, probe
from .devices import Battery, Comfort, Device, EvCharger, Load, Reading, RunTime, Thermostat, WaterHeater
from .exceptions import (
    CannotConnect,
    CertificateMismatch,
    CommandFailed,
    ConnectionLost,
    InvalidAuth,
    ProtocolError,
    TemixError,
    UnsupportedSchema,
    WrongGateway,
)
from .models import GatewayState, Hello, PositionStep, Preview, PriceStep, Spot
from .reconnect import Listener, stay_connected

__all__ = [
    "Account",
    "Battery",
    "CannotConnect",
    "CertificateMismatch",
    "Client",
    "Comfort",
    "CommandFailed",
    "ConnectionLost",
    "Device",
    "Endpoint",
    "Energies",
    "EvCharger",
    "GatewayState",
    "Hello",
    "InvalidAuth",
    "Listener",
    "Load",
    "PositionStep",
    "Preview",
    "PriceStep",
    "ProtocolError",
    "Reading",
    "RunTime",
    "SettledHour",
    "SettledHours",
    "Spot",
    "Statement",
    "StatementLine",
    "TemixError",
    "Thermostat",
    "Transaction",
    "TransactionPage",
    "UnsupportedSchema",
    "WaterHeater",
    "WrongGateway",
    "probe",
    "stay_connected",
]
