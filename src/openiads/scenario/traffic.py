"""Friendly and neutral aircraft of a scenario: they fly by, are seen by radars, and are never engaged while identification is perfect."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, model_validator

from openiads.scenario.fields import At, Count, HeightText, Identifier, Length, Model, Speed, Start, Time, YesNo, fault
from openiads.scenario.red import Rcs, Variation


class TrafficGroup(Model):
    """Aircraft of one class that fly one route."""

    id: Identifier = Field(description="name of the group")
    class_name: str = Field(alias="class", description="aircraft of the catalogue, or your own")
    component: str | None = Field(default=None, description="which airframe, where the class has several")
    count: Count = Field(default=1, description="number of aircraft")
    start: Start = Field(alias="from", description="where the route begins: {bearing: 60 deg, range: 300 km}")
    via: tuple[At, ...] = Field(default=(), description="waypoints")
    to: At = Field(description="where the route ends")
    height: HeightText = Field(description="'10 km AMSL'")
    speed_mps: Speed | None = Field(default=None, alias="speed", description="ground speed; the catalogue's if absent")
    start_s: Time = Field(default=0.0, alias="start", description="when the first aircraft starts")
    spacing_s: Time | None = Field(default=None, alias="spacing", description="time between aircraft; all at once if absent")
    rcs: Rcs | None = Field(default=None, description="radar cross-section in place of the catalogue's")
    reflector: YesNo = Field(default=False, description="whether it carries a radar reflector, as its class states one")

    # What only a group of the raid can state.
    width_m: ClassVar[Length] = 0.0
    release_m: ClassVar[None] = None
    arrive: ClassVar[None] = None
    arrivals: ClassVar[None] = None
    damage: ClassVar[None] = None
    homing: ClassVar[None] = None
    profile: ClassVar[None] = None
    lethal: ClassVar[bool] = False
    variation: ClassVar[Variation] = Variation()

    @model_validator(mode="after")
    def _one_cross_section(self) -> TrafficGroup:
        if self.reflector and self.rcs is not None:
            raise fault("rcs and reflector both state the radar cross-section; keep one")
        return self
