"""Systems, weapons and threats of one's own, from a folder beside the built-in catalogue."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from openiads.catalogue import Catalogue, load_catalogue
from openiads.catalogue.check import check_catalogue
from openiads.catalogue.load import DATA
from openiads.cli import app
from openiads.errors import CatalogueError, InputError
from openiads.scenario import check_scenario, load_scenario
from openiads.simulation import Lowered, lower
from openiads.state.layout import World

ROOT = Path(__file__).parents[2]
OWN = ROOT / "docs/howto/own-data"
SCENARIO = ROOT / "docs/howto/own-system.yaml"
TEXT = SCENARIO.read_text(encoding="utf-8")
SMALL = ("--runs", "6", "--draws", "2", "--replicates", "2", "--workers", "1")

Edit = Callable[[dict[str, Any]], object]


def openiads(*arguments: object) -> Any:
    """The command in this process; errors of ours stay exceptions."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def folder(tmp_path: Path, battery: Edit = lambda _: None, drone: Edit = lambda _: None) -> Path:
    """The folder of the page, with changes."""
    yaml, there = YAML(), tmp_path / "own"
    there.mkdir(exist_ok=True)
    for name, edit in (("example_battery", battery), ("example_drone", drone)):
        data = yaml.load((OWN / f"{name}.yaml").read_text(encoding="utf-8"))
        edit(data["components"])
        yaml.dump(data, there / f"{name}.yaml")
    return there


def lowered(text: str, catalogue: Catalogue) -> Lowered:
    return lower(load_scenario(text, catalogue), catalogue)


def messages(text: str, there: Path) -> list[str]:
    return [str(problem) for problem in check_scenario(text, load_catalogue([there]))]


# --------------------------------------------------------------------------------------------------- what enters a run


def test_the_example_is_what_its_files_say() -> None:
    run = lowered(TEXT, load_catalogue([OWN]))
    (post,), (unit,) = run.plan.posts, run.plan.posts[0].units
    assert (post.post.reaction_s, post.post.reaction_cv, post.post.capacity) == (8.0, 0.25, 100)
    assert (unit.unit.channels, unit.unit.missiles_guided, unit.unit.launch_interval_s) == (4, 8, 2.0)
    # One radar turns, searches and guides: it is the only sensor of the post, and fired on without a cue.
    assert [sensor.name for sensor in post.sensors] == ["battery-1/SCAN4"]
    assert unit.fire_control is post.sensors[0]
    assert not unit.cued
    radar = post.sensors[0].radar
    assert (radar.period_s, radar.rotating, radar.anchor_range_m, radar.capacity) == (2.0, True, 60e3, 100)
    assert run.names.weapons == ("EXM1",)
    weapon, (_, magazine) = run.plan.weapons[0][1], unit.magazines[0]
    assert (weapon.speed_avg_mps, weapon.range_min_m, weapon.unit_cost_usd, weapon.launch_reliability) == (600.0, 1e3, 300e3, 0.97)
    assert weapon.needs_radar_until_intercept
    assert not weapon.launch_on_remote
    assert (magazine.ready, magazine.held, magazine.launcher_load, magazine.reload_s) == (12, 6, 6, 600.0)
    assert run.names.classes == ("example_drone",)
    assert run.names.target_classes == ("owa_drone",)
    (envelope,) = run.plan.envelopes[0]
    assert (envelope.sspk, envelope.range_max_m) == (0.8, 20e3)
    assert run.plan.rcs_m2 == ((0.05,),)
    assert run.groups[0].course.speed_mps == 60.0
    assert run.groups[0].unit_cost_usd == pytest.approx(30e3)
    assert run.names.components == ("battery/post", "battery-1/SCAN4", "battery-1/launchers")
    # 12 rounds on launchers of 6
    assert [c.component.launchers for c in run.plan.components if c.name.endswith("launchers")] == [2]


def test_each_fire_unit_has_a_radar_of_its_own() -> None:
    run = lowered(TEXT.replace("fire_units: 1", "fire_units: 2, spread: 5 km"), load_catalogue([OWN]))
    assert run.names.sensors == ("battery-1/SCAN4", "battery-2/SCAN4")
    assert [unit.fire_control.name for unit in run.plan.posts[0].units if unit.fire_control] == list(run.names.sensors)
    assert run.world.feeds["sensor"].tolist() == [0, 1]
    assert run.world.units["fire_control_feed"].tolist() == [0, 1]


def renamed_s400(tmp_path: Path, edit: Callable[[str], str] = lambda text: text) -> Catalogue:
    """The S-400 under another name, with other names of its unit and launcher."""
    text = (DATA / "systems/s400.yaml").read_text(encoding="utf-8")
    for old, new in (("unit", "battalion"), ("launcher_5p85", "tel")):
        text = re.sub(rf"(?m)^  {old}:$", f"  {new}:", text)
    (tmp_path / "mine.yaml").write_text(edit(text), encoding="utf-8")
    return load_catalogue([tmp_path])


@pytest.mark.parametrize("name", ["radar-hunters", "layers"])
def test_components_are_found_by_their_kind_and_not_by_their_name(tmp_path: Path, name: str) -> None:
    catalogue = renamed_s400(tmp_path)
    text = (ROOT / f"examples/{name}.yaml").read_text(encoding="utf-8")
    shipped, own = lowered(text, catalogue).world, lowered(text.replace("system: s400", "system: mine"), catalogue).world
    for field in World._fields:
        assert np.array_equal(getattr(own, field), getattr(shipped, field)), field


def test_a_missile_that_states_the_load_of_a_launcher_needs_no_rule(tmp_path: Path) -> None:
    row = (
        '      launcher_load: {unit: "1", kind: quantity, nominal: 3, low: 3, high: 3, dist: fixed, use: input, status: assumed,\n'
        "        confidence: our judgement}\n"
    )

    def edit(text: str) -> str:
        head, name, tail = text.partition("  msl_48n6e3:\n")
        return head + name + tail.replace("    parameters:\n", "    parameters:\n" + row, 1)

    text = (ROOT / "examples/one-cruise-missile.yaml").read_text(encoding="utf-8")
    assert "48N6E3" in text
    run = lowered(text.replace("system: s400", "system: mine"), renamed_s400(tmp_path, edit))
    loads = {run.plan.weapons[w][0]: magazine.launcher_load for w, magazine in run.plan.posts[0].units[0].magazines}
    assert loads["48N6E3"] == 3


@pytest.mark.parametrize("command", ["check", "info", "run"])
def test_a_source_that_does_not_exist_is_named_where_it_is_cited(tmp_path: Path, command: str) -> None:
    there = folder(tmp_path, lambda parts: parts["radar_scan4"]["parameters"]["range_ref_1m2"]["reports"][0].update(source="nobody"))
    outcome = openiads(command, SCENARIO, "--data", there)
    assert isinstance(outcome.exception, CatalogueError)
    (problem,) = outcome.exception.problems
    file = there / "example_battery.yaml"
    assert (problem.file, problem.key) == (str(file), "components.radar_scan4.parameters.range_ref_1m2.reports[0]")
    assert problem.message == "no source is called 'nobody'"
    assert "nobody" in file.read_text(encoding="utf-8").splitlines()[(problem.line or 0) - 1]


@pytest.mark.parametrize("command", ["check", "info", "run"])
def test_a_folder_without_any_system_is_refused(tmp_path: Path, command: str) -> None:
    outcome = openiads(command, SCENARIO, "--data", tmp_path)
    assert isinstance(outcome.exception, InputError)
    assert str(outcome.exception) == f"{tmp_path} holds neither a folder 'systems' nor a system file (*.yaml)"


def second_missile(name: str) -> Edit:
    """Another missile, like the first but for its name."""
    return lambda parts: parts.update({f"msl_{name}": deepcopy(parts["msl_exm1"])})


@pytest.mark.parametrize("name", ["lrm2", "exm12", "40n6z", "48n6z", "9m96z"])
def test_own_missiles_stand_on_launchers_of_their_own_whatever_their_name(tmp_path: Path, name: str) -> None:
    catalogue = load_catalogue([folder(tmp_path, second_missile(name))])
    text = TEXT.replace("ready: {EXM1: 12}, held: {EXM1: 6}", f"ready: {{EXM1: 12, {name.upper()}: 9}}")
    text = text.replace("battery/SCAN4: 25 %", "battery/launchers: 25 %")
    launchers = lowered(text, catalogue).world.components["launchers"]
    assert launchers.max() == 2 + 2  # six rounds on a launcher: 12 / 6, and 9 / 6 rounded up


@pytest.mark.parametrize(
    ("component", "row", "keys", "message"),
    [
        ("msl_exm1", "launcher_load", {"low": 0.2, "dist": "pert"}, "launcher_load.low: 0.2 must be a whole number"),
        ("msl_exm1", "launcher_load", {"low": 0, "dist": "pert"}, "launcher_load.low: 0 must be at least 1"),
        ("radar_scan4", "tracks_max", {"high": 100.5, "dist": "pert"}, "tracks_max.high: 100.5 must be a whole number"),
    ],
)
def test_no_draw_of_a_count_can_round_to_nothing(tmp_path: Path, component: str, row: str, keys: dict[str, object], message: str) -> None:
    there = folder(tmp_path, changed(component, row, **keys))
    (problem,) = check_catalogue(there).problems
    assert str(problem).startswith(f"{there / 'example_battery.yaml'}:{problem.line}: components.{component}.parameters.{message}")
    (there.parent / "scenario.yaml").write_text(TEXT, encoding="utf-8")
    outcome = openiads("check", there.parent / "scenario.yaml", "--data", there)
    assert isinstance(outcome.exception, CatalogueError)
    assert outcome.exception.problems == [problem]


# ------------------------------------------------------------------------------------------------------- what is missing


def without(component: str, *rows: str) -> Edit:
    def edit(parts: dict[str, Any]) -> None:
        if not rows:
            del parts[component]
        for row in rows:
            del parts[component]["parameters"][row]

    return edit


def changed(component: str, row: str, **keys: object) -> Edit:
    return lambda parts: parts[component]["parameters"][row].update(keys)


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (
            without("radar_scan4", "tracks_max", "anchor_pd"),
            "example_battery.radar_scan4.tracks_max; example_battery.radar_scan4.anchor_pd",
        ),
        (
            without("radar_scan4", "scan_period"),
            "a search radar (kind radar, with scan_period), or example_battery.radar_scan4.scan_period",
        ),
        (without("radar_scan4", "simultaneous_targets"), "an engagement radar (kind radar, with simultaneous_targets)"),
        (without("unit", "reaction_time"), "example_battery.unit.reaction_time"),
        (without("post", "tracks_max"), "example_battery.post.tracks_max"),
        (without("launcher"), "a component of kind launcher"),
        (without("unit"), "a component of kind fire_unit"),
        (without("msl_exm1"), "a component msl_NAME of kind missile"),
        (without("msl_exm1", "launcher_load"), "example_battery.msl_exm1.launcher_load"),
        (without("msl_exm1", "target_speed_max"), "example_battery.msl_exm1.target_speed_max"),
        (without("msl_exm1", "range_max_aircraft"), "example_battery.msl_exm1.range_max_aircraft"),
        (without("msl_exm1", "sspk_owa_drone", "sspk_subsonic_cm"), "example_battery.msl_exm1.sspk_owa_drone (or another target class)"),
        (changed("radar_scan4", "scan_period", unit="km"), "example_battery.radar_scan4.scan_period as a time, not in 'km'"),
        (changed("msl_exm1", "speed_avg", low=0), "example_battery.msl_exm1.speed_avg above 0"),
        (changed("radar_scan4", "band", nominal="Q"), "example_battery.radar_scan4.band as one of VHF, UHF, L, S, C, X, Ku, not 'Q'"),
        (changed("msl_exm1", "launch_on_remote", nominal="maybe"), "launch_on_remote as one of yes, no, not 'maybe'"),
    ],
)
def test_what_a_system_lacks_is_listed_by_path(tmp_path: Path, edit: Edit, words: str) -> None:
    (said,) = messages(TEXT, folder(tmp_path, battery=edit))  # and the aim at its radar is no second fault
    assert said.startswith("<text>:11: blue.units[0].system: 'example_battery' lacks what a unit needs: ")
    assert words in said


def test_two_components_for_one_place_are_refused(tmp_path: Path) -> None:
    def edit(parts: dict[str, Any]) -> None:
        parts["post_2"] = deepcopy(parts["post"])

    (said,) = messages(TEXT, folder(tmp_path, battery=edit))
    assert "only one of example_battery.post, example_battery.post_2 (a component of kind command_post)" in said


def test_a_kill_probability_against_an_unknown_class_is_refused(tmp_path: Path) -> None:
    def edit(parts: dict[str, Any]) -> None:
        rows = parts["msl_exm1"]["parameters"]
        rows["sspk_drone"] = deepcopy(rows["sspk_owa_drone"])

    (said,) = messages(TEXT, folder(tmp_path, battery=edit))
    assert "example_battery.msl_exm1.sspk_drone under a name of fighter, male_uav, owa_drone" in said


def _ballistic(parts: dict[str, Any]) -> None:
    parts["airframe"]["target_class"] = "srbm"


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (without("airframe", "unit_cost"), "example_drone.airframe.unit_cost"),
        (without("airframe", "speed"), "example_drone.airframe.speed (or 'speed' in the group)"),
        (without("airframe", "rcs_x_nose"), "example_drone.airframe.rcs_x_nose (or another band, or 'rcs' in the group)"),
        (lambda parts: parts["airframe"].pop("target_class"), "example_drone.airframe.target_class (one of fighter, male_uav, owa_drone"),
        (_ballistic, "example_drone.airframe.range; example_drone.airframe.apogee; example_drone.airframe.flight_time"),
        (changed("airframe", "rcs_x_nose", unit="m"), "example_drone.airframe.rcs_x_nose as an area, not in 'm'"),
    ],
)
def test_what_a_threat_lacks_is_listed_by_path(tmp_path: Path, edit: Edit, words: str) -> None:
    (said,) = messages(TEXT, folder(tmp_path, drone=edit))
    assert said.startswith("<text>:15: red[0].class: 'example_drone' lacks what a group of the raid needs: ")
    assert words in said


def test_a_group_may_state_what_the_file_leaves_out(tmp_path: Path) -> None:
    there = folder(tmp_path, drone=without("airframe", "speed", "rcs_x_nose"))
    text = TEXT.replace("    count: 12", "    count: 12\n    speed: 55 m/s\n    rcs: {value: 0.1 m^2, why: a test}")
    run = lowered(text, load_catalogue([there]))
    assert (run.groups[0].course.speed_mps, run.plan.rcs_m2[0][0]) == (55.0, 0.1)


def test_a_target_class_is_one_of_those_known_and_belongs_to_what_flies(tmp_path: Path) -> None:
    def misspelt(parts: dict[str, Any]) -> None:
        parts["airframe"]["target_class"] = "owa_dron"

    def on_a_radar(parts: dict[str, Any]) -> None:
        parts["radar_scan4"]["target_class"] = "fighter"

    with pytest.raises(CatalogueError, match=r"components\.airframe\.target_class: .*did you mean 'owa_drone'\?"):
        load_catalogue([folder(tmp_path, drone=misspelt)]).system("example_drone")
    with pytest.raises(CatalogueError, match="target_class: belongs to components of the kinds threat and aircraft, not radar"):
        load_catalogue([folder(tmp_path, battery=on_a_radar)]).system("example_battery")


def test_other_built_in_systems_are_not_yet_modelled_and_own_ones_are_offered() -> None:
    (said,) = messages(TEXT.replace("system: example_battery", "system: patriot"), OWN)
    assert "'patriot' is not yet modelled; allowed: s400, korkut, example_battery" in said
    (said,) = messages(TEXT.replace("system: example_battery", "system: exmaple_battery"), OWN)
    assert "did you mean 'example_battery'?" in said
    (said,) = messages(TEXT.replace("battery/SCAN4", "battery/SCAN5"), OWN)
    assert "there is no asset or component 'battery/SCAN5'; allowed: plant, battery/post, battery/SCAN4, battery/launchers" in said
    (said,) = messages(TEXT.replace("fire_units: 1", "fire_units: 1, version: late"), OWN)
    assert "version: is not a key of 'example_battery'" in said


# ------------------------------------------------------------------------------------------------------ from the command


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    there = tmp_path_factory.mktemp("own") / "record"
    done = openiads("run", SCENARIO, "--data", OWN, *SMALL, "--out", there)
    assert done.exit_code == 0, done.output
    assert f"next: openiads evidence example_battery.msl_exm1.sspk_owa_drone --data {OWN}" in done.output
    return there


def test_a_run_with_own_files_names_them_by_their_digest(record: Path) -> None:
    lock = json.loads((record / "data-lock.json").read_text(encoding="utf-8"))
    digests = {path.stem: hashlib.sha256(path.read_bytes()).hexdigest() for path in OWN.glob("*.yaml")}
    assert lock["own_files"] == digests
    assert digests.items() <= lock["catalogue"].items()
    assert "example_leaflet" in {source["id"] for source in lock["sources"]}
    summary = json.loads((record / "summary.json").read_text(encoding="utf-8"))
    assert summary["outcomes"]["shots"]["mean"] > 0
    page = (record / "report.html").read_text(encoding="utf-8")
    assert "--data FOLDER" in page
    assert "Example battery leaflet" in page


def test_check_and_info_read_the_same_folder() -> None:
    assert openiads("check", SCENARIO, "--data", OWN).output == f"ok  {SCENARIO}\n"
    assert "Example short-range battery, 1 fire unit, 4 targets and 8 missiles at once" in openiads("info", SCENARIO, "--data", OWN).output
    bare = openiads("check", SCENARIO)
    assert bare.exit_code == 2
    assert "there is no system 'example_battery'" in bare.output
    assert "there is no threat or aircraft 'example_drone'" in bare.output


def test_resume_notices_a_changed_own_file(tmp_path: Path) -> None:
    there, out = folder(tmp_path), tmp_path / "record"
    assert openiads("run", SCENARIO, "--data", there, *SMALL, "--out", out).exit_code == 0
    assert openiads("run", SCENARIO, "--data", there, *SMALL, "--out", out, "--resume").exit_code == 0
    note = there / "example_battery.yaml"
    note.write_text(note.read_text(encoding="utf-8") + "# a remark\n", encoding="utf-8")
    error = openiads("run", SCENARIO, "--data", there, *SMALL, "--out", out, "--resume").exception
    assert isinstance(error, InputError)
    assert "was begun with another own file.example_battery; --resume goes on only with the same" in str(error)


def test_a_name_of_the_built_in_catalogue_is_taken(tmp_path: Path) -> None:
    there = folder(tmp_path)
    (there / "example_battery.yaml").rename(there / "s400.yaml")
    error = openiads("run", SCENARIO, "--data", there, "--out", tmp_path / "record").exception
    assert isinstance(error, CatalogueError)
    assert str(error) == f"{there / 's400.yaml'}: the catalogue has a system 's400' already"
    assert not (tmp_path / "record").exists()


def test_a_whole_catalogue_of_ones_own_may_change_a_system(tmp_path: Path) -> None:
    for part in ("sources.yaml", "claims.yaml"):
        (tmp_path / part).symlink_to(DATA / part)
    (tmp_path / "systems").mkdir()
    for path in (DATA / "systems").glob("*.yaml"):
        (tmp_path / "systems" / path.name).symlink_to(path)
    mine = tmp_path / "systems" / "s400.yaml"
    text = mine.read_text(encoding="utf-8")
    mine.unlink()
    mine.write_text(f"{text}# mine\n", encoding="utf-8")
    catalogue = Catalogue(tmp_path)
    assert [name for name in catalogue.names() if not catalogue.is_built_in(name)] == ["s400"]
    assert not any(catalogue.is_own(name) for name in catalogue.names())
    assert check_scenario(ROOT / "examples/one-cruise-missile.yaml", catalogue) == []
