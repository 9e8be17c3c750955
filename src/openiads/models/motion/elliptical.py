"""Ballistic motion: Kepler arcs between two points, minimum energy or with a given apogee, over a still or turning earth.

All arcs pass their apogee. Angles are measured from it at the centre of the earth: `before_rad` back to the launch point,
`after_rad` on to the aim point. Radius at an angle x from the apogee: p / (1 - e cos x).

Not modelled: powered ascent (the launch is impulsive), the atmosphere, oblateness of the gravity field.
Reference: R. Bate, D. Mueller, J. White, Fundamentals of Astrodynamics (1971), chapters 1, 4 and 6.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from openiads.errors import InputError
from openiads.models.motion.earth import GM_M3PS2
from openiads.models.motion.path import Array


@dataclass(frozen=True)
class Arc:
    """A piece of an ellipse around its apogee, in its own plane."""

    semi_latus_m: float
    eccentricity: float
    before_rad: float
    after_rad: float
    gm_m3ps2: float = GM_M3PS2

    @property
    def semi_major_m(self) -> float:
        """Half the long axis."""
        return self.semi_latus_m / (1.0 - self.eccentricity * self.eccentricity)

    @property
    def launch_radius_m(self) -> float:
        """Distance of the launch point from the centre of the earth."""
        return self.semi_latus_m / (1.0 - self.eccentricity * math.cos(self.before_rad))

    @property
    def aim_radius_m(self) -> float:
        """Distance of the aim point from the centre of the earth."""
        return self.semi_latus_m / (1.0 - self.eccentricity * math.cos(self.after_rad))

    @property
    def apogee_radius_m(self) -> float:
        """Distance of the apogee from the centre of the earth."""
        return self.semi_latus_m / (1.0 - self.eccentricity)

    @property
    def launch_velocity_mps(self) -> tuple[float, float]:
        """Upward and forward velocity at launch, without rotation of the earth."""
        unit = math.sqrt(self.gm_m3ps2 / self.semi_latus_m)
        return unit * self.eccentricity * math.sin(self.before_rad), unit * self.semi_latus_m / self.launch_radius_m

    @property
    def apogee_speed_mps(self) -> float:
        """Speed at the apogee."""
        return math.sqrt(self.gm_m3ps2 * self.semi_latus_m) / self.apogee_radius_m

    @property
    def flight_time_s(self) -> float:
        """Time from launch to aim point."""
        return self._time_from_apogee_s(self.before_rad) + self._time_from_apogee_s(self.after_rad)

    def polar(self, times_s: Array) -> tuple[Array, Array, Array, Array]:
        """Radius, angle from launch, radial and transverse velocity, each (n,), at times (n,) after launch.

        Kepler's equation, counted from the apogee, E + e sin E = M, by Newton's method from M / (1 + e): the left side is concave
        there, so the steps approach the root from one side.
        """
        e, a = self.eccentricity, self.semi_major_m
        motion = math.sqrt(self.gm_m3ps2 / a**3)
        mean = motion * (times_s - self._time_from_apogee_s(self.before_rad))
        anomaly = mean / (1.0 + e)
        for _ in range(60):
            step = (mean - anomaly - e * np.sin(anomaly)) / (1.0 + e * np.cos(anomaly))
            anomaly = anomaly + step
            if float(np.abs(step).max()) < 1e-14:
                break
        radius = a * (1.0 + e * np.cos(anomaly))
        angle = self.before_rad + 2.0 * np.arctan(self._squeeze * np.tan(0.5 * anomaly))
        radial = -a * e * np.sin(anomaly) * motion * a / radius
        transverse = math.sqrt(self.gm_m3ps2 * self.semi_latus_m) / radius
        return radius, angle, radial, transverse

    @property
    def _squeeze(self) -> float:
        return math.sqrt((1.0 - self.eccentricity) / (1.0 + self.eccentricity))

    def _time_from_apogee_s(self, angle_rad: float) -> float:
        anomaly = 2.0 * math.atan(math.tan(0.5 * angle_rad) / self._squeeze)
        return (anomaly + self.eccentricity * math.sin(anomaly)) * math.sqrt(self.semi_major_m**3 / self.gm_m3ps2)


def burnout_arc(radius_m: float, speed_mps: float, flight_path_rad: float, gm_m3ps2: float = GM_M3PS2) -> Arc:
    """The arc from a sphere back to it, from speed and angle above the horizontal at launch."""
    transverse = speed_mps * math.cos(flight_path_rad)
    semi_latus_m = (radius_m * transverse) ** 2 / gm_m3ps2
    along = 1.0 - semi_latus_m / radius_m
    across = radius_m * transverse * speed_mps * math.sin(flight_path_rad) / gm_m3ps2
    eccentricity = math.hypot(along, across)
    if not (eccentricity < 1.0 and across > 0.0 and semi_latus_m > 0.0):
        raise InputError(f"a launch at {speed_mps} m/s and {math.degrees(flight_path_rad):.3g} deg does not come back to the surface")
    half_rad = math.atan2(across, along)
    return Arc(semi_latus_m, eccentricity, half_rad, half_rad, gm_m3ps2)


def minimum_energy_arc(launch_m: float, aim_m: float, angle_rad: float, gm_m3ps2: float = GM_M3PS2) -> Arc:
    """The arc of least launch energy between the radii `launch_m` and `aim_m`, `angle_rad` apart: p = r1 r2 (1 - cos) / chord."""
    rise = 2.0 * math.sin(0.5 * angle_rad) ** 2
    chord_m = math.sqrt((launch_m - aim_m) ** 2 + 2.0 * launch_m * aim_m * rise)
    return _arc_through(launch_m, aim_m, angle_rad, launch_m * aim_m * rise / chord_m, gm_m3ps2)


def flight_path_arc(launch_m: float, aim_m: float, angle_rad: float, flight_path_rad: float, gm_m3ps2: float = GM_M3PS2) -> Arc:
    """The arc that leaves at `flight_path_rad` above the horizontal."""
    tangent = math.tan(flight_path_rad) * math.sin(angle_rad)
    inverse_m = (tangent - math.cos(angle_rad)) / launch_m + 1.0 / aim_m
    if not inverse_m > 0.0:
        raise InputError(f"no arc that leaves at {math.degrees(flight_path_rad):.3g} deg reaches the aim point")
    return _arc_through(launch_m, aim_m, angle_rad, 2.0 * math.sin(0.5 * angle_rad) ** 2 / inverse_m, gm_m3ps2)


def apogee_arc(launch_m: float, aim_m: float, angle_rad: float, apogee_m: float, gm_m3ps2: float = GM_M3PS2) -> Arc:
    """The arc whose highest point is `apogee_m` from the centre: lofted or depressed.

    That p (1 - e)^-1 is the apogee makes a quadratic in p, since both components of e are linear in p; its smaller root is the arc
    that passes the apogee, the greater one the rest of a nearly circular orbit.
    """
    if not apogee_m > max(launch_m, aim_m):
        raise InputError("the apogee must lie above both ends of the arc")
    m0 = math.tan(0.5 * angle_rad)
    m1 = (math.cos(angle_rad) / launch_m - 1.0 / aim_m) / math.sin(angle_rad)
    square = 1.0 / launch_m**2 - 1.0 / apogee_m**2 + m1 * m1
    half_linear = 1.0 / launch_m - 1.0 / apogee_m - m0 * m1
    semi_latus_m = m0 * m0 / (half_linear + math.sqrt(half_linear * half_linear - square * m0 * m0))
    return _arc_through(launch_m, aim_m, angle_rad, semi_latus_m, gm_m3ps2)


def _arc_through(launch_m: float, aim_m: float, angle_rad: float, semi_latus_m: float, gm_m3ps2: float) -> Arc:
    """The one ellipse with this semi-latus rectum through both ends."""
    along = 1.0 - semi_latus_m / launch_m
    across = math.tan(0.5 * angle_rad) + semi_latus_m * (math.cos(angle_rad) / launch_m - 1.0 / aim_m) / math.sin(angle_rad)
    eccentricity = math.hypot(along, across)
    before_rad = math.atan2(across, along)
    if not (eccentricity < 1.0 and 0.0 < before_rad < angle_rad):
        raise InputError("no ellipse with its apogee between launch and aim point meets these figures")
    return Arc(semi_latus_m, eccentricity, before_rad, angle_rad - before_rad, gm_m3ps2)
