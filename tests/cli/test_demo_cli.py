"""`openiads demo`: the examples that come with the program."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from openiads.cli import app
from openiads.errors import InputError
from openiads.records import load_record
from openiads.scenario import examples, load_scenario


def test_it_runs_an_example_and_says_where_the_report_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["demo", "one-cruise-missile", "--runs", "6", "--draws", "0", "--workers", "1"])
    assert done.exit_code == 0, done.output
    report = Path("runs", "one-cruise-missile-7", "report.html")
    assert done.stdout.splitlines()[0].startswith("one-cruise-missile.yaml: ")
    assert done.stdout.splitlines()[-1] == f"The report: {report} (open it in any browser; it needs no internet)"
    assert report.is_file()
    assert load_record(report.parent).summary["run"]["runs"] == 6


def test_the_list_has_every_example_with_its_question_and_file() -> None:
    done = CliRunner().invoke(app, ["demo", "--list"])
    described = dict(entry.split("\n  ") for entry in done.stdout.strip().split("\n\n"))
    assert described == {f"{name}: {load_scenario(file).info.question}": str(file) for name, file in examples().items()}


def test_an_unknown_example_is_one_message_with_the_nearest_name() -> None:
    with pytest.raises(InputError, match=r"no example is called 'mian'; known: ballistic-salvo, .*; did you mean 'main'\?"):
        CliRunner().invoke(app, ["demo", "mian"], catch_exceptions=False)
