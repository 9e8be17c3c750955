"""What a run is made of, in SI units and without arrays: the step between a scenario and the `World` of the compiled core.

Everything that can be simulated is a `Plan`: scenarios are lowered to one, oracle cases state theirs directly.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from openiads.errors import InputError
from openiads.models.motion.earth import WGS84, Earth, Place
from openiads.models.motion.path import Path
from openiads.specs import Component, Doctrine, Envelope, FireUnit, Magazine, Post, Radar, Threat, Weapon
from openiads.specs.command import MAX_UNITS
from openiads.terrain.relief import Ground

#: Mean earth radius of the horizon law (MODEL: 6 371 km) and its usual refraction factor.
HORIZON_RADIUS_M = 6_371_000.0
EFFECTIVE_EARTH_AIR = 4.0 / 3.0
EFFECTIVE_EARTH_BALLISTIC = 1.0


@dataclass(frozen=True)
class Weather:
    """Rain over the whole place, and whether the gases of the air are a loss of their own."""

    rain_mm_h: float = 0.0
    rain_top_m: float = 0.0
    rain_extent_m: float = 0.0
    gas: bool = False


CLEAR = Weather()


@dataclass(frozen=True)
class Conditions:
    """The world of a plan."""

    earth: Earth = WGS84
    effective_earth_air: float = EFFECTIVE_EARTH_AIR
    effective_earth_ballistic: float = EFFECTIVE_EARTH_BALLISTIC
    range_measure: int = 0
    """`codes.RangeMeasure`."""
    raid_effect_sd: float = 0.0
    ground: Ground | None = None
    """None: a smooth earth at sea level."""
    weather: Weather = field(default_factory=lambda: CLEAR)
    eager: bool = False
    culling: bool = True


@dataclass(frozen=True)
class EpochPlan:
    """A stated interval of a radar: silent, or with a factor of at most 1 on its range in a sector (clockwise; None: all round)."""

    from_s: float
    to_s: float
    silent: bool = False
    range_factor: float = 1.0
    sector_rad: tuple[float, float] | None = None


@dataclass(frozen=True)
class SensorPlan:
    """One radar at one place. `at.alt_m` is the ground; the antenna stands `radar.antenna_height_m` above it."""

    name: str
    radar: Radar
    at: Place
    facing_rad: float = 0.0
    epochs: tuple[EpochPlan, ...] = ()


@dataclass(frozen=True)
class UnitPlan:
    """One fire unit; `fire_control` is a sensor of its own, or None if the picture track is good enough to fire on."""

    name: str
    unit: FireUnit
    at: Place
    magazines: tuple[tuple[int, Magazine], ...]
    """(row of the weapon, rounds)."""
    fire_control: SensorPlan | None = None
    cued: bool = True
    cue_delay_s: float = 0.0
    launchers: int = 0
    """Launchers that the ready missiles fill; none where nobody can aim at them."""


@dataclass(frozen=True)
class DoctrinePlan:
    """Rules of fire with their lists: the salvos of a sequence, and by class the rounds of a salvo and whether a reserve is kept for it."""

    doctrine: Doctrine
    sequence: tuple[int, ...]
    salvos: tuple[int, ...]
    reserved: tuple[bool, ...] = ()


@dataclass(frozen=True)
class PostPlan:
    """A command post with its picture, the radars that feed it, and its fire units."""

    name: str
    post: Post
    doctrine: DoctrinePlan
    sensors: tuple[SensorPlan, ...]
    units: tuple[UnitPlan, ...]

    def __post_init__(self) -> None:
        if len(self.units) > MAX_UNITS:
            raise InputError(f"{self.name}: {len(self.units):,} fire units are too many for one command post; allowed: at most {MAX_UNITS}")


@dataclass(frozen=True)
class ObjectPlan:
    """One threat on its path; `path` starts at 0 on the object's own clock, `start_s` is that moment on the scenario's."""

    threat: Threat
    path: Path
    start_s: float
    aim: Place


@dataclass(frozen=True)
class AssetPlan:
    """Something worth defending."""

    name: str
    at: Place
    value: float


@dataclass(frozen=True)
class ComponentPlan:
    """A part of the defence that can be hit; `of` names the sensor, fire unit or post that it is."""

    name: str
    of: str
    component: Component


@dataclass(frozen=True)
class Plan:
    """Everything of one run. Classes and bands are rows and columns of `rcs_m2`; envelopes are [weapon][class].

    `aspects` is [class]: radar cross-section from nose, side, tail and belly over that of the nose; empty where none differs.
    `damage` is [class][kind of component]: (probability of damage, of being killed at once) of a member that arrives.
    """

    posts: tuple[PostPlan, ...]
    objects: tuple[ObjectPlan, ...]
    assets: tuple[AssetPlan, ...]
    weapons: tuple[tuple[str, Weapon], ...]
    envelopes: tuple[tuple[Envelope, ...], ...]
    rcs_m2: tuple[tuple[float, ...], ...]
    conditions: Conditions = field(default_factory=Conditions)
    components: tuple[ComponentPlan, ...] = ()
    damage: tuple[tuple[tuple[float, float], ...], ...] = ()
    aspects: tuple[tuple[float, ...], ...] = ()
    bands: tuple[str, ...] = ()
    """Names of the columns of `rcs_m2`."""
