"""The earth that paths are laid on, and motion along a geodesic at a height above it.

Not modelled: the geoid; heights are above the ellipsoid or the sphere.
References: C. F. F. Karney, "Algorithms for geodesics", Journal of Geodesy 87 (2013), 43-55; World Geodetic System 1984, NIMA TR8350.2
(3rd ed., 2000).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from openiads.errors import InputError
from openiads.geodesy.ellipsoid import SPHERE_6371_M, WGS84_A_M, WGS84_F
from openiads.geodesy.geodesics import geodesic_inverse, geodesic_line
from openiads.models.motion.path import Array, States

#: Gravitational constant times mass and rate of rotation of the earth (NIMA TR8350.2, 3rd ed., table 3.1).
GM_M3PS2 = 3.986004418e14
OMEGA_RADPS = 7.292115e-5


@dataclass(frozen=True)
class Earth:
    """An ellipsoid of revolution with equatorial radius `a_m` and flattening `f` (0: a sphere), turning at `omega_radps`."""

    a_m: float = WGS84_A_M
    f: float = WGS84_F
    omega_radps: float = OMEGA_RADPS
    gm_m3ps2: float = GM_M3PS2

    @property
    def e2(self) -> float:
        """First eccentricity squared."""
        return self.f * (2.0 - self.f)


WGS84 = Earth()
SPHERE = Earth(SPHERE_6371_M, 0.0)


class Place(NamedTuple):
    """A geodetic position; the height is above the ellipsoid (the geoid is not modelled)."""

    lat_rad: float
    lon_rad: float
    alt_m: float


class Track:
    """The geodesic between the feet of two places."""

    def __init__(self, start: Place, end: Place, earth: Earth) -> None:
        self._ends = (start.lat_rad, start.lon_rad, end.lat_rad, end.lon_rad)
        self._earth = earth
        self.length_m, _, _ = geodesic_inverse(*self._ends, earth.a_m, earth.f)
        if not math.isfinite(self.length_m) or self.length_m == 0.0:
            raise InputError("the two ends of a leg must be different places")

    def states(self, along_m: Array, speed_mps: Array, alt_m: Array, climb_mps: Array) -> States:
        """States at ground distances `along_m` (n,) from the start, moving along the surface at `speed_mps` (n,).

        At a height h the horizontal velocity is the surface speed times 1 + h / M northward and 1 + h / N eastward, with the radii
        of curvature M in the meridian and N in the prime vertical.
        """
        lat, lon, az = geodesic_line(*self._ends, along_m, self._earth.a_m, self._earth.f)
        e2 = self._earth.e2
        sin_lat, cos_lat, sin_lon, cos_lon = np.sin(lat), np.cos(lat), np.sin(lon), np.cos(lon)
        squeeze = 1.0 - e2 * sin_lat * sin_lat
        prime_m = self._earth.a_m / np.sqrt(squeeze)
        meridian_m = prime_m * (1.0 - e2) / squeeze
        up = np.stack([cos_lat * cos_lon, cos_lat * sin_lon, sin_lat], axis=1)
        north = np.stack([-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat], axis=1)
        east = np.stack([-sin_lon, cos_lon, np.zeros_like(lon)], axis=1)
        position = (prime_m + alt_m)[:, None] * up
        position[:, 2] -= e2 * prime_m * sin_lat
        northward = speed_mps * np.cos(az) * (1.0 + alt_m / meridian_m)
        eastward = speed_mps * np.sin(az) * (1.0 + alt_m / prime_m)
        velocity = northward[:, None] * north + eastward[:, None] * east + climb_mps[:, None] * up
        return States(position, velocity, alt_m, climb_mps)
