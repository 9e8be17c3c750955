"""Scores of a picture over time, against counts by hand; Stone Soup's numbers are in the oracle topic track_siap."""

from __future__ import annotations

import math

import numpy as np
import pytest

from openiads.metrics.siap import SiapCounter


def counted(scans, within_m=10.0, velocities=True):
    """From scans of (truths, tracks): {id: x in m} each; everybody stands still."""
    counter = SiapCounter(within_m)
    for k, (truths, tracks) in enumerate(scans):
        sides = [
            (list(side), np.array([[x, 0.0] for x in side.values()]).reshape(-1, 2), np.zeros((len(side), 2))) for side in (truths, tracks)
        ]
        counter.note(4.0 * k, sides[0][0], sides[0][1], sides[0][2] if velocities else None, *sides[1])
    return counter.result()


def test_a_perfect_picture() -> None:
    found = counted([({1: 0.0, 2: 500.0}, {7: 0.0, 9: 500.0})] * 5)
    assert (found.completeness, found.ambiguity, found.spuriousness) == (1.0, 1.0, 0.0)
    assert (found.position_error_m, found.velocity_error_mps, found.track_changes_per_s) == (0.0, 0.0, 0.0)
    assert (found.longest_segment, found.purity, found.continuity) == (1.0, 1.0, 1.0)


def test_a_swap_halves_purity_and_is_a_change_of_each_number() -> None:
    """Two targets, six scans; after three the tracks change places: nobody keeps a track from scan 3 to 4."""
    there = {1: 0.0, 2: 500.0}
    found = counted([(there, {7: 3.0, 9: 500.0})] * 3 + [(there, {7: 500.0, 9: 3.0})] * 3)
    assert (found.purity, found.continuity) == (0.5, 8 / 10)
    assert found.longest_segment == pytest.approx(2 / 5)  # two of five intervals
    assert found.track_changes_per_s == pytest.approx(2 / (2 * (8.0 + 8.0)))
    assert found.position_error_m == pytest.approx(1.5)


def test_a_target_that_goes_away_and_a_ghost() -> None:
    """Target 1 is there in scans 0, 1 and 4; its track 7 in 0 and 4. Track 8 follows nobody."""
    scans = [({1: 0.0}, {7: 0.0, 8: 900.0}), ({1: 0.0}, {8: 900.0}), ({}, {8: 900.0}), ({}, {}), ({1: 0.0}, {7: 0.0})]
    found = counted(scans)
    assert (found.completeness, found.ambiguity, found.spuriousness) == (2 / 3, 1.0, 3 / 5)
    assert (found.purity, found.longest_segment) == (1.0, 0.0)
    assert math.isnan(found.continuity)
    assert math.isnan(found.track_changes_per_s)
    assert counted(scans, velocities=False).completeness == 2 / 3
    assert math.isnan(counted(scans, velocities=False).velocity_error_mps)


def test_the_fewest_tracks_that_cover_a_target() -> None:
    """Tracks 1 to 3 overlap; 1 and 3 cover all nine scans, so one change, though three tracks were there."""
    scans = [({5: 0.0}, {n: 0.0 for n, (a, b) in {1: (0, 5), 2: (3, 6), 3: (6, 8)}.items() if a <= k <= b}) for k in range(9)]
    found = counted(scans)
    assert found.track_changes_per_s == pytest.approx(1 / 32.0)
    assert found.longest_segment == pytest.approx(5 / 8)
    assert found.ambiguity == pytest.approx((6 + 4 + 3) / 9)
    assert found.continuity == 1.0


def test_an_empty_picture_judges_nothing() -> None:
    found = counted([({}, {})] * 3)
    assert all(math.isnan(value) for value in found)
