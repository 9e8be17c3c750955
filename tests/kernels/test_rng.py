"""The counter-based generator against the Random123 known answers, a plain twin and its distributions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from openiads.state.layout import CURSOR
from openiads.state.rng import BITS, bits_below, indexed_u01, normal, philox4x32, u01, unit

ONES = 0xFFFFFFFF
PI_COUNTER = (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344)
PI_KEY = (0xA4093822, 0x299F31D0)


def twin(counter, key, rounds):
    """Philox 4x32 as printed by Salmon et al. (2011), in whole numbers."""
    (a, b, c, d), (k, j) = counter, key
    for _ in range(rounds):
        p, q = 0xD2511F53 * a, 0xCD9E8D57 * c
        a, b, c, d = (q >> 32) ^ b ^ k, q & ONES, (p >> 32) ^ d ^ j, p & ONES
        k, j = (k + 0x9E3779B9) & ONES, (j + 0xBB67AE85) & ONES
    return a, b, c, d


@pytest.mark.parametrize(  # Random123, tests/kat_vectors
    ("rounds", "counter", "key", "words"),
    [
        (7, PI_COUNTER, PI_KEY, (0x4DFCCABA, 0x190A87F0, 0xC47362BA, 0xB6B5242A)),
        (10, (0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        (10, (ONES,) * 4, (ONES,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (10, PI_COUNTER, PI_KEY, (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1)),
    ],
)
def test_known_answers(rounds, counter, key, words):
    assert tuple(int(w) for w in philox4x32(*counter, *key, rounds)) == words
    assert twin(counter, key, rounds) == words


def test_agrees_with_the_twin_everywhere():
    for row in np.random.default_rng(5).integers(0, 2**32, (200, 6)).tolist():
        assert tuple(int(w) for w in philox4x32(*row, 10)) == twin(row[:4], row[4:], 10)


def test_uniform_is_the_middle_of_its_cell():
    seed, replication, draw = 7, 11, (5, 0xDEADBEEF, 3, 99)
    assert u01(seed, replication, *draw) == (twin(draw, (seed, replication), 10)[0] + 0.5) / 2**32


def test_no_word_gives_0_or_1():
    assert 0.0 < unit(0) < unit(ONES) < 1.0


def test_normal_is_box_muller_of_two_words():
    seed, replication, draw = 7, 11, (7, 1, 2, 3)
    a, b, _, _ = ((w + 0.5) / 2**32 for w in twin(draw, (seed, replication), 10))
    assert normal(seed, replication, *draw) == pytest.approx(math.sqrt(-2.0 * math.log(a)) * math.cos(2.0 * math.pi * b), abs=1e-12)


def test_every_argument_matters():
    base = [1, 2, 3, 4, 5, 6]
    variants = {u01(*(v + (i == j) for i, v in enumerate(base))) for j in range(6)}
    assert len(variants | {u01(*base)}) == 7


def test_distributions():
    """Kolmogorov-Smirnov on 4000 draws at fixed keys; p below 1e-4 would be a defect."""
    uniforms = [u01(1, 0, 5, 3, 4, n) for n in range(4000)]
    normals = [normal(1, 0, 7, 3, 4, n) for n in range(4000)]
    assert stats.kstest(uniforms, "uniform").pvalue > 1e-4
    assert stats.kstest(normals, "norm").pvalue > 1e-4


def test_neighbouring_counters_are_uncorrelated():
    """|r| of n independent pairs stays below 4 / sqrt(n)."""
    draws = np.array([[u01(1, 0, 5, a, 0, n) for n in range(2000)] for a in (8, 9)])
    assert abs(np.corrcoef(draws[0], draws[1])[0, 1]) < 4.0 / math.sqrt(2000)
    assert abs(np.corrcoef(draws[0, :-1], draws[0, 1:])[0, 1]) < 4.0 / math.sqrt(2000)


@pytest.mark.parametrize("limit", [0.0, 1e-9, 0.02, 0.5, 0.97, 1.0])
def test_bits_below_are_those_of_the_single_numbers(limit):
    cursor = np.zeros(1, CURSOR)
    cursor["seed"], cursor["replication"] = 7, 2**32 - 1
    for first in (0, 1, 2, 3, 5_000_001, 2**31 + 2):
        bits = bits_below(cursor[0], 9, 11, 13, first, limit)
        below = [indexed_u01(7, 2**32 - 1, 9, 11, 13, first + k) < limit for k in range(BITS)]
        assert [bool(bits >> k & 1) for k in range(BITS)] == below
        assert bits >> BITS == 0
