import itertools

import numpy as np
import pytest

from openiads.catalogue import load_catalogue
from openiads.errors import InputError
from openiads.experiments import uncertainty
from openiads.experiments.backends import Pace
from openiads.experiments.journal import Journal
from openiads.experiments.options import Options
from openiads.experiments.replication import Chunk, ChunkResult, Todo, draw_of_lift
from openiads.experiments.run import choose_kept
from openiads.experiments.stopping import counts_to_test, half_width, stopped_words
from openiads.experiments.uncertainty import Draws, draw_values
from openiads.simulation.outcome import ENGAGEMENT_ROW, LEAKER_ROW

DTYPE = np.dtype([("replication", "i8"), ("leakers", "i4"), ("ready_gone_s", "f8"), ("group_cause", "i4", (2, 3)), ("none", "i4", (0,))])

COURSE = np.dtype([("replication", "i8"), ("counts", "i4", (2, 4))])


def _result(draw, first, last):
    rng = np.random.default_rng(first)
    rows = np.zeros(last - first, DTYPE)
    rows["replication"] = np.arange(first, last)
    rows["ready_gone_s"] = np.nan
    rows["ready_gone_s"][0] = 1.0 / 3.0
    rows["group_cause"] = rng.integers(0, 9, (last - first, 2, 3))
    engagements = np.zeros(3, ENGAGEMENT_ROW)
    engagements["launch_s"] = rng.random(3)
    leakers = np.zeros(2, LEAKER_ROW)
    leakers["firm_s"] = np.nan
    leakers["start_s"] = rng.random(2)
    courses = np.zeros(last - first, COURSE)
    courses["counts"] = rng.integers(0, 9, (last - first, 2, 4))
    return ChunkResult(Chunk(draw, first, last), rows, engagements, leakers, courses)


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
    journal = Journal(tmp_path, DTYPE, COURSE)
    written = [
        _result(draw_of_lift("kill"), 0, 4),
        _result(draw_of_lift("missiles"), 0, 4),
        _result(-1, 0, 4),
        _result(-1, 4, 6),
        _result(2, 10, 15),
    ]
    for result in reversed(written):
        journal.write(result)
    found = Journal(tmp_path, DTYPE, COURSE).finished()
    assert [r.chunk for r in found] == [r.chunk for r in written]
    for a, b in zip(found, written, strict=True):
        for name in ("outcomes", "engagements", "leakers", "courses"):
            assert getattr(a, name).tobytes() == getattr(b, name).tobytes(), name


def test_a_damaged_or_half_written_chunk_runs_again(tmp_path):
    journal = Journal(tmp_path, DTYPE, COURSE)
    for first in (0, 2, 4):
        journal.write(_result(-1, first, first + 2))
    (tmp_path / "nominal-00000002-00000003" / "outcomes.parquet").write_bytes(b"PAR1")
    (tmp_path / "part-nominal-00000006-00000007").mkdir()
    assert [r.chunk.first for r in journal.finished()] == [0, 4]
    journal.write(_result(-1, 6, 8))
    assert [r.chunk.first for r in journal.finished()] == [0, 4, 6]


PARTS = {"seed": 1, "engine": "x" * 50, "scenario": {"red": [{"count": 6, "aim": ["a"]}]}, "first draw": "0"}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, ""),
        ({"seed": 9, "first draw": "1"}, "seed 1, not 9"),
        ({"first draw": "1"}, "first draw 0, not 1"),  # the program draws otherwise
        ({"engine": "y" * 50}, "another engine"),
        ({"scenario": {"red": [{"count": 7}]}}, "scenario.red[0].count 6, not 7; scenario.red[0].aim[0] a, not absent"),
        (
            {"scenario": {"a": 1, "b": 2}},
            "scenario.a absent, not 1; scenario.b absent, not 2; scenario.red[0].count 6, not absent; and 1 more",
        ),
    ],
)
def test_a_journal_says_what_differs_from_another_run(tmp_path, changed, said):
    journal = Journal(tmp_path, DTYPE, COURSE)
    journal.open(PARTS)
    assert journal.differences(PARTS | changed) == said


def test_only_what_is_asked_for_is_compared(tmp_path):
    Journal(tmp_path, DTYPE, COURSE).open(PARTS)
    assert Journal(tmp_path, DTYPE, COURSE).differences({"seed": 1}) == ""


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff"])
def test_a_journal_of_nobody_knows_what_is_one_message(tmp_path, content):
    (tmp_path / "run.json").write_bytes(content)
    with pytest.raises(InputError, match=r"run\.json: cannot be read"):
        Journal(tmp_path, DTYPE, COURSE).differences(PARTS)


def test_draws_that_are_made_when_asked_for_are_the_same():
    rows = [p for p in load_catalogue().system("s400").parameters.values() if p.is_number]
    together, draws = draw_values(rows, 200, 7), Draws(rows, 7)
    for k in (0, 199, 64, 63, 130):
        assert draws.values(k) == together[k]


def test_only_the_draws_that_are_asked_for_are_made(monkeypatch):
    made = []
    monkeypatch.setattr(uncertainty, "draw_values", lambda rows, n, seed, first: made.append((first, n)) or [{}] * n)
    Draws((), 7).values(10**6)
    assert made == [(10**6, 64)]


def test_stopping_is_tested_at_fixed_counts_only():
    counts = list(counts_to_test())
    assert counts[:4] == [64, 128, 256, 512]
    assert all(b == 2 * a for a, b in itertools.pairwise(counts))


def test_the_half_width_is_that_of_students_t():
    leakers = [0, 2] * 32  # sd = sqrt(64 / 63), t(0.975, 63) = 1.9983405
    assert half_width(leakers, 5) == pytest.approx(1.9983405 * (64 / 63) ** 0.5 / 8, rel=1e-6)


@pytest.mark.parametrize(("leakers", "farther"), [(0, 10), (4, 6), (10, 10)])
def test_nights_that_are_all_alike_are_as_sure_as_their_number_allows(leakers, farther):
    rare = 1 - 0.025 ** (1 / 64)  # what Clopper-Pearson allows for a kind of night that 64 did not show: 5.6 %
    assert half_width([leakers] * 64, 10) == pytest.approx(rare * farther)


@pytest.mark.parametrize(
    ("runs", "reached", "wanted", "said"),
    [
        (1000, None, None, "after 1,000 replicates, a number fixed beforehand"),
        (64, 0.25, 0.5, "after 64 replicates: the first test at which the mean leakers were known to ± 0.5 (± 0.25)"),
        (
            256,
            0.4321,
            0.5,
            "after 256 replicates: the first of the tests at 64, 128, 256 at which the mean leakers were known to ± 0.5 (± 0.432)",
        ),
        (
            2048,
            0.1,
            0.1,
            "after 2,048 replicates: the first of the tests at 64, 128, ..., 2,048 at which the mean leakers were known to ± 0.1 (± 0.1)",
        ),
    ],
)
def test_a_run_says_how_it_stopped(runs, reached, wanted, said):
    assert stopped_words(runs, reached, wanted) == said


@pytest.mark.parametrize("half_width", [0.0, -1.0, float("nan"), float("inf")])
def test_senseless_half_widths_are_refused(half_width):
    with pytest.raises(InputError, match=r"until_half_width: .* must be greater than 0 and finite"):
        Options(until_half_width=half_width).require_usable()


def test_kept_replicates_are_number_0_the_worst_and_the_median():
    leakers = np.array([4, 9, 1, 7, 9])
    assert choose_kept(leakers, 3) == [(0, "number 0"), (1, "the worst"), (3, "the median")]
    assert choose_kept(leakers, 1) == [(0, "number 0")]
    assert choose_kept(leakers, 4)[3] == (4, "among the worst")
    assert choose_kept(leakers, 0) == []
    assert choose_kept(np.array([2, 2]), 3) == [(0, "number 0, the worst, the median")]
