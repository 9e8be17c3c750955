"""Laws broken on purpose: does a test notice? A fixed-seed sample of mutants of `models/` and `engine/`, each run against the tests.

``make mutants`` runs 400 of them without compilation, counts killed, survived and timed out, prints the Wilson 95 % lower bound of the
share that was noticed, and lists the survivors with their places and changes. Kills by kept stories, which notice any change and know no
law, are counted apart. A child that the system killed (SIGKILL: no memory left) crashed; nobody noticed anything. `cosmic-ray` makes the
mutants; the runner is our own, since its one starts an interpreter for each: here a process that has imported everything but the core
forks, imports the core with the mutant in it and runs pytest until the first failure. Results are kept in ``build/mutants/``, so a run
that was killed goes on where it stopped.

Left out before the draw, because they would flatter the count or mean nothing here: arithmetic replaced by operations on bits and the
other way round, and identity in place of a comparison (they fail wherever the line runs at all, or mean the same); annotations;
decorators of kernels, which do nothing without compilation; `engine/ahead.py`, a hint to the memory without any effect; and the printed
table of spectroscopic lines, which the published cases of `openiads validate` check as a whole.

    python tests/mutants.py --show 17        the change of mutant 17 of the sample, and what happened to it
    python tests/mutants.py --again          only those that survived the last time
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import importlib
import importlib.util
import json
import os
import random
import re
import resource
import signal
import sys
import time
import tomllib
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from difflib import unified_diff
from functools import cache
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any

from openiads.analytic.intervals import wilson

REPOSITORY = Path(__file__).parents[1]
SOURCE = REPOSITORY / "src" / "openiads"
RESULTS = REPOSITORY / "build" / "mutants"
ROOMS = ("models", "engine")
LEFT_OUT = ("engine/ahead.py", "models/propagation/gas_lines.py")
SEED, SAMPLE = 1, 400
TARGET = 0.80

PLOT_TRACKER = tuple(
    f"models/tracking/{name}"
    for name in ("associator", "converter", "deleter", "gater", "initiator", "mixture", "plot_scan", "predictor", "updater")
)
#: Tests that belong to a file or folder come first; then all of `EVERYWHERE`, in this order.
FIRST = {
    "models/motion": ["tests/kernels/test_motion.py"],
    "models/radar/detection": ["tests/kernels/test_detection.py"],
    "models/radar/pd_table": ["tests/kernels/test_detection.py"],
    "models/radar/range_equation": ["tests/kernels/test_range_equation.py"],
    "models/radar/scan": ["tests/kernels/test_scan.py"],
    "models/propagation": ["tests/kernels/test_horizon.py", "tests/plain/test_terrain_looks.py", "tests/unit/test_weather.py"],
    "models/motion/follow": ["tests/unit/test_terrain.py"],
    "models/radar": ["tests/plain/test_statements.py"],
    "models/radar/look": ["tests/plain/test_looks.py", "tests/plain/test_terrain_looks.py"],
    **{name: ["tests/plain/test_plot_tracker.py"] for name in PLOT_TRACKER},
    **{
        f"models/tracking/{name}": ["tests/kernels/test_machine.py", "tests/plain/test_looks.py"]
        for name in ("capacity", "machine", "picture")
    },
    "models/motion/objects": ["tests/plain/test_fire.py"],
    "models/command": ["tests/plain/test_fire.py"],
    "models/interceptor": ["tests/plain/test_fire.py"],
    "engine/queue": ["tests/plain/test_fire.py"],
}
EVERYWHERE = ["engine/test_causes", "engine/test_golden", "plain/test_fire", "plain/test_looks", "plain/test_defence"]
#: The engine does not run these: their own tests are all there are.
ALONE = (*PLOT_TRACKER, "models/radar/scan", "models/propagation/gas", "models/propagation/rain")
#: These hold stories that were printed once, right or wrong.
STORIES = "tests/engine/test_golden.py"
#: What every child needs and no mutant changes.
BEFORE = [
    *("numba", "pyarrow.parquet", "pydantic", "pytest", "scipy.integrate", "scipy.interpolate", "scipy.optimize", "scipy.special"),
    *("scipy.stats", "openiads.catalogue", "openiads.geodesy.geodesics", "openiads.scenario", "openiads.state.allocate"),
    "openiads.state.rng",
]
#: Compiled code gives no warnings of overflow; plain numpy numbers do.
PYTEST = ["-x", "-q", "--no-header", "--tb=short", "-p", "no:cacheprovider", "-W", "ignore::RuntimeWarning"]

_ARITHMETIC = {"Add", "Sub", "Mul", "Div", "FloorDiv", "Mod", "Pow"}
_COMPARISONS = {"Eq", "NotEq", "Lt", "LtE", "Gt", "GtE"}
_KEYWORDS = {"ReplaceTrueWithFalse", "ReplaceFalseWithTrue", "ReplaceAndWithOr", "ReplaceOrWithAnd"}
_UNARY = {"AddNot", "ReplaceUnaryOperator_USub_UAdd", "ReplaceUnaryOperator_Delete_Invert", "ReplaceUnaryOperator_Delete_Not"}
_FLOW = {"ZeroIterationForLoop", "ReplaceBreakWithContinue", "ReplaceContinueWithBreak", "RemoveDecorator"}
_OTHERS = {"NumberReplacer"} | _KEYWORDS | _UNARY | _FLOW


# ----------------------------------------------------------------------------------------------------------- mutants


@dataclass(frozen=True)
class Mutant:
    """One change: the `occurrence`-th place in a file at which an operator of the tool applies."""

    file: str
    operator: str
    occurrence: int
    line: int


@cache
def operators() -> dict[str, Any]:
    """Those of the tool that make sense here, by name."""
    from cosmic_ray.plugins import get_operator, operator_names

    return {name: get_operator(name)() for name in operator_names() if _makes_sense(name.partition("/")[2])}


def _makes_sense(name: str) -> bool:
    kind, *change = name.split("_")
    if kind == "ReplaceBinaryOperator":
        return (change[0] in _ARITHMETIC) == (change[1] in _ARITHMETIC)
    if kind == "ReplaceComparisonOperator":
        return set(change) <= _COMPARISONS
    return name in _OTHERS


def mutants_of(file: str) -> Iterator[Mutant]:
    """Every mutant of a file, in the order of operators and places."""
    from cosmic_ray.ast import ast_nodes, get_ast

    text = (SOURCE / file).read_text()
    nodes, aside = list(ast_nodes(get_ast(text))), _without_effect(text)
    for name, operator in operators().items():
        places = [start for node in nodes for start, _ in operator.mutation_positions(node)]
        for occurrence, (line, column) in enumerate(places):
            if not any(first <= (line, column) < last for first, last in aside):
                yield Mutant(file, name, occurrence, line)


def _without_effect(text: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Stretches of a file that do nothing when it runs uncompiled: annotations, and decorators of kernels."""
    found: list[ast.expr] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            found += [d for d in node.decorator_list if isinstance(d, ast.Name) and d.id in ("kernel", "inlined")]
            found += [node.returns] if node.returns else []
        elif isinstance(node, ast.arg | ast.AnnAssign) and node.annotation:
            found.append(node.annotation)
    at_sign = 1
    return [((n.lineno, n.col_offset - at_sign), (n.end_lineno or n.lineno, n.end_col_offset or 0)) for n in found]


def population() -> list[Mutant]:
    """All mutants from which the sample is drawn."""
    files = sorted(path.relative_to(SOURCE).as_posix() for room in ROOMS for path in (SOURCE / room).rglob("*.py"))
    return [mutant for file in files if file not in LEFT_OUT for mutant in mutants_of(file)]


def sample(n: int, seed: int) -> list[Mutant]:
    """`n` of all mutants, each as likely as any other."""
    return random.Random(seed).sample(population(), n)


def mutated(mutant: Mutant) -> str:
    """The text of the file with the change."""
    from cosmic_ray.mutating import mutate_code

    text = mutate_code((SOURCE / mutant.file).read_text(), operators()[mutant.operator], mutant.occurrence)
    assert text is not None
    return str(text)


def change(mutant: Mutant) -> list[str]:
    """The lines that differ, as in a diff without its context."""
    texts = (SOURCE / mutant.file).read_text(), mutated(mutant)
    lines = unified_diff(*(text.splitlines() for text in texts), lineterm="", n=0)
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


# ------------------------------------------------------------------------------------------------------------- runner


class Mutated(SourceFileLoader):
    """Loads a module from a text that differs from its file."""

    text = ""

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.text, self.path, "exec", dont_inherit=True)


class Finder:
    """Finds one module of the core in its mutated form."""

    def __init__(self, file: str, text: str) -> None:
        self.module, self.text = "openiads." + file.removesuffix(".py").replace("/", "."), text

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: object = None) -> ModuleSpec | None:
        if name != self.module:
            return None
        spec = PathFinder.find_spec(name, path)
        assert spec is not None
        assert spec.origin is not None
        loader = Mutated(name, spec.origin)
        loader.text = self.text
        return importlib.util.spec_from_file_location(name, spec.origin, loader=loader)


class FirstFailure:
    """Remembers which test failed first, and how long each file of tests took."""

    def __init__(self) -> None:
        self.noticed_by, self.how, self.ran = "", "", 0
        self.seconds: Counter[str] = Counter()

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed and not self.noticed_by:
            self.noticed_by, self.how = f"import of {report.nodeid}", "error"

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.ran += report.when == "call"
        self.seconds[report.nodeid.partition("::")[0]] += report.duration
        if report.failed and not self.noticed_by:
            reason = getattr(report.longrepr, "reprcrash", None)
            asserted = reason is not None and reason.message.startswith(("assert", "AssertionError", "Failed:"))
            self.noticed_by, self.how = report.nodeid, "assertion" if asserted else "error"


def tests_for(file: str) -> list[str]:
    """The tests of a file of the core: its own, then those of the whole engine."""
    own = [test for place, tests in FIRST.items() if file.startswith(place) for test in tests]
    return list(dict.fromkeys([*own, *(f"tests/{name}.py" for name in EVERYWHERE if not file.startswith(ALONE))]))


def import_all_but_the_core() -> None:
    """Import once what every child needs."""
    for name in BEFORE:
        importlib.import_module(name)
    import hypothesis

    hypothesis.settings.register_profile("mutants", derandomize=True, database=None, deadline=None, max_examples=20)
    hypothesis.settings.load_profile("mutants")
    core = [name for name in sys.modules if name.startswith(tuple(f"openiads.{room}" for room in ROOMS))]
    assert not core, f"the core must be imported in the child: {core}"


def child(file: str, text: str | None, limit_s: float, out: int) -> None:
    """Run the tests of `file` with `text` in place of its own; writes what happened to the pipe `out`."""
    resource.setrlimit(resource.RLIMIT_CPU, (int(limit_s) + 1, int(limit_s) + 10))  # alike, they would end it with SIGKILL
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.alarm(int(_PATIENCE * limit_s) + 1)  # if it sleeps
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    if text is not None:
        sys.meta_path.insert(0, Finder(file, text))  # type: ignore[arg-type]
    import pytest

    os.chdir(REPOSITORY)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    first, began = FirstFailure(), time.process_time()
    code = pytest.main([*PYTEST, *tests_for(file)], plugins=[first])
    row = {"code": int(code), "noticed_by": first.noticed_by, "how": first.how, "ran": first.ran}
    row |= {"cpu_s": round(time.process_time() - began, 2), "seconds": first.seconds}
    os.write(out, json.dumps(row).encode())


_MOST_MEMORY = 8 << 30
_PATIENCE = 8


_ENDED_BY = {signal.SIGXCPU: "timed out", signal.SIGALRM: "timed out", signal.SIGKILL: "crashed"}


@dataclass
class Running:
    """A child at work."""

    number: int
    pipe: int


def run_all(work: dict[int, tuple[str, str | None]], limits_s: dict[str, float], workers: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yields (number, what happened) of every piece of work (file, text), up to `workers` at a time."""
    waiting, running = list(work), dict[int, Running]()
    while waiting or running:
        while waiting and len(running) < workers:
            number = waiting.pop(0)
            file, text = work[number]
            reader, writer = os.pipe()
            pid = os.fork()
            if pid == 0:
                try:
                    os.close(reader)
                    child(file, text, limits_s[file], writer)
                except BaseException:
                    os.write(writer, json.dumps({"code": 3, "noticed_by": traceback.format_exc(), "how": "error", "ran": 0}).encode())
                finally:
                    os._exit(0)
            os.close(writer)
            running[pid] = Running(number, reader)
        pid, status = os.wait()
        if pid in running:
            done = running.pop(pid)
            with os.fdopen(done.pipe, "rb") as pipe:
                yield done.number, outcome(pipe.read(), status)


def outcome(answer: bytes, status: int) -> dict[str, Any]:
    """What became of a mutant: killed, survived, timed out or crashed."""
    if os.WIFSIGNALED(status):
        sign = signal.Signals(os.WTERMSIG(status))
        return {"result": _ENDED_BY.get(sign, "killed"), "noticed_by": sign.name, "how": "signal"}
    if not answer:
        return {"result": "killed", "noticed_by": "the interpreter ended", "how": "error"}
    row: dict[str, Any] = json.loads(answer)
    if row["code"] == 0 and row["ran"] > 0:
        return {"result": "survived", **row}
    if row["code"] in (0, 4, 5):
        raise SystemExit(f"no test ran: {row}")
    return {"result": "killed", **row}


# ------------------------------------------------------------------------------------------------------------- report


def equivalents() -> dict[tuple[str, str], str]:
    """Changes that cannot be noticed, each with its reason: (file, change) -> reason. They are few and read by people."""
    rows = tomllib.loads(Path(__file__).with_suffix(".toml").read_text()).get("equivalent", [])
    return {(row["file"], _plain("\n".join(row["change"]))): row["why"] for row in rows}


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text)


_DECIDING = {".py", ".yaml", ".json", ".txt"}


def digest() -> str:
    """Of everything that decides the outcome: sources, catalogue, examples, tests and kept stories."""
    found = hashlib.sha256()
    for place in (SOURCE, REPOSITORY / "examples", REPOSITORY / "tests"):
        for path in sorted(path for path in place.rglob("*") if path.suffix in _DECIDING):
            found.update(path.relative_to(place).as_posix().encode() + path.read_bytes())
    return found.hexdigest()[:16]


def report(drawn: list[Mutant], rows: dict[int, dict[str, Any]]) -> bool:
    """Print the counts and the survivors; whether the target is met."""
    known = equivalents()
    survivors = [number for number in sorted(rows) if rows[number]["result"] == "survived"]
    counts = Counter(row["result"] for row in rows.values())
    killed = [row for row in rows.values() if row["result"] == "killed"]
    how = Counter(row["how"] for row in killed)
    by_stories = sum(row["noticed_by"].startswith(STORIES) for row in killed)
    alike = 0
    for number in survivors:
        mutant, lines = drawn[number], change(drawn[number])
        why = known.get((mutant.file, _plain("\n".join(lines))), "")
        alike += bool(why)
        print(f"\n{number}: src/openiads/{mutant.file}:{mutant.line}" + (f"  cannot be noticed: {why}" if why else ""))
        print("\n".join(f"    {line}" for line in lines))
    noticed, n = counts["killed"] + counts["timed out"], len(rows)
    became = ", ".join(f"{counts[result]} {result}" for result in ("killed", "timed out", "survived", "crashed"))
    print(f"\n{n} mutants: {became}")
    print(f"killed by kept stories, which notice any change, {by_stories}, by other tests {len(killed) - by_stories}")
    print(f"killed by a failed assertion {how['assertion']}, by an error {how['error'] + how['signal']}")
    low = wilson(noticed, n)[0]
    print(f"noticed: {noticed} of {n}, {noticed / n:.1%}, at least {low:.1%} (Wilson 95 % lower bound); target {TARGET:.0%}")
    if alike:
        rest = n - alike
        bound = wilson(noticed, rest)[0]
        print(f"without the {alike} that cannot be noticed: {noticed} of {rest}, {noticed / rest:.1%}, at least {bound:.1%}")
    return low >= TARGET


def unmutated(files: list[str], workers: int) -> dict[str, float]:
    """Processor time that the tests of each file may take: five times what they take without a mutant, and 10 s."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for file in files:
        groups.setdefault(tuple(tests_for(file)), []).append(file)
    work = {k: (group[0], None) for k, group in enumerate(groups.values())}
    limits = {}
    for k, row in run_all(work, dict.fromkeys(files, 3000.0), workers):
        if row["result"] != "survived":
            raise SystemExit(f"without a mutant the tests of {work[k][0]} fail: {row}")
        print(f"{work[k][0]}: {row['ran']} tests, {row['cpu_s']:.0f} s of processor time", flush=True)
        limits |= dict.fromkeys(list(groups.values())[k], 5.0 * row["cpu_s"] + 10.0)
    return limits


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sample", type=int, default=SAMPLE, help="mutants to draw (default 400)")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--show", type=int, help="print one mutant of the sample and what happened to it")
    parser.add_argument("--again", action="store_true", help="only those that were not killed last time, whatever changed")
    options = parser.parse_args()
    if os.environ.get("NUMBA_DISABLE_JIT") != "1":
        raise SystemExit("set NUMBA_DISABLE_JIT=1: mutants are not compiled")
    drawn = sample(options.sample, options.seed)
    place = RESULTS / f"{options.seed}-{options.sample}.jsonl"
    header = {"digest": digest(), "drawn": len(drawn)}
    rows = kept_rows(place, header, drawn, whatever_changed=options.again or options.show is not None)
    if options.show is not None:
        mutant = drawn[options.show]
        print(
            f"src/openiads/{mutant.file}:{mutant.line}  {mutant.operator}", *change(mutant), rows.get(options.show, "not run yet"), sep="\n"
        )
        return 0
    if options.again:
        header["digest"] = "several"  # so that the next full run begins anew
        rows = {number: row for number, row in rows.items() if row["result"] == "killed"}
    RESULTS.mkdir(parents=True, exist_ok=True)
    todo = [number for number in range(len(drawn)) if number not in rows]
    if todo:
        run_rest(drawn, todo, rows, place, header, options.workers)
    return 0 if report(drawn, rows) else 1


def kept_rows(place: Path, header: dict[str, Any], drawn: list[Mutant], *, whatever_changed: bool) -> dict[int, dict[str, Any]]:
    """Results of an earlier run, by number, of mutants that were drawn again; none where anything else changed, unless told so."""
    if not place.exists():
        return {}
    first, *rest = (json.loads(line) for line in place.read_text().splitlines())
    if first != header and not whatever_changed:
        return {}
    return {row["number"]: row for row in rest if row["number"] < len(drawn) and _same(row, drawn[row["number"]])}


def _same(row: dict[str, Any], mutant: Mutant) -> bool:
    """Whether a result is that of a mutant; its line may have moved."""
    return (row["file"], row["operator"], row["occurrence"]) == (mutant.file, mutant.operator, mutant.occurrence)


def run_rest(drawn: list[Mutant], todo: list[int], rows: dict[int, Any], place: Path, header: dict[str, Any], workers: int) -> None:
    """Run what is left to do and keep every result at once."""
    began = time.monotonic()
    work = {number: (drawn[number].file, mutated(drawn[number])) for number in todo}
    import_all_but_the_core()
    limits_s = unmutated(sorted({drawn[number].file for number in todo}), workers)
    with place.open("w") as kept:
        kept.write(json.dumps(header) + "\n")
        for row in rows.values():
            kept.write(json.dumps(row) + "\n")
        for number, row in run_all(work, limits_s, workers):
            rows[number] = {"number": number, **row, **asdict(drawn[number])}
            kept.write(json.dumps(rows[number]) + "\n")
            kept.flush()
            if len(rows) % 50 == 0:
                counts = dict(Counter(row["result"] for row in rows.values()))
                print(f"{len(rows)} of {len(drawn)} after {(time.monotonic() - began) / 60:.0f} min: {counts}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
