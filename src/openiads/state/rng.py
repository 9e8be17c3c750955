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


@kernel
def philox4x32(c0: int, c1: int, c2: int, c3: int, k0: int, k1: int, rounds: int) -> tuple[int, int, int, int]:
    """Four 32-bit words (as uint64) from a 4 x 32-bit counter and a 2 x 32-bit key."""
    x0 = np.uint64(c0)
    x1 = np.uint64(c1)
    x2 = np.uint64(c2)
    x3 = np.uint64(c3)
    y0 = np.uint64(k0)
    y1 = np.uint64(k1)
    for _ in range(rounds):
        p0 = _M0 * x0
        p1 = _M1 * x2
        x0 = (p1 >> _SHIFT32) ^ x1 ^ y0
        x1 = p1 & _LOW32
        x2 = (p0 >> _SHIFT32) ^ x3 ^ y1
        x3 = p0 & _LOW32
        y0 = (y0 + _W0) & _LOW32
        y1 = (y1 + _W1) & _LOW32
    return x0, x1, x2, x3  # type: ignore[return-value]


@inlined
def unit(word: int) -> float:
    """The midpoint in (0, 1) of one of 2**32 equal cells."""
    return (float(word) + 0.5) * _TO_UNIT


@kernel
def u01(seed: int, replication: int, process: int, a: int, b: int, n: int) -> float:
    """One uniform number in (0, 1), for draw `n` of `process` between the entities `a` and `b`."""
    x0, _, _, _ = philox4x32(process, a, b, n, seed, replication, 10)
    return (float(x0) + 0.5) * _TO_UNIT


@kernel
def normal(seed: int, replication: int, process: int, a: int, b: int, n: int) -> float:
    """One standard normal number by the Box-Muller transform of two words of one block."""
    x0, x1, _, _ = philox4x32(process, a, b, n, seed, replication, 10)
    radius = math.sqrt(-2.0 * math.log((float(x0) + 0.5) * _TO_UNIT))
    return radius * math.cos(2.0 * math.pi * ((float(x1) + 0.5) * _TO_UNIT))


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
    return (float(x) + 0.5) * _TO_UNIT


@kernel
def first_below(cursor: Any, process: int, a: int, b: int, first: int, last: int, limit: float) -> int:
    """The first n in [first, last) whose `indexed_u01` is below `limit`; `last` if there is none."""
    n = first
    while n < last:
        words = philox4x32(process, a, b, (n >> 2) & 0xFFFFFFFF, cursor["seed"], cursor["replication"], 10)
        for word in range(4):
            k = (n >> 2) * 4 + word
            if first <= k < last and (float(words[word]) + 0.5) * _TO_UNIT < limit:
                return k
        n = (n >> 2) * 4 + 4
    return last
