"""Scenarios as plans: every expected number is arithmetic on the text of the scenario and the rows of the catalogue."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from openiads.catalogue import load_catalogue
from openiads.codes import Prefer
from openiads.models.motion.earth import SPHERE, WGS84
from openiads.models.propagation.horizon import arc_to_horizon_m
from openiads.scenario import Scenario, entity_code, load_scenario
from openiads.simulation import Lowered, lower

EXAMPLES = Path(__file__).parents[2] / "examples"
CATALOGUE = load_catalogue()
EARTH_AIR_M = 4.0 / 3.0 * 6_371_000.0
#: From 280 km at 90 degrees to 35 km at 200 degrees.
TO_AIRBASE_KM = math.hypot(280.0 - 35.0 * math.sin(math.radians(200.0)), 35.0 * math.cos(math.radians(200.0)))


def changed(name: str, **replacements: str) -> Scenario:
    """An example with parts of its text replaced: ``old=new``, with spaces and colons written out by the caller."""
    text = (EXAMPLES / f"{name}.yaml").read_text()
    for old, new in replacements.items():
        assert old in text
        text = text.replace(old, new)
    return load_scenario(text, CATALOGUE)


def lowered(name: str, replacements: dict[str, str] | None = None) -> Lowered:
    return lower(changed(name, **(replacements or {})), CATALOGUE)


@pytest.fixture(scope="module")
def main() -> Lowered:
    return lowered("main")


def group_rows(run: Lowered, name: str) -> np.ndarray:
    return run.world.objects[run.world.objects["group"] == run.names.groups.index(name)]


@pytest.mark.parametrize(
    ("name", "version", "units", "channels", "missiles"),
    [
        ("main", "early", 6, 36, 72),
        ("main", "late", 6, 60, 120),
        ("delivered-set", "early", 2, 12, 24),
        ("delivered-set", "late", 2, 20, 40),
    ],
)
def test_channels_follow_the_version_and_the_number_of_radars(name: str, version: str, units: int, channels: int, missiles: int) -> None:
    run = lowered(name, {"version: early": f"version: {version}"})
    assert len(run.world.units) == units
    assert run.world.units["channels"].sum() == channels
    assert run.world.units["missiles_guided"].sum() == missiles


def test_rounds_are_split_evenly(main: Lowered) -> None:
    magazines = main.world.magazines.reshape(6, 3)
    assert main.names.weapons == ("40N6E", "48N6E3", "9M96E2")
    assert (magazines["ready"] == [4, 12, 16]).all()
    assert magazines["held"].T.tolist() == [[4, 4, 4, 3, 3, 3], [11, 11, 11, 10, 10, 10], [14] * 6]
    assert main.names.magazines[4] == "s400-2/48N6E3"


def test_launchers_are_mixed_where_both_families_are_there(main: Lowered) -> None:
    assert main.world.magazines["launcher_load"][:3].tolist() == [2, 3, 4]
    assert set(main.world.magazines["reload_s"]) == {2400.0}
    assert lowered("saturation", {", 9M96E2: 96": "", ", 9M96E2: 84": ""}).world.magazines["launcher_load"][0] == 4
    assert lowered("saturation", {"48N6E3: 96, ": "", "48N6E3: 84, ": ""}).world.magazines["launcher_load"][0] == 16


def test_the_command_post(main: Lowered) -> None:
    (post,) = main.plan.posts
    assert (post.post.reaction_s, post.post.reaction_cv, post.post.identification_s, post.post.capacity) == (10.0, 0.25, 5.0, 300)
    assert post.post.p_misidentification == 0.0
    assert any("misidentification" in note for note in main.notes)
    assert {unit.unit.launch_interval_s for unit in post.units} == {4.0}
    assert {unit.unit.assessment_time_s for unit in post.units} == {8.0}


def test_radars(main: Lowered) -> None:
    names = main.names.sensors
    assert names == ("s400/91N6E", "s400/96L6E", *(f"s400-{k}/92N6E" for k in range(1, 7)))
    s = main.world.sensors
    assert s["rotating"].tolist() == [1, 1] + [0] * 6
    assert s["period_s"].tolist() == [12.0, 12.0] + [1.0] * 6
    assert s["range_max_m"].tolist() == [600e3, 300e3] + [340e3] * 6
    assert s["capacity"].tolist() == [300, 100] + [100] * 6
    assert s["sin_elevation_max"][:2] == pytest.approx([math.sin(math.radians(45.0)), 1.0])
    assert s["azimuth_half_width_rad"][2:] == pytest.approx(math.radians(45.0))
    assert s["facing_rad"][2:] == pytest.approx(math.radians(90.0))
    swerling_1_snr = math.log(1e-6) / math.log(0.5) - 1.0  # Pd = Pfa^(1 / (1 + SNR))
    for row, range_m in ((0, 280e3), (1, 150e3), (2, 200e3)):
        assert s["anchor_k"][row] == pytest.approx(swerling_1_snr * range_m**4, rel=1e-6)


def test_a_cruise_missile_at_50_m_rises_over_the_horizon_of_the_mast_at_49_km(main: Lowered) -> None:
    arcs_m = EARTH_AIR_M * main.world.sensors["horizon_angle_air_rad"][1] + arc_to_horizon_m(50.0, EARTH_AIR_M)
    assert arcs_m == pytest.approx(math.sqrt(2.0 * EARTH_AIR_M) * (math.sqrt(24.0) + math.sqrt(50.0)), rel=1e-4)
    assert 49.0e3 < arcs_m < 49.5e3


def test_fire_units_stand_on_their_ring_and_face_outward_unless_told(main: Lowered) -> None:
    pos = main.world.units["pos_ecef_m"]
    middle = main.world.sensors["surface_m"][0]
    assert np.linalg.norm(pos - middle, axis=1) == pytest.approx(5e3, rel=1e-5)
    assert np.linalg.norm(pos[0] - pos[1]) == pytest.approx(5e3, rel=1e-3)  # a regular hexagon
    outward = lowered("main", {"      facing: 90 deg                        # each": "      # each"})
    assert outward.world.sensors["facing_rad"][2:] == pytest.approx(np.radians([0, 60, 120, 180, 240, 300]))


def test_envelopes(main: Lowered) -> None:
    e = main.world.envelopes
    drone, cruise, srbm, fighter = (main.names.target_classes.index(c) for c in ("owa_drone", "subsonic_cm", "srbm", "fighter"))
    assert (e["sspk"][0, [drone, cruise, srbm]] == 0.0).all()  # no row: 40N6E is not used against them
    assert e[0, fighter].tolist()[:3] == (380e3, 0.75, 1.0)
    assert e["range_max_m"][1, [drone, cruise, srbm, fighter]].tolist() == [250e3, 250e3, 50e3, 250e3]
    assert e["sspk"][1, [drone, cruise, srbm, fighter]].tolist() == [0.65, 0.7, 0.5, 0.75]
    assert e["range_max_m"][2, srbm] == 120e3  # no ballistic range is stated for 9M96E2
    assert any("9M96E2 against ballistic" in note for note in main.notes)


def test_weapons(main: Lowered) -> None:
    w = main.world.weapons
    assert w["speed_avg_mps"].tolist() == [1200.0, 1500.0, 850.0]
    assert w["reach_m"].tolist() == [380e3, 250e3, 120e3]
    assert w["needs_radar_until_intercept"].tolist() == [0, 1, 0]
    assert set(w["launch_on_remote"]) == {0}
    assert set(w["reliability"]) == set(w["launch_reliability"]) == {0.95}
    assert set(w["salvo_correlation"]) == {0.2}
    assert set(w["remote_track_pk_factor"]) == {0.97}
    assert w["unit_cost_usd"].tolist() == [2.5e6, 2e6, 1e6]


def test_a_missile_without_its_own_target_speed_takes_that_of_the_system() -> None:
    run = lowered("saturation", {"9M96E2": "9M96E"})
    assert run.world.weapons["target_speed_max_mps"][1] == 4800.0
    assert any("target speed of 9M96E" in note for note in run.notes)


def test_doctrine(main: Lowered) -> None:
    doctrine = main.plan.posts[0].doctrine
    srbm = main.names.target_classes.index("srbm")
    assert doctrine.doctrine.prefer == Prefer.LAYERED
    assert doctrine.doctrine.reserve_rounds == 24
    assert doctrine.reserved == tuple(k == srbm for k in range(4))
    assert [rounds for k, rounds in enumerate(doctrine.salvos)] == [2 if k == srbm else 1 for k in range(4)]
    sparing = lowered("main", {"prefer: layered": "prefer: preserve-long-range"}).plan.posts[0].doctrine
    assert sparing == replace(doctrine, doctrine=replace(doctrine.doctrine, prefer=Prefer.PRESERVE_LONG_RANGE))


def test_a_reserve_for_a_class_outside_the_raid_holds(main: Lowered) -> None:
    run = lowered("main", {"reserve: {for: srbm": "reserve: {for: mrbm"})
    (row,) = np.flatnonzero(run.world.salvos["reserved"][0])
    assert run.names.target_classes[row] == "mrbm"
    assert run.world.envelopes["sspk"][:, row].tolist() == [0.0, 0.2, 0.0]


def test_a_reserve_is_for_every_group_of_its_target_class_however_they_are_ordered() -> None:
    """A group that states its own cross-section has a row of its own among the classes."""
    other = """\
  - id: odd
    class: threat_srbm_300
    rcs: {value: 0.3 m^2, why: a second row}
    count: 2
    from: {bearing: 85 deg, range: 280 km}
    aim: airbase
"""
    for place in ("  - id: ballistic\n", "  - id: fighters\n"):
        run = lowered("main", {place: other + place})
        kept = run.world.salvos["reserved"][0].tolist()
        assert kept == [name == "srbm" for name in run.names.target_classes]
        assert sum(kept) == 2


def test_drones_start_in_a_row_and_share_the_aims_exactly(main: Lowered) -> None:
    drones = group_rows(main, "drones")
    assert drones["start_s"].tolist() == [8.0 * k for k in range(60)]
    assert [int((drones["aim_asset"] == a).sum()) for a in (0, 1)] == [42, 18]
    assert drones["duration_s"][drones["aim_asset"] == 0] == pytest.approx(300e3 / 51.0, rel=1e-9)
    assert len(set(drones["knot_first"])) == 2
    assert drones["key"].tolist() == [(entity_code("red/drones") + k) % 2**32 for k in range(60)]
    assert set(drones["shift_half_width_s"]) == {20.0}
    assert set(drones["scale_half_width"]) == {0.02}
    assert set(drones["rotation_sd_rad"]) == {math.radians(1.0)}


@pytest.mark.parametrize(
    ("group", "duration_s", "spread_s", "tolerance_s"),
    [
        ("cruise", 250e3 / 240.0, 120.0, 1e-6),
        ("fighters", (300e3 - 60e3) / 250.0, 60.0, 1e-3),
        # 270 s for 300 km; time goes with the root of the range
        ("ballistic", 270.0 * math.sqrt(TO_AIRBASE_KM / 300.0), 0.0, 0.1),
    ],
)  # fmt: skip
def test_groups_with_a_time_on_target_arrive_then(
    main: Lowered, group: str, duration_s: float, spread_s: float, tolerance_s: float
) -> None:
    rows = group_rows(main, group)
    assert rows["duration_s"] == pytest.approx(duration_s, abs=tolerance_s)
    assert rows["start_s"] + rows["duration_s"] == pytest.approx(95.0 * 60.0, abs=1e-9)
    assert set(rows["shift_half_width_s"]) == {spread_s}


def test_a_ballistic_missile_keeps_apogee_and_range_in_proportion(main: Lowered) -> None:
    row = group_rows(main, "ballistic")[0]
    knots = main.world.knots[row["knot_first"] : row["knot_first"] + row["knot_count"]]
    assert knots["alt_m"].max() == pytest.approx(45e3 * 293.8 / 300.0, rel=0.01)
    assert knots["alt_m"][[0, -1]] == pytest.approx([0.0, 0.0], abs=0.1)


def test_minimum_energy_is_the_textbook_arc() -> None:
    run = lowered(
        "ballistic-salvo",
        {"profile: quasi-ballistic": "profile: minimum-energy", "terrain: flat}": "terrain: flat}\nworld: {rotation: no}"},
    )
    # flat-earth limit: apogee = range / 4, flight time = sqrt(2 R / g); the round earth changes both by about a per cent
    assert run.world.objects["duration_s"][0] == pytest.approx(math.sqrt(2.0 * 280e3 / 9.8), rel=0.02)
    assert run.world.knots["alt_m"].max() == pytest.approx(280e3 / 4.0, rel=0.02)


def test_fighters_end_at_their_release_range_from_the_aim(main: Lowered) -> None:
    row = group_rows(main, "fighters")[0]
    end = main.world.knots[row["knot_first"] + row["knot_count"] - 1]
    assert np.linalg.norm(end["pos_ecef_m"] - main.world.assets["pos_ecef_m"][0]) == pytest.approx(math.hypot(60e3, 8e3), rel=2e-3)
    assert end["alt_m"] == pytest.approx(8e3, abs=0.1)


def test_a_front_is_spread_evenly_across_the_course() -> None:
    run = lowered("saturation")
    starts = run.world.knots["pos_ecef_m"][run.world.objects["knot_first"]]
    assert np.linalg.norm(np.diff(starts, axis=0), axis=1) == pytest.approx(40e3 / 143.0, rel=1e-3)
    from_aim_m = np.linalg.norm(starts - run.world.assets["pos_ecef_m"][0], axis=1)
    assert from_aim_m[[0, -1]] == pytest.approx(math.hypot(250e3, 20e3), rel=1e-3)


def test_poisson_arrivals_are_left_to_the_engine() -> None:
    run = lowered("drone-swarm")
    assert set(run.world.objects["arrival_rate_per_s"]) == {0.1}
    assert set(run.world.objects["start_s"]) == {0.0}
    assert group_rows(run, "decoys")["lethal"].tolist() == [0] * 35
    assert run.names.target_classes == ("owa_drone", "owa_drone")


def test_waypoints_make_legs() -> None:
    run = lowered("one-cruise-missile", {"    height: 50 m AGL": "    via: [{bearing: 0 deg, range: 90 km}]\n    height: 50 m AGL"})
    length_m = math.hypot(150e3, 90e3) + 90e3
    assert run.world.objects["duration_s"][0] == pytest.approx(length_m / 240.0, rel=1e-3)
    ends_s = np.unique(run.world.knots["leg_end_s"])
    assert ends_s * 240.0 == pytest.approx([math.hypot(150e3, 90e3), length_m], rel=1e-3)


def test_only_radars_that_the_raid_may_fill_are_followed_by_events() -> None:
    main, saturation = lowered("main").world, lowered("saturation").world
    assert not main.feeds["limited"].any()  # 94 objects, the smallest radar holds 100
    assert not main.feeds["doubtful"].any()
    assert saturation.feeds["limited"].tolist() == [0, 1] + [0] * 6  # 144 objects: 91N6E holds 300, 96L6E 100,
    assert saturation.feeds["doubtful"].tolist() == [0, 0] + [1] * 6  # and so does each 92N6E, but only what it is cued to
    assert not saturation.pictures["limited"].any()


@pytest.mark.parametrize(
    ("world", "shape", "turns"), [("{}", WGS84, True), ("{earth: sphere_6371}", SPHERE, True), ("{rotation: no}", WGS84, False)]
)
def test_the_earth_is_that_of_the_scenario(world: str, shape: object, turns: bool) -> None:
    run = lowered("one-cruise-missile", {"terrain: flat}": f"terrain: flat}}\nworld: {world}"})
    earth = run.plan.conditions.earth
    assert (earth.a_m, earth.f) == (shape.a_m, shape.f)  # type: ignore[attr-defined]
    assert (earth.omega_radps > 0.0) == turns


def test_an_override_enters_the_run_and_is_listed() -> None:
    run = lowered(
        "one-cruise-missile",
        {"      facing: 90 deg": "      facing: 90 deg\n      override: {unit.reaction_time: {value: 20 s, why: cold track}}"},
    )
    assert run.plan.posts[0].post.reaction_s == 20.0
    (row,) = [p for p in run.used if p.path == "s400.unit.reaction_time"]
    assert row.override is not None
    assert row.override.why == "cold track"


def test_either_row_of_the_channels_may_be_overridden() -> None:
    for path in ("unit.targets_engaged_per_engagement_radar", "radar_92n6e.simultaneous_targets"):
        run = lowered(
            "one-cruise-missile", {"      facing: 90 deg": f"      facing: 90 deg\n      override: {{{path}: {{value: 8, why: test}}}}"}
        )
        assert run.world.units["channels"][0] == 8


def test_every_row_of_the_run_is_an_input_or_said_to_stand_in(main: Lowered) -> None:
    paths = {p.path for p in main.used}
    assert {"s400.unit.reaction_time", "threat_owa_drone.airframe.rcs_x_nose", "network_integration.common.kill_assessment_time"} <= paths
    assert "threat_owa_drone.airframe.speed" not in paths  # the scenario states 51 m/s
    assert "f16.airframe.speed_cruise" in paths
    assert all(p.use == "input" for p in main.used)


def test_two_units_bring_their_radars_missiles_and_channels_to_one_post() -> None:
    second = (
        "    - {id: west, system: s400, version: late, fire_units: 1, at: {bearing: 270 deg, range: 20 km}, ready: {48N6E3: 8}}\n  doctrine"
    )
    run = lowered("one-cruise-missile", {"  doctrine": second})
    assert len(run.plan.posts) == 1
    assert run.names.units == ("s400-1", "west-1")
    assert run.names.weapons == ("s400/48N6E3", "s400/9M96E2", "west/48N6E3")
    assert run.world.units["channels"].tolist() == [6, 10]
    assert run.names.magazines == ("s400-1/48N6E3", "s400-1/9M96E2", "west-1/48N6E3")
    assert len(run.world.sensors) == 6
