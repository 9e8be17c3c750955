"""Geodetic, earth-centred (ECEF) and local (ENU, azimuth-elevation-range) coordinates on an ellipsoid of revolution.

Angles are radians, lengths metres, heights above the ellipsoid. An ellipsoid is (a_m, e2): equatorial radius and first
eccentricity squared; e2 = 0 is a sphere. Not modelled: the geoid (a height above mean sea level is used as a height above the
ellipsoid), refraction (that is `models.propagation`), earth rotation (ECEF turns with the earth).

Reference: B. R. Bowring, "Transformation from spatial to geographical coordinates", Survey Review 23 (1976), 323-327; Misra and
Enge, "Global Positioning System" (2nd ed., 2006), appendix 4.A for ENU.
"""

from __future__ import annotations

import math

from openiads.kernel import kernel

WGS84_A_M = 6378137.0
"""Equatorial radius of WGS-84, a defining constant (NIMA TR8350.2, 3rd ed., table 3.1)."""
WGS84_F = 1.0 / 298.257223563
"""Flattening of WGS-84, a defining constant (NIMA TR8350.2, 3rd ed., table 3.1)."""
WGS84_E2 = WGS84_F * (2.0 - WGS84_F)
"""First eccentricity squared of WGS-84, f (2 - f)."""
WGS84_MEAN_RADIUS_M = WGS84_A_M * (1.0 - WGS84_F / 3.0)
"""Mean radius (2 a + b) / 3 of WGS-84: 6 371 008.8 m (H. Moritz, Geodetic Reference System 1980, R_1)."""
SPHERE_6371_M = 6371000.0
"""Radius of the spherical earth of the 4/3-earth convention (ITU-R P.310 and P.834 round the earth's radius to 6371 km)."""

_BOWRING_STEPS = 4


@kernel
def geodetic_to_ecef(lat_rad: float, lon_rad: float, alt_m: float, a_m: float, e2: float) -> tuple[float, float, float]:
    """ECEF x, y, z in metres of a geodetic position."""
    sin_lat = math.sin(lat_rad)
    cos_lat = math.cos(lat_rad)
    prime_vertical_m = a_m / math.sqrt(1.0 - e2 * sin_lat * sin_lat)
    p_m = (prime_vertical_m + alt_m) * cos_lat
    return p_m * math.cos(lon_rad), p_m * math.sin(lon_rad), (prime_vertical_m * (1.0 - e2) + alt_m) * sin_lat


@kernel
def ecef_to_geodetic(x_m: float, y_m: float, z_m: float, a_m: float, e2: float) -> tuple[float, float, float]:
    """Latitude and longitude in radians, height in metres, by Bowring's iteration on the reduced latitude.

    Good to 1e-11 deg and 1e-6 m from 50 km below the ellipsoid to 50 000 km above it, poles included (longitude 0 there).
    Not for points near the centre of the earth, where the latitude is not unique.
    """
    axis_ratio = math.sqrt(1.0 - e2)  # b / a
    p_m = math.sqrt(x_m * x_m + y_m * y_m)
    r_m = math.sqrt(p_m * p_m + z_m * z_m)
    # Bowring's start for the tangent of the reduced latitude, sin_part / cos_part: exact on the surface and far away.
    sin_part = z_m * axis_ratio * (1.0 + e2 * a_m / (axis_ratio * r_m))
    cos_part = p_m
    for _ in range(_BOWRING_STEPS):
        norm = math.sqrt(sin_part * sin_part + cos_part * cos_part)
        sin_reduced = sin_part / norm
        cos_reduced = cos_part / norm
        sin_part = axis_ratio * z_m + e2 * a_m * sin_reduced * sin_reduced * sin_reduced
        cos_part = p_m - e2 * a_m * cos_reduced * cos_reduced * cos_reduced
    lat_rad = math.atan2(sin_part, axis_ratio * cos_part)
    sin_lat = math.sin(lat_rad)
    alt_m = p_m * math.cos(lat_rad) + z_m * sin_lat - a_m * math.sqrt(1.0 - e2 * sin_lat * sin_lat)
    return lat_rad, math.atan2(y_m, x_m), alt_m


@kernel
def ecef_to_enu(
    x_m: float, y_m: float, z_m: float, lat0_rad: float, lon0_rad: float, x0_m: float, y0_m: float, z0_m: float
) -> tuple[float, float, float]:
    """East, north, up in metres of an ECEF point, seen from the ECEF point (x0, y0, z0) at geodetic (lat0, lon0)."""
    dx = x_m - x0_m
    dy = y_m - y0_m
    dz = z_m - z0_m
    sin_lat = math.sin(lat0_rad)
    cos_lat = math.cos(lat0_rad)
    sin_lon = math.sin(lon0_rad)
    cos_lon = math.cos(lon0_rad)
    outward = cos_lon * dx + sin_lon * dy
    return cos_lon * dy - sin_lon * dx, cos_lat * dz - sin_lat * outward, cos_lat * outward + sin_lat * dz


@kernel
def enu_to_aer(e_m: float, n_m: float, u_m: float) -> tuple[float, float, float]:
    """Azimuth clockwise from north in [0, 2 pi), elevation, both in radians, and slant range in metres. Straight line, no refraction."""
    horizontal_m = math.sqrt(e_m * e_m + n_m * n_m)
    az_rad = math.atan2(e_m, n_m)
    if az_rad < 0.0:
        az_rad += 2.0 * math.pi
    if az_rad >= 2.0 * math.pi:  # a negative angle too small to change 2 pi
        az_rad = 0.0
    return az_rad, math.atan2(u_m, horizontal_m), math.sqrt(horizontal_m * horizontal_m + u_m * u_m)
