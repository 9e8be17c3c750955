"""Prove the speed floors: `python -m benchmarks.bench [--quick] [--json FILE]`; exit 1 if one is missed.

Times are CPU times, compilation excluded. Other load of the machine can only slow a measurement down (shared caches and memory, the
clock of the processor: 40 % has been seen), so of many short rounds of the very same replicates the best one counts, for every program
alike; the medians are printed beside it. What is compared is measured in alternation, on one core in one process wherever that is
possible.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from statistics import median
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.raid import raid
from benchmarks.simpy_twin import Raid
from openiads.codes import ObjectStatus
from openiads.simulation.lower.world import build_world
from openiads.simulation.session import Session

SEED = 1
EXPONENT_SIZES = (100, 300, 1000, 3000)
REACTIONS_S = (10.0, 12.0)
#: In the names of rows: radars are hit by who aims at them, and repaired.
LOSSES = "with losses"


class TwinRuns(NamedTuple):
    """How often the SimPy twin runs: every seed so many times."""

    seeds: int
    rounds: int


@dataclass(frozen=True)
class Effort:
    """How long to measure."""

    rounds: int
    """Rounds of a timing; the best counts."""
    slice_s: float
    """CPU time of the engine in one round."""
    twin: dict[int, TwinRuns]
    """Runs of the SimPy twin, by number of threats."""
    paired_replicates: dict[int, int]
    """Replicates of each of two paired runs, by number of threats."""
    starts: int
    """Fresh processes that compile everything; the best counts."""


FULL = Effort(25, 0.2, {50: TwinRuns(40, 1), 100: TwinRuns(12, 3), 300: TwinRuns(6, 3)}, {100: 4000, 300: 2000}, 3)
QUICK = Effort(8, 0.1, {50: TwinRuns(10, 1), 100: TwinRuns(6, 1), 300: TwinRuns(5, 1)}, {100: 2000, 300: 500}, 1)


@dataclass(frozen=True)
class Row:
    """One line of the table; a floor is a least value, or with `at_most` a greatest one."""

    measure: str
    value: float
    floor: float
    at_most: bool = False

    @property
    def ratio(self) -> float:
        """Above 1 is better than the floor."""
        best, worst = (self.floor, self.value) if self.at_most else (self.value, self.floor)
        return best / worst if worst > 0.0 else math.inf

    @property
    def passed(self) -> bool:
        return self.value <= self.floor if self.at_most else self.value >= self.floor


def leakers(session: Session, replication: int) -> int:
    """Run one replicate and count its leakers."""
    return int((session.run(SEED, replication).objects["status"] == ObjectStatus.LEAKED).sum())


def warm_session(n: int, reaction_s: float = REACTIONS_S[0], *, losses: bool = False) -> Session:
    """A session that has run once: compiled, grown to size. With `losses`, radars are hit and repaired."""
    session = Session(build_world(raid(n, reaction_s=reaction_s, losses=losses)))
    leakers(session, 0)
    return session


def engine_s(session: Session, replicates: int) -> float:
    """CPU seconds per replicate over the first `replicates` ones."""
    start = time.process_time()
    for replication in range(replicates):
        session.run(SEED, replication)
    return (time.process_time() - start) / replicates


def replicates_in(session: Session, slice_s: float) -> int:
    """How many replicates take about `slice_s`: the same ones in every round, so that rounds differ by other load alone."""
    return max(1, round(slice_s / engine_s(session, 3)))


def twin_s(plan: Any, seed: int) -> tuple[float, int]:
    """CPU seconds and leakers of one replicate of the SimPy twin."""
    start = time.process_time()
    leaked = Raid(plan, seed).run()
    return time.process_time() - start, leaked


def versus_simpy(n: int, effort: Effort) -> Iterator[Row]:
    """The engine and its twin in turns: ratio of their best CPU times, and distance of their mean leakages."""
    plan, session, losing = raid(n), warm_session(n), warm_session(n, losses=True)
    replicates, (seeds, rounds) = replicates_in(session, effort.slice_s), effort.twin[n]
    slow_s, fast_s, losing_s = (np.zeros((rounds, seeds)) for _ in range(3))
    twin_leaks = [0] * seeds
    for k in range(rounds):
        for seed in range(seeds):
            slow_s[k, seed], twin_leaks[seed] = twin_s(plan, seed)
            fast_s[k, seed], losing_s[k, seed] = engine_s(session, replicates), engine_s(losing, replicates)
    if n >= 100:
        print(f"  SimPy CPU time / engine's, {n} threats, median of the ratios side by side: {np.median(slow_s / fast_s):.0f}")
        yield Row(f"SimPy CPU time / engine's, {n} threats", float(slow_s.min(axis=0).mean() / fast_s.min()), 1000.0)
        ratio = float(slow_s.min(axis=0).mean() / losing_s.min())
        yield Row(f"SimPy CPU time / engine's {LOSSES}, {n} threats", ratio, 1000.0)
    engine_leaks = [leakers(session, replication) for replication in range(max(replicates, 500))]
    error = math.hypot(standard_error(twin_leaks), standard_error(engine_leaks))
    apart = abs(float(np.mean(twin_leaks)) - float(np.mean(engine_leaks)))
    print(f"  leakers of {n}: engine {np.mean(engine_leaks):.2f}, SimPy {np.mean(twin_leaks):.2f}, difference {apart:.2f} +/- {error:.2f}")
    yield Row(f"leakage against SimPy, {n} threats, standard errors", apart / error if error > 0.0 else apart, 4.0, at_most=True)


def standard_error(values: list[int]) -> float:
    return float(np.std(values, ddof=1)) / math.sqrt(len(values))


def speed(effort: Effort, *, losses: bool) -> Iterator[Row]:
    """Replicates per second, and how the cost grows with the number of threats."""
    what = f" {LOSSES}" if losses else ""
    sessions = {n: warm_session(n, losses=losses) for n in EXPONENT_SIZES}
    replicates = {n: replicates_in(session, effort.slice_s) for n, session in sessions.items()}
    rounds = [[engine_s(session, replicates[n]) for n, session in sessions.items()] for _ in range(effort.rounds)]
    cost_s = dict(zip(sessions, np.min(rounds, axis=0), strict=True))
    for which, times_s in (("best", cost_s.values()), ("median", np.median(rounds, axis=0))):
        costs = ", ".join(f"{n} threats {1e3 * cost:.3f}" for n, cost in zip(sessions, times_s, strict=True))
        print(f"  ms per replicate{what}, {which} round: {costs}")
    yield Row(f"replicates/s{what}, 100 threats", 1.0 / cost_s[100], 1000.0)
    yield Row(f"replicates/s{what}, 300 threats", 1.0 / cost_s[300], 300.0)
    slope, _ = np.polyfit(np.log(list(cost_s)), np.log(list(cost_s.values())), 1)
    yield Row(f"cost exponent{what}, 100 to 3000 threats", float(slope), 1.0, at_most=True)


def serve(connection: Connection, n: int, losses: bool) -> None:
    """A worker: tell the CPU and wall time of each ordered number of replicates."""
    session = warm_session(n, losses=losses)
    connection.send((0.0, 0.0))
    while replicates := connection.recv():
        start = time.process_time(), time.perf_counter()
        for replication in range(replicates):
            session.run(SEED, replication)
        connection.send((time.process_time() - start[0], time.perf_counter() - start[1]))


def workers(effort: Effort, n: int = 100, *, losses: bool) -> Iterator[Row]:
    """One process against two, each with replicates of its own, all long started: share of twice the speed.

    The workers share nothing and never wait, so their CPU time is what they would take on a machine of their own.
    """
    context = get_context("forkserver")
    ends = [context.Pipe() for _ in range(2)]
    processes = [context.Process(target=serve, args=(theirs, n, losses), daemon=True) for _, theirs in ends]
    for process in processes:
        process.start()
    ours = [mine for mine, _ in ends]
    for connection in ours:
        connection.recv()
    replicates = replicates_in(warm_session(n, losses=losses), effort.slice_s)
    alone: list[NDArray[np.float64]] = []
    together: list[NDArray[np.float64]] = []
    for _ in range(effort.rounds):
        for times, busy in ((alone, ours[:1]), (together, ours)):
            for connection in busy:
                connection.send(replicates)
            times.append(np.max([connection.recv() for connection in busy], axis=0))
    for connection, process in zip(ours, processes, strict=True):
        connection.send(0)
        process.join()
    cpu, wall = np.min(alone, axis=0) / np.min(together, axis=0)
    print(f"  efficiency of 2 workers by the wall clock, with the other load of this machine: {wall:.3f}")
    yield Row(f"efficiency of 2 workers{f' {LOSSES}' if losses else ''}", float(cpu), 0.9)


def variance(n: int, effort: Effort, *, losses: bool) -> Iterator[Row]:
    """Independent against paired runs of a changed reaction time: ratio of the variances of the difference in leakers."""
    before, after = (leaks_of(n, reaction_s, effort.paired_replicates[n], losses=losses) for reaction_s in REACTIONS_S)
    ratio, error = variance_ratio(before, after)
    more = float((after - before).mean())
    what = f" {LOSSES}" if losses else ""
    print(f"  reaction 10 to 12 s{what}, {n} threats: {more:+.3f} leakers; ratio {ratio:.2f}, standard error {error:.2f}")
    yield Row(f"variance reduction by pairing{what}, {n} threats", ratio, 5.0)


def variance_ratio(before: NDArray[np.float64], after: NDArray[np.float64]) -> tuple[float, float]:
    """Variance of the difference of independent runs over that of paired ones (n,), and its standard error by the jackknife.

    B. Efron, C. Stein, Annals of Statistics 9 (1981) 586: sqrt((n - 1) / n times the squared deviations of the n leave-one-out values).
    """
    n = before.size
    independent = variances_without_one(before) + variances_without_one(after)
    ratio, *others = independent / variances_without_one(after - before)
    left_out = np.array(others)
    return float(ratio), math.sqrt((n - 1) / n * float(((left_out - left_out.mean()) ** 2).sum()))


def variances_without_one(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """The variance of x (n,), and the n variances without one value each."""
    deviations = x - x.mean()
    total, n = float((deviations**2).sum()), x.size
    return np.concatenate([[total / (n - 1)], (total - deviations**2 * n / (n - 1)) / (n - 2)])


def leaks_of(n: int, reaction_s: float, replicates: int, *, losses: bool) -> NDArray[np.float64]:
    session = warm_session(n, reaction_s, losses=losses)
    return np.array([leakers(session, replication) for replication in range(replicates)], float)


FIRST_REPLICATE = "import time; from benchmarks.bench import warm_session; warm_session(100); print(time.process_time())"
BYTECODE = "import numba, benchmarks.bench; numba.njit(lambda: 0)(); print(0.0)"


def starts(effort: Effort) -> Iterator[Row]:
    """CPU time of fresh processes up to their first finished replicate: empty against full cache of machine code; bytecode is cached."""
    cold, cached = [], []
    for _ in range(effort.starts):
        with tempfile.TemporaryDirectory() as folder:
            fresh_process_s(BYTECODE, folder)
            cold.append(fresh_process_s(FIRST_REPLICATE, folder))
            cached += [fresh_process_s(FIRST_REPLICATE, folder) for _ in range(5)]
    print(f"  cold start, median: {median(cold):.1f} s; cached, median: {median(cached):.2f} s")
    yield Row("cold compile, s", min(cold) - min(cached), 25.0, at_most=True)
    yield Row("cached start to the first replicate, s", median(cached), 2.0, at_most=True)


def fresh_process_s(code: str, caches: str) -> float:
    """The number that a fresh Python process prints which keeps its caches in a folder of our own."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"OPENIADS_CACHE_DIR": caches, "PYTHONPYCACHEPREFIX": caches}
    done = subprocess.run([sys.executable, "-c", code], env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout)


def measure(effort: Effort) -> Iterator[Row]:
    """Every row of the table."""
    for losses in (False, True):
        yield from speed(effort, losses=losses)
    for n in effort.twin:
        yield from versus_simpy(n, effort)
    for losses in (False, True):
        yield from workers(effort, losses=losses)
        for n in effort.paired_replicates:
            yield from variance(n, effort, losses=losses)
    yield from starts(effort)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench", description="Measure the engine against its speed floors.")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: a look, not a proof")
    parser.add_argument("--json", metavar="FILE", help="write the numbers to FILE")
    options = parser.parse_args()
    rows = []
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"{'measure':58} {'value':>10}   {'floor':>10} {'ratio':>7}")
    for row in measure(QUICK if options.quick else FULL):
        rows.append(row)
        sign = "<=" if row.at_most else ">="
        verdict = "passed" if row.passed else "MISSED"
        print(f"{row.measure:58} {row.value:10.4g} {sign}{row.floor:10.4g} {row.ratio:7.2f}  {verdict}", flush=True)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump([{**asdict(row), "ratio": row.ratio, "passed": row.passed} for row in rows], file, indent=1)
    missed = sum(not row.passed for row in rows)
    print(f"{missed} of {len(rows)} floors missed" if missed else f"all {len(rows)} floors met")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
