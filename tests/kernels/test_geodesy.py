"""Coordinates, feet, ground range and geodesics against closed forms, GeographicLib and printed values."""

from __future__ import annotations

import math

import numpy as np
import pytest
from geographiclib.geodesic import Geodesic

from openiads.geodesy import small_angles
from openiads.geodesy.ellipsoid import (
    SPHERE_6371_M,
    WGS84_A_M,
    WGS84_E2,
    WGS84_F,
    WGS84_MEAN_RADIUS_M,
    ecef_to_enu,
    ecef_to_geodetic,
    enu_to_aer,
    geodetic_to_ecef,
)
from openiads.geodesy.geodesics import geodesic_direct, geodesic_inverse, geodesic_line
from openiads.geodesy.ground import ground_range_m, surface_point

WGS84 = (WGS84_A_M, WGS84_E2)
WGS84_B_M = 6356752.314245179  # semi-minor axis, NIMA TR8350.2 table 3.3


def ecef(lat_deg: float, lon_deg: float, alt_m: float) -> tuple[float, float, float]:
    return geodetic_to_ecef(math.radians(lat_deg), math.radians(lon_deg), alt_m, *WGS84)


def test_mean_radius_is_the_printed_one():
    assert pytest.approx(6371008.7714, abs=1e-3) == WGS84_MEAN_RADIUS_M


@pytest.mark.parametrize(
    ("place", "want"),
    [
        ((0.0, 0.0, 0.0), (WGS84_A_M, 0.0, 0.0)),
        ((0.0, 90.0, 5.0), (0.0, WGS84_A_M + 5.0, 0.0)),
        ((90.0, 0.0, 100.0), (0.0, 0.0, WGS84_B_M + 100.0)),
        ((45.0, 45.0, 1000.0), (3194919.145060574, 3194919.145060574, 4488055.515647107)),  # oracle geodesy_ecef
    ],
)
def test_geodetic_to_ecef(place, want):
    assert ecef(*place) == pytest.approx(want, abs=1e-6)


@pytest.mark.parametrize("ellipsoid", [WGS84, (SPHERE_6371_M, 0.0)])
@pytest.mark.parametrize("alt_m", [-50e3, 0.0, 12e3, 1e6, 5e7])
def test_ecef_to_geodetic_inverts(ellipsoid, alt_m):
    for lat_deg in (-90.0, -89.9999999, -60.0, -1e-9, 0.0, 1e-7, 30.0, 45.0, 75.5, 89.9, 90.0):
        for lon_deg in (-179.5, 0.0, 34.4, 180.0):
            x, y, z = geodetic_to_ecef(math.radians(lat_deg), math.radians(lon_deg), alt_m, *ellipsoid)
            lat, lon, alt = ecef_to_geodetic(x, y, z, *ellipsoid)
            assert math.degrees(lat) == pytest.approx(lat_deg, abs=1e-11)
            assert alt == pytest.approx(alt_m, abs=1e-6)
            if abs(lat_deg) < 89.999:
                assert math.degrees(lon) == pytest.approx(lon_deg, abs=1e-11)


def test_pole_without_longitude():
    lat, lon, alt = ecef_to_geodetic(0.0, 0.0, -WGS84_B_M - 7.0, *WGS84)
    assert (lat, lon) == (-math.pi / 2, 0.0)
    assert alt == pytest.approx(7.0, abs=1e-8)


def test_enu_and_aer_of_a_printed_case():
    """Oracle geodesy_enu_aer (mpmath, CartConvert, pymap3d)."""
    sensor, target = ecef(31.25, 34.4, 250.0), ecef(30.391675, 34.064708, 50.0)
    enu = ecef_to_enu(*target, math.radians(31.25), math.radians(34.4), *sensor)
    assert enu == pytest.approx((-32223.35107147327, -95107.68038493134, -993.3542231661366), abs=1e-5)
    az, el, slant_m = enu_to_aer(*enu)
    assert math.degrees(az) == pytest.approx(198.71684982705415, abs=1e-8)
    assert math.degrees(el) == pytest.approx(-0.5667612768294887, abs=1e-8)
    assert slant_m == pytest.approx(100423.11474501452, abs=1e-5)


@pytest.mark.parametrize(
    ("enu", "az_deg", "el_deg"),
    [
        ((0.0, 1.0, 0.0), 0.0, 0.0),
        ((1.0, 0.0, 0.0), 90.0, 0.0),
        ((0.0, -1.0, 1.0), 180.0, 45.0),
        ((-1.0, 0.0, 0.0), 270.0, 0.0),
        ((0.0, 0.0, 2.0), 0.0, 90.0),
    ],
)
def test_azimuth_is_clockwise_from_north(enu, az_deg, el_deg):
    az, el, slant_m = enu_to_aer(*enu)
    assert (math.degrees(az), math.degrees(el)) == pytest.approx((az_deg, el_deg), abs=1e-12)
    assert slant_m == pytest.approx(math.sqrt(sum(v * v for v in enu)))


def test_azimuth_stays_below_a_full_turn():
    az, _, _ = enu_to_aer(-1e-300, 1.0, 0.0)
    assert 0.0 <= az < 2.0 * math.pi


@pytest.mark.parametrize(("alt_m", "error_m"), [(50.0, 1e-6), (50e3, 0.003), (500e3, 0.25), (1e6, 0.9)])
def test_foot_is_within_its_stated_error(alt_m, error_m):
    for lat_deg in range(-90, 91, 5):
        foot = surface_point(*ecef(lat_deg, 20.0, alt_m), alt_m, *WGS84)
        assert math.dist(foot, ecef(lat_deg, 20.0, 0.0)) <= error_m


def test_foot_is_exact_on_a_sphere():
    point = geodetic_to_ecef(0.7, -1.2, 3e5, SPHERE_6371_M, 0.0)
    foot = surface_point(*point, 3e5, SPHERE_6371_M, 0.0)
    assert foot == pytest.approx(geodetic_to_ecef(0.7, -1.2, 0.0, SPHERE_6371_M, 0.0), abs=1e-7)


@pytest.mark.parametrize("arc_rad", [0.0, 1e-4, 0.1, 1.0, 3.0, math.pi])
def test_ground_range_is_exact_on_a_sphere(arc_rad):
    start, end = (geodetic_to_ecef(lat, 0.3, 0.0, SPHERE_6371_M, 0.0) for lat in (-0.2, arc_rad - 0.2))
    assert ground_range_m(*start, *end, SPHERE_6371_M) == pytest.approx(SPHERE_6371_M * arc_rad, abs=1e-2 if arc_rad > 3 else 1e-6)


@pytest.mark.parametrize(("distance_m", "error_m"), [(100e3, 0.012), (300e3, 0.32), (600e3, 2.5), (1000e3, 12.0)])
def test_ground_range_is_within_its_stated_error(distance_m, error_m):
    earth = Geodesic.WGS84
    for lat_deg in (0.0, 5.0, 30.0, 60.0, 85.0):
        for az_deg in range(0, 360, 30):
            end = earth.Direct(lat_deg, 0.0, az_deg, distance_m)
            got = ground_range_m(*ecef(lat_deg, 0.0, 0.0), *ecef(end["lat2"], end["lon2"], 0.0), WGS84_MEAN_RADIUS_M)
            assert abs(got - distance_m) <= error_m


def test_geodesic_inverse_and_direct_of_a_printed_case():
    """GeodTest line of C. Karney, oracle geodesy_geodesic."""
    place = [math.radians(v) for v in (55.52454, 106.05087, 77.03196, 197.18234)]
    distance_m, az1, az2 = geodesic_inverse(*place, WGS84_A_M, WGS84_F)
    assert distance_m == pytest.approx(4105086.171392441, abs=1e-6)
    assert math.degrees(az1) == pytest.approx(22.0200598809828, abs=1e-9)
    assert math.degrees(az2) == pytest.approx(109.11204111067151, abs=1e-9)
    lat, lon, az = geodesic_direct(place[0], place[1], az1, distance_m, WGS84_A_M, WGS84_F)
    assert lat == pytest.approx(place[2], abs=1e-11)
    assert math.remainder(lon - place[3], 2 * math.pi) == pytest.approx(0.0, abs=1e-11)
    assert az == pytest.approx(az2, abs=1e-11)


def test_geodesic_on_a_sphere_is_the_great_circle():
    lat1, lon1, lat2, lon2 = 0.3, -0.4, -0.5, 1.1
    arc = math.acos(math.sin(lat1) * math.sin(lat2) + math.cos(lat1) * math.cos(lat2) * math.cos(lon2 - lon1))
    distance_m, _, _ = geodesic_inverse(lat1, lon1, lat2, lon2, SPHERE_6371_M, 0.0)
    assert distance_m == pytest.approx(SPHERE_6371_M * arc, abs=1e-6)


def test_line_along_the_equator_and_beyond_its_end():
    distances = np.array([0.0, WGS84_A_M * 0.01, WGS84_A_M * 0.03])
    lats, lons, azimuths = geodesic_line(0.0, 0.0, 0.0, 0.02, distances, WGS84_A_M, WGS84_F)
    assert lats == pytest.approx(0.0, abs=1e-15)
    assert lons == pytest.approx([0.0, 0.01, 0.03], abs=1e-15)
    assert azimuths == pytest.approx(math.pi / 2, abs=1e-15)


def test_line_ends_at_its_second_point():
    ends = (0.1, 0.2, 0.4, -0.3)
    distance_m, az1, az2 = geodesic_inverse(*ends, WGS84_A_M, WGS84_F)
    lats, lons, azimuths = geodesic_line(*ends, [0.0, distance_m], WGS84_A_M, WGS84_F)
    assert lats == pytest.approx([0.1, 0.4], abs=1e-13)
    assert lons == pytest.approx([0.2, -0.3], abs=1e-13)
    assert azimuths == pytest.approx([az1, az2], abs=1e-13)


def test_arc_functions_of_small_and_large_angles():
    sines = np.concatenate([np.linspace(0.0, 1.0, 2001), np.geomspace(1e-300, 0.06, 500)])
    for x in sines.tolist():
        assert small_angles.asin(x) == pytest.approx(math.asin(x), rel=4e-16, abs=0.0)
    for radius in (1.0, 6.4e6):
        for angle in np.concatenate([np.linspace(-math.pi, math.pi, 999), np.linspace(-0.06, 0.06, 999)]).tolist():
            y, x = radius * math.sin(angle), radius * math.cos(angle)
            assert small_angles.atan2(y, x) == pytest.approx(math.atan2(y, x), rel=4e-16, abs=0.0)
    assert small_angles.atan2(0.0, 0.0) == 0.0
    assert small_angles.atan2(0.0, -1.0) == math.pi
