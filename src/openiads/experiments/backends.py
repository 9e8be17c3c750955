"""Who runs the chunks: this process alone, or a pool of processes that survives the loss of a worker.

Short work starts no pool. Workers are started with forkserver; until the first is there this process runs chunks itself. When a worker
dies the chunk that it was at runs again in a new one; after three deaths over the same chunk the run fails. Not survived: a worker
killed in the very moment in which it hands over a result, half of which then waits in the pipe; --resume does.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing import forkserver, resource_tracker
from multiprocessing.context import ForkServerContext
from typing import Any

from openiads.errors import RunError
from openiads.experiments.options import POOL_FROM_S
from openiads.experiments.replication import Chunk, ChunkResult, Todo, Worker
from openiads.experiments.signals import later, undisturbed

#: A chunk is about so long.
CHUNK_S = 0.3
#: Replicates are timed over at least so long before anything is decided.
_TIMED_S = 0.1
_MOST_LOSSES = 3
#: Chunks that a worker has, the one that it runs included.
_QUEUE = 2


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


class _Lane:
    """One worker process with its queue. A pool of one process knows at once when it dies, and which chunk it was at."""

    def __init__(self, worker: Worker) -> None:
        context = _server()
        self.pool = ProcessPoolExecutor(1, context, _begin_worker, (worker.worlds, worker.seed))
        self.flying: dict[Future[ChunkResult], Chunk] = {}

    def submit(self, chunk: Chunk) -> None:
        """Queue a chunk; `BrokenProcessPool` if the worker is dead."""
        self.flying[self.hand_in(_run_in_worker, chunk)] = chunk

    def hand_in(self, task: Callable[..., Any], *args: object) -> Future[Any]:
        """Queue a task; `BrokenProcessPool` if the worker is dead or cannot be started, because a signal met it on its way up."""
        try:
            with _apart_from_main():
                return self.pool.submit(task, *args)
        except OSError:
            raise BrokenProcessPool from None

    def finished(self) -> list[ChunkResult]:
        """Results that are there; `BrokenProcessPool` if there is none because the worker died."""
        done = [future for future in self.flying if future.done()]
        good = [future for future in done if not isinstance(future.exception(), BrokenProcessPool)]
        if done and not good:
            raise BrokenProcessPool
        return [(future.result(), self.flying.pop(future))[0] for future in good]


@dataclass
class Backend:
    """Runs what is to do and yields results as they finish; `pool_from_s` is lowered by tests only."""

    worker: Worker
    workers: int
    pool_from_s: float = POOL_FROM_S
    _pace: Pace = field(default_factory=Pace)
    _lanes: list[_Lane] = field(default_factory=list)
    _starter: threading.Thread = field(default_factory=threading.Thread)
    _losses: Counter[Chunk] = field(default_factory=Counter)

    def run(self, todo: Todo) -> Iterator[ChunkResult]:
        """Every chunk of `todo`."""
        while (chunk := self._next_inline(todo)) is not None:
            yield self._inline(chunk)
        if todo.replicates:
            yield from self._pooled(todo)

    def close(self) -> None:
        """Let the workers go after the chunks that they have. Python must not end earlier: its clean-up races with that of the pools."""
        with undisturbed():
            for lane in self._lanes:
                lane.pool.shutdown(cancel_futures=True)
        self._lanes = []

    def _next_inline(self, todo: Todo) -> Chunk | None:
        if self.workers > 1 and (self._lanes or (self._pace.known and self._pace.expected_s(todo.replicates) > self.pool_from_s)):
            return None
        return todo.take(self._pace.chunk_size())

    def _inline(self, chunk: Chunk) -> ChunkResult:
        start = time.perf_counter()
        result = self.worker.run(chunk)
        self._pace.note(chunk.size, time.perf_counter() - start)
        return result

    def _pooled(self, todo: Todo) -> Iterator[ChunkResult]:
        if not self._lanes:
            with later():
                self._lanes = [_Lane(self.worker) for _ in range(self.workers)]
                self._starter = threading.Thread(target=_wait_for_a_worker, args=(list(self._lanes),), daemon=True)
                self._starter.start()
        while self._starter.is_alive() and (chunk := todo.take(self._pace.chunk_size())) is not None:
            yield self._inline(chunk)
        again: list[Chunk] = []
        while True:
            with later():
                self._fill(todo, again)
            flying = [future for lane in self._lanes for future in lane.flying]
            if not flying:
                return
            wait(flying, return_when=FIRST_COMPLETED)
            for k, lane in enumerate(self._lanes):
                try:
                    yield from lane.finished()
                except BrokenProcessPool:
                    with later():
                        again += self._lost(lane)
                        self._lanes[k] = _Lane(self.worker)

    def _fill(self, todo: Todo, again: list[Chunk]) -> None:
        """Every worker has a chunk to run and one waiting."""
        for k, lane in enumerate(self._lanes):
            while len(lane.flying) < _QUEUE and (chunk := again.pop() if again else todo.take(self._pace.chunk_size())) is not None:
                try:
                    lane.submit(chunk)
                except BrokenProcessPool:
                    again += [chunk, *self._lost(lane)]
                    self._lanes[k] = _Lane(self.worker)
                    break

    def _lost(self, lane: _Lane) -> list[Chunk]:
        """What the dead worker of `lane` had before it; the first of it is what it was at."""
        lane.pool.shutdown()
        chunks = list(lane.flying.values())
        if chunks:
            self._losses[chunks[0]] += 1
            if self._losses[chunks[0]] >= _MOST_LOSSES:
                raise RunError(
                    f"{chunks[0].words()}: the worker process died {_MOST_LOSSES} times (killed from outside, or out of memory); "
                    "finished chunks are kept, --resume continues, --workers 1 uses no worker processes"
                )
        return chunks


def _server() -> ForkServerContext:
    """The server that workers come from, started if need be; what they import is imported there once for all.

    From its first instant on it and its workers are deaf to Ctrl-C and SIGTERM, which a terminal sends to all: the parent sees to them.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    resource_tracker.ensure_running()  # or the server would start it, and with it hear signals again
    heard = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, heard)
    return context


_MAIN = threading.Lock()


@contextlib.contextmanager
def _apart_from_main() -> Iterator[None]:
    """A process that is started in the block does not run the user's program as well, so a script needs no guard against that."""
    with _MAIN:
        main = vars(sys.modules["__main__"])
        kept: dict[str, Any] = {name: main.pop(name) for name in ("__spec__", "__file__") if name in main}
        main["__spec__"] = None
        try:
            yield
        finally:
            main |= kept


def _wait_for_a_worker(lanes: list[_Lane]) -> None:
    """The first task blocks until the server of workers has started, so a thread hands it in."""
    with contextlib.suppress(BrokenProcessPool, CancelledError, RuntimeError):  # whoever submits next, or has closed the pool, knows
        first, *_ = [lane.hand_in(_do_nothing) for lane in lanes]
        first.result()


def _do_nothing() -> None:
    """What the first worker does to show that it is there."""


_worker: list[Worker] = []


def _begin_worker(worlds: object, seed: int) -> None:
    """A worker leaves Ctrl-C and SIGTERM to its parent, and ends with it."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _worker[:] = [Worker(worlds, seed)]  # type: ignore[arg-type]


def _end_with_parent() -> None:
    """A parent that is killed closes no queue: its workers would wait for chunks for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _run_in_worker(chunk: Chunk) -> ChunkResult:
    return _worker[0].run(chunk)
