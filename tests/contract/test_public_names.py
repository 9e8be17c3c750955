"""The public names: complete, importable, lazily loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import openiads

ROOT = Path(__file__).parents[2]
SOURCE = Path(openiads.__file__).parent


def test_every_public_name_is_there() -> None:
    for name in openiads.__all__:
        assert getattr(openiads, name) is not None
    assert set(openiads.__all__) == set(openiads._HOMES) | {"__version__"}


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import sys, openiads; print([m for m in ('numba', 'numpy', 'matplotlib', 'pyarrow', 'pydantic') if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"


PROGRAM = """\
from pathlib import Path

import openiads
from openiads import Options, Record, Scenario, Session, load_catalogue, load_scenario, lower, run_experiment, simulate, write_report

scenario: Scenario = load_scenario(openiads.example("main"), load_catalogue())
problems: list[str] = [str(problem) for problem in openiads.check_scenario("my.yaml")]
record: Record = simulate(scenario, runs=8, draws=0, seed=7, workers=1, out=Path("out"))
same: Record = run_experiment(scenario, "out", Options(runs=8, draws=0, resume=True))
page: Path = write_report(record)
leakers = record.to_pandas("replicate").leakers.mean() + record.to_xarray().leakers.mean()
status = Session(lower(scenario).world).run(7, 0).objects["status"]
area = openiads.coverage(lower(scenario)).rows["engageable_area_m2"].sum()
"""


def test_a_program_that_uses_the_public_names_passes_a_strict_type_check(tmp_path: Path) -> None:
    assert (SOURCE / "py.typed").exists()
    program = tmp_path / "program.py"
    program.write_text(PROGRAM + "openiads.simulat(scenario)\nsimulate(scenario, run=8)\n", encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "--no-error-summary", "--hide-error-context"]
    (tmp_path / "mypy.ini").write_text(f"[mypy]\ncache_dir = {ROOT / '.mypy_cache' / 'program'}\n", encoding="utf-8")
    environment = {**os.environ, "MYPYPATH": str(SOURCE.parent)}
    done = subprocess.run([*command, program], capture_output=True, text=True, check=False, cwd=tmp_path, env=environment)
    found = [line.partition("error: ")[2] for line in done.stdout.splitlines() if "error: " in line]
    assert found == [
        'Module has no attribute "simulat"; maybe "simulate"?  [attr-defined]',
        'Unexpected keyword argument "run" for "simulate"; did you mean "runs"?  [call-arg]',
    ], done.stdout + done.stderr
