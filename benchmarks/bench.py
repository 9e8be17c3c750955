"""Prove the speed floors: `python -m benchmarks.bench [--quick] [--json FILE]`; exit 1 if one is missed.

Times are CPU times, medians over rounds, compilation excluded; of the workers the best round counts, since other load can only slow
them down. What is compared is measured in alternation, on one core in one process wherever that is possible.
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
from typing import Any

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


@dataclass(frozen=True)
class Effort:
    """How long to measure."""

    rounds: int
    """Rounds of a timing; the median counts."""
    slice_s: float
    """CPU time of the engine in one round."""
    twin_replicates: dict[int, int]
    """Replicates of the SimPy twin, by number of threats."""
    paired_replicates: int


FULL = Effort(rounds=7, slice_s=0.5, twin_replicates={50: 40, 100: 21, 300: 8}, paired_replicates=2000)
QUICK = Effort(rounds=3, slice_s=0.2, twin_replicates={50: 10, 100: 6, 300: 5}, paired_replicates=300)


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


def warm_session(n: int, reaction_s: float = REACTIONS_S[0]) -> Session:
    """A session that has run once: compiled, grown to size."""
    session = Session(build_world(raid(n, reaction_s=reaction_s)))
    leakers(session, 0)
    return session


def engine_s(session: Session, slice_s: float) -> tuple[float, list[int]]:
    """CPU seconds per replicate over about `slice_s`, and the leakers of each."""
    leaks: list[int] = []
    start = time.process_time()
    while (spent := time.process_time() - start) < slice_s or not leaks:
        leaks.append(leakers(session, len(leaks)))
    return spent / len(leaks), leaks


def twin_s(plan: Any, seed: int) -> tuple[float, int]:
    """CPU seconds and leakers of one replicate of the SimPy twin."""
    start = time.process_time()
    leaked = Raid(plan, seed).run()
    return time.process_time() - start, leaked


def versus_simpy(n: int, effort: Effort) -> Iterator[Row]:
    """The engine and its twin in turns: ratio of CPU times, and distance of their mean leakages."""
    plan, session = raid(n), warm_session(n)
    ratios: list[float] = []
    twin_leaks: list[int] = []
    engine_leaks: list[int] = []
    for seed in range(effort.twin_replicates[n]):
        slow_s, leaked = twin_s(plan, seed)
        fast_s, leaks = engine_s(session, effort.slice_s)
        ratios.append(slow_s / fast_s)
        twin_leaks.append(leaked)
        engine_leaks = max(engine_leaks, leaks, key=len)
    if n >= 100:
        yield Row(f"SimPy CPU time / engine's, {n} threats", median(ratios), 1000.0)
    error = math.hypot(standard_error(twin_leaks), standard_error(engine_leaks))
    apart = abs(float(np.mean(twin_leaks)) - float(np.mean(engine_leaks)))
    print(f"  leakers of {n}: engine {np.mean(engine_leaks):.2f}, SimPy {np.mean(twin_leaks):.2f}, difference {apart:.2f} +/- {error:.2f}")
    yield Row(f"leakage against SimPy, {n} threats, standard errors", apart / error if error > 0.0 else apart, 4.0, at_most=True)


def standard_error(values: list[int]) -> float:
    return float(np.std(values, ddof=1)) / math.sqrt(len(values))


def speed(effort: Effort) -> Iterator[Row]:
    """Replicates per second, and how the cost grows with the number of threats."""
    sessions = {n: warm_session(n) for n in EXPONENT_SIZES}
    rounds = [{n: engine_s(session, effort.slice_s)[0] for n, session in sessions.items()} for _ in range(effort.rounds)]
    cost_s = {n: median(costs[n] for costs in rounds) for n in EXPONENT_SIZES}
    print("  ms per replicate: " + ", ".join(f"{n} threats {1e3 * cost:.3f}" for n, cost in cost_s.items()))
    yield Row("replicates/s, 100 threats", 1.0 / cost_s[100], 1000.0)
    yield Row("replicates/s, 300 threats", 1.0 / cost_s[300], 300.0)
    slope, _ = np.polyfit(np.log(list(cost_s)), np.log(list(cost_s.values())), 1)
    yield Row("cost exponent, 100 to 3000 threats", float(slope), 1.0, at_most=True)


def serve(connection: Connection, n: int) -> None:
    """A worker: tell the CPU and wall time of each ordered number of replicates."""
    session = warm_session(n)
    connection.send((0.0, 0.0))
    while replicates := connection.recv():
        start = time.process_time(), time.perf_counter()
        for replication in range(replicates):
            session.run(SEED, replication)
        connection.send((time.process_time() - start[0], time.perf_counter() - start[1]))


def workers(effort: Effort, n: int = 100) -> Iterator[Row]:
    """One process against two, each with replicates of its own, all long started: share of twice the speed.

    The workers share nothing and never wait, so their CPU time is what they would take on a machine of their own.
    """
    context = get_context("forkserver")
    ends = [context.Pipe() for _ in range(2)]
    processes = [context.Process(target=serve, args=(theirs, n), daemon=True) for _, theirs in ends]
    for process in processes:
        process.start()
    ours = [mine for mine, _ in ends]
    for connection in ours:
        connection.recv()
    replicates = max(int(effort.slice_s / engine_s(warm_session(n), 0.1)[0]), 1)
    alone: list[NDArray[np.float64]] = []
    together: list[NDArray[np.float64]] = []
    for _ in range(2 * effort.rounds):
        for times, busy in ((alone, ours[:1]), (together, ours)):
            for connection in busy:
                connection.send(replicates)
            times.append(np.max([connection.recv() for connection in busy], axis=0))
    for connection, process in zip(ours, processes, strict=True):
        connection.send(0)
        process.join()
    cpu, wall = np.min(alone, axis=0) / np.min(together, axis=0)
    print(f"  efficiency of 2 workers by the wall clock, with the other load of this machine: {wall:.3f}")
    yield Row("efficiency of 2 workers", float(cpu), 0.9)


def variance(n: int, effort: Effort) -> Iterator[Row]:
    """Independent against paired runs of a changed reaction time: ratio of the variances of the difference in leakers."""
    before, after = (leaks_of(n, reaction_s, effort.paired_replicates) for reaction_s in REACTIONS_S)
    independent = float(before.var(ddof=1) + after.var(ddof=1))
    paired = float((after - before).var(ddof=1))
    print(f"  reaction 10 to 12 s, {n} threats: {float((after - before).mean()):+.3f} leakers")
    yield Row(f"variance reduction by pairing, {n} threats", independent / paired if paired > 0.0 else math.inf, 5.0)


def leaks_of(n: int, reaction_s: float, replicates: int) -> NDArray[np.float64]:
    session = warm_session(n, reaction_s)
    return np.array([leakers(session, replication) for replication in range(replicates)], float)


FIRST_REPLICATE = "import time; from benchmarks.bench import warm_session; warm_session(100); print(time.process_time())"
BYTECODE = "import numba, benchmarks.bench; numba.njit(lambda: 0)(); print(0.0)"


def starts() -> Iterator[Row]:
    """CPU time of fresh processes up to their first finished replicate: empty against full cache of machine code; bytecode is cached."""
    with tempfile.TemporaryDirectory() as folder:
        fresh_process_s(BYTECODE, folder)
        cold_s = fresh_process_s(FIRST_REPLICATE, folder)
        cached_s = median(fresh_process_s(FIRST_REPLICATE, folder) for _ in range(5))
    yield Row("cold compile, s", cold_s - cached_s, 25.0, at_most=True)
    yield Row("cached start to the first replicate, s", cached_s, 2.0, at_most=True)


def fresh_process_s(code: str, caches: str) -> float:
    """The number that a fresh Python process prints which keeps its caches in a folder of our own."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"OPENIADS_CACHE_DIR": caches, "PYTHONPYCACHEPREFIX": caches}
    done = subprocess.run([sys.executable, "-c", code], env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout)


def measure(effort: Effort) -> Iterator[Row]:
    """Every row of the table."""
    yield from speed(effort)
    for n in effort.twin_replicates:
        yield from versus_simpy(n, effort)
    yield from workers(effort)
    for n in (100, 300):
        yield from variance(n, effort)
    yield from starts()


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
