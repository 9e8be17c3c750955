"""Replicates in chunks: what a worker does.

One random key belongs to each replicate, so nothing depends on how replicates are cut into chunks, on who runs them, or in which order.
The replicate `inner` of catalogue draw `draw` has the replication number draw x replicates + inner. Nominal replicates that are run again
with a limit lifted keep their replication number, and so their luck; each limit has a draw number of its own below NOMINAL.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from openiads.records.schema import NOMINAL
from openiads.scenario.schema import LIFTS
from openiads.simulation.course import CourseReader
from openiads.simulation.exposure import EXPOSURE_ROW, ExposureReader
from openiads.simulation.outcome import ENGAGEMENT_ROW, LEAKER_ROW, OutcomeReader, engagement_rows, leaker_rows
from openiads.simulation.session import Session
from openiads.state.layout import World

Rows = NDArray[np.void]


def draw_of_lift(name: str) -> int:
    """The draw number of the replicates with the limit `name` lifted."""
    return NOMINAL - 1 - LIFTS.index(name)


def lift_of_draw(draw: int) -> str | None:
    """The limit that is lifted under this draw number; None for nominal replicates and draws."""
    return LIFTS[NOMINAL - 1 - draw] if draw < NOMINAL else None


class Worlds(Protocol):
    """Gives the world of each catalogue draw; workers get a copy by pickle."""

    def world(self, draw: int) -> World:
        """The world at nominal values (NOMINAL), of a draw, or with a limit lifted (`draw_of_lift`)."""


class Chunk(NamedTuple):
    """The replications first <= r < last of one draw."""

    draw: int
    first: int
    last: int

    @property
    def size(self) -> int:
        """Number of replicates."""
        return self.last - self.first

    def words(self) -> str:
        """The chunk in a message."""
        lift = lift_of_draw(self.draw)
        which = "nominal replicates" if self.draw == NOMINAL else f"{f'limit {lift} lifted' if lift else f'draw {self.draw}'}, replicates"
        return f"{which} {self.first} to {self.last - 1}"


class ChunkResult(NamedTuple):
    """Outcome rows (n,) of a chunk, and the rows of its engagements, leakers, courses and exposures: only nominal replicates have them."""

    chunk: Chunk
    outcomes: Rows
    engagements: Rows
    leakers: Rows
    courses: Rows
    exposures: Rows = np.zeros(0, EXPOSURE_ROW)


@dataclass
class Worker:
    """Runs chunks; keeps the session of the last draw."""

    worlds: Worlds
    seed: int
    _draw: int | None = None
    _session: Session = field(init=False, repr=False)
    _reader: OutcomeReader = field(init=False, repr=False)
    _course: CourseReader = field(init=False, repr=False)
    _exposure: ExposureReader = field(init=False, repr=False)

    def run(self, chunk: Chunk) -> ChunkResult:
        """Every replicate of `chunk`, in order."""
        session, reader = self.session(chunk.draw)
        outcomes = np.zeros(chunk.size, reader.dtype)
        kinds = (ENGAGEMENT_ROW, LEAKER_ROW, self._course.dtype, EXPOSURE_ROW)
        engagements, leakers, courses, exposures = ([np.zeros(0, kind)] for kind in kinds)
        for k, replication in enumerate(range(chunk.first, chunk.last)):
            state = session.run(self.seed, replication)
            outcomes[k] = reader.row(state)[0]
            if chunk.draw == NOMINAL:
                engagements.append(engagement_rows(state))
                leakers.append(leaker_rows(state))
                courses.append(self._course.row(state))
                exposures.append(self._exposure.rows(state))
        return ChunkResult(chunk, outcomes, *map(np.concatenate, (engagements, leakers, courses, exposures)))

    def session(self, draw: int) -> tuple[Session, OutcomeReader]:
        """The session of a draw and the reader of its outcomes."""
        if draw != self._draw:
            world = self.worlds.world(draw)
            self._session, self._reader, self._course, self._draw = Session(world), OutcomeReader(world), CourseReader(world), draw
            self._exposure = ExposureReader(world)
        return self._session, self._reader


class Todo:
    """Replications that are still to be run, handed out in chunks of any size that never span two draws."""

    def __init__(self, wanted: Iterable[Chunk], finished: Iterable[Chunk]) -> None:
        done: dict[int, list[Chunk]] = {}
        for chunk in finished:
            done.setdefault(chunk.draw, []).append(chunk)
        self._spans = [span for chunk in wanted for span in _without(chunk, done.get(chunk.draw, []))]
        self._spans.reverse()

    @property
    def replicates(self) -> int:
        """How many are left."""
        return sum(span.size for span in self._spans)

    def take(self, size: int) -> Chunk | None:
        """The next chunk of at most `size` replicates; None when nothing is left."""
        if not self._spans:
            return None
        span = self._spans.pop()
        if span.size > size:
            self._spans.append(span._replace(first=span.first + size))
            span = span._replace(last=span.first + size)
        return span


def _without(chunk: Chunk, done: list[Chunk]) -> Iterator[Chunk]:
    first = chunk.first
    for other in sorted(done):
        if other.last <= first or other.first >= chunk.last:
            continue
        if other.first > first:
            yield Chunk(chunk.draw, first, other.first)
        first = max(first, other.last)
    if first < chunk.last:
        yield Chunk(chunk.draw, first, chunk.last)
