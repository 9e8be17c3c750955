"""Plans of oracle cases: what a case states, and else the oracle runs of the model's description.

Those are: a sphere of 6 371 km that does not turn, ground ranges, radar, launchers and defended point at one place, a radar that sees
everything above its horizon at once and loses no track, and no delay, reserve, failure, correlation or spread anywhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from openiads.codes import Fire, Motion, Prefer, RangeMeasure, Side
from openiads.errors import InputError
from openiads.models.motion.air import Leg, air_path
from openiads.models.motion.ballistic import minimum_energy_flight
from openiads.models.motion.earth import SPHERE, Place
from openiads.models.motion.path import Path, lower
from openiads.simulation.lower.plan import (
    EFFECTIVE_EARTH_AIR,
    AssetPlan,
    Conditions,
    DoctrinePlan,
    ObjectPlan,
    Plan,
    PostPlan,
    SensorPlan,
    UnitPlan,
)
from openiads.specs import Doctrine, Envelope, FireUnit, Magazine, Post, Radar, Threat, Weapon

EARTH = replace(SPHERE, omega_radps=0.0)
HERE = Place(0.0, 0.0, 0.0)
"""Radar, launchers and defended point."""

#: More than any run can reach: metres, metres per second, rounds, tracks, misses in a row.
UNLIMITED = 1_000_000_000
#: Effective-earth factor at which nothing above the ground is hidden.
NO_HORIZON = 1e6
#: The engine keeps a bound on the speed of a target; rounding must not pass it.
_SPEED_MARGIN = 1.001


@dataclass(frozen=True)
class Defence:
    """One post with co-located fire units of one weapon. `channels` are shared out among `units` as evenly as they can be."""

    sspk: float
    interceptor_mps: float
    range_min_m: float
    range_max_m: float
    assessment_s: float
    reaction_s: float = 0.0
    channels: int = 1
    units: int = 1
    rounds: int = UNLIMITED
    """In the magazine of each unit."""
    salvo: int = 1
    fire: Fire = Fire.SHOOT_LOOK_SHOOT
    sequence: tuple[int, ...] = ()
    """Salvos of `Fire.SEQUENCE`."""
    p_false_alive: float = 0.0
    p_false_kill: float = 0.0
    lethal: bool = True
    """False: every shot misses, for timelines."""
    antenna_height_m: float = 0.0
    effective_earth: float = NO_HORIZON

    def __post_init__(self) -> None:
        if min(self.channels, self.units) < 1:
            raise InputError(f"a defence needs at least one channel in one fire unit, not {self.channels} in {self.units}")


@dataclass(frozen=True)
class Raid:
    """Threats on one straight path to the defended point at constant ground speed and height."""

    start_m: float
    """Ground range of the start."""
    speed_mps: float
    count: int = 1
    alt_m: float = 1_000.0
    spacing_s: float = 0.0
    arrival_rate_per_s: float = 0.0
    """Above 0: start times are a Poisson process."""

    def __post_init__(self) -> None:
        if self.count < 1:
            raise InputError("a raid needs at least one threat")


def inbound_plan(defence: Defence, raid: Raid) -> Plan:
    """`raid` against `defence`."""
    path = air_path(Place(raid.start_m / EARTH.a_m, 0.0, raid.alt_m), [Leg(Place(0.0, 0.0, raid.alt_m), raid.speed_mps)], EARTH)
    threat = _threat(Motion.AIR, _SPEED_MARGIN * raid.speed_mps * (1.0 + raid.alt_m / EARTH.a_m), raid.arrival_rate_per_s)
    objects = tuple(ObjectPlan(replace(threat, key=k), path, k * raid.spacing_s, HERE) for k in range(raid.count))
    radar = _radar(defence.antenna_height_m, -0.5 * math.pi)
    weapon = _weapon(defence)
    envelope = Envelope(range_max_m=defence.range_max_m, sspk=defence.sspk if defence.lethal else 1.0, pk_factor=float(defence.lethal))
    post = PostPlan("post", _post(defence.reaction_s), _doctrine(defence), (SensorPlan("radar", radar, HERE),), _units(defence))
    return Plan(
        posts=(post,),
        objects=objects,
        assets=(AssetPlan("asset", HERE, 1.0),),
        weapons=(("weapon", weapon),),
        envelopes=((envelope,),),
        rcs_m2=((1.0,),),
        conditions=_conditions(defence.effective_earth),
    )


def ballistic_plan(range_m: float, elevation_mask_rad: float) -> tuple[Plan, Path]:
    """One missile on the arc of least energy towards a radar that has nobody to shoot with; the plan and the missile's path."""
    flight = minimum_energy_flight(Place(range_m / EARTH.a_m, 0.0, 0.0), HERE, EARTH)
    path = lower(flight.states, [0.0, flight.arc.flight_time_s])
    threat = _threat(Motion.BALLISTIC, _SPEED_MARGIN * flight.ground_launch_speed_mps, 0.0)
    nobody = _doctrine(Defence(sspk=0.0, interceptor_mps=1.0, range_min_m=0.0, range_max_m=0.0, assessment_s=0.0))
    post = PostPlan("post", _post(0.0), nobody, (SensorPlan("radar", _radar(0.0, elevation_mask_rad), HERE),), ())
    plan = Plan(
        posts=(post,),
        objects=(ObjectPlan(threat, path, 0.0, HERE),),
        assets=(AssetPlan("asset", HERE, 1.0),),
        weapons=(),
        envelopes=(),
        rcs_m2=((1.0,),),
        conditions=_conditions(EFFECTIVE_EARTH_AIR),
    )
    return plan, path


def _conditions(effective_earth_air: float) -> Conditions:
    return Conditions(earth=EARTH, effective_earth_air=effective_earth_air, range_measure=RangeMeasure.GROUND)


def _threat(motion: Motion, speed_max_mps: float, arrival_rate_per_s: float) -> Threat:
    return Threat(
        key=0,
        group=0,
        klass=0,
        side=Side.RED,
        lethal=True,
        motion=motion,
        aim_asset=0,
        aim_component=-1,
        speed_max_mps=speed_max_mps,
        unit_cost_usd=0.0,
        shift_half_width_s=0.0,
        scale_half_width=0.0,
        rotation_sd_rad=0.0,
        arrival_rate_per_s=arrival_rate_per_s,
    )


def _radar(antenna_height_m: float, elevation_min_rad: float) -> Radar:
    """Perfect and continuous: what concerns the range equation, detection and confirmation is not used."""
    return Radar(
        period_s=1.0,
        rotating=False,
        continuous=True,
        range_min_m=0.0,
        range_max_m=UNLIMITED,
        elevation_min_rad=elevation_min_rad,
        elevation_max_rad=0.5 * math.pi,
        azimuth_half_width_rad=math.pi,
        antenna_height_m=antenna_height_m,
        anchor_range_m=1.0,
        anchor_rcs_m2=1.0,
        anchor_snr=0.0,
        swerling=0,
        n_pulses=1,
        pfa=0.0,
        perfect=True,
        confirm_hits=1,
        confirm_window=1,
        drop_misses=UNLIMITED,
        capacity=UNLIMITED,
        band=0,
    )


def _post(reaction_s: float) -> Post:
    return Post(reaction_s=reaction_s, reaction_cv=0.0, identification_s=0.0, p_misidentification=0.0, capacity=UNLIMITED)


def _weapon(defence: Defence) -> Weapon:
    return Weapon(
        speed_avg_mps=defence.interceptor_mps,
        delay_s=0.0,
        range_min_m=defence.range_min_m,
        alt_min_m=-UNLIMITED,
        alt_max_m=UNLIMITED,
        target_speed_max_mps=UNLIMITED,
        reliability=1.0,
        launch_reliability=1.0,
        salvo_correlation=0.0,
        needs_radar_until_intercept=False,
        launch_on_remote=False,
        remote_track_pk_factor=1.0,
        unit_cost_usd=0.0,
        reach_m=defence.range_max_m,
    )


def _doctrine(defence: Defence) -> DoctrinePlan:
    doctrine = Doctrine(
        fire=defence.fire,
        sequence_length=len(defence.sequence),
        prefer=Prefer.EARLIEST_INTERCEPT,
        adequate_sspk=0.0,
        p_false_alive=defence.p_false_alive,
        p_false_kill=defence.p_false_kill,
        reopen_hits=-1,
        reserve_rounds=0,
        hold=False,
    )
    return DoctrinePlan(doctrine, defence.sequence, (defence.salvo,))


def _units(defence: Defence) -> tuple[UnitPlan, ...]:
    most = max(defence.salvo, *defence.sequence, 0)
    magazine = Magazine(ready=defence.rounds, held=0, launcher_load=UNLIMITED, reload_s=0.0)
    units = []
    for k in range(min(defence.units, defence.channels)):
        channels = (defence.channels + k) // min(defence.units, defence.channels)
        unit = FireUnit(channels=channels, missiles_guided=channels * most, launch_interval_s=0.0, assessment_time_s=defence.assessment_s)
        units.append(UnitPlan(f"unit {k + 1}", unit, HERE, ((0, magazine),)))
    return tuple(units)
