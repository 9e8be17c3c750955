"""The raid of a scenario: stated groups. There is no key that searches over routes, timing or aim points."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, model_validator

from openiads import units
from openiads.scenario.fields import (
    Area,
    ArriveText,
    At,
    Bearing,
    Count,
    Fraction,
    HeightText,
    Identifier,
    Length,
    Model,
    Rate,
    Reason,
    Speed,
    Start,
    Time,
    YesNo,
    fault,
)


class Arrivals(Model):
    """Random arrivals: exponential gaps between members, drawn per member."""

    poisson_per_s: Rate = Field(alias="poisson", description="mean rate of arrivals")


class Variation(Model):
    """How a group differs from replicate to replicate."""

    time_s: Time = Field(default=0.0, alias="time", description="uniform shift in time, plus or minus")
    scale: Annotated[Fraction, Field(lt=1.0)] = Field(default=0.0, description="uniform factor on speed, 1 plus or minus")
    rotate_rad: Annotated[Bearing, Field(ge=0.0)] = Field(default=0.0, alias="rotate", description="normal turn about the aim, one sigma")


class Rcs(Model):
    """A radar cross-section in place of the catalogue's, in all bands and aspects."""

    value_m2: Area = Field(alias="value", description="such as '0.02 m^2' or '-17 dBsm'")
    why: Reason = Field(description="why this value; it is printed beside the answer")


def _aim(value: object) -> object:
    return {value: 1.0} if isinstance(value, str) else value


def _shares_fill(value: Mapping[str, float]) -> Mapping[str, float]:
    if not math.isclose(total := math.fsum(value.values()), 1.0, abs_tol=1e-9):
        raise fault(f"the shares sum to {total:.6g} of the group, not to 100 %")
    return value


def _written_aim(value: Mapping[str, float]) -> object:
    return next(iter(value)) if len(value) == 1 else {asset: units.text(share, "fraction") for asset, share in value.items()}


#: Asset id, or shares of the group by asset id; inside always shares that sum to 1.
Share = Annotated[Fraction, Field(gt=0.0)]
Aim = Annotated[
    Mapping[str, Share],
    BeforeValidator(_aim, json_schema_input_type=str | Mapping[str, Share]),
    AfterValidator(_shares_fill),
    PlainSerializer(_written_aim),
]


class Damage(Model):
    """A probability of damage in place of the catalogue's, for a member that reaches a component of the defence."""

    value: Fraction = Field(description="such as '60 %'")
    why: Reason = Field(description="why this value; it is printed beside the answer")


class Homing(Model):
    """Members that find their radar by its emission."""

    if_silent: Fraction = Field(description="factor on the probability of damage where the radar is silent at arrival, such as '30 %'")
    why: Reason = Field(description="why this value; it is printed beside the answer")


class RedGroup(Model):
    """Threats of one class that start together."""

    id: Identifier = Field(description="name of the group")
    class_name: str = Field(alias="class", description="threat or aircraft of the catalogue")
    component: str | None = Field(default=None, description="which airframe, where the class has several (threat_decoy)")
    count: Count = Field(description="number of members")
    start: Start = Field(alias="from", description="where the group starts: {bearing: 60 deg, range: 300 km, of: capital}")
    via: tuple[At, ...] = Field(default=(), description="waypoints on the way to the aim")
    width_m: Length = Field(default=0.0, alias="width", description="front across the course, members spread evenly")
    height: HeightText | None = Field(default=None, description="'50 m AGL' or '1500 m AMSL'; required for all that is not ballistic")
    speed_mps: Speed | None = Field(default=None, alias="speed", description="ground speed; the catalogue's if absent")
    start_s: Time = Field(default=0.0, alias="start", description="when the first member starts")
    spacing_s: Time | None = Field(default=None, alias="spacing", description="time between members; all at once if absent")
    arrive: ArriveText | None = Field(default=None, description="time on target: '95 min +/- 2 min', uniform and independent per member")
    arrivals: Arrivals | None = Field(default=None, description="random arrivals: {poisson: 0.1 /s}")
    aim: Aim = Field(description="asset id, component such as s400/91N6E, or shares {capital: 70 %, s400/92N6E: 30 %}")
    release_m: Annotated[Length, Field(gt=0.0)] | None = Field(
        default=None, alias="release", description="range from the aim at which a member counts as leaked"
    )
    lethal: YesNo = Field(default=True, description="whether a leaker counts; yes except for threat_decoy")
    variation: Variation = Field(default=Variation(), description="how the group differs from replicate to replicate")
    rcs: Rcs | None = Field(default=None, description="radar cross-section in place of the catalogue's")
    damage: Damage | None = Field(default=None, description="probability of damage to a component, in place of the catalogue's")
    homing: Homing | None = Field(default=None, description="members that home on the radar that they aim at: {if_silent: 30 %, why: ...}")
    reflector: YesNo = Field(default=False, description="whether members carry a radar reflector, as their class states one")
    profile: Literal["minimum-energy", "quasi-ballistic", "auto"] | None = Field(
        default=None, description="flight of a ballistic missile; auto if absent"
    )

    @model_validator(mode="before")
    @classmethod
    def _decoys_are_harmless(cls, data: object) -> object:
        return {"lethal": data.get("class") != "threat_decoy", **data} if isinstance(data, dict) else data

    @model_validator(mode="after")
    def _one_timing(self) -> RedGroup:
        timings = {"spacing": self.spacing_s, "arrive": self.arrive, "arrivals": self.arrivals}
        stated = [key for key, value in timings.items() if value is not None]
        if len(stated) > 1:
            raise fault(f"{' and '.join(stated)} exclude each other; keep one")
        if self.reflector and self.rcs is not None:
            raise fault("rcs and reflector both state the radar cross-section; keep one")
        if self.arrive is not None and self.start_s > 0.0:
            raise fault("arrive and start exclude each other: the start follows from the time on target")
        if self.variation.rotate_rad > 0.0 and self.height is not None and self.height.reference == "AGL":
            raise fault("variation.rotate needs a height AMSL: a path that follows the ground is not turned")
        return self
