"""Every error says file, line, key, what is wrong, what is allowed and the nearest spelling."""

from __future__ import annotations

from pathlib import Path

import pytest

from openiads.errors import Problem
from openiads.scenario import check_scenario
from openiads.scenario.support import MAX_THREATS

MAIN = (Path(__file__).parents[2] / "examples" / "main.yaml").read_text()


def problems(old: str, new: str) -> list[Problem]:
    """Problems of main.yaml after one replacement."""
    assert old in MAIN
    return check_scenario(MAIN.replace(old, new, 1))


def line_of(fragment: str) -> int:
    """Line of main.yaml on which the fragment stands."""
    return MAIN[: MAIN.index(fragment)].count("\n") + 1


# what is replaced, by what, the key that is named, words of the message
_FLIGHT = "class: neutral_airliner, from: {bearing: 0 deg, range: 90 km}, height: 9 km AMSL"
#: What is wrong with a neutral group: its text, key and words.
TRAFFIC = [
    (f"{_FLIGHT}", "neutral[0].to", "missing"),
    (f"{_FLIGHT}, to: capitol", "neutral[0].to", "did you mean 'capital'?"),
    (f"{_FLIGHT}, to: {{bearing: 0 deg, range: 90 km}}", "neutral[0].to", "a leg without length"),
    (f"{_FLIGHT}, to: capital, aim: capital", "neutral[0].aim", "unknown key"),
    (f"{_FLIGHT}, to: capital, reflector: yes", "neutral[0].reflector", "has no row rcs_with_luneburg_reflector"),
    (f"{_FLIGHT}, to: capital, via: [nowhere]", "neutral[0].via[0]", "there is no asset or unit 'nowhere'"),
    (_FLIGHT.replace("neutral_airliner", "threat_srbm_300") + ", to: capital", "neutral[0].class", "there is no threat or aircraft"),
]
#: What is wrong with a statement about a radar.
SENSING = [
    ("radar: s400/91N6, silent: stored", ".radar", "did you mean 's400/91N6E'?"),
    ("radar: s400/launchers, silent: stored", ".radar", "there is no radar 's400/launchers'"),
    ("radar: s400", "", "states nothing; state exactly one of silent, range_factor, least_radial_speed"),
    ("radar: s400, silent: [2 min, 1 min]", ".silent", "an interval begins at 0 s or later"),
    ("radar: s400, silent: sometimes", ".silent", "write it like [10 min, 20 min]"),
    ("radar: s400, range_factor: 60 %", "", "'why' is missing"),
    ("radar: s400, range_factor: 120 %, why: so", ".range_factor", "at most 1"),
    ("radar: s400, range_factor: 0 %, why: so", ".range_factor", "greater than 0"),
    ("radar: s400, silent: stored, during: [0 s, 1 s]", "", "sector and during belong to range_factor"),
    ("radar: s400, range_factor: 60 %, why: so, sector: {from: 1 deg, to: 1 deg}", "", "the sector begins where it ends"),
]
CASES = [
    ("openiads: 1 ", "openiads: 2 ", "openiads", "2 is not a schema version"),
    ("title:", "titel:", "titel", "did you mean 'title'?"),
    ("  notice:", "  notise:", "info.notise", "did you mean 'notice'?"),
    ("notional: yes", "notional: no", "place.notional", "real places are out of scope"),
    ("notional: yes", "notional: maybe", "place.notional", "allowed: yes, no"),
    ("600 km x 400 km", "600 km", "place.extent", "write it like '600 km x 400 km'"),
    ("600 km x 400 km", "0 km x 400 km", "place.extent", "greater than 0"),
    ("openiads: 1 ", "1: 2\nopeniads: 1 ", "1", "unknown key; allowed: openiads, title"),
    ("openiads: 1 ", "? [a, b]\n: 2\nopeniads: 1 ", "", "a key must be a word, not a list or a mapping"),
    ("openiads: 1 ", "{a: b}: 2\nopeniads: 1 ", "", "a key must be a word, not a list or a mapping"),
    ("speed: 51 m/s", "speed: 1e-9 m/s", "red[0].speed", "'1e-9 m/s' must be at least 1 m/s"),
    ("speed: 51 m/s", "speed: 1e9 m/s", "red[0].speed", "must be at most 8000 m/s"),
    ("spacing: 8 s", "spacing: 80000 h", "red[0].spacing", "must be at most"),
    ("spacing: 8 s", "spacing: 8 km", "red[0].spacing", "unit 'km' is not a time; allowed units: s, ms, min, h, d (for example '10 s')"),
    ("range: 300 km", "range: 1e300 km", "red[0].from.range", "must be at most 20000 km"),
    ("count: 60", "count: 99999999999999999999999", "red[0].count", "must be at most 1000000"),
    ("ready: {40N6E: 24", "ready: {40N6E: 2400000000", "blue.units[0].ready.40N6E", "must be at most 1000000"),
    ("ready: {40N6E: 24, ", "ready: {", "blue.units[0].held.40N6E", "none of the 21 would ever be loaded"),
    ("fire: shoot-look-shoot", "fire: {sequence: []}", "blue.doctrine.fire", "{'sequence': []} is not allowed; allowed: once"),
    ("terrain: flat", "terrain: raster", "place.terrain", "is not allowed; allowed: flat, {ridge: ...}, {fractal: ...}, {file: ...}"),
    ("terrain: flat", "terrain: flet", "place.terrain", "did you mean 'flat'?"),
    ("at: origin", "at: orgin", "assets[0].at", "did you mean 'origin'?"),
    ("value: 1000", "value: .nan", "assets[0].value", "must be a finite number"),
    ("value: 1000", "value: -1", "assets[0].value", "must be at least 0"),
    ("value: 1000", "value: much", "assets[0].value", "must be a number"),
    ("id: airbase", "id: capital", "assets[1].id", "the name 'capital' is taken"),
    ("id: airbase", "id: origin", "assets[1].id", "origin is the middle of the place"),
    ("id: airbase", "id: Air Base", "assets[1].id", "small letters"),
    ("from: capital", "from: airbase", "assets[1].at", "leads back to itself"),
    ("range: 35 km", "range: 250 km", "assets[1].at", "outside the extent"),
    ("range: 35 km", "range: 35 s", "assets[1].at.range", "unit 's' is not a length"),
    ("range: 35 km", "range: -35 km", "assets[1].at.range", "must be at least 0"),
    ("link: shared-picture", "link: data-link", "blue.link", "'data-link' is not yet modelled"),
    ("link: shared-picture", "link: shared", "blue.link", "did you mean 'shared-picture'?"),
    ("system: s400", "system: patriot", "blue.units[0].system", "not yet modelled; allowed: s400"),
    ("system: s400", "system: s4000", "blue.units[0].system", "did you mean 's400'?"),
    ("version: early", "version: middle", "blue.units[0].version", "allowed: early, late"),
    ("fire_units: 6", "fire_units: 0", "blue.units[0].fire_units", "0 must be at least 1"),
    ("fire_units: 6", "fire_units: 6.5", "blue.units[0].fire_units", "must be a whole number"),
    ("fire_units: 6", "fireunits: 6", "blue.units[0].fireunits", "did you mean 'fire_units'?"),
    ("range: 8 km", "range: 298 km", "blue.units[0].at", "with its ring of 5 km is outside the extent"),
    ("facing: 90 deg", "facing: 400 deg", "blue.units[0].facing", "must be at most 360 deg"),
    ("range: 35 km", "range: 30000 km", "assets[1].at.range", "must be at most 20000 km"),
    ("facing: 90 deg", "facing: 90", "blue.units[0].facing", "has no unit"),
    ("48N6E3: 72", "48N6E4: 72", "blue.units[0].ready.48N6E4", "did you mean '48N6E3'?"),
    ("48N6E3: 72", "48N6E3: -72", "blue.units[0].ready.48N6E3", "must be at least 0"),
    ("40N6E: 21", "40N6: 21", "blue.units[0].held.40N6", "did you mean '40N6E'?"),
    ("control: tight", "control: holt", "blue.doctrine.control", "did you mean 'hold'"),
    ("fire: shoot-look-shoot", "fire: {sequence: [0]}", "blue.doctrine.fire.sequence[0]", "must be at least 1"),
    ("fire: shoot-look-shoot", "fire: shoot-look", "blue.doctrine.fire", "did you mean 'shoot-look-shoot'?"),
    ("fire: shoot-look-shoot", "fire: {sequence: [2, 1]}", "blue.doctrine", "keep one"),
    ("range: 35 km", "range: [35 km]", "assets[1].at.range", "['35 km'] is not a length; write it as text with its unit"),
    ("facing: 90 deg", "facing: [90 deg]", "blue.units[0].facing", "['90 deg'] is not an angle; write it as text with its unit"),
    ("srbm: 2", "sbrm: 2", "blue.doctrine.salvo.sbrm", "did you mean 'srbm'?"),
    ("{default: 1, srbm: 2}", "2.5", "blue.doctrine.salvo", "must be a whole number"),
    ("for: srbm", "for: srbn", "blue.doctrine.reserve.for", "did you mean 'srbm'?"),
    ("missiles: 24", "missiles: 0", "blue.doctrine.reserve.missiles", "must be at least 1"),
    ("id: cruise", "id: drones", "red[1].id", "the name 'drones' is taken"),
    ("fire_units: 6", "fire_units: 64", "blue.units[0].fire_units", "64 fire units are too many for one command post; allowed: at most 63"),
    ("class: threat_owa_drone", "class: threat_owa_drones", "red[0].class", "did you mean 'threat_owa_drone'?"),
    ("class: threat_owa_drone", "class: neutral_airliner", "red[0].class", "there is no threat or aircraft"),
    ("class: threat_owa_drone", "class: threat_decoy", "red[0].component", "allowed: drone_decoy, air_launched_decoy"),
    ("count: 60", "count: 0", "red[0].count", "0 must be at least 1"),
    ("count: 60", "count: -60", "red[0].count", "-60 must be at least 1"),
    ("count: 60", "count: .nan", "red[0].count", "must be a whole number"),
    ("count: 60", "count: 60001", "red", "60,035 threats are too many"),
    ("range: 300 km}", "range: 300 km, of: capitol}", "red[0].from.of", "did you mean 'capital'?"),
    ("range: 300 km}", "range: 300 Km}", "red[0].from.range", "did you mean 'km'?"),
    ("value: 1000", "value: 1,000", "assets[0].000", "unknown key; allowed: id, at, value; a comma ends a value: write numbers without"),
    ("spacing: 8 s", "spacing: 8 hours", "red[0].spacing", "did you mean 'h'?"),
    ("spacing: 8 s", "rcs: -17 dBsm", "red[0].rcs", "must be a mapping of keys (written {value: ..., why: ...})"),
    ("link: shared-picture", "link:", "blue.link", "is empty; allowed: shared-picture"),
    ("title: ", 'title: "a\\nb" #', "title", "must be one line of text without control characters"),
    ("title: ", 'title: "a\\0b" #', "title", "must be one line of text without control characters"),
    ("title: ", 'title: " " #', "title", "must be one line of text"),
    ("range: 300 km}", "range: 0 km}", "red[0].from.range", "must be greater than 0"),
    ("1500 m AMSL", "1500 m", "red[0].height", "write '50 m AGL'"),
    ("1500 m AMSL", "0 m AMSL", "red[0].height", "greater than 0"),
    ("1500 m AMSL", "2000 km AMSL", "red[0].height", "less than 2,000 km"),
    ("1500 m AMSL", "1500 m AGL", "red[0]", "variation.rotate needs a height AMSL"),
    ("speed: 51 m/s", "speed: 0 m/s", "red[0].speed", "must be at least 1 m/s"),
    ("spacing: 8 s", "spacing: -8 s", "red[0].spacing", "must be at least 0"),
    ("spacing: 8 s", "spacing: 8 s\n    arrive: 9 min", "red[0]", "spacing and arrive exclude each other"),
    ("spacing: 8 s", "arrivals: {poisson: 0 /s}", "red[0].arrivals.poisson", "must be greater than 0"),
    ("spacing: 8 s", "via: [{from: nowhere, range: 1 km}]", "red[0].via[0].from", "there is no asset or unit 'nowhere'"),
    ("spacing: 8 s", "profile: auto", "red[0].profile", "only ballistic classes"),
    ("spacing: 8 s", "waypoints: search", "red[0].waypoints", "unknown key"),
    ("airbase: 30 %", "airbase: 31 %", "red[0].aim", "sum to 1.01 of the group"),
    ("airbase: 30 %", "airbse: 30 %", "red[0].aim.airbse", "did you mean 'airbase'?"),
    ("airbase: 30 %", "airbase: -30 %", "red[0].aim.airbase", "must be at least 0"),
    ("scale: 2 %", "scale: 100 %", "red[0].variation.scale", "must be less than 1"),
    ("arrive: 95 min +/- 2 min", "arrive: 1 min +/- 2 min", "red[1].arrive", "may not begin before"),
    ("arrive: 95 min +/- 2 min", "arrive: 95 min +- 2 min", "red[1].arrive", "write it like '95 min +/- 2 min'"),
    ("arrive: 95 min +/- 2 min", "arrive: 95 min\n    start: 1 s", "red[1]", "arrive and start exclude each other"),
    ("    height: 50 m AGL\n", "", "red[1].height", "is missing; write '50 m AGL'"),
    ("    arrive: 95 min\n", "    height: 10 km AMSL\n", "red[2].height", "is ballistic"),
    ("    arrive: 95 min\n", "    release: 10 km\n", "red[2].release", "is ballistic"),
    ("release: 60 km", "release: 300 km", "red[3].release", "starts 300.0 km from 'capital', inside its release range"),
    ("lethal: yes", "lethal: perhaps", "red[3].lethal", "allowed: yes, no"),
    *(("run: {", f"neutral: [{{id: n, {group}}}]\nrun: {{", key, words) for group, key, words in TRAFFIC),
    *(("\nred:", f"\n  sensing: [{{{stated}}}]\nred:", f"blue.sensing[0]{key}", words) for stated, key, words in SENSING),
    ("release: 60 km", "release: 60 km\n    reflector: yes", "red[3].reflector", "has no row rcs_with_luneburg_reflector"),
    ("run: {", "weather: rain\nrun: {", "weather", "unknown key"),
    ("seed: 7", "seed: 4294967296", "run.seed", "must be less than 4294967296"),
    ("seed: 7", "seed: -1", "run.seed", "must be at least 0"),
    ("replicates: 50", "replicates: 100000000", "run", "64 draws x 100,000,000 are 6,400,000,000 replicates; allowed: fewer than 2**32"),
    ("draws: 64", "draws: 1", "run.draws", "one draw says nothing"),
    ("draws: 64", "draws: 2000000", "run.draws", "must be at most 1048576"),
    ("seed: 7", "seed: 7, runs: 4294967296", "run.runs", "must be less than 4294967296"),
]


@pytest.mark.parametrize(("old", "new", "key", "words"), CASES, ids=[f"{key}-{i}" for i, (_, _, key, _) in enumerate(CASES)])
def test_one_fault_is_reported_at_its_place(old: str, new: str, key: str, words: str) -> None:
    found = problems(old, new)
    assert any(problem.key == key and words in str(problem) for problem in found), [str(problem) for problem in found]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("count: 60", "count: -60", line_of("count: 60")),
        ("airbase: 30 %", "airbse: 30 %", line_of("airbase: 30 %")),
        ("48N6E3: 72", "48N6E4: 72", line_of("48N6E3: 72")),
        ("seed: 7", "seed: -7", line_of("seed: 7")),
        ("    height: 50 m AGL\n", "", line_of("id: cruise")),
    ],
)
def test_the_line_is_right(old: str, new: str, line: int) -> None:
    [problem] = problems(old, new)
    assert problem.file == "<text>"
    assert problem.line == line


def test_all_faults_are_reported_at_once_in_the_order_of_their_lines() -> None:
    bad = MAIN
    for old, new in [
        ("terrain: flat", "terrain: raster"),
        ("range: 35 km", "range: 250 km"),
        ("48N6E3: 72", "48N6E4: 72"),
        ("count: 60", "count: -60"),
        ("aim: airbase", "aim: airbse"),
        ("release: 60 km", "release: 400 km"),
        ("seed: 7", "seed: -7"),
    ]:
        bad = bad.replace(old, new, 1)
    found = check_scenario(bad)
    assert [problem.key for problem in found] == [
        "place.terrain",
        "assets[1].at",
        "blue.units[0].ready.48N6E4",
        "red[0].count",
        "red[2].aim",
        "red[3].release",
        "run.seed",
    ]
    assert [problem.line for problem in found] == sorted(problem.line or 0 for problem in found)


@pytest.mark.parametrize("section", ["title", "place", "assets", "blue", "red"])
def test_a_missing_section_is_named(section: str) -> None:
    start = MAIN.index(f"\n{section}:")
    end = next((i for i in range(start + 1, len(MAIN)) if MAIN[i] == "\n" and MAIN[i + 1 : i + 2].strip()), len(MAIN))
    assert any(p.key == section and "is missing" in p.message for p in check_scenario(MAIN[:start] + MAIN[end:]))


def test_an_empty_raid_is_refused() -> None:
    start, end = MAIN.index("red: "), MAIN.index("run: ")
    [problem] = check_scenario(MAIN[:start] + "red: []\n" + MAIN[end:])
    message = "the raid is empty and no friendly or neutral aircraft fly: state at least one group"
    assert (problem.key, problem.message) == ("red", message)


def test_ten_thousand_threats_are_allowed_and_60_000_is_the_limit() -> None:
    assert problems("count: 60", "count: 10000") == []
    assert problems("count: 60", f"count: {MAX_THREATS - 34}") == []
    assert len(problems("count: 60", f"count: {MAX_THREATS - 33}")) == 1


OVERRIDES = [
    (
        "radar_96l6e.scan_period: {value: 1e-9 s, why: x}",
        "override.radar_96l6e.scan_period.value",
        "more than 1,000 times off the interval",
    ),
    ("msl_48n6e3.unit_cost: {value: 1e300 MUSD, why: x}", "override.msl_48n6e3.unit_cost.value", "0.8 to 6 MUSD"),
    ("unit.reaction_tme: {value: 20 s, why: x}", "override.unit.reaction_tme", "did you mean 'unit.reaction_time'?"),
    ("unit.reaction_time: {value: 20 km, why: x}", "override.unit.reaction_time.value", "'km'"),
    ("unit.reaction_time: 20 s", "override.unit.reaction_time", "must be a mapping of keys (written {value: ..., why: ...})"),
    ("unit.reaction_time: {value: 20 s}", "override.unit.reaction_time.why", "is missing"),
    ("unit.reaction_time: {value: 20 s, why: ''}", "override.unit.reaction_time.why", "must not be empty"),
    ("unit.reaction_time: {value: 20 s, wy: x}", "override.unit.reaction_time.wy", "did you mean 'why'?"),
    ("msl_48n6e3.sspk_srbm: {value: 120 %, why: x}", "override.msl_48n6e3.sspk_srbm.value", "not a probability"),
    ("unit.targets_engaged_per_command_post: {value: 80, why: x}", "override.unit.targets_engaged_per_command_post", "never enters a run"),
]


@pytest.mark.parametrize(("text", "key", "words"), OVERRIDES)
def test_overrides_are_checked_against_the_catalogue(text: str, key: str, words: str) -> None:
    found = problems("      fire_units: 6", f"      override: {{{text}}}\n      fire_units: 6")
    assert any(problem.key == f"blue.units[0].{key}" and words in str(problem) for problem in found), [str(p) for p in found]


def test_groups_whose_random_numbers_would_overlap_are_refused() -> None:
    # 'plumless' and 'buckeroo' are the textbook pair of words with one CRC-32; the same text before both keeps it so.
    found = check_scenario(MAIN.replace("id: drones", "id: plumless").replace("id: cruise", "id: buckeroo"))
    assert any("random numbers" in problem.message for problem in found)


@pytest.mark.parametrize(
    ("name", "shown"),
    [("x\u202ey", "x\\u202ey"), ("x\ty", "x\\ty"), ("x" * 3_000, "x" * 100), ("\ufeff", "\\ufeff")],
)
def test_a_problem_is_one_line_that_a_terminal_can_show(name: str, shown: str) -> None:
    for text in (str(problem) for problem in problems("    aim: capital", f"    aim: '{name}'")):
        assert text.isprintable()
        assert shown in text
        assert "allowed: capital, airbase" in text
        assert len(text) < 400
