import itertools

import numpy as np
import pytest

from openiads.errors import InputError
from openiads.experiments.backends import Pace
from openiads.experiments.journal import Journal
from openiads.experiments.replication import Chunk, ChunkResult, Todo
from openiads.experiments.run import choose_kept
from openiads.experiments.stopping import counts_to_test, precise_enough, require_half_width
from openiads.simulation.outcome import ENGAGEMENT_ROW

DTYPE = np.dtype([("replication", "i8"), ("leakers", "i4"), ("ready_gone_s", "f8"), ("group_cause", "i4", (2, 3)), ("none", "i4", (0,))])


def _result(draw, first, last):
    rng = np.random.default_rng(first)
    rows = np.zeros(last - first, DTYPE)
    rows["replication"] = np.arange(first, last)
    rows["ready_gone_s"] = np.nan
    rows["ready_gone_s"][0] = 1.0 / 3.0
    rows["group_cause"] = rng.integers(0, 9, (last - first, 2, 3))
    engagements = np.zeros(3, ENGAGEMENT_ROW)
    engagements["launch_s"] = rng.random(3)
    return ChunkResult(Chunk(draw, first, last), rows, engagements)


def _taken(todo, size):
    chunks = []
    while (chunk := todo.take(size)) is not None:
        chunks.append(tuple(chunk))
    return chunks


def test_what_is_finished_is_not_run_again():
    wanted = [Chunk(-1, 0, 10), Chunk(0, 0, 5), Chunk(1, 5, 10)]
    finished = [Chunk(-1, 2, 4), Chunk(-1, 7, 20), Chunk(1, 5, 10)]
    todo = Todo(wanted, finished)
    assert todo.replicates == 2 + 3 + 5
    assert _taken(todo, 4) == [(-1, 0, 2), (-1, 4, 7), (0, 0, 4), (0, 4, 5)]
    assert todo.replicates == 0


@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_chunks_of_any_size_cover_everything_once_and_never_span_draws(size):
    chunks = _taken(Todo([Chunk(-1, 0, 20), Chunk(3, 150, 161)], []), size)
    covered = [(draw, r) for draw, first, last in chunks for r in range(first, last)]
    assert covered == [(-1, r) for r in range(20)] + [(3, r) for r in range(150, 161)]
    assert max(last - first for _, first, last in chunks) <= size


def test_the_first_chunk_does_not_count_for_the_pace():
    pace = Pace()
    pace.note(1, 20.0)  # compiles
    assert not pace.known
    pace.note(50, 0.5)
    assert pace.known
    assert pace.expected_s(1000) == pytest.approx(10.0)
    assert pace.chunk_size() == 30


def test_the_journal_gives_back_every_bit(tmp_path):
    journal = Journal(tmp_path, DTYPE)
    written = [_result(-1, 0, 4), _result(-1, 4, 6), _result(2, 10, 15)]
    for result in reversed(written):
        journal.write(result)
    found = Journal(tmp_path, DTYPE).finished()
    assert [r.chunk for r in found] == [r.chunk for r in written]
    for a, b in zip(found, written, strict=True):
        assert a.outcomes.tobytes() == b.outcomes.tobytes()
        assert a.engagements.tobytes() == b.engagements.tobytes()


def test_a_damaged_or_half_written_chunk_runs_again(tmp_path):
    journal = Journal(tmp_path, DTYPE)
    for first in (0, 2, 4):
        journal.write(_result(-1, first, first + 2))
    (tmp_path / "nominal-00000002-00000003" / "outcome.parquet").write_bytes(b"PAR1")
    (tmp_path / "part-nominal-00000006-00000007").mkdir()
    assert [r.chunk.first for r in journal.finished()] == [0, 4]
    journal.write(_result(-1, 6, 8))
    assert [r.chunk.first for r in journal.finished()] == [0, 4, 6]


def test_a_journal_of_another_run_is_refused(tmp_path):
    journal = Journal(tmp_path, DTYPE)
    journal.open({"run_hash": "a", "seed": 1, "engine_digest": "x"})
    journal.require_same({"run_hash": "a", "seed": 1, "engine_digest": "x"})
    with pytest.raises(InputError, match=r"another run.*different: seed"):
        journal.require_same({"run_hash": "b", "seed": 2, "engine_digest": "x"})


def test_stopping_is_tested_at_fixed_counts_only():
    counts = list(counts_to_test())
    assert counts[:4] == [64, 128, 256, 512]
    assert all(b == 2 * a for a, b in itertools.pairwise(counts))


def test_the_half_width_is_that_of_students_t():
    leakers = [0, 2] * 32  # sd = sqrt(64 / 63), t(0.975, 63) = 1.9983405
    half = 1.9983405 * (64 / 63) ** 0.5 / 8
    assert precise_enough(leakers, 5, half * 1.0001)
    assert not precise_enough(leakers, 5, half * 0.9999)


@pytest.mark.parametrize(("leakers", "farther"), [(0, 10), (4, 6), (10, 10)])
def test_nights_that_are_all_alike_are_as_sure_as_their_number_allows(leakers, farther):
    rare = 1 - 0.025 ** (1 / 64)  # what Clopper-Pearson allows for a kind of night that 64 did not show: 5.6 %
    nights = [leakers] * 64
    assert not precise_enough(nights, 10, rare * farther * 0.9999)
    assert precise_enough(nights, 10, rare * farther * 1.0001)


@pytest.mark.parametrize("half_width", [0.0, -1.0, float("nan"), float("inf")])
def test_senseless_half_widths_are_refused(half_width):
    with pytest.raises(InputError, match="half-width"):
        require_half_width(half_width)


def test_kept_replicates_are_number_0_the_worst_and_the_median():
    leakers = np.array([4, 9, 1, 7, 9])
    assert choose_kept(leakers, 3) == [(0, "number 0"), (1, "the worst"), (3, "the median")]
    assert choose_kept(leakers, 1) == [(0, "number 0")]
    assert choose_kept(leakers, 4)[3] == (4, "among the worst")
    assert choose_kept(leakers, 0) == []
    assert choose_kept(np.array([2, 2]), 3) == [(0, "number 0, the worst, the median")]
