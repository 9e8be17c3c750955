"""Radar line of sight over a smooth earth of effective radius.

Standard refraction bends rays down; on a sphere of effective radius k R (k = 4/3) they are straight. Ground ranges are arcs at
height 0, the same on the true and on the effective sphere; heights are above that sphere, not negative. Not modelled: terrain (polar
masks do that), ducting, diffraction below the horizon, a refractivity gradient that changes with height.

Reference: L. V. Blake, "Radar Range-Performance Analysis" (1986), chapter 5; ITU-R P.834, section on the effective earth radius.
"""

from __future__ import annotations

import math

from openiads.kernel import inlined, kernel

STANDARD_EARTH_FACTOR = 4.0 / 3.0
"""Effective-earth factor of the standard radio atmosphere (ITU-R P.310)."""


@kernel
def effective_radius_m(earth_radius_m: float, refractivity_gradient_per_m: float) -> float:
    """Radius in metres of the sphere on which rays are straight, R / (1 + R dn/dh); dn/dh is about -39e-9 per metre."""
    return earth_radius_m / (1.0 + earth_radius_m * refractivity_gradient_per_m)


@inlined
def arc_to_horizon_m(height_m: float, radius_m: float) -> float:
    """Arc from the foot of a point at `height_m` to its horizon: R acos(R / (R + h)), without the cancellation."""
    if height_m <= 0.0:
        return 0.0
    return radius_m * math.atan(math.sqrt(height_m * (2.0 * radius_m + height_m)) / radius_m)


@kernel
def horizon_ground_range_m(antenna_height_m: float, target_height_m: float, effective_radius_m: float) -> float:
    """Greatest ground range in metres at which antenna and target see each other."""
    return arc_to_horizon_m(antenna_height_m, effective_radius_m) + arc_to_horizon_m(target_height_m, effective_radius_m)


@kernel
def least_visible_height_m(antenna_height_m: float, ground_range_m: float, effective_radius_m: float) -> float:
    """Least height in metres at which a target at `ground_range_m` is in sight: 0 before the horizon, infinite from a quarter turn on."""
    beyond_rad = (ground_range_m - arc_to_horizon_m(antenna_height_m, effective_radius_m)) / effective_radius_m
    if beyond_rad <= 0.0:
        return 0.0
    if beyond_rad >= 0.5 * math.pi:
        return math.inf
    half_sine = math.sin(0.5 * beyond_rad)
    return effective_radius_m * 2.0 * half_sine * half_sine / math.cos(beyond_rad)


@kernel
def slant_range_m(antenna_height_m: float, target_height_m: float, ground_range_m: float, effective_radius_m: float) -> float:
    """Straight distance in metres between antenna and target on the effective sphere, by the law of cosines."""
    half_sine = math.sin(0.5 * ground_range_m / effective_radius_m)
    rise_m = target_height_m - antenna_height_m
    radii_m2 = (effective_radius_m + antenna_height_m) * (effective_radius_m + target_height_m)
    return math.sqrt(rise_m * rise_m + 4.0 * radii_m2 * half_sine * half_sine)


@kernel
def height_from_slant_range_m(antenna_height_m: float, slant_range_m: float, elevation_rad: float, effective_radius_m: float) -> float:
    """Height in metres of the end of a ray that leaves the antenna at `elevation_rad` and is `slant_range_m` long."""
    antenna_radius_m = effective_radius_m + antenna_height_m
    gain_m2 = slant_range_m * (slant_range_m + 2.0 * antenna_radius_m * math.sin(elevation_rad))
    return antenna_height_m + gain_m2 / (math.sqrt(antenna_radius_m * antenna_radius_m + gain_m2) + antenna_radius_m)


@kernel
def slant_range_to_height_m(antenna_height_m: float, target_height_m: float, elevation_rad: float, effective_radius_m: float) -> float:
    """Length in metres of the ray that leaves the antenna at `elevation_rad` >= 0 and ends at `target_height_m` >= the antenna's height."""
    lift_m = (effective_radius_m + antenna_height_m) * math.sin(elevation_rad)
    gain_m2 = (target_height_m - antenna_height_m) * (2.0 * effective_radius_m + antenna_height_m + target_height_m)
    if gain_m2 <= 0.0:
        return 0.0
    return gain_m2 / (lift_m + math.sqrt(lift_m * lift_m + gain_m2))


@kernel
def ground_range_from_slant_m(antenna_height_m: float, target_height_m: float, slant_range_m: float, effective_radius_m: float) -> float:
    """Ground range in metres of a target at a given height and slant range; 0 when the slant range does not reach that height."""
    rise_m = target_height_m - antenna_height_m
    radii_m2 = (effective_radius_m + antenna_height_m) * (effective_radius_m + target_height_m)
    half_sine2 = (slant_range_m * slant_range_m - rise_m * rise_m) / (4.0 * radii_m2)
    if half_sine2 <= 0.0:
        return 0.0
    if half_sine2 >= 1.0:
        return math.pi * effective_radius_m
    return 2.0 * effective_radius_m * math.asin(math.sqrt(half_sine2))


@kernel
def coverage_ground_range_m(
    antenna_height_m: float, target_height_m: float, instrumented_range_m: float, effective_radius_m: float
) -> float:
    """Greatest ground range in metres at which a target is above the horizon and within the instrumented slant range."""
    horizon_m = horizon_ground_range_m(antenna_height_m, target_height_m, effective_radius_m)
    reach_m = ground_range_from_slant_m(antenna_height_m, target_height_m, instrumented_range_m, effective_radius_m)
    return min(horizon_m, reach_m)


@kernel
def cap_area_m2(ground_radius_m: float, earth_radius_m: float) -> float:
    """Area in square metres within a ground range on the true sphere, 2 pi R^2 (1 - cos(s / R))."""
    half_sine = math.sin(0.5 * ground_radius_m / earth_radius_m)
    return 4.0 * math.pi * earth_radius_m * earth_radius_m * half_sine * half_sine
