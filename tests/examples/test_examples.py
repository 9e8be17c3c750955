"""Every example says what to notice, and that is so; every change that it suggests can be made and runs.

Expected numbers are arithmetic on the scenario and on rows of the catalogue; where only a run can tell, a notice says what is more.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from openiads.catalogue import load_catalogue
from openiads.codes import Cause
from openiads.experiments.description import make_cast
from openiads.models.motion.objects import object_position
from openiads.models.radar.look import last_look_at, look, look_time_s
from openiads.models.radar.pd_table import pd_from_table
from openiads.scenario import load_scenario
from openiads.simulation import Lowered, Session, bind, lower
from openiads.simulation.outcome import ROUND_ENDS, OutcomeReader
from openiads.state.layout import HIT

EXAMPLES = {path.stem: path.read_text() for path in sorted((Path(__file__).parents[2] / "examples").rglob("*.yaml"))}
CATALOGUE = load_catalogue()
EARTH_AIR_M = 4.0 / 3.0 * 6_371_000.0
SEED = 7

#: An edit is pairs of a pattern and its replacement, each made once.
Edit = tuple[tuple[str, str], ...]

ALL_ROUND = (r" +facing: .*\n", "")
LATE = ("version: early", "version: late")
#: What a reader does who follows a `try` of an example.
TRIES: dict[str, dict[str, Edit]] = {
    "ballistic-salvo": {
        "radars behind the capital (bearing 270 deg)": (("at: {bearing: 90 deg", "at: {bearing: 270 deg"),),
        "salvo 1": (("salvo: 2", "salvo: 1"),),
        "24 missiles": (("count: 12", "count: 24"),),
        "profile minimum-energy": (("profile: quasi-ballistic", "profile: minimum-energy"),),
    },
    "blind-side": {
        "turn the radar to the raid (facing 180 deg)": (("facing: 90 deg", "facing: 180 deg"),),
        "come from the other edge of its sector (bearing 50 deg)": (("bearing: 180 deg", "bearing: 50 deg"),),
        "four fire units that look all round": (("fire_units: 1", "fire_units: 4"), ALL_ROUND),
    },
    "decoys": {
        "no decoys": ((r"(?s)  - id: decoys.*?(?=  - id: drones)", ""),),
        "twice as many decoys (24)": (("count: 12 ", "count: 24 "),),
        "twice the missiles (32 ready)": (("9M96E2: 16", "9M96E2: 32"),),
    },
    "delivered-set": {
        "version late (20 channels)": (LATE,),
        "six fire units, as in main.yaml": (("fire_units: 2", "fire_units: 6"),),
    },
    "drone-swarm": {
        "no decoys": ((r"(?s)  - id: decoys.*(?=run:)", ""),),
        "prefer preserve-long-range": (("prefer: cheapest-adequate", "prefer: preserve-long-range"),),
        "200 drones": (("count: 65", "count: 200"),),
    },
    "early-or-late": {
        "version early (6 targets at once)": (("version: late", "version: early"),),
        "three fire units": (("fire_units: 1", "fire_units: 3"),),
        "arrive 15 min +/- 4 min": ((r"15 min \+/- 5 s", "15 min +/- 4 min"),),
    },
    "guns-behind-missiles": {
        "no guns": ((r"(?s)    - id: guns.*?(?=  doctrine)", ""),),
        "six gun vehicles": (("vehicles: 3", "vehicles: 6"),),
        "half the bursts (30 ready)": (("35mm: 60", "35mm: 30"),),
    },
    "layers": {
        "prefer preserve-long-range (the long reach is kept, the fighters come nearer)": (
            ("prefer: layered", "prefer: preserve-long-range"),
        ),
        "prefer earliest-intercept": (("prefer: layered", "prefer: earliest-intercept"),),
        "no 40N6E": (("40N6E: 4, ", ""),),
    },
    "magazine": {
        "half the missiles (8 ready)": (("9M96E2: 16", "9M96E2: 8"),),
        "twice the missiles (32 ready)": (("9M96E2: 16", "9M96E2: 32"),),
        "salvo 2": (("fire: shoot-look-shoot", "fire: shoot-look-shoot, salvo: 2"),),
    },
    "main": {
        "version late (60 channels on the same six radars)": (LATE,),
        "leave out facing, so that the six radars look all round": (ALL_ROUND,),
        "another seed": (("seed: 7", "seed: 8"),),
    },
    "one-cruise-missile": {
        "height 1500 m AGL": (("50 m AGL", "1500 m AGL"),),
        "fire once": (("fire: shoot-look-shoot", "fire: once"),),
        "reaction time 20 s": ((r"(ready: .*\n)", r"\1      override: {unit.reaction_time: {value: 20 s, why: cold track}}" + "\n"),),
    },
    "radar-hunters": {
        "the hunters fly to the capital instead": ((r"aim: \{.*\}", "aim: capital"),),
        "four fire units": (("fire_units: 2", "fire_units: 4"),),
        "both waves at once (the cruise missiles arrive at 55 min too)": (("arrive: 60 min", "arrive: 55 min"),),
    },
    "q7-what-its-radars-see": {
        "the radars are stored": ((r"sensing: \[\]", "sensing: [{radar: s400, silent: stored}]"),),
        "no reflector in peacetime either": ((r"    reflector: yes\n", ""),),
        "the airliners stay away": ((r"(?s)neutral:.*(?=run:)", ""),),
    },
    "ridge": {
        "no ridge (terrain flat)": ((r"  terrain: .*\n.*\n", "  terrain: flat\n"),),
        "the defence on the crest (bearing 90 deg, range 30 km)": (("at: capital\n", "at: {bearing: 90 deg, range: 30 km}\n"),),
        "rain of 50 mm/h": (("assets:\n", "world: {weather: {rain: 50 mm/h}}\nassets:\n"),),
    },
    "salvo-of-two": {
        "one missile each (salvo 1)": (("salvo: 2", "salvo: 1"),),
        "two salvos of one instead of one salvo of two (sequence 1, 1)": (("fire: once, salvo: 2", "fire: {sequence: [1, 1]}"),),
        "three missiles a salvo": (("salvo: 2", "salvo: 3"),),
    },
    "saturation": {
        "72 missiles": (("count: 144", "count: 72"),),
        "version late (60 channels)": (LATE,),
        "arrive 20 min +/- 2 min": ((r"20 min \+/- 30 s", "20 min +/- 2 min"),),
    },
    "shoot-look-shoot": {
        "a second missile without looking (salvo 2, fire once)": (("fire: shoot-look-shoot", "fire: once, salvo: 2"),),
        "two shots and no more (sequence 1, 1)": (("fire: shoot-look-shoot", "fire: {sequence: [1, 1]}"),),
        "an assessment that is wrong in 10 % of the cases (p_false_kill: 10 %)": (
            ("fire: shoot-look-shoot", "fire: shoot-look-shoot, assess: {p_false_kill: 10 %}"),
        ),
    },
}


@dataclass(frozen=True)
class Nights:
    """Replicates of a scenario: `rows` (n,)."""

    lowered: Lowered
    rows: NDArray[np.void]

    def mean(self, name: str) -> float:
        return float(self.rows[name].mean())

    def cause(self, cause: Cause) -> float:
        """Mean leakers with this cause."""
        return float(self.rows["group_cause"][:, :, cause].sum(axis=1).mean())

    def agrees(self, name: str, expected: float, sigmas: float = 4.0) -> bool:
        """Whether a mean is as expected, but for chance."""
        return abs(self.mean(name) - expected) <= sigmas * float(self.rows[name].std(ddof=1)) / math.sqrt(self.rows.size)


def edited(name: str, edit: Edit) -> str:
    text = EXAMPLES[name]
    for old, new in edit:
        text, made = re.subn(old, new, text, count=1)
        assert made, old
    return text


@cache
def nights(name: str, change: str = "", replicates: int = 100) -> Nights:
    """An example, or it with one of its `try` changes."""
    lowered = lower(load_scenario(edited(name, TRIES[name][change] if change else ()), CATALOGUE), CATALOGUE)
    session, reader = Session(lowered.world), OutcomeReader(lowered.world)
    return Nights(lowered, np.concatenate([reader.row(session.run(SEED, k)) for k in range(replicates)]))


def notice(name: str) -> str:
    return load_scenario(EXAMPLES[name], CATALOGUE).info.notice


def value(path: str) -> float:
    return CATALOGUE.parameter(path).si_nominal()


def p_shot(klass: str, missile: str = "9m96e2") -> float:
    """Kill probability of one missile that is fired: it must leave the launcher, work, and hit."""
    hit = value(f"s400.msl_{missile}.sspk_{klass}") * value("network_integration.common.interceptor_reliability")
    return hit * value("s400.launcher_5p85.launch_reliability")


def horizon_km(antenna_m: float, height_m: float) -> float:
    """Ground range at which two heights see each other over the effective earth: R acos(R / (R + h)) for each."""
    return sum(EARTH_AIR_M * math.acos(EARTH_AIR_M / (EARTH_AIR_M + h)) for h in (antenna_m, height_m)) / 1e3


def firm_s(text: str, group: int) -> NDArray[np.float64]:
    """When each member of a group is first in track, in one replicate."""
    lowered = lower(load_scenario(text, CATALOGUE), CATALOGUE)
    state = Session(lowered.world).run(SEED, 0)
    return np.array(state.timeline["firm_s"][lowered.world.objects["group"] == group])


def seen_at_km(name: str, radar: str, klass: str, drawn: dict[str, float] | None = None) -> float:
    """Slant range at which one look of a radar detects a class nose on with the probability of its anchor, by the lowered arrays."""
    lowered = nights(name, "", 4).lowered
    world = bind(lowered, drawn) if drawn else lowered.world
    sensor = world.sensors[lowered.names.sensors.index(radar)]
    rcs_m2 = world.rcs[lowered.names.classes.index(klass), sensor["band"]]["rcs_m2"]
    assert pd_from_table(world.pd_table, sensor["pd_offset"], sensor["anchor_snr"]) == pytest.approx(0.5, abs=1e-6)
    return float((sensor["anchor_k"] * rcs_m2 / sensor["anchor_snr"]) ** 0.25) / 1e3


# ------------------------------------------------------------------------------------------------- all of them


def test_every_example_is_looked_at_below() -> None:
    assert set(EXAMPLES) == set(TRIES)
    for name in EXAMPLES:
        assert f"def test_{name.replace('-', '_')}" in Path(__file__).read_text()


@pytest.mark.parametrize("name", EXAMPLES)
def test_it_states_a_question_a_notice_and_tries_that_are_known_here(name: str) -> None:
    info = load_scenario(EXAMPLES[name], CATALOGUE).info
    assert info.question.endswith("?")
    assert info.notice.endswith(".")
    assert tuple(TRIES[name]) == info.try_next


@pytest.mark.parametrize(("name", "change"), [(name, change) for name, changes in TRIES.items() for change in ("", *changes)])
def test_it_and_its_tries_run(name: str, change: str) -> None:
    assert change in ("another seed", "") or load_scenario(edited(name, TRIES[name][change])) != load_scenario(EXAMPLES[name])
    done = nights(name, change, 4)
    lethal = int((done.lowered.world.objects["lethal"] != 0).sum())
    assert (done.rows["leakers"] + done.rows["kills"] + done.rows["expired"] == lethal).all()
    assert (sum(done.rows[end] for end in ROUND_ENDS) == done.rows["shots"]).all()


# ------------------------------------------------------------------------------------------------- what to notice


def test_main() -> None:
    assert "at 50 m rise over the horizon at 49 km from a 24 m mast" in notice("main")
    assert value("s400.radar_96l6e.antenna_height") == 24.0
    assert round(horizon_km(24.0, 50.0)) == 49
    low = firm_s(EXAMPLES["main"], 1)
    high = firm_s(EXAMPLES["main"].replace("height: 50 m AGL", "height: 1500 m AGL"), 1)
    short = firm_s(EXAMPLES["main"].replace("40N6E: 24, ", "").replace("40N6E: 21, ", ""), 1)
    assert (high < low - 300.0).all()  # height decides: five minutes more
    assert (short == low).all()  # without the missile of the longest range: the same to the last bit


def test_delivered_set() -> None:
    assert "make 12 targets at once (20 in the late version), not the 36" in notice("delivered-set")
    channels = [nights("delivered-set", change, 4).lowered.world.units["channels"].sum() for change in ("", "version late (20 channels)")]
    assert channels == [2 * 6, 2 * 10]
    assert nights("main", "", 4).lowered.world.units["channels"].sum() == 36
    assert nights("delivered-set").rows["unit_peak_channels"].sum(axis=1).max() == 12


def test_one_cruise_missile() -> None:
    assert "at 49.3 km; at 240 m/s that leaves 206 s, whatever the range" in notice("one-cruise-missile")
    range_km = horizon_km(24.0, 50.0)
    assert (round(range_km, 1), round(range_km / 0.240)) == (49.3, 206)
    text = EXAMPLES["one-cruise-missile"]
    (seen_s,) = firm_s(text, 0)
    left_s = 150.0 / 0.240 - seen_s
    assert 206.0 - 40.0 < left_s < 206.0  # a few turns of the antenna make a track
    assert firm_s(text.replace("48N6E3: 16, ", ""), 0) == seen_s
    assert 150.0 / 0.240 - firm_s(text.replace("50 m AGL", "1500 m AGL"), 0) > 2 * 206.0


def test_ridge() -> None:
    assert "at 49.3 km and leaves 206 s at 240 m/s; here it shows over the crest, 30 to 32 km away, and leaves at most 133 s" in " ".join(
        notice("ridge").split()
    )
    assert (round(horizon_km(24.0, 50.0), 1), round(horizon_km(24.0, 50.0) / 0.240), round(32.0 / 0.240)) == (49.3, 206, 133)
    assert round(42.4 * math.cos(math.radians(45.0))) == 30
    text = EXAMPLES["ridge"]
    behind_s, over_s = 150.0 / 0.240 - firm_s(text, 0)[0], 30.0 / 0.240
    assert over_s - 40.0 < behind_s < 133.0  # a few turns of the antenna make a track
    flat = edited("ridge", TRIES["ridge"]["no ridge (terrain flat)"])
    assert 206.0 - 40.0 < 150.0 / 0.240 - firm_s(flat, 0)[0] < 206.0
    assert nights("ridge").mean("leakers") > nights("ridge", "no ridge (terrain flat)").mean("leakers") + 1.0


def test_saturation() -> None:
    assert "All 36 channels fill" in notice("saturation")
    assert "All 192 ready ones are fired, they stop 123 on average, and no launcher reloads in time" in notice("saturation")
    done = nights("saturation")
    assert (done.rows["unit_peak_channels"].sum(axis=1) == 36).all()
    assert (done.rows["shots"] == 96 + 96).all()
    stopped = 96 * p_shot("subsonic_cm") + 96 * p_shot("subsonic_cm", "48n6e3")
    assert round(stopped) == 123
    assert done.agrees("kills", stopped)
    assert done.cause(Cause.NO_MISSILE) > 0.5 * done.mean("leakers")
    assert value("s400.unit.reload_time_per_launcher") > 20.5 * 60.0  # longer than the raid


def test_drone_swarm() -> None:
    assert "35 decoys draw more than 40 of every 100 missiles, yet without them about as many drones get through" in notice("drone-swarm")
    done = nights("drone-swarm")
    assert done.rows["group_shots"][:, 1].sum() > 0.40 * done.rows["shots"].sum()
    assert (done.rows["group_leaked"][:, 1] == 0).all()
    assert (done.rows["decoys_through"] > 0).any()
    assert abs(nights("drone-swarm", "no decoys").mean("leakers") - done.mean("leakers")) < 2.0
    assert value("threat_decoy.drone_decoy.speed") < value("threat_owa_drone.airframe.speed")


def test_ballistic_salvo() -> None:
    assert "lost when they pass over the engagement radars" in notice("ballistic-salvo")
    assert "of 48N6E3 may be 0.15 or 0.8" in notice("ballistic-salvo")
    row = CATALOGUE.parameter("s400.msl_48n6e3.sspk_srbm")
    assert (row.low, row.high) == (0.15, 0.8)
    done = nights("ballistic-salvo")
    assert done.cause(Cause.RADAR_LOST) > 0.5 * done.mean("leakers")
    assert nights("ballistic-salvo", "radars behind the capital (bearing 270 deg)").cause(Cause.RADAR_LOST) == 0.0


def test_magazine() -> None:
    assert "0.7 x 0.95 x 0.95 = 0.63, so 16 missiles stop 10 of the 24" in notice("magazine")
    p = p_shot("owa_drone")
    assert (p, round(p, 2), round(16 * p)) == (pytest.approx(0.7 * 0.95 * 0.95), 0.63, 10)
    for change, missiles in (("", 16), ("half the missiles (8 ready)", 8)):
        done = nights("magazine", change, 400)
        assert (done.rows["shots"] == missiles).all()
        assert done.agrees("kills", missiles * p)  # every missile is fired at a target that lives


def test_salvo_of_two() -> None:
    assert "Of ten, 1.6 get through, not 1.2" in notice("salvo-of-two")
    assert "(correlation 0.2); one missile each lets 3.5 through" in notice("salvo-of-two")
    rho = value("network_integration.common.pk_correlation_within_salvo")
    start, hit = value("s400.launcher_5p85.launch_reliability"), p_shot("subsonic_cm") / value("s400.launcher_5p85.launch_reliability")
    both_miss = rho * (1.0 - hit) + (1.0 - rho) * (1.0 - hit) ** 2
    salvo = (1.0 - start) ** 2 + 2.0 * start * (1.0 - start) * (1.0 - hit) + start**2 * both_miss
    one = 1.0 - start * hit
    assert (rho, round(10 * salvo, 1), round(10 * one**2, 1), round(10 * one, 1)) == (0.2, 1.6, 1.2, 3.5)
    expected = {"": salvo, "one missile each (salvo 1)": one, "two salvos of one instead of one salvo of two (sequence 1, 1)": one**2}
    for change, leakage in expected.items():
        assert nights("salvo-of-two", change, 400).agrees("leakers", 10 * leakage), change


def test_shoot_look_shoot() -> None:
    assert "with 15.4 missiles on average (1 / 0.65 each); two missiles each without looking cost 20, and 1.6" in notice("shoot-look-shoot")
    p = p_shot("subsonic_cm")
    assert (round(10 / p, 1), round(p, 2)) == (15.4, 0.65)
    done = nights("shoot-look-shoot", "", 400)
    assert done.mean("leakers") < 0.01
    assert done.agrees("shots", 10 / p)
    blind = nights("shoot-look-shoot", "a second missile without looking (salvo 2, fire once)", 400)
    assert blind.mean("shots") == pytest.approx(20.0, abs=0.1)
    assert 1.4 < blind.mean("leakers") < 1.8  # the formula stands in test_salvo_of_two
    twice = nights("shoot-look-shoot", "two shots and no more (sequence 1, 1)", 400)
    assert twice.agrees("leakers", 10 * (1 - p) ** 2)
    assert twice.agrees("shots", 10 * (1 + (1 - p)))


def test_decoys() -> None:
    assert "draw more than 2 of 3 missiles, so most drones get through; without decoys most are stopped" in notice("decoys")
    done = nights("decoys", "", 200)
    assert done.rows["group_shots"][:, 0].sum() > 2 / 3 * done.rows["shots"].sum()
    assert done.mean("leakers") > 6.0
    assert nights("decoys", "no decoys", 200).mean("leakers") < 6.0
    both = done.mean("kills") + done.mean("decoys_killed")
    assert both == pytest.approx(16 * p_shot("owa_drone"), abs=0.6)  # they only share what the missiles can do


def test_early_or_late() -> None:
    assert "Ten targets at once are all in use, and more than twice as many get through with the six" in notice("early-or-late")
    late, early = nights("early-or-late"), nights("early-or-late", "version early (6 targets at once)")
    assert (late.rows["unit_peak_channels"] == 10).all()
    assert (early.rows["unit_peak_channels"] == 6).all()
    assert early.mean("leakers") > 2.0 * late.mean("leakers")


def test_blind_side() -> None:
    assert "covers 45 to 135 deg, so all four get through for want of a fire-control track" in notice("blind-side")
    sector_deg = math.degrees(value("s400.radar_92n6e.azimuth_sector"))
    assert (90 - sector_deg / 2, 90 + sector_deg / 2) == (pytest.approx(45), pytest.approx(135))
    done = nights("blind-side")
    assert (done.rows["leakers"] == 4).all()
    assert done.cause(Cause.NO_FIRE_CONTROL_TRACK) == 4.0
    assert (done.rows["group_funnel"][:, 0, 2] == 4).all()  # the search radars had firm tracks
    for change in ("turn the radar to the raid (facing 180 deg)", "come from the other edge of its sector (bearing 50 deg)"):
        assert nights("blind-side", change).mean("leakers") < 0.1


def test_layers() -> None:
    assert "Only 40N6E meets fighters beyond 250 km, only it and 48N6E3 beyond 120 km" in notice("layers")
    reaches_km = [value(f"s400.msl_{missile}.range_max_aircraft") / 1e3 for missile in ("40n6e", "48n6e3", "9m96e2")]
    assert reaches_km == [380.0, 250.0, 120.0]
    met_km = met_by_magazine_km("")
    assert max(met_km[0]) > 250.0
    assert 120.0 < max(met_km[1]) <= 250.0
    assert 0.0 < max(met_km[2]) <= 120.0
    kept_km = met_by_magazine_km("prefer preserve-long-range (the long reach is kept, the fighters come nearer)")
    assert max(max(km, default=0.0) for km in kept_km) < max(met_km[0])
    assert len(kept_km[0]) < len(met_km[0])


def met_by_magazine_km(change: str) -> list[list[float]]:
    """Ranges of intercepts by magazine, over 30 replicates of `layers`."""
    session = Session(lower(load_scenario(edited("layers", TRIES["layers"][change] if change else ()), CATALOGUE), CATALOGUE).world)
    met_km: list[list[float]] = [[], [], []]
    for replication in range(30):
        state = session.run(SEED, replication)
        for shot in state.shots[: state.cursor[0]["shot_count"]]:
            if shot["range_m"] > 0.0:
                met_km[int(state.engagements[shot["engagement"]]["magazine"])].append(shot["range_m"] / 1e3)
    return met_km


def test_radar_hunters() -> None:
    assert "Of 16 cruise missiles about 4 get through on average; none would" in notice("radar-hunters")
    hunted, spared = nights("radar-hunters", "", 400), nights("radar-hunters", "the hunters fly to the capital instead")
    assert 3.5 < hunted.rows["group_leaked"][:, 1].mean() < 4.5
    assert spared.rows["group_leaked"][:, 1].mean() < 0.1
    assert (hunted.rows["component_hit_s"] < np.inf).any()
    assert hunted.cause(Cause.DEFENDER_DESTROYED) > 0.0 == spared.cause(Cause.DEFENDER_DESTROYED)
    assert (hunted.rows["asset_leakers"][:, 0] == hunted.rows["group_leaked"][:, 1]).all()  # hunters cost no asset


def test_guns_behind_missiles() -> None:
    assert "Without the guns 30 of 40 drones get through, with them about 2; a burst costs a fiftieth" in notice("guns-behind-missiles")
    assert round(nights("guns-behind-missiles", "no guns").mean("leakers")) == 30
    assert 1.5 < nights("guns-behind-missiles", "", 400).mean("leakers") < 2.5
    assert value("s400.msl_9m96e2.unit_cost") / value("korkut.gun.cost_per_burst") == pytest.approx(50.0)
    session = Session(nights("guns-behind-missiles").lowered.world)
    for replication in range(10):
        state = session.run(SEED, replication)
        shots = state.shots[: state.cursor[0]["shot_count"]]
        unit = state.engagements[shots["engagement"]]["unit"]
        bursts = shots[unit > 0]
        assert 0.0 < bursts["range_m"].max() <= value("korkut.gun.range_max_aircraft") + 0.001
        for u in (1, 2, 3):
            assert (np.diff(shots[unit == u]["launch_s"]) >= value("korkut.gun.burst_interval") - 1e-9).all()
            assert (unit == u).sum() <= value("korkut.gun.bursts_before_reload")


def test_q7_what_its_radars_see() -> None:
    name = "q7-what-its-radars-see"
    text = notice(name)
    assert "sees an F-16 nose on at 396 km, an F-35 at 50 to 132 km" in text
    assert "the engagement radar would at 251 km against 20 to 63 km" in text
    assert "at 369 km from every side" in text
    acquisition, engagement = "s400/91N6E", "s400-1/92N6E"
    # Fourth root of the radar cross-section over the 1 m2 of the reported ranges, 280 and 200 km.
    assert (value("s400.radar_91n6e.range_ref_1m2"), value("s400.radar_92n6e.range_ref_1m2")) == (280e3, 200e3)
    hand = {
        (acquisition, "f16"): 280 * 4**0.25,
        (engagement, "f16"): 200 * 2.5**0.25,
        (acquisition, "f35a (with reflector)"): 280 * 3**0.25,
    }
    assert [round(km) for km in hand.values()] == [396, 251, 369]
    for (radar, klass), km in hand.items():
        assert seen_at_km(name, radar, klass) == pytest.approx(km, rel=1e-9)
    for radar, row, ends in ((acquisition, "rcs_s_nose", (50, 132)), (engagement, "rcs_x_nose", (20, 63))):
        parameter = CATALOGUE.parameter(f"f35a.airframe.{row}")
        reference_km = 280 if radar == acquisition else 200
        for rcs_m2, end in zip((parameter.low, parameter.high), ends, strict=True):
            km = seen_at_km(name, radar, "f35a", {parameter.path: rcs_m2})
            assert km == pytest.approx(reference_km * rcs_m2**0.25, rel=1e-9)
            assert round(km) == end
    # An engine run: half of the looks at an F-16 that comes nose on detect it where the hand check says so.
    done = nights(name, "", 60)
    session = Session(done.lowered.world)
    world, hits, looks = done.lowered.world, 0, 0
    for night in range(120):
        state = session.run(SEED, night)
        for i in range(4):
            t_s = float(state.objects[i]["origin_s"])
            for n in range(last_look_at(world, state, 0, i, t_s) + 1, last_look_at(world, state, 0, i, t_s + 200.0)):
                at_s = look_time_s(world, state, 0, i, n)
                position = np.array(object_position(world, state, i, at_s)[:3])
                if 393.0 < np.linalg.norm(position - world.sensors[0]["pos_ecef_m"]) / 1e3 < 399.0:
                    outcome = look(world, state, 0, i, n, at_s)
                    looks, hits = looks + 1, hits + bool(outcome & HIT)
    assert looks > 500
    assert abs(hits / looks - 0.5) < 4.0 * 0.5 / math.sqrt(looks) + 0.01
    # What it means: peace against combat, and the store.
    traffic = [g.name for g in make_cast(done.lowered).traffic]
    mean = {g: done.rows["exposure"][:, k, 0].mean(axis=0) for k, g in enumerate(traffic)}  # of the acquisition radar
    assert mean["f35-peace"][1] > 0.9 * mean["f16"][1]
    assert mean["f35-combat"][1] < 0.25 * mean["f16"][1]
    assert mean["f35-combat"][8] > 0.9 * mean["f35-combat"][4]  # from the side nearly every look is a hit
    assert (done.rows["exposure"][:, :, 2] == 0.0).all()  # the engagement radar is not cued
    assert not nights(name, "the radars are stored", 20).rows["exposure"].any()
    bare = nights(name, "no reflector in peacetime either", 60).rows["exposure"][:, 1, 0].mean(axis=0)
    assert bare[1] == pytest.approx(mean["f35-combat"][1], rel=0.1)
