"""One experiment from a scenario to a saved record: nominal replicates, catalogue draws, answers, kept replicates."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from openiads.catalogue import Catalogue, built_in
from openiads.errors import InputError, RunError, ScenarioError
from openiads.experiments.areas import coverage_summary, coverage_table
from openiads.experiments.backends import Backend
from openiads.experiments.description import assumptions, data_lock, describe, draws_sha256, make_cast
from openiads.experiments.journal import Journal
from openiads.experiments.options import Options
from openiads.experiments.replication import Chunk, ChunkResult, Todo, Worker, draw_of_lift, lift_of_draw
from openiads.experiments.signals import Stop, interrupted
from openiads.experiments.stopping import MOST_REPLICATES, counts_to_test, half_width, stopped_words
from openiads.experiments.story import (
    course_table,
    engagement_table,
    exposure_table,
    leaker_table,
    lifted_table,
    object_table,
    replicate_tables,
    story_tables,
)
from openiads.experiments.uncertainty import Draws
from openiads.kernel import core_digest
from openiads.metrics import Lifted, Outcomes, answers, met_ranges, time_budget
from openiads.records import Record, load_record
from openiads.records.cast import Cast
from openiads.records.folder import JOURNAL, claimed, clear_folder, clear_record, require_usable
from openiads.records.reader import DATA_LOCK, DESCRIPTION, SCENARIO, SUMMARY, TABLE_FOLDER
from openiads.records.schema import NOMINAL, SCHEMA_VERSION, TABLES
from openiads.records.tables import make_table, write_json, write_table, write_text
from openiads.scenario import Scenario, load_scenario, scenario_text
from openiads.scenario.document import Document, read_document
from openiads.scenario.schema import Run
from openiads.simulation import Lowered, bind, lower
from openiads.simulation.course import CourseReader
from openiads.simulation.coverage import coverage, coverage_task
from openiads.simulation.lower.lift import LIFTS, absence, lifted, limits
from openiads.state.layout import World
from openiads.version import __version__

Rows = NDArray[np.void]
Progress = Callable[[str, int, int], None]

#: The stamp of a run without draws.
CHANCE_ONLY = "chance only"
#: Nominal replicates, the first ones, that are run again with each limit lifted: paired luck makes so many tell more than as many more.
LIFTED_RUNS = 256


def run_experiment(
    scenario: Path | str | Scenario,
    out: Path | str | None = None,
    options: Options | None = None,
    catalogue: Catalogue | None = None,
    progress: Progress | None = None,
    finish: Callable[[Record], object] | None = None,
) -> Record:
    """Run a scenario (a file, its text, or a `Scenario`) and save the record in the folder `out`. `simulate` is the everyday form.

    `progress(section, done, total)` is called with the sections nominal, one limit lifted, draws and values. Without `out` the folder is
    runs/<name>-<seed>, or if that holds another record runs/<name>-<seed>-2 and so on. `finish` is called with the record while no
    other run can get at the folder. The saved record, its `provenance` apart, depends on nothing but scenario, catalogue, seed and the
    options that count replicates.

    A finished record is replaced only by a run of the same scenario and seed that holds no less.

    Raises `ScenarioError` with every problem of the scenario, `InputError` for an option or folder that cannot be used, `RunError` for
    a run that fails and `Interrupted` after Ctrl-C; what is finished then is kept for `Options(resume=True)`.
    """
    options = options or Options()
    options.require_usable()
    catalogue = catalogue or built_in()
    document, resolved = _checked(scenario, catalogue, options)
    folder = Path(out) if out is not None else default_folder(scenario, resolved.run.seed)
    require_usable(folder, resume=options.resume)
    lowered = lower(resolved, catalogue, document)
    experiment = _Experiment(lowered, catalogue, options, folder, progress or _silent)
    number = 2
    while out is None and not options.resume and experiment.holds_another():
        folder = experiment.move(Path(f"{default_folder(scenario, resolved.run.seed)}-{number}"))
        number += 1
    with claimed(folder, resume=options.resume):
        record = experiment.record()
        if finish is not None:
            finish(record)
    return record


def _checked(scenario: Path | str | Scenario, catalogue: Catalogue, options: Options) -> tuple[Document, Scenario]:
    """The scenario, read and checked with the counts of the options; nobody has checked a changed copy, whose lines nobody has seen."""
    if not isinstance(scenario, Scenario):
        return read_document(scenario), load_scenario(scenario, catalogue, options.counts)
    text = scenario_text(scenario)
    try:
        return read_document(text), load_scenario(text, catalogue, options.counts)
    except ScenarioError as error:
        raise ScenarioError([replace(problem, file="scenario", line=None) for problem in error.problems]) from None


def default_folder(scenario: Path | str | Scenario, seed: int) -> Path:
    """``runs/<name of the file>-<seed>``."""
    is_file = isinstance(scenario, Path) or (isinstance(scenario, str) and "\n" not in scenario)
    return Path("runs") / f"{Path(str(scenario)).stem if is_file else 'scenario'}-{seed}"


def _silent(section: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True)
class LoweredWorlds:
    """The worlds of a lowered scenario and of its draws."""

    lowered: Lowered
    draws: Draws

    def world(self, draw: int) -> World:
        """Nominal, with the values of a draw, or with a limit lifted."""
        if lift := lift_of_draw(draw):
            return lifted(self.lowered.world, lift)
        return self.lowered.world if draw == NOMINAL else bind(self.lowered, self.draws.values(draw))


@dataclass
class _Experiment:
    lowered: Lowered
    catalogue: Catalogue
    options: Options
    folder: Path
    progress: Progress
    journal: Journal = field(init=False)
    results: dict[int, list[ChunkResult]] = field(default_factory=dict)
    stop: Stop = field(default_factory=Stop)

    def __post_init__(self) -> None:
        self.started, self.clock_s = datetime.now(UTC), time.perf_counter()
        self.run: Run = self.lowered.scenario.run
        self.cast: Cast = make_cast(self.lowered)
        self.workers = self.options.workers or _processors()
        self.draws = Draws(self.lowered.used, self.run.seed)
        self.course = CourseReader(self.lowered.world)
        self.worker = Worker(LoweredWorlds(self.lowered, self.draws), self.run.seed)
        self.move(self.folder)
        # Now and not when saving: a fault of the catalogue must be found before anything is run or written.
        self.coverage = coverage_task(self.lowered)
        self.lock = {"stamp": self.stamp, **data_lock(self.lowered, self.catalogue, self.coverage.only_here)}
        own = self.lock["own_files"]
        self.parts = _parts(self.lowered, self.draws) | ({"own file": own} if own else {})
        self.description = {"stamp": self.stamp, **describe(self.lowered, self.cast)}
        self.backend = Backend(self.worker, self.workers, self.options.pool_from_s)

    def move(self, folder: Path) -> Path:
        """Save in `folder`."""
        require_usable(folder, resume=self.options.resume)
        self.folder, self.journal = folder, Journal(folder / JOURNAL, self.worker.session(NOMINAL)[1].dtype, self.course.dtype)
        return folder

    def holds_another(self) -> bool:
        """Whether the folder holds a record that this run may not replace."""
        try:
            self._require_continues()
            self._require_no_less(None if self.options.until_half_width else self.run.runs)
        except InputError:
            return True
        return False

    @property
    def stamp(self) -> str | None:
        """What every output says where no disputed value was drawn."""
        return None if self.run.draws else CHANCE_ONLY

    def record(self) -> Record:
        """Run what is not finished yet and save it. The folder is claimed."""
        self._require_continues()
        self._require_no_less(None if self.options.until_half_width else self.run.runs)
        if not self.options.resume:
            clear_folder(self.folder)
        self.journal.open(self.parts)
        try:
            with self.stop:
                for result in self.journal.finished():
                    self.results.setdefault(result.chunk.draw, []).append(result)
                runs = self._nominal()
                self._require_no_less(runs)
                self._complete("one limit lifted", [Chunk(draw_of_lift(name), 0, min(runs, LIFTED_RUNS)) for name in self._limits])
                self._complete("draws", [Chunk(d, first, first + self.run.replicates) for d, first in self._draw_starts()])
                self._save(runs)
        except KeyboardInterrupt as stop:
            kept = sum(r.chunk.size for results in self.results.values() for r in results)
            where = f"{kept:,} finished replicates are kept in {self.folder}"
            raise interrupted(f"interrupted; {where}; the same command with --resume continues", stop) from None
        finally:
            self.backend.close()
        return load_record(self.folder)

    def _require_continues(self) -> None:
        """An `InputError` unless the run in the folder is the one to go on with, or a finished one of the same scenario and seed."""
        if self.options.resume:
            if other := self.journal.differences(self.parts):
                message = f"was begun with {other}; --resume goes on only with the same: change it back, or give another --out"
                raise InputError(f"{self.folder}: {message}")
        elif (self.folder / SUMMARY).is_file() and (other := self.journal.differences({k: self.parts[k] for k in ("seed", "scenario")})):
            raise InputError(f"{self.folder}: holds the record of another run, with {other}; give another --out, or remove the folder")

    def _require_no_less(self, runs: int | None) -> None:
        """An `InputError` if the finished record in the folder holds more than this run will; `runs` is None while it is not known."""
        try:
            held = load_record(self.folder).summary["run"]
        except InputError:
            return  # none, or a damaged one
        counts = {"runs": runs, "draws": self.run.draws, "replicates": self.run.replicates if held["draws"] else None}
        for name, count in counts.items():
            if count is not None and count < held[name]:
                message = f"holds the record of a run with {held[name]:,} {name}, more than {count:,}"
                raise InputError(f"{self.folder}: {message}; ask for no fewer, give another --out, or remove the folder")
        if missing := [name for name in held.get("lift", ()) if name not in self.run.lift]:
            message = f"holds the record of a run that also lifts {', '.join(missing)}"
            raise InputError(f"{self.folder}: {message}; ask for no fewer, give another --out, or remove the folder")

    @property
    def _limits(self) -> list[str]:
        """Limits to lift; one that the scenario does not have would change nothing."""
        return [name for name in self.run.lift if limits(self.lowered.world, name)]

    def _draw_starts(self) -> list[tuple[int, int]]:
        return [(d, d * self.run.replicates) for d in range(self.run.draws)]

    def _nominal(self) -> int:
        """Run the nominal replicates; returns how many."""
        wanted = self.options.until_half_width
        if wanted is None:
            self._complete("nominal", [Chunk(NOMINAL, 0, self.run.runs)])
            return self.run.runs
        for count in counts_to_test():
            self._complete("nominal", [Chunk(NOMINAL, 0, count)])
            if self._reached(count) <= wanted:
                return count
        raise RunError(f"the half-width of the mean leakers is still above {wanted:g} after {MOST_REPLICATES:,} replicates")

    def _reached(self, count: int) -> float:
        return half_width(self._rows(NOMINAL, 0, count)["leakers"], self.cast.threats)

    def _lifted(self, runs: int) -> tuple[Lifted, ...]:
        there = self._limits
        rows = {name: self._rows(draw_of_lift(name), 0, min(runs, LIFTED_RUNS)) for name in there}
        world = self.lowered.world
        return tuple(Lifted(name, LIFTS[name].words, absence(world, name), rows.get(name)) for name in self.run.lift)

    def _complete(self, section: str, wanted: list[Chunk]) -> None:
        """Run what is wanted and not finished yet, chunk by chunk, each kept in the journal as soon as it is finished."""
        total = sum(chunk.size for chunk in wanted)
        todo = Todo(wanted, [r.chunk for results in self.results.values() for r in results])
        done = total - todo.replicates
        if done < total:
            clear_record(self.folder)  # from here on the folder holds an unfinished run
        self.progress(section, done, total)
        for result in self.backend.run(todo):
            self.journal.write(result)
            self.results.setdefault(result.chunk.draw, []).append(result)
            done += result.chunk.size
            self.progress(section, done, total)
            self.stop.check()

    def _rows(self, draw: int, first: int, last: int) -> Rows:
        """Outcome rows first <= replication < last of a draw, in replication order."""
        rows = np.concatenate([r.outcomes for r in sorted(self.results[draw], key=lambda r: r.chunk)])
        return rows[(rows["replication"] >= first) & (rows["replication"] < last)]

    def _nominal_rows(self, kind: str, runs: int) -> Rows:
        """The rows of a kind (a field of `ChunkResult`) of the first nominal replicates, in replication order."""
        rows = np.concatenate([getattr(r, kind) for r in sorted(self.results[NOMINAL], key=lambda r: r.chunk)])
        return np.asarray(rows[rows["replication"] < runs])

    def _save(self, runs: int) -> None:
        run, wanted = self.run.model_copy(update={"runs": runs}), self.options.until_half_width
        reached = None if wanted is None else self._reached(runs)
        nominal = self._rows(NOMINAL, 0, runs)
        drawn = [self._rows(d, first, first + run.replicates) for d, first in self._draw_starts()]
        lifted_rows = self._lifted(runs)
        answer = answers(Outcomes(nominal, np.stack(drawn) if drawn else None, lifted_rows), self.cast)
        for weapon, met_m in zip(answer["weapons"], met_ranges(self._nominal_rows("engagements", runs), self.cast), strict=True):
            weapon["met_m"] = met_m
        answer["time_budget"] = time_budget(self._nominal_rows("leakers", runs), runs, self.cast)
        scenario = scenario_text(self.lowered.scenario.model_copy(update={"run": run}))
        scenario = f"# {self.stamp}\n{scenario}" if self.stamp else scenario
        lock, description = self.lock, self.description
        lock["draws"]["sha256"] = draws_sha256(self._drawn_values())
        kept = choose_kept(nominal["leakers"], self.options.keep)
        tables = {**self._tables(nominal, drawn), "lifted": lifted_table(lifted_rows)}
        tables |= self._stories(nominal, [k for k, _ in kept], description["track_step_s"])
        seen = coverage(self.coverage)
        tables["coverage"] = coverage_table(seen)
        facts = {
            "seed": run.seed,
            "runs": runs,
            "draws": run.draws,
            "replicates": run.replicates,
            "run_hash": hashlib.sha256(json.dumps(self.parts, sort_keys=True).encode()).hexdigest(),
            "scenario_sha256": hashlib.sha256(scenario.encode()).hexdigest(),
            "engine_digest": self.parts["engine"],
            "version": __version__,
        }
        tables["run"] = make_table("run", {name: np.array([value]) for name, value in {**facts, "title": description["title"]}.items()})
        summary = {
            "openiads_record": SCHEMA_VERSION,
            "stamp": self.stamp,
            "headline": answer.pop("headline"),
            **{name: description[name] for name in ("title", "question", "notice")},
            "run": {**facts, "lift": list(run.lift), "until_half_width": wanted, "stopped": stopped_words(runs, reached, wanted)},
            **answer,
            "coverage": coverage_summary(seen),
            "assumptions": assumptions(self.lowered),
            "kept": [{"replication": k, "why": why, "leakers": int(nominal["leakers"][k])} for k, why in kept],
            "provenance": self._provenance(),
        }
        clear_record(self.folder)
        (self.folder / TABLE_FOLDER).mkdir()
        digests: dict[str, str] = summary["provenance"].setdefault("tables", {})
        for name, table in tables.items():
            stamped = table.replace_schema_metadata({**table.schema.metadata, b"openiads_stamp": (self.stamp or "").encode()})
            digests[name] = write_table(stamped, self.folder / TABLE_FOLDER / f"{name}.parquet")
        write_text(scenario, self.folder / SCENARIO)
        write_json(lock, self.folder / DATA_LOCK)
        write_json(description, self.folder / DESCRIPTION)
        write_json(summary, self.folder / SUMMARY)

    def _drawn_values(self) -> Iterator[dict[str, float]]:
        for draw in range(self.run.draws):
            yield self.draws.values(draw)
            if draw + 1 == self.run.draws or not (draw + 1) % 1000:
                self.progress("values", draw + 1, self.run.draws)

    def _tables(self, nominal: Rows, drawn: list[Rows]) -> dict[str, pa.Table]:
        draw = np.repeat(np.arange(NOMINAL, len(drawn), dtype=np.int32), [nominal.size, *(rows.size for rows in drawn)])
        tables = replicate_tables(draw, np.concatenate([nominal, *drawn]), self.cast)
        tables["engagement"] = engagement_table(self._nominal_rows("engagements", nominal.size), self.cast)
        tables["leaker"] = leaker_table(self._nominal_rows("leakers", nominal.size), self.cast)
        tables["course"] = course_table(self._nominal_rows("courses", nominal.size)["counts"], self.course.grid_s, self.cast)
        tables["exposure"] = exposure_table(self._nominal_rows("exposures", nominal.size), self.cast)
        tables["object"] = object_table(self.cast)
        return tables

    def _stories(self, nominal: Rows, kept: list[int], step_s: float) -> dict[str, pa.Table]:
        """The tables of kept replicates, run again with their looks recorded; the outcome must be the same bit for bit."""
        names = ("timeline", "shot", "event", "track")
        parts: dict[str, list[pa.Table]] = {name: [TABLES[name].arrow().empty_table()] for name in names}
        session, reader = self.worker.session(NOMINAL)
        for k in kept:
            state = session.run(self.run.seed, k, record=True)
            if reader.row(state).tobytes() != nominal[k : k + 1].tobytes():
                raise RunError(f"replicate {k} of seed {self.run.seed} came out differently when it was run again to be kept")
            for name, table in story_tables(session.world, state, self.cast, step_s).items():
                parts[name].append(table)
        return {name: pa.concat_tables(tables[1:] or tables).unify_dictionaries() for name, tables in parts.items()}

    def _provenance(self) -> dict[str, Any]:
        return {
            "started": self.started.isoformat(timespec="seconds"),
            "wall_s": round(time.perf_counter() - self.clock_s, 3),
            "workers": self.workers,
            "host": platform.node(),
            "platform": platform.platform(),
            "python": platform.python_version(),
            "numpy": np.__version__,
            "pyarrow": pa.__version__,
        }


def choose_kept(leakers: NDArray[Any], keep: int) -> list[tuple[int, str]]:
    """The first `keep` of: number 0, the worst, the median by leakers (n,), then the next worst ones; each once, with the reason."""
    worst = np.lexsort((np.arange(leakers.size), -leakers))
    median = int(np.lexsort((np.arange(leakers.size), leakers))[(leakers.size - 1) // 2])
    wanted = [(0, "number 0"), (int(worst[0]), "the worst"), (median, "the median"), *((int(k), "among the worst") for k in worst[1:])]
    reasons: dict[int, str] = {}
    for k, why in wanted[: max(3, keep)]:
        if k in reasons:
            reasons[k] += f", {why}"
        elif len(reasons) < keep:
            reasons[k] = why
    return list(reasons.items())


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _parts(lowered: Lowered, draws: Draws) -> dict[str, Any]:
    """What decides every replicate. Counts of nominal replicates and draws are no part of it, so that a run can grow."""
    scenario = lowered.scenario
    arrays = hashlib.sha256()
    for array in lowered.world:
        arrays.update(np.ascontiguousarray(array).tobytes())
    return {
        "seed": scenario.run.seed,
        "replicates per draw": scenario.run.replicates,
        "version": __version__,
        "engine": core_digest(),
        "scenario": scenario.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"run"}),
        "catalogue": {p.path: {name: getattr(p, name) for name in ("nominal", "low", "high", "dist")} for p in lowered.used},
        "first draw": draws_sha256([draws.values(0)]),
        "lowered arrays": arrays.hexdigest(),
    }
