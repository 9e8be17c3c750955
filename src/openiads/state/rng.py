"""Counter-based random numbers: Philox 4x32-10.

Every draw is a pure function of (seed, replication) as key and (process, entity A, entity B, n) as counter, so it does not matter
who asks, in which order, on which worker, or whether anybody asks at all.

Reference: J. Salmon, M. Moraes, R. Dror, D. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11 (2011); known answers of the
Random123 distribution are in `openiads validate` (topic `rng_philox_kat`).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from openiads.kernel import inlined, kernel

_M0 = np.uint64(0xD2511F53)
_M1 = np.uint64(0xCD9E8D57)
_W0 = np.uint64(0x9E3779B9)
_W1 = np.uint64(0xBB67AE85)
_LOW32 = np.uint64(0xFFFFFFFF)
_SHIFT32 = np.uint64(32)
_TO_UNIT = 2.0**-32
#: Blocks of one batch, and the mean wait, in draws, from which batches are faster than single blocks.
_BATCH = 16
_ONE, _TWO, _THREE = np.uint64(1), np.uint64(2), np.uint64(3)
BITS = 60
_ALL_BITS = np.uint64((1 << BITS) - 1)
_WORTH_A_BATCH = 40.0


@inlined
def _philox(c0: int, c1: int, c2: int, c3: int, k0: int, k1: int, rounds: int) -> tuple[int, int, int, int]:
    """As `philox4x32`, inside its caller: a constant number of rounds becomes straight code."""
    x0, x1, x2, x3 = np.uint64(c0), np.uint64(c1), np.uint64(c2), np.uint64(c3)
    y0, y1 = np.uint64(k0), np.uint64(k1)
    for _ in range(rounds):
        p0 = _M0 * x0
        p1 = _M1 * x2
        x0 = (p1 >> _SHIFT32) ^ x1 ^ y0
        x1 = p1 & _LOW32
        x2 = (p0 >> _SHIFT32) ^ x3 ^ y1
        x3 = p0 & _LOW32
        y0 = (y0 + _W0) & _LOW32
        y1 = (y1 + _W1) & _LOW32
    return x0, x1, x2, x3  # type: ignore[return-value]  # words are uint64, which annotations call int


@kernel
def philox4x32(c0: int, c1: int, c2: int, c3: int, k0: int, k1: int, rounds: int) -> tuple[int, int, int, int]:
    """Four 32-bit words (as uint64) from a 4 x 32-bit counter and a 2 x 32-bit key."""
    return _philox(c0, c1, c2, c3, k0, k1, rounds)


@inlined
def unit(word: int) -> float:
    """The midpoint in (0, 1) of one of 2**32 equal cells."""
    return (float(word) + 0.5) * _TO_UNIT


@kernel
def u01(seed: int, replication: int, process: int, a: int, b: int, n: int) -> float:
    """One uniform number in (0, 1), for draw `n` of `process` between the entities `a` and `b`."""
    x0, _, _, _ = philox4x32(process, a, b, n, seed, replication, 10)
    return unit(x0)


@kernel
def normal(seed: int, replication: int, process: int, a: int, b: int, n: int) -> float:
    """One standard normal number by the Box-Muller transform of two words of one block."""
    x0, x1, _, _ = philox4x32(process, a, b, n, seed, replication, 10)
    radius = math.sqrt(-2.0 * math.log(unit(x0)))
    return radius * math.cos(2.0 * math.pi * unit(x1))


@kernel
def indexed_u01(seed: int, replication: int, process: int, a: int, b: int, n: int) -> float:
    """Uniform number `n` of a long series between two entities: word n % 4 of block n // 4, so that four cost one block."""
    x0, x1, x2, x3 = philox4x32(process, a, b, (n >> 2) & 0xFFFFFFFF, seed, replication, 10)
    word = n & 3
    if word == 0:
        x = x0
    elif word == 1:
        x = x1
    elif word == 2:
        x = x2
    else:
        x = x3
    return unit(x)


@kernel
def bits_below(cursor: Any, process: int, a: int, b: int, first: int, limit: float) -> int:
    """Bit k says whether `indexed_u01` of n = `first` + k is below `limit`, for 0 <= k < BITS; blocks are made side by side."""
    words_below = np.uint64(-math.floor(0.5 - limit * 4294967296.0))  # (word + 0.5) / 2^32 < limit in integers
    block = first >> 2
    bits = np.uint64(0)
    for k in range(_BATCH):
        x0, x1, x2, x3 = _philox(process, a, b, (block + k) & 0xFFFFFFFF, cursor["seed"], cursor["replication"], 10)
        four = np.uint64(x0 < words_below) | np.uint64(x1 < words_below) << _ONE
        four |= np.uint64(x2 < words_below) << _TWO | np.uint64(x3 < words_below) << _THREE
        bits |= four << np.uint64(4 * k)
    return np.int64((bits >> np.uint64(first & 3)) & _ALL_BITS)  # type: ignore[return-value]


@kernel
def first_below(cursor: Any, process: int, a: int, b: int, first: int, last: int, limit: float) -> int:
    """The first n in [first, last) whose `indexed_u01` is below `limit`; `last` if there is none.

    Where it may take long, blocks go in batches without a way out, so that the compiler works on several at once.
    """
    batch = _BATCH if limit * _WORTH_A_BATCH < 1.0 else 1
    words_below = np.uint64(-math.floor(0.5 - limit * 4294967296.0))  # (word + 0.5) / 2^32 < limit in integers
    block, end = first >> 2, ((last - 1) >> 2) + 1
    while block < end:
        found = last
        for k in range(block, min(block + batch, end)):
            x0, x1, x2, x3 = _philox(process, a, b, k & 0xFFFFFFFF, cursor["seed"], cursor["replication"], 10)
            n = 4 * k
            found = min(found, n + 3 if x3 < words_below and n + 3 >= first else last)
            found = min(found, n + 2 if x2 < words_below and n + 2 >= first else last)
            found = min(found, n + 1 if x1 < words_below and n + 1 >= first else last)
            found = min(found, n if x0 < words_below and n >= first else last)
        if found < last:
            return found
        block += batch
    return last
