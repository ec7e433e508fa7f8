"""The units of the local API: whole numbers, money apart, which is decimal text."""

from typing import Annotated

from msgspec import Meta

type Time = Annotated[
    int, Meta(ge=0, le=253_402_300_799_999, description="milliseconds since 1970-01-01T00:00Z")
]
type Wh = Annotated[
    int, Meta(ge=-1_000_000_000, le=1_000_000_000, description="Wh; buying and import positive")
]
type Watt = Annotated[int, Meta(ge=-1_000_000, le=1_000_000, description="W; consumption positive")]
type MilliCelsius = Annotated[int, Meta(ge=-100_000, le=200_000, description="thousandths of °C")]
type MicroPrice = Annotated[int, Meta(description="millionths of the currency unit per kWh")]
type Grams = Annotated[int, Meta(ge=0, description="g CO₂ equivalent per kWh")]
type MoneyText = Annotated[str, Meta(description="an amount of money: a decimal number in currency units")]
type Name = Annotated[str, Meta(min_length=1, max_length=200)]
type CommandId = Annotated[int, Meta(ge=0, le=2**53)]
