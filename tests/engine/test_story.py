"""Work that is not done cannot change the story: lazy, eager, uncompiled and unculled runs tell the same one."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from benchmarks.raid import raid

from openiads.catalogue import load_catalogue
from openiads.codes import LogCode
from openiads.scenario import load_scenario
from openiads.simulation import lower
from openiads.simulation.lower.plan import Conditions
from openiads.simulation.lower.world import build_world
from openiads.simulation.session import Session
from plans import mixed_plan

_KEYS = ("time_s", "code", "actor", "object", "engagement", "value")


def log_of(session: Session, seed: int, replication: int) -> np.ndarray:
    state = session.run(seed, replication)
    rows = state.log[: state.cursor[0]["log_count"]]
    return rows[np.lexsort((rows["engagement"], rows["object"], rows["actor"], rows["code"], rows["time_s"]))]


def decisions(rows: np.ndarray) -> np.ndarray:
    """Without what depends on how often somebody asked.

    That is: notes on what an object waits for, the bookkeeping of causes, and tracks of dead targets, called alive by mistake, that
    fade before anybody shoots again.
    """
    killed_s = {row["object"]: row["time_s"] for row in rows if row["code"] == LogCode.KILLED}
    faded = [row["code"] == LogCode.TRACK_DROPPED and killed_s.get(row["object"], np.inf) <= row["time_s"] for row in rows]
    rows = rows[~np.array(faded)]
    rows = rows[~np.isin(rows["code"], (LogCode.WAITS_FOR_CHANNEL, LogCode.WAITS_FOR_MISSILE))].copy()
    rows["value"][rows["code"] == LogCode.LEAKED] = 0.0
    return rows


def assert_same(a: np.ndarray, b: np.ndarray, what: str, within_s: float = 0.0) -> None:
    for k in range(min(len(a), len(b))):
        same = all(a[name][k] == b[name][k] for name in _KEYS if name not in ("time_s", "value"))
        same &= abs(a["time_s"][k] - b["time_s"][k]) <= within_s and abs(a["value"][k] - b["value"][k]) <= _FASTEST_MPS * within_s
        assert same, f"{what}: row {k}: {a[k]} against {b[k]}"
    assert len(a) == len(b), what


#: A hint brackets the edge of an envelope otherwise than a search from afar; both find it within a millimetre.
_EDGE_S = 1e-5
_FASTEST_MPS = 3000.0  # values are counts, or ranges in metres


# An eager run makes every look an event, tries everything that is ready at each of them, and never passes anybody over.
@pytest.mark.parametrize(
    ("n", "changes"),
    [
        (20, {}),
        (60, {}),
        (40, {"p_false_alive": 0.1, "p_false_kill": 0.1, "reopen_hits": 2}),
        (40, {"fire": 1, "sequence": (2, 1), "prefer": 0}),
        (40, {"prefer": 1, "adequate_sspk": 0.65, "reserve_class": 2, "reserve_rounds": 4}),
    ],
)
def test_lazy_eager_and_unculled_logs_are_equal(n: int, changes: dict[str, object]) -> None:
    lazy = Session(build_world(mixed_plan(n, **changes)))
    eager = Session(build_world(mixed_plan(n, conditions=Conditions(eager=True), **changes)))
    unculled = Session(build_world(mixed_plan(n, conditions=Conditions(culling=False), **changes)))
    for replication in range(40):
        story = log_of(lazy, 7, replication)
        assert len(story) > 3 * n
        assert_same(decisions(story), decisions(log_of(eager, 7, replication)), f"eager, replication {replication}")
        assert_same(story, log_of(unculled, 7, replication), f"unculled, replication {replication}", _EDGE_S)


def test_a_saturated_layered_defence_that_reloads_tells_the_same_story() -> None:
    plan = raid(100)
    lazy, eager = Session(build_world(plan)), Session(build_world(replace(plan, conditions=Conditions(eager=True))))
    for replication in range(6):
        story, brute = log_of(lazy, 1, replication).copy(), log_of(eager, 1, replication)
        assert_same(decisions(story), decisions(brute), f"replication {replication}")


def test_wrong_assessments_with_many_radars_tell_the_same_story() -> None:
    """Dead targets called alive, whose next track was foreseen; living ones called killed, whose track passes from radar to radar."""
    text = (Path(__file__).parents[2] / "examples" / "delivered-set.yaml").read_text()
    wrong = "  doctrine:\n    assess: {p_false_alive: 40 %, p_false_kill: 30 %, reopen_hits: 3}\n"
    lowered = lower(load_scenario(text.replace("  doctrine:\n", wrong, 1)), load_catalogue())
    eager_world = build_world(replace(lowered.plan, conditions=replace(lowered.plan.conditions, eager=True)))
    lazy, eager = Session(lowered.world), Session(eager_world)
    for replication in range(5):
        story, brute = log_of(lazy, 7, replication).copy(), log_of(eager, 7, replication)
        assert (story["code"] == LogCode.REOPENED).any()
        assert_same(decisions(story), decisions(brute), f"replication {replication}", _EDGE_S)


def test_replicates_do_not_depend_on_their_order() -> None:
    first, second = Session(build_world(mixed_plan(30))), Session(build_world(mixed_plan(30)))
    stories = {r: log_of(first, 3, r).copy() for r in (0, 1, 2)}
    for r in (2, 0, 1):
        assert_same(stories[r], log_of(second, 3, r), f"replication {r}")
    assert not np.array_equal(stories[0]["time_s"][:20], stories[1]["time_s"][:20])


def test_growing_arrays_change_nothing() -> None:
    world = build_world(mixed_plan(30))
    roomy, tight = Session(world), Session(world)
    tight.state = tight.state._replace(
        heap=tight.state.heap[:2].copy(),
        later=tight.state.later[:16].copy(),
        log=tight.state.log[:16].copy(),
        engagements=tight.state.engagements[:2].copy(),
        shots=tight.state.shots[:2].copy(),
    )
    assert_same(log_of(roomy, 5, 0), log_of(tight, 5, 0), "after growth")


def test_uncompiled_run_has_the_same_events_within_a_nanosecond(tmp_path: Path) -> None:
    out = tmp_path / "log.npy"
    script = Path(__file__).with_name("uncompiled.py")
    folders = os.pathsep.join(str(script.parents[k]) for k in (1, 2))
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": folders}
    subprocess.run([sys.executable, str(script), str(out)], check=True, env=environment, timeout=300)
    session = Session(build_world(mixed_plan(20)))
    compiled = np.concatenate([log_of(session, 11, r) for r in range(3)])
    plain = np.load(out)
    assert len(plain) == len(compiled)
    for name in ("code", "actor", "object", "engagement"):
        assert np.array_equal(plain[name], compiled[name]), name
    assert np.abs(plain["time_s"] - compiled["time_s"]).max() <= 1e-9
