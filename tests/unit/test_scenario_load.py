"""Values of scenarios that load, and the way back to a file."""

from __future__ import annotations

import json
import math
import re
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from openiads.catalogue import load_catalogue
from openiads.errors import InputError
from openiads.scenario import (
    Scenario,
    check_scenario,
    entity_code,
    is_ballistic,
    load_scenario,
    save_scenario,
    scenario_json_schema,
    scenario_text,
    weapon_component,
)

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").rglob("*.yaml"))
MAIN = ROOT / "examples" / "main.yaml"


def example(name: str) -> Scenario:
    return load_scenario(ROOT / "examples" / f"{name}.yaml")


def test_the_six_examples_are_there() -> None:
    names = {path.stem for path in EXAMPLES}
    assert names >= {"main", "delivered-set", "one-cruise-missile", "saturation", "drone-swarm", "ballistic-salvo"}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_is_good_and_explains_itself(path: Path) -> None:
    assert check_scenario(path) == []
    info = load_scenario(path).info
    assert info.question
    assert info.notice
    assert info.try_next


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_saving_and_loading_again_changes_nothing(path: Path, tmp_path: Path) -> None:
    scenario = load_scenario(path)
    save_scenario(scenario, tmp_path / "again.yaml")
    assert load_scenario(tmp_path / "again.yaml") == scenario
    assert list(tmp_path.iterdir()) == [tmp_path / "again.yaml"]


def test_main_is_the_raid_and_the_defence_of_its_title() -> None:
    main = example("main")
    [unit] = main.blue.units
    assert (unit.system, unit.version, unit.fire_units) == ("s400", "early", 6)
    assert {group.class_name: group.count for group in main.red} == {
        "threat_owa_drone": 60,
        "threat_subsonic_cm": 24,
        "threat_srbm_300": 6,
        "f16": 4,
    }
    assert set(unit.ready) == {"40N6E", "48N6E3", "9M96E2"}
    fighters = main.red[3]
    assert fighters.release_m == 60_000.0
    assert fighters.lethal


@pytest.mark.parametrize("name", ["main", "delivered-set", "saturation", "drone-swarm", "ballistic-salvo", "one-cruise-missile"])
def test_stocks_are_those_of_the_catalogue(name: str) -> None:
    catalogue = load_catalogue()
    per_fire_unit = catalogue.parameter("s400.unit.ready_missiles_per_battalion").si_nominal()
    per_two = catalogue.parameter("s400.unit.missiles_held_per_regiment_set").si_nominal()
    [unit] = example(name).blue.units
    assert sum(unit.ready.values()) == per_fire_unit * unit.fire_units
    if unit.held:
        assert sum(unit.ready.values()) + sum(unit.held.values()) == per_two * unit.fire_units / 2


def test_the_delivered_set_differs_from_main_in_its_defence_only() -> None:
    main, delivered = example("main"), example("delivered-set")
    assert delivered.red == main.red
    assert delivered.assets == main.assets
    assert delivered.run == main.run
    assert delivered.blue.units[0].fire_units == 2
    assert not any(weapon.startswith("40N6") for weapon in delivered.blue.units[0].ready)


def test_text_with_units_becomes_si() -> None:
    main = example("main")
    drones, cruise = main.red[0], main.red[1]
    assert main.place.extent.east_m == 600_000.0
    assert main.place.extent.north_m == 400_000.0
    airbase = main.assets[1].at
    assert (airbase.anchor, airbase.range_m) == ("capital", 35_000.0)
    assert airbase.bearing_rad == pytest.approx(200.0 * math.pi / 180.0, rel=1e-15)
    assert (drones.start.anchor, drones.start.range_m) == ("origin", 300_000.0)
    assert drones.height is not None
    assert (drones.height.value_m, drones.height.reference) == (1_500.0, "AMSL")
    assert (drones.speed_mps, drones.spacing_s) == (51.0, 8.0)
    assert drones.aim == {"capital": 0.7, "airbase": 0.3}
    assert (drones.variation.time_s, drones.variation.scale) == (20.0, 0.02)
    assert drones.variation.rotate_rad == pytest.approx(math.pi / 180.0, rel=1e-15)
    assert cruise.arrive is not None
    assert (cruise.arrive.time_s, cruise.arrive.spread_s) == (5_700.0, 120.0)
    assert cruise.aim == {"capital": 1.0}
    assert main.run.seed == 7


def test_defaults() -> None:
    scenario = example("one-cruise-missile")
    assert scenario.world.earth == "wgs84"
    assert scenario.world.rotation is True
    assert scenario.world.effective_earth == 4.0 / 3.0
    assert scenario.blue.doctrine.salvo == {"default": 1}
    assert scenario.blue.doctrine.assess.reopen_hits is None
    assert scenario.blue.units[0].spread_m == 0.0
    assert scenario.red[0].start_s == 0.0
    assert scenario.red[0].spacing_s is None


def test_a_decoy_is_harmless_unless_stated() -> None:
    text = (ROOT / "examples" / "drone-swarm.yaml").read_text()
    assert load_scenario(text.replace("    lethal: no\n", "")).red[1].lethal is False
    assert load_scenario(text.replace("lethal: no", "lethal: yes")).red[1].lethal is True
    assert load_scenario(text).red[0].lethal is True


DOCTRINES: list[tuple[str, str, Any]] = [
    ("fire: once", "fire.policy", "once"),
    ("fire: {sequence: [2, 1]}", "fire.sequence", (2, 1)),
    ("salvo: 2", "salvo", {"default": 2}),
    ("salvo: {srbm: 2}", "salvo", {"default": 1, "srbm": 2}),
    ("assess: {p_false_kill: 5 %, reopen_hits: 3}", "assess.reopen_hits", 3),
    ("assess: {p_false_kill: 5 %, reopen_hits: never}", "assess.reopen_hits", None),
    ("reserve: [{for: srbm, missiles: 2}, {for: mrbm, missiles: 3}]", "reserve", None),
]


@pytest.mark.parametrize(("line", "path", "expected"), DOCTRINES)
def test_forms_of_the_doctrine(line: str, path: str, expected: object) -> None:
    text = (ROOT / "examples" / "one-cruise-missile.yaml").read_text()
    scenario = load_scenario(text.replace("doctrine: {fire: shoot-look-shoot, prefer: earliest-intercept}", f"doctrine: {{{line}}}"))
    value: Any = scenario.blue.doctrine
    for step in path.split("."):
        value = getattr(value, step)
    if path == "reserve":
        assert [(entry.target_class, entry.missiles) for entry in value] == [("srbm", 2), ("mrbm", 3)]
    else:
        assert value == expected
    assert load_scenario(scenario_text(scenario)) == scenario


def test_every_optional_key_of_a_group_survives_the_round_trip() -> None:
    group = """
  - id: rich
    class: threat_supersonic_cm
    count: 3
    from: {bearing: 10 deg, range: 200 km, of: airbase}
    via: [{from: airbase, bearing: 45 deg, range: 90 km}, {bearing: 50 deg, range: 60 km}]
    width: 5 km
    height: 10 kft AMSL
    speed: 1400 kt
    start: 1.5 min
    arrivals: {poisson: 3 /min}
    aim: {capital: 33.3 %, airbase: 66.7 %}
    release: 20 km
    lethal: no
    variation: {time: 7 s, scale: 1 %, rotate: 0.3 deg}
    rcs: {value: -7 dBsm, why: a smaller one}
run:"""
    scenario = load_scenario(MAIN.read_text().replace("\nrun:", group))
    rich = scenario.red[-1]
    assert rich.via[0].anchor == "airbase"
    assert rich.height is not None
    assert rich.height.value_m == pytest.approx(3_048.0, rel=1e-12)
    assert rich.speed_mps == pytest.approx(1400 * 1852 / 3600, rel=1e-12)
    assert rich.arrivals is not None
    assert rich.arrivals.poisson_per_s == pytest.approx(0.05)
    assert rich.rcs is not None
    assert rich.rcs.value_m2 == pytest.approx(10**-0.7)
    assert load_scenario(scenario_text(scenario)) == scenario


def test_overrides_are_read_with_the_unit_of_the_parameter() -> None:
    text = MAIN.read_text().replace(
        "      fire_units: 6", "      override: {unit.reaction_time: {value: 0.5 min, why: cold track}}\n      fire_units: 6"
    )
    override = load_scenario(text).blue.units[0].override["unit.reaction_time"]
    assert load_catalogue().parameter("s400.unit.reaction_time").with_override(override).si_nominal() == 30.0


def test_a_scenario_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        example("main").run.seed = 8  # type: ignore[misc]


def test_saving_into_no_folder_is_one_message_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        save_scenario(example("main"), tmp_path / "none" / "a.yaml")
    (tmp_path / "taken").mkdir()
    with pytest.raises(InputError, match="cannot be written"):
        save_scenario(example("main"), tmp_path / "taken")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_the_published_schema_is_current_and_strict() -> None:
    published = json.loads((resources.files("openiads.scenario") / "scenario.schema.json").read_text())
    assert published == scenario_json_schema()
    models = [published, *published["$defs"].values()]
    assert all(model["additionalProperties"] is False for model in models if "properties" in model)
    group = published["$defs"]["RedGroup"]
    assert {"class", "from", "speed", "height", "release"} <= set(group["properties"])
    assert not any(name.endswith(("_m", "_s", "_mps", "_rad")) for model in models for name in model.get("properties", {}))


@pytest.mark.parametrize(
    ("key", "good", "bad"),
    [
        ("range", ("250 km", "1.5e3 m", "1 000 m", ".5nmi"), ("300 s", "-300 km", "300", "km", "3 kms")),
        ("bearing", ("90 deg", "-1.5 rad"), ("90", "90 km", "north")),
    ],
)
def test_the_schema_tells_an_editor_about_units(key: str, good: tuple[str, ...], bad: tuple[str, ...]) -> None:
    pattern = scenario_json_schema()["$defs"]["Start"]["properties"][key]["pattern"]
    assert all(re.search(pattern, text) for text in good)
    assert not any(re.search(pattern, text) for text in bad)


def test_the_format_has_no_key_that_searches() -> None:
    text = json.dumps(scenario_json_schema()).lower()
    assert not any(word in text for word in ("optimi", "objective", "maximi", "minimiz", "search over", "candidates"))


def test_the_documentation_names_every_key() -> None:
    page = (ROOT / "docs" / "scenario-format.md").read_text()
    schema = scenario_json_schema()
    keys = {key for model in [schema, *schema["$defs"].values()] for key in model.get("properties", {})}
    documented = {word for code in re.findall(r"`[^`\n]+`", page) for word in re.findall(r"\w+", code)}
    assert keys <= documented


def test_names_of_the_catalogue() -> None:
    catalogue = load_catalogue()
    assert weapon_component("48N6E3") in catalogue.system("s400").components
    ballistic = {name for name in catalogue.names() if name.startswith("threat_") and is_ballistic(catalogue.system(name))}
    assert ballistic == {"threat_srbm_300", "threat_srbm_700", "threat_mrbm"}


def test_entity_codes_are_crc_32() -> None:
    assert entity_code("123456789") == 0xCBF43926  # the check value of CRC-32 (ISO 3309)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["5 km", "origin", "capital", "1 s"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["from", "at", "range", "sequence"]), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(junk=JUNK, data=st.data())
def test_junk_anywhere_is_a_problem_and_never_a_crash(junk: object, data: st.DataObject) -> None:
    tree = json.loads(json.dumps(example("drone-swarm").model_dump(mode="json", by_alias=True, exclude_none=True)))
    node: Any = tree
    while True:
        key = data.draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
        if not isinstance(node[key], (dict, list)) or not node[key] or data.draw(st.booleans()):
            break
        node = node[key]
    node[key] = junk
    problems = check_scenario(json.dumps(tree, indent=1))
    assert all(problem.file == "<text>" and problem.message for problem in problems)
