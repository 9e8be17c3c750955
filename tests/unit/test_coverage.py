"""Visible, detectable and engageable areas against horizons, rings and flight times done by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest

import plans
from openiads.codes import Prefer
from openiads.models.motion.earth import Place
from openiads.simulation import coverage as c
from openiads.simulation.coverage import Probe, Task, coverage
from openiads.simulation.lower.plan import AssetPlan, Plan, PostPlan, SensorPlan, UnitPlan
from openiads.simulation.lower.world import build_world
from openiads.simulation.session import Session
from openiads.specs import Envelope, FireUnit, Magazine, Post
from openiads.state.layout import FATE_INTERCEPT

HERE = Place(0.0, 0.0, 0.0)
CRUISE = Probe("cruise", 0, 240.0, 50.0)
HIGH = Probe("high", 0, 250.0, 10_000.0)
MEAN_RADIUS_M = 6_371_008.8
NORTH, EAST = 0, 2  # of eight bearings: the middles of the sectors from 0 and from 90 degrees


def see_all(**changes):
    """A radar without cone of silence or minimum range that detects whatever is in view, at that very instant."""
    wide = {"range_min_m": 0.0, "elevation_min_rad": -0.5 * math.pi, "elevation_max_rad": 0.5 * math.pi, "antenna_height_m": 24.0}
    return plans.search_radar(**{**wide, "continuous": True, "rotating": False, "period_s": 1.0, "perfect": True, **changes})


def plan(radar=None, control=None, rounds=1, rcs_m2=1.0, sspk=0.5, **weapon):
    """One search radar and one fire unit of one weapon at the origin, which is the capital."""
    shooter = plans.weapon(**{"range_min_m": 0.0, "alt_min_m": 0.0, "delay_s": 0.0, "speed_avg_mps": 1_000.0, **weapon})
    sensor = None if control is None else SensorPlan("control", control, HERE, math.radians(90.0))
    unit = UnitPlan("unit", FireUnit(1, 1, 0.0, 5.0), HERE, ((0, Magazine(rounds, 9, 1, 60.0)),), sensor)
    search = SensorPlan("search", radar or see_all(), HERE)
    post = PostPlan("post", Post(10.0, 0.0, 2.0, 0.0, 1000), plans.doctrine(salvos=(1,)), (search,), (unit,))
    assets = (AssetPlan("airbase", plans.place(200.0, 35e3), 400.0), AssetPlan("capital", HERE, 1000.0))
    return Plan((post,), (), assets, (("shooter", shooter),), ((Envelope(120e3, sspk, 1.0),),), ((rcs_m2,),))


def rows(a_plan, probe=CRUISE, bearings=8, replicates=1):
    return coverage(Task(a_plan, (probe,)), bearings, replicates).rows


def horizon_m(height_m):
    """4/3 of an earth of 6,371 km."""
    radius_m = 4.0 / 3.0 * 6_371_000.0
    return radius_m * math.acos(radius_m / (radius_m + height_m))


def cap_m2(range_m):
    return 2.0 * math.pi * MEAN_RADIUS_M**2 * (1.0 - math.cos(range_m / MEAN_RADIUS_M))


def test_a_mast_of_24_m_sees_a_cruise_missile_at_49_km_all_round():
    found, reach_m = rows(plan()), horizon_m(24.0) + horizon_m(50.0)
    assert reach_m == pytest.approx(49.3e3, abs=100.0)
    assert found["visible_outer_m"] == pytest.approx(np.full(8, reach_m), abs=c.CELL_M)
    assert (found["visible_inner_m"] == 0.0).all()
    assert found["firm_m"] == pytest.approx(np.full(8, reach_m), abs=1.0)
    assert found["visible_area_m2"].sum() == pytest.approx(cap_m2(reach_m), rel=2.0 * c.CELL_M / reach_m)
    assert (found["detectable_area_m2"] == found["visible_area_m2"]).all()  # what is in view is detected
    assert found["bearing_rad"] == pytest.approx(np.radians(np.arange(22.5, 360.0, 45.0)))


def test_area_of_a_full_circle_at_instrumented_range():
    found = rows(plan(see_all(range_max_m=100e3)), HIGH)
    ground_m = math.sqrt(100e3**2 - 10e3**2)  # slant range and height, on a plane
    assert found["visible_outer_m"] == pytest.approx(np.full(8, ground_m), abs=c.CELL_M + 100.0)
    assert found["visible_area_m2"].sum() == pytest.approx(math.pi * ground_m**2, rel=5e-3)


def test_one_look_detects_with_one_half_where_the_anchor_says():
    found = rows(plan(see_all(perfect=False), rcs_m2=0.02), Probe("drone", 0, 51.0, 1_500.0))
    assert found["detectable_outer_m"] == pytest.approx(np.full(8, 200e3 * 0.02**0.25), abs=c.CELL_M)  # 75 km
    assert found["visible_outer_m"] == pytest.approx(np.full(8, horizon_m(24.0) + horizon_m(1_500.0)), abs=c.CELL_M)


def test_the_farthest_intercept_is_what_delays_and_speeds_leave():
    found = rows(plan())
    firm_m = horizon_m(24.0) + horizon_m(50.0)
    left_m = firm_m - 240.0 * (2.0 + 10.0)  # identification and reaction
    outer_m = left_m / (1.0 + 240.0 / 1_000.0)  # missile and target meet
    assert found["engageable_outer_m"] == pytest.approx(np.full(8, outer_m), abs=c.CELL_M)
    assert found["engageable_area_m2"].sum() == pytest.approx(cap_m2(outer_m), rel=2.0 * c.CELL_M / outer_m)


def test_the_greatest_range_of_the_weapon_limits_what_is_high():
    ground_m = math.sqrt(120e3**2 - 10e3**2)  # slant range and height, on a plane
    assert rows(plan(), HIGH)["engageable_outer_m"] == pytest.approx(np.full(8, ground_m), abs=c.CELL_M + 150.0)


def test_a_round_that_always_kills_hides_nothing():
    sure = rows(plan(sspk=1.0, reliability=1.0, launch_reliability=0.5))
    assert (sure == rows(plan())).all()


def test_a_minimum_range_leaves_a_hole():
    found = rows(plan(see_all(range_min_m=5e3), range_min_m=20e3, reach_m=30e3))
    assert found["visible_inner_m"] == pytest.approx(np.full(8, 5e3), abs=c.CELL_M)
    assert found["engageable_inner_m"] == pytest.approx(np.full(8, 20e3), abs=c.CELL_M)
    ring_m2 = cap_m2(found["engageable_outer_m"][0]) - cap_m2(found["engageable_inner_m"][0])
    assert found["engageable_area_m2"].sum() == pytest.approx(ring_m2, rel=1e-9)


def test_a_sector_of_the_engagement_radar_limits_what_can_be_engaged():
    control = see_all(azimuth_half_width_rad=math.radians(42.0))  # faces east
    found = rows(plan(control=control), bearings=36)
    degrees = np.degrees(found["bearing_rad"])
    assert (np.isfinite(found["engageable_outer_m"]) == (abs(degrees - 90.0) <= 42.0)).all()
    everywhere = rows(plan(), bearings=36)
    assert (found["visible_area_m2"] == everywhere["visible_area_m2"]).all()
    inside = np.isfinite(found["engageable_outer_m"])
    share = found["engageable_area_m2"].sum() / everywhere["engageable_area_m2"].sum()
    assert share == pytest.approx(inside.sum() / 36, rel=0.02)
    assert (found["engageable_area_m2"][~inside] == 0.0).all()


def test_a_weapon_that_needs_its_radar_is_stopped_where_the_radar_is():
    control = see_all(range_min_m=15e3)
    needs = rows(plan(control=control, needs_radar_until_intercept=True))
    assert needs["engageable_inner_m"] == pytest.approx(np.full(8, 15e3), abs=c.CELL_M)
    alone = rows(plan(control=control, needs_radar_until_intercept=False))
    # launched when the target is at 15 km at the latest; the radar drops it after three misses, one second each
    last_m = (15e3 - 3.0 * 240.0) / (1.0 + 240.0 / 1_000.0)
    assert alone["engageable_inner_m"] == pytest.approx(np.full(8, last_m), abs=2.0 * 240.0)


def test_what_cannot_be_engaged_has_no_area():
    assert np.isnan(rows(plan(rounds=0))["engageable_outer_m"]).all()  # nothing is loaded
    assert np.isnan(rows(plan(sspk=0.0))["engageable_outer_m"]).all()
    assert np.isnan(rows(plan(target_speed_max_mps=200.0))["engageable_outer_m"]).all()
    assert rows(plan(alt_max_m=40.0))["engageable_area_m2"].sum() == 0.0
    assert np.isnan(rows(plan(see_all(azimuth_half_width_rad=math.radians(10.0))))["firm_m"][[EAST]]).all()


def test_the_centre_is_the_most_valuable_asset():
    moved = replace(plan(), assets=(AssetPlan("port", plans.place(0.0, 20e3), 9.0), AssetPlan("town", HERE, 5.0)))
    assert Task(moved, (CRUISE,)).centre.name == "port"
    found, reach_m = rows(moved, bearings=180), horizon_m(24.0) + horizon_m(50.0)
    assert found["visible_outer_m"][NORTH] == pytest.approx(reach_m - 20e3, abs=150.0)  # the radar stands 20 km south of the port
    assert found["visible_outer_m"][90] == pytest.approx(reach_m + 20e3, abs=150.0)


@pytest.mark.parametrize("probe", [CRUISE, HIGH])
def test_engageable_lies_inside_detectable_inside_visible(probe):
    found = rows(plans.mixed_plan(1), replace(probe, klass=plans.FIGHTER), bearings=24, replicates=3)
    some = np.isfinite(found["engageable_outer_m"])
    assert 0 < some.sum() < 24
    assert (found["visible_outer_m"] >= found["detectable_outer_m"])[some].all()
    assert (found["detectable_outer_m"] >= found["engageable_outer_m"])[some].all()
    assert (found["visible_area_m2"] >= found["detectable_area_m2"]).all()
    assert (found["detectable_area_m2"] >= found["engageable_area_m2"]).all()


@pytest.mark.parametrize("probe", [replace(CRUISE, klass=plans.CRUISE), Probe("drone", plans.DRONE, 50.0, 1_500.0)])
def test_the_farthest_intercept_is_that_of_the_engine(probe):
    """Rotating search, engagement radar with a sector and a hand-over, drawn reaction: where its first complete engagement ends.

    It may end nearer where the first round of the engine lost its track or its target, since another launch instant might have held.
    """
    base = plans.mixed_plan(1, units=1, prefer=int(Prefer.EARLIEST_INTERCEPT))
    harmless = tuple((name, replace(weapon, launch_reliability=1.0, reliability=0.0)) for name, weapon in base.weapons)
    found, length_m, close = rows(base, probe, bearings=24), math.ceil(1.001 * 300e3 / c.CELL_M) * c.CELL_M, 0
    for k in np.flatnonzero(np.isfinite(found["engageable_outer_m"])):
        inbound = c._inbound(base, probe, HERE, float(found["bearing_rad"][k]), length_m)
        state = Session(build_world(replace(base, objects=(inbound,), weapons=harmless))).run(0, 0)
        fates = state.shots["fate"][: state.cursor[0]["shot_count"]]
        shot = int(np.flatnonzero(fates == FATE_INTERCEPT)[0])
        met_m = length_m - state.shots[shot]["end_s"] * probe.speed_mps
        assert found["engageable_outer_m"][k] > met_m - c.CELL_M
        close += abs(found["engageable_outer_m"][k] - met_m) < c.CELL_M
    assert close > 3


def test_the_answer_is_the_same_each_time():
    task = Task(plans.mixed_plan(1), (replace(HIGH, klass=plans.FIGHTER),))
    first, second = coverage(task, 6, 3), coverage(task, 6, 3)
    assert first.rows.tobytes() == second.rows.tobytes()
