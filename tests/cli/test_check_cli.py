"""``openiads check``."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from openiads.cli import app
from openiads.scenario import scenario_json_schema

EXAMPLES = Path(__file__).parents[2] / "examples"

runner = CliRunner()


def test_good_files_are_ok() -> None:
    files = [str(EXAMPLES / "main.yaml"), str(EXAMPLES / "delivered-set.yaml")]
    result = runner.invoke(app, ["check", *files])
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [f"ok  {file}" for file in files]


def test_problems_of_every_file_go_to_stderr_with_exit_2(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text((EXAMPLES / "main.yaml").read_text().replace("count: 60", "cuont: 60").replace("seed: 7", "seed: -7"))
    result = runner.invoke(app, ["check", str(bad), str(EXAMPLES / "main.yaml"), str(tmp_path / "none.yaml")])
    assert result.exit_code == 2
    assert result.stdout == f"ok  {EXAMPLES / 'main.yaml'}\n"
    lines = result.stderr.splitlines()
    assert any("red[0].cuont: unknown key" in line and "did you mean 'count'?" in line for line in lines)
    assert any("run.seed: -7 must be at least 0" in line for line in lines)
    assert any("no such file" in line for line in lines)
    assert all(line.startswith(str(tmp_path)) for line in lines)


def test_check_and_run_have_the_same_rules_for_how_often(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text((EXAMPLES / "main.yaml").read_text().replace("draws: 64", "draws: 1"))
    results = [runner.invoke(app, ["check", str(bad)]).stderr, str(runner.invoke(app, ["run", str(bad)]).exception) + "\n"]
    assert results[0] == results[1]
    assert "run.draws: one draw says nothing about what is not publicly known; allowed: 0 (chance only) or at least 2" in results[0]


def test_no_file_is_a_usage_error() -> None:
    result = runner.invoke(app, ["check"])
    assert result.exit_code == 2
    assert "scenario file" in result.stderr


def test_the_schema_and_a_file_exclude_each_other() -> None:
    result = runner.invoke(app, ["check", "--schema", "nosuch.yaml"])
    assert result.exit_code == 2
    assert "takes no files" in result.output
    assert not result.stdout


def test_schema_prints_the_json_schema() -> None:
    result = runner.invoke(app, ["check", "--schema"])
    assert result.exit_code == 0
    assert json.loads(result.stdout) == scenario_json_schema()
