"""Some hundreds of the damaged texts of tests/fuzzing.py, and that it would see a defect."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import fuzzing
from openiads.errors import Problem, ScenarioError

TEXTS = 400


def test_damaged_texts_are_explained_or_run() -> None:
    found = fuzzing.examine(range(TEXTS))
    assert found.faults == []
    assert found.texts == TEXTS
    assert found.passed > TEXTS // 20
    assert found.run > 0
    assert len(found.messages) > TEXTS // 8


def test_the_same_number_is_the_same_text() -> None:
    assert [fuzzing.damaged(k) for k in range(50)] == [fuzzing.damaged(k) for k in range(50)]
    assert len({fuzzing.damaged(k) for k in range(50)}) > 45


def _slow(*_: object) -> None:
    while True:
        pass


def _raising(error: Exception) -> Callable[..., None]:
    def check(*_: object) -> None:
        raise error

    return check


def _problem(**wrong: object) -> Callable[..., None]:
    def check(file: Path, *_: object) -> None:
        raise ScenarioError([Problem(**{"file": str(file), "line": 1, "key": "red", "message": "is missing", **wrong})])  # type: ignore[arg-type]

    return check


@pytest.mark.parametrize(
    ("check", "seen"),
    [
        (_raising(KeyError("x")), "KeyError"),
        (_raising(RecursionError("deep")), "RecursionError"),
        (_raising(ScenarioError([])), "without a problem"),
        (_slow, "not finished after 0.2 s"),
        (_problem(file="another.yaml"), "another file"),
        (_problem(line=None), "no line"),
        (_problem(line=9), "line 9 of 1"),
        (_problem(message=" "), "no words"),
        (_problem(message="Input should be a valid string"), "no words"),
        (_problem(message="too long " * 200), "not one line"),
    ],
)
def test_a_defect_is_seen(check: Callable[..., None], seen: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzzing, "checked", check)
    ((number, fault),) = fuzzing.examine(range(3, 4), lambda _: b"openiads: 1", limit_s=0.2).faults
    assert number == 3
    assert seen in fault


def test_a_good_problem_is_no_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzzing, "checked", _problem())
    assert fuzzing.examine(range(1), lambda _: b"openiads: 1").faults == []
