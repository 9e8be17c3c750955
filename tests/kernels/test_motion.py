"""Paths against dense evaluation of their laws, numerical integration and arithmetic. Runs compiled and uncompiled."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.interpolate import CubicHermiteSpline

from openiads.errors import InputError
from openiads.geodesy.ellipsoid import SPHERE_6371_M, ecef_to_geodetic, geodetic_to_ecef
from openiads.geodesy.geodesics import geodesic_direct, geodesic_inverse
from openiads.models.motion.air import Leg, air_path
from openiads.models.motion.ballistic import apogee_flight, ballistic_path, minimum_energy_flight
from openiads.models.motion.earth import GM_M3PS2, OMEGA_RADPS, SPHERE, WGS84, Earth, Place
from openiads.models.motion.elliptical import apogee_arc, burnout_arc, flight_path_arc, minimum_energy_arc
from openiads.models.motion.evaluate import position_at, segment_index
from openiads.models.motion.objects import rotated
from openiads.models.motion.path import Path, States, joined, lower, static_path
from openiads.models.motion.quasi_ballistic import Flight, Profile, SpeedProfile, quasi_ballistic_path

STILL_SPHERE = replace(SPHERE, omega_radps=0.0)
TURNING_SPHERE = replace(SPHERE, omega_radps=OMEGA_RADPS)


def place(lat_deg: float, lon_deg: float, alt_m: float = 0.0) -> Place:
    return Place(math.radians(lat_deg), math.radians(lon_deg), alt_m)


def along(path: Path, times_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Position with height by the kernels, and velocity with climb by SciPy's spline through the same knots, each (n, 4)."""
    knots, segment = path.knots(), 0
    values = np.column_stack([path.pos_ecef_m, path.alt_m])
    slopes = np.column_stack([path.vel_ecef_mps, path.climb_mps])
    position, velocity = [], []
    for t_s in times_s.tolist():
        segment = segment_index(knots, 0, knots.size - 1, segment, t_s)
        position.append(position_at(knots, segment, t_s))
        ends = slice(segment, segment + 2)
        spline = CubicHermiteSpline(path.time_s[ends], values[ends], slopes[ends])
        velocity.append(spline(min(max(t_s, path.time_s[0]), path.time_s[-1]), 1))
    return np.array(position), np.array(velocity)


def dense(path: Path, n: int = 400) -> np.ndarray:
    return np.linspace(path.time_s[0], path.time_s[-1], n)


def geodetic(position: np.ndarray, earth: Earth) -> np.ndarray:
    return np.array([ecef_to_geodetic(x, y, z, earth.a_m, earth.e2) for x, y, z in position[:, :3].tolist()])


# --- evaluation -----------------------------------------------------------------------------------------------------------------


def random_path(rng: np.random.Generator) -> Path:
    times = np.cumsum(rng.uniform(0.5, 3.0, 9))
    times[4] = times[3]  # two knots at one time
    n = times.size
    return Path(times, rng.normal(size=(n, 3)), rng.normal(size=(n, 3)), rng.normal(size=n), rng.normal(size=n), np.zeros(n, np.int32))


def test_segment_index_from_any_hint_is_the_sorted_search() -> None:
    rng = np.random.default_rng(1)
    knots = joined([random_path(rng), random_path(rng)]).knots()
    times = knots["time_s"][:9].copy()
    first = 9  # the second path lies behind the first one in the array
    knots["time_s"][first:] = times
    for t_s in [*rng.uniform(-1.0, times[-1] + 2.0, 200), *times]:
        expected = min(max(int(np.searchsorted(times, t_s, side="right")) - 1, 0), 7)
        for hint in (0, first, first + 4, 17, 40):
            assert segment_index(knots, first, first + 8, hint, t_s) == first + expected


def test_evaluation_reproduces_a_cubic_exactly_and_holds_the_ends() -> None:
    coefficients = np.random.default_rng(2).normal(size=(4, 4))  # by power, by x, y, z and height
    powers = np.arange(4)

    def value(t: float) -> np.ndarray:
        return np.asarray(t**powers @ coefficients)

    def rate(t: float) -> np.ndarray:
        return np.asarray((powers[1:] * t ** powers[:-1]) @ coefficients[1:])

    ends = (1.0, 3.5)
    knots = [(value(t), rate(t)) for t in ends]
    pos, vel = (np.array([knot[i][:3] for knot in knots]) for i in (0, 1))
    alt, climb = (np.array([knot[i][3] for knot in knots]) for i in (0, 1))
    path = Path(np.array(ends), pos, vel, alt, climb, np.zeros(2, np.int32))
    times = np.linspace(*ends, 23)
    position, velocity = along(path, times)
    assert position == pytest.approx(np.array([value(t) for t in times]), abs=1e-12)
    assert velocity == pytest.approx(np.array([rate(t) for t in times]), abs=1e-12)
    outside, _ = along(path, np.array([-5.0, 99.0]))
    assert outside == pytest.approx(np.array([value(t) for t in ends]), abs=1e-12)


def test_something_static_stays_where_it_is_at_all_times() -> None:
    position, velocity = along(static_path((1.0, 2.0, 3.0), 40.0), np.array([-1e4, 0.5, 1e6]))
    assert position.tolist() == [[1.0, 2.0, 3.0, 40.0]] * 3
    assert velocity.tolist() == [[0.0] * 4] * 3


def test_lowering_needs_a_leg_that_takes_time() -> None:
    def law(times_s: np.ndarray) -> States:
        return States(np.zeros((times_s.size, 3)), np.zeros((times_s.size, 3)), np.zeros_like(times_s), np.zeros_like(times_s))

    with pytest.raises(InputError, match="must take time"):
        lower(law, [3.0, 3.0])


# --- air-breathing --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("earth", [WGS84, SPHERE])
@pytest.mark.parametrize(("bearing_deg", "range_m", "speed_mps"), [(60.0, 300e3, 51.0), (0.0, 900e3, 240.0), (271.0, 2_500e3, 250.0)])
def test_a_leg_follows_the_geodesic_at_constant_ground_speed(earth: Earth, bearing_deg: float, range_m: float, speed_mps: float) -> None:
    start = place(31.0, 20.0, 9_000.0)
    lat, lon, _ = geodesic_direct(*start[:2], math.radians(bearing_deg), range_m, earth.a_m, earth.f)
    path = air_path(start, [Leg(Place(lat, lon, 500.0), speed_mps)], earth, start_s=100.0)
    assert path.time_s[-1] == pytest.approx(100.0 + range_m / speed_mps, abs=1e-6)
    times = dense(path)
    position, velocity = along(path, times)
    covered_m = (times - 100.0) * speed_mps
    alt_m = 9_000.0 - 8_500.0 * covered_m / range_m
    for x, s, h in zip(position, covered_m, alt_m, strict=True):
        at_lat, at_lon, _ = geodesic_direct(*start[:2], math.radians(bearing_deg), s, earth.a_m, earth.f)
        assert np.linalg.norm(x[:3] - geodetic_to_ecef(at_lat, at_lon, h, earth.a_m, earth.e2)) <= 1.0
    assert np.abs(position[:, 3] - alt_m).max() <= 0.1
    assert velocity[:, 3] == pytest.approx(-8_500.0 * speed_mps / range_m)
    step_s = 0.5
    chord = (along(path, times[1:-1] + step_s)[0] - along(path, times[1:-1] - step_s)[0]) / (2.0 * step_s)
    assert np.abs(chord - velocity[1:-1]).max() < 1e-4


def test_waypoints_double_their_knots_and_number_their_legs() -> None:
    corner, aim = place(1.0, 1.0, 1_500.0), place(0.0, 1.5, 20.0)
    path = air_path(place(1.0, 0.0, 1_500.0), [Leg(corner, 50.0), Leg(aim, 100.0)], dive_m=4_000.0)
    jumps = np.flatnonzero(np.diff(path.time_s) == 0.0)
    assert path.leg[jumps].tolist() == [0, 1]
    assert path.leg[jumps + 1].tolist() == [1, 2]
    assert path.pos_ecef_m[jumps] == pytest.approx(path.pos_ecef_m[jumps + 1], abs=1e-6)
    assert np.linalg.norm(path.vel_ecef_mps[jumps[0] + 1]) > 1.9 * np.linalg.norm(path.vel_ecef_mps[jumps[0]])


def test_a_vector_turns_about_an_axis_by_any_angle() -> None:
    from scipy.spatial.transform import Rotation

    luck = np.random.default_rng(4)
    for angle in (0.1, 1.2, 1.9, 3.1, -2.5):
        axis, vector = luck.normal(size=3), luck.normal(size=3)
        axis /= np.linalg.norm(axis)
        got = rotated(*vector, axis, math.cos(angle), math.sin(angle))
        assert got == pytest.approx(Rotation.from_rotvec(angle * axis).apply(vector))


def test_a_slow_leg_is_a_leg() -> None:
    path = air_path(Place(0.0, 0.0, 100.0), [Leg(Place(0.0, 1e-5, 100.0), 0.5)])
    assert path.time_s[-1] == pytest.approx(1e-5 * 6378137.0 / 0.5, rel=1e-2)


def test_a_dive_keeps_the_height_and_then_descends_evenly_into_the_aim() -> None:
    aim = place(0.0, 0.4, 20.0)
    path = air_path(place(0.0, 0.0, 1_500.0), [Leg(aim, 50.0)], dive_m=4_000.0)
    end_s = path.time_s[-1]
    position, velocity = along(path, np.array([0.0, end_s - 81.0, end_s - 40.0, end_s]))
    assert position[:, 3] == pytest.approx([1_500.0, 1_500.0, 760.0, 20.0], abs=1e-6)
    assert velocity[-1, 3] == pytest.approx(-1_480.0 / 80.0)
    assert position[-1, :3] == pytest.approx(geodetic_to_ecef(*aim, WGS84.a_m, WGS84.e2), abs=1e-6)


@pytest.mark.parametrize(
    ("legs", "dive_m"),
    [
        ([], 0.0),
        ([Leg(place(0.0, 0.0), 50.0)], 0.0),
        ([Leg(place(0.0, 1.0), 0.0)], 0.0),
        ([Leg(place(0.0, 0.01), 50.0)], 4e3),
        ([Leg(place(0.0, 1.0), math.nan)], 0.0),
    ],
)
def test_impossible_legs_are_refused(legs: list[Leg], dive_m: float) -> None:
    with pytest.raises(InputError):
        air_path(place(0.0, 0.0, 100.0), legs, dive_m=dive_m)


# --- ballistic ------------------------------------------------------------------------------------------------------------------


def integrated(path: Path, earth: Earth, times_s: np.ndarray) -> np.ndarray:
    """Earth-fixed positions (n, 3) of a body that leaves as the path does and then only falls, integrated in inertial space."""
    spin = np.array([0.0, 0.0, earth.omega_radps])
    start = path.pos_ecef_m[0]

    def fall(_t: float, state: np.ndarray) -> np.ndarray:
        return np.concatenate([state[3:], -GM_M3PS2 * state[:3] / np.linalg.norm(state[:3]) ** 3])

    first = np.concatenate([start, path.vel_ecef_mps[0] + np.cross(spin, start)])
    result = solve_ivp(fall, (0.0, times_s[-1]), first, method="DOP853", t_eval=times_s, rtol=1e-12, atol=1e-6)
    angle = earth.omega_radps * times_s
    x, y, z = result.y[:3]
    return np.stack([np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x, z], axis=1)


@pytest.mark.parametrize("earth", [STILL_SPHERE, TURNING_SPHERE, WGS84])
@pytest.mark.parametrize(
    ("launch", "aim", "apogee_m"),
    [
        (place(0.0, 0.0), place(0.0, 2.7), None),
        (place(2.0, 1.0, 800.0), place(-1.0, -0.5, 30.0), None),
        (place(39.2, 125.8), place(36.5, 139.0), 900e3),
        (place(10.0, 0.0), place(12.0, 9.0), 120e3),
    ],
)
def test_ballistic_paths_are_free_fall_from_launch_to_aim(launch: Place, aim: Place, apogee_m: float | None, earth: Earth) -> None:
    path = ballistic_path(launch, aim, earth, apogee_m)
    times = dense(path, 200)
    position, velocity = along(path, times)
    assert np.linalg.norm(position[:, :3] - integrated(path, earth, times), axis=1).max() <= 1.0
    assert np.abs(position[:, 3] - geodetic(position, earth)[:, 2]).max() <= 1.1  # height's 0.1 m and the position's 1 m
    assert position[0, :3] == pytest.approx(geodetic_to_ecef(*launch, earth.a_m, earth.e2), abs=1e-3)
    assert position[-1, :3] == pytest.approx(geodetic_to_ecef(*aim, earth.a_m, earth.e2), abs=1e-2)
    assert position[-1, 3] == pytest.approx(aim.alt_m, abs=1e-2)
    flight = minimum_energy_flight(launch, aim, earth) if apogee_m is None else apogee_flight(launch, aim, earth, apogee_m)
    exact = flight.states(times)
    assert np.abs(position[:, 3] - exact.alt_m).max() <= 0.1
    assert np.abs(velocity[:, 3] - exact.climb_mps).max() < 1.0
    if apogee_m is not None and earth is not WGS84:
        assert exact.alt_m.max() == pytest.approx(apogee_m, rel=1e-3)


@pytest.mark.parametrize("bearing_deg", [0.0, 90.0, 200.0, 270.0])
def test_least_energy_is_least_relative_to_the_turning_ground(bearing_deg: float) -> None:
    launch = place(20.0, 30.0)
    lat, lon, _ = geodesic_direct(*launch[:2], math.radians(bearing_deg), 600e3, SPHERE.a_m, 0.0)
    least = minimum_energy_flight(launch, Place(lat, lon, 0.0), TURNING_SPHERE)
    height_m = least.arc.apogee_radius_m - SPHERE.a_m
    others = [apogee_flight(launch, Place(lat, lon, 0.0), TURNING_SPHERE, scale * height_m) for scale in (0.9, 0.97, 1.03, 1.1)]
    assert all(other.ground_launch_speed_mps > least.ground_launch_speed_mps + 1e-3 for other in others)


def test_rotation_hardly_changes_the_flight_time_of_a_short_minimum_energy_flight() -> None:
    # 251.03 s is the still earth's (oracle ballistic_min_energy, 300 km); east and west must agree with it within 1 %.
    for side in (1.0, -1.0):
        aim = Place(0.0, side * 300e3 / SPHERE_6371_M, 0.0)
        arc = minimum_energy_flight(Place(0.0, 0.0, 0.0), aim, TURNING_SPHERE).arc
        assert arc.flight_time_s == pytest.approx(251.03, rel=0.01)


def test_three_ways_to_one_arc() -> None:
    r, angle = SPHERE_6371_M, 800e3 / SPHERE_6371_M
    least = minimum_energy_arc(r, r, angle)
    up, onward = least.launch_velocity_mps
    again = [
        apogee_arc(r, r, angle, least.apogee_radius_m),
        flight_path_arc(r, r, angle, math.atan2(up, onward)),
        burnout_arc(r, math.hypot(up, onward), math.atan2(up, onward)),
    ]
    for arc in again:
        assert arc.flight_time_s == pytest.approx(least.flight_time_s, rel=1e-9)
        assert arc.before_rad + arc.after_rad == pytest.approx(angle, rel=1e-9)


def test_the_speed_at_the_apogee_is_that_of_angular_momentum_and_energy() -> None:
    """Launch speed times its lever is kept, and v^2 / 2 - GM / r is the same at both."""
    r = SPHERE_6371_M
    arc = minimum_energy_arc(r, r, 1_500e3 / r)
    up, onward = arc.launch_velocity_mps
    assert arc.apogee_speed_mps == pytest.approx(onward * r / arc.apogee_radius_m, rel=1e-12)
    energy = 0.5 * (up * up + onward * onward) - arc.gm_m3ps2 / r
    assert 0.5 * arc.apogee_speed_mps**2 - arc.gm_m3ps2 / arc.apogee_radius_m == pytest.approx(energy, rel=1e-12)


def test_an_arc_between_different_heights_ends_at_both() -> None:
    arc = apogee_arc(6_371_000.0, 6_372_500.0, 0.08, 6_500_000.0)
    radius, angle, _, _ = arc.polar(np.array([0.0, arc.flight_time_s]))
    assert radius == pytest.approx([6_371_000.0, 6_372_500.0], abs=1e-3)
    assert angle == pytest.approx([0.0, 0.08], abs=1e-12)


def test_the_least_energy_between_different_heights_has_the_axis_of_the_half_perimeter() -> None:
    """2 a = (r1 + r2 + chord) / 2: Battin, An Introduction to the Mathematics and Methods of Astrodynamics (1999), section 6.2."""
    low, high, angle = 6_371e3, 6_671e3, 0.1
    chord = math.sqrt(low**2 + high**2 - 2.0 * low * high * math.cos(angle))
    assert 2.0 * minimum_energy_arc(low, high, angle).semi_major_m == pytest.approx(0.5 * (low + high + chord), rel=1e-9)


def test_the_earth_is_that_of_wgs_84() -> None:
    """NIMA TR8350.2, 3rd ed., table 3.1."""
    assert (GM_M3PS2, OMEGA_RADPS) == (3.986004418e14, 7.292115e-5)


def test_impossible_arcs_are_refused() -> None:
    r = SPHERE_6371_M
    for call in (
        partial(burnout_arc, r, 12_000.0, 0.7),
        partial(burnout_arc, r, 3_000.0, -0.1),
        partial(apogee_arc, r, r, 0.1, r - 1.0),
        partial(flight_path_arc, r, r, 3.0, -0.5),
        partial(ballistic_path, place(1.0, 1.0), place(1.0, 1.0)),
    ):
        with pytest.raises(InputError):
            call()


# --- quasi-ballistic ------------------------------------------------------------------------------------------------------------

SRBM = Flight(range_m=300e3, apogee_m=45e3, flight_time_s=270.0)  # MODEL's example


def test_the_ellipse_of_a_reported_short_range_missile_would_take_a_third_less() -> None:
    arc = apogee_arc(SPHERE_6371_M, SPHERE_6371_M, 300e3 / SPHERE_6371_M, SPHERE_6371_M + 45e3)
    assert arc.flight_time_s == pytest.approx(196.0, abs=0.5)
    assert SRBM.profile() is Profile.QUASI_BALLISTIC


def test_an_ellipse_stands_for_a_flight_whose_time_agrees_within_a_tenth() -> None:
    # Oracle ballistic_min_energy: 300 km, 74.110 km, 251.035 s.
    for share, elliptical in ((0.90, False), (0.92, True), (1.11, True), (1.12, False)):
        assert (Flight(300e3, 74_110.2, 251.035 * share).profile() is Profile.ELLIPTICAL) is elliptical


def test_a_shorter_flight_is_similar() -> None:
    assert SRBM.at_range(75e3) == Flight(75e3, 45e3 / 4, 135.0)


@pytest.mark.parametrize(("launch_alt_m", "aim_alt_m"), [(0.0, 0.0), (1_200.0, 150.0)])
def test_a_quasi_ballistic_path_honours_range_apogee_and_time(launch_alt_m: float, aim_alt_m: float) -> None:
    lat, lon, _ = geodesic_direct(0.0, 0.0, math.radians(70.0), 300e3, WGS84.a_m, WGS84.f)
    launch, aim = Place(0.0, 0.0, launch_alt_m), Place(lat, lon, aim_alt_m)
    path = quasi_ballistic_path(launch, aim, SRBM.apogee_m, SRBM.flight_time_s, start_s=30.0)
    times = dense(path, 2_000)
    position, velocity = along(path, times)
    ground = geodetic(position, WGS84)
    assert path.time_s[[0, -1]].tolist() == [30.0, 300.0]
    assert position[:, 3].max() == pytest.approx(45e3, abs=0.5)
    assert position[[0, -1], 3] == pytest.approx([launch_alt_m, aim_alt_m], abs=1e-6)
    assert position[-1, :3] == pytest.approx(geodetic_to_ecef(*aim, WGS84.a_m, WGS84.e2), abs=1e-3)
    assert np.abs(ground[:, 2] - position[:, 3]).max() <= 1.1
    covered = np.array([geodesic_inverse(0.0, 0.0, *x[:2], WGS84.a_m, WGS84.f)[0] for x in ground[::50]]) / 300e3
    drop, bulge = aim_alt_m - launch_alt_m, (math.sqrt(45e3 - launch_alt_m) + math.sqrt(45e3 - aim_alt_m)) ** 2
    parabola = launch_alt_m + covered * (drop + bulge * (1.0 - covered))
    assert np.abs(parabola - position[::50, 3]).max() <= 1.5
    assert velocity[0] == pytest.approx(np.zeros(4), abs=1e-6)
    chord = np.gradient(position, times, axis=0)
    assert np.abs(chord - velocity)[2:-2].max() < 2.0  # velocity is the rate of change of position throughout


def test_the_assumed_speed_profile_burns_out_as_fast_as_reported() -> None:
    path = quasi_ballistic_path(place(0.0, 0.0), Place(0.0, 300e3 / WGS84.a_m, 0.0), SRBM.apogee_m, SRBM.flight_time_s)
    _, velocity = along(path, dense(path, 2_000))
    assert 1_300.0 <= np.linalg.norm(velocity[:, :3], axis=1).max() <= 1_700.0  # evidence: threat_srbm_300 speed_burnout


def test_the_speed_profile_covers_the_whole_distance_and_keeps_its_ratio() -> None:
    profile = SpeedProfile(boost_share=0.3, impact_ratio=0.5)
    shares = np.linspace(0.0, 1.0, 100_001)
    covered, speed = profile.covered(shares)
    assert covered[[0, -1]] == pytest.approx([0.0, 1.0])
    assert np.trapezoid(speed, shares) == pytest.approx(1.0)
    assert speed[-1] / speed.max() == pytest.approx(0.5, rel=1e-4)
    assert shares[speed.argmax()] == pytest.approx(0.3, abs=1e-4)


def test_impossible_flights_are_refused() -> None:
    here, there = place(0.0, 0.0, 100.0), place(0.0, 2.0)
    for call in (
        partial(quasi_ballistic_path, here, there, 50.0, 270.0),
        partial(quasi_ballistic_path, here, there, 45e3, 0.0),
        partial(quasi_ballistic_path, here, here, 45e3, 270.0),
        partial(SpeedProfile, boost_share=1.0),
        partial(SpeedProfile, impact_ratio=0.0),
        partial(SRBM.at_range, -1.0),
    ):
        with pytest.raises(InputError):
            call()
