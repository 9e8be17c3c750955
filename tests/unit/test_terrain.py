"""Terrain: masks against a plain march along rays, closed forms, paths over the ground, files and invented relief."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.interpolate import CubicHermiteSpline, PchipInterpolator

from openiads.errors import InputError
from openiads.geodesy.ellipsoid import WGS84_A_M, WGS84_E2, geodetic_to_ecef
from openiads.geodesy.geodesics import geodesic_direct, geodesic_line
from openiads.models.motion.air import Leg
from openiads.models.motion.earth import WGS84, Place
from openiads.models.motion.follow import STEP_M, following_path, monotone_slopes
from openiads.models.propagation.mask import HIDDEN_M
from openiads.simulation.lower.environment import local_axes
from openiads.terrain.rasters import degree_steps_m, read_relief
from openiads.terrain.relief import Ground, Relief, clean
from openiads.terrain.synthetic import Fractal, Ridge, _mixed, lay_out
from openiads.terrain.viewshed import Eye, mask_heights_m, polar_masks

RADIUS_M = 4.0 / 3.0 * 6_371_000.0
HILLS = lay_out((160e3, 120e3), (Ridge((20e3, -30e3), (25e3, 30e3), 700.0, 5e3),), Fractal(900.0, 0.35, 30e3, 7))


def eye_at(place: Place, antenna_m: float, reach_m: float) -> Eye:
    foot = geodetic_to_ecef(place.lat_rad, place.lon_rad, 0.0, WGS84_A_M, WGS84_E2)
    return Eye(np.array([foot, *local_axes(place)]), place.alt_m + antenna_m, reach_m, (RADIUS_M, 6_371_000.0))


def placed(ground: Ground, bearing_deg: float, range_m: float) -> Place:
    lat, lon, _ = geodesic_direct(0.0, 0.0, math.radians(bearing_deg), range_m, WGS84.a_m, WGS84.f)
    return Place(lat, lon, float(ground.alt_m(lat, lon)[0]))


def sees(ground: Ground, site: Place, antenna_m: float, bearing_rad: float, arc_m: float, alt_m: float, radius_m: float) -> bool:
    """The plain way: the ground, every 40 m nearby and every 100 m farther off, must lie below the straight ray on the effective sphere."""
    end = geodesic_direct(site.lat_rad, site.lon_rad, bearing_rad, arc_m, WGS84.a_m, WGS84.f)
    along = np.concatenate([np.arange(40.0, min(arc_m, 6e3), 40.0), np.arange(6e3, arc_m, 100.0), [arc_m]])
    lat, lon, _ = geodesic_line(site.lat_rad, site.lon_rad, end[0], end[1], along, WGS84.a_m, WGS84.f)
    near, far, whole = radius_m + site.alt_m + antenna_m, radius_m + alt_m, arc_m / radius_m
    part = along / radius_m
    ray_m = np.sin(whole) / (np.sin(whole - part) / near + np.sin(part) / far) - radius_m
    return bool((ray_m >= ground.alt_m(lat, lon)).all())


@pytest.fixture(scope="module")
def hills() -> Ground:
    return HILLS.on(WGS84)


@pytest.mark.parametrize(("bearing_deg", "range_m", "antenna_m"), [(0.0, 0.0, 24.0), (250.0, 40e3, 8.0), (100.0, 22e3, 15.0)])
def test_a_mask_says_what_a_march_along_the_ray_says(hills: Ground, bearing_deg: float, range_m: float, antenna_m: float) -> None:
    site, rng = placed(hills, bearing_deg, range_m), np.random.default_rng(int(bearing_deg))
    masks = polar_masks(hills, eye_at(site, antenna_m, 150e3))
    verdicts = {True: 0, False: 0}
    for _ in range(100):
        azimuth, arc_m = 2.0 * math.pi * rng.integers(720) / 720, float(rng.uniform(300.0, 120e3))
        which = int(rng.integers(2))
        least_m = float(mask_heights_m(masks[which], 150e3, azimuth, arc_m))
        margin_m = 6.0 + 0.01 * abs(least_m) + 4e-4 * arc_m  # of 100 m steps, and of cells between two ranges of the mask
        for alt_m in (least_m + margin_m, max(least_m - margin_m, 0.0)):
            if alt_m > 0.0:
                seen = sees(hills, site, antenna_m, azimuth, arc_m, alt_m, (RADIUS_M, 6_371_000.0)[which])
                assert seen == (alt_m > least_m), (math.degrees(azimuth), arc_m, least_m, alt_m)
                verdicts[seen] += 1
    assert min(verdicts.values()) > 40


def test_a_wall_hides_what_the_knife_edge_hides() -> None:
    """The oracle terrain_knife_edge-928ef0589c through raster, walk and look-up: 454.94 m at 22.5 km behind 300 m at 15 km."""
    heights = np.zeros((81, 1202), np.float32)
    heights[:, 600:603] = 300.0  # 15 km east, 50 m wide at the top
    ground = Relief(heights, 0.0, -1000.0, 25.0, 25.0).on(WGS84)
    masks = polar_masks(ground, eye_at(Place(0.0, 0.0, 0.0), 10.0, 60e3))
    assert mask_heights_m(masks[0], 60e3, 0.5 * math.pi, 22.5e3) == pytest.approx(454.94, abs=2.0)
    assert mask_heights_m(masks[0], 60e3, 0.5 * math.pi, 37.5e3) == pytest.approx(784.71, abs=4.0)
    assert mask_heights_m(masks[0], 60e3, 1.5 * math.pi, 22.5e3) == pytest.approx(5.274, abs=0.05)  # over the sea on the other side
    assert mask_heights_m(masks[0], 60e3, 0.0, 60e3) == HIDDEN_M


def test_over_the_sea_a_mask_is_the_horizon_and_never_below_it() -> None:
    ground = Relief(np.zeros((3, 3), np.float32), -1e3, -1e3, 1e3, 1e3).on(WGS84)
    masks = polar_masks(ground, eye_at(Place(0.0, 0.0, 0.0), 30.0, 300e3))
    for which, radius_m in enumerate((RADIUS_M, 6_371_000.0)):
        own_m = radius_m * math.acos(radius_m / (radius_m + 30.0))
        for arc_m in np.linspace(100.0, 299e3, 200).tolist():
            horizon_m = radius_m / math.cos(max(arc_m - own_m, 0.0) / radius_m) - radius_m
            got = float(mask_heights_m(masks[which], 300e3, 1.0, arc_m))
            assert horizon_m - 1e-9 <= got <= horizon_m + 0.05


def test_between_two_directions_the_mask_is_between_them_and_the_ceiling_is_above_all(hills: Ground) -> None:
    mask = polar_masks(hills, eye_at(placed(hills, 0.0, 0.0), 20.0, 100e3))[0]
    assert (mask[720] == mask[0]).all()
    assert (mask[721] == np.maximum.accumulate(mask[:720].max(axis=0))).all()
    low, high, middle = (mask_heights_m(mask, 100e3, np.radians(deg), 40e3) for deg in (90.0, 90.5, 90.25))
    assert middle == pytest.approx(0.5 * (low + high))


# ------------------------------------------------------------------------------------------------- paths


def clearance(ground: Ground, start: Place, end: Place, above_m: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Height over the ground along a leg at 200 m/s, the highest relief within two steps, and the heights of the path."""
    path = following_path(start, [Leg(end, 200.0)], above_m, ground.alt_m)
    times = np.linspace(0.0, path.time_s[-1], 4001)
    alt_m = CubicHermiteSpline(path.time_s, path.alt_m, path.climb_mps)(times)
    lat, lon, _ = geodesic_line(start.lat_rad, start.lon_rad, end.lat_rad, end.lon_rad, 200.0 * times, WGS84.a_m, WGS84.f)
    ground_m = ground.alt_m(lat, lon)
    reach = int(2.5 * STEP_M / (200.0 * times[1])) + 1
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(ground_m, reach, mode="edge"), 2 * reach + 1)
    return alt_m - ground_m, windows.max(axis=1) - ground_m, alt_m


@pytest.mark.parametrize("bearing_deg", [80.0, 200.0, 311.0])
def test_a_path_stays_as_high_above_the_ground_as_stated_and_not_much_higher(hills: Ground, bearing_deg: float) -> None:
    above, relief, _ = clearance(hills, placed(hills, bearing_deg, 70e3), placed(hills, 0.0, 0.0), 50.0)
    assert above.min() > 50.0 - 2.0  # the ground between two samples 60 m apart
    assert (above <= 50.0 + relief + 1.0).all()
    assert relief.max() > 50.0


def test_the_climb_of_a_path_is_the_slope_of_its_heights_in_time(hills: Ground) -> None:
    """At the knots inside, SciPy's monotone cubic through heights over time: m/s, whatever the speed."""
    path = following_path(placed(hills, 80.0, 70e3), [Leg(placed(hills, 0.0, 0.0), 240.0)], 50.0, hills.alt_m)
    slopes = PchipInterpolator(path.time_s, path.alt_m).derivative()(path.time_s)
    assert path.climb_mps[1:-1] == pytest.approx(slopes[1:-1], abs=1e-9)
    assert np.abs(path.climb_mps).max() > 5.0


def test_over_the_sea_a_path_is_level_and_its_position_is_that_of_its_height() -> None:
    ground = Relief(np.zeros((3, 3), np.float32), -1e3, -1e3, 1e3, 1e3).on(WGS84)
    start, end = Place(0.01, 0.02, 0.0), Place(0.0, 0.0, 0.0)
    path = following_path(start, [Leg(end, 200.0)], 75.0, ground.alt_m)
    assert (path.alt_m == 75.0).all()
    assert (path.climb_mps == 0.0).all()
    assert path.time_s.size < 20  # 142 km
    assert path.pos_ecef_m[-1] == pytest.approx(np.array(geodetic_to_ecef(0.0, 0.0, 75.0, WGS84_A_M, WGS84_E2)), abs=1e-6)


def test_the_monotone_cubic_never_leaves_its_points() -> None:
    rng = np.random.default_rng(3)
    x, y = np.cumsum(rng.uniform(0.5, 2.0, 60)), rng.uniform(0.0, 9.0, 60)
    dense = CubicHermiteSpline(x, y, monotone_slopes(x, y))
    for k in range(59):
        part = dense(np.linspace(x[k], x[k + 1], 50))
        assert min(y[k], y[k + 1]) - 1e-9 <= part.min() <= part.max() <= max(y[k], y[k + 1]) + 1e-9


def test_the_monotone_cubic_is_that_of_other_software() -> None:
    """Inside, SciPy's: weighted harmonic means (Fritsch and Butland), whatever the widths; 0 at the ends."""
    rng = np.random.default_rng(4)
    x, y = np.cumsum(rng.uniform(0.2, 5.0, 60)), np.cumsum(rng.normal(0.5, 1.0, 60))
    slopes = monotone_slopes(x, y)
    assert slopes[1:-1] == pytest.approx(PchipInterpolator(x, y).derivative()(x[1:-1]), abs=1e-9)
    assert (slopes[0], slopes[-1]) == (0.0, 0.0)


# ------------------------------------------------------------------------------------------------- relief


def test_the_hash_is_splitmix64() -> None:
    """First three outputs for the seed 1234567, as its reference implementation prints them."""
    golden = 0x9E3779B97F4A7C15
    words = np.array([(1234567 + k * golden) % 2**64 for k in (1, 2, 3)], np.uint64)
    assert _mixed(words).tolist() == [6457827717110365317, 3203168211198807973, 9817491932198370423]


def test_a_ridge_is_a_raised_cosine() -> None:
    ridge = Ridge((0.0, -10e3), (0.0, 10e3), 800.0, 4e3)
    assert ridge.at(np.array([0.0, 1e3, 2e3, -1e3, 0.0]), np.array([0.0, 3e3, 0.0, -9e3, 11e3])) == pytest.approx([800, 400, 0, 400, 400])
    relief = lay_out((40e3, 40e3), (ridge,), None)
    assert relief.highest_m == pytest.approx(800.0, abs=1.0)
    assert relief.at(np.array([1e3]), np.array([0.0])) == pytest.approx([400.0], abs=1.0)


def test_fractal_relief_is_the_same_bits_every_time_and_rougher_when_asked() -> None:
    fractal = Fractal(1000.0, 0.3, 40e3, 11)
    assert lay_out((80e3, 60e3), (), fractal).digest == lay_out((80e3, 60e3), (), fractal).digest
    assert lay_out((80e3, 60e3), (), Fractal(1000.0, 0.3, 40e3, 12)).digest != lay_out((80e3, 60e3), (), fractal).digest
    east, north = np.meshgrid(np.arange(-20e3, 20e3, 250.0), np.arange(-20e3, 20e3, 250.0))
    smooth, rough = (Fractal(1000.0, r, 40e3, 11).at(east, north, 250.0) for r in (0.1, 0.9))
    assert smooth.min() >= 0.0
    assert smooth.max() <= 1000.0
    assert np.abs(np.diff(rough)).mean() > 2.0 * np.abs(np.diff(smooth)).mean()
    edge = lay_out((80e3, 60e3), (), fractal).heights_m
    assert edge[0].max() == edge[-1].max() == edge[:, 0].max() == edge[:, -1].max() == 0.0  # an island


def test_the_ground_is_bilinear_and_the_sea_begins_at_its_edge() -> None:
    relief = Relief(np.array([[0.0, 10.0], [20.0, 70.0]], np.float32), 0.0, 0.0, 100.0, 200.0)
    east, north = np.array([0.0, 100.0, 50.0, 25.0, 101.0, -1.0]), np.array([200.0, 200.0, 100.0, 50.0, 10.0, 10.0])
    assert relief.at(east, north) == pytest.approx([20.0, 70.0, 25.0, 0.75 * 0.25 * 10 + 0.25 * 0.75 * 20 + 0.25 * 0.25 * 70, 0.0, 0.0])
    assert relief.box_m == (0.0, 100.0, 0.0, 200.0)


# ------------------------------------------------------------------------------------------------- files


def test_an_npz_is_read_from_north_to_south_with_its_middle_where_it_is_laid(tmp_path: Path) -> None:
    heights = np.array([[1, 2, 3], [4, 5, 6], [7, np.nan, -9]], float)
    np.savez(tmp_path / "a.npz", elevation=heights, other=np.zeros(3), step_m=90.0)
    relief = read_relief(tmp_path / "a.npz", (1000.0, -500.0))
    east, north = np.array([910.0, 1090.0, 1000.0, 1000.0, 1090.0]), np.array([-410.0, -410.0, -500.0, -590.0, -590.0])
    assert relief.at(east, north) == pytest.approx([1.0, 3.0, 5.0, 0.0, 0.0])
    assert read_relief(tmp_path / "a.npz", step_m=30.0).step_m == 30.0
    np.savez(tmp_path / "b.npz", h=heights)
    with pytest.raises(InputError, match="state 'step'"):
        read_relief(tmp_path / "b.npz")


def test_an_hgt_tile_has_arc_seconds_of_its_latitude(tmp_path: Path) -> None:
    heights = np.full((1201, 1201), 100, ">i2")
    heights[0, 0], heights[600, 600] = -32768, 432
    (tmp_path / "N36W084.hgt").write_bytes(heights.tobytes())
    relief = read_relief(tmp_path / "N36W084.hgt")
    north_m = 1200 * relief.step_north_m
    assert north_m == pytest.approx(110_965.0, abs=30.0)  # a degree of latitude at 36.5 N (NGA: 110.96 km)
    assert 1200 * relief.step_east_m == pytest.approx(89_580.0, abs=60.0)  # and of longitude
    assert relief.at(np.array([0.0, -0.5 * 1200 * relief.step_east_m]), np.array([0.0, 0.5 * north_m])) == pytest.approx([432.0, 0.0])
    (tmp_path / "short.hgt").write_bytes(b"12345678")
    with pytest.raises(InputError, match="no SRTM tile"):
        read_relief(tmp_path / "short.hgt")


def test_a_geotiff_needs_the_extra_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.tif").write_bytes(b"II*\0")
    monkeypatch.setitem(sys.modules, "rasterio", None)
    with pytest.raises(InputError, match=r"needs the extra 'terrain'.*pip install 'openiads\[terrain\]'"):
        read_relief(tmp_path / "a.tif")


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_a_geotiff_in_degrees_and_one_in_metres(tmp_path: Path) -> None:
    rasterio = pytest.importorskip("rasterio")
    from rasterio.transform import from_origin

    heights = np.arange(12, dtype=np.int16).reshape(3, 4)
    profile = {"driver": "GTiff", "height": 3, "width": 4, "count": 1, "dtype": "int16", "nodata": 11}
    for name, crs, step in (("deg.tif", "EPSG:4326", 0.01), ("m.tif", "EPSG:32633", 30.0)):
        with rasterio.open(tmp_path / name, "w", crs=crs, transform=from_origin(10.0, 45.015, step, step), **profile) as out:
            out.write(heights, 1)
    degrees, metres = read_relief(tmp_path / "deg.tif"), read_relief(tmp_path / "m.tif")
    assert (degrees.step_east_m, degrees.step_north_m) == pytest.approx(degree_steps_m(45.0, 0.01, 0.01))
    assert degrees.step_north_m == pytest.approx(1111.3, abs=1.0)
    assert degrees.step_east_m == pytest.approx(788.5, abs=1.0)
    assert metres.step_m == pytest.approx(30.0)
    assert metres.heights_m.tolist() == [[8, 9, 10, 0], [4, 5, 6, 7], [0, 1, 2, 3]]  # south first; the void is sea


@pytest.mark.parametrize(
    ("name", "words"),
    [("none.npz", "no such file"), ("a.png", "no elevation file"), ("broken.npz", "not an NPZ file"), ("none.hgt", "no such")],
)
def test_files_that_cannot_be_read_say_why(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "broken.npz").write_bytes(b"PK\x03\x04 nothing")
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(InputError, match=words):
        read_relief(tmp_path / name)


def test_what_is_no_elevation_is_refused() -> None:
    with pytest.raises(InputError, match="no elevations in metres"):
        clean(np.full((2, 2), 65535.0), "x")
    with pytest.raises(InputError, match="at least 2 x 2"):
        Relief(np.zeros((1, 5), np.float32), 0.0, 0.0, 1.0, 1.0)
