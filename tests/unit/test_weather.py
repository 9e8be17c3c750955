"""Weather in a run: rain and gases by hand, in the range at which a look detects, and in the scenario file."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import brentq

import plans
from openiads.models.motion.earth import Place
from openiads.models.propagation.gas import reference_air
from openiads.models.propagation.loss import mean_density, share_below
from openiads.models.propagation.rain import rain_coefficients, rain_db_per_km
from openiads.scenario import load_scenario, scenario_text
from openiads.simulation import coverage as c
from openiads.simulation import lower
from openiads.simulation.coverage import Probe, Task, coverage
from openiads.simulation.lower.plan import AssetPlan, Conditions, Plan, PostPlan, SensorPlan, Weather
from openiads.specs import Post
from openiads.validation.runner import GIVEN_CASES, load_cases, run_cases
from raids import small

HERE = Place(0.0, 0.0, 0.0)
R0_M, HEIGHT_M, ANTENNA_M = 120e3, 3_000.0, 20.0


def detectable_m(weather: Weather, frequency_hz: float = 9.8e9) -> float:
    """Ground range out to which one look detects a 1 m2 inbound at 3 km, where clear air gives 120 km of slant range."""
    radar = plans.search_radar(anchor_range_m=R0_M, antenna_height_m=ANTENNA_M, frequency_hz=frequency_hz, elevation_max_rad=1.5)
    post = PostPlan("post", Post(10.0, 0.0, 2.0, 0.0, 1000), plans.doctrine(salvos=(1,)), (SensorPlan("search", radar, HERE),), ())
    plan = Plan((post,), (), (AssetPlan("capital", HERE, 1.0),), (), (), ((1.0,),), Conditions(weather=weather))
    found = coverage(Task(plan, (Probe("x", 0, 250.0, HEIGHT_M),)), bearings=4, replicates=1).rows["detectable_outer_m"]
    assert np.ptp(found) <= c.CELL_M
    return float(found[0])


def expected_m(loss_db) -> float:  # type: ignore[no-untyped-def]
    """Where (R0 / R)^4 makes up for the loss at slant range R, on a plane."""
    slant_m = brentq(lambda r: 40.0 * math.log10(R0_M / r) - loss_db(r), 5e3, 300e3)
    return math.sqrt(slant_m**2 - HEIGHT_M**2)


def test_rain_shortens_the_range_by_its_loss_there_and_back() -> None:
    assert detectable_m(Weather()) == pytest.approx(expected_m(lambda r: 0.0), abs=300.0)
    gamma = rain_db_per_km(9.8, 5.0) / 1e3
    below_top, capped = Weather(5.0, 4e3, 1e6), Weather(5.0, 4e3, 20e3)
    assert detectable_m(below_top) == pytest.approx(expected_m(lambda r: 2.0 * gamma * r), abs=300.0)
    assert detectable_m(capped) == pytest.approx(expected_m(lambda r: 2.0 * gamma * min(r, 20e3)), abs=300.0)
    share = (1_500.0 - ANTENNA_M) / (HEIGHT_M - ANTENNA_M)
    assert detectable_m(Weather(5.0, 1_500.0, 1e6)) == pytest.approx(expected_m(lambda r: 2.0 * gamma * share * r), abs=300.0)
    assert detectable_m(below_top) < detectable_m(capped) < detectable_m(Weather()) - 5e3


def test_rain_does_nothing_to_a_radar_of_long_waves_or_of_no_stated_band() -> None:
    heavy = Weather(50.0, 4e3, 50e3)
    assert detectable_m(heavy, 150e6) == detectable_m(heavy, 0.0) == detectable_m(Weather())


def test_gas_gives_range_back_inside_the_anchor_and_takes_it_beyond() -> None:
    """The anchor holds for a target at 10 km; one at 3 km stands in thicker air all the way, so its range is a little shorter."""
    oxygen, water = 0.008448705e-3, 0.007569807e-3  # dB/m one way at 11 GHz: validation examples of the ITU for P.676-12

    def lost(range_m: float, height_m: float) -> float:
        return 2.0 * range_m * (oxygen * mean_density(ANTENNA_M, height_m, 6e3) + water * mean_density(ANTENNA_M, height_m, 2e3))

    want = expected_m(lambda r: lost(r, HEIGHT_M) - lost(R0_M, 10e3))
    assert detectable_m(Weather(gas=True), 11e9) == pytest.approx(want, abs=300.0)
    assert want < detectable_m(Weather()) - 1e3


def test_means_along_a_line() -> None:
    line = np.linspace(100.0, 5_000.0, 20_001)
    assert mean_density(100.0, 5_000.0, 2e3) == pytest.approx(np.exp(-line / 2e3).mean(), rel=1e-4)
    assert mean_density(700.0, 700.0, 2e3) == pytest.approx(math.exp(-0.35))
    assert share_below(100.0, 5_000.0, 1_500.0) == pytest.approx((line < 1_500.0).mean(), abs=1e-4)
    assert (share_below(5.0, 9.0, 10.0), share_below(11.0, 15.0, 10.0)) == (1.0, 0.0)


def test_the_reference_atmosphere_at_its_layers() -> None:
    """ITU-R P.835-6, equations 2 and 3, at geopotential heights, and the 1976 US standard atmosphere printed for 11 and 32 km."""
    geometric_km = 6356.766 * np.array([0.0, 11.0, 32.0]) / (6356.766 - np.array([0.0, 11.0, 32.0]))
    air = reference_air(geometric_km)
    assert np.asarray(air.temperature_k) == pytest.approx([288.15, 216.65, 228.65], abs=1e-6)
    assert np.asarray(air.dry_hpa) == pytest.approx([1013.25, 226.32, 8.6802], rel=1e-4)


def test_the_layers_of_the_reference_atmosphere_meet() -> None:
    """Temperature and pressure printed in the 1976 US standard atmosphere at geopotential heights at, and between, the bounds of layers."""
    printed = {
        5.0: (255.65, 540.20),
        20.0: (216.65, 54.748),
        25.0: (221.65, 25.110),
        47.0: (270.65, 1.1091),
        47.8: (270.65, 1.1091 * math.exp(-0.0341632 * 800.0 / 270.65)),
        51.0: (270.65, 0.66939),
        71.0: (214.65, 0.039564),
    }
    km = np.array(list(printed))
    air = reference_air(6356.766 * km / (6356.766 - km))
    assert np.asarray(air.temperature_k) == pytest.approx([t for t, _ in printed.values()], abs=1e-3)
    assert np.asarray(air.dry_hpa) == pytest.approx([p for _, p in printed.values()], rel=5e-4)


def test_the_air_above_the_reference_atmosphere_is_that_of_its_top() -> None:
    """84.852 km geopotential is 86 km geometric: there 186.946 K and 3.7338e-3 hPa (1976 US standard atmosphere)."""
    air = reference_air(np.array([86.0, 90.0, 100.0]))
    assert np.asarray(air.temperature_k) == pytest.approx(186.946, abs=2e-3)
    assert np.asarray(air.dry_hpa) == pytest.approx(3.7338e-3, rel=2e-3)


@pytest.mark.parametrize(("elevation_deg", "tilt_deg"), [(0.0, 0.0), (0.0, 90.0), (40.0, 0.0), (25.0, 70.0), (60.0, 45.0)])
def test_rain_on_a_slant_path_at_any_polarisation(elevation_deg: float, tilt_deg: float) -> None:
    """ITU-R P.838-3, equations 4 and 5, from the horizontal and vertical coefficients that it prints for 10 GHz."""
    k_h, a_h, k_v, a_v = 0.01217, 1.2571, 0.01129, 1.2156
    turn = math.cos(math.radians(elevation_deg)) ** 2 * math.cos(2.0 * math.radians(tilt_deg))
    k = (k_h + k_v + (k_h - k_v) * turn) / 2.0
    alpha = (k_h * a_h + k_v * a_v + (k_h * a_h - k_v * a_v) * turn) / (2.0 * k)
    got = rain_coefficients(10.0, math.radians(elevation_deg), math.radians(tilt_deg))
    assert got == pytest.approx((k, alpha), rel=1e-3)


@pytest.mark.parametrize("topic", ["atmos_p676_specific", "atmos_p838_rain", "atmos_itur_grid"])
def test_specific_attenuation_is_that_of_the_published_cases(topic: str) -> None:
    [found] = run_cases(load_cases([GIVEN_CASES / f"{topic}.json"]), None)
    assert found.outcome == "passed"


def test_weather_in_a_scenario_file_reaches_the_radars_and_the_assumptions() -> None:
    text = small().replace("assets:", "world: {weather: {rain: 10 mm/h, gas: yes}}\nassets:", 1)
    scenario = load_scenario(text)
    assert load_scenario(scenario_text(scenario)) == scenario
    sky = scenario.world.weather
    assert (sky.rain_mm_h, sky.top_m, sky.extent_m, sky.gas) == (10.0, 4_000.0, 50_000.0, True)
    lowered = lower(scenario)
    assert any(note.startswith("weather: rain of 10 mm/h below 4 km, at most 50 km of it") for note in lowered.notes)
    sensors = lowered.world.sensors
    assert (sensors["lossy"] == 1).all()
    for row in sensors:
        assert row["rain_db_per_m"] == pytest.approx(2.0 * rain_db_per_km(row["frequency_hz"] / 1e9, 10.0) / 1e3)
    clear = lower(load_scenario(small())).world.sensors
    assert (clear["lossy"] == 0).all()
    assert not any(note.startswith("weather") for note in lower(load_scenario(small())).notes)
    assert (replace(lowered.plan.conditions.weather, gas=False).rain_extent_m, clear["rain_db_per_m"].max()) == (50_000.0, 0.0)
