"""The benchmark raid: a notional mixed raid on a notional layered defence, as a `Plan`. All numbers are round and illustrative.

Raid: 40 % drones, 40 % cruise missiles, 10 % quasi-ballistic missiles, 10 % aircraft, on three axes; each class arrives spread over
500 s. Every object varies from night to night by up to 20 s and by a small turn of its path about its aim. Defence, under one
command post with a delay-free shared picture: an acquisition radar, six engagement radars with six channels each, four short-range
units with four channels each and a radar of their own. Shoot-look-shoot, one round at a time; nothing of the defence is ever hit.

The acquisition radar revisits every target each 6 s (a phased array: no azimuth-dependent instant). Its picture is also fed by the
engagement and short-range radars, as MODEL's pictures are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from openiads.codes import ComponentKind, Fire, Motion, Prefer, Side
from openiads.geodesy.geodesics import geodesic_direct
from openiads.models.motion.air import Leg, air_path
from openiads.models.motion.earth import WGS84, Place
from openiads.models.motion.path import Path
from openiads.models.motion.quasi_ballistic import quasi_ballistic_path
from openiads.models.radar.range_equation import anchor_snr
from openiads.simulation.lower.plan import AssetPlan, ComponentPlan, DoctrinePlan, ObjectPlan, Plan, PostPlan, SensorPlan, UnitPlan
from openiads.specs import Component, Doctrine, Envelope, FireUnit, Magazine, Post, Radar, Threat, Weapon

SEED = 7
REACTION_S = 10.0
TIME_JITTER_S = 20.0
ROTATION_SD_RAD = 0.002
DROP_S = 18.0
PFA = 1e-6
ANCHOR_PD = 0.5
AXES_RAD = (0.2, 1.3, 2.6)
AXIS_SD_RAD = 0.25
ARRIVALS_SPREAD_S = 500.0
SHARES = (0.4, 0.4, 0.1, 0.1)
LONG_RANGE_SITES = 6
SHORT_RANGE_SITES = 4
ORDINARY_ASSETS = 8


@dataclass(frozen=True)
class ThreatKind:
    """A class of the raid; `speed_mps` and `alt_m` are constant, except for the ballistic one, which follows its profile."""

    rcs_m2: float
    speed_mps: float
    alt_m: float
    range_m: float
    first_arrival_s: float
    motion: Motion = Motion.AIR


KINDS = (
    ThreatKind(0.03, 50.0, 200.0, 45e3, 900.0),  # drone
    ThreatKind(0.1, 240.0, 60.0, 150e3, 700.0),  # cruise missile
    ThreatKind(0.3, 0.0, 0.0, 300e3, 650.0, Motion.BALLISTIC),
    ThreatKind(5.0, 260.0, 8000.0, 250e3, 600.0),  # aircraft
)
BALLISTIC_APOGEE_M = 45e3
BALLISTIC_FLIGHT_S = 270.0
#: Bends of an air-breathing path: (share of the distance still to go, standard deviation of the bearing there).
BENDS = ((0.5, 0.3), (0.2, 0.2))

LONG_RANGE = Weapon(1200.0, 4.0, 3e3, 0.0, 27e3, 5e3, 1.0, 1.0, 0.0, True, False, 1.0, 1.0, 120e3)
SHORT_RANGE = Weapon(700.0, 1.5, 1e3, 0.0, 10e3, 5e3, 1.0, 1.0, 0.0, True, False, 1.0, 1.0, 15e3)
#: Of the raid with losses, as network_integration.damage has them: chance that an arrival damages its radar at all and that it kills it at
#: once, range left, time of repair.
P_DAMAGE, P_KILLED, DEGRADED_RANGE, REPAIR_S = 0.6, 0.3, 0.7, 4 * 3600.0
SSPK = ((0.85, 0.75, 0.55, 0.8), (0.7, 0.65, 0.0, 0.7))


def raid(n_threats: int, *, seed: int = SEED, reaction_s: float = REACTION_S, losses: bool = False) -> Plan:
    """The raid of `n_threats` objects; `seed` places objects, `reaction_s` is the mean reaction of the post.

    With `losses`, who aims at a site hits its radar: the acquisition radar or the engagement radar of a fire unit.
    """
    luck = np.random.default_rng(seed)
    long_range = tuple(_long_range_unit(k) for k in range(LONG_RANGE_SITES))
    short_range = tuple(_short_range_unit(k) for k in range(SHORT_RANGE_SITES))
    acquisition = SensorPlan("acquisition", _radar(6.0, 25.0, 300e3, 250e3), _place(0.0, 0.0))
    sites = [acquisition.at, *(unit.at for unit in long_range + short_range)]
    ordinary = [_place(*luck.uniform(-15e3, 15e3, 2)) for _ in range(ORDINARY_ASSETS)]
    assets = tuple(AssetPlan(f"asset-{k}", at, 1.0) for k, at in enumerate(sites + ordinary))
    doctrine = Doctrine(Fire.SHOOT_LOOK_SHOOT, 0, Prefer.LAYERED, 0.0, 0.0, 0.0, -1, 0, False)
    post = PostPlan(
        "post",
        Post(reaction_s, 0.25, 0.0, 0.0, 10**6),
        DoctrinePlan(doctrine, (), (1,) * len(KINDS)),
        (acquisition,),
        long_range + short_range,
    )
    objects = _objects(n_threats, luck, assets)
    radars = (acquisition, *(unit.fire_control for unit in long_range + short_range if unit.fire_control is not None))
    if losses:
        at_sites = [o.threat.aim_asset < len(sites) for o in objects]
        aimed = [replace(o.threat, aim_component=o.threat.aim_asset, aim_asset=-1) for o in objects]
        objects = tuple(replace(o, threat=t) if at else o for o, t, at in zip(objects, aimed, at_sites, strict=True))
    return Plan(
        posts=(post,),
        objects=objects,
        components=tuple(_component(radar, k) for k, radar in enumerate(radars)) if losses else (),
        damage=(((P_DAMAGE, P_KILLED),) * len(ComponentKind),) * len(KINDS) if losses else (),
        assets=assets,
        weapons=(("long-range", LONG_RANGE), ("short-range", SHORT_RANGE)),
        envelopes=tuple(
            tuple(Envelope(weapon.reach_m, sspk, 1.0) for sspk in row) for weapon, row in zip((LONG_RANGE, SHORT_RANGE), SSPK, strict=True)
        ),
        rcs_m2=tuple((kind.rcs_m2,) for kind in KINDS),
    )


def _component(radar: SensorPlan, k: int) -> ComponentPlan:
    kind = ComponentKind.ENGAGEMENT_RADAR if k else ComponentKind.SEARCH_RADAR
    return ComponentPlan(radar.name, radar.name, Component(kind, DEGRADED_RANGE, 0, REPAIR_S, REPAIR_S))


def _place(east_m: float, north_m: float, alt_m: float = 0.0) -> Place:
    """A place at a ground distance and bearing from the origin at 0 N 0 E."""
    lat, lon, _ = geodesic_direct(0.0, 0.0, math.atan2(east_m, north_m), math.hypot(east_m, north_m), WGS84.a_m, WGS84.f)
    return Place(lat, lon, alt_m)


def _on_circle(radius_m: float, share: float) -> Place:
    return _place(radius_m * math.cos(2.0 * math.pi * share), radius_m * math.sin(2.0 * math.pi * share))


@cache
def _anchor_snr() -> float:
    return anchor_snr(ANCHOR_PD, PFA, 1, 1)


def _radar(period_s: float, mast_m: float, reach_m: float, anchor_m: float) -> Radar:
    """An all-round radar that sees 1 m2 at `anchor_m` with probability 0.5; Swerling 1, 2 of 3 confirm."""
    return Radar(
        period_s=period_s,
        rotating=False,
        continuous=False,
        range_min_m=0.0,
        range_max_m=reach_m,
        elevation_min_rad=-0.5 * math.pi,
        elevation_max_rad=0.5 * math.pi,
        azimuth_half_width_rad=math.pi,
        antenna_height_m=mast_m,
        anchor_range_m=anchor_m,
        anchor_rcs_m2=1.0,
        anchor_snr=_anchor_snr(),
        swerling=1,
        n_pulses=1,
        pfa=PFA,
        perfect=False,
        confirm_hits=2,
        confirm_window=3,
        drop_misses=round(DROP_S / period_s),
        capacity=10**6,
        band=0,
    )


def _long_range_unit(k: int) -> UnitPlan:
    at = _on_circle(4e3, k / LONG_RANGE_SITES)
    radar = SensorPlan(f"engagement-{k}", _radar(1.0, 20.0, 200e3, 200e3), at)
    return UnitPlan(f"long-range-{k}", FireUnit(6, 6, 0.0, 3.0), at, ((0, Magazine(10, 20, 10, 600.0)),), radar)


def _short_range_unit(k: int) -> UnitPlan:
    at = _on_circle(8e3, (k + 0.5) / SHORT_RANGE_SITES)
    radar = SensorPlan(f"short-range-radar-{k}", _radar(2.0, 8.0, 25e3, 25e3), at)
    return UnitPlan(f"short-range-{k}", FireUnit(4, 4, 0.0, 3.0), at, ((1, Magazine(12, 12, 12, 900.0)),), radar, cued=False)


def _objects(n: int, luck: np.random.Generator, assets: tuple[AssetPlan, ...]) -> tuple[ObjectPlan, ...]:
    """All objects; the scenario clock starts when the earliest of them can appear."""
    objects = []
    for k in range(n):
        klass = int(luck.choice(len(KINDS), p=SHARES))
        kind = KINDS[klass]
        aim = int(luck.integers(len(assets)))
        bearing_rad = luck.choice(AXES_RAD) + luck.normal(0.0, AXIS_SD_RAD)
        arrival_s = kind.first_arrival_s + luck.uniform(0.0, ARRIVALS_SPREAD_S)
        path = _path(assets[aim].at, kind, bearing_rad, luck)
        objects.append(ObjectPlan(_threat(k, klass, aim, path), path, arrival_s - float(path.time_s[-1]), assets[aim].at))
    first_s = min(planned.start_s for planned in objects) - TIME_JITTER_S
    return tuple(ObjectPlan(o.threat, o.path, o.start_s - first_s, o.aim) for o in objects)


def _away(place: Place, bearing_rad: float, distance_m: float, alt_m: float) -> Place:
    lat, lon, _ = geodesic_direct(place.lat_rad, place.lon_rad, bearing_rad, distance_m, WGS84.a_m, WGS84.f)
    return Place(lat, lon, alt_m)


def _path(aim: Place, kind: ThreatKind, bearing_rad: float, luck: np.random.Generator) -> Path:
    """A ballistic flight, or three straight level legs that bend about the bearing of the axis and end above the aim."""
    start = _away(aim, bearing_rad, kind.range_m, kind.alt_m)
    if kind.motion == Motion.BALLISTIC:
        return quasi_ballistic_path(start, aim, BALLISTIC_APOGEE_M, BALLISTIC_FLIGHT_S)
    bends = [_away(aim, bearing_rad + luck.normal(0.0, sd_rad), share * kind.range_m, kind.alt_m) for share, sd_rad in BENDS]
    end = Place(aim.lat_rad, aim.lon_rad, kind.alt_m)
    return air_path(start, [Leg(place, kind.speed_mps) for place in (*bends, end)])


def _threat(k: int, klass: int, aim: int, path: Path) -> Threat:
    speed_max_mps = float(np.linalg.norm(path.vel_ecef_mps, axis=1).max())
    return Threat(
        key=k,
        group=klass,
        klass=klass,
        side=Side.RED,
        lethal=True,
        motion=KINDS[klass].motion,
        aim_asset=aim,
        aim_component=-1,
        speed_max_mps=speed_max_mps,
        unit_cost_usd=0.0,
        shift_half_width_s=TIME_JITTER_S,
        scale_half_width=0.0,
        rotation_sd_rad=ROTATION_SD_RAD,
        arrival_rate_per_s=0.0,
    )
