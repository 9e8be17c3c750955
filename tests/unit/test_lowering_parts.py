"""Parts of lowering by themselves: shares, speeds, radar cross-sections, binding, problems."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openiads.catalogue import load_catalogue
from openiads.errors import InputError, ScenarioError
from openiads.experiments.uncertainty import draw_values
from openiads.models.motion.air import Leg, air_path
from openiads.models.motion.ballistic import ballistic_path
from openiads.models.motion.earth import Place
from openiads.models.motion.evaluate import position_at, segment_index
from openiads.models.motion.path import Path as FlightPath
from openiads.models.motion.quasi_ballistic import quasi_ballistic_path
from openiads.scenario import load_scenario
from openiads.scenario.document import read_document
from openiads.simulation import Session, bind, lower
from openiads.simulation.lower.catalogue_values import Values
from openiads.simulation.lower.classes import ThreatClass, rcs_table
from openiads.simulation.lower.objects import exact_counts, greatest_speed_mps, interleaved
from openiads.simulation.lower.scenario import lower_with
from openiads.state.layout import World

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.yaml"))
CATALOGUE = load_catalogue()


SECOND_UNIT = """    - id: two
      system: s400
      version: early
      fire_units: 1
      at: capital
      ready: {}
      override: {unit.reaction_time: {value: 20 s, why: test}}
"""


def text_of(name: str, **replacements: str) -> str:
    text = (EXAMPLES / f"{name}.yaml").read_text()
    for old, new in replacements.items():
        assert old in text
        text = text.replace(old, new)
    return text


# ------------------------------------------------------------------------------------------------------------- shares


def test_largest_remainder() -> None:
    assert exact_counts([0.7, 0.3], 60) == [42, 18]
    assert exact_counts([1 / 3, 1 / 3, 1 / 3], 10) == [4, 3, 3]
    assert exact_counts([0.5, 0.25, 0.25], 3) == [1, 1, 1]
    assert exact_counts([0.8, 0.2], 1) == [1, 0]


@given(st.lists(st.integers(1, 50), min_size=1, max_size=5), st.integers(1, 400))
def test_counts_are_exact_and_within_one_of_the_quota(weights: list[int], count: int) -> None:
    shares = [w / sum(weights) for w in weights]
    counts = exact_counts(shares, count)
    assert sum(counts) == count
    assert all(abs(c - s * count) < 1.0 + 1e-6 for c, s in zip(counts, shares, strict=True))


@given(st.lists(st.integers(0, 40), min_size=1, max_size=4))
def test_the_order_is_even(counts: list[int]) -> None:
    order = interleaved(counts)
    assert [order.count(k) for k in range(len(counts))] == counts
    for n in range(1, len(order) + 1):
        for k, count in enumerate(counts):
            assert abs(order[:n].count(k) - count * n / len(order)) <= len(counts) / 2 + 1e-9


# ------------------------------------------------------------------------------------------------------------- speeds

FROM, TO = Place(0.0, 0.045, 0.0), Place(0.002, 0.0, 0.0)
TURN = Place(0.01, 0.02, 500.0)
PATHS = {
    "drone": air_path(FROM._replace(alt_m=1500.0), [Leg(TURN, 51.0), Leg(TO, 60.0)]),
    "elliptical": ballistic_path(FROM, TO),
    "quasi-ballistic": quasi_ballistic_path(FROM, TO, 45e3, 270.0),
}


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_the_greatest_speed_bounds_the_polynomials_closely(path: FlightPath) -> None:
    knots = path.knots()
    times = np.unique(np.concatenate([np.linspace(0.0, path.time_s[-1], 40_001), path.time_s]))
    last, k, states = knots.size - 1, 0, []
    for t in times:
        k = segment_index(knots, 0, last, k, t)
        states.append(position_at(knots, k, t))
    steps_s = np.diff(times)
    moved = (np.diff(np.array(states), axis=0) / steps_s[:, None])[steps_s > 1e-4]  # below, rounding shows
    flown = float(np.linalg.norm(moved[:, :3], axis=1).max())
    bound = greatest_speed_mps(path)
    assert flown <= bound * (1.0 + 1e-6)
    assert np.abs(moved[:, 3]).max() <= bound * (1.0 + 1e-6)
    assert bound <= flown * 1.01


# ------------------------------------------------------------------------------------------- radar cross-sections


def test_every_airframe_of_the_catalogue_has_a_target_class() -> None:
    parts = {f"{name}.{c}": part for name in CATALOGUE.names() for c, part in CATALOGUE.system(name).components.items()}
    assert {path: part.target_class for path, part in parts.items() if part.kind in {"threat", "aircraft"}} == {
        "f16.airframe": "fighter",
        "f35a.airframe": "fighter",
        "kaan.airframe": "fighter",
        "neutral_airliner.airframe": None,
        "threat_decoy.air_launched_decoy": "fighter",
        "threat_decoy.drone_decoy": "owa_drone",
        "threat_mrbm.airframe": "mrbm",
        "threat_owa_drone.airframe": "owa_drone",
        "threat_srbm_300.airframe": "srbm",
        "threat_srbm_700.airframe": "srbm",
        "threat_strike_uav.airframe": "male_uav",
        "threat_subsonic_cm.airframe": "subsonic_cm",
        "threat_supersonic_cm.airframe": "supersonic_cm",
    }


def test_a_missing_band_is_interpolated_or_the_nearest() -> None:
    values = Values(CATALOGUE)
    (s, c, x, vhf, ku) = rcs_table([ThreatClass("F-35A", "fighter", "f35a", "airframe")], ["S", "C", "X", "VHF", "Ku"], values)[0]
    assert (s, x, vhf, ku) == (0.005, 0.0015, 0.3, 0.0015)
    # C stands at sqrt(4 x 8) GHz, between S at sqrt(2 x 4) and X at sqrt(8 x 12)
    share = math.log(math.sqrt(32 / 8)) / math.log(math.sqrt(96 / 8))
    assert 10 * math.log10(c) == pytest.approx((1 - share) * 10 * math.log10(0.005) + share * 10 * math.log10(0.0015))
    assert [note for note in values.notes if "C band: interpolated between S and X" in note]
    assert [note for note in values.notes if "Ku band: that of X band" in note]


def test_imitated_and_stated_cross_sections_hold_in_all_bands() -> None:
    decoy = ThreatClass("decoy", "fighter", "threat_decoy", "air_launched_decoy")
    stated = ThreatClass("drone", "owa_drone", "threat_owa_drone", "airframe", 0.5)
    nobody = ThreatClass("mrbm", "mrbm")
    assert rcs_table([decoy, stated, nobody], ["S", "X"], Values(CATALOGUE)) == ((3.0, 3.0), (0.5, 0.5), (0.0, 0.0))


# ------------------------------------------------------------------------------------------------------------ binding


def same(a: World, b: World) -> None:
    for name in World._fields:
        one, two = getattr(a, name), getattr(b, name)
        assert one.shape == two.shape, name
        for field in one.dtype.names or ():
            np.testing.assert_allclose(one[field], two[field], rtol=1e-11, atol=1e-7, err_msg=f"{name}.{field}")


@pytest.mark.parametrize("name", NAMES)
def test_binding_equals_lowering_afresh(name: str) -> None:
    scenario = load_scenario(text_of(name), CATALOGUE)
    run = lower(scenario, CATALOGUE)
    for drawn in draw_values(run.used, 8, 11):
        same(bind(run, drawn), lower_with(scenario, Values(CATALOGUE, drawn)).world)
    same(bind(run, {}), run.world)


def test_binding_leaves_the_nominal_world_alone_and_reuses_paths() -> None:
    run = lower(load_scenario(text_of("main"), CATALOGUE), CATALOGUE)
    before = run.world.objects.copy()
    world = bind(run, {"f16.airframe.speed_cruise": 275.0})
    assert (run.world.objects == before).all()
    fighters = world.objects["group"] == run.names.groups.index("fighters")
    assert world.objects["duration_s"][fighters] == pytest.approx(240e3 / 275.0, rel=1e-5)
    assert world.objects["start_s"][fighters] == pytest.approx(5700.0 - 240e3 / 275.0, abs=0.01)
    assert bind(run, {"s400.unit.reaction_time": 12.0}).knots is run.world.knots
    assert bind(run, {"s400.unit.reaction_time": 12.0}).posts["reaction_s"][0] == 12.0


def test_an_overridden_value_is_not_drawn() -> None:
    unit = "      facing: 90 deg\n      override: {unit.reaction_time: {value: 20 s, why: cold track}}"
    run = lower(load_scenario(text_of("one-cruise-missile", **{"      facing: 90 deg": unit}), CATALOGUE), CATALOGUE)
    assert bind(run, {"s400.unit.reaction_time": 8.0}).posts["reaction_s"][0] == 20.0


def test_binding_refuses_what_does_not_enter_the_run() -> None:
    run = lower(load_scenario(text_of("one-cruise-missile"), CATALOGUE), CATALOGUE)
    with pytest.raises(InputError, match="threat_mrbm"):
        bind(run, {"threat_mrbm.airframe.apogee": 1.0})


# ----------------------------------------------------------------------------------------------------------- problems


# 175 s: the outermost of the front fly sqrt(250^2 + 20^2) km at 240 m/s, 1045 s, and the first may arrive at 900 - 30 s
@pytest.mark.parametrize(
    ("name", "old", "new", "key", "message"),
    [
        ("saturation", "arrive: 20 min +/- 30 s", "arrive: 15 min +/- 30 s", "red[0].arrive", "start 175 s before the time 0 s"),
        ("saturation", "    aim: capital", "    aim: capital\n    variation: {time: 5 s}", "red[0].variation.time", "spread of 'arrive'"),
        ("saturation", "    aim: capital", "    aim: capital\n    variation: {scale: 2 %}", "red[0].variation.scale", "time of arrival"),
        ("ballistic-salvo", "range: 280 km", "range: 310 km", "red[0]", "at most 300 km"),
        (
            "ballistic-salvo",
            "salvo: 2,",
            "reserve: [{for: srbm, missiles: 1}, {for: mrbm, missiles: 1}],",
            "blue.doctrine.reserve",
            "not yet",
        ),
        ("ballistic-salvo", "fire: shoot-look-shoot, salvo: 2", "fire: {sequence: [1,1,1,1,1,1,1,1,1]}", "blue.doctrine.fire", "at most 8"),
        (
            "main",
            "    release: 60 km",
            "    via: [{bearing: 80 deg, range: 50 km}]\n    release: 60 km",
            "red[3]",
            "inside the release range",
        ),
        (
            "one-cruise-missile",
            "      facing: 90 deg",
            "      facing: 90 deg\n      override: {radar_96l6e.band: {value: Q, why: test}}",
            "blue.units[0].override.radar_96l6e.band.value",
            "s400.radar_96l6e.band: 'Q' is not a radar band",
        ),
        (
            "one-cruise-missile",
            "      facing: 90 deg",
            "      facing: 90 deg\n      override: {radar_92n6e.confirm_hits: {value: 30, why: test}}",
            "blue.units[0].override.radar_92n6e.confirm_hits.value",
            "30 hits of 5 looks can never be",
        ),
        # A pack of 9M96 on a mixed launcher is what a launcher of 9M96 alone carries, by its 4 positions: 2 of them are not one each.
        (
            "saturation",
            "      spread: ",
            "      override: {unit.missiles_per_launcher_medium_only: {value: 2, why: test}}\n      spread: ",
            "blue.units[0].override.unit.missiles_per_launcher_medium_only.value",
            "2 missiles in 4 positions leave no pack of 9M96",
        ),
        # 16 / 4 = 4 missiles of 9M96 leave 4 - 4 = 0 for 48N6.
        (
            "saturation",
            "      spread: ",
            "      override: {unit.missiles_per_launcher_mixed: {value: 4, why: test}}\n      spread: ",
            "blue.units[0].override.unit.missiles_per_launcher_mixed.value",
            "a mixed launcher of 4 with a pack of 4 9M96 has no 48N6",
        ),
        (
            "one-cruise-missile",
            "  doctrine",
            SECOND_UNIT + "  doctrine",
            "blue.units",
            "share one command post",
        ),
    ],
)
def test_problems_say_where_they_stand(name: str, old: str, new: str, key: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_text(text_of(name, **{old: new}))
    scenario = load_scenario(file, CATALOGUE)
    with pytest.raises(ScenarioError) as caught:
        lower(scenario, CATALOGUE, read_document(file))
    (problem,) = caught.value.problems
    assert (problem.file, problem.key) == (str(file), key)
    assert message in problem.message
    line = file.read_text().splitlines()[(problem.line or 0) - 1]
    assert key.rpartition(".")[2].partition("[")[0] in line or key.endswith("]")
    with pytest.raises(ScenarioError) as without_lines:
        lower(scenario, CATALOGUE)
    assert [(p.line, p.key) for p in without_lines.value.problems] == [(None, key)]


# ---------------------------------------------------------------------------------------------------------------- runs


@pytest.mark.parametrize("name", NAMES)
def test_every_example_runs_and_the_books_balance(name: str) -> None:
    run = lower(load_scenario(text_of(name), CATALOGUE), CATALOGUE)
    session = Session(run.world)
    stock = run.world.magazines["ready"] + run.world.magazines["held"]
    for replication in range(3):
        state = session.run(7, replication)
        assert set(state.objects["status"]) <= {1, 2, 3}
        assert state.objects["shots"].sum() == state.magazines["fired"].sum() == state.cursor[0]["shot_count"]
        assert (state.magazines["ready"] + state.magazines["held"] + state.magazines["fired"] == stock).all()
        assert (state.units["peak_channels"] <= run.world.units["channels"]).all()
        leaked = state.objects["status"] == 2
        assert ((state.timeline["cause"] > 0) == leaked).all()


def test_one_cruise_missile_is_seen_at_the_horizon_and_engaged_in_time() -> None:
    run = lower(load_scenario(text_of("one-cruise-missile"), CATALOGUE), CATALOGUE)
    session = Session(run.world)
    horizon_m = [math.sqrt(2.0 * 4.0 / 3.0 * 6_371_000.0) * (math.sqrt(mast) + math.sqrt(50.0)) for mast in (24.0, 10.0)]
    visible_s, controlled_s = ((150e3 - range_m) / 240.0 for range_m in horizon_m)
    for replication in range(20):
        state = session.run(1, replication)
        timeline = state.timeline[0]
        assert visible_s + 12.0 <= timeline["firm_s"] + 0.5  # two looks of a radar that turns in 12 s
        assert timeline["firm_s"] <= visible_s + 36.5
        assert timeline["designated_s"] == pytest.approx(timeline["firm_s"] + 5.0)
        tracked_s = controlled_s + 3.5  # four looks of one a second
        assert timeline["first_launch_s"] == pytest.approx(max(timeline["ready_s"], tracked_s), abs=2.0)
