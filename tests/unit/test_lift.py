"""One limit lifted: what each lift does, that it leaves the luck alone, and the arithmetic of paired changes."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad

import plans
import raids
from openiads.catalogue import load_catalogue
from openiads.codes import LogCode
from openiads.errors import InputError, Interrupted, ScenarioError
from openiads.experiments.run import Options, run_experiment
from openiads.metrics.lifted import Lifted, effects, paired
from openiads.metrics.words import change_words
from openiads.models.motion.air import Leg, air_path
from openiads.models.motion.earth import Place
from openiads.records import TABLES
from openiads.scenario import load_scenario
from openiads.scenario.fields import MAX_COUNT
from openiads.scenario.schema import LIFTS as NAMES
from openiads.scenario.schema import Run
from openiads.simulation import Session, lower
from openiads.simulation.lower.lift import LIFTS, UNLIMITED, absence, lifted, limits
from openiads.simulation.lower.plan import AssetPlan, Conditions, ObjectPlan, Plan, PostPlan, SensorPlan, UnitPlan
from openiads.simulation.lower.world import build_world
from openiads.simulation.outcome import OutcomeReader
from openiads.specs import Envelope, FireUnit, Magazine, Post
from openiads.state import layout

THREATS = 10
#: From 40 km at 250 m/s: so long a threat flies.
FLIGHT_S = 160.0


HUNTED = """openiads: 1
title: A defence that is hit
place: {name: Aldoria, notional: yes, extent: 700 km x 700 km, terrain: flat}
assets: [{id: city, at: origin, value: 500}]
blue:
  link: shared-picture
  units:
    - {id: s, system: s400, version: early, fire_units: 1, at: {bearing: 90 deg, range: 5 km}, facing: 90 deg, ready: {48N6E3: 32}}
  doctrine: {fire: shoot-look-shoot}
red:
  - {id: hunter, class: threat_srbm_300, count: 12, from: {bearing: 270 deg, range: 250 km}, aim: s/92N6E,
     damage: {value: 100 %, why: test}}
  - {id: later, class: f16, count: 4, from: {bearing: 90 deg, range: 300 km}, height: 8 km AMSL, start: 1000 s, aim: city}
"""


def _plan(*, sspk=1.0, ready=20, channels=20, reaction_s=0.0, perfect=True, cue_delay_s=0.0, doctrine=None, sd=0.0) -> Plan:
    """Ten threats together from 40 km straight at one fire unit where nothing is ever lacking, unless it is said."""
    radars = {"perfect": perfect, "anchor_range_m": 50e3 if perfect else 10.0}
    search = SensorPlan("search", plans.search_radar(period_s=1.0, rotating=False, **radars), plans.place(0.0, 0.0))
    control = SensorPlan("control", plans.engagement_radar(azimuth_half_width_rad=3.15, **radars), plans.place(0.0, 0.0))
    spec = FireUnit(channels=channels, missiles_guided=2 * channels, launch_interval_s=0.0, assessment_time_s=60.0)
    unit = UnitPlan("unit", spec, plans.place(0.0, 0.0), ((0, Magazine(ready, 0, ready, 0.0)),), control, cue_delay_s=cue_delay_s)
    weapon = plans.weapon(reliability=1.0, launch_reliability=1.0, salvo_correlation=0.0)
    path = air_path(plans.place(60.0, 40e3, 2000.0), [Leg(Place(0.0, 0.0, 2000.0), 250.0)])
    still = {"shift_half_width_s": 0.0, "scale_half_width": 0.0, "rotation_sd_rad": 0.0}
    threat = plans.threat(0, 0, plans.greatest_speed_mps(path), **still)
    post = Post(reaction_s, 0.0, 0.0, 0.0, 10**6)
    return Plan(
        posts=(PostPlan("post", post, doctrine or plans.doctrine(salvos=(1,)), (search,), (unit,)),),
        objects=tuple(ObjectPlan(replace(threat, key=k), path, 10.0, Place(0.0, 0.0, 0.0)) for k in range(THREATS)),
        assets=(AssetPlan("capital", Place(0.0, 0.0, 0.0), 1000.0),),
        weapons=(("missile", weapon),),
        envelopes=((Envelope(120e3, sspk, 1.0),),),
        rcs_m2=((1.0,),),
        conditions=Conditions(raid_effect_sd=sd),
    )


def _rows(world, runs, seed=5):
    session, reader = Session(world), OutcomeReader(world)
    return np.concatenate([reader.row(session.run(seed, k)) for k in range(runs)])


def _leakers(world, runs=3):
    return _rows(world, runs)["leakers"].tolist()


# ------------------------------------------------------------------------------------------------- what each lift does


def test_the_scenario_knows_every_lift():
    assert tuple(LIFTS) == NAMES


def test_two_rounds_kill_two_of_ten_and_unlimited_ones_all():
    world = build_world(_plan(ready=2))
    assert _leakers(world) == [8, 8, 8]
    assert _leakers(lifted(world, "missiles")) == [0, 0, 0]


def test_one_channel_serves_few_and_unlimited_ones_all():
    world = build_world(_plan(channels=1))
    # An engagement holds its channel for more than the 60 s of the assessment, so in 160 s there are at most three.
    assert min(_leakers(world)) >= THREATS - FLIGHT_S // 60.0 - 1
    assert _leakers(lifted(world, "channels")) == [0, 0, 0]


def test_more_missiles_in_flight_come_with_the_channels():
    plan = _plan()
    unit = plan.posts[0].units[0]
    guided = replace(plan, posts=(replace(plan.posts[0], units=(replace(unit, unit=replace(unit.unit, missiles_guided=1)),)),))
    world = build_world(guided)
    peaks = [_rows(w, 1)["unit_peak_channels"].item() for w in (world, lifted(world, "channels"))]
    assert peaks[0] < peaks[1] == THREATS


def test_radars_that_see_nothing_see_all():
    world = build_world(_plan(perfect=False))
    assert _leakers(world) == [THREATS] * 3
    assert _leakers(lifted(world, "detection")) == [0, 0, 0]


def test_perfect_detection_keeps_coverage_and_line_of_sight():
    plan = _plan(perfect=False)
    search = replace(plan.posts[0].sensors[0], radar=replace(plan.posts[0].sensors[0].radar, range_max_m=1100.0))
    world = lifted(build_world(replace(plan, posts=(replace(plan.posts[0], sensors=(search,)),))), "detection")
    assert _leakers(world) == [THREATS] * 3  # they are at the end of their path before any track is confirmed


def test_a_reaction_longer_than_the_flight_is_lifted():
    world = build_world(_plan(reaction_s=2.0 * FLIGHT_S))
    assert _leakers(world) == [THREATS] * 3
    assert _leakers(lifted(world, "reaction")) == [0, 0, 0]


def test_a_cue_that_comes_too_late_is_lifted_with_the_link():
    world = build_world(_plan(cue_delay_s=2.0 * FLIGHT_S))
    assert _leakers(world) == [THREATS] * 3
    assert _leakers(lifted(world, "link")) == [0, 0, 0]


@pytest.mark.parametrize(("sspk", "more"), [(0.5, 0.6), (0.95, 1.0), (0.0, 0.0)])
def test_kill_probabilities_grow_by_a_tenth_and_stay_within_zero_and_one(sspk, more):
    state = Session(lifted(build_world(_plan(sspk=sspk)), "kill")).run(5, 0)
    shots = state.shots[: state.cursor[0]["shot_count"]]
    assert set(np.round(shots["p_kill"], 12)) == ({more} if sspk else set())


@pytest.mark.parametrize(
    ("name", "without"),
    [("detection", {"perfect": True}), ("reaction", {"reaction_s": 0.0}), ("link", {}), ("kill", {"sspk": 1.0})],
)
def test_a_limit_that_is_not_there_is_known(name, without):
    there = {"perfect": False, "reaction_s": 5.0, "cue_delay_s": 1.0, "sspk": 0.5}
    assert limits(build_world(_plan(**there)), name)
    there = {key: value for key, value in there.items() if (name, key) != ("link", "cue_delay_s")}
    assert not limits(build_world(_plan(**{**there, **without})), name)


@pytest.mark.parametrize("ready", ["{}", "{9M96E2: 0}"])
def test_a_defence_without_missiles_says_so_whether_it_names_them_or_not(ready):
    world = lower(load_scenario(raids.ONE_ROUND_EACH.replace("ready: {9M96E2: 64}", f"ready: {ready}"))).world
    for name in ("missiles", "kill"):
        assert not limits(world, name)
        assert absence(world, name) == "no missile"
    assert absence(world, "link") == "already perfect"


def test_a_defence_that_is_hit_for_certain_stays_whole_with_the_damage_lifted():
    """Missiles that nobody can shoot at kill the only engagement radar before the aircraft come."""
    catalogue = load_catalogue()
    world = lower(load_scenario(HUNTED, catalogue), catalogue).world
    assert limits(world, "damage")
    codes = []
    for w in (world, lifted(world, "damage")):
        state = Session(w).run(5, 0)
        codes.append(set(state.log[: state.cursor[0]["log_count"]]["code"]))
    assert LogCode.COMPONENT_KILLED in codes[0]
    assert LogCode.LAUNCHED not in codes[0]
    assert not codes[1] & {LogCode.COMPONENT_KILLED, LogCode.COMPONENT_DEGRADED}
    assert LogCode.LAUNCHED in codes[1]


# ------------------------------------------------------------------------------------------------------- the same luck


def test_a_lift_that_lifts_nothing_gives_the_same_event_logs():
    """Rounds, stores and channels that never bind, though launchers reload all the time."""
    plan = plans.mixed_plan(n=8, seed=4)
    units = tuple(
        replace(
            unit,
            unit=replace(unit.unit, channels=40, missiles_guided=80),
            magazines=tuple((w, Magazine(60, 60, 1, 30.0)) for w, _ in unit.magazines),
        )
        for unit in plan.posts[0].units
    )
    world = build_world(replace(plan, posts=(replace(plan.posts[0], units=units),)))
    state = Session(world).run(5, 0)
    assert (state.log[: state.cursor[0]["log_count"]]["code"] == LogCode.RELOADED).any()
    nominal = _rows(world, 10)["event_log_hash"].tolist()
    for name in ("missiles", "channels", "link"):
        assert _rows(lifted(world, name), 10)["event_log_hash"].tolist() == nominal, name
    for name in ("detection", "reaction", "kill"):
        assert _rows(lifted(world, name), 10)["event_log_hash"].tolist() != nominal, name


def test_as_many_rounds_as_there_can_be_fit_the_event_that_brings_them_back():
    assert MAX_COUNT + UNLIMITED < layout.LOADS
    world = build_world(_plan(ready=8))
    assert lifted(world, "missiles").magazines["ready"].tolist() == [8 + UNLIMITED]


@pytest.mark.parametrize("name", NAMES)
def test_lifting_leaves_the_nominal_world_alone(name):
    world = build_world(plans.mixed_plan(n=8))
    assert not limits(world, "damage")  # nobody aims at the defence
    before = [table.tobytes() for table in world]
    other = lifted(world, name)
    assert [table.tobytes() for table in world] == before
    own = {table for table, rows in zip(world._fields, other, strict=True) if rows.tobytes() != getattr(world, table).tobytes()}
    assert own == {
        "missiles": {"magazines"},
        "channels": {"units"},
        "detection": {"sensors"},
        "reaction": {"posts"},
        "link": set(),
        "damage": set(),
    }.get(name, {"envelopes"})


# ------------------------------------------------------------------------------------------- luck that a raid shares


def _once(sd):
    return build_world(_plan(sspk=0.5, sd=sd, doctrine=plans.doctrine(salvos=(1,), fire=0)))


def test_a_shared_shift_makes_the_leakers_vary_as_its_law_says():
    """Ten threats, one round each at p = 1 / (1 + exp(-sd z)): variance E[n p q] + n^2 var(p), mean n / 2 by symmetry."""
    sd, runs = 1.5, 1500

    def moment(k):
        return quad(lambda z: (1.0 / (1.0 + np.exp(-sd * z))) ** k * np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi), -9.0, 9.0)[0]

    expected = THREATS * (moment(1) - moment(2)) + THREATS**2 * (moment(2) - moment(1) ** 2)
    plain, shifted = (_rows(_once(x), runs)["leakers"] for x in (0.0, sd))
    assert plain.mean() == pytest.approx(5.0, abs=4.0 * (2.5 / runs) ** 0.5)
    assert plain.var(ddof=1) == pytest.approx(2.5, rel=4.0 * (2.0 / runs) ** 0.5)
    assert shifted.mean() == pytest.approx(5.0, abs=4.0 * (expected / runs) ** 0.5)
    assert expected > 3.0 * 2.5
    assert shifted.var(ddof=1) == pytest.approx(expected, rel=4.0 * (2.0 / runs) ** 0.5)


@pytest.mark.parametrize("name", NAMES)
def test_a_lift_keeps_the_shift_of_every_replicate(name):
    world = _once(1.5)
    sessions = Session(world), Session(lifted(world, name))
    shifts = [[float(s.run(5, k).cursor[0]["raid_effect"]) for k in range(5)] for s in sessions]
    assert shifts[0] == shifts[1]
    assert len(set(shifts[0])) == 5


def test_the_shared_shift_of_a_scenario_is_an_assumption():
    catalogue = load_catalogue()
    text = raids.small().replace("assets:", "world: {raid_effect_sd: 0.5}\nassets:", 1)
    lowered = lower(load_scenario(text, catalogue), catalogue)
    assert lowered.world.settings[0]["raid_effect_sd"] == 0.5
    assert any("logits" in note and "0.5" in note for note in lowered.notes)
    plain = lower(load_scenario(raids.small(), catalogue), catalogue)
    assert len(lowered.notes) == len(plain.notes) + 1


# ---------------------------------------------------------------------------------------------------------- arithmetic


def test_a_paired_change_by_hand():
    """Differences -2, -1, 0, -3: mean -1.5, variance 5/3, t(0.975, 3) = 3.1824463. Apart: 5/3 and 2."""
    answer = paired([3, 5, 4, 6], [1, 4, 4, 3])
    half = 3.1824463 * (5.0 / 3.0) ** 0.5 / 2.0
    assert answer["change"] == pytest.approx({"mean": -1.5, "simulation_error": half, "low": -1.5 - half, "high": -1.5 + half})
    assert answer["variance_reduction"] == pytest.approx((5.0 / 3.0 + 2.0) / (5.0 / 3.0))


def test_a_change_that_is_always_the_same_has_no_variance_to_reduce():
    assert paired([3, 5, 4], [1, 3, 2]) == {
        "change": {"mean": -2.0, "simulation_error": 0.0, "low": -2.0, "high": -2.0},
        "variance_reduction": None,
    }
    assert paired([3], [1])["change"] == {"mean": -2.0, "simulation_error": None, "low": None, "high": None}


def test_effects_come_greatest_reduction_first_and_what_there_is_not_last():
    def rows(*leakers):
        return np.array([(x,) for x in leakers], [("leakers", "i4")])

    nominal = rows(4, 6, 8, 2)
    found = effects(nominal, (Lifted("a", "A", "-", None), Lifted("b", "B", "-", rows(5, 6)), Lifted("c", "C", "-", rows(1, 2))))
    assert [(f["limit"], f["replicates"], f["leakers"], f["absent"]) for f in found] == [
        ("c", 2, 1.5, None),
        ("b", 2, 5.5, None),
        ("a", 0, 5.0, "-"),
    ]
    assert [f["change"]["mean"] for f in found] == [-3.5, 0.5, 0.0]  # against the first two nominal replicates: 4 and 6


@pytest.mark.parametrize(
    ("mean", "error", "said"),
    [
        (-10.53, 0.42, "-10.5 ± 0.4"),
        (0.87, 0.3, "+0.9 ± 0.3"),
        (-0.01, 0.3, "0.0 ± 0.3"),
        (0.0, 0.0, "no change"),
        (-3.0, 0.0, "-3 every night"),
        (2.0, None, "+2 in one run"),
    ],
)
def test_changes_in_words(mean, error, said):
    assert change_words({"mean": mean, "simulation_error": error}) == said


# ------------------------------------------------------------------------------------------------------ whole runs


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("all", NAMES),
        ("none", ()),
        ([], ()),
        ("kill, missiles", ("missiles", "kill")),
        (["link"], ("link",)),
        (("kill", "kill"), ("kill",)),
    ],
)
def test_limits_are_named_as_a_list_or_a_text(value, names):
    run = Run.model_validate({"lift": value})
    assert run.lift == names
    assert Run.model_validate(run.model_dump(mode="json")) == run


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("misiles", "^lift: 'misiles' is not allowed; allowed: all, none, missiles, .*; did you mean 'missiles'\\?"),
        ("kill,chanels", "^lift: 'chanels' is not allowed; allowed: missiles, .*; did you mean 'channels'\\?"),
        ("kill,all", "^lift: 'all' is not allowed"),
        ("", "^lift: '' is not allowed"),
    ],
)
def test_a_limit_of_another_name_is_one_message(given, said):
    with pytest.raises(InputError, match=said):
        Options(lift=given).require_usable()


def test_a_limit_of_another_name_in_a_file_has_its_line():
    with pytest.raises(ScenarioError, match=r":39: run\.lift: 'misiles' is not allowed.*did you mean 'missiles'"):
        load_scenario(raids.small().replace("run: {", "run: {lift: misiles, "))


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    return run_experiment(raids.small(), tmp_path_factory.mktemp("lifts") / "r", Options(draws=0, workers=1))


def test_the_summary_is_what_the_tables_give(record):
    before = record.table("replicate").to_pandas().set_index("replication").leakers
    table = record.table("lifted").to_pandas()
    assert [row["limit"] for row in record.summary["lifted"] if row["absent"]] == ["link", "damage"]
    assert set(table.limit) == set(NAMES) - {"link", "damage"}
    for row in record.summary["lifted"]:
        if row["absent"]:
            assert (row["replicates"], row["change"]["mean"], row["leakers"]) == (0, 0.0, before.mean())
            continue
        after = table[table.limit == row["limit"]].set_index("replication").leakers
        assert list(after.index) == list(range(row["replicates"])) == list(range(50))
        assert row["leakers"] == pytest.approx(after.mean())
        assert row["change"]["mean"] == pytest.approx((after - before).mean())
    effect = {row["limit"]: row["change"]["mean"] for row in record.summary["lifted"]}
    assert effect["missiles"] < -3.0  # four rounds against eight threats
    assert record.summary["run"]["lift"] == list(NAMES)


def test_an_interrupted_lift_ends_the_same_when_resumed(record, tmp_path):
    def stop(section, done, total):
        if section == "one limit lifted" and 60 < done < total:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted):
        run_experiment(raids.small(), tmp_path, Options(draws=0, workers=1), progress=stop)
    assert list((tmp_path / "journal").glob("lift-missiles-*"))
    assert not list((tmp_path / "journal").glob("lift-kill-*"))
    resumed = run_experiment(raids.small(), tmp_path, Options(draws=0, workers=1, resume=True))
    assert resumed.sha256 == record.sha256
    assert all(resumed.table(name).equals(record.table(name)) for name in TABLES)


def test_a_run_gets_more_lifts_and_never_fewer(record, tmp_path):
    few = run_experiment(raids.small(), tmp_path, Options(draws=0, workers=1, lift="kill"))
    assert [row["limit"] for row in few.summary["lifted"]] == ["kill"]
    grown = run_experiment(raids.small(), tmp_path, Options(draws=0, workers=1, resume=True))
    assert grown.sha256 == record.sha256
    with pytest.raises(InputError, match="a run that also lifts missiles, channels, detection, reaction, link, damage;"):
        run_experiment(raids.small(), tmp_path, Options(draws=0, workers=1, lift="kill"))


def test_without_lifts_the_rest_of_the_answer_is_the_same(record, tmp_path):
    bare = run_experiment(raids.small(), tmp_path, Options(draws=0, workers=1, lift="none"))
    assert bare.summary["lifted"] == []
    assert bare.table("lifted").num_rows == 0
    assert bare.summary["outcomes"] == record.summary["outcomes"]
    assert bare.summary["event_log_sha256"] == record.summary["event_log_sha256"]


def test_lifts_go_with_a_run_until_it_is_precise(tmp_path):
    record = run_experiment(raids.small(), tmp_path, Options(until_half_width=8.0, draws=0, workers=1, lift="missiles,link"))
    assert record.summary["run"]["runs"] == 64
    assert record.summary["run"]["stopped"].startswith("after 64 replicates: the first test at which the mean leakers were known to ± 8 (")
    assert [row["replicates"] for row in record.summary["lifted"]] == [64, 0]
