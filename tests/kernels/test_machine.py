"""Bits of the track machine against plain counting."""

from __future__ import annotations

import random

import pytest

from openiads.models.tracking.machine import MOST_BITS, first_useful, last_before_gap, lowest


@pytest.mark.parametrize(("needed", "width"), [(1, 1), (2, 3), (3, 3), (4, 5), (1, 4), (9, 12), (17, 24)])
def test_the_first_look_that_may_help_to_confirm(needed: int, width: int) -> None:
    """A hit helps if some `width` looks in a row with `needed` hits, known, possible or beyond what is known, contain it."""
    luck = random.Random(needed * 100 + width)
    skipped = 0
    for _ in range(300):
        count = luck.randint(1, MOST_BITS - 2 * (width - 1))
        share = luck.choice((0.05, 0.3, 0.7))
        hits = [luck.random() < share for _ in range(count)]
        before = [luck.random() < share for _ in range(width - 1)]  # oldest first
        row = [*before, *hits, *([True] * (width - 1))]
        windows = [range(k, k + width) for k in range(len(row) - width + 1) if sum(row[k : k + width]) >= needed]
        useful = [k for k in range(count) if hits[k] and any(k + width - 1 in window for window in windows)]
        possible = sum(hit << k for k, hit in enumerate(hits)) | luck.getrandbits(2) << count  # bits beyond do not count
        history = sum(hit << k for k, hit in enumerate(reversed(before))) | luck.getrandbits(1) << (width - 1)
        found = first_useful(possible, count, history, needed, width)
        assert found == (useful[0] if useful else count)
        skipped += found > (hits.index(True) if True in hits else count)
    assert (skipped > 0) == (needed > 1)


def test_the_lowest_bit_and_the_last_before_a_gap() -> None:
    luck = random.Random(1)
    for _ in range(600):
        sparse = luck.getrandbits(60) & luck.getrandbits(60) & luck.getrandbits(60)
        bits, gap, count = luck.choice((luck.getrandbits(60), sparse)), luck.randint(1, 20), luck.randint(1, 60)
        if bits:
            assert lowest(bits) == f"{bits:b}"[::-1].index("1")
        kept = [k for k in range(count) if bits >> k & 1]
        run = next((k for k in range(count) if not any(bits >> j & 1 for j in range(k, min(k + gap, count)))), count)
        assert last_before_gap(bits, gap, count) == max((k for k in kept if k < run), default=-1)
