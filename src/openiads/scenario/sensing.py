"""What a scenario states of single radars: when they are silent, how far they see in a sector and time, their least radial speed."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator

from openiads import units
from openiads.scenario.fields import MAX_TIME_S, Bearing, Fraction, Model, Reason, Speed, fault, si

#: Written for a radar that is never on air.
STORED: Final = "stored"
#: Ends of a silence without end: no replicate lasts longer.
ALWAYS_S: Final = (-1e9, 1e9)
_EXAMPLE: Final = "[10 min, 20 min]"


class Interval(Model):
    """Times from `from_s` on and before `to_s`."""

    from_s: float
    to_s: float


class Sector(Model):
    """Bearings from one to another, clockwise."""

    from_rad: Bearing = Field(alias="from", description="where the sector begins, clockwise from north")
    to_rad: Bearing = Field(alias="to", description="where it ends")


def _interval(value: object) -> object:
    if isinstance(value, Interval):
        return value
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise fault(f"{value!r} is not an interval; write it like {_EXAMPLE}")
    from_s, to_s = (si(end, "time") for end in value)
    if not 0.0 <= from_s < to_s <= MAX_TIME_S:
        raise fault(f"{value!r}: an interval begins at 0 s or later, ends after that, and within {MAX_TIME_S / 86_400.0:g} d")
    return Interval(from_s=from_s, to_s=to_s)


def _silence(value: object) -> object:
    return Interval(from_s=ALWAYS_S[0], to_s=ALWAYS_S[1]) if value == STORED else _interval(value)


def _written(interval: Interval) -> object:
    if (interval.from_s, interval.to_s) == ALWAYS_S:
        return STORED
    return [units.text(interval.from_s, "time"), units.text(interval.to_s, "time")]


During = Annotated[Interval, BeforeValidator(_interval, json_schema_input_type=tuple[str, str]), PlainSerializer(_written)]
Silence = Annotated[Interval, BeforeValidator(_silence, json_schema_input_type=str | tuple[str, str]), PlainSerializer(_written)]


class Sensing(Model):
    """One statement about one radar, or several alike."""

    radar: str = Field(description="radar such as s400/91N6E, all engagement radars (s400/92N6E), or all radars of a unit (s400)")
    silent: Silence | None = Field(default=None, description="when it neither looks nor is seen: [10 min, 20 min], or stored")
    range_factor: Annotated[Fraction, Field(gt=0.0)] | None = Field(default=None, description="what is left of its range, such as 60 %")
    sector: Sector | None = Field(default=None, description="of range_factor: {from: 30 deg, to: 90 deg}, clockwise; all round if absent")
    during: During | None = Field(default=None, description="of range_factor: [0 min, 30 min]; the whole run if absent")
    radial_speed_min_mps: Speed | None = Field(
        default=None, alias="least_radial_speed", description="what approaches or recedes more slowly is not detected"
    )
    why: Reason | None = Field(default=None, description="why this value; it is printed beside the answer. Not needed for a silence")

    @model_validator(mode="after")
    def _one_statement(self) -> Sensing:
        stated = {"silent": self.silent, "range_factor": self.range_factor, "least_radial_speed": self.radial_speed_min_mps}
        given = [key for key, value in stated.items() if value is not None]
        if len(given) != 1:
            raise fault(f"states {' and '.join(given) or 'nothing'}; state exactly one of {', '.join(stated)}")
        if self.silent is None and self.why is None:
            raise fault(f"'why' is missing: {given[0]} is a value of your own")
        if self.range_factor is None and (self.sector is not None or self.during is not None):
            raise fault("sector and during belong to range_factor")
        if self.sector is not None and self.sector.from_rad == self.sector.to_rad:
            raise fault("the sector begins where it ends; leave it out for all round")
        return self
