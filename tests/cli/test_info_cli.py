"""``openiads info``: every expected word follows from the text of the scenario and the rows of the catalogue."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

import raids
from openiads.catalogue import load_catalogue
from openiads.cli import app
from openiads.experiments.options import Options
from openiads.experiments.run import run_experiment

EXAMPLES = Path(__file__).parents[2] / "examples"

runner = CliRunner()


def described(*files: Path) -> str:
    """What is printed about good files, lines joined."""
    result = runner.invoke(app, ["info", *map(str, files)])
    assert result.exit_code == 0, result.stderr
    assert all(len(line) <= 100 or line.startswith(str(file)) for line in result.stdout.splitlines() for file in files)
    return " ".join(result.stdout.split())


def test_the_main_example_in_words() -> None:
    text = described(EXAMPLES / "main.yaml")
    assert "main.yaml: One S-400 system against a mixed raid question How many get through" in text
    assert "place Aldoria (invented), 600 km x 400 km, flat assets capital, value 1,000 airbase, value 400 defence" in text
    assert f"6 fire units, {6 * 6} targets and {6 * 12} missiles at once" in text
    assert f"ready {24 + 72 + 96} (40N6E 24, 48N6E3 72, 9M96E2 96); held {21 + 63 + 84} (40N6E 21," in text
    assert "shoot-look-shoot, salvo 1 (2 against srbm), prefer layered, 24 kept for srbm, weapons tight" in text
    assert f"raid {60 + 24 + 6 + 4} lethal in 4 groups" in text
    assert "aimed at capital (42) and airbase (18); starting every 8 s" in text  # 70 % and 30 % of 60
    assert "ballistic, aimed at airbase; arriving at 95 min fighters" in text
    assert "arriving at 95 min +/- 2 min" in text
    assert "runs 1,000 nominal replicates; 64 draws of what is not publicly known x 50; seed 7" in text


def test_harmless_members_are_counted_apart_and_random_starts_are_said() -> None:
    text = described(EXAMPLES / "drone-swarm.yaml")
    assert "raid 65 lethal and 35 harmless in 2 groups" in text
    assert "starting at random, 0.1 /s" in text


FORMS = [
    ("ready: {48N6E3: 4}", "ready: {}", "no missiles"),
    ("fire: x", "fire: {sequence: [2, 1]}", "rules of fire: salvos of 2, then 1, prefer"),
    ("spacing: 8 s", "spacing: 8 s\n    start: 90 s", "starting every 8 s from 90 s on"),
    ("spacing: 8 s", "start: 2 min", "starting together at 2 min"),
    ("draws: 4", "draws: 0", "50 nominal replicates; no draws (chance only); seed 3"),
    ('{question: "How many get through?", ', "{", "a.yaml: A small raid notice How many get through?"),
    ("notional: yes", "notional: yes", "own values: unit.reaction_time"),
    ("count: 1\n", "count: 1\n", "1 x drone_decoy, harmless"),
]


@pytest.mark.parametrize(("old", "new", "said"), FORMS)
def test_what_a_scenario_may_state(old: str, new: str, said: str, tmp_path: Path) -> None:
    text = raids.small()
    text = text.replace("red:\n", "  doctrine: {" + new + "}\nred:\n") if old == "fire: x" else text.replace(old, new, 1)
    assert new in text
    file = tmp_path / "a.yaml"
    file.write_text(text)
    assert said in described(file)


def test_it_counts_the_assumptions_that_a_run_rests_on(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(raids.small())
    record = run_experiment(file, tmp_path / "run", Options(runs=2, draws=0, replicates=1, workers=1), load_catalogue())
    assert f"rests on {record.summary['assumptions']} assumptions; no public source backs them" in described(file)


def test_several_files_are_described_and_bad_ones_explained(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text((EXAMPLES / "main.yaml").read_text().replace("count: 60", "cuont: 60"))
    result = runner.invoke(
        app, ["info", str(EXAMPLES / "main.yaml"), str(bad), str(tmp_path / "none.yaml"), str(EXAMPLES / "saturation.yaml")]
    )
    assert result.exit_code == 2
    titles = [line for line in result.stdout.splitlines() if line.startswith(str(EXAMPLES))]
    assert titles == [
        f"{EXAMPLES / 'main.yaml'}: One S-400 system against a mixed raid",
        f"{EXAMPLES / 'saturation.yaml'}: Four times as many cruise missiles at once as there are channels",
    ]
    assert "red[0].cuont: unknown key" in result.stderr
    assert "none.yaml: there is no such file" in result.stderr


def test_no_file_is_a_usage_error() -> None:
    assert runner.invoke(app, ["info"]).exit_code == 2
