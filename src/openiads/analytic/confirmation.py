"""M-of-N confirmation and K-miss deletion of tracks as Markov chains over independent looks.

A track is confirmed at the first look that completes M hits among the last N; before the first look the window is empty. A track is
deleted by the first run of K misses. Not modelled: a probability of detection that changes from look to look, scores.

References: S. Blackman and R. Popoli, "Design and Analysis of Modern Tracking Systems" (1999), section 6.2; W. Feller, "An Introduction to
Probability Theory and Its Applications", vol. 1 (3rd ed., 1968), section XIII.7 (runs).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from openiads.analytic.arguments import require_count, require_probability
from openiads.analytic.distribution import binomial
from openiads.errors import InputError

#: The chain has 2^(N - 1) states.
_LARGEST_WINDOW = 16


def confirmed_by(hits: int, window: int, pd: float, scans: int) -> NDArray[np.float64]:
    """Probability that a track is confirmed by look 0, 1, ..., `scans`: shape (scans + 1,)."""
    require_count("scans", scans)
    after_hit, after_miss = _steps(hits, window, pd)
    alive, done = np.zeros(len(after_miss)), np.zeros(scans + 1)
    alive[0] = 1.0
    for k in range(1, scans + 1):
        done[k] = done[k - 1] + pd * float(alive[after_hit < 0].sum())
        alive = _stepped(alive, after_hit, after_miss, pd)
    return done


def mean_scans_to_confirm(hits: int, window: int, pd: float) -> float:
    """Mean number of looks until confirmation; infinite when `pd` is 0."""
    after_hit, after_miss = _steps(hits, window, pd)
    if pd == 0.0:
        return float("inf")
    n = len(after_miss)
    chain = np.eye(n)
    for state in range(n):
        chain[state, after_miss[state]] -= 1.0 - pd
        if after_hit[state] >= 0:
            chain[state, after_hit[state]] -= pd
    return float(np.linalg.solve(chain, np.ones(n))[0])


def false_confirmation(hits: int, window: int, p_false: float) -> float:
    """Probability that a tentative track begun by a false plot is confirmed by M - 1 more among the next N - 1 looks."""
    _check(hits, window, p_false)
    return float(binomial(window - 1, p_false)[hits - 1 :].sum())


def mean_scans_to_deletion(misses: int, pd: float) -> float:
    """Mean number of looks until `misses` misses in a row: (1 - q^K) / (p q^K) with q = 1 - p."""
    require_count("misses", misses, 1)
    require_probability("pd", pd)
    if pd == 0.0:
        return float(misses)
    run = (1.0 - pd) ** misses
    return (1.0 - run) / (pd * run) if run > 0.0 else float("inf")


def _check(hits: int, window: int, p: float) -> None:
    require_count("hits", hits, 1)
    require_count("window", window, hits)
    require_probability("pd", p)
    if window > _LARGEST_WINDOW:
        raise InputError(f"window must be at most {_LARGEST_WINDOW}, not {window}")


def _steps(hits: int, window: int, pd: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """States are the hits (bits) of the last N - 1 looks: the next state after a hit (-1: confirmed) and after a miss."""
    _check(hits, window, pd)
    states = np.arange(1 << (window - 1))
    held = np.array([int(state).bit_count() for state in states])
    kept = len(states) - 1
    return np.where(held + 1 >= hits, -1, (states << 1 | 1) & kept), states << 1 & kept


def _stepped(alive: NDArray[np.float64], after_hit: NDArray[np.int64], after_miss: NDArray[np.int64], pd: float) -> NDArray[np.float64]:
    """The distribution of the state one look later, of those that are not confirmed."""
    stays = after_hit >= 0
    after = np.bincount(after_miss, (1.0 - pd) * alive, len(alive))
    after += np.bincount(after_hit[stays], pd * alive[stays], len(alive))
    return np.asarray(after, np.float64)
