"""Ground and weather of the invented place, as a scenario states them."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator

from openiads.documents.problems import nearest
from openiads.scenario.fields import Bearing, Fraction, Length, Model, Quantity, YesNo, fault

#: More is no rain: the strongest ever measured over an hour is about 300 mm/h.
MOST_RAIN_MM_H: Final = 300.0
#: Higher than any mountain of the earth, wider than any range of hills.
MOST_RELIEF_M: Final = 9_000.0
#: Words for a ground without relief.
FLAT: Final = "flat"
_ALLOWED: Final = "flat, {ridge: ...}, {fractal: ...}, {file: ...}"


class Spot(Model):
    """A point of the place by bearing and ground range from the origin."""

    bearing_rad: Bearing = Field(default=0.0, alias="bearing", description="clockwise from north")
    range_m: Length = Field(alias="range", description="ground range")


def _spot(value: object) -> object:
    return {"range": "0 m"} if value == "origin" else value


def _written_spot(spot: Spot) -> object:
    return "origin" if spot.range_m == 0.0 else spot.model_dump(by_alias=True)


#: ``origin`` or ``{bearing: 90 deg, range: 30 km}``; always from the origin, since units stand on the ground and not the other way round.
At = Annotated[Spot, BeforeValidator(_spot, json_schema_input_type=Literal["origin"] | Spot), PlainSerializer(_written_spot)]
Relief = Annotated[Length, Field(gt=0.0, le=MOST_RELIEF_M)]
Wide = Annotated[Length, Field(ge=200.0)]


class Ridge(Model):
    """A ridge along a line."""

    start: At = Field(alias="from", description="one end of its crest")
    end: At = Field(alias="to", description="the other end of its crest")
    height_m: Relief = Field(alias="height", description="of the crest above the sea")
    width_m: Wide = Field(alias="width", description="whole width at its foot")


class Fractal(Model):
    """Fractal relief from a seed."""

    height_m: Relief = Field(alias="height", description="greatest height that it could have; most of the ground is far lower")
    roughness: Fraction = Field(default=0.4, description="0 is smooth, 1 jagged")
    scale_m: Annotated[Length, Field(ge=1_000.0)] = Field(default=60_000.0, alias="scale", description="size of the largest hills")
    seed: Annotated[int, Field(strict=True, ge=0, lt=2**32)] = Field(default=0, description="which of all such countries")


def _list(value: object) -> object:
    return [value] if isinstance(value, dict) else value


class Terrain(Model):
    """The ground: flat at sea level, invented relief, or an elevation raster moved to this place."""

    ridge: Annotated[tuple[Ridge, ...], BeforeValidator(_list, json_schema_input_type=Ridge | tuple[Ridge, ...])] = Field(
        default=(), description="one ridge or a list of them"
    )
    fractal: Fractal | None = Field(default=None, description="fractal relief over the whole place")
    file: Annotated[str, Field(min_length=1)] | None = Field(
        default=None, description="elevation file (.npz, .hgt; .tif, .dt0 to .dt2 with the extra terrain), seen from the scenario file"
    )
    at: At = Field(default=Spot(range="0 m"), description="where the middle of the raster is laid; its real place is forgotten")  # type: ignore[arg-type]
    step_m: Annotated[Length, Field(gt=0.0)] | None = Field(
        default=None, alias="step", description="distance between the points of the raster, in place of what the file says"
    )

    @property
    def is_flat(self) -> bool:
        """Whether there is no relief at all."""
        return not (self.ridge or self.fractal or self.file)

    @property
    def word(self) -> str:
        """The kind of ground in one word or two."""
        kinds = [name for name, given in (("ridge", self.ridge), ("fractal", self.fractal), ("raster", self.file)) if given]
        return " and ".join(kinds) or FLAT

    @model_validator(mode="after")
    def _one_ground(self) -> Self:
        if self.file is not None and (self.ridge or self.fractal):
            raise fault("a file already states the ground; leave out ridge and fractal")
        if self.file is None and (self.step_m is not None or self.at.range_m > 0.0):
            raise fault("'at' and 'step' belong to a file, and none is given")
        return self


def _terrain(value: object) -> object:
    if value == FLAT:
        return {}
    if isinstance(value, (dict, Terrain)) and value:
        return value
    raise fault("; ".join(filter(None, (f"{value!r} is not allowed; allowed: {_ALLOWED}", nearest(str(value), (FLAT,))))))


def _written_terrain(terrain: Terrain) -> object:
    if terrain.is_flat:
        return FLAT
    written = terrain.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)
    if terrain.fractal is not None:
        written["fractal"] = terrain.fractal.model_dump(mode="json", by_alias=True)
    return written


#: ``flat`` or a mapping with the relief.
Ground = Annotated[
    Terrain,
    BeforeValidator(_terrain, json_schema_input_type=Literal["flat"] | Terrain),
    PlainSerializer(_written_terrain),
]


class Weather(Model):
    """What the air takes from radar signals beyond what reports contain."""

    rain_mm_h: Annotated[float, Quantity("rain"), Field(ge=0.0, le=MOST_RAIN_MM_H)] = Field(
        default=0.0, alias="rain", description="rain rate over the whole place, such as '10 mm/h'"
    )
    top_m: Length = Field(default=4_000.0, alias="top", description="height above the sea below which it rains")
    extent_m: Length = Field(default=50_000.0, alias="extent", description="longest way of a signal through rain, one way")
    gas: YesNo = Field(default=False, description="whether the gases of clear air are a loss of their own; no: inside the reports")

    @property
    def is_clear(self) -> bool:
        """Whether nothing is lost beyond the reports."""
        return self.rain_mm_h == 0.0 and not self.gas
