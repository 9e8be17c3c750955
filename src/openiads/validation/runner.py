"""Reads oracle files and runs every case through the laws of its topic and quantity."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NoReturn

from openiads import validation
from openiads.errors import InputError, Problem, ProblemsError
from openiads.validation import forms
from openiads.validation.checks import CaseContext, Check, Law, UncoveredError

Outcome = Literal["passed", "failed", "not covered"]

#: The cases that come with the package.
GIVEN_CASES = Path(__file__).parent / "cases"

#: Fixed, so that sampled values are the same on every machine.
SEED = 20261121

#: Start of a topic's name -> modules with its laws; a module is loaded when a case first needs it.
MODULES: dict[str, tuple[str, ...]] = {
    "atmos_": ("topics_atmosphere",),
    "ballistic_": ("topics_motion",),
    "detection_": ("topics_radar",),
    "e2e_": ("topics_engine",),
    "geodesy_": ("topics_geodesy",),
    "horizon_": ("topics_geodesy",),
    "kill_": ("topics_analytic", "topics_engine"),
    "queue_": ("topics_analytic",),
    "radar_equation_": ("topics_radar",),
    "rng_": ("topics_geodesy",),
    "scan_": ("topics_radar",),
    "interop_": ("topics_recorded",),
    "peer_tracker": ("topics_tracking", "topics_recorded"),
    "real_": ("topics_recorded",),
    "stats_": ("topics_analytic",),
    "track_": ("topics_tracking",),
    "terrain_": ("topics_terrain",),
}

_REQUIRED_KEYS: dict[str, type] = {"quantity": str, "inputs": dict, "expected": dict, "tolerance": dict}


@dataclass(frozen=True)
class Case:
    """One case of an oracle file."""

    topic: str
    file: Path
    label: str
    body: Mapping[str, Any]


@dataclass(frozen=True)
class CaseResult:
    """What became of one case; `reason` says why it is not covered."""

    case: Case
    checks: tuple[Check, ...]
    reason: str = ""

    @property
    def outcome(self) -> Outcome:
        """Failed when any check failed, else not covered when any question stayed open, else passed."""
        if any(check.error_ratio() > 1.0 for check in self.checks):
            return "failed"
        return "not covered" if self.reason else "passed"

    @property
    def worst(self) -> Check | None:
        """The check with the greatest error against its tolerance."""
        return max(self.checks, key=Check.error_ratio, default=None)


@dataclass(frozen=True)
class TopicResult:
    """All cases of one topic."""

    topic: str
    cases: tuple[CaseResult, ...]

    @property
    def outcome(self) -> Outcome:
        """Passed only when every case passed; one failed case fails the topic."""
        outcomes = {result.outcome for result in self.cases}
        if "failed" in outcomes:
            return "failed"
        return "not covered" if "not covered" in outcomes else "passed"

    @property
    def worst(self) -> tuple[CaseResult, Check] | None:
        """The check with the greatest error against its tolerance, and its case."""
        found = [(result, check) for result in self.cases if (check := result.worst) is not None]
        return max(found, key=lambda pair: pair[1].error_ratio(), default=None)


def load_cases(places: Iterable[Path]) -> list[Case]:
    """All cases of the given files, and of all ``*.json`` files in and below the given folders; every fault of any of them in one error."""
    files: dict[Path, None] = {}
    cases: list[Case] = []
    problems: list[Problem] = []
    for place in places:
        found = sorted(place.rglob("*.json")) if place.is_dir() else [place]
        if not found:
            problems.append(Problem(str(place), None, "", "the folder holds no *.json file"))
        files.update(dict.fromkeys(file.resolve() for file in found))
    for file in files:
        try:
            cases += _read(file)
        except ProblemsError as error:
            problems += error.problems
    if problems:
        raise ProblemsError(problems)
    return cases


def run_cases(cases: Sequence[Case], data: Path | None, advance: Callable[[], None] = lambda: None) -> list[TopicResult]:
    """Run every case and group the results by topic, in the order in which topics first appear; calls `advance` after each case.

    Cases that their law refuses are named together once all have run.
    """
    if data is not None and not data.is_dir():
        raise InputError(f"{data}: not a folder")
    results: dict[str, list[CaseResult]] = {}
    problems: list[Problem] = []
    for case in cases:
        try:
            results.setdefault(case.topic, []).append(_run(case, CaseContext(case.topic, data, SEED)))
        except InputError as error:
            problems.append(Problem(str(case.file), None, case.label, str(error)))
        advance()
    if problems:
        raise ProblemsError(problems)
    return [TopicResult(topic, tuple(found)) for topic, found in results.items()]


def laws(topic: str, quantity: str) -> list[Law]:
    """Every law of a topic's quantity: a closed form, the engine, or both."""
    return [table[topic, quantity] for table in _tables(topic) if (topic, quantity) in table]


def _tables(topic: str) -> list[Mapping[tuple[str, str], Law]]:
    """The tables of laws, by topic and quantity, that may know a topic."""
    existing = {module.name for module in pkgutil.iter_modules(validation.__path__)}
    names = [name for start, modules in MODULES.items() if topic.startswith(start) for name in modules if name in existing]
    return [importlib.import_module(f"{validation.__name__}.{name}").LAWS for name in names]


def _run(case: Case, context: CaseContext) -> CaseResult:
    answering = laws(case.topic, case.body["quantity"])
    if not answering:
        return CaseResult(case, (), f"no law here for {_unknown(case)}")
    checks: list[Check] = []
    expected = case.body["expected"]
    unanswered = sorted(set(expected).difference(*(law.expected_keys for law in answering)))
    reasons = [f"no law here gives {', '.join(unanswered)}"] if unanswered else []
    for law in answering:
        mine = {key: want for key, want in expected.items() if key in law.expected_keys}
        try:
            checks += law.answer({**case.body, "expected": mine}, context)
        except UncoveredError as error:
            reasons.append(str(error))
        except KeyError as error:
            raise InputError(f"the key {error} is missing") from error
        except (TypeError, ValueError, LookupError, ArithmeticError, AttributeError) as error:
            raise InputError(f"cannot be used: {error}") from error
    return CaseResult(case, tuple(checks), "; ".join(reasons))


def _unknown(case: Case) -> str:
    """The topic, or its quantity, that no law answers."""
    quantities = {quantity for table in _tables(case.topic) for topic, quantity in table if topic == case.topic}
    return f"quantity {case.body['quantity']!r} of topic {case.topic!r}" if quantities else f"topic {case.topic!r}"


def _read(file: Path) -> list[Case]:
    """The cases of one file; all its faults are in one `ProblemsError`."""
    document = _json(file)
    if not isinstance(document, dict) or not isinstance(document.get("topic"), str):
        raise _problem(file, "an oracle file is a JSON object with a text under 'topic' and a list under 'cases'")
    rows = document.get("cases")
    if not isinstance(rows, list) or not rows:
        raise _problem(file, "'cases' must be a list with at least one case")
    problems = []
    if (stated := document.get("n_cases", len(rows))) != len(rows):
        problems.append(Problem(str(file), None, "n_cases", f"{stated!r} is not the number of cases; there are {len(rows)}"))
    labels = [str(row.get("id", f"case {n}")) if isinstance(row, dict) else f"case {n}" for n, row in enumerate(rows, start=1)]
    for n, (label, row) in enumerate(zip(labels, rows, strict=True), start=1):
        if (first := labels.index(label) + 1) < n:
            problems.append(Problem(str(file), None, label, f"cases {first} and {n} have this id; ids must differ within a file"))
        faults = dict.fromkeys(_faults(document["topic"], row))
        problems += [Problem(str(file), None, f"{label}: {key}" if key else label, message) for key, message in faults]
    if problems:
        raise ProblemsError(problems)
    return [Case(document["topic"], file, label, row) for label, row in zip(labels, rows, strict=True)]


def _faults(topic: str, row: object) -> list[forms.Fault]:
    """Key and message of everything that is wrong with one case."""
    if not isinstance(row, dict):
        return [("", "is not a JSON object")]
    wrong = [(key, kind) for key, kind in _REQUIRED_KEYS.items() if not isinstance(row.get(key), kind)]
    if wrong:
        return [(key, f"must be {'a text' if kind is str else 'a JSON object'}") for key, kind in wrong]
    if not row["expected"]:
        return [("expected", "is empty; state at least one value to compare with")]
    return list(forms.faults(row, laws(topic, row["quantity"])))


def _problem(file: Path, message: str) -> ProblemsError:
    return ProblemsError([Problem(str(file), None, "", message)])


def _json(file: Path) -> object:
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise _problem(file, "not a text file") from error
    except OSError as error:
        raise _problem(file, (error.strerror or str(error)).lower()) from error
    if not text.strip():
        raise _problem(file, "the file is empty")
    try:
        return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_refuse_twins)
    except (ValueError, RecursionError) as error:
        raise _problem(file, f"not JSON: {error}") from error


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _refuse_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {next(key for key in keys if keys.count(key) > 1)!r} stands twice in one object")
    return found
