"""Looks over terrain and through weather: the mask is what decides, and what saves looks stays a bound."""

from __future__ import annotations

import math

import numpy as np
import pytest
from test_looks import RADARS, radars, times_of

from openiads.codes import Motion
from openiads.engine.begin import begin
from openiads.models.motion.objects import object_position
from openiads.models.propagation.horizon import least_visible_height_m
from openiads.models.propagation.mask import AZIMUTHS, CELLS, COLUMNS, RANGES, ceiling_alt_m, fill_ceiling, mask_alt_m
from openiads.models.radar.look import best_chance, bound_chance, in_cover, last_look_at, look, look_time_s
from openiads.models.radar.pd_table import pd_from_table
from openiads.models.radar.signal import weather_share
from openiads.simulation.lower.environment import local_axes
from openiads.simulation.lower.plan import Weather
from openiads.simulation.lower.world import build_world
from openiads.simulation.session import Session
from openiads.state import layout
from openiads.state.layout import HIT
from openiads.state.rng import BITS
from openiads.terrain.relief import RASTER
from openiads.terrain.viewshed import mask_heights_m, walk

REACH_M = 300e3
AIR_M, BALLISTIC_M = 4.0 / 3.0 * 6_371_000.0, 6_371_000.0


def drawn_mask(antenna_m: float, radius_m: float, rng: np.random.Generator) -> np.ndarray:
    """A mask of smooth hills that no ground made: rises and falls with azimuth, and grows with range as an elevation would."""
    azimuth, arc = 2.0 * math.pi * np.arange(AZIMUTHS) / AZIMUTHS, REACH_M * (np.arange(COLUMNS) / RANGES) ** 2
    tangent = 0.006 * (1.0 + np.sin(3.0 * azimuth + rng.uniform(0.0, 6.0)))[:, None] * (arc > rng.uniform(5e3, 30e3))
    smooth = np.array([least_visible_height_m(antenna_m, s, radius_m) for s in arc.tolist()])
    mask = np.zeros((AZIMUTHS + 2, COLUMNS))
    mask[:AZIMUTHS] = smooth + tangent * arc
    fill_ceiling(mask)
    return mask


@pytest.fixture(scope="module")
def session() -> Session:
    plan = radars(1)
    world = build_world(plan)
    rng = np.random.default_rng(5)
    masks = np.empty((RADARS, 2, AZIMUTHS + 2, COLUMNS), np.float32)
    for s, sensor in enumerate(world.sensors):
        masks[s] = [drawn_mask(float(sensor["alt_m"]), radius_m, rng) for radius_m in (AIR_M, BALLISTIC_M)]
        sensor["mask_offset"], sensor["mask_reach_m"] = 2 * CELLS * s, REACH_M
        sensor["lossy"] = int(s % 4 == 0)
        sensor["rain_db_per_m"] = (s % 4 == 0) * rng.uniform(1e-5, 6e-5)
        sensor["oxygen_db_per_m"] = sensor["water_db_per_m"] = (s % 4 == 0) * 2e-6
    world.settings[0]["rain_top_m"], world.settings[0]["rain_extent_m"] = 2_500.0, 60e3
    session = Session(world._replace(masks=masks.reshape(-1).view(layout.MASKS)))
    begin(session.world, session.state, 5, 0)
    return session


def test_a_look_up_is_bilinear_in_azimuth_and_range(session: Session) -> None:
    world, rng = session.world, np.random.default_rng(1)
    mask = world.masks["least_visible_alt_m"].reshape(RADARS, 2, AZIMUTHS + 2, COLUMNS)[3, 1]
    for azimuth in (0.0, math.pi, 2.0 * math.pi, -1e-12, -0.5 * math.pi, *rng.uniform(-math.pi, 2.0 * math.pi, 200).tolist()):
        arc_m = float(rng.uniform(0.0, 299e3))
        got = mask_alt_m(world, 7 * CELLS, REACH_M, azimuth, arc_m)
        assert got == pytest.approx(float(mask_heights_m(mask, REACH_M, azimuth, arc_m)), abs=1e-6)
        assert got <= ceiling_alt_m(world, 7 * CELLS, REACH_M, arc_m) + 1e-9
    turn = math.radians(90.25)
    k = int(RANGES * math.sqrt(50e3 / REACH_M))
    near, far = (REACH_M * (j / RANGES) ** 2 for j in (k, k + 1))
    share = (50e3 - near) / (far - near)
    by_hand = sum(0.5 * ((1.0 - share) * float(mask[a, k]) + share * float(mask[a, k + 1])) for a in (180, 181))
    assert mask_alt_m(world, 7 * CELLS, REACH_M, turn, 50e3) == pytest.approx(by_hand, rel=1e-6)
    assert mask_alt_m(world, 0, REACH_M, 1.0, REACH_M) == ceiling_alt_m(world, 0, REACH_M, 2.0 * REACH_M) == 1e9


def test_terrain_hides_what_stands_below_the_mask(session: Session) -> None:
    world, state = session.world, session.state
    masks = world.masks["least_visible_alt_m"].reshape(RADARS, 2, AZIMUTHS + 2, COLUMNS)
    smooth = Session(world._replace(sensors=world.sensors.copy()))
    smooth.world.sensors["mask_offset"] = -1
    begin(smooth.world, smooth.state, 5, 0)
    hidden = seen = 0
    for s, sensor in enumerate(world.sensors):
        for i, obj in enumerate(world.objects):
            ballistic = int(obj["motion"] == Motion.BALLISTIC)
            for t_s in times_of(session, i, 20):
                got, without = in_cover(world, state, s, i, t_s), in_cover(smooth.world, smooth.state, s, i, t_s)
                if without < 0.0:
                    assert got < 0.0  # the mask never shows what the horizon hides
                    continue
                x, y, z, alt_m = object_position(world, state, i, t_s)
                apart = np.array([x, y, z]) - sensor["pos_ecef_m"]
                azimuth = math.atan2(apart @ sensor["east"], apart @ sensor["north"])
                foot = np.array([x, y, z]) * (1.0 - alt_m / math.sqrt(x * x + y * y + z * z))
                arc_m = 2.0 * 6_371_008.8 * math.asin(float(np.linalg.norm(foot - sensor["surface_m"])) / (2.0 * 6_371_008.8))
                least_m = float(mask_heights_m(masks[s, ballistic], REACH_M, azimuth, arc_m))
                if abs(alt_m - least_m) < 5.0 + 1e-3 * least_m:
                    continue
                assert (got >= 0.0) == (alt_m > least_m)
                hidden, seen = hidden + (got < 0.0), seen + (got >= 0.0)
    assert hidden > 100
    assert seen > 100


def test_no_look_in_rain_has_a_better_chance_than_the_bound(session: Session) -> None:
    world, state = session.world, session.state
    bounded = 0
    for f, feed in enumerate(world.feeds):
        s, sensor = feed["sensor"], world.sensors[feed["sensor"]]
        for i, obj in enumerate(world.objects):
            for from_s in times_of(session, i, 6):
                n = last_look_at(world, state, f, i, from_s) + 1
                beyond, best = best_chance(world, state, f, i, n, look_time_s(world, state, f, i, n))
                for k in range(n, min(beyond, n + 30)):
                    t_s = look_time_s(world, state, f, i, k)
                    range_m = in_cover(world, state, s, i, t_s) if t_s <= state.objects[i]["path_end_s"] else -1.0
                    if range_m < 0.0 or sensor["perfect"]:
                        continue
                    snr = sensor["anchor_k"] * world.rcs[obj["klass"], 0]["rcs_m2"] / range_m**4
                    share = weather_share(world, state, s, i, t_s, range_m) if sensor["lossy"] else 1.0
                    assert 0.0 < share <= 1.0
                    assert pd_from_table(world.pd_table, sensor["pd_offset"], snr * share) <= best
                    bounded += sensor["lossy"]
    assert bounded > 100


def test_looks_that_surely_hit_do_hit_over_terrain_and_in_rain(session: Session) -> None:
    world, state = session.world, session.state
    sure = [0, 0]
    for f, feed in enumerate(world.feeds):
        for i, obj in enumerate(world.objects):
            if obj["motion"] == Motion.BALLISTIC:
                continue
            for from_s in times_of(session, i, 15):
                n = last_look_at(world, state, f, i, from_s) + 1
                bound_chance(world, state, f, i, n)
                looks = state.looks[i, f]
                assert looks["sure_from"] == n < looks["sure_to"] <= n + BITS
                for k in range(n, int(looks["sure_to"])):
                    if int(looks["sure"]) >> (k - n) & 1:
                        assert look(world, state, f, i, k, look_time_s(world, state, f, i, k)) & HIT
                        sure[world.sensors[feed["sensor"]]["lossy"]] += 1
    assert min(sure) > 20


def test_the_walk_sees_a_hill_in_the_east_and_the_sea_elsewhere() -> None:
    """Four directions of a mask; the knife edge of 500 m at 20 km in closed form."""
    heights = np.zeros((41, 801), np.float32)
    heights[:, 400:403] = 500.0
    raster = np.zeros(1, RASTER)
    raster[0] = (0.0, -1000.0, 50.0, 50.0, 6_371_000.0, 6_371_000.0)
    from openiads.models.motion.earth import Place

    site = np.array([(6_371_000.0, 0.0, 0.0), *local_axes(Place(0.0, 0.0, 0.0))])
    masks = np.zeros((2, 4 + 2, COLUMNS))
    walk(heights, raster, site, (20.0, 40e3, AIR_M, BALLISTIC_M), masks)
    for which, radius_m in enumerate((AIR_M, BALLISTIC_M)):
        angle, far = 20e3 / radius_m, 40e3 / radius_m
        tangent = ((radius_m + 500.0) * math.cos(angle) - radius_m - 20.0) / ((radius_m + 500.0) * math.sin(angle))
        behind_m = (radius_m + 20.0) / (math.cos(far) - tangent * math.sin(far)) - radius_m
        assert masks[which, 1, RANGES] == pytest.approx(behind_m, rel=0.006)  # its top is 100 m wide
        for a in (0, 2, 3):
            assert masks[which, a, RANGES] == pytest.approx(least_visible_height_m(20.0, 40e3, radius_m), abs=0.01)


def test_weather_of_the_plan_without_frequency_is_no_loss() -> None:
    plan = radars(2)
    from dataclasses import replace

    world = build_world(replace(plan, conditions=replace(plan.conditions, weather=Weather(20.0, 4e3, 50e3, True))))
    assert (world.sensors["lossy"] == 0).all()
