"""The bookkeeping of `make mutants`: what counts as noticed, and which results are kept."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

import mutants
from mutants import Mutant

DRAWN = [Mutant("models/a.py", "core/NumberReplacer", k, 10 + k) for k in range(4)]
HEADER = {"digest": "one", "drawn": 4}


def row(number: int, mutant: Mutant, result: str = "killed", by: str = "tests/plain/test_fire.py::test_x") -> dict[str, Any]:
    return {"number": number, "result": result, "noticed_by": by, "how": "assertion", **vars(mutant)}


@pytest.mark.parametrize(
    ("sign", "result"),
    [
        (signal.SIGXCPU, "timed out"),
        (signal.SIGALRM, "timed out"),
        (signal.SIGKILL, "crashed"),  # the kernel ran out of memory: that is no test
        (signal.SIGSEGV, "killed"),
    ],
)
def test_a_child_that_somebody_else_killed_noticed_nothing(sign: signal.Signals, result: str) -> None:
    assert mutants.outcome(b"", int(sign))["result"] == result


def test_only_results_of_the_same_mutants_are_kept(tmp_path: Path) -> None:
    place = tmp_path / "results.jsonl"
    moved, another = Mutant("models/a.py", "core/NumberReplacer", 1, 99), Mutant("models/b.py", "core/NumberReplacer", 2, 12)
    rows = [row(0, DRAWN[0]), row(1, moved), row(2, another), row(7, DRAWN[3])]
    place.write_text("\n".join(json.dumps(line) for line in (HEADER, *rows)))
    assert mutants.kept_rows(place, HEADER, DRAWN, whatever_changed=False).keys() == {0, 1}
    changed = {"digest": "two", "drawn": 4}
    assert mutants.kept_rows(place, changed, DRAWN, whatever_changed=True).keys() == {0, 1}
    assert mutants.kept_rows(place, changed, DRAWN, whatever_changed=False) == {}
    assert mutants.kept_rows(tmp_path / "none", HEADER, DRAWN, whatever_changed=True) == {}


def test_kept_stories_and_crashes_are_counted_apart(capsys: pytest.CaptureFixture[str]) -> None:
    rows = {
        0: row(0, DRAWN[0], by="tests/engine/test_golden.py::test_stories[main]"),
        1: row(1, DRAWN[1]),
        2: row(2, DRAWN[2], "crashed", "SIGKILL"),
        3: row(3, DRAWN[3], "timed out", "SIGXCPU"),
    }
    mutants.report(DRAWN, rows)
    said = capsys.readouterr().out
    assert "4 mutants: 2 killed, 1 timed out, 0 survived, 1 crashed" in said
    assert "killed by kept stories, which notice any change, 1, by other tests 1" in said
    assert "noticed: 3 of 4" in said


@pytest.mark.parametrize(
    "file", ["src/openiads/catalogue/data/systems/s400.yaml", "tests/golden/stories.txt", "tests/a.py", "examples/main.yaml"]
)
def test_whatever_decides_the_outcome_is_in_the_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str) -> None:
    monkeypatch.setattr(mutants, "REPOSITORY", tmp_path)
    monkeypatch.setattr(mutants, "SOURCE", tmp_path / "src/openiads")
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text("a")
    before = mutants.digest()
    (tmp_path / file).write_text("b")
    assert mutants.digest() != before
