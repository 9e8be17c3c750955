"""Reading the catalogue: names, units, overrides, own systems and bad files."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from openiads.catalogue import Override, load_catalogue, words
from openiads.errors import CatalogueError, InputError

OWN = """\
openiads_catalogue: 1
name: Own system
role: an example
sources:
  - {id: my_note, title: A note, publisher: me, date: "2026", kind: blog, speaker: press, standing: low care, checked: full, reuse: facts}
components:
  radar:
    name: Radar
    kind: radar
    parameters:
      tilt: {unit: deg, kind: quantity, nominal: 90, low: 0, high: 90, dist: pert, use: input, status: assumed, confidence: our judgement}
      price: {unit: kUSD, kind: quantity, nominal: 3, low: 3, high: 3, dist: fixed, use: input, status: assumed, confidence: our judgement}
      band:
        {unit: "1", kind: category, nominal: on, options: [on, no], dist: choice, use: input, status: reported,
         confidence: single or disputed, families: [press], reports: [{value: on, source: my_note}]}
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    (tmp_path / "own.yaml").write_text(OWN)
    return tmp_path


@pytest.mark.parametrize(
    ("path", "si"),
    [
        ("s400.unit.reaction_time", 10.0),
        ("s400.unit.deploy_time", 300.0),
        ("s400.msl_48n6e3.range_max_aircraft", 250_000.0),
        ("s400.unit.cost_per_regiment_set", 1.15e9),
        ("s400.radar_92n6e.azimuth_sector", math.pi / 2),
        ("s400.radar_92n6e.frequency", 1e10),
        ("korkut.gun.rate_of_fire", 1100 / 60),
        ("f16.airframe.rcs_x_nose", 2.5),
        ("threat_strike_uav.airframe.speed_cruise", 36.5),
        ("siper.msl_product2.first_delivery_year", 2027.0),
        ("s400.msl_48n6e3.sspk_srbm", 0.5),
    ],
)
def test_values_in_si(path: str, si: float):
    assert load_catalogue().parameter(path).si_nominal() == pytest.approx(si, rel=1e-12)


def test_ends_of_the_interval_in_si():
    p = load_catalogue().parameter("s400.radar_92n6e.range_ref_1m2")
    assert (p.si_low(), p.si_high()) == (150e3, 250e3)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("s4000.unit.reaction_time", "no system is called 's4000'; did you mean 's400'?"),
        ("s400.unt.reaction_time", "did you mean 'unit'?"),
        ("s400.unit.reaction_tme", "did you mean 'reaction_time'"),
        ("s400.reaction_time", "write system.component.parameter"),
    ],
)
def test_unknown_names_show_the_nearest(path: str, message: str):
    with pytest.raises(InputError, match=message.replace("?", r"\?")):
        load_catalogue().parameter(path)


def test_categories_have_no_si_value_and_versions_have_names():
    catalogue = load_catalogue()
    with pytest.raises(InputError, match="is a category"):
        catalogue.parameter("s400.radar_92n6e.band").si_nominal()
    with pytest.raises(InputError, match="known versions: early, late"):
        catalogue.parameter("s400.unit.fire_units_per_command_post").version_value("older")


def test_fixing_a_version():
    catalogue = load_catalogue()
    late = catalogue.parameter("s400.radar_92n6e.simultaneous_targets").with_version("late")
    assert (late.nominal, late.low, late.high, late.dist, late.draw_group) == (10, 10, 10, "fixed", None)
    reaction = catalogue.parameter("s400.unit.reaction_time")
    assert reaction.with_version("late") is reaction
    assert words.basis(late) == "its value in the late version, which the scenario states"
    assert words.law(late) == "not varied"


def test_an_override_keeps_its_reason():
    p = load_catalogue().parameter("s400.unit.deploy_time").with_override(Override(value="90 s", why="drill"))
    assert (p.nominal, p.si_low(), p.si_high(), p.dist) == (1.5, 90.0, 90.0, "fixed")
    assert p.override == Override(value="90 s", why="drill")
    sspk = load_catalogue().parameter("s400.msl_48n6e3.sspk_srbm").with_override(Override(value="70 %", why="what if"))
    assert sspk.si_nominal() == 0.7
    assert sspk.draw_group is None
    flag = load_catalogue().parameter("s400.msl_48n6e3.launch_on_remote").with_override(Override(value="yes", why="what if"))
    assert flag.nominal == "yes"


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("s400.unit.reaction_time", "20 km", "not a time"),
        ("s400.unit.reaction_time", 20, "has no unit"),
        ("s400.unit.reaction_time", "-1 s", "must not be negative"),
        ("s400.msl_48n6e3.sspk_srbm", 1.2, "between 0 and 1"),
        ("s400.msl_48n6e3.launch_on_remote", "maybe", "is not one of no, yes"),
        ("s400.radar_92n6e.simultaneous_targets", 6.5, "6.5 must be a whole number"),
        ("s400.radar_92n6e.simultaneous_targets", 0.3, "0.3 must be a whole number"),
        ("s400.radar_91n6e.tracks_max", 0.4, "0.4 must be a whole number"),
        ("s400.radar_92n6e.confirm_hits", "2.5", "'2.5' must be a whole number"),
        ("s400.unit.missiles_guided_per_engagement_radar", 0, "0 must be at least 1"),
        ("s400.launcher_5p85.positions", 0, "0 must be at least 1"),
        ("s400.radar_92n6e.anchor_swerling", 7, "7 is not one of 0, 1, 2, 3, 4"),
    ],
)
def test_impossible_overrides_are_refused(path: str, value: float | str, message: str):
    with pytest.raises(InputError, match=message):
        load_catalogue().parameter(path).with_override(Override(value=value, why="test"))


def test_an_own_system_is_one_file(own: Path):
    catalogue = load_catalogue([own])
    assert len(catalogue.names()) == 25
    assert catalogue.parameter("own.radar.tilt").si_nominal() == pytest.approx(math.pi / 2)
    assert catalogue.parameter("own.radar.price").si_nominal() == 3000.0
    assert catalogue.parameter("own.radar.band").options == ("on", "no")
    assert catalogue.source("my_note").publisher == "me"


def test_an_own_system_cannot_hide_a_built_in_one(own: Path):
    (own / "own.yaml").rename(own / "s400.yaml")
    with pytest.raises(CatalogueError, match="has a system 's400' already"):
        load_catalogue([own])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "low: 0,",
            "low: 95,",
            r"own\.yaml:11: components\.radar\.parameters\.tilt\.low: low 95 is above high 90",
        ),
        ("unit: kUSD", "unit: EUR", r"own\.yaml:12: .*price\.unit: unknown unit 'EUR'"),
        ("nominal: 3,", "nominl: 3,", r"own\.yaml:12: .*price\.nominal: is missing"),
        (
            "dist: pert",
            "dist: normal",
            r"own\.yaml:11: .*tilt\.dist: 'normal' is not allowed; allowed: fixed, pert, log_pert, discrete, choice",
        ),
        ("nominal: 90", "nominal: .nan", r"own\.yaml:11: .*tilt\.nominal: "),
        ("name: Radar", "name: Radar\n    name: Other", r"own\.yaml:9: components\.radar\.name: stands twice"),
        ("openiads_catalogue: 1", "openiads_catalogue: 2", r"own\.yaml:1: openiads_catalogue: 2 is not allowed; allowed: 1"),
        ("components:", "components: [", r"own\.yaml:6: the bracket '\[' opened here is not closed"),
    ],
)
def test_a_corrupt_entry_is_one_clear_message(own: Path, old: str, new: str, message: str):
    (own / "own.yaml").write_text(OWN.replace(old, new, 1))
    with pytest.raises(CatalogueError, match=message):
        load_catalogue([own]).system("own")


@pytest.mark.parametrize(("content", "message"), [(b"", "is empty"), (b"\xff\xfe\x00", "not a text file"), (b"- 1\n", "must be a mapping")])
def test_a_file_that_is_no_system(own: Path, content: bytes, message: str):
    (own / "own.yaml").write_bytes(content)
    catalogue = load_catalogue([own])
    with pytest.raises(CatalogueError, match=message):
        catalogue.system("own")
    assert catalogue.system("sungur").name == "Sungur"  # only the file asked for is read


def test_reading_the_catalogue_loads_no_compiled_core():
    code = "import sys, json; import openiads.catalogue as c; c.load_catalogue().system('sungur'); print(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)
    assert not {"numba", "openiads.engine", "openiads.kernel", "scipy"} & set(loaded)


@pytest.mark.parametrize(
    ("file", "message"), [("F 16.yaml", r"F 16\.yaml: 'F 16' is not a name"), ("f16.yml", r"f16\.yml: .*must end in \.yaml, not \.yml")]
)
def test_a_file_that_is_not_named_as_a_system_is_refused(own: Path, file: str, message: str):
    (own / "own.yaml").rename(own / file)
    with pytest.raises(CatalogueError, match=message):
        load_catalogue([own])


@pytest.mark.parametrize(
    ("path", "listed"),
    [
        ("own", r"under own: radar\.tilt, radar\.price, radar\.band; all: 'openiads systems own'"),
        ("own.radar", r"under own\.radar: tilt, price, band; all: 'openiads systems own'"),
        ("own.rdar", "such as s400"),
        ("s400.unit", r"under s400\.unit: (\w+, ){11}\w+ and \d+ more; all: 'openiads systems s400'"),
    ],
)
def test_a_path_that_is_too_short_lists_what_lies_under_it(own: Path, path: str, listed: str):
    with pytest.raises(InputError, match=listed):
        load_catalogue([own]).parameter(path)


def test_the_data_lock_names_the_bytes(own: Path):
    before = load_catalogue([own]).digest("own")
    (own / "own.yaml").write_text(OWN + "\n")
    assert load_catalogue([own]).digest("own") != before
    assert YAML(typ="safe", pure=True).load(OWN)["name"] == load_catalogue([own]).system("own").name


def test_names_that_do_not_read_as_words_have_titles():
    titles = {
        "f16.airframe.rcs_s_nose": "radar cross-section from the nose, S band",
        "s400.radar_92n6e.anchor_pd": "detection probability at the reported range",
        "s400.unit.reaction_time": "reaction time",
        "s400.msl_40n6e.sspk_male_uav": "single-shot kill probability against strike UAVs",
        "network_integration.damage.p_damage_owa_drone": "probability of damage by one-way attack drones",
        "f35a.airframe.speed_cruise": "cruise speed",
    }
    catalogue = load_catalogue()
    assert {path: words.title(catalogue.parameter(path)) for path in titles} == titles


def test_owners_in_names_and_small_numbers_without_exponents():
    owners = {"s400.msl_40n6e.sspk_male_uav": "S-400 Triumf: Missile 40N6E", "f35a.airframe.speed_cruise": "F-35A"}
    catalogue = load_catalogue()
    assert {path: words.owner(catalogue, catalogue.parameter(path)) for path in owners} == owners
    assert [words.number(x) for x in (1e-6, 0.00025, 12_345.0, 0.0)] == ["0.000001", "0.00025", "12,345", "0"]
