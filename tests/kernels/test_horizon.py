"""The smooth-earth horizon against mpmath values, MATLAB's printed examples and exact identities."""

from __future__ import annotations

import math

import pytest

from openiads.geodesy.ellipsoid import SPHERE_6371_M
from openiads.models.propagation.horizon import (
    STANDARD_EARTH_FACTOR,
    cap_area_m2,
    coverage_ground_range_m,
    effective_radius_m,
    ground_range_from_slant_m,
    height_from_slant_range_m,
    horizon_ground_range_m,
    least_visible_height_m,
    slant_range_m,
    slant_range_to_height_m,
)

RADIUS_M = STANDARD_EARTH_FACTOR * SPHERE_6371_M


@pytest.mark.parametrize(  # oracle horizon_geometry_exact
    ("antenna_m", "target_m", "ground_m", "slant_m"),
    [
        (10.0, 30.0, 35610.36762481637, 35610.43100770744),
        (30.0, 1000.0, 152912.8043201869, 152923.08634140188),
        (10000.0, 10000.0, 823958.3337052426, 824604.9559233399),
    ],
)
def test_horizon_range(antenna_m, target_m, ground_m, slant_m):
    assert horizon_ground_range_m(antenna_m, target_m, RADIUS_M) == pytest.approx(ground_m, abs=1e-4)
    assert slant_range_m(antenna_m, target_m, ground_m, RADIUS_M) == pytest.approx(slant_m, abs=1e-4)


def test_cruise_missile_at_50_m_by_the_4_12_rule():
    """4.12 (sqrt 24 + sqrt 50) = 49.3 km."""
    assert horizon_ground_range_m(24.0, 50.0, RADIUS_M) == pytest.approx(49.3e3, rel=0.003)


@pytest.mark.parametrize("height_m", [0.0, -3.0])
def test_nothing_at_or_below_the_ground_has_a_horizon(height_m):
    assert horizon_ground_range_m(height_m, height_m, RADIUS_M) == 0.0


@pytest.mark.parametrize(  # oracle horizon_geometry_exact
    ("antenna_m", "ground_m", "height_m"),
    [(10.0, 40e3, 42.80048086070723), (30.0, 15e3, 0.0), (30.0, 25e3, 0.3458336834016185), (100.0, 200e3, 1484.191302304281)],
)
def test_least_visible_height(antenna_m, ground_m, height_m):
    assert least_visible_height_m(antenna_m, ground_m, RADIUS_M) == pytest.approx(height_m, abs=1e-6)


@pytest.mark.parametrize("antenna_m", [0.0, 5.0, 24.0, 9000.0])
@pytest.mark.parametrize("target_m", [0.5, 50.0, 12e3, 300e3])
def test_horizon_range_and_least_height_are_inverses(antenna_m, target_m):
    ground_m = horizon_ground_range_m(antenna_m, target_m, RADIUS_M)
    assert least_visible_height_m(antenna_m, ground_m, RADIUS_M) == pytest.approx(target_m, rel=1e-9)


def test_nothing_is_visible_from_a_quarter_turn_on():
    assert least_visible_height_m(0.0, RADIUS_M * math.pi / 2, RADIUS_M) == math.inf
    assert least_visible_height_m(0.0, RADIUS_M * 3.0, RADIUS_M) == math.inf


@pytest.mark.parametrize(  # oracle horizon_geometry_exact, antenna at 20 m
    ("slant_m", "elevation_deg", "height_m"),
    [(150e3, 0.0, 1344.2540445611176), (5e3, 10.0, 889.6678790366929), (150e3, 45.0, 106740.00484125182)],
)
def test_height_from_slant_range(slant_m, elevation_deg, height_m):
    assert height_from_slant_range_m(20.0, slant_m, math.radians(elevation_deg), RADIUS_M) == pytest.approx(height_m, abs=1e-6)


@pytest.mark.parametrize("elevation_deg", [0.0, 0.3, 12.0, 89.0, 90.0])
def test_slant_range_to_height_inverts(elevation_deg):
    el = math.radians(elevation_deg)
    height_m = height_from_slant_range_m(15.0, 120e3, el, RADIUS_M)
    assert slant_range_to_height_m(15.0, height_m, el, RADIUS_M) == pytest.approx(120e3, abs=1e-6)


def test_slant_range_to_a_height_at_or_below_the_antenna_is_zero():
    assert slant_range_to_height_m(15.0, 15.0, 0.1, RADIUS_M) == 0.0
    assert slant_range_to_height_m(15.0, 10.0, 0.1, RADIUS_M) == 0.0


def test_published_height_to_range():
    """MATLAB Radar Toolbox pages height2range and height2grndrange: 27125 m and 27106 m."""
    radius_m = effective_radius_m(SPHERE_6371_M, -39e-9)
    slant_m = slant_range_to_height_m(10.0, 1000.0, math.radians(2.0), radius_m)
    assert slant_m == pytest.approx(27125.0, rel=2e-5)
    assert ground_range_from_slant_m(10.0, 1000.0, slant_m, radius_m) == pytest.approx(27106.0, rel=2e-5)


@pytest.mark.parametrize("ground_m", [1.0, 5e3, 400e3, 5e6])
def test_slant_and_ground_range_are_inverses(ground_m):
    slant_m = slant_range_m(30.0, 11e3, ground_m, RADIUS_M)
    assert ground_range_from_slant_m(30.0, 11e3, slant_m, RADIUS_M) == pytest.approx(ground_m, rel=1e-9, abs=1e-3)


def test_ground_range_of_impossible_slant_ranges():
    assert ground_range_from_slant_m(0.0, 1000.0, 999.0, RADIUS_M) == 0.0
    assert ground_range_from_slant_m(0.0, 0.0, 3.0 * RADIUS_M, RADIUS_M) == pytest.approx(math.pi * RADIUS_M)


@pytest.mark.parametrize(  # oracle horizon_geometry_exact
    ("antenna_m", "target_m", "reach_m", "ground_m", "area_km2"),
    [
        (10.0, 50.0, 150e3, 42179.847263151445, 5589.311214383463),
        (10.0, 300.0, 40e3, 39998.25585518726, 5026.09339503893),
        (30.0, 10000.0, 150e3, 149581.9475889553, 70289.14968373523),
    ],
)
def test_coverage(antenna_m, target_m, reach_m, ground_m, area_km2):
    got_m = coverage_ground_range_m(antenna_m, target_m, reach_m, RADIUS_M)
    assert got_m == pytest.approx(ground_m, abs=1e-4)
    assert cap_area_m2(got_m, SPHERE_6371_M) / 1e6 == pytest.approx(area_km2, rel=1e-9)


def test_cap_reaches_the_whole_sphere():
    assert cap_area_m2(math.pi * SPHERE_6371_M, SPHERE_6371_M) == pytest.approx(4.0 * math.pi * SPHERE_6371_M**2)
