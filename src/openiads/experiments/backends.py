"""Who runs the chunks: this process alone, or a pool of processes that survives the loss of a worker.

Short work starts no pool. A pool is started with forkserver; while it starts this process runs chunks itself. When a worker dies
every chunk that was under way is run again, from then on one at a time until all suspects are done, so that a chunk that kills its
worker is known for certain; after three times the run fails.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from typing import TypeVar

from openiads.errors import RunError
from openiads.experiments.replication import Chunk, ChunkResult, Todo, Worker

#: Work shorter than this starts no pool.
POOL_FROM_S = 3.0
#: A chunk is about so long.
CHUNK_S = 0.3
#: Replicates are timed over at least so long before anything is decided.
_TIMED_S = 0.1
_MOST_LOSSES = 3
#: How often a pool without events looks whether its workers live.
_LOOK_S = 1.0

_T = TypeVar("_T")


@dataclass
class Pace:
    """Seconds a replicate takes, from chunks after the first, which may have to compile the engine."""

    seconds: float = 0.0
    replicates: int = 0
    warm: bool = False

    def note(self, size: int, seconds: float) -> None:
        """A chunk of `size` replicates took so long."""
        if self.warm:
            self.seconds += seconds
            self.replicates += size
        self.warm = True

    @property
    def known(self) -> bool:
        """Whether the pace can be relied on."""
        return self.seconds >= _TIMED_S

    def expected_s(self, replicates: int) -> float:
        """Time that so many replicates will take one after another."""
        return replicates * self.seconds / max(self.replicates, 1)

    def chunk_size(self) -> int:
        """Replicates in a chunk of about `CHUNK_S`; small ones until the pace is known."""
        if not self.known:
            return max(1, 2 * self.replicates)
        return max(1, round(CHUNK_S * self.replicates / self.seconds))


@dataclass
class Backend:
    """Runs what is to do and yields results as they finish; `pool_from_s` is lowered by tests only."""

    worker: Worker
    workers: int
    pool_from_s: float = POOL_FROM_S
    _pace: Pace = field(default_factory=Pace)
    _pool: ProcessPoolExecutor | None = None
    _starter: threading.Thread = field(default_factory=threading.Thread)

    def run(self, todo: Todo) -> Iterator[ChunkResult]:
        """Every chunk of `todo`."""
        while (chunk := self._next_inline(todo)) is not None:
            yield self._inline(chunk)
        if todo.replicates:
            yield from self._pooled(todo)

    def close(self) -> None:
        """Let the workers go after the chunk they are at; nothing waits for them."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    def _next_inline(self, todo: Todo) -> Chunk | None:
        if self.workers > 1 and (self._pool or (self._pace.known and self._pace.expected_s(todo.replicates) > self.pool_from_s)):
            return None
        return todo.take(self._pace.chunk_size())

    def _inline(self, chunk: Chunk) -> ChunkResult:
        start = time.perf_counter()
        result = self.worker.run(chunk)
        self._pace.note(chunk.size, time.perf_counter() - start)
        return result

    def _pooled(self, todo: Todo) -> Iterator[ChunkResult]:
        losses: Counter[Chunk] = Counter()
        suspects: list[Chunk] = []
        flying: dict[Future[ChunkResult], Chunk] = {}
        while True:
            try:
                if not suspects:
                    yield from self._while_starting(todo)
                pool = self._submit(todo, suspects, flying)
                if not flying:
                    return
                for future in _first_done(pool, flying):
                    result = future.result()
                    del flying[future]
                    yield result
            except BrokenProcessPool:
                self._pool = None
                for future in [f for f in flying if f.done() and f.exception() is None]:
                    del flying[future]
                    yield future.result()
                losses.update(flying.values())
                suspects += [chunk for chunk in flying.values() if chunk not in suspects]
                flying.clear()
                _refuse_killers(losses)

    def _submit(self, todo: Todo, suspects: list[Chunk], flying: dict[Future[ChunkResult], Chunk]) -> ProcessPoolExecutor:
        """Suspects run alone; otherwise every worker has one chunk and another one waiting."""
        pool = self._pool or self._start_pool()
        if suspects:
            if not flying:
                flying[pool.submit(_run_in_worker, suspects[0])] = suspects[0]
                del suspects[0]
            return pool
        while len(flying) < 2 * self.workers and (chunk := todo.take(self._pace.chunk_size())) is not None:
            suspects.append(chunk)
            flying[pool.submit(_run_in_worker, chunk)] = chunk
            suspects.pop()
        return pool

    def _while_starting(self, todo: Todo) -> Iterator[ChunkResult]:
        """Chunks that this process runs until the first worker is there."""
        pool = self._pool or self._start_pool()
        while pool is self._pool and self._starter.is_alive() and (chunk := todo.take(self._pace.chunk_size())) is not None:
            yield self._inline(chunk)

    def _start_pool(self) -> ProcessPoolExecutor:
        """A new pool; the first task blocks until the server of workers has started, so a thread hands it in."""
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([__name__])  # imported once, for all workers
        self._pool = ProcessPoolExecutor(self.workers, context, _begin_worker, (self.worker.worlds, self.worker.seed))
        self._starter = threading.Thread(target=_wait_for_a_worker, args=(self._pool,), daemon=True)
        self._starter.start()
        return self._pool


def _wait_for_a_worker(pool: ProcessPoolExecutor) -> None:
    with contextlib.suppress(BrokenProcessPool, CancelledError, RuntimeError):  # whoever submits next, or has closed the pool, knows
        _first_done(pool, [pool.submit(_do_nothing)])


def _first_done(pool: ProcessPoolExecutor, futures: Iterable[Future[_T]]) -> set[Future[_T]]:
    """The futures that are done, at least one.

    A pool learns of the death of a worker that it has just started only at its next event, so without one it is given a task now and then.
    """
    while True:
        done, _ = wait(futures, _LOOK_S, FIRST_COMPLETED)
        if done:
            return done
        pool.submit(_do_nothing)


def _do_nothing() -> None:
    """A task that shows that a worker is there, or makes the pool look for its workers."""


def _refuse_killers(losses: Counter[Chunk]) -> None:
    for chunk, count in losses.items():
        if count >= _MOST_LOSSES:
            raise RunError(
                f"{chunk.words()}: the worker process died {count} times (killed from outside, or out of memory); "
                "finished chunks are kept, --resume continues, --workers 1 uses no worker processes"
            )


_worker: list[Worker] = []


def _begin_worker(worlds: object, seed: int) -> None:
    """A worker leaves Ctrl-C to its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _worker[:] = [Worker(worlds, seed)]  # type: ignore[arg-type]


def _run_in_worker(chunk: Chunk) -> ChunkResult:
    return _worker[0].run(chunk)
