"""What a new user reads first: `--help` of every command, at once and on a narrow terminal."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from openiads.cli import app, main

COMMANDS = ("demo", "info", "run", "report", "check", "validate", "systems", "evidence", "catalogue check")
CHECKS = {"check": "check = my file", "validate": "validate = the laws", "catalogue check": "catalogue check = the data"}


def _help(command: str) -> str:
    done = CliRunner(env={"COLUMNS": "80", "TERMINAL_WIDTH": "80"}).invoke(app, [*command.split(), "--help"])
    assert done.exit_code == 0
    return done.stdout


def test_the_first_page_names_every_command_the_checks_and_the_exit_codes() -> None:
    text = _help("")
    for command in COMMANDS:
        assert re.search(rf"^  {command.split()[0]} +\S", text, re.MULTILINE)
    assert "; ".join(CHECKS.values()) in text
    assert "0 good; 1 a check failed; 2 bad input or usage; 130 interrupted" in text


@pytest.mark.parametrize("command", ["", "catalogue", *COMMANDS])
def test_help_fits_a_terminal(command: str) -> None:
    text = _help(command)
    assert all(len(line) <= 80 for line in text.splitlines())
    assert "..." not in "".join(re.findall(r"^Commands:.*", text, re.MULTILINE | re.DOTALL))  # no summary is cut off


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_examples_and_exit_codes(command: str) -> None:
    text = _help(command)
    assert f"  openiads {command}" in text.partition("Example")[2]
    assert "Exit codes: 0 " in text
    if command in CHECKS:
        assert {what for what in CHECKS.values() if what in text} == set(CHECKS.values()) - {CHECKS[command]}


def test_the_defaults_that_are_promised_are_those_of_the_format() -> None:
    from openiads.scenario.schema import Run

    text = " ".join(_help("run").split())
    said = {name: re.search(rf"--{name} [A-Z]+ .*?Default: the file's, or ([\w,]+)\.", text) for name in Run.model_fields}
    assert {name: match[1].replace(",", "") for name, match in said.items() if match} == {k: str(v) for k, v in Run().model_dump().items()}


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["systems", "--help"], ["rum"]])
def test_help_and_wrong_usage_load_nothing_heavy(arguments: list[str]) -> None:
    code = f"import sys\nfrom openiads.cli import main\ntry:\n main({arguments})\nexcept SystemExit: pass\nprint(*sys.modules, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parent)
    loaded = set(done.stdout.splitlines())
    assert "openiads.cli.run_command" in loaded
    assert not loaded & {"numpy", "scipy", "numba", "pyarrow", "matplotlib", "ruamel.yaml", "rich.markdown", "openiads.catalogue.model"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [((28, "No space left on device", "runs/x"), "error: runs/x: No space left on device"), (("disk gone",), "error: disk gone")],
)
def test_a_failing_disk_is_one_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[object, ...], said: str
) -> None:
    def fail(**_: object) -> None:
        raise OSError(*arguments)

    monkeypatch.setattr("openiads.cli.app", fail)
    with pytest.raises(SystemExit) as stopped:
        main(["run"])
    assert stopped.value.code == 1
    assert capsys.readouterr().err == f"{said}\n"
