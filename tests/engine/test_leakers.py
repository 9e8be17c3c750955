"""Every leaker of random scenarios has one cause, and a way in order of time whose segments sum to its flight."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from openiads.catalogue import load_catalogue
from openiads.codes import Cause, ObjectStatus
from openiads.metrics.budget import STEPS, segments_s
from openiads.scenario import load_scenario
from openiads.simulation import lower
from openiads.simulation.lower.world import build_world
from openiads.simulation.outcome import OutcomeReader, leaker_rows
from openiads.simulation.session import Session

from .test_random_scenarios import random_scenario

CATALOGUE = load_catalogue()
SEEDS = range(100, 164)
#: With aims at components of the defence.
DAMAGED = range(200, 216)
UNTRACKED = (Cause.NOT_VISIBLE, Cause.NOT_DETECTED, Cause.NOT_FIRM, Cause.NOT_IN_PICTURE, Cause.DEFENDER_DESTROYED)
#: Bisection of the first view, and steps of it that begin elsewhere.
WITHIN_S = 1e-6


@pytest.mark.parametrize(("seed", "components"), [*((seed, False) for seed in SEEDS), *((seed, True) for seed in DAMAGED)])
def test_leakers_have_one_cause_and_a_way_that_sums_to_their_flight(seed: int, components: bool) -> None:
    lowered = lower(load_scenario(random_scenario(seed, components=components), CATALOGUE), CATALOGUE)
    session, reader = Session(lowered.world), OutcomeReader(lowered.world)
    unculled = Session(build_world(replace(lowered.plan, conditions=replace(lowered.plan.conditions, culling=False))))
    for replication in range(2):
        state = session.run(7, replication)
        row, rows = reader.row(state)[0], leaker_rows(state)
        leaked = np.nonzero(state.objects["status"] == ObjectStatus.LEAKED)[0]
        assert rows["object"].tolist() == leaked.tolist()
        assert row["leakers"] == len(rows) == row["group_cause"].sum()
        assert (rows["cause"] > Cause.NONE).all()
        way = np.stack([rows[step] for step in STEPS], axis=1)
        came = np.isfinite(way[:, :-1])
        assert (came[:, :-1] >= came[:, 1:]).all(), "a step after one that never came"
        in_order = np.fmin(way, way[:, -1:])
        assert (np.diff(in_order, axis=1) >= 0.0).all(), "a step before the one that it follows"
        assert segments_s(rows).sum(axis=1) == pytest.approx(rows["end_s"] - rows["start_s"], rel=1e-12)
        assert (came[:, 1] | np.isin(rows["cause"], UNTRACKED)).all()
        others = leaker_rows(unculled.run(7, replication))  # where launches tie within rounding, others may leak
        _, here, there = np.intersect1d(rows["object"], others["object"], return_indices=True)
        assert others["visible_s"][there] == pytest.approx(rows["visible_s"][here], abs=WITHIN_S, nan_ok=True)
