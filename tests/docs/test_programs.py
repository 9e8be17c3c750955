"""The programs in the README and in the how-to pages run as they are printed."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def programs(page: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)


def test_the_program_of_the_readme_says_what_missiles_do(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    [program] = programs("README.md")
    assert len(program.splitlines()) <= 10
    exec(compile(program, "README.md", "exec"), {})
    rows = re.findall(r"threat_owa_drone +([\d.]+) +([\d.]+) +([\d.]+)", capsys.readouterr().out)
    (threats, few_leak, few_shots), (_, more_leak, more_shots) = [tuple(map(float, row)) for row in rows]
    assert threats == 24
    # A missile kills with 0.7 x 0.95 x 0.95; all 16 are fired, a few of the 32 may be left over.
    assert few_shots == 16
    assert few_leak == pytest.approx(24 - 16 * 0.7 * 0.95**2, abs=4 * (16 * 0.63 * 0.37 / 200) ** 0.5)
    assert 24 / 0.63 * 0.7 < more_shots <= 32
    assert more_leak == pytest.approx(24 - more_shots * 0.7 * 0.95**2, abs=4 * (32 * 0.63 * 0.37 / 200) ** 0.5)


def test_the_page_on_python_runs_from_top_to_bottom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {}
    for program in programs("docs/howto/from-python.md"):
        exec(compile(program, "from-python.md", "exec"), namespace)
    *_, difference, first, second, third = capsys.readouterr().out.splitlines()
    mean, low, high = map(float, difference.split())
    assert -32 * 0.63 < low < mean < high < 0
    assert [line.split()[-1] for line in (first, second, third)] == ["24"] * 3
    assert (tmp_path / "runs" / "precise" / "summary.json").is_file()


def test_the_notebook_runs_and_its_outputs_are_those_that_are_shown() -> None:
    spec = importlib.util.spec_from_file_location("docs_notebook", ROOT / "docs" / "notebook.py")
    assert spec
    assert spec.loader
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    notebook = tool.load()
    shown = tool.page(notebook)
    tool.run(notebook, "RUNS = 64")
    run = tool.page(notebook)

    def kinds(page: str) -> list[str]:
        return re.findall(r"^```text|^<img", page, re.MULTILINE)

    def change(page: str) -> tuple[float, float]:
        found = re.search(r"^change in leakers: (\S+) \+/- (\S+) ", page, re.MULTILINE)
        assert found
        return float(found[1]), float(found[2])

    assert kinds(run) == kinds(shown)
    (few, error), (many, small_error) = change(run), change(shown)
    assert abs(few - many) < 2 * error  # other numbers of nights of the same
    assert error == pytest.approx(small_error * (1000 / 64) ** 0.5, rel=0.4)
    assert re.search(r"as good as ([\d.]+) times", run)
