"""Small plans that tests run: round illustrative numbers, no system of the catalogue."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from openiads.geodesy.geodesics import geodesic_direct
from openiads.models.motion.air import Leg, air_path
from openiads.models.motion.ballistic import ballistic_path
from openiads.models.motion.earth import WGS84, Place
from openiads.models.motion.path import Path
from openiads.models.radar.range_equation import anchor_snr
from openiads.simulation.lower.plan import AssetPlan, Conditions, DoctrinePlan, ObjectPlan, Plan, PostPlan, SensorPlan, UnitPlan
from openiads.specs import Doctrine, Envelope, FireUnit, Magazine, Post, Radar, Threat, Weapon

DRONE, CRUISE, BALLISTIC, FIGHTER = range(4)
ORIGIN = Place(0.0, 0.0, 0.0)


def place(bearing_deg: float, range_m: float, alt_m: float = 0.0, origin: Place = ORIGIN) -> Place:
    lat, lon, _ = geodesic_direct(origin.lat_rad, origin.lon_rad, math.radians(bearing_deg), range_m, WGS84.a_m, WGS84.f)
    return Place(lat, lon, alt_m)


def search_radar(**changes: object) -> Radar:
    base = Radar(
        period_s=6.0, rotating=True, continuous=False, range_min_m=1e3, range_max_m=300e3, elevation_min_rad=math.radians(-5.0),
        elevation_max_rad=math.radians(60.0), azimuth_half_width_rad=math.pi, antenna_height_m=20.0, anchor_range_m=200e3,
        anchor_rcs_m2=1.0, anchor_snr=anchor_snr(0.5, 1e-6, 1, 1), swerling=1, n_pulses=1, pfa=1e-6, perfect=False, confirm_hits=2,
        confirm_window=3, drop_misses=3, capacity=10**6, band=0,
    )  # fmt: skip
    return replace(base, **changes)


def engagement_radar(**changes: object) -> Radar:
    sector = math.radians(60.0)
    base = replace(search_radar(), period_s=1.0, rotating=False, range_max_m=200e3, anchor_range_m=150e3, azimuth_half_width_rad=sector)
    return replace(base, **changes)


def weapon(**changes: object) -> Weapon:
    base = Weapon(
        speed_avg_mps=1200.0, delay_s=1.5, range_min_m=2e3, alt_min_m=10.0, alt_max_m=30e3, target_speed_max_mps=3000.0, reliability=0.95,
        launch_reliability=0.95, salvo_correlation=0.2, needs_radar_until_intercept=True, launch_on_remote=False,
        remote_track_pk_factor=1.0, unit_cost_usd=2e6, reach_m=120e3,
    )  # fmt: skip
    return replace(base, **changes)


def threat(key: int, klass: int, speed_mps: float, **changes: object) -> Threat:
    base = Threat(
        key=key, group=klass, klass=klass, side=0, lethal=True, motion=int(klass == BALLISTIC), aim_asset=0, aim_component=-1,
        speed_max_mps=speed_mps, unit_cost_usd=1e5, shift_half_width_s=10.0, scale_half_width=0.02, rotation_sd_rad=0.01,
        arrival_rate_per_s=0.0,
    )  # fmt: skip
    return replace(base, **changes)


def greatest_speed_mps(path: Path) -> float:
    return float(np.linalg.norm(path.vel_ecef_mps, axis=1).max()) * 1.02


def mixed_objects(n: int, seed: int, origin: Place) -> tuple[ObjectPlan, ...]:
    """Drones, cruise missiles (one turn each), ballistic missiles and fighters from one side, over ten minutes."""
    rng = np.random.default_rng(seed)
    objects = []
    aim = origin
    for k in range(n):
        klass = int(rng.choice(4, p=[0.4, 0.4, 0.1, 0.1]))
        bearing = float(rng.uniform(40.0, 110.0))
        start_s = float(rng.uniform(20.0, 600.0))
        if klass == BALLISTIC:
            path = ballistic_path(place(bearing, 300e3, 0.0, origin), aim)
        else:
            speed, alt, range_m = {DRONE: (50.0, 1200.0, 40e3), CRUISE: (240.0, 60.0, 150e3), FIGHTER: (260.0, 8000.0, 220e3)}[klass]
            turn = place(bearing + float(rng.uniform(-15.0, 15.0)), 0.4 * range_m, alt, origin)
            legs = [Leg(turn, speed), Leg(origin._replace(alt_m=alt), speed)]
            path = air_path(place(bearing, range_m, alt, origin), legs)
        objects.append(ObjectPlan(threat(1000 + k, klass, greatest_speed_mps(path)), path, start_s, aim))
    return tuple(objects)


def doctrine(**changes: object) -> DoctrinePlan:
    salvos = changes.pop("salvos", (1, 1, 2, 1))
    sequence = changes.pop("sequence", ())
    kept_for = changes.pop("reserve_class", -1)
    base = Doctrine(
        fire=2, sequence_length=len(sequence), prefer=2, adequate_sspk=0.0, p_false_alive=0.0, p_false_kill=0.0, reopen_hits=-1,
        reserve_rounds=0, hold=False,
    )  # fmt: skip
    return DoctrinePlan(replace(base, **changes), tuple(sequence), tuple(salvos), tuple(k == kept_for for k in range(len(salvos))))


def mixed_plan(
    n: int = 20, seed: int = 1, units: int = 2, conditions: Conditions | None = None, origin: Place = ORIGIN, **doctrine_changes: object
) -> Plan:
    """A search radar, `units` fire units with an engagement radar and two weapons each, and `n` mixed threats."""
    search = SensorPlan("search", search_radar(), origin)
    fire_units = []
    for u in range(units):
        at = place(360.0 * u / units, 3e3, 0.0, origin)
        control = SensorPlan(f"control-{u}", engagement_radar(), at, facing_rad=math.radians(75.0))
        fire_unit = FireUnit(channels=4, missiles_guided=8, launch_interval_s=3.0, assessment_time_s=5.0)
        fire_units.append(UnitPlan(f"unit-{u}", fire_unit, at, ((0, Magazine(8, 8, 4, 300.0)), (1, Magazine(12, 12, 12, 200.0))), control))
    post = PostPlan("post", Post(10.0, 0.25, 2.0, 0.0, 10**6), doctrine(**doctrine_changes), (search,), tuple(fire_units))
    long_reach = weapon()
    short_reach = weapon(speed_avg_mps=800.0, delay_s=0.5, range_min_m=800.0, alt_max_m=20e3, reach_m=30e3, unit_cost_usd=5e5)
    envelopes = (
        (Envelope(120e3, 0.6, 1.0), Envelope(120e3, 0.6, 1.0), Envelope(50e3, 0.5, 1.0), Envelope(120e3, 0.75, 1.0)),
        (Envelope(30e3, 0.7, 1.0), Envelope(30e3, 0.7, 1.0), Envelope(20e3, 0.0, 1.0), Envelope(30e3, 0.7, 1.0)),
    )
    return Plan(
        posts=(post,),
        objects=mixed_objects(n, seed, origin),
        assets=(AssetPlan("capital", origin, 1000.0), AssetPlan("airbase", place(200.0, 35e3, 0.0, origin), 400.0)),
        weapons=(("long", long_reach), ("short", short_reach)),
        envelopes=envelopes,
        rcs_m2=((0.02,), (0.1,), (0.1,), (4.0,)),
        conditions=conditions or Conditions(),
    )
