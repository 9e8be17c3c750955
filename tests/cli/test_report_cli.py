"""``openiads report``."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from openiads.cli import app
from openiads.errors import InputError
from openiads.experiments.run import Options, run_experiment

EXAMPLE = Path(__file__).parents[2] / "examples" / "one-cruise-missile.yaml"

runner = CliRunner()


def test_the_page_is_rebuilt_from_the_record_alone(tmp_path: Path) -> None:
    record = run_experiment(EXAMPLE, tmp_path / "r", Options(runs=3, draws=0, workers=1))
    moved = record.folder.rename(tmp_path / "moved")
    result = runner.invoke(app, ["report", str(moved)])
    assert result.exit_code == 0
    assert result.stdout == f"wrote {moved / 'report.html'}\n"
    first = (moved / "report.html").read_bytes()
    (moved / "report.html").write_text("old")
    runner.invoke(app, ["report", str(moved)])
    assert (moved / "report.html").read_bytes() == first


def test_the_page_of_a_run_is_rebuilt_byte_by_byte(tmp_path: Path) -> None:
    args = ["run", str(EXAMPLE), "--runs", "3", "--draws", "2", "--replicates", "2", "--workers", "1", "--out", str(tmp_path / "r")]
    assert runner.invoke(app, args).exit_code == 0
    page = tmp_path / "r" / "report.html"
    written = page.read_bytes()
    page.unlink()
    assert runner.invoke(app, ["report", str(tmp_path / "r")]).exit_code == 0
    assert page.read_bytes() == written


def test_what_is_no_record_is_one_message(tmp_path: Path) -> None:
    for folder, message in ((tmp_path, "is not a record"), (tmp_path / "none", "there is no such folder")):
        result = runner.invoke(app, ["report", str(folder)])
        assert isinstance(result.exception, InputError)
        assert message in str(result.exception)
    with pytest.raises(InputError, match="is not a record"):
        app(["report", str(tmp_path)], standalone_mode=False)
