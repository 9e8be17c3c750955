"""Oracle topics of geodesy, the smooth-earth horizon and the random generator.

What is compared are the kernels that a run uses: the law that runs is the law that is validated.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from openiads.geodesy.ellipsoid import (
    SPHERE_6371_M,
    WGS84_A_M,
    WGS84_E2,
    WGS84_F,
    ecef_to_enu,
    ecef_to_geodetic,
    enu_to_aer,
    geodetic_to_ecef,
)
from openiads.geodesy.geodesics import geodesic_direct, geodesic_inverse
from openiads.models.propagation import horizon
from openiads.state.rng import philox4x32
from openiads.validation.checks import CaseContext, Check, Law

_REFRACTIVITY_GRADIENT_PER_M = -39e-9
"""Gradient that the published height2range examples use for the effective radius, -39 N-units per km (also ITU-R P.453)."""


def _angle(name: str, got_rad: float, want_deg: float, tolerance_deg: float) -> Check:
    """Two angles that may differ by whole turns."""
    return Check(name, want_deg + math.remainder(math.degrees(got_rad) - want_deg, 360.0), want_deg, tolerance_deg, "abs")


def _ecef(case: Mapping[str, Any], _: CaseContext) -> list[Check]:
    given, want, tolerance = case["inputs"], case["expected"], case["tolerance"]
    lat_deg, lon_deg, alt_m = given["lat_deg"], given["lon_deg"], given["h_m"]
    forward = geodetic_to_ecef(math.radians(lat_deg), math.radians(lon_deg), float(alt_m), WGS84_A_M, WGS84_E2)
    checks = [
        Check(key, value, want[key], tolerance["forward_abs_m"], "abs") for key, value in zip(("x_m", "y_m", "z_m"), forward, strict=True)
    ]
    lat, lon, alt = ecef_to_geodetic(float(want["x_m"]), float(want["y_m"]), float(want["z_m"]), WGS84_A_M, WGS84_E2)
    checks.append(_angle("lat_deg", lat, lat_deg, tolerance["inverse_lat_lon_deg"]))
    if abs(lat_deg) != 90.0:  # at a pole every longitude is right
        checks.append(_angle("lon_deg", lon, lon_deg, tolerance["inverse_lat_lon_deg"]))
    checks.append(Check("h_m", alt, alt_m, tolerance["inverse_h_m"], "abs"))
    return checks


def _enu_aer(case: Mapping[str, Any], _: CaseContext) -> list[Check]:
    given, want, tolerance = case["inputs"], case["expected"], case["tolerance"]
    lat0, lon0 = math.radians(given["lat0_deg"]), math.radians(given["lon0_deg"])
    sensor = geodetic_to_ecef(lat0, lon0, float(given["h0_m"]), WGS84_A_M, WGS84_E2)
    target = geodetic_to_ecef(math.radians(given["lat_deg"]), math.radians(given["lon_deg"]), float(given["h_m"]), WGS84_A_M, WGS84_E2)
    e, n, u = ecef_to_enu(*target, lat0, lon0, *sensor)
    az, el, slant_m = enu_to_aer(e, n, u)
    enu = [Check(key, got, want[key], tolerance["enu_abs_m"], "abs") for key, got in (("e_m", e), ("n_m", n), ("u_m", u))]
    return [
        *enu,
        _angle("azimuth_deg", az, want["azimuth_deg"], tolerance["angle_abs_deg"]),
        _angle("elevation_deg", el, want["elevation_deg"], tolerance["angle_abs_deg"]),
        Check("slant_range_m", slant_m, want["slant_range_m"], tolerance["range_abs_m"], "abs"),
    ]


def _geodesic(case: Mapping[str, Any], _: CaseContext) -> list[Check]:
    """The inverse problem, and the direct problem back along its answer."""
    given, want, tolerance = case["inputs"], case["expected"], case["tolerance"]
    lat1, lon1, lat2, lon2 = (math.radians(given[key]) for key in ("lat1_deg", "lon1_deg", "lat2_deg", "lon2_deg"))
    distance_m, az1, az2 = geodesic_inverse(lat1, lon1, lat2, lon2, WGS84_A_M, WGS84_F)
    lat_end, lon_end, _az = geodesic_direct(lat1, lon1, math.radians(want["azi1_deg"]), want["s12_m"], WGS84_A_M, WGS84_F)
    return [
        Check("s12_m", distance_m, want["s12_m"], tolerance["s12_abs_m"], "abs"),
        _angle("azi1_deg", az1, want["azi1_deg"], tolerance["azi_abs_deg"]),
        _angle("azi2_deg", az2, want["azi2_deg"], tolerance["azi_abs_deg"]),
        _angle("lat2_deg", lat_end, given["lat2_deg"], tolerance["azi_abs_deg"]),
        _angle("lon2_deg", lon_end, given["lon2_deg"], tolerance["azi_abs_deg"]),
    ]


def _philox(case: Mapping[str, Any], _: CaseContext) -> list[Check]:
    given = case["inputs"]
    c0, c1, c2, c3 = (int(word, 16) for word in given["counter_hex"])
    k0, k1 = (int(word, 16) for word in given["key_hex"])
    got = " ".join(f"{int(word):08x}" for word in philox4x32(c0, c1, c2, c3, k0, k1, int(given["rounds"])))
    return [Check("output_hex", got, " ".join(case["expected"]["output_hex"]).lower(), 0.0, "exact")]


def _effective_radius(given: Mapping[str, Any]) -> float:
    return float(given["earth_radius_m"] * given["k_factor"])


def _los_range(case: Mapping[str, Any], _: CaseContext) -> list[Check]:
    given, want, tolerance = case["inputs"], case["expected"], case["tolerance"]
    antenna_m, target_m, radius_m = float(given["antenna_height_m"]), float(given["target_height_m"]), _effective_radius(given)
    ground_m = horizon.horizon_ground_range_m(antenna_m, target_m, radius_m)
    slant_m = horizon.slant_range_m(antenna_m, target_m, ground_m, radius_m)
    return [
        Check("ground_range_m", ground_m, want["ground_range_m"], tolerance["abs_m"], "abs"),
        Check("slant_range_m", slant_m, want["slant_range_m"], tolerance["abs_m"], "abs"),
        Check("ground range against the 4.12 rule, km", ground_m / 1000.0, want["approx_412_km"], tolerance["approx_rel"], "rel"),
    ]


def _min_visible_height(case: Mapping[str, Any], _: CaseContext) -> list[Check]:
    given = case["inputs"]
    got = horizon.least_visible_height_m(float(given["antenna_height_m"]), float(given["ground_range_m"]), _effective_radius(given))
    return [Check("height_m", got, case["expected"]["height_m"], case["tolerance"]["abs_m"], "abs")]


def _height(case: Mapping[str, Any], _: CaseContext) -> list[Check]:
    given = case["inputs"]
    elevation_rad = math.radians(given["elevation_deg"])
    got = horizon.height_from_slant_range_m(
        float(given["antenna_height_m"]), float(given["slant_range_m"]), elevation_rad, _effective_radius(given)
    )
    return [Check("height_m", got, case["expected"]["height_m"], case["tolerance"]["abs_m"], "abs")]


def _coverage_area(case: Mapping[str, Any], _: CaseContext) -> list[Check]:
    given, want, tolerance = case["inputs"], case["expected"], case["tolerance"]
    antenna_m, target_m, radius_m = float(given["antenna_height_m"]), float(given["target_height_m"]), _effective_radius(given)
    ground_m = horizon.coverage_ground_range_m(antenna_m, target_m, float(given["instrumented_slant_range_m"]), radius_m)
    cap_km2 = horizon.cap_area_m2(ground_m, float(given["earth_radius_m"])) / 1e6
    limited = ground_m == horizon.horizon_ground_range_m(antenna_m, target_m, radius_m)
    return [
        Check("ground_radius_m", ground_m, want["ground_radius_m"], tolerance["radius_abs_m"], "abs"),
        Check("area_spherical_cap_km2", cap_km2, want["area_spherical_cap_km2"], tolerance["area_rel"], "rel"),
        Check("area_flat_pi_r2_km2", math.pi * ground_m**2 / 1e6, want["area_flat_pi_r2_km2"], tolerance["area_rel"], "rel"),
        Check("horizon_limited", str(limited), str(want["horizon_limited"]), 0.0, "exact"),
    ]


def _height2range(case: Mapping[str, Any]) -> tuple[float, float]:
    """Slant and ground range in metres of the published examples."""
    given = case["inputs"]
    antenna_m, target_m = float(given["antenna_height_m"]), float(given["target_height_m"])
    radius_m = horizon.effective_radius_m(SPHERE_6371_M, _REFRACTIVITY_GRADIENT_PER_M)
    slant_m = horizon.slant_range_to_height_m(antenna_m, target_m, math.radians(given["elevation_deg"]), radius_m)
    return slant_m, horizon.ground_range_from_slant_m(antenna_m, target_m, slant_m, radius_m)


def _published(case: Mapping[str, Any], got_m: float) -> list[Check]:
    """The printed value, and what the file says that it gets with more digits."""
    wanted = {key: case["expected"][key] for key in ("value", "recomputed") if key in case["expected"]}
    return [Check(f"range_m, {key}", got_m, want_m, case["tolerance"]["rel"], "rel") for key, want_m in wanted.items()]


def _propagated_range(case: Mapping[str, Any], _: CaseContext) -> list[Check]:
    return _published(case, _height2range(case)[0])


def _ground_range(case: Mapping[str, Any], _: CaseContext) -> list[Check]:
    return _published(case, _height2range(case)[1])


_EARTH = "antenna_height_m earth_radius_m k_factor"
_TO_HEIGHT = "antenna_height_m target_height_m elevation_deg"
_PHILOX = Law(_philox, "counter_hex key_hex rounds", "output_hex", "")

LAWS: dict[tuple[str, str], Law] = {
    ("geodesy_ecef", "geodetic_to_ecef"): Law(_ecef, "lat_deg lon_deg h_m", "x_m y_m z_m", "forward_abs_m inverse_lat_lon_deg inverse_h_m"),
    ("geodesy_enu_aer", "enu_aer"): Law(
        _enu_aer,
        "lat0_deg lon0_deg h0_m lat_deg lon_deg h_m",
        "e_m n_m u_m azimuth_deg elevation_deg slant_range_m",
        "enu_abs_m angle_abs_deg range_abs_m",
    ),
    ("geodesy_geodesic", "geodesic_inverse"): Law(
        _geodesic, "lat1_deg lon1_deg lat2_deg lon2_deg", "s12_m azi1_deg azi2_deg", "s12_abs_m azi_abs_deg"
    ),
    ("horizon_geometry_exact", "los_max_ground_range"): Law(
        _los_range, f"{_EARTH} target_height_m", "ground_range_m slant_range_m approx_412_km", "abs_m approx_rel"
    ),
    ("horizon_geometry_exact", "min_visible_height"): Law(_min_visible_height, f"{_EARTH} ground_range_m", "height_m", "abs_m"),
    ("horizon_geometry_exact", "height_from_slant_range_elevation"): Law(
        _height, f"{_EARTH} slant_range_m elevation_deg", "height_m", "abs_m"
    ),
    ("horizon_geometry_exact", "coverage_area"): Law(
        _coverage_area,
        f"{_EARTH} target_height_m instrumented_slant_range_m",
        "ground_radius_m area_spherical_cap_km2 area_flat_pi_r2_km2 horizon_limited",
        "radius_abs_m area_rel",
    ),
    ("horizon_geometry_published", "propagated_range_from_height_elevation"): Law(
        _propagated_range, _TO_HEIGHT, "value recomputed?", "rel"
    ),
    ("horizon_geometry_published", "ground_range_from_height_elevation"): Law(_ground_range, _TO_HEIGHT, "value recomputed?", "rel"),
    ("rng_philox_kat", "philox4x32-7"): _PHILOX,
    ("rng_philox_kat", "philox4x32-10"): _PHILOX,
}
