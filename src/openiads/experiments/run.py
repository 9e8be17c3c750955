"""One experiment from a scenario to a saved record: nominal replicates, catalogue draws, answers, kept replicates."""

from __future__ import annotations

import hashlib
import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from openiads.catalogue import Catalogue, load_catalogue
from openiads.errors import InputError, Interrupted, RunError
from openiads.experiments.backends import POOL_FROM_S, Backend
from openiads.experiments.description import data_lock, describe, draws_sha256, make_cast
from openiads.experiments.journal import Journal
from openiads.experiments.replication import Chunk, ChunkResult, Todo, Worker
from openiads.experiments.stopping import MOST_REPLICATES, CtrlC, counts_to_test, precise_enough, require_half_width
from openiads.experiments.story import engagement_table, object_table, replicate_tables, story_tables
from openiads.experiments.uncertainty import draw_values
from openiads.kernel import core_digest
from openiads.metrics import Outcomes, answers
from openiads.records import Record, load_record
from openiads.records.cast import Cast
from openiads.records.folder import JOURNAL, begin_folder, require_usable
from openiads.records.reader import DATA_LOCK, DESCRIPTION, SCENARIO, SUMMARY, TABLE_FOLDER
from openiads.records.schema import NOMINAL, SCHEMA_VERSION, TABLES
from openiads.records.tables import make_table, write_json, write_table, write_text
from openiads.scenario import Scenario, load_scenario, scenario_text
from openiads.scenario.document import read_document
from openiads.scenario.schema import Run
from openiads.simulation import Lowered, bind, lower
from openiads.state.layout import World
from openiads.version import __version__

Rows = NDArray[np.void]
Progress = Callable[[str, int, int], None]

#: Replicates kept with events and tracks unless the user says otherwise: number 0, the median, the worst.
KEEP = 3
#: Seed and replication are words of 32 bits in the random key (MODEL section 10), so that both stay below this.
KEY_WORD = 2**32
MOST_WORKERS = 1024


@dataclass(frozen=True)
class Options:
    """How often to run and with what; None takes the scenario's value."""

    runs: int | None = None
    """Nominal replicates, exactly."""
    until_half_width: float | None = None
    """Nominal replicates until the 95 % half-width of the mean number of leakers is at most this; tested at 64 x 2^k."""
    draws: int | None = None
    replicates: int | None = None
    """Replicates per draw."""
    seed: int | None = None
    workers: int | None = None
    """Worker processes; None takes one per processor. The answer does not depend on it."""
    keep: int = KEEP
    resume: bool = False
    pool_from_s: float = POOL_FROM_S
    """Work expected to be shorter than this starts no worker processes."""


def run_experiment(
    scenario: Path | str | Scenario,
    out: Path | str | None = None,
    options: Options | None = None,
    catalogue: Catalogue | None = None,
    progress: Progress | None = None,
) -> Record:
    """Run a scenario (a file, its text, or a `Scenario`) and save the record in the folder `out`.

    `progress(section, done, total)` is called with the sections nominal and draws. Without `out` the folder is runs/<name>-<seed>. The
    saved record, its `provenance` apart, depends on nothing but scenario, catalogue, seed and the options that count replicates.
    """
    options = options or Options()
    catalogue = catalogue or load_catalogue()
    document = None if isinstance(scenario, Scenario) else read_document(scenario)
    loaded = scenario if isinstance(scenario, Scenario) else load_scenario(scenario, catalogue)
    resolved = _resolve(loaded, options)
    folder = Path(out) if out is not None else default_folder(scenario, resolved.run.seed)
    require_usable(folder, resume=options.resume)
    lowered = lower(resolved, catalogue, document)
    draws = draw_values(lowered.used, resolved.run.draws, resolved.run.seed)
    return _Experiment(lowered, catalogue, draws, options, folder, progress or _silent).record()


def default_folder(scenario: Path | str | Scenario, seed: int) -> Path:
    """``runs/<name of the file>-<seed>``."""
    is_file = isinstance(scenario, Path) or (isinstance(scenario, str) and "\n" not in scenario)
    return Path("runs") / f"{Path(str(scenario)).stem if is_file else 'scenario'}-{seed}"


def _silent(section: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


#: The stamp of a run without draws.
CHANCE_ONLY = "chance only"


def _resolve(scenario: Scenario, options: Options) -> Scenario:
    """The scenario with the counts and the seed of the options."""
    if options.runs is not None and options.until_half_width is not None:
        raise InputError("--runs and --until-half-width exclude each other; keep one")
    if options.until_half_width is not None:
        require_half_width(options.until_half_width)
    run = scenario.run
    limits = {"runs": (1, KEY_WORD - 1), "draws": (0, MOST_REPLICATES), "replicates": (1, KEY_WORD - 1), "seed": (0, KEY_WORD - 1)}
    chosen: dict[str, int] = {}
    for name, (least, most) in limits.items():
        option = getattr(options, name)
        chosen[name] = value = getattr(run, name) if option is None else option
        if not least <= value <= most:
            where = f"run.{name} of the scenario" if option is None else f"--{name}"
            raise InputError(f"{where} {value}: must be at least {least} and at most {most}")
    draws, replicates = chosen["draws"], chosen["replicates"]
    if draws == 1:
        raise InputError("one draw says nothing about what is not publicly known; use --draws 0 (chance only) or at least 2")
    if (total := draws * replicates) >= KEY_WORD:
        raise InputError(f"{draws} draws x {replicates} are {total} replicates; lower --draws or --replicates: at most {KEY_WORD - 1}")
    if options.keep < 0 or (options.workers is not None and not 1 <= options.workers <= MOST_WORKERS):
        raise InputError(f"--workers must be at least 1 and at most {MOST_WORKERS}, --keep at least 0")
    return scenario.model_copy(update={"run": run.model_copy(update=chosen)})


@dataclass(frozen=True)
class LoweredWorlds:
    """The worlds of a lowered scenario and of its draws."""

    lowered: Lowered
    draws: Sequence[Mapping[str, float]]

    def world(self, draw: int) -> World:
        """Nominal, or with the values of a draw."""
        return self.lowered.world if draw == NOMINAL else bind(self.lowered, self.draws[draw])


@dataclass
class _Experiment:
    lowered: Lowered
    catalogue: Catalogue
    draws: Sequence[Mapping[str, float]]
    options: Options
    folder: Path
    progress: Progress
    results: dict[int, list[ChunkResult]] = field(default_factory=dict)
    ctrl_c: CtrlC = field(default_factory=CtrlC)

    def __post_init__(self) -> None:
        self.started, self.clock_s = datetime.now(UTC), time.perf_counter()
        self.run: Run = self.lowered.scenario.run
        self.cast: Cast = make_cast(self.lowered)
        self.workers = self.options.workers or _processors()
        self.worker = Worker(LoweredWorlds(self.lowered, self.draws), self.run.seed)
        self.journal = Journal(self.folder / JOURNAL, self.worker.session(NOMINAL)[1].dtype)
        self.ingredients = _ingredients(self.lowered, self.draws)
        # Now and not when saving: a fault of the catalogue must be found before anything is run or written.
        self.lock = {"stamp": self.stamp, **data_lock(self.lowered, self.catalogue, self.draws, self.run.seed)}
        self.description = {"stamp": self.stamp, **describe(self.lowered, self.cast)}
        self.backend = Backend(self.worker, self.workers, self.options.pool_from_s)

    @property
    def stamp(self) -> str | None:
        """What every output says where no disputed value was drawn."""
        return None if self.run.draws else CHANCE_ONLY

    def record(self) -> Record:
        if self.options.resume:
            self.journal.require_same(self.ingredients)
        begin_folder(self.folder, resume=self.options.resume)
        self.journal.open(self.ingredients)
        try:
            with self.ctrl_c:
                for result in self.journal.finished():
                    self.results.setdefault(result.chunk.draw, []).append(result)
                runs = self._nominal()
                self._complete("draws", [Chunk(d, first, first + self.run.replicates) for d, first in self._draw_starts()])
                self._save(runs)
        except KeyboardInterrupt:
            kept = sum(r.chunk.size for results in self.results.values() for r in results)
            where = f"{kept:,} finished replicates are kept in {self.folder}"
            raise Interrupted(f"interrupted; {where}; the same command with --resume continues") from None
        finally:
            self.backend.close()
        return load_record(self.folder)

    def _draw_starts(self) -> list[tuple[int, int]]:
        return [(d, d * self.run.replicates) for d in range(self.run.draws)]

    def _nominal(self) -> int:
        """Run the nominal replicates; returns how many."""
        half_width = self.options.until_half_width
        if half_width is None:
            self._complete("nominal", [Chunk(NOMINAL, 0, self.run.runs)])
            return self.run.runs
        for count in counts_to_test():
            self._complete("nominal", [Chunk(NOMINAL, 0, count)])
            if precise_enough(self._rows(NOMINAL, 0, count)["leakers"], self.cast.threats, half_width):
                return count
        raise RunError(f"the half-width of the mean leakers is still above {half_width:g} after {MOST_REPLICATES:,} replicates")

    def _complete(self, section: str, wanted: list[Chunk]) -> None:
        """Run what is wanted and not finished yet, chunk by chunk, each kept in the journal as soon as it is finished."""
        total = sum(chunk.size for chunk in wanted)
        todo = Todo(wanted, [r.chunk for results in self.results.values() for r in results])
        done = total - todo.replicates
        self.progress(section, done, total)
        for result in self.backend.run(todo):
            self.journal.write(result)
            self.results.setdefault(result.chunk.draw, []).append(result)
            done += result.chunk.size
            self.progress(section, done, total)
            self.ctrl_c.check()

    def _rows(self, draw: int, first: int, last: int) -> Rows:
        """Outcome rows first <= replication < last of a draw, in replication order."""
        rows = np.concatenate([r.outcomes for r in sorted(self.results[draw], key=lambda r: r.chunk)])
        return rows[(rows["replication"] >= first) & (rows["replication"] < last)]

    def _save(self, runs: int) -> None:
        run = self.run.model_copy(update={"runs": runs})
        nominal = self._rows(NOMINAL, 0, runs)
        drawn = [self._rows(d, first, first + run.replicates) for d, first in self._draw_starts()]
        answer = answers(Outcomes(nominal, np.stack(drawn) if drawn else None), self.cast)
        scenario = scenario_text(self.lowered.scenario.model_copy(update={"run": run}))
        scenario = f"# {self.stamp}\n{scenario}" if self.stamp else scenario
        lock, description = self.lock, self.description
        kept = choose_kept(nominal["leakers"], self.options.keep)
        tables = self._tables(nominal, drawn)
        tables |= self._stories(nominal, [k for k, _ in kept], description["track_step_s"])
        facts = {
            "seed": run.seed,
            "runs": runs,
            "draws": run.draws,
            "replicates": run.replicates,
            "run_hash": self.ingredients["run_hash"],
            "scenario_sha256": hashlib.sha256(scenario.encode()).hexdigest(),
            "engine_digest": self.ingredients["engine_digest"],
            "version": __version__,
        }
        tables["run"] = make_table("run", {name: np.array([value]) for name, value in {**facts, "title": description["title"]}.items()})
        summary = {
            "openiads_record": SCHEMA_VERSION,
            "stamp": self.stamp,
            "headline": answer.pop("headline"),
            **{name: description[name] for name in ("title", "question", "notice")},
            "run": {**facts, "until_half_width": self.options.until_half_width},
            **answer,
            "assumptions": len({p["path"] for p in lock["parameters"] if p["assumption"]}) + len(lock["notes"]),
            "kept": [{"replication": k, "why": why, "leakers": int(nominal["leakers"][k])} for k, why in kept],
            "provenance": self._provenance(),
        }
        (self.folder / TABLE_FOLDER).mkdir(exist_ok=True)
        for name, table in tables.items():
            stamped = table.replace_schema_metadata({**table.schema.metadata, b"openiads_stamp": (self.stamp or "").encode()})
            write_table(stamped, self.folder / TABLE_FOLDER / f"{name}.parquet")
        write_text(scenario, self.folder / SCENARIO)
        write_json(lock, self.folder / DATA_LOCK)
        write_json(description, self.folder / DESCRIPTION)
        write_json(summary, self.folder / SUMMARY)

    def _tables(self, nominal: Rows, drawn: list[Rows]) -> dict[str, pa.Table]:
        draw = np.repeat(np.arange(NOMINAL, len(drawn), dtype=np.int32), [nominal.size, *(rows.size for rows in drawn)])
        tables = replicate_tables(draw, np.concatenate([nominal, *drawn]), self.cast)
        rows = np.concatenate([r.engagements for r in sorted(self.results[NOMINAL], key=lambda r: r.chunk)])
        tables["engagement"] = engagement_table(rows[rows["replication"] < nominal.size], self.cast)
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


def _ingredients(lowered: Lowered, draws: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    """What decides every replicate, and the digest of it all. Counts of replicates and draws are no part of it, so that a run can grow."""
    scenario, run = lowered.scenario, lowered.scenario.run
    text = scenario_text(scenario.model_copy(update={"run": Run(seed=run.seed, replicates=run.replicates)}))
    arrays = hashlib.sha256()
    for array in lowered.world:
        arrays.update(np.ascontiguousarray(array).tobytes())
    values = [(p.path, p.nominal, p.low, p.high, p.dist) for p in lowered.used]
    parts: dict[str, Any] = {
        "scenario": hashlib.sha256(text.encode()).hexdigest(),
        "catalogue values": hashlib.sha256(repr(values).encode()).hexdigest(),
        "first draw": draws_sha256(draws[:1]),
        "lowered arrays": arrays.hexdigest(),
        "seed": run.seed,
        "replicates per draw": run.replicates,
        "engine_digest": core_digest(),
        "version": __version__,
    }
    return {"run_hash": hashlib.sha256(repr(sorted(parts.items())).encode()).hexdigest(), **parts}
