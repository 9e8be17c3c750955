"""Oracle cases of ballistic motion: minimum-energy, lofted and depressed arcs, over a still and a turning spherical earth."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from openiads.models.motion.ballistic import InertialArc, inertial_arc
from openiads.models.motion.earth import SPHERE, Earth, Place
from openiads.models.motion.elliptical import Arc, apogee_arc, burnout_arc, flight_path_arc, minimum_energy_arc
from openiads.validation.checks import CaseContext, Check, Law, UncoveredError, band, compare

Case = Mapping[str, Any]


def _sphere(case: Case) -> Earth:
    """The sphere that a case states, such as ``rotating sphere R=6371000 m, mu=3.986004418e14, omega=7.292115e-5``."""
    text = case["inputs"]["earth"]
    numbers = dict(re.findall(r"(R|mu|omega)=([0-9.eE+-]+)", text))
    rotating = "omega" in numbers
    if "sphere" not in text or not {"R", "mu"} <= set(numbers) or rotating == ("non-rotating" in text):
        raise UncoveredError(f"earth {text!r}")
    return Earth(float(numbers["R"]), 0.0, float(numbers.get("omega", 0.0)), float(numbers["mu"]))


def _launch(arc: Arc) -> tuple[float, float]:
    """Speed in m/s and angle above the horizontal in degrees."""
    up, forward = arc.launch_velocity_mps
    return math.hypot(up, forward), math.degrees(math.atan2(up, forward))


def _minimum_energy(case: Case, context: CaseContext) -> list[Check]:
    earth = _sphere(case)
    angle = 1e3 * case["inputs"]["range_km"] / earth.a_m
    arc = minimum_energy_arc(earth.a_m, earth.a_m, angle, earth.gm_m3ps2)
    speed, flight_path_deg = _launch(arc)
    got = {
        "burnout_speed_m_s": speed,
        "flight_path_angle_deg": flight_path_deg,
        "apogee_km": 1e-3 * (arc.apogee_radius_m - earth.a_m),
        "flight_time_s": arc.flight_time_s,
        "apogee_speed_m_s": arc.apogee_speed_mps,
        "eccentricity": arc.eccentricity,
    }
    return compare(case["expected"], got, case["tolerance"]["rel"], "rel")


def _elliptical(case: Case, context: CaseContext) -> list[Check]:
    earth, x = _sphere(case), case["inputs"]
    arc = burnout_arc(earth.a_m, x["burnout_speed_m_s"], math.radians(x["flight_path_angle_deg"]), earth.gm_m3ps2)
    whole = {
        "range_km": 1e-3 * earth.a_m * (arc.before_rad + arc.after_rad),
        "apogee_km": 1e-3 * (arc.apogee_radius_m - earth.a_m),
        "flight_time_s": arc.flight_time_s,
    }
    expected = dict(case["expected"])
    samples = expected.pop("samples", [])
    tolerance = case["tolerance"]["rel"]
    checks = compare(expected, whole, tolerance, "rel")
    for sample in samples:
        radius, angle, radial, transverse = (float(part[0]) for part in arc.polar(np.array([sample["t_s"]])))
        got = {
            "t_s": sample["t_s"],
            "altitude_km": 1e-3 * (radius - earth.a_m),
            "speed_m_s": math.hypot(radial, transverse),
            "ground_range_km": 1e-3 * earth.a_m * angle,
        }
        checks += compare(sample, got, tolerance, "rel")
    return checks


def _reported(case: Case, context: CaseContext) -> list[Check]:
    x, want, tolerance = case["inputs"], case["expected"], case["tolerance"]
    radius_m = SPHERE.a_m
    arc = apogee_arc(radius_m, radius_m, 1e3 * x["range_km"] / radius_m, radius_m + 1e3 * x["apogee_km"])
    exact = {name: value for name, value in want.items() if name.startswith("kepler_")}
    got = {"kepler_surface_to_surface_s": arc.flight_time_s, "kepler_speed_m_s": _launch(arc)[0]}
    longer_s = want["reported_flight_time_s"] - arc.flight_time_s
    low, high = tolerance["reported_minus_model_s"]
    return [*compare(exact, got, tolerance["kepler_rel"], "rel"), band("reported_minus_model_s", longer_s, low, high)]


def _rotating(case: Case, context: CaseContext) -> list[Check]:
    earth, x = _sphere(case), case["inputs"]
    launch, aim = (Place(math.radians(x[f"{end}_lat_deg"]), math.radians(x[f"{end}_lon_deg"]), 0.0) for end in ("launch", "target"))
    law = partial(flight_path_arc, flight_path_rad=math.radians(x["inertial_flight_path_angle_deg"]), gm_m3ps2=earth.gm_m3ps2)
    flight = inertial_arc(launch, aim, earth, law)
    still = Earth(earth.a_m, 0.0, 0.0, earth.gm_m3ps2)
    direct = inertial_arc(launch, aim, still, law).arc
    flight_time_s = flight.arc.flight_time_s
    got = {
        "ground_range_km": 1e-3 * earth.a_m * (direct.before_rad + direct.after_rad),
        "flight_time_s": flight_time_s,
        "inertial_speed_m_s": _launch(flight.arc)[0],
        "apogee_km": 1e-3 * (flight.arc.apogee_radius_m - earth.a_m),
        "target_displacement_by_rotation_km": 1e-3 * earth.omega_radps * flight_time_s * earth.a_m * math.cos(aim.lat_rad),
    }
    return compare(case["expected"], got | _relative_launch(flight, launch), case["tolerance"]["rel"], "rel")


def _relative_launch(flight: InertialArc, launch: Place) -> dict[str, float]:
    """Launch velocity as seen from the ground."""
    velocity = flight.states(np.zeros(1)).vel_ecef_mps[0]
    lat, lon = launch.lat_rad, launch.lon_rad
    east = float(velocity @ np.array([-math.sin(lon), math.cos(lon), 0.0]))
    north = float(velocity @ np.array([-math.sin(lat) * math.cos(lon), -math.sin(lat) * math.sin(lon), math.cos(lat)]))
    up = float(velocity @ np.array([math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)]))
    return {
        "relative_speed_m_s": float(np.linalg.norm(velocity)),
        "relative_azimuth_deg": math.degrees(math.atan2(east, north)) % 360.0,
        "relative_flight_path_angle_deg": math.degrees(math.atan2(up, math.hypot(east, north))),
    }


LAWS: dict[tuple[str, str], Law] = {
    ("ballistic_min_energy", "minimum_energy_arc"): Law(
        _minimum_energy,
        "range_km earth",
        "burnout_speed_m_s? flight_path_angle_deg? apogee_km? flight_time_s? apogee_speed_m_s? eccentricity?",
        "rel",
    ),
    ("ballistic_elliptical", "elliptical_arc"): Law(
        _elliptical, "burnout_speed_m_s flight_path_angle_deg earth", "range_km? apogee_km? flight_time_s? samples?", "rel"
    ),
    ("ballistic_reported_lofted", "reported_lofted_flight_time"): Law(
        _reported,
        "range_km apogee_km",
        "reported_flight_time_s kepler_surface_to_surface_s? kepler_speed_m_s?",
        "kepler_rel reported_minus_model_s",
    ),
    ("ballistic_rotating_earth", "rotating_earth_arc"): Law(
        _rotating,
        "launch_lat_deg launch_lon_deg target_lat_deg target_lon_deg inertial_flight_path_angle_deg earth",
        "ground_range_km? flight_time_s? inertial_speed_m_s? apogee_km? target_displacement_by_rotation_km? "
        "relative_speed_m_s? relative_azimuth_deg? relative_flight_path_angle_deg?",
        "rel",
    ),
}
