"""How good a picture was over its whole time: the attributes of a single integrated air picture (SIAP), purity and continuity.

At each instant a track belongs to the nearest truth within `within_m`, or is spurious. Sums run over all instants:

    completeness  truths with a track / truths
    ambiguity     tracks that belong to a truth / truths with a track
    spuriousness  tracks that belong to no truth / tracks
    errors        mean distance and mean difference of velocity of tracks that belong to a truth
    track number changes a second  (fewest tracks that cover a truth's tracked time - 1) / tracked time
    longest segment  longest time that one track stays with a truth / time of the truth
    purity        instants that tracks spend with the truth they follow most / instants with any truth
    continuity    truths that keep one of their tracks until the next instant / truths tracked at both

Reference: P. Votruba, R. Nisley, R. Rothrock and B. Zombro, "Single Integrated Air Picture (SIAP) Metrics Implementation" (2001).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.distance import cdist


class Siap(NamedTuple):
    """The attributes; NaN where nothing was there to judge."""

    completeness: float
    ambiguity: float
    spuriousness: float
    position_error_m: float
    velocity_error_mps: float
    track_changes_per_s: float
    longest_segment: float
    purity: float
    continuity: float


@dataclass
class _Life:
    """A truth so far: its first and last instant, and every stretch (first, last instant) of each track with it."""

    first: int
    last: int
    stretches: list[tuple[int, int]] = field(default_factory=list)
    open: dict[int, int] = field(default_factory=dict)
    """Tracks that were with it at its last instant, and since when."""


class SiapCounter:
    """Counts instant by instant, in the order of time; memory goes with the truths and tracks, not with the instants."""

    def __init__(self, within_m: float) -> None:
        """`within_m` is the distance up to which a track belongs to a truth."""
        self._within_m = within_m
        self._times_s: list[float] = []
        self._lives: dict[int, _Life] = {}
        self._with: defaultdict[int, Counter[int]] = defaultdict(Counter)
        self._truths = self._tracked = self._tracks = self._belonging = 0
        self._position_m = self._velocity_mps = 0.0
        self._kept = self._both = 0

    def note(
        self,
        time_s: float,
        truth_ids: ArrayLike,
        truth_pos_m: ArrayLike,
        truth_vel_mps: ArrayLike | None,
        track_ids: ArrayLike,
        track_pos_m: ArrayLike,
        track_vel_mps: ArrayLike,
    ) -> None:
        """One instant: ids (n,), positions and velocities (n, d) of truths and of tracks; None: velocities are not known."""
        now, ids, names = len(self._times_s), np.asarray(truth_ids, np.int64), np.asarray(track_ids, np.int64)
        self._times_s.append(float(time_s))
        near, distance = self._nearest(np.asarray(truth_pos_m, float), np.asarray(track_pos_m, float))
        mine = np.flatnonzero(near >= 0)
        followers: dict[int, set[int]] = {int(i): set() for i in ids}
        for k in mine:
            followers[int(ids[near[k]])].add(int(names[k]))
            self._with[int(names[k])][int(ids[near[k]])] += 1
        self._truths += len(ids)
        self._tracks += len(names)
        self._belonging += len(mine)
        self._tracked += sum(1 for tracks in followers.values() if tracks)
        self._position_m += float(distance[mine].sum())
        if truth_vel_mps is None:
            self._velocity_mps = np.nan
        elif len(mine):
            wrong = np.asarray(track_vel_mps, float)[mine] - np.asarray(truth_vel_mps, float)[near[mine]]
            self._velocity_mps += float(np.linalg.norm(wrong, axis=1).sum())
        for truth, tracks in followers.items():
            self._live_on(truth, tracks, now)

    def result(self) -> Siap:
        """The attributes of all instants so far."""
        changes, tracked_s, longest_s, lived_s = 0, 0.0, 0.0, 0.0
        for life in self._lives.values():
            stretches = sorted([*life.stretches, *((first, life.last) for first in life.open.values())])
            lived_s += self._lasts_s(life.first, life.last)
            if stretches:
                longest_s += max(self._lasts_s(*stretch) for stretch in stretches)
                tracked_s += self._covered_s(stretches)
                changes += _fewest(stretches) - 1
        with_truth = sum(sum(truths.values()) for truths in self._with.values())
        return Siap(
            completeness=_share(self._tracked, self._truths),
            ambiguity=_share(self._belonging, self._tracked),
            spuriousness=_share(self._tracks - self._belonging, self._tracks),
            position_error_m=_share(self._position_m, self._belonging),
            velocity_error_mps=_share(self._velocity_mps, self._belonging),
            track_changes_per_s=_share(changes, tracked_s),
            longest_segment=_share(longest_s, lived_s),
            purity=_share(sum(max(truths.values()) for truths in self._with.values()), with_truth),
            continuity=_share(self._kept, self._both),
        )

    def _nearest(self, truths: NDArray[np.float64], tracks: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Per track: the row of the truth it belongs to, or -1, and the distance."""
        if not len(truths) or not len(tracks):
            return np.full(len(tracks), -1), np.zeros(len(tracks))
        distances = cdist(tracks, truths)
        near = distances.argmin(axis=1)
        distance = distances[np.arange(len(tracks)), near]
        return np.where(distance <= self._within_m, near, -1), distance

    def _live_on(self, truth: int, tracks: set[int], now: int) -> None:
        life = self._lives.setdefault(truth, _Life(now, now))
        if life.last < now - 1:  # it was away: nothing goes on
            life.stretches += [(first, life.last) for first in life.open.values()]
            life.open = {}
        if tracks and life.open:
            self._both += 1
            self._kept += bool(tracks & life.open.keys())
        life.stretches += [(first, now - 1) for track, first in life.open.items() if track not in tracks]
        life.open = {track: life.open.get(track, now) for track in tracks}
        life.last = now

    def _lasts_s(self, first: int, last: int) -> float:
        return self._times_s[last] - self._times_s[first]

    def _covered_s(self, stretches: list[tuple[int, int]]) -> float:
        """Time within at least one of the stretches, which are in order."""
        total, (begin, end) = 0.0, stretches[0]
        for first, last in stretches[1:]:
            if first > end:
                total += self._lasts_s(begin, end)
                begin, end = first, last
            end = max(end, last)
        return total + self._lasts_s(begin, end)


def _fewest(stretches: list[tuple[int, int]]) -> int:
    """The fewest stretches that cover every instant that any of them covers; they are in order."""
    count, reached, k = 0, -1, 0
    while k < len(stretches):
        begin = max(stretches[k][0], reached + 1)
        best = reached
        while k < len(stretches) and stretches[k][0] <= begin:
            best = max(best, stretches[k][1])
            k += 1
        if best > reached:
            count, reached = count + 1, best
    return count


def _share(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")
