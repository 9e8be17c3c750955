"""Ballistic paths over the earth: a Kepler arc in inertial space, seen from the turning earth.

Not modelled: see `elliptical`. On an ellipsoid the ends and heights are the ellipsoid's, gravity is that of a sphere.
Reference: R. Bate, D. Mueller, J. White, Fundamentals of Astrodynamics (1971), chapter 6 (a turning earth: section 6.4).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from scipy.optimize import minimize_scalar

from openiads.errors import InputError
from openiads.geodesy.ellipsoid import ecef_to_geodetic, geodetic_to_ecef
from openiads.models.motion.earth import WGS84, Earth, Place
from openiads.models.motion.elliptical import Arc, apogee_arc, minimum_energy_arc
from openiads.models.motion.path import Array, Path, States, lower

#: Gives the arc between two radii a central angle apart.
ArcLaw = Callable[[float, float, float], Arc]

_SETTLED_S = 1e-9
_MOST_ROUNDS = 500
_APOGEE_LOG_SCALES = (math.log(0.2), math.log(5.0))


@dataclass(frozen=True)
class InertialArc:
    """An arc in the inertial frame that coincides with the earth-fixed one at launch."""

    arc: Arc
    launch: Array  # (3,) unit vector to the launch point
    forward: Array  # (3,) unit vector across it, in the plane of the arc
    earth: Earth

    @property
    def ground_launch_speed_mps(self) -> float:
        """Launch speed relative to the turning ground."""
        upward, onward = self.arc.launch_velocity_mps
        ground = self.earth.omega_radps * self.arc.launch_radius_m * np.array([-self.launch[1], self.launch[0], 0.0])
        return math.hypot(*(upward * self.launch + onward * self.forward - ground))

    def states(self, times_s: Array) -> States:
        """States in the earth-fixed frame at times (n,) after launch."""
        radius, angle, radial, transverse = (part[:, None] for part in self.arc.polar(times_s))
        out = np.cos(angle) * self.launch + np.sin(angle) * self.forward
        across = np.cos(angle) * self.forward - np.sin(angle) * self.launch
        position = _turned(radius * out, -self.earth.omega_radps * times_s)
        velocity = _turned(radial * out + transverse * across, -self.earth.omega_radps * times_s)
        velocity[:, 0] += self.earth.omega_radps * position[:, 1]
        velocity[:, 1] -= self.earth.omega_radps * position[:, 0]
        places = np.array([ecef_to_geodetic(x, y, z, self.earth.a_m, self.earth.e2) for x, y, z in position.tolist()])
        lat, lon = places[:, 0], places[:, 1]
        up = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1)
        return States(position, velocity, places[:, 2], np.asarray((velocity * up).sum(axis=1)))


def inertial_arc(launch: Place, aim: Place, earth: Earth, law: ArcLaw) -> InertialArc:
    """The arc that meets the aim point where the earth's rotation will have carried it by the time of impact.

    The flight time is the fixed point of: time -> place of the aim point -> arc -> time.
    """
    start = geodetic_to_ecef(*launch, earth.a_m, earth.e2)
    end = geodetic_to_ecef(*aim, earth.a_m, earth.e2)
    start_m, end_m = math.hypot(*start), math.hypot(*end)
    up = np.array(start) / start_m
    flight_time_s = 0.0
    for _ in range(_MOST_ROUNDS):
        turn = earth.omega_radps * flight_time_s
        met = np.array([end[0] * math.cos(turn) - end[1] * math.sin(turn), end[0] * math.sin(turn) + end[1] * math.cos(turn), end[2]])
        above = float(up @ met)
        beside = met - above * up
        beside_m = math.hypot(*beside)
        if beside_m == 0.0:
            raise InputError("launch and aim point of a ballistic path must be different places, and not antipodes")
        arc = law(start_m, end_m, math.atan2(beside_m, above))
        if abs(arc.flight_time_s - flight_time_s) <= _SETTLED_S:
            return InertialArc(arc, up, beside / beside_m, earth)
        flight_time_s = arc.flight_time_s
    raise InputError("no ballistic arc catches up with the turning earth")


def apogee_flight(launch: Place, aim: Place, earth: Earth, apogee_m: float) -> InertialArc:
    """The arc with an apogee `apogee_m` above the mean of the two feet's distances from the centre of the earth."""
    feet_m = [math.hypot(*geodetic_to_ecef(end.lat_rad, end.lon_rad, 0.0, earth.a_m, earth.e2)) for end in (launch, aim)]
    return inertial_arc(launch, aim, earth, partial(apogee_arc, apogee_m=0.5 * sum(feet_m) + apogee_m, gm_m3ps2=earth.gm_m3ps2))


def minimum_energy_flight(launch: Place, aim: Place, earth: Earth) -> InertialArc:
    """The arc with the least launch speed relative to the ground.

    On an earth at rest this is the closed form. On a turning one the launcher's own velocity is free, so least speed in inertial
    space would be another arc (eastward along the equator one of 300 km would take 50 s longer); the least is searched
    over the apogee, around that of the earth at rest.
    """
    still = inertial_arc(launch, aim, replace(earth, omega_radps=0.0), partial(minimum_energy_arc, gm_m3ps2=earth.gm_m3ps2))
    if earth.omega_radps == 0.0:
        return still
    ends_m = max(still.arc.launch_radius_m, still.arc.aim_radius_m)
    rise_m = still.arc.apogee_radius_m - ends_m

    def flight(log_scale: float) -> InertialArc:
        apogee_m = ends_m + rise_m * math.exp(log_scale)
        return inertial_arc(launch, aim, earth, partial(apogee_arc, apogee_m=apogee_m, gm_m3ps2=earth.gm_m3ps2))

    least = minimize_scalar(lambda x: flight(x).ground_launch_speed_mps, bounds=_APOGEE_LOG_SCALES, method="bounded")
    return flight(float(least.x))


def ballistic_path(launch: Place, aim: Place, earth: Earth = WGS84, apogee_m: float | None = None, start_s: float = 0.0) -> Path:
    """The path of an elliptical arc: minimum energy unless an apogee (height above the ground) is given."""
    flight = minimum_energy_flight(launch, aim, earth) if apogee_m is None else apogee_flight(launch, aim, earth, apogee_m)
    return lower(lambda times_s: flight.states(times_s - start_s), [start_s, start_s + flight.arc.flight_time_s])


def _turned(vectors: Array, angles_rad: Array) -> Array:
    """Each of the vectors (n, 3) turned about the earth's axis by its angle (n,)."""
    cosine, sine = np.cos(angles_rad), np.sin(angles_rad)
    x, y, z = vectors.T
    return np.stack([cosine * x - sine * y, sine * x + cosine * y, z], axis=1)
