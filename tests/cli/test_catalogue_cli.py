"""The catalogue on the command line: what is printed, and with which exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from openiads.catalogue.load import DATA
from openiads.cli import app
from openiads.errors import InputError

FAULTY = """\
openiads_catalogue: 1
name: Own
role: an example
components:
  unit:
    name: Unit
    kind: fire_unit
    parameters:
      reaction_time:
        {unit: s, kind: quantity, nominal: 30, low: 8, high: 20, dist: pert, use: input, status: assumed, confidence: our judgement}
"""


def run(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "100", "NO_COLOR": "1"}).invoke(app, list(arguments))


def test_the_built_in_data_pass_the_check():
    result = run("catalogue", "check")
    assert result.exit_code == 0
    assert result.output.strip().endswith("203 sources, 129 claims: no fault")


def test_a_fault_is_one_line_and_exit_1(tmp_path: Path):
    (tmp_path / "own.yaml").write_text(FAULTY)
    result = run("catalogue", "check", "--data", str(tmp_path))
    assert result.exit_code == 1
    fault, summary = result.output.strip().splitlines()
    assert fault.endswith("own.yaml:10: components.unit.parameters.reaction_time.nominal: nominal 30 is not between low 8 and high 20")
    assert summary.endswith(": 1 fault")


@pytest.mark.parametrize(
    "arguments",
    [
        ("catalogue", "check", "--data", "no-such-folder"),
        ("systems", "s40"),
        ("evidence", "s400.unit.reaction_tim"),
        ("evidence", "s400"),
        ("systems", "--data", "no-such-folder"),
    ],
)
def test_what_does_not_exist_is_one_message_and_exit_2(arguments: tuple[str, ...]):
    result = run(*arguments)
    assert isinstance(result.exception, InputError)  # the main program prints it and ends with this code
    assert result.exception.exit_code == 2
    assert len(str(result.exception).splitlines()) == 1


def test_systems_as_json_is_one_object_each():
    listed = json.loads(run("systems", "--json").output)
    assert [s["id"] for s in listed] == sorted(p.stem for p in (DATA / "systems").glob("*.yaml"))
    s400 = next(s for s in listed if s["id"] == "s400")
    assert s400["versions"] == ["early", "late"]
    assert {"id": "radar_92n6e", "name": "Engagement radar 92N6E", "kind": "radar"} in s400["components"]


def test_systems_lists_and_shows():
    listed = run("systems").output
    assert "threat_owa_drone" in listed
    assert "neutral_airliner" in listed
    shown = run("systems", "thaad").output
    assert "reaction_time" in shown
    assert "20 s (10 to 40)" in shown
    assert "range_max_ballistic" in shown
    assert all(len(line) <= 100 for line in shown.splitlines())


def test_one_system_as_json_has_its_values():
    thaad = json.loads(run("systems", "thaad", "--json").output)
    assert thaad["components"]["msl_thaad"]["parameters"]["altitude_max"]["nominal"] == 150


def test_evidence_says_who_where_and_why():
    text = " ".join(run("evidence", "s400.unit.targets_engaged_per_command_post").output.split())
    assert "36 (options 36, 40, 80)" in text
    assert "They differ by a factor of 2.2: 36 (3 press, 1 state media); 40 (1 state media); 80 (2 press, 1 state media)." in text
    assert "emerges from a run and is compared with it; never an input" in text
    assert "early 36, late 80" in text
    assert "not shown: licence unknown" in text
    assert "does not count: counts one fire unit" in text
    assert "C002-30 Up to 36 targets can be fought together." in text
    assert "single or disputed" in text


def test_evidence_shows_the_contradictions_between_the_articles():
    text = " ".join(run("evidence", "s400.unit.networked_with_nato_air_picture").output.split())
    assert "contradicts C004-19" in text
    assert "the articles contradict each other" in text
    assert "C002-20 The hardware is said never to have been put on duty" in text


def test_own_systems_can_be_shown(tmp_path: Path):
    (tmp_path / "own.yaml").write_text(FAULTY.replace("nominal: 30", "nominal: 9"))
    assert "9 s (8 to 20)" in run("systems", "own", "--data", str(tmp_path)).output
    text = run("evidence", "own.unit.reaction_time", "--data", str(tmp_path)).output
    assert "No source: the row is ours." in text


@pytest.mark.parametrize(
    ("path", "n"), [("s400.msl_40n6e.unit_cost", 1), ("hisar_a.msl.range_max_aircraft", 2), ("patriot.msl_mse.range_max_aircraft", 4)]
)
def test_evidence_says_that_reports_without_figures_were_counted(path: str, n: int):
    text = " ".join(run("evidence", path).output.split())
    further = "1 further report, cited without its figure" if n == 1 else f"{n} further reports, cited without their figures"
    assert f"the middle of the best-supported reports; {further}, entered the choice" in text
    assert f"agree within a factor of {1.5 if n == 2 else 2}, counting {n} cited without" in text
    assert "The one report that may be quoted says" in text


def test_evidence_without_withheld_reports_counts_none():
    text = run("evidence", "thaad.msl_thaad.altitude_max").output
    assert "cited without" not in text
    assert "Both published reports say 150 km." in text


@pytest.mark.parametrize("path", ["f35a.airframe.rcs_s_nose", "f35a.airframe.rcs_without_absorber_x", "s400.radar_96l6e.band"])
def test_what_is_published_but_not_quotable_is_not_called_unpublished(path: str):
    text = " ".join(run("evidence", path).output.split())
    assert "published only in a commercial database" in text
    assert "No figure that may be quoted was found." in text
    assert "No published figure was found" not in text


def test_a_small_difference_is_not_a_factor_of_one():
    assert "They differ by a factor of 1.03: 50 m/s" in run("evidence", "threat_owa_drone.airframe.speed").output  # 51.4 / 50 = 1.028
