"""Types of the scenario's values: text with units outside, SI floats inside; each knows how to read, write and publish itself."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, PlainSerializer
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from openiads import units
from openiads.documents.problems import not_allowed
from openiads.errors import InputError, UnitError

#: Heights at and above this are refused: beyond the apogee of every missile in the catalogue.
MAX_HEIGHT_M: Final = 2_000e3
#: Half the Earth's circumference, 20,003 km, leaves no meaning to bearing and range.
MAX_RANGE_M: Final = 20_000e3
#: Sides of a place: the plane in which extents are checked has no meaning beyond.
MAX_EXTENT_M: Final = 10_000e3
#: What only a slip of the pen exceeds: a month, slower than a walk, faster than an orbit, more rounds than anybody has.
MAX_TIME_S: Final = 30 * 86_400.0
MIN_SPEED_MPS: Final = 1.0
MAX_SPEED_MPS: Final = 8_000.0
MAX_COUNT: Final = 1_000_000


class Model(BaseModel):
    """A mapping of the format: frozen, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with other values; they are checked when it is run. A field that does not exist is an `InputError`."""
        for name in update or ():
            if name not in (known := type(self).model_fields):
                near = difflib.get_close_matches(name, known, 1)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                raise InputError(f"{type(self).__name__} has no field {name!r}; allowed: {', '.join(known)}{hint}")
        return super().model_copy(update=update, deep=deep)


def fault(message: str) -> PydanticCustomError:
    """An error whose message reaches the user word for word."""
    return PydanticCustomError("rule", "{message}", {"message": message})


def si(value: object, dimension: str) -> float:
    """SI value of a text with unit; a fault that names the allowed units otherwise."""
    if not isinstance(value, (str, int, float)):
        raise fault(f"{value!r} is not {units.article(dimension)} {dimension}; write it as text with its unit")
    try:
        return units.parse(value, dimension)
    except UnitError as error:
        raise fault(str(error)) from None


@dataclass(frozen=True)
class Quantity:
    """Annotation of a float that is written as text with a unit of `dimension`, such as ``250 km``."""

    dimension: str

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(
            lambda value: si(value, self.dimension),
            core_schema.float_schema(allow_inf_nan=False),
            serialization=core_schema.plain_serializer_function_ser_schema(lambda value: units.text(value, self.dimension)),
        )

    def __get_pydantic_json_schema__(self, _schema: CoreSchema, _handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        if "" in units.UNITS[self.dimension]:
            return {"type": ["string", "number"], "description": f"a {self.dimension}"}
        names = [*units.UNITS[self.dimension], *(["dBsm"] if self.dimension == "area" else [])]
        sign = "[+-]?" if self.dimension in ("angle", "area") else r"\+?"
        pattern = rf"^\s*{sign}[\d_ ]*\.?\d+([eE][+-]?\d+)?\s*({'|'.join(map(re.escape, names))})\s*$"
        return {"type": "string", "pattern": pattern, "description": f"a {self.dimension} with its unit: {', '.join(names)}"}


Length = Annotated[float, Quantity("length"), Field(ge=0.0, le=MAX_RANGE_M)]
Time = Annotated[float, Quantity("time"), Field(ge=0.0, le=MAX_TIME_S)]
Speed = Annotated[float, Quantity("speed"), Field(ge=MIN_SPEED_MPS, le=MAX_SPEED_MPS)]
Bearing = Annotated[float, Quantity("angle"), Field(ge=-2 * math.pi, le=2 * math.pi)]
Area = Annotated[float, Quantity("area"), Field(gt=0.0)]
Rate = Annotated[float, Quantity("rate"), Field(gt=0.0)]
Fraction = Annotated[float, Quantity("fraction"), Field(ge=0.0, le=1.0)]

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$", max_length=64)]
Count = Annotated[int, Field(strict=True, ge=1, le=MAX_COUNT)]
Stock = Annotated[int, Field(strict=True, ge=0, le=MAX_COUNT)]
Reason = Annotated[str, Field(min_length=1)]


def _yes_no(value: object) -> object:
    words = {"yes": True, "no": False}
    answer = words.get(value, value) if isinstance(value, str) else value
    if not isinstance(answer, bool):
        raise fault("; ".join(filter(None, not_allowed(value, ("yes", "no")))))
    return answer


#: ``yes`` or ``no`` (plain words in YAML 1.2); ``true`` and ``false`` are read as well.
YesNo = Annotated[bool, BeforeValidator(_yes_no, json_schema_input_type=bool | Literal["yes", "no"])]


@dataclass(frozen=True)
class Written:
    """Annotation of a small model that is written as one text: `read` gives the fields, `write` the text, `example` is published."""

    read: Callable[[str], Mapping[str, Any]]
    write: Callable[[Any], str]
    example: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def fields(value: object) -> object:
            if isinstance(value, source):
                return value
            if not isinstance(value, str):
                raise fault(f"{value!r} is not allowed; write it like '{self.example}'")
            return source.model_construct(**self.read(value))

        return core_schema.no_info_before_validator_function(
            fields, handler(source), serialization=core_schema.plain_serializer_function_ser_schema(self.write)
        )

    def __get_pydantic_json_schema__(self, _schema: CoreSchema, _handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "examples": [self.example]}


class Extent(Model):
    """Size of the place; the origin is its middle."""

    east_m: float
    north_m: float


class Height(Model):
    """A height and what it is measured from: AMSL (above mean sea level) or AGL (above ground level); the same over flat terrain."""

    value_m: float
    reference: str


class Arrival(Model):
    """Time on target: every member arrives at `time_s` plus a uniform draw in [-spread_s, +spread_s]."""

    time_s: float
    spread_s: float


def _read_extent(text: str) -> dict[str, float]:
    sides = text.split(" x ")
    if len(sides) != 2:
        raise fault(f"{text!r} is not an extent; write it like '600 km x 400 km' (east-west x north-south)")
    east_m, north_m = (si(side, "length") for side in sides)
    if not (0.0 < east_m <= MAX_EXTENT_M and 0.0 < north_m <= MAX_EXTENT_M):
        raise fault(f"{text!r}: each side must be greater than 0 and at most {MAX_EXTENT_M / 1e3:,.0f} km")
    return {"east_m": east_m, "north_m": north_m}


def _read_height(text: str) -> dict[str, float | str]:
    words = text.split()
    if not words or words[-1] not in ("AGL", "AMSL"):
        raise fault(f"{text!r} does not say what the height is measured from; write '50 m AGL' (ground) or '1500 m AMSL' (sea level)")
    value_m = si(" ".join(words[:-1]), "length")
    if not 0.0 < value_m < MAX_HEIGHT_M:
        raise fault(f"{text!r}: a height must be greater than 0 and less than {MAX_HEIGHT_M / 1e3:,.0f} km")
    return {"value_m": value_m, "reference": words[-1]}


def _read_arrive(text: str) -> dict[str, float]:
    time, joint, spread = text.partition("+/-")
    if any(sign in time + spread for sign in "+±"):
        raise fault(f"{text!r} is not an arrival time; write it like '95 min +/- 2 min'")
    values = {"time_s": si(time, "time"), "spread_s": si(spread, "time") if joint else 0.0}
    if not 0.0 <= values["spread_s"] <= values["time_s"]:
        raise fault(f"{text!r}: arrival may not begin before the time 0 s; write it like '95 min +/- 2 min'")
    return values


def _write_arrive(arrive: Arrival) -> str:
    spread = f" +/- {units.text(arrive.spread_s, 'time')}" if arrive.spread_s else ""
    return units.text(arrive.time_s, "time") + spread


ExtentText = Annotated[
    Extent,
    Written(_read_extent, lambda e: f"{units.text(e.east_m, 'length')} x {units.text(e.north_m, 'length')}", "600 km x 400 km"),
]
HeightText = Annotated[Height, Written(_read_height, lambda h: f"{units.text(h.value_m, 'length')} {h.reference}", "50 m AGL")]
ArriveText = Annotated[Arrival, Written(_read_arrive, _write_arrive, "95 min +/- 2 min")]


class Position(Model):
    """A point by bearing and ground range from the origin, an asset or a unit. Symbolic: lowering turns it into coordinates."""

    anchor: str = Field(default="origin", alias="from", description="origin, or the id of an asset or unit")
    bearing_rad: Bearing = Field(default=0.0, alias="bearing", description="clockwise from north")
    range_m: Length = Field(alias="range", description="ground range")


class Start(Model):
    """Where a group starts: bearing and ground range as seen from the origin, or of an asset or unit."""

    anchor: str = Field(default="origin", alias="of", description="origin, or the id of an asset or unit")
    bearing_rad: Bearing = Field(alias="bearing", description="clockwise from north")
    range_m: Annotated[Length, Field(gt=0.0)] = Field(alias="range", description="ground range")


def _position(value: object) -> object:
    return {"from": value, "range": "0 m"} if isinstance(value, str) else value


def _written_position(position: Position) -> object:
    return position.anchor if position.range_m == 0.0 else position.model_dump(by_alias=True)


#: ``origin``, the id of an asset or unit, or ``{from: capital, bearing: 200 deg, range: 35 km}``.
At = Annotated[
    Position,
    BeforeValidator(_position, json_schema_input_type=str | Position),
    PlainSerializer(_written_position),
]
